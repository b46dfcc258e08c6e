"""Pages: the invitations of a sample wave: how many codes are made and used, and letters with new ones."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange, ValidationError

from survey.accounts.accounts import Right
from survey.fieldwork import invitations as codes
from survey.fieldwork.invitations import Count
from survey.paper import batches, letters
from survey.sampling import draws
from survey.storage import audit
from survey.storage.models import Unit, Village, Wave, WaveKind
from survey.system import addresses, dates
from survey.waves import questionnaires, units, waves
from survey.web import current
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.fieldwork.printing import printed
from survey.web.staff.form import StaffForm
from translations import N_, Lazy, Refusal
from translations import gettext as _
from translations.formats import order

COUNT = Lazy("Make 1 to %(most)d codes for each village.", most=codes.MOST)
COMMUNE, VILLAGE = "xa/", "thon/"  # of what a choice of villages names


class LettersForm(StaffForm):
    """For whom new codes are made, and on what."""

    villages = SelectField(Lazy("Villages"))
    count = IntegerField(
        Lazy("Letters for each village"),
        [InputRequired(COUNT), NumberRange(1, codes.MOST, COUNT)],
        render_kw={"inputmode": "numeric"},
    )
    contact = StringField(
        Lazy("Whom people can contact"),
        description=Lazy("The office and its telephone number, as the letter says it."),
        render_kw={"maxlength": letters.LONGEST_CONTACT},
    )
    file = RadioField(
        Lazy("What to make"),
        choices=[
            SelectChoice("pdf", Lazy("letters ready to print (PDF, A5, one page each)")),
            SelectChoice("csv", Lazy("a table for a mail merge of your own letters (CSV)")),
        ],
        default="pdf",
    )

    def validate_contact(self, field: StringField) -> None:
        """Letters name an office; a table is for letters of one's own."""
        if self.file.data == "pdf":
            try:
                field.data = letters.whom_to_ask(field.data or "")
            except Refusal as nobody:
                raise ValidationError(str(nobody)) from nobody


@dataclass(frozen=True)
class VillageRow:
    """A village of the sample and its codes."""

    village: Village
    unit: Unit
    count: Count


@pages.page(
    "/<wave>/thu-moi",
    Right.FIELDWORK,
    methods=["GET", "POST"],
    tab=Tab(3, N_("Invitations")),
    act=N_("Made invitation codes"),
)
def invitations(wave: str) -> ResponseReturnValue:
    """The codes by village, and the form that makes more: its answer is the file, which alone holds them."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        rows = _rows(session, wave_row)
        drawn = batches.planned(session, wave)
    form = LettersForm(count=max(drawn.values(), default=None))
    form.villages.choices = _choices(rows)
    if not form.validate_on_submit():
        return _page(wave_row, form, rows, 422 if form.errors else 200)
    try:
        return _letters(wave_row, form, rows)
    except Refusal as refusal:
        form.villages.errors = [str(refusal)]
        return _page(wave_row, form, rows, refusal.status)


def _letters(wave: Wave, form: LettersForm, rows: list[VillageRow]) -> Response:
    """The file with new codes. Where it is lost, nobody has them, and more are made."""
    base = current.here()
    with database().writing() as session:
        key, psus = str(current_app.config["SECRET_KEY"]), _psus(form.villages.data, rows)
        invitations = codes.make(session, key, wave.code, psus, form.count.data)
        chosen = questionnaires.by_digest(session, wave.questionnaire)
        audit.annotate(villages=form.villages.data or "–", codes=len(invitations))
    name = f"thu-moi-{wave.code}"
    if form.file.data == "pdf":
        return printed(
            f"{name}.pdf", lambda file: letters.write(invitations, wave, chosen, base, form.contact.data, file)
        )
    answer = Response(letters.table(invitations, base), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _rows(session: Session, wave: Wave) -> list[VillageRow]:
    """The villages of the sample, by commune in Vietnamese order."""
    if wave.kind is WaveKind.OPEN:
        return []
    counts = codes.counts(session, wave.code)
    rows = [
        VillageRow(village, units.find(session, village.unit), counts.get(village.psu, Count(0, 0)))
        for village in draws.villages(session, wave)
    ]
    return sorted(rows, key=lambda row: (order(row.unit.name), order(row.village.name or row.village.psu)))


def _choices(rows: list[VillageRow]) -> list[SelectChoice]:
    """All villages, those of each commune, and each alone."""
    choices, commune = [SelectChoice("", _("All villages of the sample"))], ""
    for row in rows:
        if row.unit.code != commune:
            commune = row.unit.code
            choices.append(SelectChoice(COMMUNE + commune, _("%(commune)s: all villages", commune=row.unit.name)))
        name = row.village.name or row.village.psu
        choices.append(SelectChoice(VILLAGE + row.village.psu, f"{row.unit.name}: {name}"))
    return choices


def _psus(chosen: str, rows: list[VillageRow]) -> list[str]:
    """The villages of a choice; none for all."""
    return [row.village.psu for row in rows if chosen in (COMMUNE + row.unit.code, VILLAGE + row.village.psu)]


def _page(wave: Wave, form: LettersForm, rows: list[VillageRow], status: int) -> ResponseReturnValue:
    return render_template(
        "staff/invitations.html",
        wave=wave,
        is_open=wave.kind is WaveKind.OPEN,
        is_over=wave.closes < dates.today(),
        form=form,
        rows=rows,
        made=sum(row.count.made for row in rows),
        used=sum(row.count.used for row in rows),
        address=addresses.typing_a_code(current.here()),
    ), status

"""Pages: the invitations of a sample wave: how many codes are made and used, and letters with new ones.

Where leaders are asked, they are for groups and not for villages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import IntegerField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from survey.accounts.accounts import Right
from survey.fieldwork import invitations as codes
from survey.fieldwork.invitations import Count
from survey.paper import batches, letters
from survey.sampling import draws, frame, leader_groups
from survey.storage import audit
from survey.storage.models import Invitation, LeaderGroup, Unit, Village, Wave, WaveKind
from survey.system import addresses, dates
from survey.waves import questionnaires, units, waves
from survey.web import current
from survey.web.current import database
from survey.web.pages import Tab, having
from survey.web.staff.blueprint import pages
from survey.web.staff.fieldwork.printing import printed
from survey.web.staff.form import StaffForm, options
from translations import N_, Lazy, Refusal
from translations import gettext as _
from translations.formats import order

COUNT = Lazy("Make 1 to %(most)d codes for each village.", most=codes.MOST)
COMMUNE, VILLAGE, GROUP = "xa/", "thon/", "nhom/"  # of what a choice names


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
        render_kw={"maxlength": waves.LONGEST_CONTACT},
    )
    file = RadioField(
        Lazy("What to make"),
        choices=options(
            ("pdf", Lazy("letters ready to print (PDF, A5, one page each)")),
            ("csv", Lazy("a table for a mail merge of your own letters (CSV)")),
        ),
        default="pdf",
    )

    def validate_contact(self, field: StringField) -> None:
        """Letters name an office; a table is for letters of one's own."""
        if self.file.data == "pdf":
            try:
                field.data = waves.whom_to_ask(field.data or "")
            except Refusal as nobody:
                raise ValidationError(str(nobody)) from nobody


class GroupLettersForm(LettersForm):
    """For which groups of leaders new codes are made, and on what."""

    contact = StringField(
        Lazy("Whom those asked can contact"),
        description=Lazy("The office and its telephone number, as the letter says it."),
        render_kw={"maxlength": waves.LONGEST_CONTACT},
    )
    villages = SelectField(Lazy("Groups"))
    count = IntegerField(
        Lazy("Letters for each group"),
        [
            Optional(),
            NumberRange(1, codes.MOST, Lazy("Make 1 to %(most)d codes for each group.", most=codes.MOST)),
        ],
        description=Lazy("As many as the group has persons, if left blank."),
        render_kw={"inputmode": "numeric"},
    )


@dataclass(frozen=True)
class VillageRow:
    """A village of the sample and its codes."""

    village: Village
    unit: Unit
    count: Count


@dataclass(frozen=True)
class GroupRow:
    """A group of leaders and its codes."""

    group: LeaderGroup
    count: Count


Rows = Sequence[VillageRow | GroupRow]


@pages.form(
    "/<wave>/thu-moi",
    Right.FIELDWORK,
    N_("Made invitation codes"),
    tab=Tab(3, N_("Invitations"), used=having(Invitation)),
    of_groups=True,
)
def invitations(wave: str) -> ResponseReturnValue:
    """The codes by village, and the form that makes more: its answer is the file, which alone holds them."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        rows: Rows = _rows(session, wave_row)
        drawn = batches.planned(session, wave)
        of_groups = frame.is_of_groups(session, wave_row)
        if of_groups:
            rows = _group_rows(session, wave_row)
    form = (
        GroupLettersForm(contact=wave_row.contact)
        if of_groups
        else LettersForm(count=max(drawn.values(), default=None), contact=wave_row.contact)
    )
    form.villages.choices = _choices(rows)
    if not form.validate_on_submit():
        return _page(wave_row, form, rows, 422 if form.errors else 200)
    try:
        return _letters(wave_row, form, rows)
    except Refusal as refusal:
        form.villages.errors = [str(refusal)]
        return _page(wave_row, form, rows, refusal.status)


def _letters(wave: Wave, form: LettersForm, rows: Rows) -> Response:
    """The file with new codes. Where it is lost, nobody has them, and more are made."""
    base = current.here()
    with database().writing() as session:
        key, chosen_places = str(current_app.config["SECRET_KEY"]), _places(form.villages.data, rows)
        invitations = codes.make(session, key, wave.code, chosen_places, form.count.data)
        chosen = questionnaires.by_digest(session, wave.questionnaire)
        province = units.province(session)
        audit.annotate(villages=form.villages.data or "–", codes=len(invitations))
    name = f"thu-moi-{wave.code}"
    if form.file.data == "pdf":
        return printed(
            f"{name}.pdf",
            lambda file: letters.write(invitations, wave, chosen, base, form.contact.data, province, file),
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


def _group_rows(session: Session, wave: Wave) -> list[GroupRow]:
    counts = codes.counts(session, wave.code)
    groups = leader_groups.groups(session, wave.code).values()
    return [GroupRow(group, counts.get(group.stratum, Count(0, 0))) for group in groups]


def _choices(rows: Rows) -> list[SelectChoice]:
    """All villages, those of each commune, and each alone; or all groups and each alone."""
    groups = [row.group for row in rows if isinstance(row, GroupRow)]
    if groups:
        each = [SelectChoice(GROUP + group.stratum, group.name or group.stratum) for group in groups]
        return [SelectChoice("", _("All groups")), *each]
    choices, commune = [SelectChoice("", _("All villages of the sample"))], ""
    for row in rows:
        assert isinstance(row, VillageRow)  # noqa: S101 (the others are above)
        if row.unit.code != commune:
            commune = row.unit.code
            choices.append(SelectChoice(COMMUNE + commune, _("%(commune)s: all villages", commune=row.unit.name)))
        name = row.village.name or row.village.psu
        choices.append(SelectChoice(VILLAGE + row.village.psu, f"{row.unit.name}: {name}"))
    return choices


def _places(chosen: str, rows: Rows) -> list[str]:
    """The villages or groups of a choice; none for all."""
    if chosen.startswith(GROUP):
        return [chosen.removeprefix(GROUP)]
    villages = [row for row in rows if isinstance(row, VillageRow)]
    return [row.village.psu for row in villages if chosen in (COMMUNE + row.unit.code, VILLAGE + row.village.psu)]


def _page(wave: Wave, form: LettersForm, rows: Rows, status: int) -> ResponseReturnValue:
    return render_template(
        "staff/invitations.html",
        wave=wave,
        is_open=wave.kind is WaveKind.OPEN,
        is_over=waves.asks_until(wave) < dates.today(),
        of_groups=isinstance(form, GroupLettersForm),
        form=form,
        rows=rows,
        made=sum(row.count.made for row in rows),
        used=sum(row.count.used for row in rows),
        address=addresses.typing_a_code(current.here()),
    ), status

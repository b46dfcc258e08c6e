"""Pages: numbering the paper forms of a wave, and printing them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from wtforms import IntegerField, SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from survey.accounts.accounts import Right
from survey.fieldwork import accounting, reinterviews, serial_numbers
from survey.fieldwork.accounting import Line
from survey.paper import batches, printing
from survey.paper.batches import AGAIN, DOUBLE, MOST_FORMS
from survey.sampling import draws
from survey.storage import audit
from survey.storage.models import Batch, Unit, Village, Wave, WaveKind
from survey.waves import questionnaires, units, waves
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm, options
from translations import N_, Lazy, Refusal, ngettext
from translations import gettext as _
from translations.formats import order

COUNT = Lazy("Print 1 to %(most)d forms for a village.", most=MOST_FORMS)
SHARE = Lazy("Give a number from 0 to 100.")


@dataclass(frozen=True)
class Commune:
    """A commune of the sample: its villages, those of them whose forms are numbered, and its forms."""

    unit: Unit
    villages: int
    numbered: int
    batches: int
    forms: int


class NumberForm(StaffForm):
    """Which forms get their numbers now. `forms`: for each village where no sample was drawn."""

    unit = SelectField(Lazy("Commune or ward"))
    forms = IntegerField(
        Lazy("Forms for each village"),
        [InputRequired(COUNT), NumberRange(1, MOST_FORMS, COUNT)],
        render_kw={"inputmode": "numeric"},
    )
    double = IntegerField(
        Lazy("Keyed twice, of 100 forms"),
        [InputRequired(SHARE), NumberRange(0, 100, SHARE)],
        default=round(100 * DOUBLE),
        description=Lazy(
            "By two people who don't see each other's work. They are chosen at random; 100 means all."
        ),
        render_kw={"inputmode": "numeric"},
    )
    again = IntegerField(
        Lazy("Re-interviewed, of 100 forms"),
        [InputRequired(SHARE), NumberRange(0, 100, SHARE)],
        default=round(100 * AGAIN),
        description=Lazy(
            "Re-interview: a supervisor asks the household a few questions once more. These forms say so, "
            "and their cover sheet says which household each of them is for."
        ),
        render_kw={"inputmode": "numeric"},
    )


class MoreForm(StaffForm):
    """Further forms for a village."""

    village = SelectField(Lazy("Village"))
    count = IntegerField(
        Lazy("Further forms"),
        [InputRequired(COUNT), NumberRange(1, MOST_FORMS, COUNT)],
        render_kw={"inputmode": "numeric"},
    )


@pages.form("/<wave>/in-phieu", Right.FIELDWORK, N_("Printed paper forms"), tab="staff.accounting")
def print_forms(wave: str) -> ResponseReturnValue:
    """What is numbered and can be printed, and the form that numbers the rest."""
    wave_row = _wave(wave)
    form = _numbering(wave_row)
    if not form.validate_on_submit():
        return _page(wave_row, form, _more(wave, empty=True), 422 if form.errors else 200)
    try:
        with database().writing() as session:
            issued = batches.issue(
                session,
                wave,
                forms=None if form.forms is None else form.forms.data,
                villages=_villages(session, wave_row, form.unit.data),
                double=form.double.data / 100,
                again=0 if form.again is None else form.again.data / 100,
            )
            audit.annotate(batches=len(issued), unit=form.unit.data or "–")
    except Refusal as refusal:
        form.unit.errors = [str(refusal)]
        return _page(wave_row, form, _more(wave, empty=True), refusal.status)
    flash(
        ngettext(
            "%(num)s batch is numbered. Print it now.",
            "%(num)s batches are numbered. Print them now.",
            len(issued),
        )
        if issued
        else _("All of them are already numbered. Print them now.")
    )
    return redirect(url_for(".print_forms", wave=wave), 303)


@pages.act("/<wave>/in-phieu/them", Right.FIELDWORK, N_("Issued more paper forms"), tab="staff.accounting")
def more_forms(wave: str) -> ResponseReturnValue:
    """Numbers further forms for a village, in a batch of their own."""
    form, wave_row = _more(wave), _wave(wave)
    if not form.validate_on_submit():
        return _page(wave_row, None, form, 422)
    with database().writing() as session:
        batch = batches.issue_more(session, wave, form.village.data, form.count.data).code
        audit.annotate(batch=batch, forms=form.count.data)
    flash(_("Batch %(code)s is numbered. Print it here.", code=batch))
    return redirect(url_for(".batch", wave=wave, batch=batch), 303)


@pages.page("/<wave>/in-phieu/phieu.pdf", Right.FIELDWORK, act=N_("Downloaded paper forms"), export=True)
def printed_forms(wave: str) -> ResponseReturnValue:
    """The forms that are numbered: all, of the commune `don-vi`, of the batch `tap`, or the form `phieu` alone;
    with `moi` those never printed, with `chu=to` in large print, in the language `tieng`. Kept nowhere: its covers
    lead to the households of phúc tra."""
    unit, batch = request.args.get("don-vi") or None, request.args.get("tap") or None
    serial = serial_numbers.serial(request.args.get("phieu", "")) or None
    large, spoken = request.args.get("chu") == "to", request.args.get("tieng") or "vi"
    with database().reading() as session:
        given = printing.prepared(
            session,
            wave,
            unit=unit,
            batch=batch,
            serial=serial,
            large=large,
            spoken=spoken,
            fresh="moi" in request.args,
        )
    variant = ("chu-to" if large else None, spoken if spoken != "vi" else None)
    name = "-".join(filter(None, ("phieu", serial or batch or wave, unit, *variant)))
    answer = printed(f"{name}.pdf", lambda file: printing.write(given, file))
    with database().writing() as session:
        printing.noted(session, given)
    return answer


def printed(name: str, write: Callable[[IO[bytes]], None]) -> Response:
    """What is printed, as a download that is kept nowhere."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the answer closes it)
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    answer = send_file(file, "application/pdf", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _wave(wave: str) -> Wave:
    with database().reading() as session:
        return waves.find(session, wave)


def _villages(session: Session, wave: Wave, unit: str) -> list[str] | None:
    """The villages of a commune in the sample; None for all."""
    if not unit:
        return None
    return [village.psu for village in draws.villages(session, wave) if village.unit == unit]


def _units(wave: str) -> list[SelectChoice]:
    return options(*((commune.unit.code, commune.unit.name) for commune in _communes(wave)))


def _communes(wave: str) -> list[Commune]:
    """The communes of the sample, in Vietnamese order."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        by_unit: dict[str, list[Village]] = {}
        for village in [] if wave_row.kind is WaveKind.OPEN else draws.villages(session, wave_row):
            by_unit.setdefault(village.unit, []).append(village)
        batched = set(session.scalars(select(Batch.psu).where(Batch.wave == wave)))
        lines = accounting.by_unit(accounting.lines(session, wave))
        rows = [
            Commune(
                units.find(session, unit),
                len(villages),
                sum(village.psu in batched for village in villages),
                len(lines.get(unit, [])),
                accounting.total(lines.get(unit, [])).issued,
            )
            for unit, villages in by_unit.items()
        ]
    return sorted(rows, key=lambda row: order(row.unit.name))


def _more(wave: str, empty: bool = False) -> MoreForm:
    """The form for further forms, with the villages that have some."""
    form = MoreForm(formdata=None) if empty else MoreForm()
    with database().reading() as session:
        rows = session.execute(
            select(Village, Unit)
            .join(Unit, Unit.code == Village.unit)
            .where(Village.wave == wave, Village.psu.in_(select(Batch.psu).where(Batch.wave == wave)))
        )
        names = [(village.psu, unit.name, village.name or village.psu) for village, unit in rows]
    names.sort(key=lambda one: (order(one[1]), order(one[2])))
    form.village.choices = options(*((psu, f"{unit}: {name}") for psu, unit, name in names))
    return form


def _numbering(wave: Wave, empty: bool = False) -> NumberForm:
    """The form that numbers the rest, with what can be chosen in this wave alone."""
    form = NumberForm(formdata=None) if empty else NumberForm()
    with database().reading() as session:
        questionnaire = questionnaires.by_digest(session, wave.questionnaire)
    if wave.draw is not None:
        del form.forms
    if not reinterviews.again(questionnaire):
        del form.again
    form.unit.choices = [SelectChoice("", _("All communes")), *_units(wave.code)]
    return form


def _page(wave: Wave, form: NumberForm | None, more: MoreForm, status: int) -> ResponseReturnValue:
    communes = _communes(wave.code)
    if form is None:
        form = _numbering(wave, empty=True)
    with database().reading() as session:
        total: Line = accounting.total(accounting.lines(session, wave.code))
        planned = batches.planned(session, wave.code)
        fresh = select(func.count()).where(Batch.wave == wave.code, Batch.on_paper.is_(None))
        unprinted = session.scalar(fresh) or 0
    return render_template(
        "staff/print_forms.html",
        wave=wave,
        is_open=wave.kind is WaveKind.OPEN,
        form=form,
        more=more,
        communes=communes,
        villages=sum(commune.villages for commune in communes),
        numbered=sum(commune.numbered for commune in communes),
        batches=sum(commune.batches for commune in communes),
        forms=total.issued,
        planned=sum(planned.values()),
        unprinted=unprinted,
    ), status

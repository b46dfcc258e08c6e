"""Page: many batches at once, handed out to an account or counted back whole; covers are scanned in a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import BooleanField, DateField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError

from survey.accounts.accounts import Right
from survey.fieldwork import accounting
from survey.responses import assignments
from survey.storage.models import Batch, Mode, SheetState, Unit, Wave
from survey.system import dates
from survey.waves import waves
from survey.web.current import database
from survey.web.staff.administration.waves import DAYS
from survey.web.staff.blueprint import pages
from survey.web.staff.fieldwork.accounting import BatchRow, interviewers
from survey.web.staff.form import AS_TYPED, StaffForm, options
from translations import N_, Conflict, Lazy, Refusal, ngettext
from translations import gettext as _
from translations.formats import first_few

MOST = 500  # batches at once
OUT, BACK = "giao", "nhan"
ASSIGNED = "*"  # in the place of an account: each batch to whoever is assigned to its village
WORK = {OUT: N_("Hand out"), BACK: N_("Count back")}


@dataclass(frozen=True)
class Counts:
    """How many batches have come how far."""

    issued: int
    on_paper: int
    handed_over: int
    back: int
    entered: int
    overdue: int


class BatchesForm(StaffForm):
    """The batches that are ticked or scanned, and to whom they go."""

    scanned = TextAreaField(
        Lazy("Scan the covers in a row, or type the codes of the batches"),
        description=Lazy("A form of a batch will do too. Batches may also be ticked in the list."),
        render_kw={"rows": 4, "maxlength": 40_000, "autofocus": True, **AS_TYPED},
    )
    rest = BooleanField(Lazy("All printed batches that nobody has taken yet"))
    interviewer = SelectField(Lazy("Interviewer"), default="")
    day = DateField(Lazy("Day"), [InputRequired(Lazy("Give the day."))], format=DAYS)
    due = DateField(Lazy("To be back by"), [Optional()], format=DAYS)
    again = BooleanField(Lazy("Also batches that somebody else has now"))
    work = OUT

    def validate_interviewer(self, field: SelectField) -> None:
        """Batches go out with somebody."""
        if self.work == OUT and not field.data:
            raise ValidationError(Lazy("Choose who takes the batches."))


@pages.form(
    "/<wave>/giao-nhan", Right.FIELDWORK, N_("Handed out or counted back several batches"), tab="staff.accounting"
)
def batches(wave: str) -> ResponseReturnValue:
    """How far all batches are, and what becomes of those ticked or scanned: all of them or none."""
    form, status = BatchesForm(), 200
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        assigned = (ASSIGNED, _("whoever is assigned to the village"))
        form.interviewer.choices = options(assigned, *interviewers(session), blank=_("Choose an account"))
        rows = _rows(session, wave_row)
        names = {unit.code: unit.name for unit in session.scalars(select(Unit))}
    counts = _counts(rows)
    asked = request.args.get("viec")
    form.work = asked if asked in WORK else OUT if counts.handed_over < counts.issued else BACK
    if request.method == "GET":
        form.day.data, form.due.data = dates.today(), _due(rows, wave_row)
    elif form.validate_on_submit():
        try:
            with database().writing() as session:
                count, before = _record(session, wave, form)
        except Refusal as refusal:
            form.scanned.errors, status = [str(refusal)], refusal.status
        else:
            flash(
                ngettext("%(num)s batch went out.", "%(num)s batches went out.", count)
                if form.work == OUT
                else ngettext("%(num)s batch is back.", "%(num)s batches are back.", count)
            )
            if before:
                flash(_("Back already before: %(batches)s.", batches=", ".join(before)))
            return redirect(url_for(".batches", wave=wave, viec=form.work), 303)
    else:
        status = 422
    return render_template(
        "staff/batches.html",
        wave=wave_row,
        form=form,
        rows=rows,
        names=names,
        counts=counts,
        total=accounting.total(row.line for row in rows),
        work={code: _(name) for code, name in WORK.items()},
        ticked=set(request.form.getlist("tap")),
    ), status


def _rows(session: Session, wave: Wave) -> list[BatchRow]:
    """All batches: those that matter now first, by code."""
    lines = {line.batch: line for line in accounting.lines(session, wave.code)}
    places = {village.psu: village for village in waves.villages(session, wave.code)}
    batches = session.scalars(select(Batch).where(Batch.wave == wave.code).order_by(Batch.code))
    rows = [BatchRow(batch, places[batch.psu], lines[batch.code]) for batch in batches]
    return sorted(rows, key=lambda row: (row.line.missing == 0, -row.overdue))


def _counts(rows: Iterable[BatchRow]) -> Counts:
    every = list(rows)
    return Counts(
        issued=len(every),
        on_paper=sum(row.batch.on_paper is not None for row in every),
        handed_over=sum(row.batch.handed_over is not None for row in every),
        back=sum(row.line.missing == 0 for row in every),
        entered=sum(row.line.entered + row.line.void == row.line.issued for row in every),
        overdue=sum(row.overdue > 0 for row in every),
    )


def _due(rows: Iterable[BatchRow], wave: Wave) -> date:
    """The day that was given last, where some are out; else the last one of the wave."""
    return max((row.batch.due for row in rows if row.batch.due), default=wave.closes)


def _record(session: Session, wave: str, form: BatchesForm) -> tuple[int, list[str]]:
    """Keeps what the form says of each batch, once; how many they are, and which of them were back before."""
    rest = _at_hand(session, wave) if form.work == OUT and form.rest.data else []
    named = [*request.form.getlist("tap"), *_scanned(session, wave, form.scanned.data or "")]
    codes = list(dict.fromkeys([*named, *rest]))
    if not codes:
        raise Refusal("Scan or tick the batches that this is about.")
    if len(codes) > MOST:
        raise Refusal("Record at most %(most)s batches at once.", most=MOST)
    if form.work == OUT:
        _hand_out(session, wave, codes, form)
        return len(codes), []
    before = []
    for code in codes:
        sheets = accounting.sheets(session, accounting.batch(session, wave, code).code)
        if any(sheet.state is SheetState.OUT for sheet in sheets):
            accounting.take_back(session, wave, code, form.day.data, len(sheets))
        else:
            before.append(code)
    return len(codes) - len(before), before


def _hand_out(session: Session, wave: str, codes: list[str], form: BatchesForm) -> None:
    """Batches go to one account, or each to its own; what another has, only where the form says so: a wrong
    scan takes none."""
    batches = [accounting.batch(session, wave, code) for code in codes]
    names = _assigned(session, wave, batches) if form.interviewer.data == ASSIGNED else {}
    taker = {batch.code: names.get(batch.psu, form.interviewer.data) for batch in batches}
    held = {batch.code: batch.interviewer for batch in batches}
    others = [f"{code} ({name})" for code, name in held.items() if name and name != taker[code]]
    if others and not form.again.data:
        raise Conflict(
            "Somebody else has %(batches)s. Take them out, or tick “Also batches that somebody else has now”.",
            batches=", ".join(others),
        )
    for code in codes:
        accounting.hand_over(session, wave, code, taker[code], form.day.data, form.due.data)


def _at_hand(session: Session, wave: str) -> list[str]:
    """The batches that are printed and that nobody has taken."""
    lying = Batch.on_paper.is_not(None), Batch.handed_over.is_(None), Batch.returned.is_(None)
    return list(session.scalars(select(Batch.code).where(Batch.wave == wave, *lying).order_by(Batch.code)))


def _assigned(session: Session, wave: str, batches: Iterable[Batch]) -> dict[str, str]:
    """By village, the one account that interviews there; refused for batches where that is nobody or several."""
    people: dict[str, set[str]] = {}
    for one in assignments.list_all(session, wave):
        if one.ended is None and one.mode is Mode.INTERVIEWER and one.psu is not None:
            people.setdefault(one.psu, set()).add(one.account)
    if unclear := [batch.code for batch in batches if len(people.get(batch.psu, ())) != 1]:
        raise Conflict(
            "The villages of these batches have no interviewer assigned, or several: %(batches)s. Assign one, or "
            "hand these batches out by name first.",
            batches=first_few(unclear, accounting.NAMED),
        )
    return {psu: name for psu, (name, *_others) in people.items()}


def _scanned(session: Session, wave: str, text: str) -> list[str]:
    """The batches of what was scanned, a cover or a form; all that are none of this wave are told."""
    found = {word: accounting.batch_of(session, wave, word) for word in accounting.serials(text)}
    if wrong := [word for word, code in found.items() if code is None]:
        raise Refusal("This wave has no form and no batch %(code)s. Check it again.", code=", ".join(wrong))
    return [code for code in found.values() if code is not None]

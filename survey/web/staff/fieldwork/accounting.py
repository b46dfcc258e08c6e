"""Pages: where the paper forms of a wave are, one batch of them, and the closing of the fieldwork."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from survey.accounts.accounts import Right
from survey.fieldwork import accounting, closing, keying_decisions, outcomes, reinterviews
from survey.fieldwork.accounting import Line
from survey.responses import assignments
from survey.sampling.outcome_words import OUTCOMES, Outcome
from survey.storage.models import Account, Batch, KeyingDecision, Mode, Sheet, SheetState, Unit, Village
from survey.system import dates
from survey.waves import questionnaires, units, waves
from survey.web.current import database
from survey.web.pages import Tab, having
from survey.web.staff.administration.waves import DAYS
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, StaffForm, options
from translations import LANGUAGES, N_, Lazy, Refusal, formats, ngettext
from translations import gettext as _
from translations.formats import order

STATES = {
    SheetState.OUT: N_("not back"),
    SheetState.WAITING: N_("waits to be entered"),
    SheetState.VOID: N_("void"),
    SheetState.ENTERED: N_("entered"),
}
# What the list of batches is cut down to.
SHOWN = {
    "": N_("All batches"),
    "chua-ve": N_("With forms that are not back"),
    "cho-nhap": N_("With forms that wait"),
    "can-xu-ly": N_("That keep the fieldwork open"),
}


@dataclass(frozen=True)
class BatchRow:
    """A batch in the list. `whole`: the sum of its village, where this is the last of several batches there."""

    batch: Batch
    village: Village
    line: Line
    whole: Line | None = None

    @property
    def overdue(self) -> int:
        """Days since it was to be back, where it isn't; 0 where there is time."""
        batch = self.batch
        late = batch.due is not None and batch.returned is None and (dates.today() - batch.due).days
        return max(0, late or 0)

    @property
    def differs(self) -> bool:
        """Whether other forms were ticked than were counted in the batch, and missing ones don't explain it."""
        back, counted = self.line.back, self.batch.counted
        return counted is not None and not back <= counted <= back + self.line.explained


@dataclass(frozen=True)
class Commune:
    """The batches of a commune, and their sum."""

    unit: Unit
    line: Line
    rows: list[BatchRow]


class HandOverForm(StaffForm):
    """Who takes a batch to its village."""

    interviewer = SelectField(
        Lazy("Interviewer"), [InputRequired(Lazy("Choose who takes the batches."))], default=""
    )
    handed_over = DateField(Lazy("Day"), [InputRequired(Lazy("Give the day."))], format=DAYS)
    due = DateField(Lazy("To be back by"), [Optional()], format=DAYS)


class SheetsForm(StaffForm):
    """What becomes of the forms that are ticked, typed or scanned."""

    scanned = TextAreaField(
        Lazy("Scan or type the numbers of forms"),
        description=Lazy(
            "One after another, or tick the forms in the list. Without any, only a whole batch can be taken back, "
            "by the number counted."
        ),
        render_kw={"rows": 4, "maxlength": 20_000, **AS_TYPED},
    )
    what = RadioField(
        Lazy("These forms"),
        [InputRequired(Lazy("Choose what became of the forms."))],
        choices=options(
            ("back", Lazy("are back")),
            ("void", Lazy("are back and void, for the reason below")),
            ("missing", Lazy("are missing, for the reason below")),
            ("entry", Lazy("are to be entered after all, not void")),
            ("out", Lazy("are not back after all")),
        ),
        default="back",
    )
    counted = IntegerField(
        Lazy("Forms counted in the batch"),
        [Optional(), NumberRange(0, 10_000, Lazy("Count the forms, in digits."))],
        description=Lazy("Filled in or not. Without it, those that are ticked are counted."),
        render_kw={"inputmode": "numeric"},
    )
    day = DateField(Lazy("Day"), [Optional()], format=DAYS)
    void = SelectField(Lazy("Why they are void"), default="")
    reason = StringField(
        Lazy("Why they are missing"),
        [Length(max=accounting.LONGEST_REASON)],
        description=Lazy("For example: lost in the flood. No names of people."),
        render_kw={"maxlength": accounting.LONGEST_REASON},
    )

    sure = BooleanField(Lazy("Yes, these forms too: their answers do not count"))
    asks = False  # whether there is something to be sure of

    def validate_void(self, field: SelectField) -> None:
        """Void forms have a reason."""
        if self.what.data == "void" and not field.data:
            raise ValidationError(Lazy("Choose why the forms are void."))

    def validate_reason(self, field: StringField) -> None:
        """So have missing ones."""
        if self.what.data == "missing" and not (field.data or "").strip():
            raise ValidationError(Lazy("Say why the forms are missing."))


@pages.page(
    "/<wave>/phieu", Right.FIELDWORK, endpoint="accounting", tab=Tab(6, N_("Paper forms"), used=having(Batch))
)
def batches(wave: str) -> ResponseReturnValue:
    """What is out, back, waiting, entered, void and missing, by commune and batch."""
    return _listed(wave)


def _listed(wave: str, fault: str = "", status: int = 200) -> ResponseReturnValue:
    wanted, shown = request.args.get("don-vi", ""), request.args.get("xem", "")
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        typed = request.args.get("tim", "").strip()
        if typed:
            code = accounting.batch_of(session, wave, typed)
            if code is not None:
                return redirect(url_for(".batch", wave=wave, batch=code))
        communes = _communes(session, wave)
        links = reinterviews.links(session, wave)
        unprinted = accounting.unprinted(session, wave_row)
    lines = [row.line for commune in communes for row in commune.rows]
    return render_template(
        "staff/accounting.html",
        wave=wave_row,
        total=accounting.total(lines),
        gaps=closing.gaps(lines),
        links=links,
        unprinted=unprinted,
        coming=waves.accepted_until(wave_row),
        fault=fault,
        communes=[commune.unit for commune in communes],
        listed=_cut(communes, wanted, shown),
        wanted=wanted,
        shown=shown,
        offered=[(code, _(name)) for code, name in SHOWN.items()],
        typed=typed,
        printing="staff.print_forms" in current_app.view_functions,
    ), 404 if typed else status


def _communes(session: Session, wave: str) -> list[Commune]:
    """The communes that have batches, in Vietnamese order."""
    batches = {communes.code: communes for communes in session.scalars(select(Batch).where(Batch.wave == wave))}
    villages = {village.psu: village for village in waves.villages(session, wave)}
    communes = []
    for code, lines in accounting.by_unit(accounting.lines(session, wave)).items():
        rows = [BatchRow(batches[str(line.batch)], villages[batches[str(line.batch)].psu], line) for line in lines]
        rows.sort(key=lambda row: (row.village.psu, row.batch.code))
        communes.append(Commune(units.find(session, code), accounting.total(lines, code), rows))
    return sorted(communes, key=lambda commune: order(commune.unit.name))


def _cut(communes: list[Commune], unit: str, shown: str) -> list[Commune]:
    """What the list shows of them; a sum stays that of the whole commune or village."""
    holds = {
        "chua-ve": lambda line: line.missing > 0,
        "cho-nhap": lambda line: line.waiting > 0,
        "can-xu-ly": lambda line: bool(closing.gaps([line])),
    }.get(shown, lambda line: True)
    cut = [
        Commune(
            commune.unit, commune.line, _with_sums(commune.rows, [row for row in commune.rows if holds(row.line)])
        )
        for commune in communes
        if unit in ("", commune.unit.code)
    ]
    return [commune for commune in cut if commune.rows]


def _with_sums(all_rows: list[BatchRow], shown: list[BatchRow]) -> list[BatchRow]:
    """The rows shown, the last of each village that has several batches with their sum."""
    lines: dict[str, list[Line]] = {}
    for row in all_rows:
        lines.setdefault(row.village.psu, []).append(row.line)
    last = {row.village.psu: row.batch.code for row in shown}
    return [
        replace(row, whole=accounting.total(lines[row.village.psu], row.line.unit))
        if last[row.village.psu] == row.batch.code and len(lines[row.village.psu]) > 1
        else row
        for row in shown
    ]


@pages.form("/<wave>/phieu/<batch>", Right.FIELDWORK, N_("Counted a batch of paper forms"), tab="staff.accounting")
def batch(wave: str, batch: str) -> ResponseReturnValue:
    """A batch with its forms, and what became of those that are ticked, typed or scanned."""
    form = _sheets_form()
    if not form.validate_on_submit():
        return _batch(wave, batch, form, status=422 if form.errors else 200)
    try:
        with database().writing() as session:
            changed = _record(session, wave, batch, form)
    except Refusal as refusal:
        form.asks = isinstance(refusal, accounting.Keyed)
        (form.sure if form.asks else form.scanned).errors = [str(refusal)]
        return _batch(wave, batch, form, status=refusal.status)
    flash(
        ngettext("Noted for %(num)s form.", "Noted for %(num)s forms.", changed)
        if changed
        else _("Nothing has changed.")
    )
    return redirect(url_for(".batch", wave=wave, batch=batch), 303)


@pages.act("/<wave>/phieu/<batch>/giao", Right.FIELDWORK, N_("Handed a batch over"), tab="staff.accounting")
def hand_over(wave: str, batch: str) -> ResponseReturnValue:
    """Notes who took the batch, and when."""
    form = HandOverForm()
    with database().reading() as session:
        _offer(session, form, accounting.batch(session, wave, batch))
    if not form.validate_on_submit():
        return _batch(wave, batch, _sheets_form(empty=True), form, status=422)
    try:
        with database().writing() as session:
            accounting.hand_over(session, wave, batch, form.interviewer.data, form.handed_over.data, form.due.data)
    except Refusal as refusal:
        form.interviewer.errors = [str(refusal)]
        return _batch(wave, batch, _sheets_form(empty=True), form, status=refusal.status)
    flash(_("Noted: handed over to %(name)s.", name=form.interviewer.data))
    return redirect(url_for(".batch", wave=wave, batch=batch), 303)


@pages.act("/<wave>/khoa-thuc-dia", Right.FIELDWORK, N_("Closed the fieldwork"), tab="staff.accounting")
def close_fieldwork(wave: str) -> ResponseReturnValue:
    """Closes the fieldwork of a wave whose forms are all accounted for."""
    if "sure" not in request.form:
        return _listed(wave, _("Tick that you mean it: look at the days and at what is missing first."), 422)
    with database().writing() as session:
        closing.close(session, wave)
    flash(_("The fieldwork is closed: no more paper forms are accepted."))
    return redirect(url_for(".accounting", wave=wave), 303)


@pages.act("/<wave>/mo-thuc-dia", Right.WAVES, N_("Opened the fieldwork again"), tab="staff.accounting")
def reopen_fieldwork(wave: str) -> ResponseReturnValue:
    """Opens the fieldwork of a wave again."""
    with database().writing() as session:
        closing.reopen(session, wave)
    flash(_("The fieldwork is open again."))
    return redirect(url_for(".accounting", wave=wave), 303)


def interviewers(session: Session) -> list[tuple[str, str]]:
    """The accounts that may go out with forms, as name and words."""
    roles = assignments.ROLES[Mode.INTERVIEWER]
    names = session.scalars(select(Account.name).where(Account.role.in_(roles)))
    return [(name, name) for name in sorted(names, key=order)]


def _offer(session: Session, form: HandOverForm, batch: Batch) -> None:
    """Accounts to choose from, and who has the batch, where that one has no account any more."""
    known = interviewers(session)
    held = [(batch.interviewer, batch.interviewer)] if batch.interviewer else []
    form.interviewer.choices = options(*dict(known + held).items(), blank=_("Choose an account"))


def _sheets_form(empty: bool = False) -> SheetsForm:
    form = SheetsForm(formdata=None) if empty else SheetsForm()
    form.void.choices = options(
        *((code, _(name)) for code, name in accounting.REASONS.items()), blank=_("Choose a reason")
    )
    if form.day.data is None and not form.day.errors:
        form.day.data = dates.today()
    return form


def _named(form: SheetsForm) -> list[str]:
    """The serials that were ticked, typed or scanned."""
    return list(dict.fromkeys([*request.form.getlist("phieu"), *accounting.serials(form.scanned.data or "")]))


def _record(session: Session, wave: str, batch: str, form: SheetsForm) -> int:
    """Keeps what the form says; how many forms changed."""
    named, what, day = _named(form), form.what.data, form.day.data or dates.today()
    if what == "back":
        counted = form.counted.data
        if counted is None and not named:
            raise Refusal("Count the forms in the batch, or tick or scan those that are there.")
        if counted is None:
            back = {sheet.serial for sheet in accounting.sheets(session, batch) if sheet.state != SheetState.OUT}
            counted = len(back | set(named))
        return accounting.take_back(session, wave, batch, day, counted, named or None)
    if not named:
        raise Refusal("Tick or scan the forms that this is about.")
    state, reason = {
        "void": (SheetState.VOID, form.void.data),
        "missing": (SheetState.OUT, form.reason.data),
        "entry": (SheetState.WAITING, None),
        "out": (SheetState.OUT, None),
    }[what]
    if what == "void" and form.sure.data and current_user.may(Right.REVIEW):
        keying_decisions.reject_stored(session, wave, batch, named, form.void.data, current_user.name)
    return accounting.mark(session, wave, batch, named, state, reason, form.sure.data)


def _batch(
    wave: str, code: str, form: SheetsForm, handing: HandOverForm | None = None, *, status: int = 200
) -> ResponseReturnValue:
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        shown = accounting.batch(session, wave, code)
        sheets = accounting.sheets(session, code)
        again = keying_decisions.asked(session, code)
        village = session.get_one(Village, (wave, shown.psu))
        instead = outcomes.beyond_reserve(session, wave_row).get(shown.psu)
        unit = units.find(session, village.unit)
        further = questionnaires.by_digest(session, wave_row.questionnaire).languages
        [line] = [line for line in accounting.lines(session, wave) if line.batch == code]
        if handing is None:
            handing = HandOverForm(
                formdata=None,
                interviewer=shown.interviewer,
                handed_over=shown.handed_over or dates.today(),
                due=shown.due or (None if shown.handed_over else wave_row.closes),
            )
            _offer(session, handing, shown)
    return render_template(
        "staff/batch.html",
        wave=wave_row,
        row=BatchRow(shown, village, line),
        instead=instead,
        unit=unit,
        sheets=[(sheet, _(STATES[sheet.state]), _why(sheet, again.get(sheet.serial))) for sheet in sheets],
        form=form,
        handing=handing,
        spoken={**LANGUAGES, **further},
        ticked=set(request.form.getlist("phieu")),
    ), status


def _why(sheet: Sheet, again: KeyingDecision | None) -> str:
    """What is noted beside the state of a form; `again`: what has it keyed once more."""
    parts = []
    if again is not None:
        parts.append(
            _("to be keyed again, since %(day)s: %(reason)s", day=formats.day(again.day), reason=again.reason)
        )
    if sheet.reason:
        known = accounting.REASONS.get(sheet.reason)
        parts.append(_(known) if known else sheet.reason)
    if sheet.replaced:
        outcome = sheet.replaced
        name = _(OUTCOMES[Outcome(outcome)]) if outcome in list(Outcome) else outcome
        parts.append(_("another household instead: %(why)s", why=name))
    return "; ".join(parts)

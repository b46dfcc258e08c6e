"""Page: many packets at once, handed out to an account or counted back whole; covers are scanned in a row."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import DateField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from survey.accounts.accounts import Right
from survey.fieldwork import accounting
from survey.responses import assignments
from survey.storage.models import Account, Batch, Mode, SheetState, Wave
from survey.system import dates
from survey.waves import waves
from survey.web.current import database
from survey.web.staff.administration.waves import DAYS
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, StaffForm, options
from translations import N_, Lazy, Refusal, ngettext
from translations import gettext as _
from translations.formats import order

MOST = 500  # packets at once


@dataclass(frozen=True)
class OpenBatch:
    """A packet that is not back, with its forms."""

    batch: Batch
    forms: int


class PacketsForm(StaffForm):
    """What becomes of the packets that are ticked or scanned."""

    scanned = TextAreaField(
        Lazy("Scan the covers in a row, or type the codes of the batches"),
        description=Lazy("A form of a batch will do too. Batches may also be ticked in the list."),
        render_kw={"rows": 6, "maxlength": 40_000, "autofocus": True, **AS_TYPED},
    )
    what = RadioField(
        Lazy("These batches"),
        [InputRequired(Lazy("Choose what becomes of the batches."))],
        choices=options(
            ("out", Lazy("go out with the interviewer chosen below")),
            ("back", Lazy("are back, each with all of its forms")),
        ),
    )
    interviewer = SelectField(Lazy("Interviewer"), default="")
    day = DateField(Lazy("Day"), [InputRequired(Lazy("Give the day."))], format=DAYS)

    def validate_interviewer(self, field: SelectField) -> None:
        """Packets go out with somebody."""
        if self.what.data == "out" and not field.data:
            raise ValidationError(Lazy("Choose who takes the batches."))


@pages.form(
    "/<wave>/giao-nhan", Right.FIELDWORK, N_("Handed out or counted back several batches"), tab="staff.accounting"
)
def packets(wave: str) -> ResponseReturnValue:
    """The packets that are out, and what becomes of those ticked or scanned: all of them or none."""
    form, status = PacketsForm(), 200
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        form.interviewer.choices = options(*_interviewers(session), blank=_("Choose an account"))
        left = _open(session, wave_row)
    if form.day.data is None and not form.day.errors:
        form.day.data = dates.today()
    if form.validate_on_submit():
        try:
            with database().writing() as session:
                count = _record(session, wave, form)
        except Refusal as refusal:
            form.scanned.errors, status = [str(refusal)], refusal.status
        else:
            flash(
                ngettext("%(num)s batch went out.", "%(num)s batches went out.", count)
                if form.what.data == "out"
                else ngettext("%(num)s batch is back.", "%(num)s batches are back.", count)
            )
            return redirect(url_for(".packets", wave=wave), 303)
    elif form.errors:
        status = 422
    return render_template(
        "staff/packets.html", wave=wave_row, form=form, left=left, ticked=set(request.form.getlist("tap"))
    ), status


def _interviewers(session: Session) -> list[tuple[str, str]]:
    """The accounts that may go out with forms, as name and words."""
    roles = assignments.ROLES[Mode.INTERVIEWER]
    names = session.scalars(select(Account.name).where(Account.role.in_(roles)))
    return [(name, name) for name in sorted(names, key=order)]


def _open(session: Session, wave: Wave) -> list[OpenBatch]:
    """The packets with forms that are not back, by code."""
    lines = {line.batch: line for line in accounting.lines(session, wave.code) if line.missing}
    batches = session.scalars(select(Batch).where(Batch.wave == wave.code).order_by(Batch.code))
    return [OpenBatch(batch, lines[batch.code].issued) for batch in batches if batch.code in lines]


def _record(session: Session, wave: str, form: PacketsForm) -> int:
    """Keeps what the form says of each packet, once; how many they are."""
    codes = list(dict.fromkeys([*request.form.getlist("tap"), *_scanned(session, wave, form.scanned.data or "")]))
    if not codes:
        raise Refusal("Scan or tick the batches that this is about.")
    if len(codes) > MOST:
        raise Refusal("Record at most %(most)s batches at once.", most=MOST)
    for code in codes:
        if form.what.data == "out":
            accounting.hand_over(session, wave, code, form.interviewer.data, form.day.data)
        else:
            sheets = accounting.sheets(session, accounting.batch(session, wave, code).code)
            if any(sheet.state is SheetState.OUT for sheet in sheets):
                accounting.take_back(session, wave, code, form.day.data, len(sheets))
    return len(codes)


def _scanned(session: Session, wave: str, text: str) -> list[str]:
    """The packets of what was scanned, a cover or a form; refused where one is none of this wave."""
    codes = []
    for word in accounting.serials(text):
        code = accounting.batch_of(session, wave, word)
        if code is None:
            raise Refusal("This wave has no form and no batch %(code)s. Check it again.", code=word)
        codes.append(code)
    return codes

"""Page: how paper is being keyed: what is open, what waits for a second or third person, how often keying errs."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from survey.accounts.accounts import Right
from survey.fieldwork import keying, keying_decisions, keying_errors, serial_numbers, sheet_locks
from survey.storage.models import Batch
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab, having
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, StaffForm, options
from translations import N_, Lazy, Refusal
from translations import gettext as _

TELLING = 0.1  # a bound above a field in ten says nothing of a question


class DecisionForm(StaffForm):
    """What is decided of a keyed form, and why."""

    serial = StringField(
        Lazy("Form number"),
        [InputRequired(Lazy("Type or scan the number at the top of the form."))],
        render_kw={"maxlength": serial_numbers.LONGEST, **AS_TYPED},
    )
    what = RadioField(
        Lazy("What is decided"),
        [InputRequired(Lazy("Choose what becomes of the form."))],
        choices=options(
            ("again", Lazy("it is stored wrong: key it again from the paper")),
            ("single", Lazy("it waits for a second keying: the one keying is enough")),
        ),
    )
    reason = StringField(
        Lazy("Why"),
        [Length(max=keying_decisions.LONGEST)],
        description=Lazy("For example: a line was skipped, everything after it is shifted."),
        render_kw={"maxlength": keying_decisions.LONGEST},
    )


@pages.page("/<wave>/nhap-lieu", Right.REVIEW, endpoint="keying", tab=Tab(8, N_("Keying"), used=having(Batch)))
def keying_of(wave: str) -> ResponseReturnValue:
    """Forms that somebody has open, forms to be settled, and the error rate with its interval.

    `so`: the number of a form that something is to be decided of.
    """
    return _page(wave, DecisionForm(formdata=None, serial=request.args.get("so", "")))


def _page(wave: str, form: DecisionForm, status: int = 200) -> ResponseReturnValue:
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        printed = bool(sheet_locks.has_batches(session, [wave_row.code]))
        errors = keying_errors.gather(session, wave_row)
        open_now = sheet_locks.open_now(session, wave_row.code)
        decided = keying_decisions.listed(session, wave_row.code)
        again = keying_decisions.to_come(session, wave_row.code)
    return render_template(
        "staff/keying.html",
        wave=wave_row,
        printed=printed,
        errors=errors,
        opened=open_now,
        decided=decided,
        again=again,
        AGAIN=sheet_locks.AGAIN,
        form=form,
        right=[item for item, rate in errors.items if not rate.errors],
        most=max((rate.high for _item, rate in errors.items if not rate.errors and rate.high), default=None),
        TELLING=TELLING,
        number_of=keying.number,
    ), status


@pages.act("/<wave>/nhap-lieu/quyet-dinh", Right.REVIEW, tab="staff.keying", single_response=True)
def decide_keying(wave: str) -> ResponseReturnValue:
    """Has a form keyed again from the paper, or stores one by its one keying; the reason stays."""
    form = DecisionForm()
    if not form.validate_on_submit():
        return _page(wave, form, 422)
    serial = sheet_locks.serial(form.serial.data)
    decide = keying_decisions.key_again if form.what.data == "again" else keying_decisions.accept_single
    try:
        with database().writing() as session:
            decide(session, wave, serial, form.reason.data or "", current_user.name)
    except Refusal as refusal:
        form.serial.errors = [str(refusal)]
        return _page(wave, form, refusal.status)
    if form.what.data == "again":
        flash(_("Form %(serial)s waits to be keyed again; until then it counts nowhere.", serial=serial))
    else:
        flash(_("Form %(serial)s is stored by its one keying.", serial=serial))
    return redirect(url_for(".keying", wave=wave), 303)


@pages.act("/<wave>/nhap-lieu/thu-lai", Right.REVIEW, tab="staff.keying", single_response=True)
def take_back_form(wave: str) -> ResponseReturnValue:
    """Takes a form back that a keyer has open; what was typed of it goes."""
    serial = request.form.get("so", "")
    with database().writing() as session:
        if sheet_locks.printed(session, serial).place.wave.code != wave:
            raise sheet_locks.unknown(serial)
        sheet_locks.release(session, serial)
    flash(_("Form %(serial)s is taken back: anybody can key it again.", serial=serial))
    return redirect(url_for(".keying", wave=wave), 303)

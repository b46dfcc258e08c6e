"""Page: how paper is being keyed: what is open, what waits for a second or third person, how often keying errs."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.fieldwork import double_entry, keying, keying_errors, sheet_locks
from survey.storage.models import Batch
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab, having
from survey.web.staff.blueprint import pages
from translations import N_
from translations import gettext as _


@pages.page("/<wave>/nhap-lieu", Right.REVIEW, endpoint="keying", tab=Tab(8, N_("Keying"), used=having(Batch)))
def keying_of(wave: str) -> ResponseReturnValue:
    """Forms that somebody has open, forms to be settled, and the error rate with its interval."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        printed = bool(sheet_locks.has_batches(session, [wave_row.code]))
        errors = keying_errors.gather(session, wave_row)
        open_now = sheet_locks.open_now(session, wave_row.code)
        differing = len(double_entry.to_settle(session, [wave_row.code]))
    return render_template(
        "staff/keying.html",
        wave=wave_row,
        printed=printed,
        errors=errors,
        opened=open_now,
        differing=differing,
        right=[item for item, rate in errors.items if not rate.errors],
        most=max((rate.high for _item, rate in errors.items if not rate.errors and rate.high), default=None),
        number_of=keying.number,
    )


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

"""Pages: a form with a printed number: opened for one keyer, saved field by field, stored when it is finished."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from wtforms import ValidationError

from forms import Item
from survey.accounts.accounts import Right
from survey.fieldwork import double_entry, keying, outcomes, sheet_locks
from survey.fieldwork.sheet_locks import Printed
from survey.storage.models import Batch, Keying, OpenKeying
from survey.waves import waves
from survey.web.current import database
from survey.web.keying.blueprint import holds_what_was_typed, pages
from survey.web.keying.choosing import choose_form
from survey.web.keying.screen import Screen, posted
from survey.web.server import rejections
from translations import Conflict, Refusal
from translations import gettext as _

A_WEEK = 7 * 24 * 3600  # seconds for which an open page may save: it stands on a desk overnight


@pages.record
def _guarded_by_themselves(state: BlueprintSetupState) -> None:
    for view in (printed_form, save):
        state.app.extensions["csrf"].exempt(view)


@pages.act("/<wave>/mo", Right.KEY, single_response=True)
def open_form(wave: str) -> ResponseReturnValue:
    """Opens the form of a number, or the next one of a batch; shows the batches again where there is none."""
    batch, typed = request.form.get("tap", ""), request.form.get("so", "")
    try:
        with database().writing() as session:
            number = _open(session, wave, batch, typed)
    except Refusal as refusal:
        with database().reading() as session:
            return choose_form(session, waves.find(session, wave), typed, str(refusal), refusal.status)
    return redirect(_address(wave, number, bool(batch)), 303)


def _next_of(session: Session, wave: str, code: str) -> str:
    batch = session.get(Batch, code)
    is_here = batch is not None and batch.wave == wave
    opened = sheet_locks.take_next(session, code, current_user.name) if is_here else None
    if opened is None:
        raise Conflict("No form of batch %(code)s waits for you any more. Take another one.", code=code)
    return opened.sheet


def _open(session: Session, wave: str, batch: str, typed: str) -> str:
    row = waves.find(session, wave)
    if batch:
        return _next_of(session, wave, batch)
    number = sheet_locks.serial(typed)
    if not number:
        raise Refusal("Type or scan the number at the top of the form.")
    form = sheet_locks.printed(session, number)
    if form.place.wave.code != row.code:
        raise Refusal(
            "Form %(serial)s belongs to wave %(wave)s. Choose that wave first.",
            serial=number,
            wave=form.place.wave.title,
        )
    return sheet_locks.acquire(session, number, current_user.name).sheet


@pages.form(
    "/<wave>/phieu/<serial>", Right.KEY, endpoint="printed", single_response=True, outside=holds_what_was_typed
)
def printed_form(wave: str, serial: str) -> ResponseReturnValue:
    """The keying screen of a form that this keyer has open; sent whole, the form is finished."""
    if request.method == "POST":
        return _finish(wave, serial)
    with database().reading() as session:
        form = _of(session, wave, serial)
        opened = sheet_locks.lock_of(session, serial, current_user.name)
        if opened is None:
            sheet_locks.refuse_void(form.sheet)
            fault = _("Form %(serial)s is not open for you. Type its number to begin.", serial=serial)
            return choose_form(session, form.place.wave, serial, fault, 409)
        return _screen(session, form, opened.typed).page(at=opened.at)


@pages.act("/<wave>/phieu/<serial>/luu", Right.KEY, single_response=True)
def save(wave: str, serial: str) -> ResponseReturnValue:
    """Keeps what was typed in some fields, and where the keyer stands; answers without a page."""
    try:
        validate_csrf(request.headers.get("X-CSRFToken"), time_limit=A_WEEK)
    except ValidationError:
        rejections.as_forged()
        return "", 400
    with database().writing() as session:
        opened = sheet_locks.lock_of(session, serial, current_user.name)
        if opened is None:
            raise sheet_locks.not_open(session, serial)
        form = _of(session, wave, serial)
        at = request.form.get("at", "")[:60] or None
        sheet_locks.save(session, serial, opened.turn, current_user.name, posted(_items(form)), at)
    return "", 204


@pages.act("/<wave>/phieu/<serial>/tra", Right.KEY, single_response=True)
def give_back(wave: str, serial: str) -> ResponseReturnValue:
    """Gives a form back unfinished; what was typed of it goes."""
    with database().writing() as session:
        _of(session, wave, serial)
        sheet_locks.release(session, serial, current_user.name)
    flash(_("Form %(serial)s is given back: another person can take it.", serial=serial), "done")
    return redirect(url_for(".choose_unit", wave=wave), 303)


@pages.act("/<wave>/phieu/<serial>/gac", Right.KEY, single_response=True)
def set_aside(wave: str, serial: str) -> ResponseReturnValue:
    """Sets a form aside that holds no answers, with the reason."""
    with database().writing() as session:
        batch = _of(session, wave, serial).batch.code
        opened = sheet_locks.lock_of(session, serial, current_user.name)
        if opened is None:
            raise sheet_locks.not_open(session, serial)
        sheet_locks.set_aside(session, serial, opened.turn, current_user.name, request.form.get("ly-do", ""))
        following = _following(session, batch)
    flash(_("Form %(serial)s is set aside.", serial=serial), "done")
    return redirect(_onward(wave, following), 303)


def _finish(wave: str, serial: str) -> ResponseReturnValue:
    with database().writing() as session:
        form = _of(session, wave, serial)
        keyer, typed = current_user.name, posted(_items(form))
        opened = sheet_locks.lock_of(session, serial, keyer)
        turn = opened.turn if opened else _finished_turn(session, serial, keyer)
        screen = _screen(session, form, typed)
        if screen.keyed.problems or screen.unfinished:
            sheet_locks.save(session, serial, turn, keyer, typed)
            status = 422
        else:
            double_entry.finish(session, serial, turn, keyer, typed)
            following = _following(session, form.batch.code)
            status = 303
    if status == 422:
        return screen.page(422, unfinished=screen.unfinished and not screen.keyed.problems)
    flash(_("Form %(serial)s: %(sums)s", serial=serial, sums=screen.receipt()), "keyed")
    return redirect(_onward(wave, following), status)


def _finished_turn(session: Session, serial: str, keyer: str) -> int:
    """The turn that this keyer has finished of a form: it may be sent once more."""
    turn = session.scalar(select(func.max(Keying.turn)).where(Keying.sheet == serial, Keying.keyer == keyer))
    if turn is None:
        raise sheet_locks.not_open(session, serial)
    return turn


def _following(session: Session, batch: str) -> OpenKeying | None:
    """The next form of the batch, where the keyer goes through a batch: `?tiep=1`."""
    return sheet_locks.take_next(session, batch, current_user.name) if "tiep" in request.args else None


def _onward(wave: str, following: OpenKeying | None) -> str:
    return _address(wave, following.sheet, True) if following else url_for(".choose_unit", wave=wave)


def _address(wave: str, serial: str, in_batch: bool) -> str:
    return url_for(".printed", wave=wave, serial=serial, tiep=1 if in_batch else None)


def _of(session: Session, wave: str, serial: str) -> Printed:
    """The form of this number in this wave, which must take paper still."""
    form = sheet_locks.printed(session, serial)
    if form.place.wave.code != wave:
        raise sheet_locks.unknown(serial)
    sheet_locks.takes_paper(form.place.wave)
    return form


def _screen(session: Session, form: Printed, texts: Mapping[str, str]) -> Screen:
    instead = outcomes.replacements(session, form.place.wave).get(form.village.psu)
    return Screen(form.place, form.village, texts, form, instead)


def _items(form: Printed) -> list[Item]:
    return [item for part in keying.parts(form.place.questionnaire) for item in part.items]

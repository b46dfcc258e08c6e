"""Pages: a form with a printed number: opened for one keyer, saved field by field, stored when it is finished."""

from __future__ import annotations

import json
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import ValidationError

from forms import Questionnaire, quality
from survey.accounts.accounts import Right
from survey.fieldwork import double_entry, keying, sheet_locks
from survey.fieldwork.accounting import REASONS
from survey.fieldwork.sheet_locks import Printed
from survey.storage.models import Batch, Keying, OpenKeying
from survey.waves import waves
from survey.web.current import database
from survey.web.keying.blueprint import holds_what_was_typed, pages
from survey.web.keying.choosing import choose_form
from survey.web.server import rejections
from translations import Conflict, Refusal, ngettext
from translations import gettext as _

AT_THE_END = "."  # in the place of an item's code
LONGEST = 40  # characters of a field that holds no text
A_WEEK = 7 * 24 * 3600  # seconds for which an open page may save: it stands on a desk overnight


@pages.record
def _guarded_by_themselves(state: BlueprintSetupState) -> None:
    for view in (printed_form, save):
        state.app.extensions["csrf"].exempt(view)


@pages.page("/<wave>/mo", Right.KEY, methods=["POST"], single_response=True)
def open_form(wave: str) -> ResponseReturnValue:
    """Opens the form of a number, or the next one of a packet; shows the packets again where there is none."""
    packet, typed = request.form.get("tap", ""), request.form.get("so", "")
    try:
        with database().writing() as session:
            number = _open(session, wave, packet, typed)
    except Refusal as refusal:
        with database().reading() as session:
            return choose_form(session, waves.find(session, wave), typed, str(refusal), refusal.status)
    return redirect(_address(wave, number, bool(packet)), 303)


def _open(session: Session, wave: str, packet: str, typed: str) -> str:
    found = waves.find(session, wave)
    if packet:
        batch = session.get(Batch, packet)
        opened = (
            sheet_locks.take_next(session, packet, current_user.name) if batch and batch.wave == wave else None
        )
        if opened is None:
            raise Conflict("No form of packet %(code)s waits for you any more. Take another one.", code=packet)
        return opened.sheet
    number = sheet_locks.serial(typed)
    if not number:
        raise Refusal("Type or scan the number at the top of the form.")
    form = sheet_locks.printed(session, number)
    if form.place.wave.code != found.code:
        raise Refusal(
            "Form %(serial)s belongs to wave %(wave)s. Choose that wave first.",
            serial=number,
            wave=form.place.wave.code,
        )
    return sheet_locks.acquire(session, number, current_user.name).sheet


@pages.page(
    "/<wave>/phieu/<serial>",
    Right.KEY,
    methods=["GET", "POST"],
    endpoint="printed",
    single_response=True,
    outside=holds_what_was_typed,
)
def printed_form(wave: str, serial: str) -> ResponseReturnValue:
    """The keying screen of a form that this keyer has open; sent whole, the form is finished."""
    if request.method == "POST":
        return _finish(wave, serial)
    with database().reading() as session:
        form = _of(session, wave, serial)
        opened = sheet_locks.lock_of(session, serial, current_user.name)
        if opened is None:
            fault = _("Form %(serial)s is not open for you. Type its number to begin.", serial=serial)
            return choose_form(session, form.place.wave, serial, fault, 409)
        return _Screen(form, opened.typed, opened.at).page()


@pages.page("/<wave>/phieu/<serial>/luu", Right.KEY, methods=["POST"], single_response=True)
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
            raise sheet_locks.not_open(serial)
        form = _of(session, wave, serial)
        sheet_locks.save(
            session,
            serial,
            opened.turn,
            current_user.name,
            _typed(form.place.questionnaire),
            request.form.get("at", "")[:60] or None,
        )
    return "", 204


@pages.page("/<wave>/phieu/<serial>/tra", Right.KEY, methods=["POST"], single_response=True)
def give_back(wave: str, serial: str) -> ResponseReturnValue:
    """Gives a form back unfinished; what was typed of it goes."""
    with database().writing() as session:
        _of(session, wave, serial)
        sheet_locks.release(session, serial, current_user.name)
    flash(_("Form %(serial)s is given back: another person can take it.", serial=serial), "done")
    return redirect(url_for(".choose_unit", wave=wave), 303)


@pages.page("/<wave>/phieu/<serial>/gac", Right.KEY, methods=["POST"], single_response=True)
def set_aside(wave: str, serial: str) -> ResponseReturnValue:
    """Sets a form aside that holds no answers, with the reason."""
    with database().writing() as session:
        batch = _of(session, wave, serial).batch.code
        opened = sheet_locks.lock_of(session, serial, current_user.name)
        if opened is None:
            raise sheet_locks.not_open(serial)
        sheet_locks.set_aside(session, serial, opened.turn, current_user.name, request.form.get("ly-do", ""))
        following = _following(session, batch)
    flash(_("Form %(serial)s is set aside.", serial=serial), "done")
    return redirect(_onward(wave, following), 303)


def _finish(wave: str, serial: str) -> ResponseReturnValue:
    with database().writing() as session:
        form = _of(session, wave, serial)
        questionnaire, keyer = form.place.questionnaire, current_user.name
        typed = _typed(questionnaire)
        opened = sheet_locks.lock_of(session, serial, keyer)
        turn = opened.turn if opened else _finished_turn(session, serial, keyer)
        screen = _Screen(form, typed, None)
        # Enter in any field sends the form: one that is half typed must not be kept by accident.
        unfinished = bool(screen.keyed.untyped) and "de_trong" not in request.form
        if screen.keyed.problems or unfinished:
            sheet_locks.save(session, serial, turn, keyer, typed)
            status = 422
        else:
            double_entry.finish(session, serial, turn, keyer, typed)
            following = _following(session, form.batch.code)
            status = 303
    if status == 422:
        return screen.page(422, unfinished=unfinished and not screen.keyed.problems)
    flash(_("Form %(serial)s: %(sums)s", serial=serial, sums=screen.sums()), "keyed")
    return redirect(_onward(wave, following), status)


def _finished_turn(session: Session, serial: str, keyer: str) -> int:
    """The turn that this keyer has finished of a form: it may be sent once more."""
    turn = session.scalar(select(Keying.turn).where(Keying.sheet == serial, Keying.keyer == keyer))
    if turn is None:
        raise sheet_locks.not_open(serial)
    return turn


def _following(session: Session, batch: str) -> OpenKeying | None:
    """The next form of the packet, where the keyer goes through a packet: `?tiep=1`."""
    return sheet_locks.take_next(session, batch, current_user.name) if "tiep" in request.args else None


def _onward(wave: str, following: OpenKeying | None) -> str:
    return _address(wave, following.sheet, True) if following else url_for(".choose_unit", wave=wave)


def _address(wave: str, serial: str, packet: bool) -> str:
    return url_for(".printed", wave=wave, serial=serial, tiep=1 if packet else None)


def _of(session: Session, wave: str, serial: str) -> Printed:
    """The form of this number in this wave, which must take paper still."""
    form = sheet_locks.printed(session, serial)
    if form.place.wave.code != wave:
        raise sheet_locks.unknown(serial)
    sheet_locks.takes_paper(form.place.wave)
    return form


def _typed(questionnaire: Questionnaire) -> dict[str, str]:
    """What came of the fields of a form, no longer than the fields are."""
    longest = {item.code: item.max_length or LONGEST for item in (*keying.head(), *questionnaire.keyed)}
    return {
        code: ";".join(request.form.getlist(code))[:most] for code, most in longest.items() if code in request.form
    }


class _Screen:
    """A printed form on the keyer's screen."""

    def __init__(self, form: Printed, typed: dict[str, str], at: str | None) -> None:
        self.form, self.at = form, at
        questionnaire = form.place.questionnaire
        self.parts = keying.parts(questionnaire)
        self.items = [item for part in self.parts for item in part.items]
        self.typed = {item.code: typed.get(item.code, "") for item in self.items}
        self.keyed = keying.keyed(questionnaire, self.typed, keying.head())

    def sums(self) -> str:
        """What is said of a form that was kept: how much of it is answered, and the warnings that it has."""
        numbered = [item.code for item in self.items if keying.number(item)]
        answered = sum(code in self.keyed.answers or code in self.keyed.head for code in numbered)
        line = _("%(answered)d of %(asked)d questions answered", answered=answered, asked=len(numbered))
        kept = self.keyed
        count = len(kept.two) + len(kept.unasked) + len(kept.beyond) + len(kept.odd)
        warnings = ngettext("%(num)d warning", "%(num)d warnings", count) if count else _("no warning")
        return f"{line}, {warnings}."

    def page(self, status: int = 200, **notices: Any) -> ResponseReturnValue:
        problems = {problem.code: str(problem) for problem in self.keyed.problems} if status != 200 else {}
        wrong = [item for item in self.items if item.code in problems]
        wave = self.form.place.wave
        rules = quality.of(self.form.place.questionnaire).contradictions
        return render_template(
            "keying/printed.html",
            form=self.form,
            place=self.form.place,
            wave=wave,
            parts=self.parts,
            items=self.items,
            typed=self.typed,
            keyed=self.keyed,
            problems=problems,
            first=[*wrong, *self.keyed.untyped, *self.items][0].code,
            at=None if status != 200 else self.at,
            rules=json.dumps([[str(rule.says), rule.when.document] for rule in rules]),
            reasons=[(code, _(name)) for code, name in REASONS.items()],
            save=url_for(".save", wave=wave.code, serial=self.form.sheet.serial),
            keying=keying,
            **notices,
        ), status

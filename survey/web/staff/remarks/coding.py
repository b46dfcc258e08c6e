"""Page: one remark after the other, and the themes that somebody finds in it."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_login import current_user

from survey.accounts.accounts import Right
from survey.remarks import codings, paraphrases, themes
from survey.storage import audit
from survey.storage.models import Response
from survey.waves import units, waves
from survey.web import integers
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm
from translations import N_, NotFound, Refusal
from translations import gettext as _

READING = "reading"  # in the browser's session: the wave whose remarks its person has begun to read
BATCH = 30  # codings of one entry in the audit trail


class CodingForm(StaffForm):
    """Guards the coding against forgery; its fields are the boxes of the page."""


@pages.page(
    "/<wave>/loi-gop-y/doc",
    Right.REMARKS,
    act=N_("Began to read remarks"),
    export=True,
    reauthenticate=True,
    tab="staff.remarks",
)
def read_remarks(wave: str) -> ResponseReturnValue:
    """Begins a sitting: the password once more, an entry in the audit trail, and the first remark that waits.
    `lan=2`: those that are coded a second time"""
    with database().reading() as session:
        queue = codings.queue(session, waves.find(session, wave), _turn(), current_user.name)
    browser[READING] = wave
    if not queue.remarks:
        return redirect(url_for(".remarks", wave=wave), 303)
    return redirect(_address(wave, queue.after(0) or 1), 303)


@pages.form("/<wave>/loi-gop-y/doc/<int:place>", Right.REMARKS, N_("Coded remarks"), tab="staff.remarks")
def remark(wave: str, place: int) -> ResponseReturnValue:
    """The remark at a place of the queue; sent, its themes are kept and the next one follows."""
    if browser.get(READING) != wave:
        return redirect(url_for(".read_remarks", wave=wave, lan=_lan()), 303)
    form, fault = CodingForm(), ""
    if form.validate_on_submit():
        try:
            return _code(wave, place)
        except Refusal as refusal:
            fault = str(refusal)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        queue = codings.queue(session, wave_row, _turn(), current_user.name)
        response = queue.at(place)
        shown = codings.read(session, wave_row, response)
        coding = codings.held(session, response, _turn())
        unit = units.find(session, shown.unit)
        every_theme = themes.list_all(session, wave)
    ticked = request.form.getlist("chu-de") if request.method == "POST" else coding.themes if coding else []
    page = render_template(
        "staff/remark.html",
        wave=wave_row,
        remark=shown,
        unit=units.named(unit),
        themes=[theme for theme in every_theme if not theme.closed or theme.code in ticked],
        name=themes.name,
        ticked=ticked,
        place_of=place,
        queue=queue,
        turn=_turn(),
        lan=_lan(),
        most=paraphrases.LONGEST,
        typed=request.form.get("tom-tat", ""),
        form=form,
        fault=fault,
    )
    return page, 422 if fault or form.errors else 200


def _code(wave: str, place: int) -> ResponseReturnValue:
    """Keeps the themes, and the sentence where one was written: it stands under the first theme of the list."""
    try:
        response = UUID(request.form.get("loi", ""))
    except ValueError:
        raise NotFound("This remark is no longer in this wave. Continue from the page of the remarks.") from None
    chosen, words = request.form.getlist("chu-de"), request.form.get("tom-tat", "").strip()
    with database().writing() as session:
        wave_row = waves.find(session, wave)
        is_new = codings.code(session, wave_row, response, _turn(), chosen, current_user.name)
        if words and _turn() == codings.FIRST and (coding := codings.held(session, response)) is not None:
            unit = session.get_one(Response, response).unit
            paraphrases.add(session, wave, unit, coding.themes[0], words, current_user.name)
        following = codings.queue(session, wave_row, _turn(), current_user.name).after(place)
        _note(codings.count(session, wave, current_user.name) if is_new else 0, following is None)
    if following is None:
        flash(_("Every remark of this round is coded."))
        return redirect(url_for(".remarks", wave=wave), 303)
    return redirect(_address(wave, following), 303)


def _note(count: int, over: bool) -> None:
    """The audit trail tells of batches, never of one remark: each 30 of a person, and the rest at the end."""
    if count and (over or count % BATCH == 0):
        audit.annotate(texts=count % BATCH or BATCH)
    else:
        audit.discard()


def _turn() -> int:
    second = request.args.get("lan", codings.FIRST, integers.bounded_int) == codings.SECOND
    return codings.SECOND if second else codings.FIRST


def _lan() -> int | None:
    """What the addresses of the second turn carry."""
    return codings.SECOND if _turn() == codings.SECOND else None


def _address(wave: str, place: int) -> str:
    return url_for(".remark", wave=wave, place=place, lan=_lan())

"""Invitations: the page where a code is typed, the address in the letter's QR code, and the form behind both.

After the first page the address holds a signed token instead of the code, so neither the browser's history nor a
bookmark can open the form for somebody else next week. There is no session.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from survey.fieldwork import invitations
from survey.fieldwork.invitations import Used
from survey.system import dates
from survey.web.current import database
from survey.web.respondent.form import TOKEN_HOLDS, fill_in
from survey.web.server import rate_limit
from translations import NotFound
from translations import gettext as _

LONGEST = 40  # letters of a typed code that are looked at


def enter() -> ResponseReturnValue:
    """The page where a code is typed; a right one leads to the form."""
    if request.method != "POST":
        return _page()
    return open_letter(request.form.get("code", "")[:LONGEST])


def open_letter(code: str) -> ResponseReturnValue:
    """From a code, typed or scanned, to the form of its village."""
    if wait := rate_limit.seconds_before_a_code():
        return _page(
            code, _("Too many codes have been tried. Wait %(seconds)s seconds, then try again.", seconds=wait), 429
        )
    digest = invitations.digest(_key(), code)
    try:
        with database().reading() as session:
            _place, used = invitations.place(session, digest)
    except NotFound as unknown:
        return _page(code, str(unknown), unknown.status)
    return _used() if used else redirect(url_for(".invited", token=_signer().dumps(digest)), 303)


def answer(token: str) -> ResponseReturnValue:
    """The form of a code's village; a valid one that is sent is stored, and the code is used."""
    try:
        digest, moment = _signer().loads(token, max_age=TOKEN_HOLDS, return_timestamp=True)
    except BadSignature:
        return _page("", _("This page has been open for a long time. Enter the code from your letter again."), 404)
    with database().reading() as session:
        place, used = invitations.place(session, digest, lambda _place: dates.day_of(moment))
    if used and request.method != "POST":
        return _used()

    def store(id: uuid.UUID, answers: dict[str, Any], marks: tuple[str, ...]) -> None:
        with database().writing() as session:
            invitations.submit(session, place, digest, id, answers, marks)

    try:
        return fill_in(place, store, _letter(digest))
    except Used:
        return _used()


def _page(code: str = "", trouble: str = "", status: int = 200) -> ResponseReturnValue:
    return render_template("respondent/invitation.html", code=code[:LONGEST], trouble=trouble), status


def _used() -> ResponseReturnValue:
    return (
        render_template(
            "refusal.html",
            title=_("This code has been used"),
            what=_(
                "A form was sent with it, and each code opens one form. If you sent it, all is done: thank you. "
                "If you did not, please call the number in your letter and ask for another code."
            ),
        ),
        Used.status,
    )


def _letter(digest: str) -> str:
    """What a phone may know a letter by: it tells neither the code nor the digest that is stored of it."""
    return hmac.digest(_key().encode(), f"draft:{digest}".encode(), hashlib.sha256)[:8].hex()


def _key() -> str:
    return str(current_app.config["SECRET_KEY"])


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_key(), salt="invitation")

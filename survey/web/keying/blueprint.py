"""The blueprint of the keying pages, and how a form that comes too late still holds what was typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from survey.accounts import accounts, second_factors
from survey.storage import audit
from survey.web import login
from survey.web.current import database
from survey.web.pages import Pages
from survey.web.server import rejections
from survey.web.sign_in import failed_attempts, lockout
from translations import N_

P = ParamSpec("P")

pages = Pages("keying", __name__, "/nhap-phieu")


def holds_what_was_typed(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """A form that comes without a session, or after too long, waits on a page that sends it again.

    It stands before the guard of the page and in place of the general guard against forged forms, which would both
    answer without what was typed.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.method != "POST":
            return view(*args, **kwargs)
        try:
            validate_csrf(request.form.get("csrf_token"))
        except ValidationError:
            rejections.as_forged()
            return _again(401, wrong=False)
        if not current_user.is_authenticated:
            if not request.form.get("account-name"):
                return _again(401, wrong=False)
            if not _signed_in(*(request.form.get(f"account-{name}", "") for name in ("name", "password", "code"))):
                return _again(401, wrong=True)
        return view(*args, **kwargs)

    return guarded


def _signed_in(name: str, password: str, code: str) -> bool:
    """Signs in where all is right; who must wait sees the same as somebody who is wrong."""
    if lockout.seconds_to_wait(name):
        return False
    with database().reading() as session:
        person = accounts.sign_in(session, name, password)
    if person is None:
        failed_attempts.note(name, "password")
        return False
    with audit.acting(person.name, N_("Signed in")), database().writing() as session:
        right = not second_factors.has(session, person.name) or second_factors.check(session, person.name, code)
        if right:
            login.enter(session, person)
        else:
            audit.discard()
    if not right:
        failed_attempts.note(person.name, "code")
        return False
    lockout.was_right(name)
    return True


def _again(status: int, wrong: bool) -> ResponseReturnValue:
    own = ("csrf_token", "account-name", "account-password", "account-code")
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in own]
    return render_template("keying/again.html", fields=fields, wrong=wrong), status

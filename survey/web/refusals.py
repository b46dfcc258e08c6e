"""What a person or a program is told when a request can't be done."""

from __future__ import annotations

import logging
import secrets
import sqlite3

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from survey.accounts.accounts import Right
from survey.storage import faults, master_key
from survey.storage.models import Wave
from survey.web import api, login, staff
from survey.web.current import database
from survey.web.pages import page_at
from survey.web.server import rejections
from survey.web.sign_in import password
from translations import Refusal
from translations import gettext as _


def register(app: Flask) -> None:
    """Every error of the application, and whoever isn't signed in, is answered here."""
    login.manager.unauthorized_handler(_ask_to_sign_in)
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    for kind in (DBAPIError, sqlite3.Error, OSError):
        app.register_error_handler(kind, _of_the_machine)
    app.register_error_handler(Exception, _broken)


def _wants_json() -> bool:
    return request.path.startswith("/api/")


def _answer(status: int, title: str, what: str, *, database_works: bool = True) -> ResponseReturnValue:
    """The page of a refusal, for staff within their frame; after a fault the database is asked nothing, not even
    who is signed in."""
    if _wants_json():
        return api.problem(status, what)
    signed_in = database_works and current_user.is_authenticated
    home = password.home(current_user) if signed_in else "/"
    if signed_in and (page_at(request.endpoint) or request.path.startswith(f"{staff.pages.url_prefix}/")):
        wave = _wave()
        own = status == 403 and wave is not None and current_user.unit and current_user.may(Right.OWN_RESULTS)
        page = render_template("staff/refusal.html", title=title, what=what, home=home, wave=wave, own=own)
    else:
        page = render_template("refusal.html", title=title, what=what, home=home)
    return page, status


def _wave() -> Wave | None:
    """The wave that the address names, for the frame of its pages."""
    code = (request.view_args or {}).get("wave")
    with database().reading() as session:
        return session.get(Wave, code) if code else None


def _refuse(refusal: Refusal) -> ResponseReturnValue:
    if refusal.status == 403 and current_user.is_authenticated:
        logging.getLogger("hailong").warning("denied to %r at %s", current_user.name, request.endpoint)
    if isinstance(refusal, faults.Unavailable | master_key.NoKey):
        return _unavailable(refusal)
    if refusal.status == 503:
        answer = make_response(_answer(503, _("Please wait a moment"), str(refusal)))
        answer.headers["Retry-After"] = answer.headers["Refresh"] = "5"
        return answer
    titles = {403: _("Not for this account"), 404: _("Not found"), 409: _("This was not done"), 410: _("Closed")}
    return _answer(refusal.status, titles.get(refusal.status, _("Please correct this")), str(refusal))


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    rejections.as_forged()
    return _answer(400, _("The page was open for too long"), _("Go back, reload the page and send it again."))


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        return _answer(413, _("Too large"), _("What you sent is too large. Send less, or ask the administrator."))
    if status == 404:
        return _answer(
            404, _("Not found"), _("There is no page at this address. Start again from the first page.")
        )
    if status == 405:
        return _answer(
            405, _("Not possible here"), _("This address does not accept that. Start again from the first page.")
        )
    if error.response is not None or status < 400:
        return error.get_response()
    return _answer(
        status,
        _("Please correct this"),
        _("The request can't be answered. Start again from the first page."),
        database_works=status < 500,
    )


def _of_the_machine(error: DBAPIError | sqlite3.Error | OSError) -> ResponseReturnValue:
    """What the disk or the database refuses; a fault of the program's own goes where all of them go."""
    refusal = faults.refusal_for(error)
    return _broken(error) if refusal is None else _refuse(refusal)


def _unavailable(refusal: Refusal) -> ResponseReturnValue:
    """Nothing can be stored now: nothing is lost, and a client may try again by itself. The log says why."""
    faults.log(refusal, f"nothing can be kept at {request.endpoint}")
    answer = make_response(
        _answer(
            503,
            _("Please try again in a minute"),
            _("Nothing can be saved at the moment. What was confirmed is saved; what was not can be sent again."),
            database_works=False,
        )
    )
    answer.headers["Retry-After"] = "30"
    return answer


def _broken(error: Exception) -> ResponseReturnValue:
    """A fault of ours: the person gets a number, the log gets the fault, and neither gets an answer or a form."""
    number = secrets.token_hex(4)
    logging.getLogger("hailong").error("fault %s at %s", number, request.endpoint, exc_info=error)
    return _answer(
        500,
        _("An error on our side"),
        _(
            "Nothing that was confirmed is lost. Try again in a minute; error number %(number)s.",
            number=number,
        ),
        database_works=False,
    )


def _ask_to_sign_in() -> ResponseReturnValue:
    if _wants_json():
        return api.problem(401, _("Sign in, or send a token: Authorization: Bearer …"))
    return redirect(url_for("sign_in.sign_in", next=request.full_path if request.method == "GET" else None))

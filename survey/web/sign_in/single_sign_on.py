"""Pages: signing in at the province's provider of single sign-on, and linking the own account with it.

The provider says who somebody is; which account that is, what it may do and whether it is switched off stays ours.
"""

from __future__ import annotations

import importlib
import logging
import time
from enum import StrEnum
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from survey.accounts import accounts, identities
from survey.accounts.accounts import Person
from survey.storage import audit
from survey.storage.models import Account
from survey.system import settings
from survey.web import current
from survey.web.current import database
from survey.web.login import reauthenticated
from survey.web.sign_in import failed_attempts, lockout
from survey.web.sign_in.password import SIGNED_ON, go_on, local, span
from translations import N_, Denied, NotFound, Refusal
from translations import gettext as _

pages = Blueprint("single_sign_on", __name__)
ASKED = "single-sign-on"  # what was asked of the provider, until the answer comes
ANSWERED = "single-sign-on-answer"  # who came back, until the person says that it is right
LASTS = 600  # seconds for the one and for the other
SAID = "single-sign-on-said"  # why somebody was not let in, until they try again


class Purpose(StrEnum):
    """What somebody goes to the provider for."""

    ENTER = "enter"
    AGAIN = "again"  # signed in, and shows it once more
    LINK = "link"  # signed in, and links the own account


@pages.app_context_processor
def words() -> dict[str, object]:
    """Pages that lead to the provider ask for its name."""
    return {"provider_name": provider_name}


def provider_name() -> str | None:
    """What the provider is called on the pages; None where there is none."""
    configured = settings.single_sign_on()
    return (configured.name or _("single sign-on")) if configured else None


@pages.get("/dang-nhap/mot-lan")
def begin() -> ResponseReturnValue:
    """Sends the browser to the provider. A link leads here: a form may lead to no other site (`form-action`)."""
    provider, wanted = _provider(), local(request.args.get("next"))
    purpose = request.args.get("purpose", Purpose.ENTER, Purpose)
    foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"  # nobody is signed in by a page elsewhere
    if foreign or (purpose is not Purpose.ENTER and not current_user.is_authenticated):
        return redirect(url_for("sign_in.sign_in", next=wanted), 303)
    if purpose is Purpose.LINK and not current_user.proven:
        return redirect(url_for("sign_in.prove", next=url_for(".begin", purpose=purpose)), 303)
    try:
        address, asked = provider.begin(again=purpose is Purpose.AGAIN)
    except Refusal as refusal:
        return _failed(refusal, wanted)
    browser.pop(SAID, None)
    browser[ASKED] = {**asked, "purpose": purpose, "next": wanted}
    return redirect(address, 303)


@pages.get("/dang-nhap/mot-lan/ve")
def back() -> ResponseReturnValue:
    """Where the provider sends the browser back to."""
    provider, pending = _provider(), browser.pop(ASKED, None)
    if pending is None or not 0 <= time.time() - pending["at"] < LASTS:
        return _failed(Denied("The sign-in took too long, or belongs to another browser. Start again."))
    purpose, wanted = Purpose(pending["purpose"]), pending["next"]
    if wait := lockout.seconds_to_wait(None):
        too_many = Denied("Too many sign-ins from here failed. Wait %(span)s, then try again.", span=span(wait))
        return _failed(too_many, wanted, 429)
    try:
        proof = provider.prove(pending, request.args, again=purpose is Purpose.AGAIN)
        if purpose is Purpose.LINK:
            lockout.was_right(None)
            return _answered(provider, proof)
        person, value = _known(provider, proof, purpose)
        can_end = provider.end("") is not None
    except Denied as refusal:
        failed_attempts.count_only("elsewhere")
        return _failed(refusal, wanted)
    except Refusal as refusal:
        return _failed(refusal, wanted)
    if person is None:
        failed_attempts.count_only("elsewhere")
        browser[SAID] = {"claim": provider.configured.claim, "value": value, "status": 403}
        return redirect(url_for(".said"), 303)
    lockout.was_right(None)
    if can_end:
        browser[SIGNED_ON] = True
    return go_on(person, wanted, proof.at, vouched=provider.vouches(proof))


@pages.get("/dang-nhap/mot-lan/chua-vao")
def said() -> ResponseReturnValue:
    """Why somebody was not let in: at an address of its own, on which the language can be changed."""
    answered = browser.get(SAID)
    if answered is None or settings.single_sign_on() is None:
        return redirect(url_for("sign_in.sign_in"), 303)
    if "message" not in answered:
        page = render_template("sign_in/unknown.html", claim=answered["claim"], value=answered["value"])
        return page, answered["status"]
    message, values = answered["message"], answered["values"]
    page = render_template("sign_in/failed.html", what=_(message, **values), next=answered["next"])
    return page, answered["status"], {"Retry-After": "30"} if answered["status"] in {429, 503} else {}


@pages.route("/tai-khoan/mot-lan", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
@reauthenticated("single_sign_on.link")
def link() -> ResponseReturnValue:
    """Links the own account with who just came back from the provider, once the person has seen who that is. So
    that nobody links an account with somebody else by leading its owner along the way there and back."""
    answered = browser.get(ANSWERED)
    if answered is None or answered["name"] != current_user.name or not 0 <= time.time() - answered["at"] < LASTS:
        return redirect(url_for("sign_in.account"), 303)
    if request.method == "GET":
        return render_template("sign_in/link.html", value=answered["value"])
    browser.pop(ANSWERED)
    with (
        audit.acting(current_user.name, N_("Linked an account with single sign-on")),
        database().writing() as session,
    ):
        identities.link(session, current_user.name, answered["issuer"], answered["subject"])
    flash(_("The account is linked: from now on you sign in with %(provider)s too.", provider=provider_name()))
    return redirect(url_for("sign_in.account"), 303)


@pages.post("/tai-khoan/mot-lan/bo")
@login_required  # type: ignore[untyped-decorator]
@reauthenticated("sign_in.account")
def unlink() -> ResponseReturnValue:
    """Takes the own link away."""
    with (
        audit.acting(current_user.name, N_("Removed their own link with single sign-on")),
        database().writing() as session,
    ):
        identities.unlink(session, current_user.name)
    flash(_("The link is removed. Sign in with the password from now on."))
    return redirect(url_for("sign_in.account"), 303)


@pages.get("/dang-xuat/mot-lan")
def leave() -> ResponseReturnValue:
    """Leads to the page of the provider on which one signs out there."""
    browser.pop(SIGNED_ON, None)
    afterwards = url_for("sign_in.sign_in")
    try:
        address = _provider().end(current.here() + afterwards)
    except Refusal as refusal:
        return _failed(refusal)
    return redirect(address or afterwards, 303)


def _provider() -> Any:
    """The provider that is configured, as an `openid.Provider`."""
    configured = settings.single_sign_on()
    if configured is None:
        raise NotFound("Single sign-on is not set up here. Sign in with the password.")
    back = current.here() + url_for("single_sign_on.back")
    cached = current_app.extensions.get("provider")
    if cached is None or (cached.configured, cached.back) != (configured, back):
        openid = importlib.import_module(
            "survey.accounts.openid"
        )  # slow to load, and most processes never need it
        cached = current_app.extensions["provider"] = openid.Provider(configured, back)
    return cached


def _known(provider: Any, proof: Any, purpose: Purpose) -> tuple[Person | None, str | None]:
    """Whose account is linked, or is awaited by an administrator and linked now; and what the provider calls the
    person where nobody's is."""
    issuer, claim = provider.configured.issuer, provider.configured.claim
    with database().reading() as session:
        account = identities.linked(session, issuer, proof.subject)
        if account is not None:
            return _let_in(account, purpose), None
    value = provider.value(proof)
    if value is None:
        return None, None
    with database().reading() as session:
        account = identities.expected(session, issuer, claim, value)
        if account is None:
            return None, value
        person = _let_in(account, purpose)
    with audit.acting(person.name, N_("Linked an account with single sign-on")), database().writing() as session:
        identities.link(session, person.name, issuer, proof.subject)
    return person, None


def _let_in(account: Account, purpose: Purpose) -> Person:
    if account.off:
        raise Denied("Your account is switched off here. Ask the administrator to switch it on again.")
    if purpose is Purpose.AGAIN and account.name != current_user.name:
        raise Denied("You signed in there as somebody else. Sign out there, then try again.")
    return accounts.person_of(account)


def _answered(provider: Any, proof: Any) -> ResponseReturnValue:
    browser[ANSWERED] = {
        "name": current_user.name if current_user.is_authenticated else "",
        "issuer": provider.configured.issuer,
        "subject": proof.subject,
        "value": provider.value(proof) or proof.subject,
        "at": int(time.time()),
    }
    return redirect(url_for(".link"), 303)


def _failed(refusal: Refusal, wanted: str | None = None, status: int | None = None) -> ResponseReturnValue:
    cause = refusal.__cause__
    logging.getLogger("hailong").warning("single sign-on: %s", repr(cause) if cause else refusal.message)
    browser[SAID] = {
        "message": refusal.message,
        "values": refusal.values,
        "next": wanted,
        "status": status or refusal.status,
    }
    return redirect(url_for(".said"), 303)

"""Who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Request, g, redirect, url_for
from flask_login import LoginManager, current_user, login_user
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from survey.accounts import second_factors, sign_ins
from survey.accounts.accounts import Person, Right, person_of
from survey.accounts.tokens import OPENS, Ended, Scope, digest_of
from survey.responses import lots
from survey.storage.models import Account, SignIn, Token
from survey.system.dates import today
from survey.web.current import database
from translations import formats

P = ParamSpec("P")
R = TypeVar("R")


def enter(session: Session, person: Person, authenticated_at: int | None = None, *, vouched: bool = False) -> None:
    """Begins a sign-in of the person in this browser, in place of the one that it had.

    authenticated_at   when the password was given, in seconds since 1970; now unless said otherwise
    vouched  the provider of single sign-on vouches for a second factor
    """
    account = session.get_one(Account, person.name)
    if current_user.is_authenticated:
        sign_ins.end_here(session, current_user.session)
    entered = sign_ins.begin(session, account.name, authenticated_at, vouched=vouched)
    login_user(person_of(account, entered, _first(session, account, entered)))


def _first(session: Session, account: Account, entered: SignIn) -> str | None:
    """What the account must do before anything else, as the endpoint of its page."""
    if entered.vouched or account.role not in second_factors.needing(session):
        return None
    return None if second_factors.has(session, account.name) else "sign_in.second_factor"


manager = LoginManager()


manager.session_protection = None  # it would keep a hash of the address and the agent


@manager.user_loader  # type: ignore[untyped-decorator]
def _load(identity: str) -> Person | None:
    mark, _, name = identity.partition(":")
    try:
        with database().reading() as session:
            account, entered = session.get(Account, name), sign_ins.find(session, mark, name)
            if account is None or account.off or entered is None:
                return None
            return person_of(account, entered, _first(session, account, entered))
    except OperationalError:  # the page that needs the database says so; the page that says so needs nobody
        return None


def reauthenticated(then: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A view of the own account for those who gave the password in the last ten minutes; others give it once more
    and are led on to `then`, an endpoint. It stands below `login_required`."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.proven:
                return redirect(url_for("sign_in.prove", next=url_for(then)), 303)  # type: ignore[return-value]
            return view(*args, **kwargs)

        return guarded

    return decorate


@manager.request_loader  # type: ignore[untyped-decorator]
def load(request: Request) -> Person | None:
    """Who a program is that sends `Authorization: Bearer TOKEN` to the API."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not text or not request.path.startswith("/api/"):
        return None
    with database().reading() as session:
        token = session.scalars(select(Token).where(Token.digest == digest_of(text.strip()))).first()
    if token is None:
        return None
    if token.until < today():
        raise Ended(
            "This token held until %(day)s. Have a new one made: hailong token add", day=formats.day(token.until)
        )
    g.token = token
    rights = frozenset[Right]().union(*(OPENS[Scope(one)] for one in token.scope))
    return Person(lots.OF_TOKENS + token.name, token.role, token.unit, "", only=rights)


def note_use() -> None:
    """Notes the day on which the token of the present request was used, once a day; in no transaction."""
    token: Token | None = g.get("token")
    if token is not None and token.used != today():
        with database().writing() as session:
            session.execute(update(Token).where(Token.name == token.name).values(used=today()))

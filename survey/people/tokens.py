"""API tokens: by one a program reads, or sends, what its role may and its scope opens, until a day.

A token opens `/api/` and nothing else: to a page whoever brings one is a stranger. It is no account and is called
like none; whoever made it answers for it, and it ends when that account is switched off.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum

from flask import Request, g
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from survey import audit, units
from survey.database import database
from survey.models import Account, Role, Token
from survey.people.accounts import OF_TOKENS, RIGHTS, Person, Right, alike, manager
from survey.waves import today
from translations import N_, Conflict, NotFound, Refusal, formats
from translations.formats import nfc, order

DAYS = 90  # that a token holds unless said otherwise
MOST_DAYS = 366
LONGEST_NAME = 60


class Scope(StrEnum):
    """A part of the API that a token opens."""

    WAVES = "waves"
    RESULTS = "results"
    RESPONSES = "responses"


SCOPES: dict[Scope, str] = {
    Scope.WAVES: N_("read waves, units and questionnaires"),
    Scope.RESULTS: N_("read results"),
    Scope.RESPONSES: N_("send forms, on paper or by an interviewer"),
}
# What each opens, of what the role may.
OPENS: dict[Scope, frozenset[Right]] = {
    Scope.WAVES: frozenset({Right.PROGRESS}),
    Scope.RESULTS: frozenset({Right.RESULTS, Right.OWN_RESULTS}),
    Scope.RESPONSES: frozenset({Right.KEY, Right.INTERVIEW}),
}


class Ended(Refusal):
    """The last day of a token is over."""

    status = 401


def usual(role: Role) -> list[Scope]:
    """What a token of the role opens unless said otherwise: reading; sending where the role reads nothing here."""
    fitting = [scope for scope in Scope if OPENS[scope] & RIGHTS[role]]
    return [scope for scope in fitting if scope is not Scope.RESPONSES] or fitting


def add(
    session: Session,
    name: str,
    role: Role,
    unit: str | None = None,
    *,
    days: int = DAYS,
    scope: Collection[Scope] = (),
    owner: str | None = None,
) -> str:
    """Makes a token and gives its text, which is kept nowhere.

    unit   the commune of which it reads; for the role of a commune, and for no other
    days   that it holds from today, 1 to `MOST_DAYS`
    scope  what it opens; none: what is usual for the role
    owner  the account that makes it

    Refused where the name is taken, by a token or an account, or the role may nothing of what is asked for.
    """
    name = nfc(name).strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Refusal("Give the token a name of 1 to %(most)d letters.", most=LONGEST_NAME)
    if any(alike(name, other) for other in session.scalars(select(Token.name))):
        raise Conflict("There is a token %(name)s already. Choose another name.", name=name)
    if any(alike(name, other) for other in session.scalars(select(Account.name))):
        raise Conflict("An account is called %(name)s. Choose another name for the token.", name=name)
    if (role is Role.COMMUNE) != (unit is not None):
        raise Refusal(
            "Name the commune of which the token reads where its role is commune, and nowhere else: --unit CODE"
        )
    if not 1 <= days <= MOST_DAYS:
        raise Refusal("Let the token hold 1 to %(most)d days; then make a new one.", most=MOST_DAYS)
    opened = [one for one in Scope if one in scope] or usual(role)
    useless = [one for one in opened if not OPENS[one] & RIGHTS[role]]
    if useless or not opened:
        raise Refusal("Choose another role or scope: the role %(role)s may nothing of it.", role=role.value)
    text, until = secrets.token_urlsafe(32), today() + timedelta(days)
    place = units.find(session, unit).code if unit else None
    audit.tell(token=name, role=role.value, unit=place or "-", scope=",".join(opened), until=until)
    session.add(
        Token(
            name=name,
            role=role,
            unit=place,
            scope=list(opened),
            digest=_digest(text),
            owner=owner,
            until=until,
        )
    )
    session.flush()
    return text


def every(session: Session, owner: str | None = None) -> list[Token]:
    """All tokens, or those of an account, in the order of their names."""
    chosen = select(Token)
    found = session.scalars(chosen.where(Token.owner == owner) if owner else chosen)
    return sorted(found, key=lambda token: order(token.name))


def remove(session: Session, name: str) -> None:
    """Takes a token back."""
    if session.connection().execute(delete(Token).where(Token.name == nfc(name).strip())).rowcount != 1:
        raise NotFound("There is no token %(name)s. See all: hailong token list", name=name)
    audit.tell(token=name)


@manager.request_loader  # type: ignore[untyped-decorator]
def load(request: Request) -> Person | None:
    """Who a program is that sends `Authorization: Bearer TOKEN` to the API."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not text or not request.path.startswith("/api/"):
        return None
    with database().reading() as session:
        token = session.scalars(select(Token).where(Token.digest == _digest(text.strip()))).first()
    if token is None:
        return None
    if token.until < today():
        raise Ended(
            "This token held until %(day)s. Have a new one made: hailong token add", day=formats.day(token.until)
        )
    g.token = token
    rights = frozenset[Right]().union(*(OPENS[Scope(one)] for one in token.scope))
    return Person(OF_TOKENS + token.name, token.role, token.unit, "", only=rights)


def note_use() -> None:
    """Notes the day on which the token of the present request was used, once a day; in no transaction."""
    token: Token | None = g.get("token")
    if token is not None and token.used != today():
        with database().writing() as session:
            session.execute(update(Token).where(Token.name == token.name).values(used=today()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

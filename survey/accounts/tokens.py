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

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.accounts.accounts import RIGHTS, Right, alike
from survey.storage import audit
from survey.storage.models import Account, Role, Token
from survey.system.dates import today
from survey.waves import units
from translations import N_, Conflict, NotFound, Refusal
from translations.formats import nfc, order

DAYS = 90  # that a token holds unless said otherwise
MOST_DAYS = 366
LONGEST_NAME = 60


class Scope(StrEnum):
    """A part of the API that a token opens."""

    WAVES = "waves"
    RESULTS = "results"
    RESPONSES = "responses"
    ROWS = "rows"


SCOPES: dict[Scope, str] = {
    Scope.WAVES: N_("read waves, units and questionnaires"),
    Scope.RESULTS: N_("read results"),
    Scope.ROWS: N_("download responses one by one"),
    Scope.RESPONSES: N_("send forms, on paper or by an interviewer"),
}
# What each opens, of what the role may.
OPENS: dict[Scope, frozenset[Right]] = {
    Scope.WAVES: frozenset({Right.PROGRESS}),
    Scope.RESULTS: frozenset({Right.RESULTS, Right.OWN_RESULTS}),
    Scope.ROWS: frozenset({Right.ROWS}),
    Scope.RESPONSES: frozenset({Right.KEY, Right.INTERVIEW}),
}


class Ended(Refusal):
    """The last day of a token is over."""

    status = 401


def usual(role: Role) -> list[Scope]:
    """What a token of the role opens unless said otherwise: reading; sending where the role reads nothing here."""
    fitting = [scope for scope in Scope if OPENS[scope] & RIGHTS[role]]
    return [scope for scope in fitting if scope not in (Scope.RESPONSES, Scope.ROWS)] or fitting


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
        raise Refusal("Give the token a name of 1 to %(most)d characters.", most=LONGEST_NAME)
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
        raise Refusal(
            "Choose another role or scope: the role %(role)s has no right to any of it.", role=role.value
        )
    text, until = secrets.token_urlsafe(32), today() + timedelta(days)
    place = units.find(session, unit).code if unit else None
    audit.annotate(token=name, role=role.value, unit=place or "-", scope=",".join(opened), until=until)
    session.add(
        Token(
            name=name,
            role=role,
            unit=place,
            scope=list(opened),
            digest=digest_of(text),
            owner=owner,
            until=until,
        )
    )
    session.flush()
    return text


def list_all(session: Session, owner: str | None = None) -> list[Token]:
    """All tokens, or those of an account, in the order of their names."""
    query = select(Token)
    rows = session.scalars(query.where(Token.owner == owner) if owner else query)
    return sorted(rows, key=lambda token: order(token.name))


def remove(session: Session, name: str) -> None:
    """Takes a token back."""
    if session.connection().execute(delete(Token).where(Token.name == nfc(name).strip())).rowcount != 1:
        raise NotFound("There is no token %(name)s. See all: hailong token list", name=name)
    audit.annotate(token=name)


def digest_of(text: str) -> str:
    """The digest by which a token is known; its text is kept nowhere."""
    return hashlib.sha256(text.encode()).hexdigest()

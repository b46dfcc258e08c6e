"""Staff: accounts, roles, rights, sign-in. Every right is declared here and asked for by name."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask import current_app, request
from flask_login import LoginManager, current_user
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from survey import audit, passwords, units
from survey.database import database
from survey.models import Account, Role, Token
from translations import N_, Conflict, Denied, Refusal
from translations.formats import nfc, order

P = ParamSpec("P")
R = TypeVar("R")
_hasher = PasswordHasher()
LEAST_PASSWORD = 12


class Right(StrEnum):
    """What somebody may do; a view names the one it needs."""

    KEY = "key"  # key paper forms
    INTERVIEW = "interview"  # send answers as an interviewer
    FIELDWORK = "fieldwork"  # draw samples, print forms, count them back, weigh
    REVIEW = "review"  # settle two keyings, approve and reject responses
    PROGRESS = "progress"  # counts of forms, never answers
    RESULTS = "results"  # estimates and reports
    OWN_RESULTS = "own_results"  # what is released of the own commune
    RELEASE = "release"  # freeze, check and approve results, issue reports
    WAVES = "waves"  # open waves, publish questionnaires
    PEOPLE = "people"  # accounts and tokens
    AUDIT = "audit"  # read the audit trail


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ADMIN: frozenset(Right),
    Role.HOME_AFFAIRS: frozenset(
        {Right.PROGRESS, Right.RESULTS, Right.RELEASE, Right.WAVES, Right.FIELDWORK, Right.REVIEW}
    ),
    Role.COMMUNE: frozenset({Right.PROGRESS, Right.OWN_RESULTS}),
    Role.SUPERVISOR: frozenset({Right.PROGRESS, Right.KEY, Right.INTERVIEW, Right.FIELDWORK, Right.REVIEW}),
    Role.KEYER: frozenset({Right.KEY}),
    Role.INTERVIEWER: frozenset({Right.INTERVIEW}),
    Role.AUDITOR: frozenset({Right.AUDIT}),
}

ROLE_NAMES: dict[Role, str] = {
    Role.ADMIN: N_("Administrator"),
    Role.HOME_AFFAIRS: N_("Home Affairs"),
    Role.COMMUNE: N_("Commune"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.KEYER: N_("Keyer"),
    Role.INTERVIEWER: N_("Interviewer"),
    Role.AUDITOR: N_("Auditor"),
}


@dataclass(frozen=True)
class Person:
    """Who is signed in, as Flask-Login and the pages see them."""

    name: str
    role: Role
    unit: str | None
    session: str
    is_active: bool = True
    is_anonymous: bool = False

    @property
    def is_authenticated(self) -> bool:
        return True

    def get_id(self) -> str:
        """Name and session: renewing the account's session ends every sign-in of before."""
        return f"{self.session}:{self.name}"

    def may(self, right: Right | str) -> bool:
        """Whether the role has the right."""
        return Right(right) in RIGHTS[self.role]


def add(session: Session, name: str, role: Role, password: str, unit: str | None = None) -> None:
    """Makes an account; refused where the name is taken or the password too short."""
    name = nfc(name).strip()
    if not name or len(name) > 80:
        raise Refusal("Give the account a name of 1 to 80 letters.")
    hashed = _hashed(password, name)
    if session.get(Account, name) is not None:
        raise Conflict("There is an account %(name)s already. Choose another name.", name=name)
    if role is Role.COMMUNE and unit is None:
        raise Refusal("Name the commune that this account reads: --unit CODE")
    audit.tell(account=name, role=role.value)
    session.add(
        Account(
            name=name,
            role=role,
            unit=units.find(session, unit).code if unit else None,
            password=hashed,
            session=secrets.token_urlsafe(16),
        )
    )
    session.flush()


def easy_password() -> str:
    """A new password that can be copied from a screen by hand: 80 random bits in groups of four."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # no l, i, o, 0, 1
    text = "".join(secrets.choice(letters) for _place in range(16))
    return "-".join(text[place : place + 4] for place in range(0, 16, 4))


def sign_in(session: Session, name: str, password: str) -> Person | None:
    """The person of this name and password, or None; a wrong name takes as long as a wrong password."""
    account = session.get(Account, nfc(name).strip())
    try:
        _hasher.verify(account.password if account else _nobody(), nfc(password))
    except VerificationError:
        return None
    return _person(account) if account else None


def every(session: Session) -> list[Person]:
    """All accounts, in the order of their names."""
    return sorted(map(_person, session.scalars(select(Account))), key=lambda person: order(person.name))


def change_password(session: Session, name: str, old: str, new: str) -> Person | None:
    """Gives the account a new password and ends its sign-ins; None where the old one is wrong.

    The person that comes back signs in again: whoever else held a session of the account is out.
    """
    if sign_in(session, name, old) is None:
        return None
    account = session.get_one(Account, nfc(name).strip())
    account.password = _hashed(new, account.name)
    account.session = secrets.token_urlsafe(16)
    session.flush()
    return _person(account)


def _hashed(password: str, name: str) -> str:
    if len(password) < LEAST_PASSWORD:
        raise Refusal("Choose a password of at least %(least)d characters.", least=LEAST_PASSWORD)
    passwords.check(password, name)
    return _hasher.hash(nfc(password))


def _nobody() -> str:
    if not hasattr(_nobody, "hash"):
        _nobody.hash = _hasher.hash(secrets.token_urlsafe(16))  # type: ignore[attr-defined]
    return str(_nobody.hash)  # type: ignore[attr-defined]


def _person(account: Account) -> Person:
    return Person(account.name, account.role, account.unit, account.session)


def add_token(session: Session, name: str, role: Role) -> str:
    """Makes an API token and gives its text, which is kept nowhere."""
    if session.get(Token, name) is not None:
        raise Conflict("There is a token %(name)s already. Choose another name.", name=name)
    text = secrets.token_urlsafe(32)
    audit.tell(token=name, role=role.value)
    session.add(Token(name=name, role=role, digest=_digest(text)))
    return text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


manager = LoginManager()
manager.session_protection = None  # it would keep a hash of the address and the agent


@manager.user_loader  # type: ignore[untyped-decorator]
def _load(identity: str) -> Person | None:
    mark, _, name = identity.partition(":")
    try:
        with database().reading() as session:
            account = session.get(Account, name)
    except OperationalError:  # the page that needs the database says so; the page that says so needs nobody
        return None
    if account is None or not secrets.compare_digest(account.session, mark):
        return None
    return _person(account)


@manager.request_loader  # type: ignore[untyped-decorator]
def _by_token(_request: Any) -> Person | None:
    """`Authorization: Bearer TOKEN`, for programs."""
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not text:
        return None
    with database().reading() as session:
        token = session.scalars(select(Token).where(Token.digest == _digest(text.strip()))).first()
        return Person(token.name, token.role, None, "") if token else None


def requires(right: Right) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A view for those who have the right; others are asked to sign in (401) or told no (403)."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined, no-any-return]
            if not current_user.may(right):
                raise Denied(
                    "Your account is not for this page. Ask the administrator for the right, or sign out."
                )
            with audit.page(current_user.name, str(request.endpoint), kwargs):
                if request.endpoint in audit.EXPORTS and request.method == "GET":
                    if request.args:
                        audit.tell(asked=request.query_string.decode())
                    with database().writing():  # what is shown or sent leaves an entry of its own
                        pass
                return view(*args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return decorate

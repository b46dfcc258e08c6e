"""Where an account is signed in: a row for each sign-in, so that it can be shown, ended, and ends by itself.

A row says neither address nor browser: a person tells their sign-ins apart by number and day.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from survey.storage.models import SignIn
from survey.system import settings
from survey.system.dates import today

TOUCHED = 600  # seconds: `seen` is kept no more often
HALF_LASTS = 300  # seconds between the password and the code of the second factor
PROVEN = 600  # seconds for which a password that was just given opens what is guarded twice


def begin(
    session: Session,
    account: str,
    authenticated_at: int | None = None,
    *,
    vouched: bool = False,
    half: bool = False,
) -> SignIn:
    """A new sign-in of the account, proven now unless said otherwise; those that are over are dropped.

    half  the second factor is still to come: it opens nothing, lasts five minutes, and ends with the others
    """
    now = _now()
    session.execute(delete(SignIn).where(SignIn.account == account, or_(*_over(now))))
    last = session.scalar(select(func.max(SignIn.number)).where(SignIn.account == account))
    sign_in = SignIn(
        id=secrets.token_urlsafe(24),
        account=account,
        number=(last or 0) + 1,
        begun=today(),
        until=now + (HALF_LASTS if half else int(settings.session_life() * 3600)),
        seen=now,
        authenticated_at=now if authenticated_at is None else authenticated_at,
        vouched=vouched,
        half=half,
    )
    session.add(sign_in)
    session.flush()
    return sign_in


def find(session: Session, mark: str, account: str, *, half: bool = False) -> SignIn | None:
    """The sign-in of this mark, where it is the account's and not over; a half made one only where it is asked
    for."""
    return session.scalars(
        select(SignIn).where(
            SignIn.id == mark, SignIn.account == account, SignIn.half.is_(half), ~or_(*_over(_now()))
        )
    ).first()


@dataclass(frozen=True)
class Shown:
    """A sign-in as its owner sees it."""

    number: int
    begun: date
    used: date
    here: bool


def list_all(session: Session, account: str, mark: str = "") -> list[Shown]:
    """The sign-ins of an account that last, the newest first; `mark` is the one that asks."""
    lasting = select(SignIn).where(SignIn.account == account, ~SignIn.half, ~or_(*_over(_now())))
    rows = session.scalars(lasting.order_by(SignIn.number.desc()))
    return [
        Shown(
            row.number,
            row.begun,
            datetime.fromtimestamp(row.seen, ZoneInfo("Asia/Ho_Chi_Minh")).date(),
            row.id == mark,
        )
        for row in rows
    ]


def end(session: Session, account: str, number: int | None = None, *, but: str = "") -> int:
    """Ends one sign-in of the account, or all (`but` the one of this mark), half made ones too; how many of the
    others there were."""
    query = delete(SignIn).where(SignIn.account == account, SignIn.id != but).returning(SignIn.half)
    if number is not None:
        query = query.where(SignIn.number == number)
    return session.scalars(query).all().count(False)


def end_here(session: Session, mark: str) -> None:
    """Ends the sign-in of this mark."""
    session.execute(delete(SignIn).where(SignIn.id == mark))


def touch(session: Session, mark: str) -> None:
    """Notes that the sign-in is in use."""
    session.execute(update(SignIn).where(SignIn.id == mark).values(seen=_now()))


def prove(session: Session, mark: str) -> None:
    """Notes that its owner has just given the password once more."""
    session.execute(update(SignIn).where(SignIn.id == mark).values(authenticated_at=_now(), seen=_now()))


def rested(seen: int) -> bool:
    """Whether it is time to `touch`."""
    return _now() - seen >= TOUCHED


def proven(authenticated_at: int) -> bool:
    """Whether the password was given a short time ago."""
    return 0 <= _now() - authenticated_at < PROVEN


def _over(now: int) -> tuple[ColumnElement[bool], ...]:
    return SignIn.until <= now, SignIn.seen <= now - int(settings.session_idle() * 3600)


def _now() -> int:
    return int(time.time())

"""Password links: a person chooses the password of an account by a code that works once and for some days.

An administrator makes one with a new account, or when a password is forgotten, and hands it over. So nobody but
the person ever knows the password. A code has 80 random bits and is kept as a digest; another one for the account
takes it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from survey.accounts import accounts, passwords, sign_ins
from survey.storage import audit
from survey.storage.models import Account, PasswordLink
from survey.system.dates import today
from translations import Conflict, NotFound

HOLDS = timedelta(days=7)


@dataclass(frozen=True)
class Made:
    """What is shown once, to whoever hands it over: the code, and the last day on which it holds."""

    account: str
    code: str
    until: date


def make(session: Session, name: str) -> Made:
    """Makes a link for the account and ends what opened it before: its password, its sign-ins, an earlier link. A
    second factor stays: a link that fell into other hands does not open the account without the device."""
    account = accounts.find(session, name)
    if account.off:
        raise Conflict("The account %(name)s is off. Switch it on again first.", name=account.name)
    account.password = accounts.nobodys()
    sign_ins.end(session, account.name)
    session.execute(
        delete(PasswordLink).where(or_(PasswordLink.account == account.name, PasswordLink.until < today()))
    )
    link = Made(account.name, passwords.easy(), today() + HOLDS)
    session.add(PasswordLink(account=account.name, digest=passwords.digest(link.code), until=link.until))
    session.flush()
    audit.annotate(link_until=link.until)
    return link


def account_of(session: Session, code: str) -> Account:
    """The account whose password the code chooses; refused where the code does not hold."""
    digest = passwords.digest(code)
    query = select(PasswordLink.account).where(PasswordLink.digest == digest, PasswordLink.until >= today())
    account = session.scalars(select(Account).where(Account.name.in_(query), ~Account.off)).first()
    if account is None:
        raise _holds_not()
    return account


def use(session: Session, code: str, password: str) -> None:
    """Gives the account of the code this password; the code then holds no more. Of two who send the same code at
    once, one is refused."""
    account = account_of(session, code)
    used = delete(PasswordLink).where(PasswordLink.digest == passwords.digest(code))
    if session.connection().execute(used).rowcount != 1:
        raise _holds_not()
    accounts.give_password(session, account, password)


def waiting(session: Session, name: str) -> date | None:
    """The last day on which a link of the account holds; None if there is none to be used."""
    return session.scalar(
        select(PasswordLink.until).where(PasswordLink.account == name, PasswordLink.until >= today())
    )


def _holds_not() -> NotFound:
    return NotFound(
        "This code does not hold: it was used, is older than %(days)d days, or another one took its place. Look "
        "at it again, or ask the administrator for a new one.",
        days=HOLDS.days,
    )

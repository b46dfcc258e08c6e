"""Staff: accounts, roles, rights, sign-in. Every right is declared here and asked for by name."""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import String, delete, select, type_coerce
from sqlalchemy.orm import Session

from survey.accounts import passwords, second_factors, sign_ins
from survey.responses import devices, lots
from survey.storage import audit
from survey.storage.models import Account, PasswordLink, Role, SignIn, Token
from survey.waves import units
from translations import Conflict, NotFound, Refusal
from translations.formats import nfc, order

_hasher = PasswordHasher()
# Passwords that one process looks at at once, half as many as it has threads: each takes a good part of a second
# and 64 MB, and a crowd of strangers who guess would leave no thread for those who answer.
AT_ONCE = 4
_looking = threading.BoundedSemaphore(AT_ONCE)


class Busy(Refusal):
    """So many sign in just now that this one has to wait."""

    status = 503


LEAST_PASSWORD = 12
# What the audit trail says of an account: as it was made, or that it was switched off or on.
TOLD = re.compile(r"(?:^| )account=(.+?) (?:role=(\w+)(?: unit=(\S+))?|act=(off|on))(?= |$)")


class Right(StrEnum):
    """What somebody may do; a view names the one it needs."""

    KEY = "key"  # key paper forms
    INTERVIEW = "interview"  # send answers as an interviewer
    FIELDWORK = "fieldwork"  # draw samples, print forms, posters and letters, bind kiosks, count forms back, weigh
    REVIEW = "review"  # settle two keyings, approve and reject responses
    PROGRESS = "progress"  # counts of forms, never answers
    RESULTS = "results"  # estimates and reports
    OWN_RESULTS = "own_results"  # what is released of the own commune
    REMARKS = "remarks"  # read and code what people wrote in their own words
    RELEASE = "release"  # freeze and check results, issue reports
    APPROVE = "approve"  # approve what is released, and withdraw it
    WAVES = "waves"  # open waves
    QUESTIONS = "questions"  # write questionnaires
    PUBLISH = "publish"  # read all questionnaires and drafts, publish what another account wrote
    ROWS = "rows"  # responses one by one, without what was written in words; never for a unit's account
    PEOPLE = "people"  # accounts and tokens
    AUDIT = "audit"  # read the audit trail
    YEAR = "year"  # the province's year: scorecards, published figures, plan, cases, the document
    OWN_DUTIES = "own_duties"  # what the own office answers for, and nobody else's


RIGHTS: dict[Role, frozenset[Right]] = {
    # Whoever runs the platform need not read what people wrote: Home Affairs alone does; nor answer for a figure.
    Role.ADMIN: frozenset(Right) - {Right.REMARKS, Right.ROWS, Right.OWN_DUTIES, Right.APPROVE},
    # Who answers for what goes out: reads all of it and lets it be seen, and makes none of it.
    Role.HEAD: frozenset(
        {
            Right.PROGRESS,
            Right.RESULTS,
            Right.OWN_RESULTS,
            Right.APPROVE,
            Right.YEAR,
            Right.PUBLISH,
        }
    ),
    Role.HOME_AFFAIRS: frozenset(
        {
            Right.PROGRESS,
            Right.RESULTS,
            Right.REMARKS,
            Right.RELEASE,
            Right.OWN_RESULTS,  # who reads all communes reads each
            Right.WAVES,
            Right.QUESTIONS,
            Right.PUBLISH,
            Right.ROWS,
            Right.FIELDWORK,
            Right.REVIEW,
            Right.YEAR,
        }
    ),
    Role.COMMUNE: frozenset({Right.PROGRESS, Right.OWN_RESULTS, Right.OWN_DUTIES}),
    Role.OFFICE: frozenset({Right.OWN_DUTIES}),
    Role.SUPERVISOR: frozenset({Right.PROGRESS, Right.KEY, Right.INTERVIEW, Right.FIELDWORK, Right.REVIEW}),
    Role.KEYER: frozenset({Right.KEY}),
    Role.INTERVIEWER: frozenset({Right.INTERVIEW}),
    Role.AUDITOR: frozenset({Right.AUDIT}),
}

# Whose accounts belong to a unit, and see its own alone.
OF_A_UNIT = (Role.COMMUNE, Role.OFFICE)


@dataclass(frozen=True)
class Person:
    """Who is signed in, as Flask-Login and the pages see them.

    session  the mark of the sign-in; empty for a program with a token
    first    the page that must be done with before any right holds: adding a second factor
    authenticated_at   when the password was last given, in seconds since 1970
    seen     when the sign-in was last noted as in use, likewise
    only     the rights that a program's token opens, of those of its role; None for an account, which has them all
    """

    name: str
    role: Role
    unit: str | None
    session: str
    first: str | None = None
    authenticated_at: int = 0
    seen: int = 0
    only: frozenset[Right] | None = None
    is_active: bool = True
    is_anonymous: bool = False

    @property
    def is_authenticated(self) -> bool:
        return True

    def get_id(self) -> str:
        """The mark of the sign-in, and the name."""
        return f"{self.session}:{self.name}"

    def may(self, right: Right | str) -> bool:
        """Whether the role has the right, and nothing must be done before."""
        within = self.only is None or Right(right) in self.only
        return self.first is None and within and Right(right) in RIGHTS[self.role]

    @property
    def proven(self) -> bool:
        """Whether the password was given in the last ten minutes; a program's token is enough by itself."""
        return not self.session or sign_ins.proven(self.authenticated_at)


def add(session: Session, name: str, role: Role, password: str | None, unit: str | None = None) -> None:
    """Makes an account; refused where the name is taken or the password too short.

    password  None if the person chooses it (`survey.accounts.password_links`); until then none opens it
    """
    name = nfc(name).strip()
    if not name or len(name) > 80 or name.startswith(lots.OF_TOKENS):
        raise Refusal("Give the account a name of 1 to 80 characters.")
    hashed = nobodys() if password is None else _hashed(password, name)
    if session.get(Account, name) is not None:
        raise Conflict("There is an account %(name)s already. Choose another name.", name=name)
    if any(alike(name, token) for token in session.scalars(select(Token.name))):
        raise Conflict("A program's token is called %(name)s. Choose another name for the account.", name=name)
    if role in OF_A_UNIT and unit is None:
        raise Refusal("Name the commune or office of this account: --unit CODE")
    place = units.find(session, unit).code if unit else None
    audit.annotate(account=name, role=role.value, **({"unit": place} if place else {}))
    session.add(Account(name=name, role=role, unit=place, password=hashed))
    session.flush()


def easy_password() -> str:
    """A new password that can be copied from a screen by hand."""
    return passwords.easy()


def sign_in(session: Session, name: str, password: str) -> Person | None:
    """The person of this name and password, or None; a wrong name takes as long as a wrong password. An account
    that is switched off is answered like a wrong name."""
    account = session.get(Account, nfc(name).strip())
    if not _looking.acquire(blocking=False):
        raise Busy("Very many people are signing in. Wait a few seconds, then sign in again.")
    try:
        _hasher.verify(account.password if account else _nobody(), nfc(password))
    except VerificationError:
        return None
    finally:
        _looking.release()
    return person_of(account) if account and not account.off else None


def list_all(session: Session) -> list[Person]:
    """All accounts, in the order of their names."""
    return sorted(map(person_of, session.scalars(select(Account))), key=lambda person: order(person.name))


def change_password(session: Session, name: str, old: str, new: str) -> Person | None:
    """Gives the account a new password and ends its sign-ins; None if the old one is wrong. The person that comes
    back signs in again: whoever else held a session of the account is out."""
    if sign_in(session, name, old) is None:
        return None
    account = session.get_one(Account, nfc(name).strip())
    if nfc(new) == nfc(old):
        raise Refusal("This is your previous password. Choose another one.")
    give_password(session, account, new)
    return person_of(account)


def give_password(session: Session, account: Account, password: str) -> None:
    """Gives the account a password and ends its sign-ins; refused where it is too short or too common."""
    account.password = _hashed(password, account.name)
    sign_ins.end(session, account.name)
    session.flush()


class NoAccount(NotFound):
    """No account has this name."""

    listed_by = "hailong user list"


def find(session: Session, name: str) -> Account:
    """The account of this name."""
    account = session.get(Account, nfc(name).strip())
    if account is None:
        raise NoAccount("There is no account %(name)s. Choose one from the list.", name=name)
    return account


def refuse_without(session: Session, name: str, right: Right) -> None:
    """Refuses to let a command act in the name of an account that may not do this, or is switched off. A name that
    no account has is taken: it is shown as told by the operator, as an account's is."""
    for account in session.scalars(select(Account)):
        if alike(account.name, name) and (account.off or right not in RIGHTS[account.role]):
            raise Refusal("The account %(name)s may not do this. Name who does it.", name=account.name)


def mismatches(session: Session) -> list[str]:
    """The accounts that aren't what the audit trail says was made of them: of another role or unit, switched off
    or on, gone, or never made by the program."""
    made: dict[str, tuple[str, str | None]] = {}
    off: dict[str, bool] = {}
    for subject in audit.subjects(session, "account="):
        for name, role, unit, act in TOLD.findall(subject):
            if role:
                made[name] = role, unit or None
            else:
                off[name] = act == "off"
    role = type_coerce(Account.role, String)  # whatever was put there
    rows = session.execute(select(Account.name, role, Account.unit, Account.off))
    present = {name: (role, unit, bool(off)) for name, role, unit, off in rows}
    told = {name: (role, unit, off.get(name, False)) for name, (role, unit) in made.items()}
    return sorted(name for name in {*present, *told} if present.get(name) != told.get(name))


@dataclass(frozen=True)
class SwitchedOff:
    """What ended with an account: how many devices in service that it had bound, and tokens that it had made."""

    devices: int
    tokens: int


def switch_off(session: Session, name: str) -> SwitchedOff:
    """Switches the account off, and all that it opens with it: its password and second factor, sign-ins, password
    links, devices and tokens. It is never deleted: its name stands in the audit trail."""
    account = find(session, name)
    account.off = True
    account.password = nobodys()
    second_factors.remove(session, account.name)
    sign_ins.end(session, account.name)
    session.execute(delete(PasswordLink).where(PasswordLink.account == account.name))
    tokens = session.connection().execute(delete(Token).where(Token.owner == account.name)).rowcount
    ended = SwitchedOff(devices.revoke_of(session, account.name), tokens)
    audit.annotate(account=account.name, act="off", devices=ended.devices, tokens=ended.tokens)
    return ended


def switch_on(session: Session, name: str) -> None:
    """Switches the account on again. Nothing of before opens it: its person needs a new password link, and binds
    devices anew."""
    account = find(session, name)
    audit.annotate(account=account.name, act="on")
    account.off = False


def sign_out_everywhere(session: Session, name: str) -> None:
    """Ends all sign-ins of the account."""
    account = find(session, name)
    audit.annotate(account=account.name, act="sign-ins")
    sign_ins.end(session, account.name)


def reset_second_factor(session: Session, name: str) -> None:
    """Takes the account's second factor away: a telephone was lost."""
    account = find(session, name)
    audit.annotate(account=account.name, act="second-factor")
    if not second_factors.remove(session, account.name):
        raise Conflict("The account %(name)s has no second factor.", name=account.name)
    sign_ins.end(session, account.name)


def _hashed(password: str, name: str) -> str:
    if len(password) < LEAST_PASSWORD:
        raise Refusal("Choose a password of at least %(least)d characters.", least=LEAST_PASSWORD)
    passwords.check(password, name)
    return _hasher.hash(nfc(password))


def nobodys() -> str:
    """The hash of a password that nobody knows."""
    return _hasher.hash(secrets.token_urlsafe(16))


_nobody = cache(nobodys)  # one is enough for names that don't exist


def person_of(account: Account, entered: SignIn | None = None, first: str | None = None) -> Person:
    if entered is None:
        return Person(account.name, account.role, account.unit, "")
    return Person(
        account.name, account.role, account.unit, entered.id, first, entered.authenticated_at, entered.seen
    )


def alike(one: str, other: str) -> bool:
    """Whether two names are the same to whoever reads them quickly."""
    return nfc(one).strip().casefold() == nfc(other).strip().casefold()

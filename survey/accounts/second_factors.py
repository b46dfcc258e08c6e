"""The second factor: codes of six digits from a phone (TOTP, RFC 6238), passkeys
(`survey.web.sign_in.passkeys`), and recovery codes for when the device is lost; and which roles need one.

The secret of a phone lies in the database sealed under the master key of texts, bound to the account. A code works
once: the step of the last one that did is kept, and no step up to it works again. Recovery codes have 80 random
bits each and are kept as digests.
"""

from __future__ import annotations

import secrets
import time
from base64 import b32encode
from collections.abc import Collection
from dataclasses import dataclass
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from survey.accounts import passwords
from survey.storage import audit, encrypted_texts
from survey.storage.models import Account, Passkey, Role, SecondFactor, SecondFactorRole
from survey.system import settings
from translations import Conflict, Refusal

STEP = 30  # seconds
DRIFT = 1  # steps by which a phone's clock may be off
CODES = 8
ISSUER = "Hài Lòng"


def new_secret() -> bytes:
    """160 random bits, as RFC 4226 asks."""
    return secrets.token_bytes(20)


def uri(secret: bytes, name: str) -> str:
    """What a phone reads from the picture: otpauth://totp/…"""
    return _totp(secret).get_provisioning_uri(name, ISSUER)


def in_letters(secret: bytes) -> str:
    """The secret as it is typed where no picture can be read: groups of four letters."""
    text = b32encode(secret).decode()
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


@dataclass(frozen=True)
class Standing:
    """What an account has besides its password.

    phone     whether a phone gives it codes
    passkeys  how many there are
    codes     how many recovery codes still work
    """

    phone: bool
    passkeys: int
    codes: int


def standing(session: Session, name: str) -> Standing | None:
    """What the account has besides its password; None if that is nothing."""
    factor = session.get(SecondFactor, name)
    if factor is None:
        return None
    return Standing(factor.secret is not None, _passkeys(session, name), len(factor.codes))


def begin(session: Session, name: str) -> list[str]:
    """Makes a place for a phone or a passkey, and gives the recovery codes; none where those of before still
    hold."""
    if has(session, name):
        return []
    codes = _new_codes()
    session.add(SecondFactor(account=name, secret=None, step=0, codes=_digests(codes)))
    session.flush()
    return codes


def renew_codes(session: Session, name: str) -> list[str]:
    """Gives new recovery codes; those of before hold no more."""
    factor = session.get(SecondFactor, name)
    if factor is None:
        raise Conflict("Your account has no second factor. Add one first: recovery codes come with it.")
    codes = _new_codes()
    factor.codes = _digests(codes)
    session.flush()
    return codes


def enrol(session: Session, name: str, secret: bytes, code: str) -> list[str] | None:
    """Keeps the secret if the code is one of its own, and gives the recovery codes as `begin` does; None if it
    is not."""
    step = _step(secret, code, 0)
    if step is None:
        return None
    codes = begin(session, name)
    factor = session.get_one(SecondFactor, name)
    factor.secret, factor.step = encrypted_texts.encrypt_for(encrypted_texts.factor_of(name), secret), step
    session.flush()
    return codes


def check(session: Session, name: str, code: str) -> bool:
    """Whether the code is right; it then works no second time. Call it in a writing transaction."""
    factor = session.scalars(select(SecondFactor).where(SecondFactor.account == name).with_for_update()).first()
    if factor is None:
        return False
    recovery = passwords.digest(code)
    if recovery in factor.codes:
        factor.codes = [digest for digest in factor.codes if digest != recovery]
        audit.annotate(recovery_codes_left=len(factor.codes))
        return True
    if factor.secret is None:
        return False
    step = _step(_secret(name, factor.secret), code, factor.step)
    if step is not None:
        factor.step = step
    return step is not None


def _secret(name: str, encrypted: bytes) -> bytes:
    try:
        return encrypted_texts.decrypt_for(encrypted_texts.factor_of(name), encrypted)
    except InvalidTag:
        raise Refusal(
            "The second factor can't be checked: its key is lost, or the key file of this database is another "
            "one. Use a recovery code, or have it taken away on the server: hailong user reset-second-factor "
            "%(name)s",
            name=name,
        ) from None


def has(session: Session, name: str) -> bool:
    """Whether the account has a second factor."""
    return session.get(SecondFactor, name) is not None


def remove(session: Session, name: str) -> bool:
    """Takes the second factor away with all that belongs to it; False where there is none."""
    factor = session.get(SecondFactor, name)
    if factor is not None:
        session.delete(factor)
    return factor is not None


def remove_phone(session: Session, name: str) -> None:
    """Takes the codes of the phone away; passkeys stay."""
    factor = session.get(SecondFactor, name)
    if factor is not None:
        factor.secret = None
        settle(session, name)


def settle(session: Session, name: str) -> None:
    """Takes the rest away where neither a phone nor a passkey is left: recovery codes alone are no factor."""
    session.flush()
    factor = session.get(SecondFactor, name)
    if factor is not None and factor.secret is None and not _passkeys(session, name):
        session.delete(factor)


def needing(session: Session) -> frozenset[Role]:
    """The roles that need a second factor: as the administrator says, and as the server's settings do."""
    setting = settings.second_factor()
    return frozenset(
        {*session.scalars(select(SecondFactorRole.role)), *(role for role in Role if role in setting)}
    )


def require(session: Session, roles: Collection[Role]) -> None:
    """From now on these roles need a second factor; what is kept of those in the server's settings stays."""
    setting = settings.second_factor()
    open_ = [role for role in Role if role not in setting]
    chosen_roles = [role for role in open_ if role in roles]
    audit.annotate(roles=",".join(chosen_roles) or "-")
    session.execute(delete(SecondFactorRole).where(SecondFactorRole.role.in_(open_)))
    session.add_all(SecondFactorRole(role=role) for role in chosen_roles)


@dataclass(frozen=True)
class Counted:
    """How many accounts a role has that are not switched off, and how many of them have a second factor."""

    accounts: int
    factors: int


def counts(session: Session) -> dict[Role, Counted]:
    """How far each role is."""
    query = (
        select(Account.role, func.count(), func.count(SecondFactor.account))
        .outerjoin(SecondFactor, SecondFactor.account == Account.name)
        .where(~Account.off)
        .group_by(Account.role)
    )
    counted = {role: Counted(accounts, factors) for role, accounts, factors in session.execute(query)}
    return {role: counted.get(role, Counted(0, 0)) for role in Role}


def _new_codes() -> list[str]:
    return [passwords.easy() for _place in range(CODES)]


def _digests(codes: Collection[str]) -> list[str]:
    return [passwords.digest(code) for code in codes]


def _passkeys(session: Session, name: str) -> int:
    return session.scalar(select(func.count()).where(Passkey.account == name)) or 0


def _step(secret: bytes, code: str, after: int) -> int | None:
    """The step whose code this is, of those around now and after `after`."""
    typed = "".join(code.split())
    now = int(time.time()) // STEP
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > after and compare_digest(_totp(secret).generate(step * STEP), typed.encode()):
            return step
    return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), STEP)  # noqa: S303 (what phones know; HMAC-SHA-1 is not broken)

"""Passkeys (WebAuthn): key pairs whose private half stays in a device, which signs a challenge with it.

A device makes a passkey for one site and signs for no other, so nobody can be lured into giving it away. It signs
only for whoever unlocks it by a finger, a face or a PIN: a passkey is two factors by itself, and signs in without
the password too. What was signed is checked by the library `webauthn`; of which make the device is isn't asked.

A challenge is made for one browser and holds for some minutes. It begins with the moment when it was made, which
is kept with the passkey that answered it: no challenge up to it works again, and a copy of cookie and answer opens
nothing.
"""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app
from flask import session as browser
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.accounts import second_factors, webauthn_ceremonies
from survey.storage.models import Passkey
from survey.system.dates import today
from survey.web import current
from translations import Conflict, Refusal

CHALLENGE = "challenge"  # of the browser's session
HOLDS = 300 * 10**9  # nanoseconds
MOMENT = 8  # bytes at the beginning of a challenge
LONGEST = 20_000  # letters of what a device answers
LONGEST_ID = 1_023  # bytes, by the standard


@dataclass(frozen=True)
class PasskeyLine:
    """A passkey as its owner sees it; `used` is None before its first use."""

    id: str
    name: str
    added: date
    used: date | None


def list_all(session: Session, account: str) -> list[PasskeyLine]:
    """The passkeys of an account, in the order of their names."""
    rows = session.scalars(select(Passkey).where(Passkey.account == account).order_by(Passkey.name, Passkey.id))
    return [PasskeyLine(row.id, row.name, row.added, _day(row.answered) if row.answered else None) for row in rows]


def to_add(session: Session, account: str) -> str:
    """What a browser needs to let a device make a passkey for the account, as JSON."""
    known = [one.id for one in list_all(session, account)]
    key, bound = current_app.config["SECRET_KEY"].encode(), f"passkeys of {account}".encode()
    # Says nothing of the account to others, and the same each time: a device replaces what it had.
    return webauthn_ceremonies.to_add(_site(), account, hmac.digest(key, bound, "sha256"), _challenge(), known)


def add(session: Session, account: str, name: str, answer: str) -> list[str]:
    """Keeps the passkey that a device made, and gives the recovery codes as `second_factors.begin` does."""
    challenge = _pending_challenge()
    refusal = Refusal(
        "The passkey was not added: the page was open for too long, or at another address than %(address)s. Open "
        "this address and press the button again.",
        address=_origin(),
    )
    if challenge is None or len(answer) > LONGEST:
        raise refusal
    verified = webauthn_ceremonies.added(_site(), challenge, answer)
    if verified is None or len(verified.credential_id) > LONGEST_ID:
        raise refusal
    id = webauthn_ceremonies.encoded(verified.credential_id)
    if session.get(Passkey, id) is not None:
        raise Conflict("This passkey has already been added. Add one from another device.")
    codes = second_factors.begin(session, account)
    session.add(
        Passkey(
            id=id,
            account=account,
            name=name,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            added=today(),
            answered=None,
        )
    )
    session.flush()
    return codes


def remove(session: Session, account: str, id: str) -> bool:
    """Takes a passkey of the account away; False where it has none of this id."""
    passkey = session.get(Passkey, id)
    if passkey is None or passkey.account != account:
        return False
    session.delete(passkey)
    second_factors.settle(session, account)
    return True


def to_sign() -> str:
    """What a browser needs to let a device sign with any passkey that it has for this site, as JSON."""
    return webauthn_ceremonies.to_sign(_site(), _challenge())


def owner(session: Session, answer: str) -> str | None:
    """The account that an answer speaks of, before it is checked; None where nobody has this passkey."""
    id = _id(answer)
    passkey = session.get(Passkey, id) if id else None
    return passkey.account if passkey else None


def check(session: Session, account: str, answer: str) -> bool:
    """Whether a passkey of the account answered the challenge; it then works no second time. Call it in a writing
    transaction."""
    challenge, id = _pending_challenge(), _id(answer)
    passkey = session.get(Passkey, id, with_for_update=True) if id else None
    if (
        challenge is None
        or passkey is None
        or passkey.account != account
        or _moment(challenge) <= (passkey.answered or 0)
    ):
        return False
    signed = webauthn_ceremonies.signed(_site(), challenge, answer, passkey.public_key, passkey.sign_count)
    if signed is None:
        return False
    passkey.sign_count, passkey.answered = signed.new_sign_count, _moment(challenge)
    return True


def _challenge() -> bytes:
    """A new one, which the browser keeps in its signed session."""
    challenge = time.time_ns().to_bytes(MOMENT) + secrets.token_bytes(32)
    browser[CHALLENGE] = webauthn_ceremonies.encoded(challenge)
    return challenge


def _pending_challenge() -> bytes | None:
    """The challenge of this browser, which forgets it; None where it has none or had it for too long."""
    challenge = webauthn_ceremonies.decoded(browser.pop(CHALLENGE, ""))
    return challenge if 0 <= time.time_ns() - _moment(challenge) < HOLDS else None


def _moment(challenge: bytes) -> int:
    return int.from_bytes(challenge[:MOMENT])


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment / 10**9, ZoneInfo("Asia/Ho_Chi_Minh")).date()


def _id(answer: str) -> str | None:
    return None if len(answer) > LONGEST else webauthn_ceremonies.id_of(answer)


def _origin() -> str:
    """Where browsers say that they are: `HAILONG_BASE_URL`, else the address of the request."""
    parts = urlsplit(current.here())
    return f"{parts.scheme}://{parts.netloc}".lower()


def _site() -> webauthn_ceremonies.Site:
    """To which devices bind a passkey: the name in that address."""
    return webauthn_ceremonies.Site(urlsplit(_origin()).hostname or "", _origin())

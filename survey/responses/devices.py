"""Kiosks and tablets: the one-use link that binds a kiosk, and the token by which a bound device is known."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from survey.storage.models import Device, Mode, Unit
from survey.system.dates import today
from survey.waves import units, waves
from translations import Denied, Gone, NotFound, Refusal
from translations.formats import day, nfc

LINK_HOLDS = timedelta(days=7)
SILENT = timedelta(days=7)  # half of the 14 days (`sealing.OLDEST`) within which a form counts by itself
LONGEST_PLACE = 120
ROUNDS = 200_000  # of PBKDF2 over a leave code: the device must check it without network
LEAVE_DIGITS = 6


@dataclass(frozen=True)
class Link:
    """What is shown once, to whoever sets a kiosk up: the secret part of the link, and the code to leave.

    place, unit  where the device will stand
    until        the last day on which the link binds it
    """

    secret: str
    leave_code: str
    place: str
    unit: Unit
    until: date


class NoDevice(NotFound):
    """No device has this number."""

    listed_by = "hailong kiosk list"


def link(session: Session, wave: str, unit: str, place: str, owner: str | None = None) -> Link:
    """Prepares a device and gives the link that binds it; refused if the wave is over, or it or the unit is not
    there.

    owner  the account that makes the link
    """
    place = nfc(" ".join(place.split()))
    if not 0 < len(place) <= LONGEST_PLACE:
        raise Refusal("Say in 1 to %(most)d characters where the device stands.", most=LONGEST_PLACE)
    where = units.answered_at(session, unit)
    open_wave = waves.find(session, wave)
    waves.refuse_without_code(session, open_wave)
    if waves.asks_until(open_wave) < today():
        raise Gone("The survey closed on %(day)s: a kiosk would ask nobody.", day=day(open_wave.closes))
    new = Link(
        secrets.token_urlsafe(24),
        f"{secrets.randbelow(10**LEAVE_DIGITS):0{LEAVE_DIGITS}}",
        place,
        where,
        today() + LINK_HOLDS,
    )
    salt = secrets.token_hex(16)
    session.add(
        Device(
            wave=open_wave.code,
            unit=where.code,
            place=place,
            link=_digest(new.secret),
            leave_salt=salt,
            leave_digest=_leave_digest(new.leave_code, salt),
            made=today(),
            owner=owner,
        )
    )
    session.flush()
    return new


def by_link(session: Session, secret: str) -> Device:
    """The device that a link is meant for; refused if the link is wrong, used, too old or withdrawn."""
    device = session.scalars(select(Device).where(Device.link == _digest(secret))).first()
    if device is None:
        raise NotFound("This link is not known. Copy it once more, or ask for a new one.")
    if device.bound or device.revoked or today() - device.made > LINK_HOLDS:
        raise Gone("This link was used already, or is older than 7 days. Ask for a new one.")
    return device


def bind(session: Session, secret: str, key: str, before: Device | None = None) -> tuple[Device, str]:
    """Binds the device that opened the link and gives its token, which is kept nowhere.

    key     the key to which the device will seal
    before  the revoked device that it was

    Of two that open the same link at once one is bound and the other refused.
    """
    device = by_link(session, secret)
    token = secrets.token_urlsafe(32)
    taken = session.scalars(
        update(Device)
        .where(Device.id == device.id, Device.token.is_(None))
        .values(token=_digest(token), bound=today(), **_after(before, key))
        .returning(Device.id)
    ).all()
    if not taken:
        raise Gone("This link was used already, or is older than 7 days. Ask for a new one.")
    session.refresh(device)
    return device, token


def bind_tablet(
    session: Session, wave: str, unit: str, place: str, key: str, owner: str, before: Device | None = None
) -> str:
    """Binds the tablet on which an interviewer has signed in and gives its token, which is kept nowhere.

    key     the key to which it will seal
    owner   the account of the interviewer
    before  the revoked device that it was
    """
    token = secrets.token_urlsafe(32)
    session.add(
        Device(
            wave=wave,
            unit=unit,
            place=place,
            mode=Mode.INTERVIEWER,
            link=_digest(secrets.token_urlsafe(24)),  # nobody has it
            token=_digest(token),
            leave_salt="",
            leave_digest="",
            made=today(),
            bound=today(),
            owner=owner,
            **_after(before, key),
        )
    )
    session.flush()
    return token


def _after(before: Device | None, key: str) -> dict[str, Any]:
    """What a device that is bound anew takes over: it may still send what it sealed to the key of before."""
    return {"key": key} if before is None else {"key": before.key or key, "follows": before.id}


def find(session: Session, id: int) -> Device:
    """The device of this number; refused if there is none."""
    device = session.get(Device, id)
    if device is None:
        raise NoDevice("There is no device %(id)s. Choose one from the list of devices.", id=id)
    return device


def list_all(session: Session, wave: str | None = None) -> list[Device]:
    """All devices, or those of a wave, the newest first."""
    chosen = select(Device).order_by(Device.id.desc())
    return list(session.scalars(chosen.where(Device.wave == wave) if wave else chosen))


def serving(session: Session, wave: str) -> list[Device]:
    """The kiosks of a wave, and all tablets, for these send for any wave; the newest first."""
    return [one for one in list_all(session) if one.wave == wave or one.mode is Mode.INTERVIEWER]


def is_silent(device: Device) -> bool:
    """Whether a kiosk has sent nothing for so long that its forms may soon come too late; a tablet may rest."""
    if device.mode is not Mode.KIOSK or state(device) != "bound":
        return False
    return today() - max(filter(None, (device.bound, device.heard))) > SILENT


def state(device: Device) -> str:
    """`waiting` for its link to be opened, `expired`, `bound`, or `revoked`."""
    if device.revoked:
        return "revoked"
    if device.bound:
        return "bound"
    return "expired" if today() - device.made > LINK_HOLDS else "waiting"


def revoke(session: Session, id: int) -> Device:
    """Ends a binding, or withdraws a link: from now on nothing that the device sends is taken."""
    device = find(session, id)
    device.revoked = device.revoked or today()
    session.flush()
    return device


def of_owner(session: Session, name: str) -> list[Device]:
    """The devices of an account that wait for their link to be opened or are in service, the newest first."""
    return [one for one in list_all(session) if one.owner == name and state(one) in ("waiting", "bound")]


def revoke_of(session: Session, name: str) -> int:
    """Ends the bindings of an account and withdraws its links: how many of them were in service."""
    owned = of_owner(session, name)
    in_service = [one for one in owned if state(one) == "bound"]
    for one in owned:
        revoke(session, one.id)
    return len(in_service)


def hand_over(session: Session, name: str, to: str) -> int:
    """Makes another account the owner of an account's devices, so that they stay when it is switched off; how
    many."""
    owned = of_owner(session, name)
    for one in owned:
        one.owner = to
    session.flush()
    return len(owned)


def may_leave(device: Device, code: str) -> None:
    """Refused if the code to leave is another. It takes a while; call it outside any transaction."""
    if not hmac.compare_digest(_leave_digest(code, device.leave_salt), device.leave_digest):
        raise Denied("The code to leave is another. Look at it again.")


def heard(session: Session, id: int) -> None:
    """Notes the day on which a device sent something, for staff to see which of them are silent."""
    session.execute(
        update(Device).where(Device.id == id, Device.heard.is_distinct_from(today())).values(heard=today())
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _leave_digest(code: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", code.encode(), bytes.fromhex(salt), ROUNDS).hex()

"""Lots: which responses one sender brought together on a day, so that they can be set aside as a whole."""

from __future__ import annotations

import secrets
import threading
from datetime import date

import cachetools
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.storage.database import Database
from survey.storage.models import Lot, LotKind, Mode
from survey.system import dates
from survey.waves import waves
from survey.waves.waves import Place

MOST = 2**53  # a number that every program reads exactly
OF_TOKENS = "token:"  # what a program is called as a sender begins so, and no account's name does


def number(
    session: Session,
    wave: str,
    kind: LotKind,
    day: date,
    *,
    unit: str | None = None,
    psu: str | None = None,
    mode: Mode | None = None,
    sender: str | None = None,
) -> int:
    """The lot to which a response goes: the one of its sender, place and day that still grows, else a new one.
    Call inside `writing()`. Two that begin one at once make two, which are one when the day is over."""
    about = {"unit": unit, "psu": psu, "mode": mode, "sender": sender}
    same = [getattr(Lot, name).is_not_distinct_from(value) for name, value in about.items()]
    grows = select(Lot.number).where(
        Lot.wave == wave, Lot.kind == kind, Lot.day == day, Lot.closed.is_(None), *same
    )
    if day < dates.today():  # it may be closed just now: this waits for whoever does, and a close for this
        grows = grows.with_for_update(read=True)
    known = session.scalars(grows.limit(1)).first()
    return begin(session, wave, kind, day, **about) if known is None else known


def begin(session: Session, wave: str, kind: LotKind, day: date, **about: object) -> int:
    """A new lot, whatever is there."""
    lot = Lot(number=secrets.randbelow(MOST - 1) + 1, wave=wave, kind=kind, day=day, **about)
    session.add(lot)
    session.flush()
    return lot.number


def of_device(id: int) -> str:
    """A device as a sender."""
    return f"device:{id}"


def current(database: Database, place: Place, kind: LotKind, mode: Mode, sender: str | None = None) -> int:
    """The lot of what comes today of a place, held in memory; call it outside any transaction."""
    day = waves.counting_day(place.wave)
    held = _held if day >= dates.today() else _asked  # after the wave's last day its lot may be closed meanwhile
    return held(database, place.wave.code, place.unit.code, kind, mode, sender, day)


def _asked(
    database: Database, wave: str, unit: str, kind: LotKind, mode: Mode, sender: str | None, day: date
) -> int:
    with database.writing() as session:
        return number(session, wave, kind, day, unit=unit, mode=mode, sender=sender)


_held = cachetools.cached(
    cachetools.LRUCache(2_000), lambda database, *about: (database.url, *about), threading.Lock()
)(_asked)

"""What is told of each wave, kept so that whoever asks for it waits for nothing and makes nobody wait.

It is made when the night's digest is there, a release approved, something decided; and once a wave is over, when a
form comes in all the same: while it runs, the moment of a change would tell of a form.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, is_dataclass, replace
from datetime import date
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from survey.integrity import account, digests
from survey.integrity.account import Account
from survey.results import releases
from survey.storage.database import Database
from survey.storage.models import DayDigest, IntegrityAccount, LotStep, MatterDecision, Release, Wave
from survey.system import cache, dates
from survey.waves import waves
from translations import Refusal

FORM = 7  # of the content; one of another form is made again
LOCK = 7_404_534  # of PostgreSQL: of all processes one makes them
SOON, PAUSE = 5.0, 60.0  # seconds before the first look, and between two


def read(session: Session, wave: str) -> Account | None:
    """What is told of a wave; None where it is yet to be made, or to be made again: what was told before something
    came in or was decided may be untrue by now."""
    kept = session.get(IntegrityAccount, wave)
    if kept is None or kept.state != _state(session, wave):
        return None
    return _told(session, kept)


def former(session: Session, wave: str) -> Account | None:
    """What was told last, though something came in or was decided since; None where it tells of a release that is
    withdrawn by now."""
    kept = session.get(IntegrityAccount, wave)
    if kept is None or kept.state.split()[0] != str(FORM):
        return None
    found = _told(session, kept)
    return None if found.shown and releases.find(session, wave, found.shown.number).withdrawn else found


def _told(session: Session, kept: IntegrityAccount) -> Account:
    found: Account = _value(Account, kept.content)
    return replace(found, withdrawn=account.withdrawn(session, kept.wave))  # why, may be corrected meanwhile


def of(session: Session, wave: Wave, release: Release | None) -> Account:
    """What is told beside the figures of a release, or of the present data: what was made last if it is of that
    release, else what is gathered now."""
    kept = read(session, wave.code) if release is not None and release.approved is not None else None
    if kept is not None and release is not None and kept.shown is not None and kept.shown.number == release.number:
        return kept
    return account.gather(session, wave, release)


def make(database: Database) -> None:
    """Makes what is missing, or was made of another state; of waves that have begun."""
    with database.reading() as session:
        begun = list(session.scalars(select(Wave.code).where(Wave.opens <= dates.today()).order_by(Wave.code)))
        kept = dict(session.execute(select(IntegrityAccount.wave, IntegrityAccount.state)).all())
        if all(kept.get(code) == _state(session, code) for code in begun):
            return
    with digests.alone(database, LOCK):
        for code in begun:
            _make(database, code)


def _make(database: Database, code: str) -> None:
    with database.reading() as session:
        state = _state(session, code)
        kept = session.get(IntegrityAccount, code)
        if kept is not None and kept.state == state:
            return
        wave = session.get_one(Wave, code)
        try:
            content = _plain(asdict(account.gather(session, wave, releases.newest(session, code))))
        except Refusal as refusal:  # a design that can't be estimated, say: the staff's pages tell it
            logging.getLogger("hailong").warning("nothing is told of wave %s: %s", code, refusal)
            return
    with database.writing() as session:
        session.merge(IntegrityAccount(wave=code, state=state, content=content))


def _state(session: Session, wave: str) -> str:
    """What was decided and closed by now, and the wave's days; while it runs, forms move it only with the night's
    digest."""
    row = session.get_one(Wave, wave)
    over = row.closes < dates.today()
    told = releases.newest_public(session, wave)
    parts = [
        *(row.opens, row.closes, row.stopped, row.closed),
        waves.collected(session, wave) if over else 0,
        session.scalar(select(func.max(DayDigest.number)).where(DayDigest.wave == wave)) or 0,
        *(0 if one is None else one.number for one in (told.release, told.withdrawn)),
        *(session.scalar(select(func.count()).where(own.wave == wave)) or 0 for own in (LotStep, MatterDecision)),
    ]
    return " ".join(map(str, (FORM, *parts)))


def by_the_clock(database: Database, wait: Callable[[float], bool]) -> None:
    """Looks each minute whether something changed that is told.

    wait  waits for so many seconds; True if the server ends meanwhile, as `threading.Event.wait` does
    """
    pause = SOON
    while not wait(pause):
        pause = PAUSE
        try:
            cache.wait_until_idle()
            make(database)
        except SQLAlchemyError as error:
            logging.getLogger("hailong").warning("what is told of the waves is not made yet: %s", error)


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, dict):
        return {name: _plain(own) for name, own in value.items()}
    if isinstance(value, tuple):
        return [_plain(own) for own in value]
    return value.isoformat() if isinstance(value, date) else value


def _value(kind: Any, plain: Any) -> Any:
    """A value of a type from what JSON has of it."""
    if get_origin(kind) in (Union, UnionType):
        return None if plain is None else _value(get_args(kind)[0], plain)
    if kind is date:
        return date.fromisoformat(plain)
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: _value(own, plain[name]) for name, own in get_type_hints(kind).items()})
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        kinds = kinds[:1] * len(plain) if kinds[-1] is ... else kinds
        return tuple(_value(own, one) for own, one in zip(kinds, plain, strict=True))
    return plain

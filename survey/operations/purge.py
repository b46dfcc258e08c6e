"""Destroying what was promised to be destroyed: a wave's texts, its invitation codes and the links of phúc tra.

The consent says: at the latest 12 months after the wave ends. No row of answers is touched. Texts are destroyed by
destroying their key; the rows that are left say nothing any more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from sqlalchemy import CursorResult, Delete, delete, exists, select, update
from sqlalchemy.orm import Session

from survey.fieldwork import reinterviews
from survey.operations import installation
from survey.reports import commune_bundle
from survey.responses import sealed_responses
from survey.results import releases, remarks
from survey.storage import audit, encrypted_texts, key_rotation
from survey.storage.database import CUT_LOG, Database
from survey.storage.models import (
    Batch,
    Device,
    Invitation,
    Mode,
    OpenKeying,
    QuarantinedResponse,
    Scan,
    Sheet,
    TextKey,
    Wave,
)
from survey.system import dates
from survey.waves import waves
from translations import Refusal
from translations.formats import day


@dataclass(frozen=True)
class Purged:
    """What was destroyed of a wave: whether it had texts, how many codes, links, and forms still being keyed.

    scans        pages that were scanned and waited for a person
    backups      whether backups of before may hold what the master key seals, though nothing of it is left here:
                 it was on paper, and is purged for the first time
    paraphrases  sentences on what was written that no release shows
    sealed       forms that are held, still sealed, and can be opened yet: a device of another wave needs their key
    """

    wave: str
    texts: bool
    invitations: int
    links: int
    drafts: int
    scans: int
    backups: bool
    paraphrases: int
    sealed: int = 0


def due(session: Session, today: date) -> list[Wave]:
    """The waves whose time is over."""
    return list(session.scalars(select(Wave).where(Wave.closes < today - waves.KEPT).order_by(Wave.code)))


def undone(session: Session, today: date) -> list[Wave]:
    """Those of them that were never purged, or of which something can be opened all the same."""
    over = due(session, today)
    openable = wrapped_keys(session).keys() | _held(session, [wave.code for wave in over]).keys()
    return [wave for wave in over if wave.purged is None or wave.code in openable]


def purge(database: Database, code: str | None = None, *, early: bool = False) -> list[Purged]:
    """Destroys for one wave, or for every wave whose time is over; a second time there is nothing left.

    early  before the 12 months are over, which the promise allows, but never before the wave has ended

    The master key is renewed with it, so that the wrapped keys in older backups, and what was being keyed, was
    scanned or led to a household there, open to nothing; the freed pages of the database are written over. A wave
    that sealed nothing, or was purged before, leaves the key as it is.
    """
    with database.writing() as session:
        ended = due(session, dates.today()) if code is None else [_ended(session, code, early)]
        purged = [_purged(session, wave) for wave in ended]
        changed = any(one.texts or one.links or one.drafts or one.scans or one.backups for one in purged)
        renewal = key_rotation.MasterKeyRotation(session.connection()) if changed else None
        audit.annotate(waves=",".join(one.wave for one in purged))
    if renewal is not None:
        renewal.settle(database)
    for one in purged:
        commune_bundle.forget(one.wave)  # a draft in it may tell what was destroyed
    with database.reading() as session:
        left = _keys_forgotten(session, [one.wave for one in purged])
    _write_over(database)
    return [replace(one, sealed=left[one.wave]) for one in purged]


def _keys_forgotten(session: Session, over: list[str]) -> Counter[str]:
    """Destroys the keys of what is held sealed of these waves; counts by wave what can be opened all the same."""
    newest = QuarantinedResponse.key.in_(list(sealed_responses.keys())[-1:])
    if session.scalar(select(exists().where(QuarantinedResponse.wave.in_(over), newest))):
        sealed_responses.rotate()  # the newest key stays, so there must be a newer one
    sealed_responses.delete_expired(session, over)
    return _held(session, over)


def _held(session: Session, over: list[str]) -> Counter[str]:
    """How many held forms of these waves can still be opened, by wave."""
    openable = QuarantinedResponse.key.in_(sealed_responses.keys())
    rows = select(QuarantinedResponse.wave).where(QuarantinedResponse.wave.in_(over), openable)
    return Counter(session.scalars(rows))


def traces(database: Database, wrapped: bytes) -> int:
    """In how many files of an SQLite database some bytes still stand: the proof that a key is gone."""
    place = Path(str(database.engine.url.database))
    files = [path for path in place.parent.glob(f"{place.name}*") if path.is_file()]
    return sum(wrapped in path.read_bytes() for path in files)


def wrapped_keys(session: Session) -> dict[str, bytes]:
    """The wrapped key of each wave whose texts can be read."""
    rows = session.execute(select(TextKey.wave, TextKey.wrapped).where(TextKey.wrapped != b""))
    return dict(rows.all())


def _ended(session: Session, code: str, early: bool) -> Wave:
    wave = waves.find(session, code)
    if wave.closes >= dates.today():
        raise Refusal(
            "Wave %(code)s runs until %(day)s: nothing of it is destroyed yet.", code=code, day=day(wave.closes)
        )
    if not early and wave.closes >= dates.today() - waves.KEPT:
        raise Refusal(
            "Wave %(code)s is kept until %(day)s. To destroy earlier, add --early.",
            code=code,
            day=day(wave.closes + waves.KEPT),
        )
    return wave


def _revoke_kiosks(session: Session, wave: str) -> None:
    """A kiosk of a wave that is long over has nothing to send any more, and would keep its key alive."""
    serving = Device.wave == wave, Device.mode == Mode.KIOSK, Device.revoked.is_(None)
    session.execute(update(Device).where(*serving).values(revoked=dates.today()))


def _purged(session: Session, wave: Wave) -> Purged:
    code = wave.code
    sheets = select(Sheet.serial).join(Batch, Batch.code == Sheet.batch).where(Batch.wave == code)
    on_paper = session.scalar(select(exists().where(Batch.wave == code))) or False
    backups = on_paper and wave.purged is None
    wave.purged = dates.today()
    invitations = _deleted(session, delete(Invitation).where(Invitation.wave == code))
    drafts = _deleted(session, delete(OpenKeying).where(OpenKeying.sheet.in_(sheets)))
    _revoke_kiosks(session, code)
    return Purged(
        code,
        encrypted_texts.destroy(session.connection(), code),
        invitations,
        reinterviews.destroy(session, code),
        drafts,
        _deleted(session, delete(Scan).where(Scan.sheet.in_(sheets))),
        backups,
        remarks.destroy_unshown(session, wave, releases.newest_approved(session, code)),
    )


def _deleted(session: Session, order: Delete) -> int:
    return cast(CursorResult[Any], session.execute(order)).rowcount


def _write_over(database: Database) -> None:
    """Leaves nothing of what was taken out in the database's files."""
    installation.forget_copies(database)
    if database.is_sqlite:
        database.outside(CUT_LOG, "VACUUM", CUT_LOG)
    else:
        tables = ("text_key", "invitation", "reinterview", "open_keying", "scan", "paraphrase")
        database.outside(*(f"VACUUM FULL {table}" for table in tables))

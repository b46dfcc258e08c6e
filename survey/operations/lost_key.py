"""A master key that is lost for good: what it sealed stays where it lies, marked with the day; the rest goes on.

No row is deleted. Where the key turns up after all, `put_back` seals by the present one whatever it opens; what
was purged meanwhile, or written anew by a person, is gone. Results stay: of answers, words alone are sealed.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, func, insert, select, update

from survey.storage import audit, encrypted_texts, master_key
from survey.storage.database import Database
from survey.storage.models import (
    Batch,
    FormerTextKey,
    OpenKeying,
    Reinterview,
    Response,
    ResponseText,
    Scan,
    SecondFactor,
    Sheet,
    TextKey,
)
from survey.system import settings
from translations import Refusal

# What is counted of a wave, by the column where it lies; a picture lies beside its marks.
COUNTED: dict[Any, str] = {
    OpenKeying.__table__.c.typed: "drafts",
    Scan.__table__.c.marks: "scans",
    Reinterview.__table__.c.link: "links",
    Reinterview.__table__.c.answers: "answers",
}
KEY, FACTOR = TextKey.__table__.c.wrapped, SecondFactor.__table__.c.secret
FORMER = FormerTextKey.__table__.c.wrapped


@dataclass(frozen=True)
class Hold:
    """What a key alone opens.

    waves     by wave: `texts`, the people who wrote in words; `drafts`, forms being keyed or waiting for their
              second keying; `scans`, pages; `links` and `answers` of phúc tra
    accounts  those whose codes come from a phone
    """

    waves: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    accounts: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.waves or self.accounts)

    def add(self, connection: Connection, column: Any, places: list[str]) -> None:
        """Counts what lies in the rows with these first keys."""
        if column is KEY:
            for wave in places:
                self.waves[wave]["texts"] = _texts(connection, wave)
        elif column is FACTOR:
            self.accounts.extend(places)
        elif column in COUNTED and places:
            sheet = column.table.c.sheet
            rows = (
                select(sheet, Batch.wave).join(Sheet, Sheet.serial == sheet).join(Batch, Batch.code == Sheet.batch)
            )
            wave_of: dict[str, str] = dict(connection.execute(rows).all())
            for serial in places:
                self.waves[wave_of[serial]][COUNTED[column]] += 1


def closed(connection: Connection) -> Hold:
    """What the present master key does not open and nobody called lost yet; all of it where there is no key.

    Which texts a closed key sealed nobody can tell: of a wave that lost one before, all are counted once more.
    """
    found, key = Hold(), _present()
    for column in encrypted_texts.UNDER_THE_MASTER_KEY:
        shut = _shut(connection, column, key)
        found.add(connection, column, [place for place, _sealed in shut])
    return found


def declare(database: Database, day: date) -> Hold:
    """Calls lost what the present master key does not open, so that the platform can be served again.

    Each wave whose texts can't be read any more gets another key for those that come; the master key is made anew
    where its file is gone, or holds none: that file is put aside. Refused where nothing is lost.
    """
    with database.writing() as session:
        connection = session.connection()
        found = closed(connection)
        if not found:
            raise Refusal(
                "Nothing is lost: the key file %(file)s opens all that lies sealed.", file=settings.text_key_file()
            )
        _put_aside()
        master_key.make()
        key = master_key.read()
        for wave, wrapped in list(_shut(connection, KEY, key)):
            connection.execute(
                insert(FormerTextKey).values(wave=wave, number=_next(connection, wave), wrapped=wrapped)
            )
            connection.execute(
                update(TextKey).where(TextKey.wave == wave).values(wrapped=encrypted_texts.new_key(wave))
            )

        def marked(column: Any, place: str, kept: Any) -> Any:
            sealed = encrypted_texts.sealed_in(column, kept)
            if sealed is None or not _is_shut(column, place, sealed, key):
                return kept
            return _lying(column, master_key.lost(sealed, day))

        for column in encrypted_texts.UNDER_THE_MASTER_KEY:
            if column is not KEY:
                encrypted_texts.rewrite(connection, column, marked)
        audit.annotate(waves=",".join(sorted(found.waves)) or "-", accounts=len(found.accounts))
    return found


def put_back(database: Database, key: bytes) -> Hold:
    """Seals by the present master key whatever of the lost an old one opens, and says what that is."""
    found = Hold()
    with database.writing() as session:
        connection, present = session.connection(), master_key.read()
        opened: defaultdict[Any, list[str]] = defaultdict(list)
        keys: defaultdict[str, list[bytes]] = defaultdict(list)

        def again(column: Any, place: str, kept: Any) -> Any:
            sealed, bound = encrypted_texts.sealed_in(column, kept), encrypted_texts.bound_to(column, place)
            if sealed is None or master_key.lost_on(sealed) is None:
                return kept
            try:
                said = master_key.opened(key, bound, master_key.unmarked(sealed))
            except InvalidTag:
                return kept
            opened[column].append(place)
            if column is FORMER:
                keys[place].append(said)
            return _lying(column, master_key.seal(present, bound, said))

        for column in encrypted_texts.UNDER_THE_MASTER_KEY:
            encrypted_texts.rewrite(connection, column, again)
        for column, places in opened.items():
            found.add(connection, column, places)
        for wave, of_wave in keys.items():
            found.waves[wave]["texts"] = encrypted_texts.opened_by(connection, wave, of_wave)
        if not found:
            raise Refusal("This key opens nothing of what was lost. Try the keys of another backup.")
        audit.annotate(waves=",".join(sorted(found.waves)) or "-", accounts=len(found.accounts))
    return found


def days(connection: Connection) -> set[date]:
    """The days on which a key was lost under which something lies yet."""
    every = (
        master_key.lost_on(sealed)
        for column in encrypted_texts.UNDER_THE_MASTER_KEY
        for _place, sealed in encrypted_texts.lying_sealed(connection, column)
    )
    return {day for day in every if day is not None}


def _present() -> bytes | None:
    """The master key as it is now; None if its file is gone or damaged."""
    place = settings.text_key_file()
    return master_key.held(place.read_bytes()) if place.is_file() else None


def _put_aside() -> None:
    """Keeps a damaged key file under another name: somebody may mend it yet."""
    place = settings.text_key_file()
    if place.is_file() and _present() is None:
        place.rename(place.with_name(f"{place.name}.{secrets.token_hex(4)}"))


def _shut(connection: Connection, column: Any, key: bytes | None) -> Iterator[tuple[str, bytes]]:
    for place, sealed in encrypted_texts.lying_sealed(connection, column):
        if _is_shut(column, place, sealed, key):
            yield place, sealed


def _is_shut(column: Any, place: str, sealed: bytes, key: bytes | None) -> bool:
    """Whether the key does not open what is sealed, which nobody has called lost yet."""
    if master_key.lost_on(sealed) is not None:
        return False
    return key is None or not master_key.opens(key, encrypted_texts.bound_to(column, place), sealed)


def _lying(column: Any, sealed: bytes) -> Any:
    return column.type.around(sealed) if hasattr(column.type, "around") else sealed


def _next(connection: Connection, wave: str) -> int:
    last = select(func.max(FormerTextKey.number)).where(FormerTextKey.wave == wave)
    return (connection.scalar(last) or 0) + 1


def _texts(connection: Connection, wave: str) -> int:
    """How many people of a wave wrote in words."""
    rows = select(func.count()).select_from(ResponseText).join(Response).where(Response.wave == wave)
    return connection.scalar(rows) or 0

"""What people wrote in their own words: sealed at rest, and destroyed for good by destroying a key.

Each wave has a data key of its own, which seals its texts (AES-256-GCM, bound to wave and response). The data
key lies in the database, wrapped by the master key in its file (`survey/master_key.py`): neither the database nor
a backup without that file can be read. No row of texts is ever changed or deleted; once
the key of its wave is gone, it says nothing any more. `Renewal` makes a new master key and wraps the keys that are
left anew, so an older backup's wrapped keys open to nothing either.
"""

from __future__ import annotations

import json
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cachetools import TTLCache, cached
from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, and_, exists, select, text, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey import master_key, settings
from survey.database import Database
from survey.documents import Sealed, lying
from survey.models import SEALED, Response, ResponseText, SecondFactor, TextKey
from translations import Refusal

# Of two who make a wave's key at once, the second takes the first one's.
ONCE = {
    name: added(TextKey).on_conflict_do_nothing(index_elements=["wave"])
    for name, added in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}

UNDER_THE_MASTER_KEY = (TextKey.__table__.c.wrapped, SecondFactor.__table__.c.secret, *SEALED)


class Ring:
    """The keys of the waves within one transaction, each read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys: dict[str, bytes | None] = {}

    def seal(self, wave: str, response: UUID, texts: Mapping[str, str]) -> dict[str, str]:
        """The texts of a response as they are stored. The wave's key is made with its first text.

        RuntimeError where the wave's key was destroyed: its time is over, and nothing is written then.
        """
        key = self.key(wave)
        if key is None:
            made = _wrapped(master_key.read(), wave, secrets.token_bytes(master_key.SIZE))
            self._connection.execute(ONCE[self._connection.dialect.name], {"wave": wave, "wrapped": made})
            del self._keys[wave]
            key = self.key(wave)
            if key is None:
                raise RuntimeError(f"the texts of {wave} are destroyed")
        return _row(key, wave, response, texts)

    def opened(self, wave: str, response: UUID, kept: Mapping[str, str] | None) -> dict[str, str] | None:
        """What was written: empty where nothing was, None where it is destroyed."""
        if kept is None:
            return {}
        key = self.key(wave)
        if key is None:
            return None
        found: dict[str, str] = json.loads(
            master_key.opened(key, _bound(wave, response), b64decode(kept["sealed"]))
        )
        return found

    def key(self, wave: str) -> bytes | None:
        """The data key of a wave; None where nothing was written yet, or it is destroyed."""
        if wave not in self._keys:
            wrapped = self._connection.scalar(select(TextKey.wrapped).where(TextKey.wave == wave))
            self._keys[wave] = _unwrapped(master_key.read(), wave, wrapped) if wrapped else None
        return self._keys[wave]


def sealed_lately(
    database: Database, wave: str, response: UUID, texts: Mapping[str, str]
) -> dict[str, str] | None:
    """Like `Ring.seal`, by a key that was read within the last second; None where the wave has none, yet or
    any more."""
    key = _recent(database, wave)
    return _row(key, wave, response, texts) if key else None


@cached(TTLCache(100, ttl=1), key=lambda database, wave: (database.url, wave), lock=threading.Lock())
def _recent(database: Database, wave: str) -> bytes | None:
    with database.reading() as session:
        return Ring(session.connection()).key(wave)


def written(session: Session, response: UUID) -> dict[str, str] | None:
    """What was written with a stored response: empty where nothing was, None where it is destroyed."""
    kept = session.get(ResponseText, response)
    wave = session.get_one(Response, response).wave
    return Ring(session.connection()).opened(wave, response, kept.texts if kept else None)


def destroy(connection: Connection, wave: str) -> bool:
    """Destroys the key of a wave's texts; False where that is done already or nothing was written.

    The row stays, empty: a wave whose texts are destroyed gets no other key.
    """
    done = connection.execute(
        update(TextKey).where(TextKey.wave == wave, TextKey.wrapped != b"").values(wrapped=b"")
    )
    return bool(done.rowcount)


class Renewal:
    """A new master key in the place of the old one, by which all that is left is sealed anew.

    Make it inside a transaction, and `settle` it after the commit. The draft of the new key comes first and the
    place is taken only after the commit: whenever the machine stops, one of the two files opens the keys.

    Refused where the old key does not open the keys of the waves.
    """

    def __init__(self, connection: Connection) -> None:
        check(connection)
        self._old, self._new = master_key.read(), secrets.token_bytes(master_key.SIZE)
        for column in UNDER_THE_MASTER_KEY:
            self._seal_anew(connection, column)
        self._draft = master_key.draft(self._new)

    def settle(self, database: Database) -> None:
        """Takes the place of the old key; what others have sealed by that one meanwhile is sealed anew too."""
        master_key.settle(self._draft)
        for column in UNDER_THE_MASTER_KEY:
            with database.adding() as connection:
                if not database.is_sqlite:  # which has one writer at a time
                    connection.execute(text(f"LOCK TABLE {column.table} IN SHARE ROW EXCLUSIVE MODE"))
                self._seal_anew(connection, column)

    def _seal_anew(self, connection: Connection, column: Any) -> None:
        places, kind = list(column.table.primary_key), lying(column.type)
        for place in connection.execute(select(*places)).all():  # one row in memory at a time: pictures are large
            here = and_(*(key == value for key, value in zip(places, place, strict=True)))
            kept = connection.scalar(select(type_coerce(column, kind)).where(here).with_for_update())
            again = self._again(column, place[0], kept) if kept else kept
            if again is not kept:
                connection.execute(update(column.table).where(here).values({column: type_coerce(again, kind)}))

    def _again(self, column: Any, place: str, kept: Any) -> Any:
        """What lies in a row, by the new key; as it is where the old one does not open it."""
        if isinstance(column.type, Sealed):
            return column.type.anew(kept, self._old, self._new)
        bound = (place if column.table is TextKey.__table__ else factor_of(place)).encode()
        try:
            return master_key.seal(self._new, bound, master_key.opened(self._old, bound, kept))
        except InvalidTag:
            return kept


def factor_of(account: str) -> str:
    """What the secret of an account's second factor is bound to."""
    return f"second factor/{account}"


def sealed_for(bound: str, said: bytes) -> bytes:
    """A short secret of another table under the master key, bound to what it belongs to."""
    return master_key.seal(master_key.read(), bound.encode(), said)


def opened_for(bound: str, sealed: bytes) -> bytes:
    """What `sealed_for` sealed; InvalidTag where it was another key or belongs to something else."""
    return master_key.opened(master_key.read(), bound.encode(), sealed)


def anything_sealed(connection: Connection) -> bool:
    """Whether there is something that the master key alone opens."""
    there = (TextKey.wrapped != b"", SecondFactor.secret.is_not(None), *(one.is_not(None) for one in SEALED))
    return any(connection.scalar(select(exists().where(some))) for some in there)


def check(connection: Connection) -> None:
    """Refused where the master key does not open the keys of the waves: texts could be neither kept nor read."""
    for wave, wrapped in connection.execute(select(TextKey.wave, TextKey.wrapped)).all():
        if wrapped:
            _unwrapped(master_key.read(), wave, wrapped)


def _row(key: bytes, wave: str, response: UUID, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of a response as they are stored."""
    said = json.dumps(dict(texts), ensure_ascii=False, sort_keys=True).encode()
    return {"sealed": b64encode(master_key.seal(key, _bound(wave, response), said)).decode()}


def _bound(wave: str, response: UUID) -> bytes:
    return f"{wave}/{response}".encode()


def _wrapped(by: bytes, wave: str, key: bytes) -> bytes:
    return master_key.seal(by, wave.encode(), key)


def _unwrapped(by: bytes, wave: str, wrapped: bytes) -> bytes:
    try:
        return master_key.opened(by, wave.encode(), wrapped)
    except InvalidTag:
        raise Refusal(
            "The key file %(file)s does not open the texts of wave %(wave)s. Put back the one that belongs to "
            "this database, or name it: HAILONG_TEXT_KEY=…",
            file=settings.text_key_file(),
            wave=wave,
        ) from None

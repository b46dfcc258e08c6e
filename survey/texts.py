"""What people wrote in their own words: sealed at rest, and destroyed for good by destroying a key.

Each wave has a data key of its own, which seals its texts (AES-256-GCM, bound to wave and response). The data
key lies in the database, wrapped by the master key in its file (`survey/master_key.py`): neither the database nor
a backup without that file can be read. No row of texts is ever changed or deleted; once
the key of its wave is gone, it says nothing any more. `renew` makes a new master key and wraps the keys that are
left anew, so an older backup's wrapped keys open to nothing either.
"""

from __future__ import annotations

import json
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from cachetools import TTLCache, cached
from cryptography.exceptions import InvalidTag
from sqlalchemy import Column, Connection, and_, exists, select, type_coerce, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey import master_key, settings
from survey.database import Database
from survey.models import SEALED, Response, ResponseText, SecondFactor, TextKey
from translations import Refusal

# Of two who make a wave's key at once, the second takes the first one's.
ONCE = {
    name: added(TextKey).on_conflict_do_nothing(index_elements=["wave"])
    for name, added in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


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


def renew(connection: Connection) -> Path:
    """Wraps the keys that are left by a new master key; gives its draft, which `settle` puts in the old's place.

    The draft comes first and the place is taken only after the commit: whenever the machine stops, one of the two
    files opens the keys.
    """
    old, new = master_key.read(), secrets.token_bytes(master_key.SIZE)
    for wave, wrapped in connection.execute(select(TextKey.wave, TextKey.wrapped)).all():
        if wrapped:
            key = _unwrapped(old, wave, wrapped)
            connection.execute(
                update(TextKey).where(TextKey.wave == wave).values(wrapped=_wrapped(new, wave, key))
            )
    for account, secret in connection.execute(select(SecondFactor.account, SecondFactor.secret)).all():
        if secret is None:
            continue  # passkeys alone
        bound = factor_of(account).encode()
        try:
            again = master_key.seal(new, bound, master_key.opened(old, bound, secret))
        except InvalidTag:
            continue  # sealed by a key that is gone already
        connection.execute(update(SecondFactor).where(SecondFactor.account == account).values(secret=again))
    for column in SEALED:
        _seal_anew(connection, column, old, new)
    return master_key.draft(new)


def _seal_anew(connection: Connection, column: Column[Any], old: bytes, new: bytes) -> None:
    """Seals what lies in a column under a new master key, one row in memory at a time: pictures are large."""
    of: Any = column.type
    for places in connection.execute(select(*column.table.primary_key)).all():
        here = and_(*(key == place for key, place in zip(column.table.primary_key, places, strict=True)))
        kept = connection.scalar(select(type_coerce(column, of.impl)).where(here).with_for_update())
        if kept is not None:
            again = type_coerce(of.anew(kept, old, new), of.impl)
            connection.execute(update(column.table).where(here).values({column: again}))


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
    secrets = (
        TextKey.wrapped != b"",
        SecondFactor.secret.is_not(None),
        *(column.is_not(None) for column in SEALED),
    )
    return any(connection.scalar(select(exists().where(there))) for there in secrets)


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

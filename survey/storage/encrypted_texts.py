"""What people wrote in their own words: sealed at rest, and destroyed for good by destroying a key.

Each wave has a data key of its own, which seals its texts (AES-256-GCM, bound to wave and response). The data key
lies in the database, wrapped by the master key in its file (`master_key.py`): neither the database nor a backup
without that file can be read. No row of texts is ever changed or deleted; once the key of its wave is gone, it
says nothing any more. `MasterKeyRotation` makes a new master key and wraps the keys that are
left anew, so an older backup's wrapped keys open to nothing either. Where the master key itself is lost for good,
`survey/operations/lost_key.py` discards the keys that it wrapped, and its waves get others.
"""

from __future__ import annotations

import fcntl
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, Connection, and_, select, text, type_coerce, update

from survey.storage import master_key
from survey.storage.database import Database
from survey.storage.encrypted_columns import EncryptedColumn, stored_type
from survey.storage.insert_once import insert_once
from survey.storage.models import ENCRYPTED, Response, ResponseText, SecondFactor, TextKey
from survey.system import settings
from translations import Refusal

UNDER_THE_MASTER_KEY = (
    TextKey.__table__.c.wrapped,
    SecondFactor.__table__.c.secret,
    *ENCRYPTED,
)


class TextKeys:
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
            made = new_key(wave)
            insert_once(self._connection, TextKey, {"wave": wave, "wrapped": made})
            del self._keys[wave]
            key = self.key(wave)
            if key is None:
                raise RuntimeError(f"the texts of {wave} are destroyed")
        return _row(key, wave, response, texts)

    def opened(self, wave: str, response: UUID, kept: Mapping[str, str] | None) -> dict[str, str] | None:
        """What was written: empty where nothing was, None where it can't be read: its key is destroyed or lost."""
        if kept is None:
            return {}
        key = self.key(wave)
        if key is None:
            return None
        try:
            said = master_key.decrypt(key, _bound(wave, response), b64decode(kept["sealed"]))
        except InvalidTag:  # the wave lost a key, and has another one since
            return None
        found: dict[str, str] = json.loads(said)
        return found

    def key(self, wave: str) -> bytes | None:
        """The data key of a wave; None where nothing was written yet, or it is destroyed."""
        if wave not in self._keys:
            wrapped = self._connection.scalar(select(TextKey.wrapped).where(TextKey.wave == wave))
            self._keys[wave] = _unwrapped(wave, wrapped) if wrapped else None
        return self._keys[wave]


def texts_of(connection: Connection, response: UUID) -> dict[str, str] | None:
    """What was written with a stored response: empty if nothing was, None if it is destroyed or lost."""
    wave = connection.execute(select(Response.wave).where(Response.id == response)).scalar_one()
    stored = connection.scalar(select(ResponseText.texts).where(ResponseText.response == response))
    return TextKeys(connection).opened(wave, response, stored)


def destroy(connection: Connection, wave: str) -> bool:
    """Destroys the keys of a wave's texts; False where that is done already or nothing was written.

    The row stays, empty: a wave whose texts are destroyed gets no other key.
    """
    emptied = update(TextKey).where(TextKey.wave == wave, TextKey.wrapped != b"").values(wrapped=b"")
    return bool(connection.execute(emptied).rowcount)


class MasterKeyRotation:
    """A new master key in the place of the old one, by which all that is left is sealed anew.

    Make it inside a transaction, and `settle` it after the commit. Whenever the machine stops, what is needed to
    go on lies beside the key: the new one (`.new`) until it is in its place, the old one (`.old`) until nothing is
    sealed by it any more; `finish` goes on from there.

    Refused where the old key does not open the keys of the waves.
    """

    def __init__(self, connection: Connection) -> None:
        check(connection)
        new = secrets.token_bytes(master_key.SIZE)
        for column in UNDER_THE_MASTER_KEY:
            rewrite(connection, column, partial(_again, master_key.read_or_make(), new))
        self._draft = master_key.write_new(new)

    def settle(self, database: Database) -> None:
        """Takes the place of the old key; what others have sealed by that one meanwhile is sealed anew too."""
        with self._draft:
            master_key.take_place()
            _leave_former(database)


def finish(database: Database) -> None:
    """Brings a change of the master key to its end that was cut off; one that somebody is at is left alone."""
    draft = master_key.new_file()
    if draft.exists():
        with draft.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            new = master_key.key_in(file.read())
            with database.reading() as session:
                kept = new is not None and _seals(session.connection(), new)
            if not kept:  # it was cut off before the commit
                draft.unlink()
                return
            master_key.take_place()
    if master_key.old_file().exists():
        _leave_former(database)


def _leave_former(database: Database) -> None:
    old, new = master_key.key_in(master_key.old_file().read_bytes()), master_key.read()
    if old is not None:
        again = partial(_again, old, new)
        for column in UNDER_THE_MASTER_KEY:
            database.group(partial(_rewrite_alone, column, again))
    master_key.destroy_old()


def _rewrite_alone(column: Any, again: Callable[[Any, str, Any], Any], connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(text(f"LOCK TABLE {column.table} IN SHARE ROW EXCLUSIVE MODE"))
    rewrite(connection, column, again)


def _again(old: bytes, new: bytes, column: Any, place: str, kept: Any) -> Any:
    """What lies in a row, by the new key; as it is where the old one does not open it."""
    if isinstance(column.type, EncryptedColumn):
        return column.type.anew(kept, old, new)
    bound = bound_to(column, place)
    try:
        return master_key.encrypt(new, bound, master_key.decrypt(old, bound, kept))
    except InvalidTag:
        return kept


def _seals(connection: Connection, key: bytes) -> bool:
    """Whether a key opens anything of what lies sealed, or nothing lies sealed."""
    found = [
        master_key.can_decrypt(key, bound_to(column, place), sealed)
        for column in UNDER_THE_MASTER_KEY
        for place, sealed in encrypted_values(connection, column)
    ]
    return not found or any(found)


def rewrite(connection: Connection, column: Any, again: Callable[[Any, str, Any], Any]) -> None:
    """Puts in the place of all that lies in a column what `again` makes of it: column, first key of the row, and
    what lies there, which it may give back as it is."""
    for where, place, kept in _rows(connection, column, lock=True):
        if (made := again(column, place, kept)) is not kept:
            value = type_coerce(made, stored_type(column.type))
            connection.execute(update(column.table).where(where).values({column: value}))


def encrypted_values(connection: Connection, column: Any) -> Iterator[tuple[str, bytes]]:
    """All that lies sealed in a column: the first key of its row, and the sealed bytes."""
    for _where, place, kept in _rows(connection, column):
        if (sealed := encrypted_bytes(column, kept)) is not None:
            yield place, sealed


def encrypted_bytes(column: Any, kept: Any) -> bytes | None:
    """The sealed bytes in what lies in a column under the master key; None where it is not sealed."""
    return column.type.within(kept) if isinstance(column.type, EncryptedColumn) else bytes(kept)


def bound_to(column: Any, place: str) -> bytes:
    """What the sealed bytes of a column are bound to, by the first key of their row."""
    if isinstance(column.type, EncryptedColumn):
        return column.type.bound
    return (factor_of(place) if column.table is SecondFactor.__table__ else place).encode()


def _rows(
    connection: Connection, column: Any, *, lock: bool = False
) -> Iterator[tuple[ColumnElement[bool], str, Any]]:
    """Where each row with something in the column is, its first key, and what lies there."""
    places = list(column.table.primary_key)
    for place in connection.execute(select(*places)).all():  # one row in memory at a time: pictures are large
        where = and_(*(key == value for key, value in zip(places, place, strict=True)))
        found = select(type_coerce(column, stored_type(column.type))).where(where)
        kept = connection.scalar(found.with_for_update() if lock else found)
        if kept:
            yield where, place[0], kept


def factor_of(account: str) -> str:
    """What the secret of an account's second factor is bound to."""
    return f"second factor/{account}"


def encrypt_for(bound: str, said: bytes) -> bytes:
    """A short secret of another table under the master key, bound to what it belongs to."""
    return master_key.encrypt(master_key.read_or_make(), bound.encode(), said)


def decrypt_for(bound: str, sealed: bytes) -> bytes:
    """What `encrypt_for` sealed; InvalidTag where it was another key or belongs to something else."""
    return master_key.decrypt(master_key.read(), bound.encode(), sealed)


def anything_encrypted(connection: Connection) -> bool:
    """Whether there is something that the master key alone opens."""
    return any(True for column in UNDER_THE_MASTER_KEY for _row in encrypted_values(connection, column))


def check(connection: Connection) -> None:
    """Refused where the master key is gone with something under it, or opens neither the keys of the waves nor the
    rest: who goes on would seal by another one."""
    if not settings.text_key_file().is_file() and anything_encrypted(connection):
        master_key.read()
    for wave, wrapped in encrypted_values(connection, TextKey.__table__.c.wrapped):
        _unwrapped(wave, wrapped)
    for column in ENCRYPTED:  # of each the first, opened by its type
        connection.scalar(select(column).where(column.is_not(None)).limit(1))


def _row(key: bytes, wave: str, response: UUID, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of a response as they are stored."""
    said = json.dumps(dict(texts), ensure_ascii=False, sort_keys=True).encode()
    return {"sealed": b64encode(master_key.encrypt(key, _bound(wave, response), said)).decode()}


def _bound(wave: str, response: UUID) -> bytes:
    return f"{wave}/{response}".encode()


def new_key(wave: str) -> bytes:
    """A key for the texts of a wave, wrapped by the master key."""
    return master_key.encrypt(master_key.read_or_make(), wave.encode(), secrets.token_bytes(master_key.SIZE))


def _unwrapped(wave: str, wrapped: bytes) -> bytes:
    try:
        return master_key.decrypt(master_key.read(), wave.encode(), wrapped)
    except InvalidTag:
        raise Refusal(
            "The key file %(file)s does not open the texts of wave %(wave)s. Put back the one that belongs to "
            "this database, or name it: HAILONG_TEXT_KEY=… If no copy is left anywhere: hailong key lost",
            file=settings.text_key_file(),
            wave=wave,
        ) from None

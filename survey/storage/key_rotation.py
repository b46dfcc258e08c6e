"""All that is encrypted under the master key, and its rotation: another master key in the place of the old one."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator
from functools import partial
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, Connection, and_, select, text, type_coerce, update

from survey.storage import master_key
from survey.storage.database import Database
from survey.storage.encrypted_columns import EncryptedColumn, stored_type
from survey.storage.encrypted_texts import factor_of, unwrapped
from survey.storage.models import ENCRYPTED, SecondFactor, TextKey
from survey.system import settings

UNDER_THE_MASTER_KEY = (TextKey.__table__.c.wrapped, SecondFactor.__table__.c.secret, *ENCRYPTED)


class MasterKeyRotation:
    """A new master key, by which all that is stored is encrypted again.

    Make it inside a transaction, and `settle` it after the commit. Whenever the machine stops, what is needed to
    go on stands beside the key: the new one (`.new`) until it is in its place, the old one (`.old`) until nothing
    is encrypted by it any more; `finish` goes on from there.

    Refused if the old key does not open the keys of the waves.
    """

    def __init__(self, connection: Connection) -> None:
        check(connection)
        new = secrets.token_bytes(master_key.SIZE)
        for column in UNDER_THE_MASTER_KEY:
            _reencrypt(column, master_key.read_or_make(), new, connection)
        self._draft = master_key.write_new(new)

    def settle(self, database: Database) -> None:
        """Takes the place of the old key; what others encrypted by that one meanwhile is encrypted again too."""
        with self._draft:
            master_key.take_place()
            _retire_old(database)


def finish(database: Database) -> None:
    """Finishes a rotation that was cut off; one that is under way is left alone."""
    draft = master_key.new_file()
    if draft.exists():
        with draft.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            new = master_key.key_in(file.read())
            with database.reading() as session:
                committed = new is not None and _is_key_of(session.connection(), new)
            if not committed:
                draft.unlink()
                return
            master_key.take_place()
    if master_key.old_file().exists():
        _retire_old(database)


def check(connection: Connection) -> None:
    """Refused if the master key is gone with something under it, or opens neither the keys of the waves nor the
    rest: who goes on would encrypt by another one."""
    if not settings.text_key_file().is_file() and anything_encrypted(connection):
        master_key.read()
    for wave, wrapped in encrypted_values(connection, TextKey.__table__.c.wrapped):
        unwrapped(wave, wrapped)
    for column in ENCRYPTED:  # of each the first, opened by its type
        connection.scalar(select(column).where(column.is_not(None)).limit(1))


def anything_encrypted(connection: Connection) -> bool:
    """Whether there is something that the master key alone opens."""
    return any(True for column in UNDER_THE_MASTER_KEY for _row in encrypted_values(connection, column))


def encrypted_values(connection: Connection, column: Any) -> Iterator[tuple[str, bytes]]:
    """All that is encrypted in a column: the first key of its row, and the encrypted bytes."""
    for _where, row, stored in _rows(connection, column):
        yield row, column.type.unwrap(stored) if isinstance(column.type, EncryptedColumn) else bytes(stored)


def bound_to(column: Any, row: str) -> bytes:
    """What the encrypted bytes of a column are bound to, by the first key of their row."""
    if isinstance(column.type, EncryptedColumn):
        return column.type.bound
    return (factor_of(row) if column.table is SecondFactor.__table__ else row).encode()


def _retire_old(database: Database) -> None:
    old, new = master_key.key_in(master_key.old_file().read_bytes()), master_key.read()
    if old is not None:
        for column in UNDER_THE_MASTER_KEY:
            database.group(partial(_reencrypt_locked, column, old, new))
    master_key.destroy_old()


def _reencrypt_locked(column: Any, old: bytes, new: bytes, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(text(f"LOCK TABLE {column.table} IN SHARE ROW EXCLUSIVE MODE"))
    _reencrypt(column, old, new, connection)


def _reencrypt(column: Any, old: bytes, new: bytes, connection: Connection) -> None:
    """Encrypts what is stored in a column by the new key; what the old one does not open stays as it is."""
    for where, row, stored in _rows(connection, column, lock=True):
        if isinstance(column.type, EncryptedColumn):
            value = column.type.reencrypt(stored, old, new)
        else:
            bound = bound_to(column, row)
            try:
                value = master_key.encrypt(new, bound, master_key.decrypt(old, bound, stored))
            except InvalidTag:
                continue
        typed = type_coerce(value, stored_type(column.type))
        connection.execute(update(column.table).where(where).values({column: typed}))


def _is_key_of(connection: Connection, key: bytes) -> bool:
    """Whether a key opens anything that is encrypted, or nothing is."""
    opened = [
        master_key.can_decrypt(key, bound_to(column, row), encrypted)
        for column in UNDER_THE_MASTER_KEY
        for row, encrypted in encrypted_values(connection, column)
    ]
    return not opened or any(opened)


def _rows(
    connection: Connection, column: Any, *, lock: bool = False
) -> Iterator[tuple[ColumnElement[bool], str, Any]]:
    """Of each row with something in the column: where it is, its first key, and what is stored."""
    keys = list(column.table.primary_key)
    for row in connection.execute(select(*keys)).all():  # one row in memory at a time: pictures are large
        where = and_(*(key == value for key, value in zip(keys, row, strict=True)))
        value = select(type_coerce(column, stored_type(column.type))).where(where)
        stored = connection.scalar(value.with_for_update() if lock else value)
        if stored:
            yield where, row[0], stored

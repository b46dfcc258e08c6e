"""The rows of a table as lines of JSON, the same from SQLite and from PostgreSQL, and back."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Connection,
    Date,
    Enum,
    LargeBinary,
    MetaData,
    Table,
    TableClause,
    Uuid,
    column,
    func,
    insert,
    inspect,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB

from survey.storage.encrypted_columns import stored_type
from survey.storage.models import Base

AT_ONCE = 500  # rows of one statement
WHOLE = 1 << 256
# In a document nothing is NULL, not the word null.
DOCUMENT = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Digest:
    """Counts rows and adds up their digests, so that the order in which a database gives them says nothing."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, line: str) -> None:
        """One more row, as its line."""
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(line.encode()).digest())) % WHOLE

    def __str__(self) -> str:
        return f"{self._sum:064x}"


def tables(connection: Connection) -> list[Table]:
    """Every table that is there, those that others point to first."""
    names = set(inspect(connection).get_table_names())
    return [table for table in Base.metadata.sorted_tables if table.name in names]


def tables_of_form(connection: Connection) -> list[Table]:
    """Every table of an older form that was made in an empty database, those too that later forms have no more:
    migrations move what lies in them."""
    there = MetaData()
    there.reflect(connection)
    return [Base.metadata.tables.get(one.name, one) for one in there.sorted_tables]


def count(connection: Connection, of: Table) -> int:
    """How many rows a table holds."""
    return connection.scalar(select(func.count()).select_from(of)) or 0


def lines(connection: Connection, of: Table) -> Iterator[str]:
    """A line for each row, in the order of the primary key: it tells nothing of when a row came. What is sealed in
    the database is sealed in the line."""
    bare = _as_it_is(connection, of)
    order = [bare.columns[key.name] for key in of.primary_key]
    records = connection.execute(select(bare).order_by(*order).execution_options(yield_per=AT_ONCE))
    for row in records.mappings():
        yield json.dumps(dict(row), default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def insert_lines(connection: Connection, of: Table, texts: Iterable[str]) -> None:
    """Puts the rows of such lines into an empty table; columns that they don't have are left to the database."""
    bare = _as_it_is(connection, of)
    read = {column.name: _reader(column.type) for column in bare.columns}
    rows = _parents_first(of, map(json.loads, texts))
    while some := list(islice(rows, AT_ONCE)):
        names = [name for name in read if name in some[0]]
        connection.execute(insert(bare), [{name: read[name](row[name]) for name in names} for row in some])


def _as_it_is(connection: Connection, of: Table) -> TableClause:
    """A table with the columns that it has in the database: an older form lacks some, and has some that are gone.
    It is bare, because the columns' own defaults would fill in what is lacking."""
    present = {one["name"]: one["type"] for one in inspect(connection).get_columns(of.name)}
    today = {one.name: one.type for one in of.columns}
    return table(of.name, *(column(name, _stored(today.get(name, kind))) for name, kind in present.items()))


def go_on_counting(connection: Connection) -> None:
    """Lets PostgreSQL count the rows to come from behind those that were put in with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for of in tables(connection):
        counted = of.autoincrement_column
        if counted is not None:
            following = select(func.coalesce(func.max(counted), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(of.name, counted.name)
            connection.execute(select(func.setval(sequence, following, False)))


def _parents_first(of: Table, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows, where a table points to itself in an order in which each finds the one it points to."""
    own = [key for key in of.foreign_keys if key.column.table is of]
    if not own:
        yield from rows
        return
    (pointer,) = own
    waiting, parents = list(rows), {None}
    while waiting:
        ready = [row for row in waiting if row[pointer.parent.name] in parents]
        if not ready:
            raise ValueError(f"rows of {of.name} point to nothing")
        yield from ready
        parents |= {row[pointer.column.name] for row in ready}
        waiting = [row for row in waiting if row not in ready]


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, UUID | date):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a backup")


def _reader(kind: Any) -> Callable[[Any], Any]:
    """How a value of JSON becomes one of the column's."""
    readers: Mapping[type, Callable[[Any], Any]] = {
        Uuid: UUID,
        Date: date.fromisoformat,
        LargeBinary: base64.b64decode,
        Enum: lambda text: kind.enum_class(text),
    }
    read = next((reader for type_, reader in readers.items() if isinstance(kind, type_)), None)
    return lambda value: value if value is None or read is None else read(value)


def _stored(kind: Any) -> Any:
    """The type of what lies in a column of this type."""
    return DOCUMENT if isinstance(stored_type(kind), JSON) else stored_type(kind)

"""Taking the order in which forms came off the disk: each hour while the server runs, and when it stops.

No column says it, but a database keeps it beside its rows. SQLite has it in the write-ahead log, and within a
page, which is filled from its end; PostgreSQL in the number of the transaction that wrote a row (`xmin`), in its
place (`ctid`), and in what former versions of rows left behind. By the same a letter's code would be joined to the
answers that it opened, and a household's visit to those of its day.

So the rows are laid anew in the order of their keys, which are chance: nothing is left but the day, which is a
column anyway. Whatever is in the way (somebody who reads for long) puts it off by a minute. A kill midway loses
nothing: each step is one transaction, and what it left is done the next time.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy.exc import DBAPIError

from survey.storage.database import CUT_LOG, Database

EVERY, AGAIN = 3_600.0, 60.0  # seconds
LOCK = 7_404_532  # of PostgreSQL, for as long as the connection lives: of all processes one does it
PATIENCE = "1s"  # for a lock of PostgreSQL: whoever comes next waits behind it
# What strangers and devices add or change, each with its key and with what tells its rows apart anyway: those of
# one day, one wave, one draw are written by one transaction. What was written in words bears no day: all of it.
TABLES = {
    "response": ("id", "day"),
    "response_text": ("response", "response IS NULL"),
    "quarantined_response": ("digest", "day"),
    "invitation": ("digest", "wave"),
    "visit": ("draw", "draw"),
    "lot": ("number", "wave"),
}
GUARDED = ("response", "response_text", "quarantined_response")  # append-only
NUMBERS = " UNION ".join(f"SELECT '{table}', xmin::text FROM {table}" for table in TABLES)  # noqa: S608
# Groups that more than one transaction wrote; of a row alone it can't be told.
MIXED = "SELECT {group} FROM {table} GROUP BY 1 HAVING count(DISTINCT xmin::text) > 1 OR count(*) = 1"


class Arrival:
    """The order in which forms came to a database, and what was there when it was last taken away; for one thread.
    It keeps a connection of its own from the first time on."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = None
        self._state: Hashable = None

    def take_away(self) -> bool:
        """Lays the rows anew where something was written since the last time; False if it must be tried again:
        somebody reads what was there before, or the database has a fault, which the log tells."""
        steps = _sqlite if self._database.is_sqlite else _postgresql
        try:
            if self._connection is None:
                self._connection = self._database.apart()
            with self._database.alone():
                state = steps(self._connection.driver_connection, self._state)
        except (DBAPIError, self._database.engine.dialect.loaded_dbapi.Error) as error:
            logging.getLogger("hailong").warning("the order of arrival is still on the disk: %s", error)
            self.close()
            return False
        self._state = state or self._state
        return state is not None

    def close(self) -> None:
        """Lets go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def by_the_clock(database: Database, wait: Callable[[float], bool]) -> None:
    """Takes the order away a minute after the start and then each hour.

    wait  waits for so many seconds; True if the server ends meanwhile, as `threading.Event.wait` does
    """
    arrival, taken = Arrival(database), False
    while not wait(EVERY if taken else AGAIN):
        taken = arrival.take_away()
    arrival.close()


def _sqlite(connection: Any, before: Hashable) -> Hashable:
    """The state of the database that is left; None if readers hold the log."""
    if _written(connection) == before:
        return before
    if _cut(connection):
        connection.execute("VACUUM")  # copies all tables and indexes in their order, and leaves no free page
        if _cut(connection):
            return _written(connection)
    return None


def _written(connection: Any) -> Hashable:
    """A number that changes whenever another connection has written."""
    (number,) = connection.execute("PRAGMA data_version").fetchone()
    return int(number)


def _cut(connection: Any) -> bool:
    busy, *_pages = connection.execute(CUT_LOG).fetchone()
    return not busy


def _postgresql(connection: Any, before: Hashable) -> Hashable:
    """The numbers of the transactions that are left; None if somebody may still see former versions of rows.

    An update of a row to what it is changes nothing but that number. No key changes, so no foreign key is asked;
    whoever reads goes on reading, and who sends waits for the rows of one day. CLUSTER then copies what is left
    into a new file, in the order of the keys, with new indexes: a moment in which nobody reads or sends. (VACUUM
    would leave the former versions in the free room of their pages.)
    """
    (mine,) = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
    if not mine:
        return "another process does it"
    if _numbers(connection) == before:
        return before
    former: list[str] = []  # how many had to stay, of each table

    def count(said: Any) -> None:
        former.extend(re.findall(r"\d+", said.message_detail or "")[:1])

    connection.add_notice_handler(count)
    connection.execute(f"SET lock_timeout = '{PATIENCE}'")
    for table, (key, group) in TABLES.items():
        for mixed in connection.execute(MIXED.format(table=table, group=group)).fetchall():
            _under_one_number(connection, table, f"{key} = {key} WHERE {group} = %s", mixed)
        connection.execute(f"CLUSTER (VERBOSE) {table} USING pk_{table}")
    connection.remove_notice_handler(count)
    return None if any(map(int, former)) else _numbers(connection)


def _under_one_number(connection: Any, table: str, same: str, group: Any) -> None:
    off, on = (
        [f"ALTER TABLE {table} {verb} TRIGGER {table}_keeps" for verb in ("DISABLE", "ENABLE")]
        if table in GUARDED
        else [f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"] * 2
    )
    with connection.transaction():
        connection.execute(off)
        connection.execute(f"UPDATE {table} SET {same}", group)  # noqa: S608 (no value stands in it)
        connection.execute(on)


def _numbers(connection: Any) -> Hashable:
    return frozenset(connection.execute(NUMBERS).fetchall())

"""The connection to SQLite or PostgreSQL, and transactions."""

from __future__ import annotations

import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Insert, NullPool, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.orm import Session

from survey.storage import audit
from survey.storage.group_commit import GroupCommit
from translations import Refusal

T = TypeVar("T")
RESTED = 5.0  # seconds
CUT_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"


class Database:
    """One database: `reading()`, `writing()` and `group()` are its only entry points.

    url  SQLAlchemy's; `sqlite:///…` for one server, `postgresql+psycopg://…` for a province.

    On SQLite a commit is on disk before it returns (WAL, synchronous=FULL) and writers of this process queue at
    a lock, which is quicker and fairer than SQLite's own waiting; other processes wait up to a minute.
    """

    def __init__(self, url: str) -> None:
        try:
            driver = make_url(url).get_driver_name()
        except ArgumentError:
            driver = None
        if driver not in ("pysqlite", "psycopg"):  # the address may hold a password: it is not repeated
            raise Refusal(
                "Write HAILONG_DATABASE_URL as sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE:"
                " it is neither now."
            )
        self.url = url
        self.is_sqlite = driver == "pysqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgresql(url, pool_size=10)
        if not self.is_sqlite:
            _try_after_a_rest(self.engine)
        weakref.finalize(self, self.engine.dispose)  # a command ends without closing anything by itself
        lock = threading.Lock()
        self._writer = lock if self.is_sqlite else nullcontext()
        # PostgreSQL would show each query the newest rows; SQLite shows a transaction one state anyway.
        one_state: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = self.engine.execution_options(**one_state)
        self._writing = self.engine.execution_options(writing=True)
        self._apart = (
            _sqlite(url, timeout=0, poolclass=NullPool)
            if self.is_sqlite
            else _postgresql(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True)
        )
        self._group = GroupCommit(self._writing.begin, lock) if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and keeps nothing."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is kept whole at the end of the block, or not at all where it raised. What somebody
        of the staff writes goes into the audit trail with it."""
        with self._writer:
            with Session(self._writing, expire_on_commit=False) as session, session.begin():
                yield session
                noted = audit.append(session)
            if noted and self.is_sqlite:
                # The trail knows the second: among the forms in the log it would say when they came.
                with closing(self.apart()) as connection:
                    connection.driver_connection.execute(CUT_LOG)

    def group(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in a transaction shared with whoever waits; returns when it is on disk.

        Its error undoes it alone, and is raised to its caller. Nothing of it goes into the audit trail. On SQLite
        another thread may run it, and again where another work failed: it does nothing that a rollback doesn't
        undo.
        """
        if self._group:
            return self._group.run(work)
        with self._writing.begin() as connection:
            return work(connection)

    def outside(self, *orders: str) -> None:
        """Runs orders that work in no transaction."""
        if self.is_sqlite:
            with closing(self.engine.raw_connection()) as raw:
                for order in orders:
                    cast(sqlite3.Connection, raw.driver_connection).execute(order)
            return
        with self.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            for order in orders:
                connection.execute(text(order))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A block in which nobody else of this process writes to SQLite."""
        with self._writer:
            yield

    def apart(self) -> Any:
        """A connection that is nobody else's, in no transaction, and whose work commits by itself; close it. On
        SQLite it waits for nobody."""
        return self._apart.raw_connection()

    def answers(self) -> bool:
        """Whether the database can be reached now."""
        with self.engine.connect() as connection:
            return bool(connection.scalar(text("SELECT 1")) == 1)


def insert_once(connection: Connection, table: Any, row: Mapping[str, Any]) -> bool:
    """Inserts a row of a model unless one with its primary key is there; whether it was inserted.

    Of two that come at once, the second waits for the first and inserts nothing.
    """
    return bool(connection.execute(_statement(connection.dialect.name, table.__table__), row).rowcount)


@cache
def _statement(dialect: str, table: Table) -> Insert:
    inserted = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    once = inserted.on_conflict_do_nothing(index_elements=list(table.primary_key))
    return once.execution_options(preserve_rowcount=True)


PRAGMAS = (
    "page_size=8192",  # a row of answers has some 1.5 KB: smaller pages would put each on a page of its own
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "recursive_triggers=ON",  # else INSERT OR REPLACE would slip past the append-only triggers
)


def _sqlite(url: str, timeout: float = 60, **options: Any) -> Engine:
    engine = create_engine(url, connect_args={"timeout": timeout}, hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # Python's driver would open transactions by itself, and releasing a savepoint would commit.
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("writing", False)
        # By the driver: SQLAlchemy would take ten times as long.
        connection.connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: str, **options: Any) -> Engine:
    return create_engine(url, hide_parameters=True, **options)  # an error must not print answers


def _try_after_a_rest(engine: Engine) -> None:
    """Tries a connection that rested for a while before it is used, in case the server was restarted. SQLAlchemy's
    own `pool_pre_ping` tries before every use, which costs a form a tenth of its time."""

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info["since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wake(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("since", time.monotonic()) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool then opens a new one

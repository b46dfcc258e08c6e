"""Rows added by the driver itself, which thousands send at once: SQLAlchemy would take longer than the insert."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Engine

# SQL in the driver's words, with its values.
Statement = tuple[str, Sequence[Any]]


class AtOnce(Protocol):
    """A way to add rows that are on disk when it returns."""

    def add(self, statements: Sequence[Statement]) -> bool:
        """Whether the first statement added a row; the others, which belong to that row, are done only then.

        False as well where anything went wrong: nothing of it is kept then, and whoever asked goes the long way,
        which meets the same fault, or finds it gone.
        """


class Alone:
    """Each statement commits by itself, on a connection that its thread keeps (PostgreSQL).

    Taking a connection of a pool costs a third of a statement. The server writes the commits of several
    connections to disk together.

    engine  without a pool, in AUTOCOMMIT
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._own = threading.local()

    def add(self, statements: Sequence[Statement]) -> bool:
        """See `AtOnce`. Only one statement: nothing would hold two together."""
        (statement,) = statements
        try:
            if not hasattr(self._own, "connection"):
                self._own.connection = self._engine.raw_connection()
            return bool(self._own.connection.cursor().execute(*statement).rowcount)
        except Exception:  # the long way says what it is
            if broken := self._own.__dict__.pop("connection", None):
                broken.invalidate()
            return False


class Waiting:
    """What one thread asked for, and whether its row was added."""

    __slots__ = ("added", "done", "statements")

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.added = self.done = False


class Together:
    """Whoever comes while others' rows are being written waits, and all who wait share a transaction (SQLite).

    A commit is a write to disk, which takes as long for one as for many; there is one writer at a time anyway. The
    first of those who wait writes for all of them.

    engine  without a pool; its connections open no transaction by themselves
    writer  the lock of all who write in this process
    """

    def __init__(self, engine: Engine, writer: threading.Lock) -> None:
        self._engine = engine
        self._writer = writer
        self._waiting: deque[Waiting] = deque()
        self._connection: Any = None

    def add(self, statements: Sequence[Statement]) -> bool:
        """See `AtOnce`."""
        mine = Waiting(statements)
        self._waiting.append(mine)
        with self._writer:
            if not mine.done:
                self._write([self._waiting.popleft() for _place in range(len(self._waiting))])
        return mine.added

    def _write(self, all_waiting: list[Waiting]) -> None:
        try:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            cursor = self._connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            added = [self._add(cursor, one.statements) for one in all_waiting]
            cursor.execute("COMMIT")
            for one, new in zip(all_waiting, added, strict=True):
                one.added = new
        except Exception:  # one of them may be at fault: each goes the long way by itself
            if self._connection is not None:
                self._connection.invalidate()
                self._connection = None
        finally:
            for one in all_waiting:
                one.done = True

    def _add(self, cursor: Any, statements: Sequence[Statement]) -> bool:
        first, *others = statements
        if not cursor.execute(*first).rowcount:
            return False
        for statement in others:
            cursor.execute(*statement)
        return True

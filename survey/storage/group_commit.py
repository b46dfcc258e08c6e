"""Rows added by the driver itself, which thousands send at once: SQLAlchemy would take longer than the insert."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import Engine

# Adds rows by the driver's cursor and commits them together; tells of each, in order, whether it was added.
Write = Callable[[Any, Sequence[Any]], Sequence[bool]]


class AtOnce(Protocol):
    """A way to add a row that thousands send."""

    def add(self, row: Any, write: Write) -> bool:
        """Whether the row was added, and is on disk; `write` is the same for all who may come together.

        False as well where anything went wrong, with this row or one that it was written with: nothing of them is
        kept then, and whoever asked goes the long way, which meets the same fault, or finds it gone.
        """


class Alone:
    """Each row is written by itself, on a connection that its thread keeps (PostgreSQL).

    Taking a connection of a pool costs a third of a statement; commits of several connections the server itself
    writes to disk together.

    engine  without a pool; each statement of its connections commits
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._own = threading.local()

    def add(self, row: Any, write: Write) -> bool:
        """See `AtOnce`."""
        try:
            if not hasattr(self._own, "connection"):
                self._own.connection = self._engine.raw_connection()
            (added,) = write(self._own.connection.cursor(), [row])
        except Exception:
            if broken := self._own.__dict__.pop("connection", None):
                broken.invalidate()
            return False
        return added


class Waiting:
    """A row that somebody waits for, and what became of it."""

    __slots__ = ("added", "done", "row")

    def __init__(self, row: Any) -> None:
        self.row = row
        self.added = self.done = False


class Together:
    """Whoever comes while others' rows are being written waits, and all who wait share the next commit (SQLite).

    There is one writer at a time, and a commit is a write to disk, which takes as long for one as for many. The
    first of those who wait writes for all of them; one who comes alone waits for nobody.

    engine  without a pool; its connections open no transaction by themselves
    writer  the lock of all who write in this process
    """

    def __init__(self, engine: Engine, writer: threading.Lock) -> None:
        self._engine = engine
        self._writer = writer
        self._waiting: deque[Waiting] = deque()
        self._connection: Any = None

    def add(self, row: Any, write: Write) -> bool:
        """See `AtOnce`."""
        mine = Waiting(row)
        self._waiting.append(mine)
        with self._writer:
            if not mine.done:
                self._write([self._waiting.popleft() for _place in range(len(self._waiting))], write)
        return mine.added

    def _write(self, all_waiting: list[Waiting], write: Write) -> None:
        try:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            added = write(self._connection.cursor(), [one.row for one in all_waiting])
            for one, new in zip(all_waiting, added, strict=True):
                one.added = new
        except Exception:  # it may be one alone who is at fault: each goes the long way by itself
            if self._connection is not None:
                self._connection.invalidate()
                self._connection = None
        finally:
            for one in all_waiting:
                one.done = True

"""Group commit: whoever waits for the writer shares the next transaction.

SQLite has one writer at a time, and a commit is a write to disk that takes as long for one as for many. So the
first of those who wait runs the work of all of them and commits once; one who comes alone waits for nobody.
PostgreSQL's server writes the commits of several connections together by itself and needs none of this.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
Work = Callable[[Connection], Any]


class GroupCommit:
    """The queue of those who wait.

    begin   opens the transaction that they share
    writer  the lock of all who write in this process
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]], writer: threading.Lock) -> None:
        self._begin = begin
        self._writer = writer
        self._waiting: deque[tuple[Work, Future[Any]]] = deque()

    def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, once it is on disk. Each work has a savepoint: its error undoes it alone, and is
        raised to its caller; an error of the transaction is raised to all who shared it."""
        mine: Future[T] = Future()
        self._waiting.append((work, mine))
        with self._writer:
            if not mine.done():
                self._commit([self._waiting.popleft() for _one in range(len(self._waiting))])
        return mine.result()

    def _commit(self, group: list[tuple[Work, Future[Any]]]) -> None:
        done: list[Callable[[], None]] = []
        try:
            with self._begin() as connection:
                for work, future in group:
                    done.append(_attempt(connection, work, future))
        except BaseException as error:
            for _work, future in group:
                future.set_exception(error)
        else:
            for tell in done:
                tell()


def _attempt(connection: Connection, work: Work, future: Future[Any]) -> Callable[[], None]:
    """Runs a work in a savepoint; gives what tells its caller how it ended, to be called after the commit."""
    # By the driver: SQLAlchemy's savepoints would cost as much as the work.
    driver: Any = connection.connection.dbapi_connection
    driver.execute("SAVEPOINT work")
    try:
        result = work(connection)
    except BaseException as error:
        if not driver.in_transaction:
            raise  # SQLite has undone the works before it too, as it does on a full disk
        driver.execute("ROLLBACK TO work")
        return partial(future.set_exception, error)
    driver.execute("RELEASE work")
    return partial(future.set_result, result)

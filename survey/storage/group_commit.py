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
        """What `work` returns, once it is on disk; its error undoes it alone, and is raised to its caller.

        A work runs again where one that shared its transaction failed.
        """
        mine: Future[T] = Future()
        self._waiting.append((work, mine))
        with self._writer:
            if not mine.done():
                self._commit([self._waiting.popleft() for _one in range(len(self._waiting))])
        return mine.result()

    def _commit(self, group: list[tuple[Work, Future[Any]]]) -> None:
        try:
            with self._begin() as connection:
                results = [work(connection) for work, _future in group]
        except BaseException as error:
            if len(group) == 1:
                group[0][1].set_exception(error)
            else:  # undone: each by itself, so that one fails alone
                for one in group:
                    self._commit([one])
        else:
            for (_work, future), result in zip(group, results, strict=True):
                future.set_result(result)

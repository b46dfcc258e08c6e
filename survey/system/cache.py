"""What was computed once, in the memory of the process for whoever asks next; bounded by its bytes.

`cached` knows a value by all that it depends on, so it is never stale: other data have another key. `StaleCache`
gives a value again for a while, though its data have changed: in an open wave a response comes every few moments
and each of them changes every figure, so that computing them for each page would take the machine from those who
send.

What was asked for longest ago goes first when all of it together takes more than `MOST_BYTES`. A count would be no
bound: a table of one item takes a few kilobytes, the columns of a million responses 150 MB.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from operator import attrgetter
from typing import Any, Generic, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from translations import Refusal

P = ParamSpec("P")
V = TypeVar("V")

MOST_BYTES = 768 * 1024**2  # in each process
FIGURE_BYTES = 1024  # of a record with its texts, as a page or a report holds it
LONGEST_WAIT = 30.0  # seconds for which work that nobody watches waits for figures
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
LARGE = 5_000  # responses: what is made of fewer is never given again by `StaleCache`
AGE_BY_COST = 20  # a value is given again for so many times as long as it took to make
LONGEST_AGE = 600.0  # seconds
PATIENCE = 0.5  # seconds for which one waits who can't be given a previous value


class Values:
    """Values by their names, in the order in which they were asked for.

    bytes  of all of them: to add them up at each look would take longer than many a value
    """

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()  # with their bytes
        self.bytes = 0

    def __contains__(self, name: Hashable) -> bool:
        return name in self._values

    def put(self, name: Hashable, value: Any, size: int) -> None:
        """Puts a value in, as the one that was asked for last, and takes out those asked for longest ago while all
        together are more than `MOST_BYTES`. The newest stays: somebody waits for it."""
        self.take(name)
        self._values[name] = value, size
        self.bytes += size
        while self.bytes > MOST_BYTES and len(self._values) > 1:
            self.take(next(iter(self._values)))

    def look(self, name: Hashable) -> Any:
        """A value, which was asked for last from now on; None if there is none."""
        if name not in self._values:
            return None
        self._values.move_to_end(name)
        return self._values[name][0]

    def take(self, name: Hashable) -> Any:
        """Takes a value out; None if there is none."""
        value, size = self._values.pop(name, (None, 0))
        self.bytes -= size
        return value


_values = Values()
_making: set[Hashable] = set()
_turn = threading.Condition()


def database_key(session: Session) -> str:
    """The database of a session, as part of a key."""
    return str(session.get_bind().engine.url)


def cached(
    key: Callable[..., Hashable], size: Callable[[Any], int] = attrgetter("nbytes")
) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """A function whose values stay in memory.

    key   all that a value depends on, from the arguments
    size  the bytes of a value, its own `nbytes` unless given; weighed each time it is asked for, as some grow

    Who asks for what is being made waits for it: two threads never read the same wave at once.
    """

    def decorate(make: Callable[P, V]) -> Callable[P, V]:
        @wraps(make)
        def asked(*given: P.args, **named: P.kwargs) -> V:
            name = make.__module__, make.__qualname__, key(*given, **named)
            with _turn:
                _turn.wait_for(lambda: name not in _making)
                if name in _values:
                    value: V = _values.take(name)
                    _values.put(name, value, size(value))
                    return value
                _making.add(name)
            try:
                value = make(*given, **named)
                _store(name, value, size(value))
            finally:
                with _turn:
                    _making.discard(name)
                    _turn.notify_all()
            return value

        return asked

    return decorate


def wait_until_idle() -> None:
    """Waits while somebody's figures are being made: work beside them would make them take twice as long."""
    with _turn:
        _turn.wait_for(lambda: not _making, LONGEST_WAIT)


def bytes_used() -> int:
    """The bytes of all values."""
    return _values.bytes


class Busy(Refusal):
    """Somebody else's page is making it just now; it will be there in a few seconds."""

    status = 503


@dataclass(frozen=True)
class CachedValue(Generic[V]):
    """A value, when it was made and in what state, and until when (`time.monotonic`) it is given again."""

    value: V
    at: datetime
    state: Hashable
    until: float


class StaleCache(Generic[V]):
    """Values that are given again though they are stale; one thread at a time makes a new one.

    people  of how many responses a value was made
    size    its bytes
    """

    def __init__(
        self, people: Callable[[V], int], size: Callable[[V], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._people, self._size, self._clock = people, size, clock
        self._locks: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def get(self, of: Hashable, make: Callable[[], V], state: Hashable = None) -> CachedValue[V]:
        """The previous value while it holds or another thread makes a new one, else one that is made now.

        state  a value made in another state is never given again, however new it is: the number of the last entry
               of the audit trail that changes figures, for instance

        Busy if there is no previous value and another thread is making one.
        """
        previous = self._previous(of)
        if previous and previous.state != state:
            previous = None
        if previous and self._clock() < previous.until:
            return previous
        if previous and self._people(previous.value) < LARGE:
            return self._make(of, make, state)
        with _turn:
            lock = self._locks[of]
        if not lock.acquire(timeout=0 if previous else PATIENCE):
            if previous:
                return previous
            raise Busy("The figures are being counted just now. This page opens by itself in a few seconds.")
        try:
            return self._make(of, make, state)
        finally:
            lock.release()

    def last(self, of: Hashable) -> V | None:
        """The value that was made last, however long ago; None if nobody has asked for one yet."""
        previous = self._previous(of)
        return previous.value if previous else None

    def _previous(self, of: Hashable) -> CachedValue[V] | None:
        with _turn:
            value: CachedValue[V] | None = _values.look((self, of))
        return value

    def _make(self, of: Hashable, make: Callable[[], V], state: Hashable) -> CachedValue[V]:
        began, at = self._clock(), datetime.now(VIETNAM)
        value = make()
        took = self._clock() - began
        age = min(LONGEST_AGE, AGE_BY_COST * took) if self._people(value) >= LARGE else 0.0
        entry = CachedValue(value, at, state, self._clock() + age)
        _store((self, of), entry, self._size(value))
        return entry


def _store(name: Hashable, value: Any, size: int) -> None:
    with _turn:
        _values.put(name, value, size)

"""What is dear to make of a large wave: given again for a while, though more answers have come meanwhile.

In an open wave a form comes in every few moments, and each of them changes every figure. Made anew for each page,
the figures would take the machine from those who send. So who looks gets those of a moment ago, and is told so;
only one at a time makes them anew, and the next time not before `TIMES` as long as that took has passed.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from cachetools import LRUCache

from translations import Refusal

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
LARGE = 5_000  # responses: what is made of fewer is made for each page
TIMES = 20
LONGEST = 600.0  # seconds
PATIENCE = 0.5  # seconds for which one waits who can't be given anything of before
T = TypeVar("T")


class Busy(Refusal):
    """Somebody else's page is making it just now; it will be there in a few seconds."""

    status = 503


@dataclass(frozen=True)
class Kept(Generic[T]):
    """A value, when it was made and in what state, and until when (`time.monotonic`) it is given again."""

    value: T
    at: datetime
    state: Hashable
    until: float


class Lately(Generic[T]):
    """Values by what they are made of; `size` says of how many responses one was made."""

    def __init__(self, size: Callable[[T], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._size, self._clock = size, clock
        self._kept: LRUCache[Hashable, Kept[T]] = LRUCache(4)
        self._guard = threading.Lock()
        self._making: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def get(self, of: Hashable, make: Callable[[], T], state: Hashable = None) -> Kept[T]:
        """The value: of before while that holds or another makes it anew, else made now.

        state  one made in another state is never given again, however new it is

        Busy where there is none of before and another is making it.
        """
        with self._guard:
            before, making = self._kept.get(of), self._making[of]
        if before and before.state != state:
            before = None
        if before and self._clock() < before.until:
            return before
        if before and self._size(before.value) < LARGE:
            return self._made(of, make, state)
        if not making.acquire(timeout=0 if before else PATIENCE):
            if before:
                return before
            raise Busy("The figures are being counted just now. This page opens by itself in a few seconds.")
        try:
            return self._made(of, make, state)
        finally:
            making.release()

    def last(self, of: Hashable) -> T | None:
        """The value that was made last, however long ago; None where nobody has asked for one yet."""
        with self._guard:
            before = self._kept.get(of)
        return before.value if before else None

    def _made(self, of: Hashable, make: Callable[[], T], state: Hashable) -> Kept[T]:
        began, at = self._clock(), datetime.now(VIETNAM)
        value = make()
        took = self._clock() - began
        hold = min(LONGEST, TIMES * took) if self._size(value) >= LARGE else 0.0
        made = Kept(value, at, state, self._clock() + hold)
        with self._guard:
            self._kept[of] = made
        return made

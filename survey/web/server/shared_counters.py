"""Counts under names that say nothing, in memory that all processes of one server see; written nowhere.

Whatever is counted (an address, an account at a browser) is known only by a hash under a key that is made at the
start and never leaves the memory. The memory is of one size: in a full group of places the count that stood still
longest gives way, so nobody fills it by coming from many addresses.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import secrets
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

PLACES, GROUP = 16_384, 8
ROW = np.dtype([("name", "<u8"), ("count", "<f8"), ("at", "<f8")])  # a name of 0 is a free place


class SharedCounters:
    """name -> (count, at); made before the first process starts, so that all see it.

    Hold it (`with tally.held()`) from reading a count to writing it again. One that ends meanwhile lets go of it.

    exact  whether processes wait for each other, which costs two calls of the system; else two that count one name
           in the same microseconds may lose a count
    """

    def __init__(self, *, exact: bool = True) -> None:
        self._exact = exact
        self._rows = np.frombuffer(mmap.mmap(-1, PLACES * ROW.itemsize), ROW)
        self._key = secrets.token_bytes(32)
        self._threads = threading.Lock()
        self._processes = tempfile.TemporaryFile()  # noqa: SIM115 (empty; its lock is what is used)
        weakref.finalize(self, self._processes.close)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other threads out, and other processes where it must be exact."""
        with self._threads:
            if not self._exact:
                yield
                return
            fcntl.lockf(self._processes, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._processes, fcntl.LOCK_UN)

    def name(self, what: bytes) -> int:
        """What is counted, as it is known here."""
        return int.from_bytes(hashlib.blake2b(what, key=self._key, digest_size=8).digest()) or 1

    def get(self, name: int) -> tuple[float, float] | None:
        """The count of a name and when it was put; None where there is none."""
        rows = self._group(name)
        names = rows["name"].tolist()
        return rows[names.index(name)].item()[1:] if name in names else None

    def put(self, name: int, count: float, at: float) -> None:
        """Keeps the count of a name."""
        rows = self._group(name)
        names = rows["name"].tolist()
        known = name if name in names else 0 if 0 in names else names[rows["at"].argmin()]
        rows[names.index(known)] = (name, count, at)

    def drop(self, name: int) -> None:
        """Forgets one."""
        self._rows[self._rows["name"] == name] = 0

    def forget(self, over: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
        """Forgets those of which it is said, from all counts and when they were put, that they are over."""
        self._rows[over(self._rows["count"], self._rows["at"])] = 0

    def _group(self, name: int) -> np.ndarray:
        start = name % (PLACES // GROUP) * GROUP
        return self._rows[start : start + GROUP]

    def __len__(self) -> int:
        return int(np.count_nonzero(self._rows["name"]))

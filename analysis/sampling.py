"""Drawing a sample: which rows of a list, and with what probability.

All chance comes from `stream(seed, …)`, and of it only through `random()`, 53 bits of PCG64's own output a number:
so the same list and seed give the same rows on any machine and release of NumPy (NEP 19 keeps the bits, a test the
rows). A list is taken in the order in which it comes: sort it first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.design import DesignError, Floats, Ints

CERTAIN = 1 - 1e-9  # an inclusion probability of 1, but for rounding


@dataclass(frozen=True)
class Chosen:
    """The rows drawn, ascending, and the inclusion probability of each."""

    rows: Ints  # (n,)
    probability: Floats  # (n,) in (0, 1]


def stream(seed: str, *purpose: str) -> np.random.Generator:
    """The random numbers of a seed for one purpose, so that one draw doesn't change another. PCG64 (O'Neill 2014),
    started from the SHA-256 of seed and purpose."""
    text = "\0".join((seed, *purpose))
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")))


def inclusion_probabilities(size: Any, n: int) -> Floats:
    """(N,) π_i = n x_i / Σx, at most 1: rows that would pass it are certain, and the others share the rest.

    Repeated until none passes 1, for taking some out makes the others larger (Särndal, Swensson & Wretman 1992,
    § 3.6; Cochran 1977, ch. 9A). The sum is n. A row of size 0 has probability 0.
    DesignError: fewer rows with a size than n.
    """
    x = np.asarray(size, dtype=np.float64)
    if not np.isfinite(x).all() or (x < 0).any():
        raise ValueError("sizes are numbers from 0 up")
    available = int((x > 0).sum())
    if not 0 <= n <= available:
        raise DesignError("%(wanted)s can't be drawn from a list of %(there)s.", wanted=n, there=available)
    certain = np.zeros(len(x), bool)
    while True:
        rest = n - int(certain.sum())
        whole = x[~certain].sum()
        probability = np.where(certain, 1.0, rest * x / whole if whole else 0.0)
        passing = ~certain & (probability >= CERTAIN)
        if not passing.any():
            return probability
        certain |= passing


def systematic(probability: Any, start: float) -> Ints:
    """The rows in whose stretch of the cumulated probabilities a point start, start + 1, … lies (Madow 1949).

    start  in [0, 1); if uniform, each row is drawn with exactly its probability, certain rows always

    Neighbours in the list are seldom drawn together, so its order stratifies the sample.
    """
    pi = np.asarray(probability, dtype=np.float64)
    certain = np.flatnonzero(pi >= CERTAIN)
    rest = np.flatnonzero((pi > 0) & (pi < CERTAIN))
    if not len(rest):
        return certain.astype(np.int64)
    reached = np.cumsum(pi[rest])
    n = round(float(reached[-1]))
    reached[-1] = n
    points = start + np.arange(n)
    drawn = rest[np.searchsorted(reached, points, side="right")]
    return np.sort(np.concatenate([certain, drawn])).astype(np.int64)


def pps(size: Any, n: int, random: np.random.Generator) -> Chosen:
    """n rows, systematically, with probability proportional to size; those too large for that are certain.

    Hartley & Rao 1962; Särndal et al. 1992, § 3.6.2. Drawn so, and with the same number of people asked in each,
    a sample of villages weights itself.
    """
    probability = inclusion_probabilities(size, n)
    rows = systematic(probability, float(random.random()))
    return Chosen(rows, probability[rows])


def srs(count: int, n: int, random: np.random.Generator) -> Chosen:
    """n of `count` rows, every set of n alike (Cochran 1977, ch. 2)."""
    return Chosen(np.sort(in_random_order(count, n, random)), _alike(count, n))


def every_kth(count: int, n: int, random: np.random.Generator) -> Chosen:
    """n of `count` rows, count/n apart from a random start; that needn't be whole (Cochran 1977, ch. 8)."""
    points = float(random.random()) + np.arange(_possible(count, n))
    rows = np.minimum(points * (count / n if n else 1.0), count - 1)  # rounding may reach the end of the list
    return Chosen(np.floor(rows).astype(np.int64), _alike(count, n))


def in_random_order(count: int, n: int, random: np.random.Generator) -> Ints:
    """(n,) the first n of `count` rows in a random order, whatever the size of the list."""
    if 2 * _possible(count, n) >= count:
        return np.argsort(random.random(count), kind="stable")[:n].astype(np.int64)
    rows: dict[int, None] = {}  # in the order in which they came
    while len(rows) < n:
        rows.setdefault(int(random.random() * count))
    return np.array(list(rows), dtype=np.int64)


def _alike(count: int, n: int) -> Floats:
    return np.full(n, n / count if count else 1.0)


def _possible(count: int, n: int) -> int:
    if not 0 <= n <= count:
        raise DesignError("%(wanted)s can't be drawn from a list of %(there)s.", wanted=n, there=count)
    return n

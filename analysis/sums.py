"""One pass over the rows: sums by cell (PSU × domain), sufficient for every linearised estimate.

All 44 items × 54 domains of a wave are one call. After this pass nothing is as long as the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np

from analysis.design import Bools, Floats, Ints
from analysis.measure import NO, YES, Measure, Measures

ROUNDING = 1e-13  # what is this small beside its terms is 0: what is left is rounding


@dataclass(frozen=True)
class Sums:
    """Weighted sums over the answered rows of C cells, for K measures; all arrays are (C, K)."""

    score: Floats  # Σ w y
    base: Floats  # Σ w x
    weight: Floats  # Σ w
    count: Floats  # answered rows
    events: Floats  # answered rows with y > 0
    full: Floats  # answered rows with y ≥ x: for a share the same as events
    rr: Floats  # Σ w r², r = y − shift·x: squares are taken around the whole's ratio, so that nothing cancels
    rx: Floats  # Σ w r x
    xx: Floats  # Σ w x²
    shift: Floats  # (K,)

    def reshifted(self, shift: Floats) -> Sums:
        """The same sums with squares around another ratio."""
        step = shift - self.shift
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        parts["rr"] = self.rr - 2 * step * self.rx + step**2 * self.xx
        parts["rx"] = self.rx - step * self.xx
        parts["shift"] = shift
        return Sums(**parts)

    def squares(self, ratio: Floats) -> Floats:
        """Σ w (y − R x)² of each cell for R = `ratio`, which broadcasts to (C, K); mere rounding is 0."""
        step = ratio - self.shift
        cross, far = 2 * step * self.rx, step**2 * self.xx
        squares = self.rr - cross + far
        seen = ROUNDING * (np.abs(self.rr) + np.abs(cross) + np.abs(far))  # linear calibration: w may be below 0
        seen = np.maximum(seen, (ROUNDING * ratio) ** 2 * np.abs(self.xx))
        return np.where(np.abs(squares) > seen, squares, 0.0)

    def added(self, place: Ints, size: int, factor: Floats | None = None) -> Sums:
        """Sums over cells: row c is added to row `place[c]` of `size`; weighted sums times `factor` (C,)."""
        parts: dict[str, Floats] = {"shift": self.shift}
        done: dict[int, Floats] = {}  # arrays that were one stay one
        K = len(self.shift)
        at = (place[:, None] * K + np.arange(K)).ravel()
        for part in fields(self)[:-1]:
            values = getattr(self, part.name)
            if id(values) not in done:
                weights = factor is not None and part.name not in ("count", "events", "full")
                rows = values * factor[:, None] if weights and factor is not None else values
                done[id(values)] = weighted(at, rows.ravel(), size * K).reshape(size, K)
            parts[part.name] = done[id(values)]
        return Sums(**parts)

    def where(self, kept: Bools) -> Sums:
        """The same sums, 0 wherever `kept` (C, K) is false."""
        parts: dict[str, Floats] = {"shift": self.shift}
        done: dict[int, Floats] = {}  # arrays that were one stay one
        for part in fields(self)[:-1]:
            values = getattr(self, part.name)
            parts[part.name] = done.setdefault(id(values), np.where(kept, values, 0.0))
        return Sums(**parts)

    def joined(self, other: Sums) -> Sums:
        """The cells of this one, then those of the other."""
        other = other.reshifted(self.shift) if (self.shift != other.shift).any() else other
        done: dict[tuple[int, int], Floats] = {}  # arrays that were one in both stay one
        parts: dict[str, Floats] = {}
        for part in fields(self)[:-1]:
            one, two = getattr(self, part.name), getattr(other, part.name)
            parts[part.name] = done.setdefault((id(one), id(two)), np.concatenate([one, two]))
        return Sums(**parts, shift=self.shift)

    def __getitem__(self, rows: Any) -> Sums:
        return Sums(
            **{f.name: self.shift if f.name == "shift" else getattr(self, f.name)[rows] for f in fields(self)}
        )


def sums(cell: Ints, cells: int, weight: Floats, measures: Measures) -> Sums:
    """Sums of K measures over N rows by `cell` (N,), 0 … cells; rows of the last one are dropped."""
    shape = (cells, len(measures))
    result = {name: np.zeros(shape) for name in ("score", "base", "count", "events")}
    others: dict[str, Floats] = {}
    shift = np.zeros(len(measures))
    shares = [k for k, measure in enumerate(measures) if measure.of is not None]
    for k, measure in enumerate(measures):
        if len(measure) != len(cell):
            raise ValueError(f"{measure.item} has {len(measure)} rows for {len(cell)} weights")
        if measure.of is None:
            others = others or {name: np.zeros(shape) for name in ("weight", "full", "rr", "rx", "xx")}
            shift[k], columns = _ratio_sums(cell, cells, weight, measure)
            for name, values in columns.items():
                (result if name in result else others)[name][:, k] = values
    _share_sums(cell, cells, weight, [measures[k] for k in shares], shares, result)
    if not others:  # for shares y² = y, x = x² = 1: no more sums are needed
        score, base = result["score"], result["base"]
        return Sums(
            score, base, base, result["count"], result["events"], result["events"], score, score, base, shift
        )
    for name, like in (("weight", "base"), ("full", "events"), ("rr", "score"), ("rx", "score"), ("xx", "base")):
        others[name][:, shares] = result[like][:, shares]
    return Sums(**result, **others, shift=shift)


def weighted(place: Ints, values: Any, size: int) -> Floats:
    """(size,) sums of N values by place."""
    return np.bincount(place, values, size).astype(np.float64, copy=False)


def _ratio_sums(cell: Ints, cells: int, weight: Floats, measure: Measure) -> tuple[float, dict[str, Floats]]:
    """The ratio of the whole, and the sums (cells,) with squares around it. Where a measure has few codes, how
    many people of a cell say each one, and how much they weigh, says all."""
    C = len(measure.score)
    by_code = measure.codes is not None and 0 < (cells + 1) * C <= max(len(cell), 1000)
    y, x, answered = (measure.score, measure.base, measure.answered) if by_code else measure.by_row()
    heavy = many = np.zeros((0, 0))
    if by_code:
        place, bins = cell * C + measure.codes, (cells + 1) * C
        heavy = weighted(place, weight, bins).reshape(-1, C)[:cells]
        many = weighted(place, None, bins).reshape(-1, C)[:cells]

    def weigh(values: Any) -> Floats:
        return heavy @ values if by_code else weighted(cell, weight * values, cells + 1)[:cells]

    def count(values: Any) -> Floats:
        return many @ values if by_code else weighted(cell, values, cells + 1)[:cells]

    score, base = weigh(y), weigh(x)
    whole = float(base.sum())
    shift = float(score.sum()) / whole if whole else 0.0
    r = y - shift * x
    squares = {"rr": weigh(r * r), "rx": weigh(r * x), "xx": weigh(x * x)}
    counts = {"count": count(answered), "events": count(answered & (y > 0)), "full": count(answered & (y >= x))}
    return shift, {"score": score, "base": base, "weight": weigh(answered), **counts, **squares}


def _share_sums(
    cell: Ints, cells: int, weight: Floats, shares: Sequence[Measure], at: list[int], result: dict[str, Floats]
) -> None:
    """Several items a pass: each is blank, no or yes, so t items make 3^t bins a cell, told apart afterwards."""
    if not shares:
        return
    together = 1
    while together < 4 and (cells + 1) * 3 ** (together + 1) <= min(len(cell) // 2, 150_000):
        together += 1
    key, bins = cell * 3**together, (cells + 1) * 3**together
    index = np.empty_like(key)
    for start in range(0, len(shares), together):
        group = shares[start : start + together]
        packed = np.zeros(len(cell), np.uint8)
        for share in reversed(group):
            packed *= 3
            packed += share.states()
        np.add(key, packed, out=index)
        read = _reading(together, len(group))
        weights = weighted(index, weight, bins).reshape(-1, 3**together)[:cells] @ read
        counts = np.bincount(index, minlength=bins).reshape(-1, 3**together)[:cells] @ read
        own = at[start : start + len(group)]
        result["score"][:, own], result["base"][:, own] = weights[:, : len(group)], weights[:, len(group) :]
        result["events"][:, own], result["count"][:, own] = counts[:, : len(group)], counts[:, len(group) :]


@cache
def _reading(together: int, items: int) -> Floats:
    """(3^together, 2·items): which bins have a yes of an item, then which have an answer."""
    digits = np.arange(3**together)[:, None] // 3 ** np.arange(items) % 3  # (bins, items): which state
    return np.hstack([digits == YES, digits >= NO]).astype(np.float64)

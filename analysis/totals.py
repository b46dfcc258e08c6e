"""One pass over the rows: sums per cell (PSU x domain), sufficient for every linearised estimate.

All 44 items x 54 domains of a wave are one call. After this pass nothing is as long as the file.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.design import Bools, Design, Floats, Frame, Ints, Labels, code, compact

Statistic = Literal["proportion", "mean", "total", "ratio", "index"]
STATISTICS: tuple[Statistic, ...] = ("proportion", "mean", "total", "ratio", "index")
States = NDArray[np.uint8]
BLANK, NO, YES = 0, 1, 2  # what a row says to a share
ROUNDING = 1e-13  # what is this small beside its terms is 0: what is left is rounding


@dataclass(frozen=True, eq=False)
class Measure:
    """What is estimated: the ratio of the weighted sums of `score` and `base` (for a total: the sum of `score`).

    score (N,)  y: 1 for the value asked about; the number; the sum of the scores of valid item answers
    base  (N,)  x: 1 for shares and means; the number of valid item answers for the index; the denominator
    answered (N,)  which rows answered; where not given, those with base > 0. Others are left out of
                numerator and denominator
    """

    item: str
    value: str | None
    statistic: Statistic
    score: Any
    base: Any
    answered: Any = None

    def __post_init__(self) -> None:
        if self.statistic not in STATISTICS:
            raise ValueError(f"statistic is one of {', '.join(STATISTICS)}, not {self.statistic!r}")
        base = np.asarray(self.base, dtype=np.float64)
        answered = base > 0 if self.answered is None else np.asarray(self.answered, dtype=bool)
        object.__setattr__(self, "answered", answered)
        object.__setattr__(self, "base", np.where(answered, base, 0.0))
        object.__setattr__(self, "score", np.where(answered, np.asarray(self.score, dtype=np.float64), 0.0))
        if not (np.isfinite(self.score).all() and np.isfinite(self.base).all()):
            raise ValueError(f"{self.item}: score and base are finite numbers where answered")

    def __len__(self) -> int:
        return len(self.base)

    @property
    def states(self) -> States | None:
        """(N,) 0 blank, 1 no, 2 yes; None where score and base are more than that."""
        if ((self.base != 0) & (self.base != 1)).any() or ((self.score != 0) & (self.score != 1)).any():
            return None
        if (self.answered != (self.base > 0)).any():
            return None
        states: States = self.answered.astype(np.uint8) + (self.score > 0).astype(np.uint8)
        return states


@dataclass(frozen=True, eq=False)
class Share:
    """The share (or, as a total, the number) of people whose code is in `of`; as fast as the machine allows.

    codes (N,)  small integers, best int8 and contiguous; `blank` where there is no answer
    """

    item: str
    value: str | None
    codes: Any
    of: frozenset[int]
    blank: int
    statistic: Statistic = "proportion"

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def states(self) -> States:
        """(N,) 0 blank, 1 no, 2 yes."""
        wanted = sorted(value for value in self.of if value != self.blank)
        if not wanted:
            yes = np.zeros(len(self.codes), bool)
        elif wanted[-1] - wanted[0] == len(wanted) - 1 and not wanted[0] <= self.blank <= wanted[-1]:
            yes = self.codes >= wanted[0]
            yes &= self.codes <= wanted[-1]
        else:
            yes = self.codes == wanted[0]
            for value in wanted[1:]:
                yes |= self.codes == value
        states: States = (self.codes != self.blank).view(np.uint8)
        states += yes.view(np.uint8)
        return states


@dataclass(frozen=True, eq=False)
class Coded:
    """A measure of few values, which adds up as fast as a share: code c stands for score[c] and base[c].

    codes (N,)  0 … C−1        score, base (C,)
    """

    item: str
    value: str | None
    statistic: Statistic
    codes: Any
    score: Floats
    base: Floats

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return int(self.codes.nbytes + self.score.nbytes + self.base.nbytes)

    @property
    def measure(self) -> Measure:
        """The same, row by row."""
        return Measure(self.item, self.value, self.statistic, self.score[self.codes], self.base[self.codes])


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

    def where(self, there: Bools) -> Sums:
        """The same sums, 0 wherever `there` (C, K) doesn't hold."""
        parts: dict[str, Floats] = {"shift": self.shift}
        done: dict[int, Floats] = {}  # arrays that were one stay one
        for part in fields(self)[:-1]:
            values = getattr(self, part.name)
            parts[part.name] = done.setdefault(id(values), np.where(there, values, 0.0))
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


Measured = Measure | Share | Coded
Measures = Sequence[Measured]


def sums(cell: Ints, cells: int, weight: Floats, measures: Measures) -> Sums:
    """Sums of K measures over N rows by `cell` (N,), 0 … cells; rows of the last one are dropped."""
    shape = (cells, len(measures))
    result = {name: np.zeros(shape) for name in ("score", "base", "count", "events")}
    others: dict[str, Floats] = {}
    shift = np.zeros(len(measures))
    shares: dict[int, Share | States] = {}
    for k, measure in enumerate(measures):
        if len(measure) != len(cell):
            raise ValueError(f"{measure.item} has {len(measure)} rows for {len(cell)} weights")
        if isinstance(measure, Share):
            shares[k] = measure
        elif isinstance(measure, Measure) and (states := measure.states) is not None:
            shares[k] = states
        else:
            if not others:
                others = {name: np.zeros(shape) for name in ("weight", "full", "rr", "rx", "xx")}
            of_cells = (
                _coded_sums(cell, cells, weight, measure, shift, k)
                if isinstance(measure, Coded)
                else _ratio_sums(cell, cells, weight, measure, shift, k)
            )
            for name, values in of_cells.items():
                (result if name in result else others)[name][:, k] = values
    _share_sums(cell, cells, weight, list(shares.values()), list(shares), result)
    if not others:  # for shares y² = y, x = x² = 1: no more sums are needed
        score, base = result["score"], result["base"]
        return Sums(
            score, base, base, result["count"], result["events"], result["events"], score, score, base, shift
        )
    for name, like in (("weight", "base"), ("full", "events"), ("rr", "score"), ("rx", "score"), ("xx", "base")):
        others[name][:, list(shares)] = result[like][:, list(shares)]
    return Sums(**result, **others, shift=shift)


def weighted(place: Ints, values: Any, size: int) -> Floats:
    """(size,) sums of N values by place."""
    return np.bincount(place, values, size).astype(np.float64, copy=False)


def _ratio_sums(
    cell: Ints, cells: int, weight: Floats, measure: Measure, shift: Floats, k: int
) -> dict[str, Floats]:
    y, x, answered = measure.score, measure.base, measure.answered
    whole = float(weight @ x)
    shift[k] = float(weight @ y) / whole if whole else 0.0
    r = y - shift[k] * x

    def by_cell(values: Any) -> Floats:
        return weighted(cell, values, cells + 1)[:cells]

    return {
        "score": by_cell(weight * y),
        "base": by_cell(weight * x),
        "weight": by_cell(weight * answered),
        "count": by_cell(answered),
        "events": by_cell(answered & (y > 0)),
        "full": by_cell(answered & (y >= x)),
        "rr": by_cell(weight * r * r),
        "rx": by_cell(weight * r * x),
        "xx": by_cell(weight * x * x),
    }


def _coded_sums(
    cell: Ints, cells: int, weight: Floats, measure: Coded, shift: Floats, k: int
) -> dict[str, Floats]:
    """How many people of a cell have each code, and how much they weigh, says all; the rest is small matrices."""
    C = len(measure.score)
    if not 0 < (cells + 1) * C <= max(len(cell), 1000):
        return _ratio_sums(cell, cells, weight, measure.measure, shift, k)
    place = cell * C
    place += measure.codes
    heavy = weighted(place, weight, (cells + 1) * C).reshape(-1, C)[:cells]
    many = np.bincount(place, minlength=(cells + 1) * C).reshape(-1, C)[:cells].astype(np.float64)
    y, x = measure.score, measure.base
    answered = x > 0
    codes = heavy.sum(0)
    whole = float(codes @ x)
    shift[k] = float(codes @ y) / whole if whole else 0.0
    r = y - shift[k] * x
    counts = {"count": answered, "events": answered & (y > 0), "full": answered & (y >= x)}
    found = {"score": y, "base": x, "weight": answered, "rr": r * r, "rx": r * x, "xx": x * x}
    return {name: heavy @ values.astype(np.float64) for name, values in found.items()} | {
        name: many @ who.astype(np.float64) for name, who in counts.items()
    }


def _share_sums(
    cell: Ints,
    cells: int,
    weight: Floats,
    shares: list[Share | States],
    columns: list[int],
    result: dict[str, Floats],
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
        for member in reversed(group):
            packed *= 3
            packed += member.states if isinstance(member, Share) else member
        np.add(key, packed, out=index)
        read = _reading(together, len(group))
        weights = weighted(index, weight, bins).reshape(-1, 3**together)[:cells] @ read
        counts = np.bincount(index, minlength=bins).reshape(-1, 3**together)[:cells] @ read
        at = columns[start : start + len(group)]
        result["score"][:, at], result["base"][:, at] = weights[:, : len(group)], weights[:, len(group) :]
        result["events"][:, at], result["count"][:, at] = counts[:, : len(group)], counts[:, len(group) :]


@cache
def _reading(together: int, items: int) -> Floats:
    """(3^together, 2·items): which bins have a yes of an item, then which have an answer."""
    digits = np.arange(3**together)[:, None] // 3 ** np.arange(items) % 3  # (bins, items): which state
    return np.hstack([digits == YES, digits >= NO]).astype(np.float64)


@dataclass(frozen=True)
class RowSquares:
    """What the squared residuals of rows need that are their own PSUs, summed by stratum: Σ w² (z − x'B)².

    D cells (domain, stratum, calibration cell) exist; w are the final weights.
    """

    domain: Ints  # (D,)
    stratum: Ints  # (D,) place in the frame
    cell: Ints  # (D,)
    sums: Sums  # (D, K) under w²
    mass: Floats  # (P, L) Σ w² of all rows
    x: Floats  # (L, J)


@dataclass(frozen=True)
class Regression:
    """What a calibrated variance needs: the regression on J calibration variables over all rows of the file."""

    inverse: Floats  # (J, J) (X'DX)⁻¹, D the base weights
    score: Floats  # (G, J, K) X'D u y of each domain
    base: Floats  # (G, J, K) X'D u x
    spread: Floats  # (P, J) Σ w x' of each PSU, w the final weights
    rows: RowSquares | None = None  # where a PSU of the frame is a stratum of rows


@dataclass(frozen=True)
class Totals:
    """Per-PSU totals of K measures in G domains. C cells exist; they are sorted by domain, stratum, PSU.

    Where each row is its own PSU, the rows of a stratum may be summed together: then a PSU of the frame is such a
    stratum, and `squares` (with a calibration `regression.rows`) holds what the variance needs of its rows.
    """

    frame: Frame
    measures: list[tuple[str, str | None, Statistic]]  # K: item, value, statistic
    domains: list[Hashable]  # G labels; [None] when the whole is the one domain
    psu: Ints  # (C,)
    domain: Ints  # (C,)
    sums: Sums  # (C, K)
    regression: Regression | None = None
    squares: Sums | None = None  # (C, K) the same sums under squared weights: Σ w² …

    @property
    def rows_alone(self) -> bool:
        """Whether each row is its own PSU, and a PSU of the frame a stratum of them."""
        return self.squares is not None or (self.regression is not None and self.regression.rows is not None)

    @property
    def psus(self) -> Floats:
        """(C, K) how many PSUs with an answered row a cell has."""
        return self.sums.count if self.rows_alone else (self.sums.count > 0).astype(np.float64)

    def without(self, withheld: Bools) -> Totals:
        """The same totals without what some domains answered; their PSUs stay.

        withheld  (G, K) figures that nobody is to know: no other one shall lean on them
        """
        there = ~withheld[self.domain]
        squares = None if self.squares is None else self.squares.where(there)
        return replace(self, sums=self.sums.where(there), squares=squares)

    @property
    def weighted(self) -> Floats:
        """(G, K) sum of the weights of the answered rows."""
        return by_domain(self, self.sums.weight)


def by_domain(totals: Totals, values: Floats) -> Floats:
    """(G, K) sums of (C, K) values over the cells of each domain."""
    starts, at = runs(totals.domain)
    return add_runs(values, starts, at, len(totals.domains))


def runs(sorted_codes: Ints) -> tuple[Ints, Ints]:
    """Where each run of equal codes starts, and its code."""
    starts = (
        np.flatnonzero(np.r_[True, sorted_codes[1:] != sorted_codes[:-1]]) if len(sorted_codes) else sorted_codes
    )
    return starts, sorted_codes[starts]


def add_runs(values: Floats, starts: Ints, at: Ints, size: int) -> Floats:
    """(size, K) sums of each run; rows that have no run are 0."""
    result = np.zeros((size, values.shape[1]))
    if len(starts):
        result[at] = np.add.reduceat(values, starts, axis=0)
    return result


def psu_totals(
    design: Design, measures: Measures, domain: Any = None, domains: Sequence[Hashable] | None = None
) -> Totals:
    """The totals of N responses.

    domain   (N,) labels; None: the whole is one domain. A blank label is in no domain, but its PSU counts
    domains  the labels wanted, in this order, whether or not a row has them
    """
    coded = Labels([None], np.zeros(len(design), np.int64)) if domain is None else code(domain)
    if len(coded) != len(design):
        raise ValueError(f"domain has {len(coded)} labels for {len(design)} weights")
    if domains is not None and domain is not None:
        place = {label: g for g, label in enumerate(domains)}
        table = np.array([place.get(label, -1) for label in coded.levels] + [-1], np.int64)
        coded = Labels(list(domains), table[coded.codes])
    G, P = len(coded.levels), len(design.frame.stratum)
    calibration = design.calibration
    L = 1 if calibration is None else len(calibration.x)

    # cell = (domain, PSU, calibration cell); rows in no domain and rows of weight 0 share a last one, dropped
    key = coded.codes * P
    key += design.row
    if calibration is not None:
        key = key * L + calibration.cell
    outside = (coded.codes < 0) | (design.weight == 0)
    if outside.any():
        key[outside] = G * P * L
    existing, cell = compact(key, G * P * L + 1)
    if not len(existing) or existing[-1] != G * P * L:
        existing = np.append(existing, G * P * L)
    existing = existing[:-1]
    found = sums(cell, len(existing), design.weight, measures)
    names = [(measure.item, measure.value, measure.statistic) for measure in measures]
    if calibration is None:
        return Totals(design.frame, names, coded.levels, existing % P, existing // P, found)
    mass = weighted(design.row * L + calibration.cell, design.weight, P * L).reshape(P, L)
    return calibrated(design.frame, names, coded.levels, existing, found, mass, calibration.x, calibration.factor)


def calibrated(
    frame: Frame,
    names: list[tuple[str, str | None, Statistic]],
    domains: list[Hashable],
    existing: Ints,
    found: Sums,
    mass: Floats,
    x: Floats,
    factor: Floats,
    squares: tuple[Sums, Floats] | None = None,
) -> Totals:
    """Totals under final weights, from sums under base weights by (domain, PSU, calibration cell).

    existing (C,) (domain·P + PSU)·L + calibration cell, sorted · found (C, K) · mass (P, L) base weights of all
    rows · x (L, J) · factor (L,) g · squares: found and mass under squared weights, where rows are their own PSUs
    and P lists strata. Deville & Särndal 1992; Särndal et al. 1992, § 6.5.
    """
    L, P, G = len(x), len(frame.stratum), len(domains)
    share = existing % L
    of_domain = existing // (P * L)

    alike, at = np.unique(of_domain * L + share, return_inverse=True)  # (domain, calibration cell)

    def cross(values: Floats) -> Floats:
        by_cell = np.zeros((len(alike), values.shape[1]))
        np.add.at(by_cell, at, values)
        whole = np.zeros((G, x.shape[1], values.shape[1]))
        for g in range(G):
            own = slice(*np.searchsorted(alike, (g * L, (g + 1) * L)))
            whole[g] = x[alike[own] % L].T @ by_cell[own]
        return whole

    inverse = np.linalg.pinv((x * mass.sum(0)[:, None]).T @ x, hermitian=True)
    rows = None
    if squares is not None:
        under, whole = squares
        under = under.added(np.arange(len(existing)), len(existing), factor[share] ** 2)
        rows = RowSquares(of_domain, existing // L % P, share, under, whole * factor**2, x)
    regression = Regression(inverse, cross(found.score), cross(found.base), (mass * factor) @ x, rows)
    pairs, place = np.unique(existing // L, return_inverse=True)
    total = found.added(place, len(pairs), factor[share])
    return Totals(frame, names, domains, pairs % P, pairs // P, total, regression)


def regrouped(totals: Totals, place: Ints, domains: list[Hashable]) -> Totals:
    """The totals of other domains that are unions of these: domain g goes into `place[g]`, −1 into none."""
    P = len(totals.frame.stratum)
    at = place[totals.domain]
    kept = at >= 0
    existing, cell = np.unique(at[kept] * P + totals.psu[kept], return_inverse=True)
    regression = totals.regression
    if regression is not None:
        used = place >= 0
        score, base = (np.zeros((len(domains), *part.shape[1:])) for part in (regression.score, regression.base))
        np.add.at(score, place[used], regression.score[used])
        np.add.at(base, place[used], regression.base[used])
        rows = None if regression.rows is None else _regrouped_rows(regression.rows, place)
        regression = replace(regression, score=score, base=base, rows=rows)
    return Totals(
        totals.frame,
        totals.measures,
        domains,
        existing % P,
        existing // P,
        totals.sums[kept].added(cell, len(existing)),
        regression,
        None if totals.squares is None else totals.squares[kept].added(cell, len(existing)),
    )


def _regrouped_rows(rows: RowSquares, place: Ints) -> RowSquares:
    P, L = rows.mass.shape
    at = place[rows.domain]
    kept = at >= 0
    existing, cell = np.unique((at[kept] * P + rows.stratum[kept]) * L + rows.cell[kept], return_inverse=True)
    summed = rows.sums[kept].added(cell, len(existing))
    return RowSquares(existing // (P * L), existing // L % P, existing % L, summed, rows.mass, rows.x)

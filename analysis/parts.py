"""Totals of a file that is read in parts, or summed by another engine: parts add up.

A part is keyed by labels, not by codes, so any number of parts, in any order, make one `Totals`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.design import DesignError, Floats, Frame, Ints, Labels, SinglePSU, code, compact, frame
from analysis.measure import Measures, Statistic
from analysis.sums import Sums, sums, weighted
from analysis.totals import Totals, calibrated, cells
from analysis.weights import Margins, Method, fit, places

Names = list[tuple[str, str | None, Statistic]]  # K: item, value, statistic


@dataclass(frozen=True)
class Part:
    """The sums of some rows of a file; a row in no domain is in `psus` and `mass` only. Where each row is its own
    PSU, the rows of a stratum are summed together: the label is None."""

    psus: list[tuple[Hashable, Hashable]]  # p pairs (stratum, label) with a row
    domains: list[Hashable]  # g
    groups: list[tuple[Hashable, ...]]  # l, the values of the calibration variables; [()] without
    cells: Ints  # (C, 3) indices into psus, domains, groups
    sums: Sums  # (C, K) under base weights
    mass: Floats  # (p, l) base weights of all rows
    fpc: dict[Hashable, float]  # by stratum
    rows: RowSums | None = None  # where each row is its own PSU


@dataclass(frozen=True)
class RowSums:
    """What the variance needs of rows that are their own PSUs; p lists strata, and w are base weights."""

    count: Ints  # (p,) rows of a stratum
    sums: Sums  # (C, K) under w²
    mass: Floats  # (p, l) Σ w² of all rows


def part(
    weight: Floats,
    stratum: Labels,
    psu: Labels | None,
    domain: Labels,
    measures: Measures,
    groups: Labels | None = None,
    fpc: dict[Hashable, float] | None = None,
) -> Part:
    """The sums of N rows; weights and labels are checked by the caller. Domain −1 is none; psu None: each row."""
    labels = Labels([None], np.zeros(len(weight), np.int64)) if psu is None else psu
    pairs, row = compact(
        stratum.codes * len(labels.levels) + labels.codes, len(stratum.levels) * len(labels.levels)
    )
    names = [
        (stratum.levels[pair // len(labels.levels)], labels.levels[pair % len(labels.levels)])
        for pair in pairs.tolist()
    ]
    P = len(pairs)
    group, levels = (None, [()]) if groups is None else (groups.codes, groups.levels)
    L = len(levels)
    existing, place = cells(domain, weight, row, P, group, L)

    def mass(weights: Floats) -> Floats:
        return weighted(row if group is None else row * L + group, weights, P * L).reshape(P, L)

    rows = None
    if psu is None:
        square = weight**2
        rows = RowSums(
            np.bincount(row, minlength=P).astype(np.int64),
            sums(place, len(existing), square, measures),
            mass(square),
        )
    where = np.stack([existing // L % P, existing // (L * P), existing % L], axis=1)
    of_cells = sums(place, len(existing), weight, measures)
    return Part(names, domain.levels, list(levels), where, of_cells, mass(weight), fpc or {}, rows)  # type: ignore[arg-type]


class Gathering:
    """Adds parts up; holds one row per (PSU, domain, calibration cell), however many rows the file has."""

    def __init__(self, names: Names, single_psu: SinglePSU = "refuse", single_stage: bool = False) -> None:
        self.names, self.single_psu, self.single_stage = names, single_psu, single_stage
        self._psus: dict[tuple[Hashable, Hashable], int] = {}
        self._domains: dict[Hashable, int] = {}
        self._groups: dict[tuple[Hashable, ...], int] = {}
        self._cells: dict[tuple[int, int, int], int] = {}
        self._sums: Sums | None = None
        self._mass = np.zeros((0, 0))
        self._fpc: dict[Hashable, float] = {}
        self._rows: RowSums | None = None

    def add(self, one: Part) -> None:
        """Adds the rows of a part. DesignError: another fpc for a stratum than before."""
        for stratum, value in one.fpc.items():
            if self._fpc.setdefault(stratum, value) != value:
                raise DesignError("The fpc varies within stratum %(stratum)s. A stratum has one.", stratum=stratum)
        psu = np.array([self._psus.setdefault(pair, len(self._psus)) for pair in one.psus], np.int64)
        domain = np.array([self._domains.setdefault(label, len(self._domains)) for label in one.domains], np.int64)
        group = np.array([self._groups.setdefault(label, len(self._groups)) for label in one.groups], np.int64)
        at, shape = np.ix_(psu, group), (len(self._psus), len(self._groups))
        self._mass = _grown(self._mass, shape)
        self._mass[at] += one.mass
        own = (psu[one.cells[:, 0]], domain[one.cells[:, 1]], group[one.cells[:, 2]])
        keys = zip(*(part.tolist() for part in own), strict=True)
        place = np.array([self._cells.setdefault(key, len(self._cells)) for key in keys], np.int64)
        self._sums = _added(self._sums, one.sums, place, len(self._cells))
        if one.rows is not None:
            self._add_rows(one.rows, psu, at, place, shape)

    def _add_rows(self, rows: RowSums, psu: Ints, at: Any, place: Ints, shape: tuple[int, int]) -> None:
        before = self._rows
        count = _grown(np.zeros(0, np.int64) if before is None else before.count, shape[:1])
        mass = _grown(np.zeros((0, 0)) if before is None else before.mass, shape)
        count[psu] += rows.count
        mass[at] += rows.mass
        squares = _added(None if before is None else before.sums, rows.sums, place, len(self._cells))
        self._rows = RowSums(count, squares, mass)

    def totals(
        self,
        domains: Sequence[Hashable] | None = None,
        margins: Margins | None = None,
        method: Method = "raking",
    ) -> Totals:
        """The totals of all parts; with margins, under fitted weights. DesignError as of `Design` and `fit`."""
        if self._sums is None:
            raise DesignError("The file has no rows.")
        if not self._mass.any():
            raise DesignError("All weights are 0. Give each response the number of people it stands for.")
        labels = list(self._domains)
        levels = labels if labels == [None] else code(labels).levels if domains is None else domains
        wanted = Labels(labels, np.arange(len(labels))).among(levels)
        order, built = self._frame()
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        P, L = len(order), len(self._groups)
        psu, domain, group = np.array(list(self._cells), np.int64).reshape(-1, 3).T
        existing = (wanted.codes[domain] * P + rank[psu]) * L + group
        sequence = np.argsort(existing)
        sequence = sequence[np.searchsorted(existing[sequence], 0) :]  # below 0: in no domain that is wanted
        existing, by_cell, rows = existing[sequence], self._sums[sequence], self._rows
        squares = None if rows is None else rows.sums[sequence]
        if margins is None:
            return Totals(built, self.names, wanted.levels, existing % P, existing // P, by_cell, None, squares)
        values = [
            places(variable, [group[v] for group in self._groups], totals)
            for v, (variable, totals) in enumerate(margins.items())
        ]
        levels_of = np.array(values, np.int64).reshape(len(margins), L)
        x, factor = fit(levels_of, self._mass.sum(0), margins, method)
        under = None if rows is None or squares is None else (squares, rows.mass[order])
        return calibrated(built, self.names, wanted.levels, existing, by_cell, self._mass[order], x, factor, under)

    def _frame(self) -> tuple[Ints, Frame]:
        """The order of the PSUs, by stratum and label, and their frame."""
        pairs = list(self._psus)
        strata, labels = code([stratum for stratum, _ in pairs]), code([label for _, label in pairs])
        order = np.lexsort((labels.codes, strata.codes))
        fpc = np.array([self._fpc[stratum] for stratum in strata.levels]) if self._fpc else None
        names = [pairs[k][1] for k in order] if self._rows is None else None
        sampled = None if self._rows is None else self._rows.count[order]
        of_psu = strata.codes[order]
        return order, frame(of_psu, strata.levels, names, fpc, self.single_psu, sampled, self.single_stage)


def _grown(table: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The table with rows and columns of 0 added up to `shape`."""
    return np.pad(table, [(0, size - had) for size, had in zip(shape, table.shape, strict=True)])


def _added(before: Sums | None, one: Sums, place: Ints, size: int) -> Sums:
    """The cells of before, row c of `one` added to cell `place[c]`."""
    if before is None:
        return one.added(place, size)
    return before.joined(one).added(np.concatenate([np.arange(len(before.score)), place]), size)

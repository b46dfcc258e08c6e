"""Totals per PSU and domain of everything asked for, from which every estimate and its error follow."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.design import Bools, Design, Floats, Frame, Ints, Labels, code, compact
from analysis.measure import Measures, Statistic
from analysis.sums import Sums, sums, weighted


@dataclass(frozen=True)
class RowSquares:
    """The squared residuals Σ w² (z − x'B)² of rows that are their own PSUs, summed by stratum. D cells (domain,
    stratum, calibration cell) exist; w are the final weights."""

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

    def has(self, *statistics: Statistic) -> Bools:
        """(K,) which measures are one of these statistics."""
        return np.array([statistic in statistics for _, _, statistic in self.measures], bool)

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

        withheld  (G, K) secret figures, on which no other may depend
        """
        public = ~withheld[self.domain]
        squares = None if self.squares is None else self.squares.where(public)
        return replace(self, sums=self.sums.where(public), squares=squares)

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
        coded = coded.among(domains)
    P, weight, calibration = len(design.frame.stratum), design.weight, design.calibration
    group, L = (None, 1) if calibration is None else (calibration.cell, len(calibration.x))
    existing, cell = cells(coded, weight, design.row, P, group, L)
    by_cell = sums(cell, len(existing), weight, measures)
    names = [(measure.item, measure.value, measure.statistic) for measure in measures]
    if calibration is None:
        return Totals(design.frame, names, coded.levels, existing % P, existing // P, by_cell)
    mass = weighted(design.row * L + calibration.cell, weight, P * L).reshape(P, L)
    x, factor = calibration.x, calibration.factor
    return calibrated(design.frame, names, coded.levels, existing, by_cell, mass, x, factor)


def cells(
    domain: Labels, weight: Floats, psu: Ints, psus: int, group: Ints | None, groups: int
) -> tuple[Ints, Ints]:
    """(C,) the cells with rows, sorted, and (N,) each row's place among them. A cell is (domain · psus + PSU) ·
    groups + calibration cell. Rows in no domain and rows of weight 0 have the place C, to be dropped."""
    key = domain.codes * psus
    key += psu
    if group is not None:
        key = key * groups + group
    nowhere = len(domain.levels) * psus * groups
    outside = (domain.codes < 0) | (weight == 0)
    if outside.any():
        key[outside] = nowhere
    existing, place = compact(key, nowhere + 1)
    return existing[: np.searchsorted(existing, nowhere)], place


def calibrated(
    frame: Frame,
    names: list[tuple[str, str | None, Statistic]],
    domains: list[Hashable],
    existing: Ints,
    by_cell: Sums,
    mass: Floats,
    x: Floats,
    factor: Floats,
    squares: tuple[Sums, Floats] | None = None,
) -> Totals:
    """Totals under final weights, from sums under base weights by cell.

    existing (C,), by_cell (C, K)  as of `cells` and `sums`    mass (P, L)  base weights of all rows
    x (L, J), factor (L,)          as of a `Calibration`
    squares  by_cell and mass under squared weights if rows are their own PSUs, and P lists strata

    Deville & Särndal 1992; Särndal et al. 1992, § 6.5.
    """
    L, P = len(x), len(frame.stratum)
    group, domain = existing % L, existing // (P * L)
    inverse = np.linalg.pinv((x * mass.sum(0)[:, None]).T @ x, hermitian=True)
    score, base = (_cross(x, domain * L + group, values, len(domains)) for values in (by_cell.score, by_cell.base))
    rows = None
    if squares is not None:
        square, square_mass = squares
        square = square.added(np.arange(len(existing)), len(existing), factor[group] ** 2)
        rows = RowSquares(domain, existing // L % P, group, square, square_mass * factor**2, x)
    regression = Regression(inverse, score, base, (mass * factor) @ x, rows)
    pairs, place = np.unique(existing // L, return_inverse=True)
    total = by_cell.added(place, len(pairs), factor[group])
    return Totals(frame, names, domains, pairs % P, pairs // P, total, regression)


def _cross(x: Floats, key: Ints, values: Floats, domains: int) -> Floats:
    """(G, J, K) Σ x' y of each domain, from (C, K) values by domain · L + calibration cell."""
    L = len(x)
    alike, at = np.unique(key, return_inverse=True)
    by_group = np.zeros((len(alike), values.shape[1]))
    np.add.at(by_group, at, values)
    starts = np.searchsorted(alike, np.arange(domains + 1) * L)
    whole = np.zeros((domains, x.shape[1], values.shape[1]))
    for g, span in enumerate(itertools.pairwise(starts.tolist())):
        own = slice(*span)
        whole[g] = x[alike[own] % L].T @ by_group[own]
    return whole


def regrouped(totals: Totals, place: Ints, domains: list[Hashable]) -> Totals:
    """The totals of other domains that are unions of these: domain g goes into `place[g]`, −1 into none."""
    P = len(totals.frame.stratum)
    at = place[totals.domain]
    used = at >= 0
    existing, cell = np.unique(at[used] * P + totals.psu[used], return_inverse=True)
    return Totals(
        totals.frame,
        totals.measures,
        domains,
        existing % P,
        existing // P,
        totals.sums[used].added(cell, len(existing)),
        None if totals.regression is None else _regrouped_regression(totals.regression, place, len(domains)),
        None if totals.squares is None else totals.squares[used].added(cell, len(existing)),
    )


def _regrouped_regression(regression: Regression, place: Ints, domains: int) -> Regression:
    part = place >= 0
    score, base = (np.zeros((domains, *sums.shape[1:])) for sums in (regression.score, regression.base))
    np.add.at(score, place[part], regression.score[part])
    np.add.at(base, place[part], regression.base[part])
    rows = None if regression.rows is None else _regrouped_rows(regression.rows, place)
    return replace(regression, score=score, base=base, rows=rows)


def _regrouped_rows(rows: RowSquares, place: Ints) -> RowSquares:
    P, L = rows.mass.shape
    at = place[rows.domain]
    used = at >= 0
    existing, cell = np.unique((at[used] * P + rows.stratum[used]) * L + rows.cell[used], return_inverse=True)
    summed = rows.sums[used].added(cell, len(existing))
    return RowSquares(existing // (P * L), existing // L % P, existing % L, summed, rows.mass, rows.x)

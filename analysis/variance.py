"""Linearised variances and covariances from per-PSU totals: the ultimate cluster estimator.

    T_c = Σ over PSU c of u w (y − R x)/X           the score of a ratio; u w y for a total
    v   = Σ_h f_h m_h/(m_h − 1) Σ_{c in h} (T_c − T̄_h)²

Binder 1983; Woodruff 1971; Hansen, Hurwitz & Madow 1953; Wolter 2007, ch. 6; R's svyrecvar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.design import Bools, Floats, Frame, Ints
from analysis.totals import ROUNDING, Totals, add_runs, by_domain, runs


@dataclass(frozen=True)
class Whole:
    """Sums, sizes and ratios of each domain; all arrays are (G, K)."""

    score: Floats
    base: Floats
    weight: Floats
    count: Floats  # n
    events: Floats
    full: Floats
    estimate: Floats  # the ratio; for a total the sum; NaN where n is 0
    simple: Floats  # v_srs: the variance of a simple random sample of the same size; NaN where n < 2


def wholes(totals: Totals) -> Whole:
    """Sums and estimates of each domain, and their simple-random variance (Kish 1965, § 8.2; R deff="replace")."""
    sums = totals.sums
    score, base, weight = (by_domain(totals, part) for part in (sums.score, sums.base, sums.weight))
    count, events, full = (by_domain(totals, part) for part in (sums.count, sums.events, sums.full))
    total = is_total(totals)
    with np.errstate(all="ignore"):
        ratio = score / base
        share = is_share(totals)
        none, every = share & (events == 0) & (count > 0), share & (full == count) & (count > 0)
        ratio = np.where(none, 0.0, np.where(every, 1.0, ratio))  # by counts, not by floating point
        around = np.where(total, score / weight, ratio)
        squares = by_domain(totals, sums.squares(around[totals.domain]))
        plain = np.array([statistic in ("proportion", "total") for _, _, statistic in totals.measures])
        binary = plain & (sums.rr is sums.score)
        squares = np.where(binary, weight * around * (1 - around), squares)
        simple = weight / (count - 1) * squares / np.where(total, 1.0, base**2)
        simple = np.where(count > 1, simple, np.nan)
    estimate = np.where(count > 0, np.where(total, score, ratio), np.nan)
    return Whole(score, base, weight, count, events, full, estimate, simple)


def is_share(totals: Totals) -> Bools:
    """(K,) which measures are fractions with no event and all events as edges."""
    return np.array([statistic in ("proportion", "index") for _, _, statistic in totals.measures], bool)


def is_total(totals: Totals) -> Bools:
    """(K,) which measures are totals."""
    return np.array([statistic == "total" for _, _, statistic in totals.measures], bool)


@dataclass(frozen=True)
class Scores:
    """The linearised total T of each cell, and how many answered there; sorted by domain, stratum, PSU.

    A cell is a PSU; or, with `square`, the rows of a stratum, each its own PSU.
    """

    frame: Frame
    domains: int  # G
    psu: Ints  # (C,)
    domain: Ints  # (C,)
    total: Floats  # (C, K) T_c
    count: Floats  # (C, K) answered rows
    everywhere: bool  # calibration: the residuals of rows outside the domain count too
    square: Floats | None = None  # (C, K) Σ T² of the answered rows, each its own PSU

    @property
    def psus(self) -> Floats:
        """(C, K) how many PSUs with an answered row a cell has."""
        return (self.count > 0).astype(np.float64) if self.square is None else self.count

    def around(self, mean: Floats) -> Floats:
        """(C, K) Σ (T − mean)² over the PSUs with an answered row of each cell; mean (C, K)."""
        if self.square is None:
            return np.where(self.count > 0, (self.total - mean) ** 2, 0.0)
        own = self.total / np.maximum(self.count, 1)
        spread = self.square - self.count * own**2
        spread[spread <= ROUNDING * self.square] = 0  # rows that are all alike
        return spread + self.count * (own - mean) ** 2


def scores(totals: Totals, whole: Whole) -> Scores:
    """T_c of every domain and measure; with calibration of the residuals (Deville & Särndal 1992)."""
    sums, total = totals.sums, is_total(totals)
    with np.errstate(all="ignore"):
        ratio = np.where(total, 0.0, whole.score / whole.base)
        scale = np.where(total, 1.0, whole.base)
    ratio, scale = np.where(whole.count > 0, ratio, 0.0), np.where(whole.count > 0, scale, 1.0)
    here = ratio[totals.domain]
    taken = here * sums.base
    linear = sums.score - taken
    linear[np.abs(linear) <= ROUNDING * (np.abs(sums.score) + np.abs(taken))] = 0
    linear /= scale[totals.domain]
    regression = totals.regression
    if regression is None:
        square = None if totals.squares is None else totals.squares.squares(here) / scale[totals.domain] ** 2
        return Scores(
            totals.frame, len(totals.domains), totals.psu, totals.domain, linear, sums.count, False, square
        )
    G, P, K = len(totals.domains), len(totals.frame.stratum), linear.shape[1]
    at = totals.domain * P + totals.psu
    dense, count = np.zeros((G * P, K)), np.zeros((G * P, K))
    dense[at], count[at] = linear, sums.count
    fitted = (regression.score - ratio[:, None, :] * regression.base) / scale[:, None, :]
    B = np.einsum("ij,gjk->gik", regression.inverse, fitted)
    dense -= np.einsum("pj,gjk->gpk", regression.spread, B).reshape(G * P, K)
    return Scores(totals.frame, G, np.tile(np.arange(P), G), np.repeat(np.arange(G), P), dense, count, True)


@dataclass(frozen=True)
class Strata:
    """Sums over the cells of each stratum within each domain: Q runs that exist."""

    starts: Ints  # (Q,)
    domain: Ints  # (Q,)
    stratum: Ints  # (Q,)
    run: Ints  # (C,) which run a cell is in
    answered: Floats  # (Q, K) PSUs with an answered row
    total: Floats  # (Q, K) Σ T


def strata(scores: Scores) -> Strata:
    """The runs of cells of one domain and stratum."""
    H = len(scores.frame.sampled)
    stratum = scores.frame.stratum[scores.psu]
    starts, at = runs(scores.domain * H + stratum)
    run = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(stratum))))
    answered = reduce(scores.psus, starts)
    return Strata(starts, at // H, at % H, run, answered, reduce(scores.total, starts))


def reduce(values: Floats, starts: Ints) -> Floats:
    return np.add.reduceat(values, starts, axis=0) if len(starts) else values[:0]


def degrees_of_freedom(scores: Scores, by_stratum: Strata) -> Floats:
    """(G, K) PSUs minus strata, both counted where a row of the domain answered (Korn & Graubard 1999, § 5.2)."""
    excess = by_stratum.answered - (by_stratum.answered > 0)
    return per_domain(excess, by_stratum, scores.domains)


def per_domain(values: Floats, by_stratum: Strata, domains: int) -> Floats:
    starts, at = runs(by_stratum.domain)
    return add_runs(values, starts, at, domains)


def direct(scores: Scores, by_stratum: Strata) -> Floats:
    """(G, K) variances; every PSU of a stratum counts, those that the domain doesn't touch as T = 0.

    A stratum with one PSU in the file adds what `single_psu` says (R's survey.lonely.psu; "average" where the
    domain has no other stratum: NaN).
    """
    frame = scores.frame
    m = frame.sampled[by_stratum.stratum][:, None].astype(np.float64)
    f = frame.remaining[by_stratum.stratum][:, None]
    mean = by_stratum.total / m
    if scores.square is None:
        listed = np.diff(np.append(by_stratum.starts, len(scores.psu)))[:, None]
        deviation = reduce((scores.total - mean[by_stratum.run]) ** 2, by_stratum.starts)
    else:
        listed = by_stratum.answered
        deviation = reduce(scores.around(mean[by_stratum.run]), by_stratum.starts)
    deviation += (m - listed) * mean**2
    part = np.where(m > 1, f * m / np.maximum(m - 1, 1), 0.0) * deviation
    lonely = (m == 1) & (f > 0)
    if not lonely.any():
        return per_domain(part, by_stratum, scores.domains)
    touched = (by_stratum.answered > 0) | scores.everywhere
    if frame.single_psu == "centered":
        psus = per_domain(np.where(touched, m, 0.0), by_stratum, scores.domains)
        with np.errstate(all="ignore"):
            centre = per_domain(by_stratum.total, by_stratum, scores.domains) / psus
        part = np.where(lonely & touched, f * (by_stratum.total - centre[by_stratum.domain]) ** 2, part)
    variance = per_domain(part, by_stratum, scores.domains)
    if frame.single_psu == "average":
        every = per_domain(touched.astype(np.float64), by_stratum, scores.domains)
        others = per_domain((touched & ~lonely).astype(np.float64), by_stratum, scores.domains)
        with np.errstate(all="ignore"):
            variance = np.where(others > 0, variance * every / others, np.nan)
    return variance


def covariance(scores: Scores, k: int) -> Floats:
    """(G, G) covariances of measure `k` in all domains (Wolter 2007, § 6.5; R's svyby(covmat=TRUE)).

    Domains share a part of it where they share PSUs, or cross the same strata.
    """
    dense = np.zeros((len(scores.frame.stratum), scores.domains))
    dense[scores.psu, scores.domain] = scores.total[:, k]
    answered = np.zeros_like(dense)
    answered[scores.psu, scores.domain] = scores.count[:, k] > 0
    if scores.square is None:
        return product(scores.frame, dense, answered)
    square = np.zeros_like(dense)
    square[scores.psu, scores.domain] = scores.square[:, k]
    return product(scores.frame, dense, answered, square)


def meeting(scores: Scores, k: int) -> Bools:
    """(G, G) which domains share a PSU in which both answered measure `k`."""
    if scores.square is not None:  # a row is in one domain
        return np.eye(scores.domains, dtype=bool)
    answered = np.zeros((len(scores.frame.stratum), scores.domains))
    answered[scores.psu, scores.domain] = scores.count[:, k] > 0
    shared: Bools = answered.T @ answered > 0
    return shared


def product(frame: Frame, dense: Floats, answered: Floats, square: Floats | None = None) -> Floats:
    """(Q, Q) covariances of Q estimates from their PSU totals (P, Q); its diagonal is `direct`.

    C = Σ_h f_h m_h/(m_h − 1) [ Σ_c T_ca T_cb − m_h T̄_ha T̄_hb ]

    square  (P, Q) Σ T² where P lists strata whose rows are PSUs, each in one of Q domains: Σ T_a T_b is 0
    """
    m, f = frame.sampled.astype(np.float64), frame.remaining
    sums = np.zeros((len(m), dense.shape[1]))
    np.add.at(sums, frame.stratum, dense)
    centred = dense - (sums / m[:, None])[frame.stratum]
    factor = np.where(m > 1, f * m / np.maximum(m - 1, 1), 0.0)
    within: Floats | float = 0.0
    if square is not None:
        many = np.where(frame.sampled > 1, 1.0, 0.0)[frame.stratum][:, None]
        between = dense / np.sqrt(m[frame.stratum])[:, None] * many
        within = np.diag((square * factor[frame.stratum][:, None]).sum(0))
        within = within - (between * factor[frame.stratum][:, None]).T @ between
        centred = centred * (1 - many)
    lonely = frame.lonely
    if not lonely.any():
        return (centred * factor[frame.stratum][:, None]).T @ centred + within
    touched = np.zeros_like(sums)
    np.add.at(touched, frame.stratum, answered)
    touched = np.minimum(touched, 1)
    if frame.single_psu == "centered":
        psus = np.maximum((touched * m[:, None]).sum(0), 1)
        alone = lonely[frame.stratum]
        centred[alone] = (dense[alone] - dense.sum(0) / psus) * touched[frame.stratum][alone]
        factor = np.where(lonely, f, factor)
    matrix: Floats = (centred * factor[frame.stratum][:, None]).T @ centred + within
    if frame.single_psu == "average":
        every, others = touched.sum(0), (touched * ~lonely[:, None]).sum(0)
        with np.errstate(all="ignore"):
            scale = np.sqrt(np.where(others > 0, every / others, np.nan))
        matrix = matrix * np.outer(scale, scale)
    return matrix

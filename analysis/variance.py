"""Linearised variances and covariances from per-PSU totals: the ultimate cluster estimator.

    T_c = Σ over PSU c of u w (y − R x)/X           the score of a ratio; u w y for a total
    v   = Σ_h f_h m_h/(m_h − 1) Σ_{c in h} (T_c − T̄_h)²

Binder 1983; Woodruff 1971; Hansen, Hurwitz & Madow 1953; Wolter 2007, ch. 6; R's svyrecvar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.design import Bools, Floats, Frame, Ints
from analysis.sums import ROUNDING
from analysis.totals import RowSquares, Totals, add_runs, by_domain, runs


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
        squares = np.maximum(by_domain(totals, sums.squares(around[totals.domain])), 0)
        binary = totals.has("proportion", "total") & (sums.rr is sums.score)
        squares = np.where(binary, weight * around * (1 - around), squares)
        simple = weight / (count - 1) * squares / np.where(total, 1.0, base**2)
        simple = np.where(count > 1, simple, np.nan)
    estimate = np.where(count > 0, np.where(total, score, ratio), np.nan)
    return Whole(score, base, weight, count, events, full, estimate, simple)


def is_share(totals: Totals) -> Bools:
    """(K,) which measures are fractions with no event and all events as edges."""
    return totals.has("proportion", "index")


def is_total(totals: Totals) -> Bools:
    """(K,) which measures are totals."""
    return totals.has("total")


@dataclass(frozen=True)
class RowScores:
    """Scores of rows that are their own PSUs, as sums: T = w (z − x'B), z the score without its weight. D cells
    (domain, stratum, calibration cell) exist."""

    domain: Ints  # (D,)
    stratum: Ints  # (D,)
    cell: Ints  # (D,)
    z: Floats  # (D, K) Σ w² z
    fitted: Floats  # (G, L, K) x'B
    mass: Floats  # (P, L) Σ w² of all rows


@dataclass(frozen=True)
class Scores:
    """The linearised total T of each cell, and how many answered there; sorted by domain, stratum, PSU. A cell is
    a PSU; or, with `square`, the rows of a stratum, each its own PSU."""

    frame: Frame
    domains: int  # G
    psu: Ints  # (C,)
    domain: Ints  # (C,)
    total: Floats  # (C, K) T_c
    count: Floats  # (C, K) answered rows
    everywhere: bool  # calibration: the residuals of rows outside the domain count too
    square: Floats | None = None  # (C, K) Σ T² of rows that are their own PSUs
    rows: RowScores | None = None  # what these rows have in common between domains; without calibration nothing

    @property
    def psus(self) -> Floats:
        """(C, K) how many PSUs with an answered row a cell has."""
        return (self.count > 0).astype(np.float64) if self.square is None else self.count


def scores(totals: Totals, whole: Whole) -> Scores:
    """T_c of every domain and measure; with calibration of the residuals (Deville & Särndal 1992)."""
    sums, total = totals.sums, is_total(totals)
    with np.errstate(all="ignore"):
        ratio = np.where(total, 0.0, whole.score / whole.base)
        scale = np.where(total, 1.0, whole.base)
    ratio, scale = np.where(whole.count > 0, ratio, 0.0), np.where(whole.count > 0, scale, 1.0)
    linear = _difference(sums.score, ratio[totals.domain] * sums.base) / scale[totals.domain]
    regression = totals.regression
    if regression is None:
        square = None
        if totals.squares is not None:
            square = totals.squares.squares(ratio[totals.domain]) / scale[totals.domain] ** 2
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
    square, rows = None, None
    if regression.rows is not None:
        square, rows = _squared_residuals(regression.rows, B, ratio, scale)
    return Scores(
        totals.frame, G, np.tile(np.arange(P), G), np.repeat(np.arange(G), P), dense, count, True, square, rows
    )


def _difference(one: Floats, other: Floats) -> Floats:
    """one − other; what is left of equal numbers is 0, not rounding."""
    rest = one - other
    return np.where(np.abs(rest) <= ROUNDING * (np.abs(one) + np.abs(other)), 0.0, rest)


def _squared_residuals(rows: RowSquares, B: Floats, ratio: Floats, scale: Floats) -> tuple[Floats, RowScores]:
    """(G·P, K) Σ T² of all rows of each stratum, for each domain: Σ w² z² − 2 x'B Σ w² z + (x'B)² Σ w²."""
    (G, K), P = ratio.shape, len(rows.mass)
    own, size = ratio[rows.domain], scale[rows.domain]
    fitted = np.einsum("lj,gjk->glk", rows.x, B)
    z = _difference(rows.sums.score, own * rows.sums.base) / size
    within, cross = rows.sums.squares(own) / size**2, 2 * fitted[rows.domain, rows.cell] * z
    everywhere = np.einsum("pl,glk->gpk", rows.mass, fitted**2).reshape(G * P, K)
    starts, at = runs(rows.domain * P + rows.stratum)
    square = add_runs(within - cross, starts, at, G * P) + everywhere
    terms = add_runs(within + np.abs(cross), starts, at, G * P) + everywhere
    square[square <= ROUNDING * terms] = 0  # the calibration explains all
    return square, RowScores(rows.domain, rows.stratum, rows.cell, z, fitted, rows.mass)


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
    """(Q, K) sums of (C, K) values over each run of cells."""
    return np.add.reduceat(values, starts, axis=0) if len(starts) else values[:0]


def degrees_of_freedom(scores: Scores, by_stratum: Strata) -> Floats:
    """(G, K) PSUs minus strata, both counted where a row of the domain answered (Korn & Graubard 1999, § 5.2)."""
    excess = by_stratum.answered - (by_stratum.answered > 0)
    return per_domain(excess, by_stratum, scores.domains)


def per_domain(values: Floats, by_stratum: Strata, domains: int) -> Floats:
    """(G, K) sums of (Q, K) values over the strata of each domain."""
    starts, at = runs(by_stratum.domain)
    return add_runs(values, starts, at, domains)


def direct(scores: Scores, by_stratum: Strata) -> Floats:
    """(G, K) variances; every PSU of a stratum counts, those that the domain doesn't touch as T = 0.

    A stratum with one PSU in the file adds what `single_psu` says (R's survey.lonely.psu; "average" where the
    domain has no other stratum: NaN).
    """
    variance = per_domain(direct_parts(scores, by_stratum), by_stratum, scores.domains)
    frame = scores.frame
    if frame.single_psu == "average" and frame.lonely.any():
        touched = (by_stratum.answered > 0) | scores.everywhere
        alone = frame.lonely[by_stratum.stratum][:, None]
        every = per_domain(touched.astype(np.float64), by_stratum, scores.domains)
        others = per_domain((touched & ~alone).astype(np.float64), by_stratum, scores.domains)
        with np.errstate(all="ignore"):
            variance = np.where(others > 0, variance * every / others, np.nan)
    return variance


def direct_parts(scores: Scores, by_stratum: Strata) -> Floats:
    """(Q, K) what each stratum adds to the variance of each domain."""
    frame = scores.frame
    m = frame.sampled[by_stratum.stratum][:, None].astype(np.float64)
    f = frame.remaining[by_stratum.stratum][:, None]
    mean = by_stratum.total / m
    if scores.square is None:
        listed = np.diff(np.append(by_stratum.starts, len(scores.psu)))[:, None]
        deviation = reduce((scores.total - mean[by_stratum.run]) ** 2, by_stratum.starts)
        deviation += (m - listed) * mean**2
    else:
        square = reduce(scores.square, by_stratum.starts)
        deviation = square - m * mean**2
        deviation[deviation <= ROUNDING * square] = 0  # rows that are all alike
    part: Floats = spreading(frame)[by_stratum.stratum][:, None] * deviation
    lonely = (m == 1) & (f > 0)
    if frame.single_psu != "centered" or not lonely.any():
        return part
    touched, away = _from_the_centre(scores, by_stratum, m)
    return np.where(lonely & touched, f * away, part)


def _from_the_centre(scores: Scores, by_stratum: Strata, m: Floats) -> tuple[Bools, Floats]:
    """Which strata the domain touches, and the square of how far each lies from the mean of a PSU."""
    touched = (by_stratum.answered > 0) | scores.everywhere
    psus = per_domain(np.where(touched, m, 0.0), by_stratum, scores.domains)
    with np.errstate(all="ignore"):
        centre = per_domain(by_stratum.total, by_stratum, scores.domains) / psus
    return touched, (by_stratum.total - centre[by_stratum.domain]) ** 2


def satterthwaite(scores: Scores, by_stratum: Strata, nominal: Floats) -> Floats:
    """(G, K) degrees of freedom of a sum of strata that weigh unequally, with unbiased squares.

        df = (Σ v_h)²/Σ (v_h²/(ν_h + 2)) − 2,  ν_h = m_h − 1;  at most `nominal`, at least 1

    Satterthwaite 1946; Johnson & Rust 1992; von Davier 2024. Rows that are their own PSUs keep the nominal ones.
    """
    if scores.frame.psus is None:
        return nominal
    part = direct_parts(scores, by_stratum)
    nu = scores.frame.sampled[by_stratum.stratum][:, None] - 1
    total, squares = (per_domain(one, by_stratum, scores.domains) for one in (part, part**2 / (nu + 2)))
    with np.errstate(all="ignore"):
        df = np.where(squares > 0, total**2 / squares - 2, nominal)
    return np.minimum(np.maximum(df, 1.0), nominal)


def between(scores: Scores) -> Scores:
    """Of the scores of two domains that of the second minus the first, as one domain."""
    psu, place = np.unique(scores.psu, return_inverse=True)
    total, count = (np.zeros((len(psu), scores.total.shape[1])) for _ in range(2))
    np.add.at(total, place, np.where(scores.domain[:, None] == 1, scores.total, -scores.total))
    np.add.at(count, place, scores.count)
    return Scores(scores.frame, 1, psu, np.zeros(len(psu), np.int64), total, count, scores.everywhere)


def covariance(scores: Scores, k: int) -> Floats:
    """(G, G) covariances of measure `k` in all domains (Wolter 2007, § 6.5; R's svyby(covmat=TRUE)). Domains share
    a part of it where they share PSUs, or cross the same strata."""
    dense = np.zeros((len(scores.frame.stratum), scores.domains))
    dense[scores.psu, scores.domain] = scores.total[:, k]
    answered = np.zeros_like(dense)
    answered[scores.psu, scores.domain] = scores.count[:, k] > 0
    return product(scores.frame, dense, answered, None if scores.square is None else _row_products(scores, k))


def _row_products(scores: Scores, k: int) -> Floats:
    """(G, G) Σ_h f_h m_h/(m_h − 1) Σ_i T_ia T_ib over rows that are their own PSUs. A row is in one domain; of the
    others it has the residual of a calibration, T = −w x'B, or nothing."""
    factor, own = spreading(scores.frame)[scores.frame.stratum], np.zeros(scores.domains)
    assert scores.square is not None  # noqa: S101 (as the caller saw)
    np.add.at(own, scores.domain, factor[scores.psu] * scores.square[:, k])
    rows = scores.rows
    if rows is None:
        return np.diag(own)
    fitted = rows.fitted[:, :, k]
    z = np.zeros_like(fitted)
    np.add.at(z, (rows.domain, rows.cell), factor[rows.stratum] * rows.z[:, k])
    shared: Floats = (fitted * (factor @ rows.mass)) @ fitted.T - z @ fitted.T - fitted @ z.T
    np.fill_diagonal(shared, own)
    return shared


def spreading(frame: Frame) -> Floats:
    """(H,) f_h m_h/(m_h − 1), what a stratum's sum of squares is multiplied with; 0 with one PSU."""
    m = frame.sampled.astype(np.float64)
    return np.where(m > 1, frame.remaining * m / np.maximum(m - 1, 1), 0.0)


def product(frame: Frame, dense: Floats, answered: Floats, rows: Floats | None = None) -> Floats:
    """(Q, Q) covariances of Q estimates from their PSU totals (P, Q); its diagonal is `direct`.

    C = Σ_h f_h m_h/(m_h − 1) [ Σ_c T_ca T_cb − m_h T̄_ha T̄_hb ]

    rows  (Q, Q) the sum of the products where P lists strata whose rows are PSUs: `_row_products`
    """
    m, f, factor = frame.sampled.astype(np.float64), frame.remaining, spreading(frame)
    sums = np.zeros((len(m), dense.shape[1]))
    np.add.at(sums, frame.stratum, dense)
    centred = dense - (sums / m[:, None])[frame.stratum]
    within: Floats | float = 0.0
    if rows is not None:
        within = rows - (sums * (factor / m)[:, None]).T @ sums
        centred[m[frame.stratum] > 1] = 0
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

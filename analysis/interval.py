"""Confidence limits of proportions and others, on arrays: every argument broadcasts."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import betaincinv, expit, stdtr, stdtrit

from analysis.design import Bools, Floats

Interval = Literal["korn-graubard", "beta", "logit", "wilson", "wald"]
INTERVALS: tuple[Interval, ...] = ("korn-graubard", "beta", "logit", "wilson", "wald")
Limits = tuple[Floats, Floats]


def t_quantile(df: Floats, level: float) -> Floats:
    """The 1 − α/2 quantile of Student's t; NaN where df is not positive."""
    degrees, place = np.unique(df, return_inverse=True)
    usable = degrees > 0
    quantile = np.full(degrees.shape, np.nan)
    quantile[usable] = stdtrit(degrees[usable], (1 + level) / 2)
    return quantile[place].reshape(np.shape(df))


def two_sided(t: Floats, df: Floats) -> Floats:
    """p of a two-sided t test; NaN where df is not positive."""
    return np.where(df > 0, 2 * stdtr(np.maximum(df, 1), -np.abs(t)), np.nan)


def adjusted_n(n: Floats, n_eff: Floats, df: Floats, level: float, capped: bool = True) -> Floats:
    """n* = n_eff (t_{n−1}/t_df)², at most n when `capped` (Korn & Graubard 1998; NCHS caps, R doesn't)."""
    with np.errstate(all="ignore"):
        n_star = n_eff * (t_quantile(n - 1, level) / t_quantile(df, level)) ** 2
    n_star = np.where((n == 1) & (df > 0), 1.0, n_star)  # no t with 0 degrees: one answer counts as one
    return np.minimum(n, n_star) if capped else n_star


def clopper_pearson(p: Floats, n: Floats, level: float) -> Limits:
    """Exact binomial limits for n·p events among n, which needn't be whole (Clopper & Pearson 1934)."""
    p, n = np.broadcast_arrays(p, n)
    low, high = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    half = (1 - level) / 2
    known = np.isfinite(n) & np.isfinite(p) & (n > 0)
    none, every = known & (p <= 0), known & (p >= 1)
    low[none], high[every] = 0, 1
    high[none] = -np.expm1(np.log(half) / n[none])
    low[every] = np.exp(np.log(half) / n[every])
    inside = known & ~none & ~every
    events, others = n[inside] * p[inside], n[inside] * (1 - p[inside])
    low[inside] = betaincinv(events, others + 1, half)
    high[inside] = betaincinv(events + 1, others, 1 - half)
    return low, high


def logit(p: Floats, variance: Floats, df: Floats, level: float) -> Limits:
    """Student's t on the logit (Korn & Graubard 1999, § 2.2; R's svyciprop "xlogit")."""
    with np.errstate(all="ignore"):
        centre = np.log(p) - np.log1p(-p)
        half = t_quantile(df, level) * np.sqrt(variance) / (p * (1 - p))
    return expit(centre - half), expit(centre + half)


def wilson(p: Floats, n_eff: Floats, df: Floats, level: float) -> Limits:
    """Wilson's score interval with t_df and the effective size (Wilson 1927; Dean & Pagano 2015)."""
    with np.errstate(all="ignore"):
        t = t_quantile(df, level)
        k = t**2 / n_eff
        centre = (p + k / 2) / (1 + k)
        half = t / (1 + k) * np.sqrt(p * (1 - p) / n_eff + k / (4 * n_eff))
    return centre - half, centre + half


def wald(p: Floats, variance: Floats, df: Floats, level: float) -> Limits:
    """p ± t_df·se: for means, totals and ratios always; for a proportion it may pass 0 or 1."""
    half = t_quantile(df, level) * np.sqrt(variance)
    return p - half, p + half


def _beta(p: Floats, n: Floats, n_eff: Floats, df: Floats, level: float, edge: Bools) -> Limits:
    low, high = clopper_pearson(p, adjusted_n(n, n_eff, df, level, capped=False), level)
    exact = np.isinf(n_eff) & ~edge & (df > 0)
    return np.where(exact, p, low), np.where(exact, p, high)


def proportion_limits(
    method: Interval, p: Floats, variance: Floats, n: Floats, n_eff: Floats, df: Floats, level: float
) -> Limits:
    """Limits of proportions by the named method; where p is exactly 0 or 1, always the exact one-sided bound.

    n answered rows; n_eff the effective size (at 0 and 1: n, or what a pooled design effect leaves of it);
    df 0: NaN. A variance of 0 claims more than p can know: Korn–Graubard's cap at n then gives the width.
    """
    edge = (p <= 0) | (p >= 1)
    if method == "korn-graubard":
        low, high = clopper_pearson(p, adjusted_n(n, n_eff, df, level), level)
    elif method == "beta":
        low, high = _beta(p, n, n_eff, df, level, edge)
    elif method == "logit":
        low, high = logit(p, variance, df, level)
    elif method == "wilson":
        low, high = wilson(p, n_eff, df, level)
    else:
        low, high = wald(p, variance, df, level)
    if edge.any() and method != "korn-graubard":
        bound = clopper_pearson(p[edge], adjusted_n(n, n_eff, df, level)[edge], level)
        low[edge], high[edge] = bound
    return low, high

"""Points from figures of samples: shares and indices between two anchors, their sum, and the error of that sum.

    points = base + Σ_j w_j clip((r_j − floor_j)/(ceiling_j − floor_j), 0, 1)

The figures of one sample covary, so the variance of a sum is that of its linearised score, taken within PSUs like
that of a single ratio:

    T_c = Σ_j g_j T_cj,  g_j = w_j/(ceiling_j − floor_j)

Särndal, Swensson & Wretman 1992, § 5.5 (functions of totals); Woodruff 1971; Wolter 2007, ch. 6.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.design import Design
from analysis.estimate import Estimate
from analysis.interval import t_quantile
from analysis.measure import Measure
from analysis.totals import psu_totals
from analysis.variance import degrees_of_freedom, direct, satterthwaite, scores, strata, wholes


@dataclass(frozen=True)
class Anchored:
    """A figure, a fraction, that gives no points at `floor` and `weight` points at `ceiling`. floor above ceiling:
    less is better. The figure has an estimate."""

    figure: Estimate
    floor: float
    ceiling: float
    weight: float

    @property
    def points(self) -> float:
        """What its estimate gives."""
        return self.of(self.figure.estimate or 0.0)

    def of(self, fraction: float) -> float:
        """What a fraction gives."""
        share = (fraction - self.floor) / (self.ceiling - self.floor)
        return self.weight * min(1.0, max(0.0, share))

    @property
    def slope(self) -> float:
        """How much its points change with the figure; 0 only if its whole interval lies beyond an anchor.

        The derivative of a clipped figure is 0 already where the estimate lies beyond. But a figure that chance
        may have put there isn't known to lie there, and clipping makes no error larger.
        """
        low, high = limits(self.figure)
        within = max(low, min(self.floor, self.ceiling)) <= min(high, max(self.floor, self.ceiling))
        return self.weight / (self.ceiling - self.floor) if within else 0.0


@dataclass(frozen=True)
class Spread:
    """How far chance may have moved a sum; a variance of 0 with df 0: not at all, nothing in it is a sample's."""

    variance: float
    df: float


@dataclass(frozen=True)
class Points:
    """Points with their error; None where it can't be known. Never outside of what can be reached."""

    value: float
    standard_error: float | None
    low: float | None
    high: float | None


def limits(figure: Estimate) -> tuple[float, float]:
    """The limits of a fraction, 0 and 1 where they aren't known."""
    return (0.0 if figure.low is None else figure.low, 1.0 if figure.high is None else figure.high)


def spread(
    design: Design,
    measures: Sequence[Measure],
    slopes: Sequence[float],
    domain: Any = None,
    of: Hashable = None,
) -> Spread:
    """The spread of Σ slope × figure, over N responses of one sample, or over those of one domain.

    measures  J shares, means or indices; slopes  J numbers
    domain    (N,) labels, `of` the one that is meant; None: the whole
    df as of a single figure with `variance="auto"`: PSUs less strata in which anybody answered, fewer where strata
    weigh unequally (Satterthwaite).
    """
    totals = psu_totals(design, measures, domain, None if domain is None else [of])
    linear = scores(totals, wholes(totals))
    total = linear.total @ np.asarray(slopes, np.float64)[:, None]
    one = replace(linear, total=total, count=linear.count.max(axis=1, keepdims=True))
    by_stratum = strata(one)
    variance = direct(one, by_stratum)
    df = satterthwaite(one, by_stratum, degrees_of_freedom(one, by_stratum))
    return Spread(float(variance[0, 0]), float(df[0, 0]))


def independent(spreads: Sequence[Spread]) -> Spread:
    """The spread of a sum over samples that were drawn apart; df by Welch 1947 and Satterthwaite 1946."""
    variance = sum(one.variance for one in spreads)
    squares = sum(one.variance**2 / one.df for one in spreads if one.df > 0)
    if squares > 0:
        return Spread(variance, variance**2 / squares)
    return Spread(variance, min((one.df for one in spreads), default=0.0))


def points(base: float, terms: Sequence[Anchored], spread: Spread | None = None, level: float = 0.95) -> Points:
    """The points of a part, or of a sum of parts.

    base    what all anchors at their floor give
    spread  of Σ slope × figure over all terms; not needed of a single one, whose limits are those of its figure

    Of several: value ± t(df)·se. A figure that nobody or everybody gave (0 or 1) shows no variance, but may be off
    by as far as its own limit says; that much is added on its side.
    """
    least, most = base, base + sum(term.weight for term in terms)
    value = base + sum(term.points for term in terms)
    if len(terms) == 1:
        return _single(base, value, terms[0])
    if spread is None or not np.isfinite(spread.variance) or (spread.variance > 0 and spread.df <= 0):
        return Points(value, None, None, None)
    error = float(np.sqrt(max(spread.variance, 0.0)))
    half = float(t_quantile(np.array(spread.df), level)) * error if error > 0 else 0.0
    below = half + sum(max(term.points - _least(term), 0.0) for term in terms if _at_an_edge(term))
    above = half + sum(max(_most(term) - term.points, 0.0) for term in terms if _at_an_edge(term))
    return Points(value, error, max(least, value - below), min(most, value + above))


def _single(base: float, value: float, term: Anchored) -> Points:
    figure = term.figure
    error = None if figure.standard_error is None else abs(term.slope) * figure.standard_error
    if figure.low is None or figure.high is None:
        return Points(value, error, None, None)
    return Points(value, error, base + _least(term), base + _most(term))


def _least(term: Anchored) -> float:
    return min(term.of(limit) for limit in limits(term.figure))


def _most(term: Anchored) -> float:
    return max(term.of(limit) for limit in limits(term.figure))


def _at_an_edge(term: Anchored) -> bool:
    return term.figure.estimate in (0.0, 1.0) and not term.figure.standard_error

"""Differences: of two domains, of two waves, of a unit and all others; and which of many are told apart.

    D = p_b − p_a,  v_D = v_a + v_b − 2 C      (Wolter 2007, § 6.5; R's svyby(covmat=TRUE), svycontrast)

Two waves are two domains of one stacked file. Where the villages were kept, their (stratum, PSU) labels stay equal
and the covariance counts; where villages were drawn anew, cross the stratum with the wave, or a false one appears.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import numpy as np

from analysis.design import Bools, Design, Floats, Ints, Labels, code
from analysis.estimate import Table, Variance, auto_pooled, tabulate
from analysis.interval import adjusted_n, clopper_pearson, t_quantile, two_sided
from analysis.pooled import Intraclass, edges, intraclass
from analysis.totals import ROUNDING, Measured, Measures, Totals, psu_totals, regrouped
from analysis.variance import covariance, is_share, is_total, meeting, scores, strata, wholes


class Rest(Enum):
    """The other side of a comparison: all rows in any other domain."""

    REST = "rest"


REST = Rest.REST
Group = Literal["above", "not_apart", "below"]


@dataclass(frozen=True, slots=True)
class Difference:
    """estimate = to − from, in the unit of the measure (0.05 is 5 points of a percentage); None can't be known.

    standard_error is by the formula. Where a side has no event or all events its own variance says nothing;
    limits and p then use the distance to its exact bound (Newcombe 1998; Zou & Donner 2008). n: answers of both.
    """

    item: str
    value: str | None
    from_: Hashable
    to: Hashable
    estimate: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    df: int
    p: float | None
    n: int
    variance: Literal["direct", "pooled"]


def difference(
    design: Design,
    measure: Measured,
    domain: Any,
    a: Hashable,
    b: Hashable | Rest,
    *,
    within: Any = None,
    level: float = 0.95,
    variance: Variance = "direct",
) -> Difference:
    """Domain `b` minus domain `a` of one measure.

    domain  (N,) labels, as in `estimate`; b may be REST
    within  (N,) truth: only these rows, the design kept
    variance  as in `estimate`; "auto" is pooled for both where either is too thin for its own
    """
    coded = code(domain)
    if within is not None:
        coded = Labels(coded.levels, np.where(np.asarray(within, dtype=bool), coded.codes, -1))
    totals = psu_totals(design, [measure], coded)
    return contrasts(totals, [(a, b)], level, variance)[0]


def against_rest(
    design: Design,
    measures: Measures,
    domain: Any,
    *,
    domains: Sequence[Hashable] | None = None,
    level: float = 0.95,
    variance: Variance = "auto",
) -> list[Difference]:
    """Each domain minus all others together: K·G records, by measure, then domain; `to` is the domain.

    A unit is a part of the province: it is tested against the rest, D = (1 − W)(unit − rest) being the same test.
    """
    totals = psu_totals(design, measures, domain, domains)
    found = contrasts(totals, [(REST, label) for label in totals.domains], level, variance)
    return [found[g * len(measures) + k] for k in range(len(measures)) for g in range(len(totals.domains))]


def contrasts(
    totals: Totals, pairs: Sequence[tuple[Hashable | Rest, Hashable | Rest]], level: float, variance: Variance
) -> list[Difference]:
    """The difference of each (from, to) for all K measures: pair by pair."""
    alike: Intraclass | None = None
    if variance != "direct":
        whole = wholes(totals)
        linear = scores(totals, whole)
        alike = intraclass(totals, whole, linear, strata(linear))
    place = {label: g for g, label in enumerate(totals.domains)}
    found: list[Difference] = []
    for pair in pairs:
        found += _contrast(totals, _sides(place, pair), pair, level, variance, alike)
    return found


def _sides(place: dict[Hashable, int], pair: tuple[Hashable | Rest, Hashable | Rest]) -> Ints:
    """(G,) 0 for the domain that is `from`, 1 for `to`, −1 for others; an unknown label has no row."""
    sides = np.full(len(place), -1, np.int64)
    for side in (0, 1):
        if pair[side] is REST:
            sides[:] = side
    for side in (0, 1):
        if pair[side] is not REST and pair[side] in place:
            sides[place[pair[side]]] = side
    return sides


def _contrast(
    totals: Totals,
    sides: Ints,
    pair: tuple[Hashable | Rest, Hashable | Rest],
    level: float,
    variance: Variance,
    alike: Intraclass | None,
) -> list[Difference]:
    two = regrouped(totals, sides, ["from", "to"])
    table = tabulate(two, "wald", level)
    K = len(two.measures)
    matrix = np.stack([covariance(table.scores, k) for k in range(K)]) if K else np.zeros((0, 2, 2))
    v, shared = table.variance, 2 * matrix[:, 0, 1]
    df = _union_df(table)
    use = np.zeros(K, bool)
    n_eff = table.n_eff_or_n
    if alike is not None:
        thin: Bools = auto_pooled(table) if variance == "auto" else np.ones((2, K), bool)
        use = np.any(thin, axis=0) & ~is_total(two)
        pooled = tabulate(two, "wald", level, "pooled", alike)
        v, df = np.where(use, pooled.variance, v), np.where(use, alike.df, df)
        n_eff = np.where(use, pooled.n_eff_or_n, n_eff)
        apart = np.array([not meeting(table.scores, k)[0, 1] for k in range(K)], bool)
        shared = np.where(use & apart, 0.0, shared)
    p, n = table.whole.estimate, table.whole.count
    D, v_D = p[1] - p[0], v[0] + v[1] - shared
    v_D = np.where(np.abs(v_D) <= ROUNDING * (v[0] + v[1]), 0.0, np.where(v_D > 0, v_D, v[0] + v[1]))
    error = np.sqrt(v_D)
    t = t_quantile(df, level)
    low, high = D - t * error, D + t * error
    with np.errstate(all="ignore"):
        p_value = two_sided(D / error, df)
    edge = edges(two, table.whole)
    if edge.any():
        below, above = _reach(p, v, n, n_eff, df, level, edge)
        lower, upper = np.hypot(below[1], above[0]), np.hypot(above[1], below[0])
        at = edge.any(0)
        low, high = np.where(at, D - lower, low), np.where(at, D + upper, high)
        with np.errstate(all="ignore"):
            p_value = np.where(at, two_sided(D * t / np.where(D > 0, lower, upper), df), p_value)
        bounded = is_share(two)
        low, high = (
            np.where(bounded & at, np.maximum(low, -1), low),
            np.where(bounded & at, np.minimum(high, 1), high),
        )
    names = [label.value if isinstance(label, Rest) else label for label in pair]
    return [
        Difference(
            item, value, names[0], names[1], _null(D[k]), _null(error[k]), _null(low[k]), _null(high[k]),
            int(df[k]), _null(p_value[k]), int(n[:, k].sum()), "pooled" if use[k] else "direct",
        )
        for k, (item, value, _) in enumerate(two.measures)
    ]  # fmt: skip


def _reach(
    p: Floats, v: Floats, n: Floats, n_eff: Floats, df: Floats, level: float, edge: Bools
) -> tuple[Floats, Floats]:
    """(2, K) how far each side's limits lie below and above it: t·se, at 0 and 1 the exact bound."""
    half = t_quantile(df, level) * np.sqrt(v)
    df2 = np.broadcast_to(df, p.shape)
    low, high = clopper_pearson(p, np.where(df2 > 0, adjusted_n(n, n_eff, df2, level), np.nan), level)
    return np.where(edge, p - low, half), np.where(edge, high - p, half)


def _union_df(table: Table) -> Floats:
    """(K,) PSUs minus strata where a row of either side answered."""
    linear, frame = table.scores, table.totals.frame
    psus = np.zeros((len(frame.stratum), linear.count.shape[1]))
    if linear.square is None:
        np.maximum.at(psus, linear.psu, linear.psus)
    else:  # a row is on one side
        np.add.at(psus, linear.psu, linear.psus)
    strata_met = np.zeros((len(frame.sampled), psus.shape[1]))
    np.maximum.at(strata_met, frame.stratum, np.minimum(psus, 1))
    df: Floats = psus.sum(0) - strata_met.sum(0)
    return df


def _null(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def holm(p: Sequence[float | None], family: int | None = None) -> list[float | None]:
    """p adjusted for many tests (Holm 1979), of a family of that many; one without p is no test."""
    tests = sorted((value, place) for place, value in enumerate(p) if value is not None)
    size = max(family or 0, len(tests))
    adjusted: list[float | None] = [None] * len(p)
    least = 0.0
    for rank, (value, place) in enumerate(tests):
        least = max(least, min(1.0, (size - rank) * value))
        adjusted[place] = least
    return adjusted


def groups(differences: Sequence[Difference], level: float = 0.95, family: int | None = None) -> list[Group]:
    """Three groups by the test corrected for all of them (Holm): above, not told apart, below.

    family: how many tests stand together; as many as there are differences with a p unless given.
    """
    adjusted = holm([one.p for one in differences], family)
    return [
        "not_apart"
        if p is None or p > 1 - level or one.estimate is None or one.estimate == 0
        else ("above" if one.estimate > 0 else "below")
        for one, p in zip(differences, adjusted, strict=True)
    ]

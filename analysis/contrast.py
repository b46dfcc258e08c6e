"""Differences: of two domains, of two waves, of a unit and all others; and which of many are told apart.

One test stands behind every verdict, that of `analysis.effective`. What a page needs of a `Difference`:

    p                   None: not tested, because nobody answered, nobody differs, or no domain has two villages
    estimate, low, high  to − from, its interval; against the rest there is none (print the domain's own)
    standard_error      under the test: that of the difference if there were none; `least`, 3.5 times it, is about
                        the least difference that can be seen
    rho, pool           how alike neighbours are, and from how many villages that is known; None, 0 if not pooled
    villages            of either side with answers: (from, to)
    groups(differences, family=…)  above, signs_above, not_apart, signs_below, below, None (not tested): by `holm`
                        over the family, signs by `benjamini_hochberg` at 20 %

"direct" is the linearised difference as R computes it, without any pool:

    D = p_b − p_a,  v_D = v_a + v_b − 2 C      (Wolter 2007, § 6.5; R's svyby(covmat=TRUE), svycontrast)

Two waves are two domains of one stacked file. If the villages are the same, their (stratum, PSU) labels stay equal
and the covariance counts; if they were drawn again, cross the stratum with the wave, or a false one appears.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import numpy as np

from analysis.design import Bools, Design, Floats, Ints, Labels, code
from analysis.effective import LEAST, Effective, effective
from analysis.estimate import ENOUGH_DF, VARIANCES, Table, Variance, auto_pooled, tabulate
from analysis.interval import t_quantile, two_sided
from analysis.measure import Measure, Measures
from analysis.sums import ROUNDING
from analysis.totals import Totals, by_domain, psu_totals, regrouped
from analysis.variance import between, covariance, is_share, is_total, satterthwaite, strata


class Rest(Enum):
    """The other side of a comparison: all rows in any other domain."""

    REST = "rest"


REST = Rest.REST
Group = Literal["above", "signs_above", "not_apart", "signs_below", "below"]
Pair = tuple[Hashable | Rest, Hashable | Rest]
NOTHING = 1e-9  # a smaller difference is rounding
SIGNS = 0.2  # of the domains with signs, on average at most so many are marked by chance


@dataclass(frozen=True, slots=True)
class Difference:
    """estimate = to − from, in the unit of the measure (0.05 is 5 points of a percentage); None can't be known.

    n: answers of both sides. flags: no_interval (no limits: a side is the rest, or nothing shows how far chance
    goes; then p is None too), none (no event on either side), all (nothing but events), check (direct, df < 8).
    p is never 0, an interval never of width 0.
    """

    item: str
    value: str | None
    from_: Hashable
    to: Hashable
    estimate: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    df: float
    p: float | None
    n: int
    variance: Literal["direct", "pooled"]
    flags: tuple[str, ...] = ()
    rho: float | None = None
    pool: int = 0
    villages: tuple[int, int] = (0, 0)

    @property
    def least(self) -> float | None:
        """About the least difference that the test can see."""
        return None if self.standard_error is None else 3.5 * self.standard_error


def difference(
    design: Design,
    measure: Measure,
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
    variance  as in `contrasts`
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
    withheld: Bools | None = None,
) -> list[Difference]:
    """Each domain minus all others together: K·G records, by measure, then domain; `to` is the domain.

    A unit is a part of the province: it is tested against the rest, D = (1 − W)(unit − rest) being the same test.

    withheld  (G, K) secret figures: they are neither tested nor part of the rest
    """
    totals = psu_totals(design, measures, domain, domains)
    totals = totals if withheld is None else totals.without(withheld)
    differences = contrasts(totals, [(REST, label) for label in totals.domains], level, variance)
    return [differences[g * len(measures) + k] for k in range(len(measures)) for g in range(len(totals.domains))]


@dataclass(frozen=True)
class _Contrasts:
    """S pairs by K measures; NaN where nothing is known."""

    estimate: Floats
    error: Floats
    low: Floats
    high: Floats
    df: Floats
    p: Floats
    n: Floats
    none: Bools
    every: Bools
    villages_from: Floats
    villages_to: Floats


def contrasts(totals: Totals, pairs: Sequence[Pair], level: float, variance: Variance) -> list[Difference]:
    """The difference of each (from, to) for all K measures: pair by pair. All domains and pairs stand together.

    variance  "pooled": the test of `analysis.effective`, its ρ from all domains of the totals, what common
              villages share from all pairs; "direct": each pair by itself; "auto": pooled, but two domains alone
              whose own variances aren't too thin are direct, with Satterthwaite's degrees of freedom. Totals are
              always direct. If only two domains have answers, the rest is the other one.
    """
    if variance not in VARIANCES:
        raise ValueError(f"variance is one of {', '.join(VARIANCES)}, not {variance!r}")
    if not pairs:
        return []
    answered = np.flatnonzero(by_domain(totals, totals.sums.count).any(1))
    place, rest = _sides(totals.domains, pairs, answered)
    use = np.broadcast_to((variance != "direct") & ~is_total(totals), (len(pairs), len(totals.measures)))
    if variance == "auto" and len(answered) == 2:
        use = use & auto_pooled(tabulate(totals))[answered].any(0)

    pool = effective(totals) if use.any() else None
    result = None if pool is None else _pooled(pool, place, rest, level)
    if result is None or not use.all():
        direct = _direct(totals, place, rest, level, variance == "auto")
        parts = zip(vars(result or direct).values(), vars(direct).values(), strict=True)
        result = _Contrasts(*(np.where(use, one, other) for one, other in parts))
    return _records(totals, pairs, result, use, pool)


def _sides(domains: Sequence[Hashable], pairs: Sequence[Pair], answered: Ints) -> tuple[Ints, Bools]:
    """(S, 2) the place of each side's domain, −1 for one that is unknown; and where a side is all others."""
    at = {label: g for g, label in enumerate(domains)}
    place = np.array([[at.get(side, -1) for side in pair] for pair in pairs], np.int64).reshape(-1, 2)
    rest = np.array([[side is REST for side in pair] for pair in pairs], bool).reshape(-1, 2)
    place = np.where(rest, place[:, ::-1], place)
    if len(answered) == 2:  # the rest is the other one
        alone = rest & np.isin(place, answered)
        place, rest = np.where(alone, answered.sum() - place, place), rest & ~alone
    return place, rest


def _pooled(pool: Effective, place: Ints, rest: Bools, level: float) -> _Contrasts:
    """By effective answers. Against the rest no limits: the variance is that of no difference."""
    a, b = (pool.side(place[:, side], rest[:, side]) for side in (0, 1))
    shared = np.zeros_like(a.p)
    pairs = np.flatnonzero(~rest.any(1) & (place >= 0).all(1))
    shared[pairs] = pool.shared(*place[pairs].T)
    test = pool.test(a, b, shared)
    error = np.sqrt(test.variance)
    half = np.where((rest[:, 0] | rest[:, 1])[:, None], np.nan, t_quantile(test.df, level) * error)
    bound, D = np.where(is_share(pool.totals), 1.0, np.inf), test.difference
    return _Contrasts(
        D, error, np.maximum(D - half, -bound), np.minimum(D + half, bound), test.df, test.p,
        a.count + b.count, a.events + b.events == 0, a.full + b.full == a.count + b.count, a.villages, b.villages,
    )  # fmt: skip


def _direct(totals: Totals, place: Ints, rest: Bools, level: float, satterthwaites: bool) -> _Contrasts:
    """Each pair by itself, as R."""
    result = [_contrast(totals, *pair, level, satterthwaites) for pair in zip(place, rest, strict=True)]
    return _Contrasts(*(np.stack(part) for part in zip(*(vars(one).values() for one in result), strict=True)))


def _contrast(totals: Totals, place: Ints, rest: Bools, level: float, satterthwaites: bool) -> _Contrasts:
    """One pair; arrays are (K,). A variance of 0 doesn't say how far chance goes: no limits, no p."""
    sides = np.full(len(totals.domains), -1, np.int64)
    for side in (0, 1):
        if rest[side] and place[side] >= 0:
            sides[:] = side
    for side in (0, 1):
        if not rest[side] and place[side] >= 0:
            sides[place[side]] = side
    two = regrouped(totals, sides, ["from", "to"])
    table = tabulate(two, "wald", level)
    shared = np.array([2 * covariance(table.scores, k)[0, 1] for k in range(len(two.measures))])
    df, p, v = _union_df(table), table.whole.estimate, table.variance
    D, v_D = p[1] - p[0], v[0] + v[1] - shared
    v_D = np.where(np.abs(v_D) <= ROUNDING * (v[0] + v[1]), 0.0, np.where(v_D > 0, v_D, v[0] + v[1]))
    if satterthwaites:
        one = between(table.scores)
        df = np.where(is_total(two), df, satterthwaite(one, strata(one), df)[0])
    error, known = np.sqrt(v_D), (v_D > 0) & (df > 0)
    with np.errstate(all="ignore"):
        p_value = np.where(known, np.maximum(two_sided(D / error, df), LEAST), np.nan)
        half = np.where(known, t_quantile(df, level) * error, np.nan)
    n, events, full = (part.sum(0) for part in (table.whole.count, table.whole.events, table.whole.full))
    return _Contrasts(
        D, error, D - half, D + half, df, p_value, n, events == 0, full == n, *by_domain(two, two.psus)
    )  # fmt: skip


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


def _records(
    totals: Totals, pairs: Sequence[Pair], result: _Contrasts, use: Bools, pool: Effective | None
) -> list[Difference]:
    share = is_share(totals)
    marks = {
        "no_interval": ~np.isfinite(result.low),
        "none": share & (result.n > 0) & result.none,
        "all": share & (result.n > 0) & result.every,
        "check": ~use & (result.df < ENOUGH_DF),
    }
    estimate, error, low, high, p = map(_nulls, (result.estimate, result.error, result.low, result.high, result.p))
    none: Floats = np.zeros(len(totals.measures))
    rho, villages = (none, none) if pool is None else (pool.rho, pool.villages)
    return [
        Difference(
            item, value, _name(from_), _name(to), estimate[s][k], error[s][k], low[s][k], high[s][k],
            _whole(result.df[s, k]), p[s][k], int(result.n[s, k]),
            "pooled" if use[s, k] else "direct", tuple(name for name, mark in marks.items() if mark[s, k]),
            float(rho[k]) if use[s, k] else None, int(villages[k]) if use[s, k] else 0,
            (int(result.villages_from[s, k]), int(result.villages_to[s, k])),
        )
        for s, (from_, to) in enumerate(pairs)
        for k, (item, value, _) in enumerate(totals.measures)
    ]  # fmt: skip


def _name(side: Hashable | Rest) -> Hashable:
    return side.value if isinstance(side, Rest) else side


def _whole(number: float) -> float:
    return int(number) if float(number).is_integer() else float(number)


def _nulls(numbers: Floats) -> list[list[float | None]]:
    """The numbers, None for what is not known."""
    listed = numbers.astype(object)
    listed[~np.isfinite(numbers)] = None
    found: list[list[float | None]] = listed.tolist()
    return found


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


def benjamini_hochberg(p: Sequence[float | None], share: float = SIGNS, family: int | None = None) -> list[bool]:
    """Which of many tests are marked so that on average at most this share of them is by chance (1995). p, family
    as in `holm`."""
    tests = sorted((value, place) for place, value in enumerate(p) if value is not None)
    size = max(family or 0, len(tests))
    last = max((rank for rank, (value, _) in enumerate(tests, 1) if value <= share * rank / size), default=0)
    marked = {place for _, place in tests[:last]}
    return [place in marked for place in range(len(p))]


def groups(
    differences: Sequence[Difference], level: float = 0.95, family: int | None = None
) -> list[Group | None]:
    """What may be said of each: above or below by the test corrected for all of them (`holm`); signs of it by
    `benjamini_hochberg`; not told apart; None if nothing was tested.

    family: how many tests stand together; as many as there are differences with a p unless given.
    """
    p = [one.p for one in differences]
    adjusted, signs = holm(p, family), benjamini_hochberg(p, family=family)
    return [
        _group(one.estimate, own, level, sign) for one, own, sign in zip(differences, adjusted, signs, strict=True)
    ]


def _group(estimate: float | None, p: float | None, level: float, signs: bool) -> Group | None:
    if p is None or estimate is None:
        return None
    if abs(estimate) < NOTHING or not (signs or p <= 1 - level):
        return "not_apart"
    if p <= 1 - level:
        return "above" if estimate > 0 else "below"
    return "signs_above" if estimate > 0 else "signs_below"

"""Estimates of every measure in every domain, with standard error, interval, design effect and flags."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from analysis.design import Bools, Design, DesignError, Floats, code, is_blank
from analysis.interval import INTERVALS, Interval, adjusted_n, clopper_pearson, logit, proportion_limits, wald
from analysis.measure import Measure, Measures, Statistic
from analysis.pooled import Intraclass, Pooled, edges, finite, intraclass, joined_df, most, people, pooled
from analysis.totals import Totals, psu_totals
from analysis.variance import (
    Scores,
    Strata,
    Whole,
    degrees_of_freedom,
    direct,
    is_share,
    is_total,
    satterthwaite,
    scores,
    strata,
    wholes,
)

Variance = Literal["direct", "pooled", "auto"]
VARIANCES: tuple[Variance, ...] = ("direct", "pooled", "auto")
ENOUGH_DF = 8  # below: a variance of its own is too uncertain (NCHS, Parker et al. 2017)
ENOUGH_EVENTS = 10
ENOUGH_ANSWERS = 30
FEWEST_EVENTS = 3  # of a sensitive item; fewer are called "under 3"
CELLS_AT_ONCE = 3_000_000  # numbers of one (C, K) array: without PSUs, C is the rows of the file


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure. What can't be known is None, and a flag says why; NaN never leaves.

    estimate, limits: fractions for proportions and the index; standard_error in the same unit. n: people who
    answered; n_eff: the simple random sample that would tell as much. flags: few (n or n_eff < 30), wide (NCHS
    width rule), check (df < 8), no_interval, none (no event), all. events: answered rows with a score above 0;
    weight_sum: people whom the answered rows stand for.
    """

    item: str
    value: str | None
    domain: Hashable
    statistic: Statistic
    estimate: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    df: float
    deff: float | None
    n: int
    n_eff: float | None
    variance: Literal["direct", "pooled"]
    flags: tuple[str, ...]
    events: int
    weight_sum: float


@dataclass(frozen=True)
class Table:
    """The estimates of K measures in G domains as arrays (G, K); NaN where a figure can't be known."""

    totals: Totals
    whole: Whole
    level: float
    scores: Scores
    variance: Floats
    low: Floats
    high: Floats
    df: Floats
    direct_df: Floats
    deff: Floats
    n_eff: Floats
    pooled: Bools  # which variances are pooled

    @cached_property
    def standard_error(self) -> Floats:
        """(G, K)"""
        return np.sqrt(self.variance)

    @cached_property
    def people(self) -> Floats:
        """(G, K) who answered."""
        return people(self.totals, self.whole)

    @cached_property
    def wide(self) -> Bools:
        """(G, K) proportions too wide to present (NCHS: Parker et al. 2017), by the 95 % capped interval."""
        p, n = self.whole.estimate, most(self.totals, self.whole)
        low, high = clopper_pearson(p, adjusted_n(n, self.n_eff_or_n, self.df, 0.95), 0.95)
        width = high - low
        with np.errstate(all="ignore"):
            relative = width / p
        return (width >= 0.30) | ((width > 0.05) & (relative > 1.30))

    @cached_property
    def n_eff_or_n(self) -> Floats:
        """(G, K) the effective size, where the variance says nothing the largest that it can be."""
        return np.where(np.isfinite(self.n_eff), self.n_eff, most(self.totals, self.whole))

    def records(self) -> list[Estimate]:
        """The estimates one by one: by measure, then by domain."""
        whole, totals = self.whole, self.totals
        columns = [
            _nulls(part)
            for part in (whole.estimate, self.standard_error, self.low, self.high, self.deff, self.n_eff)
        ]
        estimate, error, low, high, deff, n_eff = columns
        n, events = (part.astype(np.int64).T.tolist() for part in (self.people, whole.events))
        df = [[int(one) if one.is_integer() else one for one in row] for row in np.nan_to_num(self.df).T.tolist()]
        weight, pooled, flags = whole.weight.T.tolist(), self.pooled.T.tolist(), self._flags()
        return [
            Estimate(
                *measure[:2], domain, measure[2],
                estimate[k][g], error[k][g], low[k][g], high[k][g], df[k][g], deff[k][g], n[k][g], n_eff[k][g],
                "pooled" if pooled[k][g] else "direct", flags[k][g], events[k][g], weight[k][g],
            )
            for k, measure in enumerate(totals.measures)
            for g, domain in enumerate(totals.domains)
        ]  # fmt: skip

    def _flags(self) -> list[list[tuple[str, ...]]]:
        n, share = self.people, is_share(self.totals)
        proportion = self.totals.has("proportion")
        counted = share | is_total(self.totals)
        marks = {
            "few": (most(self.totals, self.whole) < ENOUGH_ANSWERS)
            | (proportion & (self.n_eff_or_n < ENOUGH_ANSWERS)),
            "wide": proportion & (self.low < self.high) & self.wide,
            "check": self.direct_df < ENOUGH_DF,
            "no_interval": ~(np.isfinite(self.low) & np.isfinite(self.high)),
            "none": counted & (n > 0) & (self.whole.events == 0),
            "all": share & (n > 0) & (self.whole.full == self.whole.count),
        }
        bits = sum(np.where(mark, 1 << place, 0) for place, mark in enumerate(marks.values()))
        named = [
            tuple(name for place, name in enumerate(marks) if bit >> place & 1) for bit in range(1 << len(marks))
        ]
        return [[named[bit] for bit in row] for row in np.asarray(bits).T.tolist()]


def _nulls(values: Floats) -> list[list[float | None]]:
    known = np.isfinite(values)
    columns: list[list[float | None]] = np.where(known, values, 0.0).T.tolist()
    if known.all():
        return columns
    return [
        [number if is_known else None for number, is_known in zip(row, mask, strict=True)]
        for row, mask in zip(columns, known.T.tolist(), strict=True)
    ]


def tabulate(
    totals: Totals,
    interval: Interval = "korn-graubard",
    level: float = 0.95,
    variance: Variance = "direct",
    alike: Intraclass | None = None,
    withheld: Bools | None = None,
) -> Table:
    """All estimates of the totals as arrays; nothing here is as long as the file.

    alike     the pooled intraclass correlation if it comes from other domains than these
    withheld  (G, K) as in `estimate`
    """
    if interval not in INTERVALS:
        raise ValueError(f"interval is one of {', '.join(INTERVALS)}, not {interval!r}")
    if variance not in VARIANCES:
        raise ValueError(f"variance is one of {', '.join(VARIANCES)}, not {variance!r}")
    if not 0 < level < 1:
        raise ValueError("level lies between 0 and 1")
    whole = wholes(totals)
    linear = scores(totals, whole)
    by_stratum = strata(linear)
    own_df = degrees_of_freedom(linear, by_stratum)
    known = _direct(totals, whole, linear, by_stratum, own_df, variance == "auto")
    use = np.zeros(own_df.shape, bool)
    if variance != "direct" or withheld is not None:
        shared = pooled(totals, whole, alike or intraclass(totals, whole, linear, by_stratum, withheld))
        thin = _thin(totals, whole, own_df) if variance == "auto" else np.full(use.shape, variance == "pooled")
        wanted = thin if withheld is None else thin | withheld
        use = wanted & ~is_total(totals) & (whole.count > 0)
        known = known.pooled(use, shared)
        bare = use & (known.df <= 0) & edges(totals, whole) & (True if withheld is None else ~withheld)
        if bare.any():  # no domain has two PSUs: none or all are bounded by those of all domains together
            known = replace(known, df=np.where(bare, joined_df(totals), known.df))
    empty = whole.count == 0
    v, df = np.where(empty, np.nan, known.variance), np.where(empty, 0.0, known.df)
    low, high = _limits(totals, whole, replace(known, variance=v, df=df), interval, level, withheld)
    unknown = empty | (df <= 0) | np.isnan(v)
    low, high = np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
    if totals.frame.single_stage:  # everybody there was asked, and nothing is left to chance
        everybody = ~empty & (finite(totals) == 0) & (v == 0)
        low, high = np.where(everybody, whole.estimate, low), np.where(everybody, whole.estimate, high)
    n_eff = np.where(empty, np.nan, known.n_eff)
    return Table(totals, whole, level, linear, v, low, high, df, own_df, known.deff, n_eff, use)


@dataclass(frozen=True)
class _Precision:
    """How well the figures are known; all arrays are (G, K)."""

    variance: Floats
    deff: Floats
    n_eff: Floats
    exact: Floats  # the effective size for exact limits: infinite for a share that no PSU differs from
    df: Floats

    def pooled(self, use: Bools, shared: Pooled) -> _Precision:
        """With what the pooled intraclass correlation makes of the figures in `use`."""
        return _Precision(
            np.where(use, shared.variance, self.variance),
            np.where(use, shared.deff, self.deff),
            np.where(use, shared.n_eff, self.n_eff),
            np.where(use, shared.n_eff, self.exact),
            np.where(use, shared.df, self.df),
        )


def _direct(
    totals: Totals, whole: Whole, linear: Scores, by_stratum: Strata, own_df: Floats, strict: bool
) -> _Precision:
    """By each domain's own variance.

    strict  with Satterthwaite's degrees of freedom: a variance may lean on a few strata that weigh much
    """
    n, edge = people(totals, whole), edges(totals, whole)
    v = direct(linear, by_stratum)
    v = np.where(edge & np.isfinite(v), 0.0, v)
    zero = ~(v > 0)
    with np.errstate(all="ignore"):
        deff = v / whole.simple
        n_eff = np.where(edge, n, (whole.count - 1) / deff)  # a proportion: p(1 − p)/v
    exact = np.where(is_share(totals) & zero & ~edge & np.isfinite(v), np.inf, n_eff)
    exact = np.where(edge, most(totals, whole), exact)
    df = own_df
    if strict and not is_total(totals).all():
        df = np.where(is_total(totals), own_df, satterthwaite(linear, by_stratum, own_df))
    return _Precision(v, np.where((n < 2) | zero | edge, np.nan, deff), n_eff, exact, df)


def _limits(
    totals: Totals, whole: Whole, known: _Precision, interval: Interval, level: float, withheld: Bools | None
) -> tuple[Floats, Floats]:
    """(G, K) limits; of means, totals and ratios always those of t."""
    p, n, v, df = whole.estimate, most(totals, whole), known.variance, known.df
    low, high = wald(p, v, df, level)
    kinds: list[tuple[Statistic, Any]] = [("index", _index_limits), ("proportion", proportion_limits)]
    for statistic, limits in kinds:
        at = totals.has(statistic)
        if at.any():
            low[:, at], high[:, at] = limits(
                interval, p[:, at], v[:, at], n[:, at], known.exact[:, at], df[:, at], level
            )
    if withheld is not None:
        high = np.where(withheld & totals.has("proportion"), _most_of_few(n, known.n_eff, df, level), high)
    return low, high


def auto_pooled(table: Table) -> Bools:
    """(G, K) whose own variance is too thin: df < 8 or, for a share, fewer than 10 with or without the event. None
    where PSUs are people: nobody has neighbours whose likeness could be pooled."""
    return _thin(table.totals, table.whole, table.direct_df)


def _thin(totals: Totals, whole: Whole, df: Floats) -> Bools:
    rare = np.minimum(whole.events, whole.count - whole.events) < ENOUGH_EVENTS
    thin: Bools = (df < ENOUGH_DF) | (totals.has("proportion") & rare)
    return thin & (not totals.frame.single_stage)


def _most_of_few(n: Floats, n_eff: Floats, df: Floats, level: float) -> Floats:
    """(G, K) the upper limit of as many cases as "under 3" may be, whatever the method of the others."""
    with np.errstate(all="ignore"):
        share = np.minimum((FEWEST_EVENTS - 1) / n, 1.0)
    return clopper_pearson(share, adjusted_n(n, n_eff, df, level), level)[1]


def _index_limits(
    interval: Interval, p: Floats, v: Floats, n: Floats, n_eff: Floats, df: Floats, level: float
) -> tuple[Floats, Floats]:
    """Logit with t: pooled answers are not one 0/1 item, and Korn–Graubard came out far too wide for them."""
    if interval == "wald":
        return proportion_limits("wald", p, v, n, n_eff, df, level)
    low, high = logit(p, v, df, level)
    edge = (p <= 0) | (p >= 1)
    if edge.any():
        low[edge], high[edge] = clopper_pearson(p[edge], adjusted_n(n, n_eff, df, level)[edge], level)
    return low, high


def estimate(
    design: Design,
    measures: Measures,
    domain: Any = None,
    *,
    domains: Sequence[Hashable] | None = None,
    interval: Interval = "korn-graubard",
    level: float = 0.95,
    variance: Variance = "direct",
    withheld: Bools | None = None,
) -> list[Estimate]:
    """Estimates of K measures in G domains: K·G records, by measure, then by domain in the order of their labels.

    domain    (N,) labels; None: the whole. A blank label is in no domain; its PSU counts all the same
    domains   the labels wanted, in this order; one without rows gives a record with n 0
    interval  of proportions. Means, totals and ratios take t; the index takes logit with t
    variance  "direct": each domain's own; "pooled": the intraclass correlation pooled over domains; "auto":
              pooled where df < 8 or, for a proportion, fewer than 10 answers with or without the event; what stays
              direct has Satterthwaite's df, which are R's where strata weigh alike and fewer where they don't
    withheld  (G, K) secret figures, such as those under 3 cases: no other figure depends on them; their `high` is
              that of two cases, and their `high`, `df` and `variance` depend on n and the other figures alone
    """
    at_once = max(1, CELLS_AT_ONCE // max(len(design.frame.stratum), 1))
    records: list[Estimate] = []
    for start in range(0, len(measures), at_once):
        totals = psu_totals(design, measures[start : start + at_once], domain, domains)
        part = None if withheld is None else withheld[:, start : start + at_once]
        records += tabulate(totals, interval, level, variance, withheld=part).records()
    return records


def proportion(
    design: Design, values: Any, of: Collection[Hashable], domain: Any = None, *, item: str = "", **options: Any
) -> list[Estimate]:
    """The share of people whose value is in `of`, overall or in each domain; `options` are those of `estimate`.

    values  (N,) codes or labels; None, NaN, NA and the empty text are not answered
    DesignError: a value that occurs nowhere, which is a typing error rather than a share of 0. `Labels` may
    have levels that nobody chose.
    """
    coded = code(values)
    for unknown in sorted((one for one in of if one not in coded.levels), key=str):
        raise DesignError(
            "There is no value %(value)s. The values are: %(values)s.",
            value=repr(unknown),
            values=", ".join(map(repr, coded.levels[:20])) + (", …" if len(coded.levels) > 20 else ""),
        )
    wanted = frozenset(place for place, label in enumerate(coded.levels) if label in of)
    value = ",".join(str(one) for one in sorted(of, key=str))
    return estimate(design, [Measure.share(item, value, coded.codes, wanted, blank=-1)], domain, **options)


def mean(design: Design, values: Any, domain: Any = None, *, item: str = "", **options: Any) -> list[Estimate]:
    """The mean of a number (N,); NaN is not answered."""
    number, answered = _numbers(values)
    return estimate(design, [Measure.numbers(item, None, "mean", number, answered)], domain, **options)


def total(design: Design, values: Any, domain: Any = None, *, item: str = "", **options: Any) -> list[Estimate]:
    """The population total of a number (N,); NaN is not answered, and nothing is scaled up for it."""
    number, answered = _numbers(values)
    return estimate(design, [Measure.numbers(item, None, "total", number, answered)], domain, **options)


def ratio(
    design: Design, values: Any, base: Any, domain: Any = None, *, item: str = "", **options: Any
) -> list[Estimate]:
    """The ratio of two population totals; a row counts where neither (N,) number is NaN."""
    above, has_above = _numbers(values)
    below, has_below = _numbers(base)
    return estimate(
        design, [Measure.numbers(item, None, "ratio", above, below, has_above & has_below)], domain, **options
    )


def _numbers(values: Any) -> tuple[Floats, Bools]:
    array = np.asarray(values)
    if array.dtype == object:
        array = np.array([np.nan if is_blank(one) else one for one in array.tolist()])
    numbers = array.astype(np.float64)
    return np.nan_to_num(numbers), ~np.isnan(numbers)

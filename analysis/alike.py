"""Forms that agree more than two people who feel alike do: the ω of answer copying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

from analysis.design import Bools, Floats, Ints, code

Singles = NDArray[np.float32]
STRATA = 10  # of people by how they answer a scale on the whole
FAR = 4.5  # robust standard deviations above the middle of people who have nothing to do with each other
TOGETHER = 250  # people who are compared with each other at once
BLOCKS = 40  # of them, from which it is known how strangers agree
MOST = 2000  # rows of a group that are compared, since the work grows with the square
ONCE = 300  # people of a group, below which all its pairs are worked out at once
MANY = 0.02  # of the pairs: where so many are left, all are worked out at once
SURE = 0.01  # items by which a bound lies lower than it is, so that no rounding rules a pair out


@dataclass(frozen=True)
class Habits:
    """What people answer who feel alike: the probability of each level of each of K items, W levels in all.

    table        (N, K) levels from 1 on, 0 for a blank
    column       (W,) the item of each level, and `level` (W,) its number
    stratum      (N, B) how each person answers each of B scales on the whole
    block        (W,) the scale by which the probabilities of a level go
    probability  (STRATA, W)
    """

    table: NDArray[np.int8]
    column: Ints
    level: NDArray[np.int8]
    stratum: NDArray[np.int8]
    block: Ints
    probability: Singles

    def of(self, rows: Ints) -> tuple[Singles, Singles, Singles]:
        """Of R people, each (R, W): what they answered, how likely that was, and whether they answered at all."""
        own = self.table[rows][:, self.column]
        likely = self.probability[self.stratum[rows][:, self.block], np.arange(len(self.column))]
        return (own == self.level).astype(np.float32), likely, (own > 0).astype(np.float32)

    @cached_property
    def by_scale(self) -> Singles:
        """(B STRATA, W) the probabilities of the levels of one scale in one of its strata; elsewhere 0."""
        scales = self.stratum.shape[1]
        own = np.arange(scales)[:, None] == self.block
        probability: Singles = (own[:, None] * self.probability).reshape(scales * STRATA, -1)
        return probability

    @cached_property
    def chance(self) -> Singles:
        """(STRATA, K, 1 + levels) the probability of each level of an item, 0 of a blank."""
        chance = np.zeros((STRATA, self.table.shape[1], int(self.level.max(initial=0)) + 1), np.float32)
        chance[:, self.column, self.level] = self.probability
        return chance

    @cached_property
    def scale(self) -> Ints:
        """(K,) the scale by which an item's probabilities go."""
        scale = np.zeros(self.table.shape[1], np.int64)
        scale[self.column] = self.block
        return scale


def habits(table: Any, scales: Sequence[Any]) -> Habits:
    """From the answers of all.

    table   (N, K) levels from 1 on, 0 for a blank
    scales  items by their columns that have one scale: of them the person's mean tells what to expect; the first
            of them is the one that other items go by
    """
    answers = np.ascontiguousarray(table, np.int8)
    N, K = answers.shape
    own_scale = np.zeros(K, np.int64)
    for place, columns in enumerate(scales):
        own_scale[np.asarray(columns)] = place
    stratum = np.stack([_strata(answers[:, np.asarray(columns)]) for columns in scales], axis=1)
    pairs = [(k, value) for k in range(K) for value in np.flatnonzero(np.bincount(answers[:, k])[1:]) + 1]
    column = np.array([k for k, _value in pairs], np.int64)
    level = np.array([value for _k, value in pairs], np.int8)
    probability = np.zeros((STRATA, len(pairs)), np.float32)
    for k in range(K):
        here = np.flatnonzero(column == k)
        size = int(answers[:, k].max(initial=0)) + 1
        cell = stratum[:, own_scale[k]].astype(np.int64) * size + answers[:, k]
        counts = np.bincount(cell, minlength=STRATA * size).reshape(STRATA, size)[:, level[here]]
        overall = counts.sum(0) / max(counts.sum(), 1)
        # Each stratum leans a little on all people: no answer is impossible, none certain.
        probability[:, here] = (counts + 2 * overall) / (counts.sum(1, keepdims=True) + 2)
    return Habits(answers, column, level, stratum.astype(np.int8), own_scale[column], probability)


def _strata(answers: NDArray[np.int8]) -> Ints:
    """(N,) tenths of the people by their mean level; without an answer they count as the middle."""
    given = (answers > 0).sum(1)
    mean = np.where(given > 0, answers.sum(1, dtype=np.int64) / np.maximum(given, 1), np.nan)
    mean = np.where(given > 0, mean, np.nanmedian(mean) if (given > 0).any() else 0.0)
    edges = np.unique(np.quantile(mean, np.arange(1, STRATA) / STRATA)) if len(mean) else np.zeros(0)
    return np.searchsorted(edges, mean, side="right")


def omega(habits: Habits, rows: Ints) -> Singles:
    """(R, R) by how many standard deviations two people agree in more items than expected of people like them.

        ω_cs = (h_cs − Σ P_ck(u_sk))/√(Σ P_ck(u_sk) (1 − P_ck(u_sk)))

    h items in which both say the same, u what s said, P how likely c was to say so, over the items that both
    answered (Wollack 1997, Applied Psychological Measurement 21); the mean of both directions. Who says 5
    throughout agrees with everybody who does, and P says so: that is no evidence. NaN on the diagonal.
    """
    said, likely, answered = habits.of(rows)
    expected = (likely * answered) @ said.T
    variance = (likely * (1 - likely) * answered) @ said.T
    one_way = (said @ said.T - expected) / np.sqrt(np.maximum(variance, 1.0))
    both: Singles = ((one_way + one_way.T) / 2).astype(np.float32)
    np.fill_diagonal(both, np.nan)
    return both


def near(habits: Habits, rows: Ints, cut: float) -> Bools:
    """(R, R) which two people have an ω of at least `cut`: worked out only where a bound doesn't rule it out.

    Were no item blank, Σ P_ck(u_sk) would be a sum by the strata of c alone, B numbers of each s. What c left
    blank takes from it at most Σ max_u P_ck(u), from the variance at most the largest P (1 − P). ω is the mean of
    two directions, so one of them reaches the cut.
    """
    R = len(rows)
    if not np.isfinite(cut):
        return np.zeros((R, R), bool)
    if R < ONCE or cut <= 0:
        return omega(habits, rows) >= cut
    one, other = _possible(habits, rows, cut)
    if len(one) > MANY * R**2:
        return omega(habits, rows) >= cut
    ways = _one_way(habits, rows[one], rows[other]), _one_way(habits, rows[other], rows[one])
    found = np.zeros((R, R), bool)
    found[one, other] = sum(ways) / 2 >= cut
    return found | found.T


def _possible(habits: Habits, rows: Ints, cut: float) -> tuple[Ints, Ints]:
    """The pairs, each once, of which the bound of a direction reaches the cut."""
    R, B = len(rows), habits.stratum.shape[1]
    said = (habits.table[rows][:, habits.column] == habits.level).astype(np.float32)
    strata = np.zeros((R, B * STRATA + 1), np.float32)
    strata[np.arange(R)[:, None], np.arange(B) * STRATA + habits.stratum[rows]] = 1
    blank, of_item = habits.table[rows] == 0, (habits.stratum[rows][:, habits.scale], np.arange(len(habits.scale)))

    def least(probability: Singles, chance: Singles) -> Any:
        strata[:, -1] = -(blank * chance.max(2)[of_item]).sum(1) - SURE
        return strata @ np.vstack([probability @ said.T, np.ones((1, R), np.float32)])

    more = said @ said.T
    more -= least(habits.by_scale, habits.chance)
    np.square(np.maximum(more, 0, out=more), out=more)
    variance = least(habits.by_scale * (1 - habits.by_scale), habits.chance * (1 - habits.chance))
    np.maximum(variance, 1 - SURE, out=variance)
    variance *= cut**2
    who, whom = np.divmod(np.flatnonzero(more >= variance), R)
    pair = np.unique(np.minimum(who, whom) * R + np.maximum(who, whom))
    one, other = np.divmod(pair, R)
    return one[one < other], other[one < other]


def _one_way(habits: Habits, who: Ints, whom: Ints) -> Floats:
    """(P,) of pairs: the ω of `who` beside what `whom` said."""
    own, said = habits.table[who], habits.table[whom]
    likely = habits.chance[habits.stratum[who][:, habits.scale], np.arange(len(habits.scale)), said] * (own > 0)
    alike = ((own == said) & (own > 0)).sum(1)
    variance = np.maximum((likely * (1 - likely)).sum(1, dtype=np.float64), 1.0)
    found: Floats = (alike - likely.sum(1, dtype=np.float64)) / np.sqrt(variance)
    return found


@dataclass(frozen=True)
class Strangers:
    """How people agree who have nothing to do with each other: the ω from which on a pair counts, and the share of
    their pairs that do."""

    cut: float
    rate: float


def strangers(habits: Habits, seed: int = 1) -> Strangers:
    """From pairs of everybody with at most 249 others, or of 10,000 people so: the cut is 4.5 robust standard
    deviations above the median, by median and 84th percentile, so that copies among them don't hide themselves.
    Infinite with fewer than 30 people, or where nobody answered."""
    N = len(habits.table)
    if N < 30 or not len(habits.column):
        return Strangers(float("inf"), 0.0)
    mixed = np.random.default_rng(seed).permutation(N)[: BLOCKS * TOGETHER]
    blocks = (mixed[start : start + TOGETHER] for start in range(0, len(mixed), TOGETHER))
    found = [omega(habits, rows)[np.triu_indices(len(rows), 1)] for rows in blocks]
    together = np.concatenate(found)
    middle, upper = np.quantile(together, [0.5, 0.8413])
    cut = float(middle + FAR * (upper - middle))
    return Strangers(cut, float((together >= cut).mean()))


def fit(habits: Habits, at_once: int = 20_000) -> Floats:
    """(N,) how likely a person's answers are beside those of people who feel alike: the l_z of person fit.

        l_z = (Σ ln P_k(u_k) − Σ E_k)/√Σ V_k,  E_k = Σ_x P_k(x) ln P_k(x),  V_k = Σ_x P_k(x) ln² P_k(x) − E_k²

    over the items answered (Drasgow, Levine & Williams 1985). Far below 0: answers that hang together as nobody's.
    NaN where nothing is answered.
    """
    if not len(habits.column):
        return np.full(len(habits.table), np.nan)
    K = habits.table.shape[1]
    log = np.log(habits.probability)
    size = int(habits.level.max(initial=0)) + 1
    place = np.zeros((K, size), np.int64)
    place[habits.column, habits.level] = np.arange(len(habits.column))
    of_item = np.zeros((len(habits.column), K))
    of_item[np.arange(len(habits.column)), habits.column] = 1
    mean = (habits.probability * log) @ of_item  # (S, K)
    spread = np.maximum((habits.probability * log**2) @ of_item - mean**2, 0)
    fits = np.full(len(habits.table), np.nan)
    for start in range(0, len(fits), at_once):
        rows = slice(start, start + at_once)
        own, stratum = habits.table[rows], habits.stratum[rows][:, habits.scale]
        said = log[stratum, place[np.arange(K), own]] - mean[stratum, np.arange(K)]
        doubt = np.where(own > 0, spread[stratum, np.arange(K)], 0.0).sum(1)
        with np.errstate(all="ignore"):
            fits[rows] = np.where(doubt > 0, np.where(own > 0, said, 0.0).sum(1) / np.sqrt(doubt), np.nan)
    return fits


def more_than(close: Ints, compared: Ints, rate: float | None = None) -> tuple[Floats, Floats, float]:
    """Of G groups: close pairs on the scale on which they are nearly normal with variance 1, as more or fewer than
    expected; the expected pairs; and α, by which honest groups differ beside chance.

        y = (2/√α) (asinh √(α (k + 3/8)) − asinh √(α (μ + 3/8))),  2 (√(k + 3/8) − √(μ + 3/8)) for α = 0

    (Anscombe 1948 for a negative binomial with variance μ + α μ².) Rate and α are those of the 95% of groups with
    the fewest; α is at most 1, and 1 where `rate` comes from strangers. One odd person may resemble several.
    """
    expected: Floats
    share = close / np.maximum(compared, 1)
    usual = share <= np.quantile(share, 0.95, method="lower") if len(share) else np.zeros(0, bool)
    alpha = 1.0
    if rate is None:
        rate = float(close[usual].sum() / max(compared[usual].sum(), 1))
        expected = np.asarray(rate * compared)
        more = ((close - expected) ** 2 - close)[usual].sum()
        alpha = float(np.clip(more / max((expected[usual] ** 2).sum(), 1e-12), 0.0, 1.0))
    expected = np.asarray(rate * compared, np.float64)
    return _stable(close, alpha) - _stable(expected, alpha), expected, alpha


def _stable(count: Any, alpha: float) -> Floats:
    root: Floats = np.sqrt(count + 0.375)
    return 2 * root if alpha < 1e-6 else 2 / np.sqrt(alpha) * np.arcsinh(np.sqrt(alpha) * root)


@dataclass(frozen=True)
class Pairs:
    """Of G groups, each (G,): pairs that were compared, how many of them agree unusually, how many of these have
    no person in common, and how many people are in one; `member` (N,) whether a person is."""

    compared: Ints
    close: Ints
    apart: Ints
    people: Ints
    member: Bools

    @property
    def above(self) -> Floats:
        """(G,) P(so many pairs without a person in common) where the other groups' rate of them is this one's: an
        odd person who resembles ten makes ten pairs, and is one. Poisson, the rate with half a pair more."""
        others = self.compared.sum() - self.compared
        mean = (self.apart.sum() - self.apart + 0.5) / np.maximum(others, 1) * self.compared
        above: Floats = np.where(self.apart > 0, gammainc(np.maximum(self.apart, 1), mean), 1.0)
        return above


def disjoint(near: Bools) -> int:
    """How many pairs of an (n, n) symmetric table share no person, greedily: who has fewest goes first."""
    degree: Ints = near.sum(1)
    free: Bools = degree > 0
    found = 0
    while free.any():
        first = np.flatnonzero(free)[degree[free].argmin()]
        partners = np.flatnonzero(near[first] & free)
        free[first] = False
        if len(partners):
            second = partners[degree[partners].argmin()]
            free[second], found = False, found + 1
            degree = degree - near[first] - near[second]
    return found


def pairs(habits: Habits, group: Any, cut: float, place: Any = None, most: int = MOST) -> Pairs:
    """Counts the pairs within each group whose ω is at least `cut`.

    group  (N,) labels; of a group only the first `most` rows are compared
    place  (N,) labels: only pairs of two places count, for neighbours are alike
    """
    labels, places = code(group), None if place is None else code(place).codes
    G = len(labels.levels)
    compared, close, apart, people = (np.zeros(G, np.int64) for _each in range(4))
    member = np.zeros(len(habits.table), bool)
    order = np.argsort(labels.codes, kind="stable")
    starts = np.searchsorted(labels.codes[order], np.arange(G + 1))
    for g in range(G):
        rows = order[starts[g] : starts[g + 1]][:most]
        if len(rows) > 1:
            found = near(habits, rows, cut)
            compared[g] = len(rows) * (len(rows) - 1) // 2
            if places is not None:
                size = np.bincount(places[rows] + 1)
                compared[g] -= (size * (size - 1) // 2).sum()
                found &= places[rows][:, None] != places[rows]
            close[g] = found.sum() // 2
            apart[g] = disjoint(found) if close[g] else 0
            member[rows] |= found.any(1)
            people[g] = found.any(1).sum()
    return Pairs(compared, close, apart, people, member)

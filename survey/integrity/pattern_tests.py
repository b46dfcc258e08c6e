"""The tests of patterns, group by group: each takes numbers of people and their groups, and gives p values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtr

from analysis import alike, spread
from analysis.along import along
from analysis.design import Bools, Floats, Ints, Labels
from analysis.outlying import FEWEST, outlying
from analysis.rare import binomial
from survey.integrity import pattern_columns as columns
from survey.responses.respondents import Respondents

LEAST = 10  # forms of a group, below which it isn't tested
LEAST_VILLAGES = 5  # of a group, below which its villages aren't compared with each other
LEAST_DEGREES = 8
LEAST_DIGITS = 40  # numbers of a group, below which ten digits say nothing
FAR = 3.0  # of person fit, in standard deviations of the better half
BUSY_DF = 6.0  # of the busiest day: where two ask at once, or people meet, it is twice the usual one
MORE, EITHER = 1, 2  # sides of a test
LAST_DIGITS = 30  # values of a number, from which on its last digit is chance


@dataclass(frozen=True)
class Tests:
    """One check of all groups of a kind; arrays are (G,), NaN in p where nothing was tested.

    n         forms (of `villages`: villages; of `order`: neighbours; of `turned`: answers; of `digits`: numbers)
    seen, expected  what the check counts or measures, here and as it is usual elsewhere
    """

    check: str
    kind: str
    groups: list[Any]
    n: Floats
    seen: Floats
    expected: Floats
    p: Floats


@dataclass(frozen=True)
class Material:
    """The people with what is known of each.

    by     kind of group -> (N,) labels; `commune` and `mode` among them, `village` in a sample
    pile, place  (N,) the pile of paper that a form lay in, and where
    """

    people: Respondents
    by: Mapping[str, Labels]
    pile: Labels | None = None
    place: Floats | None = None

    @property
    def villages(self) -> bool:
        """Whether the PSUs are villages; of an open wave they are days."""
        return "village" in self.by

    @cached_property
    def person(self) -> columns.Person:
        return columns.of(self.people)

    @cached_property
    def habits(self) -> alike.Habits:
        return alike.habits(self.person.table, self.person.scales)

    @cached_property
    def strangers(self) -> alike.Strangers:
        return alike.strangers(self.habits)

    @cached_property
    def odd(self) -> Floats:
        """(N,) 1 for whom fit is farther below the middle than three times what the better half spreads."""
        fit = alike.fit(self.habits)
        middle, upper = np.nanquantile(fit, [0.5, 0.8413]) if np.isfinite(fit).any() else (0.0, 0.0)
        return np.where(np.isfinite(fit), fit < middle - FAR * (upper - middle), np.nan)


def of_groups(material: Material) -> Iterator[Tests]:
    """All tests in which groups of one kind are compared with each other."""
    person = material.person
    scatter = columns.rank_within(person.scatter, columns.strata(person.level))
    scores = spread.normal_scores(person.level)
    within, between = ("spread", "villages") if material.villages else ("day_spread", "days_apart")
    for kind, labels in material.by.items():
        if kind == "mode":
            continue
        yield _alike(material, kind, labels)
        yield _odd(material, kind, labels)
        yield _straight(material, kind, labels)
        yield _mean("scatter", kind, labels, scatter)
        for check in ("blank", "unsure", "silent"):
            yield shares(check, kind, labels, columns.more(getattr(person, check)), EITHER)
        yield _spread(kind, labels, spread.within(scores, labels, material.people.psu, LEAST_DEGREES), within)
        if kind != "village":
            apart = spread.between(scores, labels, material.people.psu, LEAST_VILLAGES - 1)
            yield _spread(kind, labels, apart, between)
        yield _days(material, kind, labels)
        yield from _digits(material, kind, labels)
        if material.pile is not None and kind != "village":
            yield _order(material, kind, labels, scores)


def _alike(material: Material, kind: str, labels: Labels) -> Tests:
    """Pairs that agree more than people who feel alike do, of all pairs of the group. Few groups are compared with
    strangers, others with each other: neighbours are alike. Never surer than pairs without a person in common."""
    strangers = material.strangers
    apart = None if kind == "village" or not material.villages else material.people.psu
    found = alike.pairs(material.habits, labels, strangers.cut, apart)
    told = np.flatnonzero((_size(labels) >= LEAST) & (found.compared > 0))
    few = len(told) < FEWEST
    y, usual, _alpha = alike.more_than(found.close[told], found.compared[told], strangers.rate if few else None)
    above = ndtr(-y) if few else outlying(y, np.ones(len(y))).above
    p, expected = np.full(len(labels.levels), np.nan), np.full(len(labels.levels), np.nan)
    p[told], expected[told] = np.maximum(above, found.above[told]), usual
    return Tests("alike", kind, labels.levels, _size(labels), found.close.astype(np.float64), expected, p)


def _odd(material: Material, kind: str, labels: Labels) -> Tests:
    """Forms whose answers hang together as nobody's."""
    return shares("odd", kind, labels, material.odd, MORE)


def _straight(material: Material, kind: str, labels: Labels) -> Tests:
    """Forms with one level throughout, beside what is usual where the others are as satisfied; where there are no
    others, where people are as satisfied as everywhere."""
    person = material.person
    others = np.where(person.straight == 0, person.level, np.nan)
    mood = _means(others, labels)[1]
    mood = np.where(np.isfinite(mood), mood, np.nanmean(others)) if np.isfinite(others).any() else mood
    return shares("straight", kind, labels, person.straight, MORE, mood)


def _mean(check: str, kind: str, labels: Labels, value: Floats) -> Tests:
    n, mean = _means(value, labels)
    test = outlying(np.where(n >= LEAST, mean, np.nan), _within(value, labels) / np.maximum(n, 1))
    return Tests(check, kind, labels.levels, n, mean, test.expected, test.either)


def shares(check: str, kind: str, labels: Labels, value: Floats, sides: int, like: Floats | None = None) -> Tests:
    """A share of people: by angles, as many are normal, and never surer than the binomial of what is usual, for an
    angle at 0 or 1 says too much."""
    n, share = _means(value, labels)
    y, v = _root(share, n)
    varies = np.ptp(share[n >= LEAST]) > 0 if (n >= LEAST).any() else False
    test = outlying(np.where((n >= LEAST) & varies, y, np.nan), v, like)
    usual = _back(test.expected, n)
    of_all = float((np.nansum(n * share) + 0.5) / (n.sum() + 1))
    above, below = (
        binomial(share, n, np.maximum(usual, of_all))[0],
        binomial(share, n, np.minimum(usual, of_all))[1],
    )
    above, below = np.maximum(test.above, above), np.maximum(test.below, below)
    p = above if sides == MORE else np.minimum(1, 2 * np.minimum(above, below))
    return Tests(check, kind, labels.levels, n, share, usual, p)


def _spread(kind: str, labels: Labels, found: spread.Spread, check: str) -> Tests:
    test = outlying(np.where(_size(labels) >= LEAST, found.root, np.nan), found.variance)
    return Tests(check, kind, labels.levels, found.df, found.ratio, test.expected**3, test.either)


def _days(material: Material, kind: str, labels: Labels) -> Tests:
    """Forms of the day on which a group had most, beside what is usual in groups with as many forms."""
    day = material.people.day
    days = max(len(day.levels), 1)
    known = (labels.codes >= 0) & (day.codes >= 0)
    counts = np.bincount(labels.codes[known] * days + day.codes[known], minlength=len(labels.levels) * days)
    most, n = counts.reshape(-1, days).max(1, initial=0).astype(np.float64), _size(labels)
    with np.errstate(all="ignore"):
        y, size = np.where(n >= LEAST, np.log(most), np.nan), np.log(np.maximum(n, 1))
    test = outlying(y, 1 / np.maximum(most, 1), size if np.ptp(size) > 1e-9 else None, BUSY_DF)
    return Tests("days", kind, labels.levels, n, most, np.exp(test.expected), test.above)


def _digits(material: Material, kind: str, labels: Labels) -> Iterator[Tests]:
    """Last digits of numbers that people say, such as an age, beside those of all: heaped, or too even."""
    for item in material.people.questionnaire.items.values():
        if item.kind.is_number and (item.maximum or np.inf) - (item.minimum or 0) >= LAST_DIGITS:
            value = material.people.answers(item).codes
            digit = np.where(np.isfinite(value), np.nan_to_num(value) % 10, -1).astype(np.int64)
            found = spread.digits(digit, labels, LEAST_DIGITS)
            told = _size(Labels(labels.levels, np.where(digit >= 0, labels.codes, -1)))
            yield replace(_spread(kind, labels, found, f"digits:{item.code}"), n=told)


def _order(material: Material, kind: str, labels: Labels, scores: Floats) -> Tests:
    found = along(scores, material.pile, material.place, labels)
    with np.errstate(all="ignore"):
        y, v = found.z / np.sqrt(found.neighbours), 1 / found.neighbours
    test = outlying(np.where(found.neighbours >= LEAST, y, np.nan), v)
    return Tests("order", kind, labels.levels, found.neighbours, found.correlation, test.expected, test.above)


def _size(labels: Labels) -> Floats:
    return np.bincount(labels.codes[labels.codes >= 0], minlength=len(labels.levels)).astype(np.float64)


def _means(value: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """(G,) how many have a value, and their mean."""
    known: Bools = np.isfinite(value) & (labels.codes >= 0)
    codes: Ints = labels.codes[known]
    n = np.bincount(codes, minlength=len(labels.levels)).astype(np.float64)
    with np.errstate(all="ignore"):
        return n, np.bincount(codes, value[known], minlength=len(labels.levels)) / n


def _within(value: Floats, labels: Labels) -> float:
    """The variance of the values within groups, of all groups together."""
    n, mean = _means(value, labels)
    known = np.isfinite(value) & (labels.codes >= 0)
    square = float(((value[known] - mean[labels.codes[known]]) ** 2).sum())
    return max(square / max(float(known.sum() - (n > 0).sum()), 1.0), 1e-12)


def _root(share: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The angle of a share, whose variance hardly depends on it, and that variance (Anscombe 1948)."""
    return np.arcsin(np.sqrt((n * share + 0.375) / (n + 0.75))), 1 / (4 * n + 2)


def _back(angle: Floats, n: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.clip((np.sin(angle) ** 2 * (n + 0.75) - 0.375) / n, 0, 1)

"""How many forms came beside how many are usual: by a place's own other days, and by what came elsewhere.

    n_ud ~ negative binomial, mean a_u g_d, variance mean + ρ mean²

a_u is how much comes to a place, g_d how much comes on a day everywhere: the rhythm of a week, growth, a day on
which all were asked at once. Both are known without the cell itself, and shrunk (Bühlmann 1967, ASTIN Bulletin 4)
towards the places' mean, and towards the rhythm of weeks. ρ is what honest days differ by beyond chance, and how
little is known of a_u and g_d. What is far out is left out of what is usual, else a flood hides itself and others
(Farrington et al. 1996, JRSS A 159; Noufaily et al. 2013, Statistics in Medicine 32).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammainc

from analysis.contrast import holm
from analysis.design import Bools, Floats, Ints

LEVEL = 0.05  # of all cells of a wave together
LEAST = 10  # forms more than usual that are told
WEEK = 7
STRETCHES = (1, WEEK, 4 * WEEK)  # days that are looked at together: a burst, a week, a level that rose
YOUNG = 0.3  # what days differ by at least in a wave of a week; the younger it is, the less is known
LOCAL = 29  # days whose mean is the level around a day
FAR_OUT = 1e-4  # below which a cell says nothing of what is usual
FIRST_OUT = 0.02  # the share of cells that the first fit leaves out, those that stand out most
ROUGHER = 2.0
UNEVEN = 1.3  # a week's days count unequally: its spread is that of a day by seven, and so much
ROUNDS = 20
ROUGHER_PLACES = 3.2  # places differ by more than a negative binomial says
FEWEST_PLACES = 10  # that had forms on a wave's first day, so that they say what is usual


@dataclass(frozen=True)
class Flood:
    """More than is usual at a place, in a stretch of days.

    table, place, first, days  where and when: the number of the table, its row, the first column and how many
    count, mean  what came, and what is usual
    p, p_adjusted  of so many or more, by itself and by Holm's rule for all that is looked at together
    """

    table: int
    place: int
    first: int
    days: int
    count: int
    mean: float
    p: float
    p_adjusted: float


def floods(tables: Sequence[Ints]) -> list[Flood]:
    """Where and when more came than is usual, days before weeks before four weeks; what is told of days is no
    part of the weeks.

    tables  (U, D) forms of each place on each day of the wave, a table a mode
    """
    family = sum(len(table) * (table.shape[1] // days) for table in tables for days in STRETCHES)
    return [flood for number, table in enumerate(tables) for flood in _of_table(number, table, family)]


def _of_table(number: int, table: Ints, family: int) -> list[Flood]:
    told: list[Flood] = []
    left, columns = table.astype(np.float64), table.shape[1]
    of_day, calm = YOUNG * WEEK / max(columns, 1) if columns < 2 * WEEK else 0.0, None
    for days in STRETCHES:
        cells = stretches(left, days)
        expected = None if calm is None else stretches(calm, days)
        seen = among_places(cells) if columns == days == 1 else usual(cells, expected, of_day / days)
        adjusted = np.array(holm(seen.p.ravel().tolist(), family), np.float64).reshape(seen.p.shape)
        high = (adjusted <= LEVEL) & (cells - seen.mean >= LEAST)
        for place, column in np.argwhere(high).tolist():
            at = place, column
            about = round(cells[at]), float(seen.mean[at]), float(seen.p[at]), float(adjusted[at])
            told.append(Flood(number, place, column * days, days, *about))
        if days == 1:
            left = np.where(high, seen.mean, left)
            of_day, calm = seen.spread * UNEVEN, rhythm(left.sum(0))
    return told


@dataclass(frozen=True)
class Usual:
    """What is usual of (U, D) cells: their mean, p, the chance of so many or more, and by how much honest days
    differ beyond chance (a relative variance)."""

    mean: Floats
    p: Floats
    spread: float


def rhythm(totals: Floats) -> Floats:
    """(D,) what is expected of each day of a wave from its weeks: the level around it, times that of its weekday.

    totals  (D,) forms of each day, everywhere, without gaps
    """
    days = len(totals)
    if not days:
        return totals
    width = min(LOCAL, days)
    ones = np.ones(width)
    level = np.convolve(totals, ones, "same") / np.convolve(np.ones(days), ones, "same")
    expected = level.copy()
    if days >= 2 * WEEK:
        weekday = np.arange(days) % WEEK
        share = np.bincount(weekday, totals) / np.maximum(np.bincount(weekday, level), 1e-9)
        expected *= share[weekday]
    result: Floats = np.maximum(expected, 1e-3)
    return result


def usual(counts: Ints | Floats, expected: Floats | None = None, least: float = 0.0) -> Usual:
    """What is usual of each cell, and how unlikely what came is.

    counts    (U, D) forms of each place on each day, or in each stretch of days
    expected  (D,) what weeks let expect of each column, all places together; `rhythm` of the totals unless given
    least     the spread is no less: that of a day, by the days of a stretch; two stretches show too little of it
    """
    n = np.asarray(counts, np.float64)
    places, columns = n.shape
    if places == 0 or columns < 2 or not n.any():
        return Usual(n.copy(), np.ones_like(n), least)
    kept = _first(n, rhythm(n.sum(0)) if expected is None else expected)
    found, seen = Usual(n.copy(), np.ones_like(n), least), [kept]
    for _round in range(ROUNDS):
        found = _fit(n, kept, expected, least)
        kept = found.p >= FAR_OUT
        if any(np.array_equal(kept, one) for one in seen):
            break
        seen.append(kept)
    return found


def among_places(counts: Floats) -> Usual:
    """What is usual of (U, 1) cells of a wave's first day, which has no day beside it: what came to the other
    places that began, by how much these differ. Nothing is unlikely where few began."""
    n = counts[:, 0]
    began = n > 0
    found = Usual(counts.copy(), np.ones_like(counts), 0.0)
    if began.sum() < FEWEST_PLACES:
        return found
    kept = began & (n <= np.quantile(n[began], 1 - FIRST_OUT))
    for _round in range(ROUNDS):
        mean = n[kept].mean()
        spread = max(YOUNG, float((n[kept].var(ddof=1) - mean) / mean**2))
        p = upper_tail(n, np.full_like(n, mean), ROUGHER_PLACES * spread)
        found = Usual(np.full_like(counts, mean), p[:, None], spread)
        if np.array_equal(kept, before := began & (p >= FAR_OUT)):
            break
        kept = before
    return found


def _first(n: Floats, calm: Floats) -> Bools:
    """(U, D) all cells but those that stand out most: from what the day brought elsewhere, of one or two places
    from the rhythm."""
    of_day = n.sum(0) if len(n) > 2 else calm
    mean = np.maximum(n.sum(1, keepdims=True) * of_day / of_day.sum(), 1e-3)
    residual = (n - mean) / np.sqrt(mean)
    result: Bools = residual <= np.quantile(residual, 1 - FIRST_OUT)
    return result


def _fit(n: Floats, kept: Bools, expected: Floats | None, least: float) -> Usual:
    """The model on the cells that are kept; what is left out counts as its mean."""
    mean = np.where(kept, n, 0.0).sum(1, keepdims=True) / np.maximum(kept.sum(1, keepdims=True), 1)
    mean = np.broadcast_to(mean, n.shape)
    spread = 0.1
    for _pass in range(6):
        filled = np.where(kept, n, mean)
        calm = rhythm(filled.sum(0)) if expected is None else expected * max(filled.sum(), 0.5) / expected.sum()
        mean, unknown = _predicted(filled, calm, spread)
        spread = max(least, 1e-4, _spread(n, mean, unknown, kept, spread))
    return Usual(mean, upper_tail(n, mean, ROUGHER * spread + unknown), spread)


def _predicted(n: Floats, calm: Floats, spread: float) -> tuple[Floats, Floats]:
    """(U, D) the mean of each cell from all others, and its relative variance, for what is not known of it."""
    level = np.maximum(n.sum(1), 0.5)
    level = level / level.sum()  # the share of each place
    of_day, unknown_day = _day_by_others(n, calm, level, spread)
    share, unknown_place = _place_by_other_days(n, of_day, level, spread)
    return np.maximum(share * of_day, 1e-6), unknown_day + unknown_place


def _day_by_others(n: Floats, calm: Floats, level: Floats, spread: float) -> tuple[Floats, Floats]:
    """(U, D) what a day brings everywhere, by the other places, towards the calm day; its relative variance."""
    day, others = n.sum(0), np.maximum(1 - level[:, None], 1e-9)
    seen = np.maximum(others * calm, 1e-9)
    few_places = np.maximum((level**2).sum() - level[:, None] ** 2, 0) / others**2
    noise = 1 / seen + spread * few_places
    shock = max(float(np.mean(((day - calm) ** 2 - day) / calm**2)), 0.0)
    trust = shock / (shock + noise) if len(n) > 1 else np.zeros_like(noise)
    ratio = 1 + trust * ((day - n) / seen - 1)
    return calm * np.maximum(ratio, 1e-3), shock * (1 - trust)


def _place_by_other_days(n: Floats, of_day: Floats, level: Floats, spread: float) -> tuple[Floats, Floats]:
    """(U, D) the share of a place, by its other days, towards that of a typical place; its relative variance."""
    typical = 1 / len(n)
    exposed = np.maximum(of_day.sum(1, keepdims=True) - of_day, 1e-9)
    own = (n.sum(1, keepdims=True) - n) / exposed
    differing = max(float(np.var(level)) / typical**2, 0.05) if len(n) > 2 else 1.0
    few_days = ((of_day**2).sum(1, keepdims=True) - of_day**2) / exposed**2
    trust = differing / (differing + 1 / np.maximum(typical * exposed, 1e-9) + spread * few_days)
    share = np.maximum(typical + trust * (own - typical), 1e-9)
    return share, differing * (1 - trust) * (typical / share) ** 2


def _spread(n: Floats, mean: Floats, unknown: Floats, kept: Bools, before: float) -> float:
    """What honest days differ by: moments of the kept cells, weighed by how much each says."""
    weight = kept / (1 + before * mean) ** 2
    beyond = (n - mean) ** 2 - mean - unknown * mean**2
    return float((weight * beyond).sum() / max((weight * mean**2).sum(), 1e-9))


def upper_tail(n: Floats, mean: Floats, spread: Floats | float) -> Floats:
    """The chance of n or more: negative binomial with these means and relative variances beyond Poisson's."""
    size = 1 / np.maximum(spread, 1e-9)
    at_least = np.maximum(n, 1.0)
    tail = np.where(
        size > 1e8, gammainc(at_least, mean), betainc(at_least, np.minimum(size, 1e8), mean / (mean + size))
    )
    result: Floats = np.where(n < 1, 1.0, tail)
    return result


def stretches(values: Floats | Ints, days: int) -> Floats:
    """(…, S) sums over the whole stretches of so many days, one after the other from the first day on."""
    whole = values.shape[-1] // days
    result: Floats = (
        values[..., : whole * days].reshape(*values.shape[:-1], whole, days).sum(-1).astype(np.float64)
    )
    return result

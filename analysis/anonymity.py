"""Microdata in which nobody is unique: local suppression to k-anonymity, microaggregated weights, masked villages.

    hidden = suppress(keys, k=5)          # which key values to blank
    weights = microaggregate(weights, units, within, least=15)

Samarati & Sweeney 1998 (k-anonymity); Hundepool et al. 2012, Statistical Disclosure Control, ch. 3 (suppression,
microaggregation); masked variance units as in NHANES (Park et al. 2006, Proc. JSM 3442–3449).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from analysis.design import Bools, Floats, Ints

BLANK = -1
FEWEST_UNITS = 3  # communes among which a village or a weight is hidden


def classes(keys: Ints) -> tuple[Ints, Ints]:
    """(N,) the class of each row and (N,) how many rows the class has: rows alike in all J keys, blanks included.

    keys  (N, J) codes, BLANK if there is none. A blank equals only a blank: whoever knows a neighbour's true
          value may guess that it was hidden, and still can't tell the neighbour from the others of the class
    """
    whole = np.zeros(len(keys), np.int64)
    for column in keys.T:  # one number for each row, renumbered so that it stays small
        values, places = np.unique(column, return_inverse=True)
        _seen, whole = np.unique(whole * len(values) + places, return_inverse=True)
    return whole, np.bincount(whole)[whole] if len(whole) else whole


def suppress(keys: Ints, k: int) -> Bools:
    """(N, J) which key values must be blanked so that every row is like at least k - 1 others.

    keys  (N, J) codes, BLANK if there is none; the first key is the most needed, the last is blanked first

    One key of a row is blanked if that is enough, else two, and so on; rows that are safe stay as they are. A few
    that no blank saves take others of the largest class with them. ValueError: fewer than k rows.
    """
    rows, width = keys.shape
    if rows < k:
        raise ValueError(f"{rows} rows can't be made {k}-anonymous")
    blanked: Ints = keys.copy()
    for size in range(1, width + 1):
        # Of as many keys, those that are needed least: the sets are in the order of their last members.
        for columns in itertools.combinations(range(width - 1, -1, -1), size):
            _own, counts = classes(blanked)
            alone = np.flatnonzero(counts < k)
            if not len(alone):
                return np.not_equal(blanked, keys)
            trial = blanked.copy()
            for column in columns:
                trial[alone, column] = BLANK
            _own, together = classes(trial)
            saved = alone[together[alone] >= k]
            blanked[saved] = trial[saved]
    own, counts = classes(blanked)
    alone = np.flatnonzero(counts < k)
    if len(alone):
        largest = np.flatnonzero(own == own[int(np.argmax(counts))])
        missing = k - len(alone)
        joined = largest[:missing] if len(largest) - missing >= k else largest
        blanked[np.concatenate([alone, joined])] = BLANK
    return np.not_equal(blanked, keys)


def microaggregate(weights: Floats, units: Ints, within: Ints, least: int) -> Floats:
    """(N,) the weights, each replaced by the mean of its group of similar ones; the sum of each area stays.

    units   (N,) the commune of each row; a group has rows of at least FEWEST_UNITS communes
    within  (N,) the area of each row; a group lies in one
    least   rows of a group
    """
    means = weights.copy()
    for area in np.unique(within):
        rows = np.flatnonzero(within == area)
        rows = rows[np.lexsort((units[rows], weights[rows]))]
        for group in _similar(rows.tolist(), weights, units, least):
            means[group] = weights[group].mean()
    return means


def _similar(rows: list[int], weights: Floats, units: Ints, least: int) -> list[list[int]]:
    """Rows in the order of their weights, in groups; equal weights stay together."""

    def is_full(group: list[int]) -> bool:
        return len(group) >= least and len(set(units[group].tolist())) >= FEWEST_UNITS

    groups: list[list[int]] = [[]]
    for row in rows:
        if is_full(groups[-1]) and weights[row] != weights[groups[-1][-1]]:
            groups.append([])
        groups[-1].append(row)
    if len(groups) > 1 and not is_full(groups[-1]):
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def masked_units(villages: Sequence[tuple[int, int]]) -> list[int]:
    """The number of the variance unit of each village; a unit joins villages of at least FEWEST_UNITS communes.

    villages  (commune, area) of each, in an order that nobody outside knows; a unit lies in one area

    An area with villages of fewer communes makes one unit. Its variance is that of the joined villages: unbiased
    for their sum, with fewer degrees of freedom.
    """
    numbers = [0] * len(villages)
    unit = 0
    for area in dict.fromkeys(area for _commune, area in villages):
        turns: dict[int, int] = {}  # how many villages of the commune came before: the first of each commune first
        queue = []
        for place, (commune, where) in enumerate(villages):
            if where == area:
                queue.append((turns.setdefault(commune, 0), place))
                turns[commune] += 1
        groups: list[list[int]] = [[]]
        for _turn, place in sorted(queue):
            if len({villages[one][0] for one in groups[-1]}) >= FEWEST_UNITS:
                groups.append([])
            groups[-1].append(place)
        if len(groups) > 1 and len({villages[one][0] for one in groups[-1]}) < FEWEST_UNITS:
            groups[-2:] = [groups[-2] + groups[-1]]
        for group in groups:
            for place in group:
                numbers[place] = unit
            unit += 1
    return numbers

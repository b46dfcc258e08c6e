"""Whether forms that lie one after the other know each other: the serial correlation along sheets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.design import Floats, code
from analysis.spread import added


@dataclass(frozen=True)
class Along:
    """Of G groups, each (G,): neighbours that were looked at, their correlation, and by how many standard
    deviations of a shuffled pile it is more than none."""

    neighbours: Floats
    correlation: Floats
    z: Floats


def along(value: Any, pile: Any, order: Any, group: Any) -> Along:
    """Of values that lie in piles, in an order.

        T = Σ r_i r_{i+1},  r the deviations from the pile's mean;  z_g = Σ (T − E T)/√Σ Var T over piles of g

    value (N,), pile (N,) labels, order (N,) numbers within a pile, group (N,) labels; what is NaN or blank is left
    out, and piles of fewer than 5 are. E and Var are those of all orders of a pile (Wald & Wolfowitz 1943, for a
    row with two ends):

        E T = −S₂/n;   with sums S of powers, E r_i² r_j² = (S₂² − S₄)/n⁽²⁾, E r_i r_j² r_k = (2 S₄ − S₂²)/n⁽³⁾,
        E r_i r_j r_k r_l = (3 S₂² − 6 S₄)/n⁽⁴⁾, n⁽ᵏ⁾ falling factorials
    """
    numbers, place = np.asarray(value, np.float64), np.asarray(order, np.float64)
    piles, groups = code(pile), code(group)
    G = len(groups.levels)
    known = np.isfinite(numbers) & np.isfinite(place) & (piles.codes >= 0) & (groups.codes >= 0)
    rows = np.flatnonzero(known)
    key = groups.codes[rows] * max(len(piles.levels), 1) + piles.codes[rows]
    cells, at, n = np.unique(key, return_inverse=True, return_counts=True)
    r = numbers[rows] - (np.bincount(at, numbers[rows]) / n)[at]
    s2, s4 = added(at, r**2, len(cells)), added(at, r**4, len(cells))
    sorted_rows = np.lexsort((place[rows], at))
    next_to = at[sorted_rows][1:] == at[sorted_rows][:-1]
    product = (r[sorted_rows][1:] * r[sorted_rows][:-1])[next_to]
    T = added(at[sorted_rows][1:][next_to], product, len(cells))
    n = n.astype(np.float64)
    with np.errstate(all="ignore"):
        pairs, threes, fours = n * (n - 1), n * (n - 1) * (n - 2), n * (n - 1) * (n - 2) * (n - 3)
        expected = -s2 / n
        square = (n - 1) * (s2**2 - s4) / pairs + 2 * (n - 2) * (2 * s4 - s2**2) / threes
        square += (n - 2) * (n - 3) * (3 * s2**2 - 6 * s4) / fours
    told = (n >= 5) & (s2 > 0)
    of = (cells // max(len(piles.levels), 1))[told]

    def summed(part: Floats) -> Floats:
        return added(of, part[told], G)

    with np.errstate(all="ignore"):
        more, doubt = summed(T - expected), summed(np.maximum(square - expected**2, 0))
        return Along(summed(n - 1), summed(T) / summed(s2), np.where(doubt > 0, more / np.sqrt(doubt), np.nan))

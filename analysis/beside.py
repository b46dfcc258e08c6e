"""Each of many groups beside the others of the same places: the difference, and how far chance alone goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.design import Floats, Ints, code
from analysis.spread import added


@dataclass(frozen=True)
class Beside:
    """Of G groups, each (G,): its own people and the others' in the places where both are, the means of both, and
    the variance of their difference by chance. 0 people and NaN where they meet nowhere."""

    own: Floats
    others: Floats
    mean: Floats
    usual: Floats
    variance: Floats


def beside(value: Any, group: Any, place: Any, village: Any) -> Beside:
    """Weighted so that both sides of group g are as many in each place (commune) h, W_h = n_gh + n_oh of W:

        D_g = Σ_h W_h/W (ȳ_gh − ȳ_oh),   v_g = σ² Σ_h (W_h/W)² (1/n_gh + 1/n_oh) + ω² Σ_c a_gc²,
        a_gc = W_h/W (n_gc/n_gh − n_oc/n_oh)

    value (N,), group, place, village (N,) labels; what is NaN or blank is left out. σ² is the variance within
    villages c, ω² what villages of a place differ by beyond it, both of all people together, by moments (Searle,
    Casella & McCulloch 1992, § 3.6): a group has few villages, which say little of how far villages differ.
    """
    numbers, groups, places, villages = np.asarray(value, np.float64), code(group), code(place), code(village)
    known = np.isfinite(numbers) & (groups.codes >= 0) & (places.codes >= 0) & (villages.codes >= 0)
    y, g, G, V = numbers[known], groups.codes[known], len(groups.levels), max(len(villages.levels), 1)
    villages_met, c = np.unique(places.codes[known] * V + villages.codes[known], return_inverse=True)
    h, K = villages_met // V, max(len(villages_met), 1)
    n, total = added(c, np.ones(len(c)), len(h)), added(c, y, len(h))
    within, between = _components(y - (total / np.maximum(n, 1))[c], total / np.maximum(n, 1), n, h)
    pair, at = np.unique(g * K + c, return_inverse=True)
    who, where = _all_villages(pair // K, h[pair % K], h)
    own = np.searchsorted(pair, who * K + where)
    own = np.where(np.append(pair, -1)[own] == who * K + where, own, len(pair))  # the last one is nobody
    m, s = (np.append(added(at, part, len(pair)), 0)[own] for part in (np.ones(len(at)), y))
    sides = ((m, s), (n[where] - m, total[where] - s))

    meeting, b = np.unique(who * (h.max(initial=0) + 1) + h[where], return_inverse=True)
    of = meeting // (h.max(initial=0) + 1)
    size = [added(b, people, len(of)) for people, _sum in sides]
    weight = np.where((size[0] > 0) & (size[1] > 0), size[0] + size[1], 0)
    met = added(of, weight, G) > 0
    share = weight / np.where(met, added(of, weight, G), 1)[of]
    size = [np.where(weight > 0, people, 1) for people in size]
    mean = [added(of, share * added(b, sides[k][1], len(of)) / size[k], G) for k in (0, 1)]
    leaning = share[b] * (sides[0][0] / size[0][b] - sides[1][0] / size[1][b])
    variance = within * added(of, share**2 * (1 / size[0] + 1 / size[1]), G)
    variance += between * added(who, leaning**2, G)
    people = [added(of, np.where(weight > 0, part, 0), G) for part in size]
    return Beside(*people, *(np.where(met, part, np.nan) for part in (*mean, variance)))


def _components(apart: Floats, mean: Floats, n: Floats, h: Ints) -> tuple[float, float]:
    """Within villages, and between the villages of a place beyond that."""
    within = float((apart**2).sum() / max(len(apart) - len(n), 1))
    whole, square = added(h, n, len(n)), added(h, n**2, len(n))
    of_place = added(h, n * mean, len(n)) / np.maximum(whole, 1)
    df = len(n) - np.count_nonzero(whole)
    places = float((whole - square / np.maximum(whole, 1)).sum())
    between = (float((n * (mean - of_place[h]) ** 2).sum()) - df * within) / places if df else 0.0
    return within, max(between, 0.0)


def _all_villages(group: Ints, place: Ints, h: Ints) -> tuple[Ints, Ints]:
    """(R,) groups, and all villages of the places where each has anybody; villages are sorted by places."""
    both = np.unique(group * (h.max(initial=0) + 1) + place)
    group, place = both // (h.max(initial=0) + 1), both % (h.max(initial=0) + 1)
    first, last = np.searchsorted(h, place), np.searchsorted(h, place, side="right")
    count = last - first
    return np.repeat(group, count), np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - first, count)

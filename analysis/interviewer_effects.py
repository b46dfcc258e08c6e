"""The effect of whoever asked or keyed on the answers: the intraclass correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import fdtri

from analysis.design import Floats, code


@dataclass(frozen=True, slots=True)
class Effect:
    """Share of the variance between groups; None if it can't be known. The estimate may come out below 0."""

    groups: int
    n: int
    share: float | None
    low: float | None
    high: float | None


NOTHING = Effect(0, 0, None, None, None)


def between(values: Any, group: Any, level: float = 0.95) -> Effect:
    """The intraclass correlation of (N,) values in (N,) groups; a blank value or group is left out.

        rho = (B − W) ÷ (B + (m − 1) W),   m = (N − Σ n_i² ÷ N) ÷ (k − 1)

    with the mean squares B between and W within k groups (analysis of variance). Limits from F = B ÷ W by the
    quantiles of F(k − 1, N − k) (Searle 1971, p. 414), cut at 0 and 1: exact for equal groups of normal values,
    near enough for others (Donner & Wells 1986). Fewer than two groups, or one value in each: nothing is known.
    """
    numbers, labels = np.asarray(values, dtype=np.float64), code(group).codes
    known = np.isfinite(numbers) & (labels >= 0)
    numbers, labels = numbers[known], np.unique(labels[known], return_inverse=True)[1]
    size = np.bincount(labels).astype(np.float64)
    k, n = len(size), len(numbers)
    if k < 2 or n <= k:
        return Effect(k, n, None, None, None)
    mean = np.bincount(labels, numbers) / size
    within = float(((numbers - mean[labels]) ** 2).sum()) / (n - k)
    across = float((size * (mean - numbers.mean()) ** 2).sum()) / (k - 1)
    if within <= 0:  # everybody in a group says the same: one more answer could change everything
        return Effect(k, n, None, None, None)
    m = (n - float((size**2).sum()) / n) / (k - 1)
    ratio = across / within
    ends = fdtri(k - 1, n - k, np.array([(1 + level) / 2, (1 - level) / 2]))
    low, high = (float(np.clip((ratio / end - 1) / (ratio / end + m - 1), 0, 1)) for end in ends)
    return Effect(k, n, (ratio - 1) / (ratio + m - 1), low, high)


def beyond(values: Any, group: Any, place: Any, level: float = 0.95) -> Effect:
    """Like `between`, of the means of places: how much of what differs between places goes with the group.

    place  (N,) labels. Who works in one village alone can't be told from it; a group of several villages is
           compared with how much its own villages differ from each other
    """
    numbers, groups, places = np.asarray(values, dtype=np.float64), code(group), code(place)
    known = np.isfinite(numbers) & (groups.codes >= 0) & (places.codes >= 0)
    cell = groups.codes[known] * max(len(places.levels), 1) + places.codes[known]
    cells, member = np.unique(cell, return_inverse=True)
    if not len(cells):
        return NOTHING
    means: Floats = np.bincount(member, numbers[known]) / np.bincount(member)
    return between(means, cells // max(len(places.levels), 1), level)

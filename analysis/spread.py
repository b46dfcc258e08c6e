"""How far people, villages or last digits of a group differ from each other: too little and too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from analysis.design import Bools, Floats, Ints, code


@dataclass(frozen=True)
class Spread:
    """Of G groups, each (G,), NaN where there is none. `root` is the cube root of the variance relative to that of
    all, which is nearly normal (Wilson & Hilferty 1931), and `variance` its own by chance."""

    ratio: Floats
    root: Floats
    variance: Floats
    df: Floats


NOBODY = 1e-9


def added(group: Ints, values: Any, count: int) -> Floats:
    """(G,) the sum of (N,) values of each group 0 … G−1."""
    return np.bincount(group, values, count).astype(np.float64)


def normal_scores(value: Any) -> Floats:
    """(N,) what the ranks of the values would be of a normal variable (Blom 1958); ties share a rank, NaN stays.

    So that a ceiling, where satisfied people crowd, doesn't make a variance that depends on the mean.
    """
    numbers = np.asarray(value, np.float64)
    known = np.isfinite(numbers)
    _levels, place, count = np.unique(numbers[known], return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    scores = np.full(len(numbers), np.nan)
    scores[known] = ndtri((rank - 0.375) / (known.sum() + 0.25))
    return scores


def within(value: Any, group: Any, place: Any, least: int) -> Spread:
    """Of (N,) values within the places (villages) of each group; below `least` degrees of freedom: NaN.

        s²_g = Σ (y − ȳ_place)²/ν,   ν = n − places;   Var(s²/σ²)^⅓ ≈ (2/9ν)(1 + κ/2 · ν/n)

    κ the excess kurtosis of all deviations together (never below −1).
    """
    numbers = np.asarray(value, np.float64)
    groups, places = code(group), code(place)
    G = len(groups.levels)
    known = np.isfinite(numbers) & (groups.codes >= 0) & (places.codes >= 0)
    g = groups.codes[known]
    cells, at = np.unique(g * max(len(places.levels), 1) + places.codes[known], return_inverse=True)
    size = np.bincount(at)
    deviation = numbers[known] - (np.bincount(at, numbers[known]) / size)[at]
    n = np.bincount(g, minlength=G).astype(np.float64)
    df = n - np.bincount(cells // max(len(places.levels), 1), minlength=G)
    square = added(g, deviation**2, G)
    usual = float(square.sum() / max(df.sum(), 1))
    if usual < NOBODY:
        nothing = np.full(G, np.nan)
        return Spread(nothing, nothing, nothing, df)
    scaled = deviation * np.sqrt(size / np.maximum(size - 1, 1))[at]
    kurtosis = max(float((scaled**4).mean() / (scaled**2).mean() ** 2) - 3, -1.0)
    return _relative(square, df, df >= least, usual, 1 + kurtosis / 2 * df / np.maximum(n, 1))


def between(value: Any, group: Any, place: Any, least: int) -> Spread:
    """Of the means of the places (villages) of each group: B_g = Σ n (ȳ_place − ȳ_g)²/(places − 1), relative to
    that of all groups; fewer than `least` + 1 places tell nothing."""
    numbers = np.asarray(value, np.float64)
    groups, places = code(group), code(place)
    G = len(groups.levels)
    known = np.isfinite(numbers) & (groups.codes >= 0) & (places.codes >= 0)
    cell = groups.codes[known] * max(len(places.levels), 1) + places.codes[known]
    cells, at = np.unique(cell, return_inverse=True)
    of = cells // max(len(places.levels), 1)
    n = np.bincount(at).astype(np.float64)
    mean = np.bincount(at, numbers[known]) / np.maximum(n, 1)
    whole = np.bincount(of, n * mean, minlength=G) / np.maximum(np.bincount(of, n, minlength=G), 1)
    square = added(of, n * (mean - whole[of]) ** 2, G)
    df = np.maximum(np.bincount(of, minlength=G) - 1, 0).astype(np.float64)
    usual = float(square.sum() / max(df.sum(), 1))
    return _relative(square, df, (df >= least) & (usual > NOBODY), max(usual, NOBODY), np.ones(G))


def digits(digit: Any, group: Any, least: int) -> Spread:
    """Of (N,) last digits 0 … 9, −1 for none: how far those of a group are from those of all, X²/df of Pearson's
    test of ten digits. Above 1 they are heaped otherwise than everybody's, far below 1 they are too even to be
    said by people. Groups with fewer than `least` tell nothing (digits of falsified forms: Schräpler 2011)."""
    digit, groups = np.asarray(digit, np.int64), code(group)
    G = len(groups.levels)
    known = (digit >= 0) & (groups.codes >= 0)
    table = added(groups.codes[known] * 10 + digit[known], np.ones(known.sum()), G * 10).reshape(G, 10)
    n, whole = table.sum(1), table.sum(0)
    kept = whole > 0
    expected = n[:, None] * (whole / max(whole.sum(), 1))[kept]
    with np.errstate(all="ignore"):
        square: Floats = ((table[:, kept] - expected) ** 2 / expected).sum(1)
    df = np.full(G, float(max(kept.sum() - 1, 0)))
    return _relative(square, df, (n >= least) & (df > 0), 1.0, np.ones(G))


def _relative(square: Floats, df: Floats, told: Bools, usual: float, wider: Any) -> Spread:
    with np.errstate(all="ignore"):
        ratio = np.where(told, square / df / usual, np.nan)
        variance = np.where(told, 2 / (9 * df) * wider, np.nan)
    return Spread(ratio, np.cbrt(ratio), variance, df)

"""The size of a sample, and the precision to expect of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from analysis.interval import t_quantile


def slovin(population: int, margin: float) -> int:
    """n = N / (1 + N e²), rounded up: the size that handbooks call Slovin's (Yamane 1967).

    It is `needed` for a share of one half, z = 2 (95.4 % sure) and people drawn one by one, all of whom answer. A
    sample of villages of this size is as precise as a simple one of n ÷ design effect.
    """
    return math.ceil(round(population / (1 + population * margin**2), 9))


@dataclass(frozen=True)
class Size:
    """The answers needed, and the forms to hand out for them."""

    answers: int
    forms: int


def needed(
    margin: float,
    *,
    share: float = 0.5,
    level: float = 0.95,
    deff: float = 1.0,
    population: int | None = None,
    response: float = 1.0,
) -> Size:
    """Answers such that a share is known within ± margin, and forms so that as many come back.

    n = n₀ / (1 + (n₀ − 1)/N), n₀ = deff z² p (1 − p) / e² (Cochran 1977, § 4.4; deff: Kish 1965, § 8.2).

    margin    half the width of the interval, a fraction
    share     the one expected; 0.5 is the worst case
    deff      the design effect expected
    response  the part of the forms that comes back answered
    """
    if not (0 < margin < 1 and 0 < share < 1 and deff > 0 and 0 < response <= 1):
        raise ValueError("margin, share and response lie between 0 and 1, deff above 0")
    size = deff * normal(level) ** 2 * share * (1 - share) / margin**2
    if population is not None:
        size = size / (1 + (size - 1) / population)
    answers = math.ceil(round(size, 9))
    return Size(answers, math.ceil(round(answers / response, 9)))


def cluster_effect(take: float, rho: float) -> float:
    """1 + (m̄ − 1) ρ: what asking m̄ people of one village costs, who are alike by ρ (Kish 1965, § 5.4)."""
    return 1 + (max(take, 1) - 1) * rho


def standard_error(n: float, share: float, deff: float = 1.0, population: int | None = None) -> float:
    """√(deff p (1 − p)/n · (N − n)/(N − 1)); infinite where nobody is asked."""
    if n <= 0:
        return math.inf
    left = 1.0 if population is None or population <= 1 else max(population - n, 0) / (population - 1)
    return math.sqrt(deff * share * (1 - share) / n * left)


def half_width(error: float, df: float = math.inf, level: float = 0.95) -> float:
    """t_df × standard error, z where df is infinite, at most 1 (a share can't miss by more); NaN where df is 0."""
    t = _quantile(df, level)
    return min(t * error, 1.0) if math.isfinite(t) else math.nan


def smallest_change(error: float, df: float = math.inf, *, level: float = 0.95, power: float = 0.5) -> float:
    """The change between two waves, each with this standard error and villages of its own, that they can tell.

    (t_{1−α/2} + t_power) √2 se, for a two-sided test of two independent estimates (Cohen 1988, ch. 6). At power
    0.5, t_power is 0: a change of this size, if it is what the waves show, is just significant; a true change of
    that size is missed half the time. At power 0.8 it is found four times in five. NaN where df is 0.

    df  of each wave; of the difference of two alike they are twice as many (Satterthwaite 1946)
    """
    return (_quantile(2 * df, level) + _quantile(2 * df, 2 * power - 1)) * math.sqrt(2) * error


def _quantile(df: float, level: float) -> float:
    return float(t_quantile(np.array([df]), level)[0]) if math.isfinite(df) else normal(level)


def normal(level: float) -> float:
    """The two-sided quantile of the normal distribution: 1.96 at 0.95."""
    return float(ndtri((1 + level) / 2))

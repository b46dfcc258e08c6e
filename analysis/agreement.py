"""Agreement of two answers of the same people: the share of equal answers, and Cohen's kappa with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.design import Design, Floats, Ints, Labels
from analysis.estimate import ENOUGH_ANSWERS, estimate
from analysis.interval import clopper_pearson, t_quantile
from analysis.measure import Measure


@dataclass(frozen=True, slots=True)
class Agreement:
    """What can't be known is None.

    n        pairs in which both answered
    equal    the share of equal answers, with the exact limits equal_low and equal_high
    chance   the agreement expected of unrelated answers, weighted like kappa
    kappa    (agreement − chance) ÷ (1 − chance), with its limits low and high
    flags    few (fewer than 30 pairs); all (no pair differs); same (everybody gave the same answer both times, so
             kappa can't be known)
    """

    n: int
    equal: float | None
    equal_low: float | None
    equal_high: float | None
    chance: float | None
    kappa: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    flags: tuple[str, ...]


def agreement(
    first: Any, second: Any, levels: Sequence[int], *, weighted: bool = False, level: float = 0.95
) -> Agreement:
    """Agreement of (N,) first and (N,) second answers.

    levels    the codes that are answers, those of a scale in its order; a pair with any other code is left out
    weighted  neighbouring levels agree in part: 1 − |i − j| ÷ (L − 1) (Cicchetti & Allison 1971)

    Kappa: Cohen (1960, 1968); its variance: Fleiss, Cohen & Everitt (1969). The limits are taken on log(1 − kappa)
    with t of n − 1 degrees: on the plain scale they pass 1 and miss the truth too often (docs/statistics.md).
    Where no pair differs the variance is 0 and says nothing: the lower limit then follows from that of the share.
    """
    if not 0 < level < 1:
        raise ValueError("level lies between 0 and 1")
    counts = _table(first, second, levels)
    n, equal = int(counts.sum()), int(np.trace(counts))
    if n == 0:
        return Agreement(0, None, None, None, None, None, None, None, None, ("few",))
    share = equal / n
    equal_low, equal_high = (float(limit) for limit in clopper_pearson(np.array(share), np.array(float(n)), level))
    marks = {"few": n < ENOUGH_ANSWERS, "all": equal == n, "same": equal == n == counts.max()}
    flags = tuple(name for name, holds in marks.items() if holds)
    observed, chance, error = _kappa(counts / n, _weights(len(levels), weighted), n)
    kappa: float | None = None
    low: float | None = None
    high: float | None = None
    if marks["same"]:
        error = None
    elif marks["all"]:
        kappa, error, low, high = 1.0, None, 1 - (1 - equal_low) / (1 - chance), 1.0
    else:
        kappa = max(-1.0, (observed - chance) / (1 - chance))  # rounding alone could go beyond
        low, high = _limits(kappa, error, n, level)
    low = None if low is None else max(low, -1.0)
    return Agreement(n, share, equal_low, equal_high, chance, kappa, error, low, high, flags)


def _table(first: Any, second: Any, levels: Sequence[int]) -> Ints:
    """(L, L) how many pairs have each two levels."""
    place = {code: row for row, code in enumerate(levels)}
    counts = np.zeros((len(place), len(place)), np.int64)
    for one, two in zip(np.asarray(first).tolist(), np.asarray(second).tolist(), strict=True):
        if one in place and two in place:
            counts[place[one], place[two]] += 1
    return counts


def _weights(levels: int, weighted: bool) -> Floats:
    if not weighted or levels < 2:
        return np.eye(levels)
    place = np.arange(levels)
    weights: Floats = 1 - np.abs(place[:, None] - place[None, :]) / (levels - 1)
    return weights


def _kappa(shares: Floats, weights: Floats, n: int) -> tuple[float, float, float | None]:
    """Observed and chance agreement, and the standard error of kappa."""
    rows, columns = shares.sum(1), shares.sum(0)
    observed, chance = float((weights * shares).sum()), float(rows @ weights @ columns)
    if np.count_nonzero(shares) == 1:  # chance may be 1
        return observed, chance, None
    inner = weights * (1 - chance) - ((weights @ columns)[:, None] + (rows @ weights)[None, :]) * (1 - observed)
    spread = (shares * inner**2).sum() - (observed * chance - 2 * chance + observed) ** 2
    if spread < 1e-12:  # one side is always the same: kappa is 0 whatever the other side says
        return observed, chance, None
    return observed, chance, float(np.sqrt(spread / n) / (1 - chance) ** 2)


def _limits(kappa: float, error: float | None, n: int, level: float) -> tuple[float | None, float | None]:
    if error is None or n < 2:
        return None, None
    apart = 1 - kappa
    with np.errstate(over="ignore"):  # an unbounded lower limit is cut at −1
        reach = float(np.exp(t_quantile(np.array(n - 1.0), level) * error / apart))
    return 1 - apart * reach, 1 - apart / reach


@dataclass(frozen=True, slots=True)
class Pooled:
    """Agreement over several items, of the forms of one domain: shares and kappas with their limits."""

    domain: str
    forms: int
    pairs: int
    equal: float
    equal_low: float | None
    equal_high: float | None
    kappa: float | None
    low: float | None
    high: float | None


def pooled(
    first: Any, second: Any, levels: Sequence[Sequence[int]], domain: Sequence[str], level: float = 0.95
) -> list[Pooled]:
    """Agreement of (N, K) first and second answers to K items in each domain of the N forms, plain and unweighted.

    The share of equal pairs has the interval of the index (logit), with the form as PSU, since its answers are
    alike. Kappa is pooled over the items (de Vries et al. 2008, Field Methods 20), with each item's chance
    from all N forms, so that a domain of three forms needs none of its own; its limits follow from the share's.
    A domain called "" is one like the others.
    """
    first, second = np.asarray(first), np.asarray(second)
    both = np.stack(
        [np.isin(first[:, k], own) & np.isin(second[:, k], own) for k, own in enumerate(levels)], axis=1
    )
    chances = [agreement(first[:, k], second[:, k], own).chance for k, own in enumerate(levels)]
    form, item = np.nonzero(both)
    if not len(form):
        return []
    names = [domain[row] for row in form.tolist()]
    codes = {name: code for code, name in enumerate(sorted(set(names)))}
    where = Labels([*codes], np.array([codes[name] for name in names], np.int64))
    chance = np.array([0.0 if value is None else value for value in chances])[item]
    alike = (first[form, item] == second[form, item]).astype(float)
    # One form alone has a share and no interval.
    design = Design(np.ones(len(form)), psu=form, single_psu="centered")
    measure = Measure.numbers("equal", None, "index", alike, np.ones(len(form)))
    agreements = []
    for record in estimate(design, [measure], where, level=level):
        here = where.having(record.domain)
        share, by_chance = float(alike[here].mean()), float(chance[here].mean())
        kappa, low, high = (_beyond(limit, by_chance) for limit in (share, record.low, record.high))
        forms = len(set(form[here].tolist()))
        agreements.append(
            Pooled(str(record.domain), forms, record.n, share, record.low, record.high, kappa, low, high)
        )
    return agreements


def _beyond(share: float | None, chance: float) -> float | None:
    """The part of what chance leaves open; never below −1."""
    return None if share is None or chance == 1 else max((share - chance) / (1 - chance), -1.0)

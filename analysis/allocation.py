"""The allocation of a sample to strata."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from analysis.design import DesignError, Floats, Ints

Rule = Literal["equal", "proportional", "sqrt", "neyman"]
RULES: tuple[Rule, ...] = ("equal", "proportional", "sqrt", "neyman")


def shares(rule: Rule, size: Any, deviation: Any = None) -> Floats:
    """(H,) the share of the sample that each stratum gets; they add up to 1.

    equal         the same for each, if each stratum is to have figures of its own
    proportional  as the size, so that every household counts alike (Cochran 1977, § 5.6)
    sqrt          as √size, between the two (Bankier 1988, power 1/2)
    neyman        as size × standard deviation, which gives the whole its smallest error (Neyman 1934; Cochran
                  1977, § 5.5)

    size       (H,) > 0           deviation  (H,) ≥ 0, for `neyman` alone; all 0: as `proportional`
    """
    x = np.asarray(size, dtype=np.float64)
    if rule == "neyman":
        if deviation is None:
            raise ValueError("neyman needs the standard deviations")
        worth = x * np.asarray(deviation, dtype=np.float64)
        worth = worth if worth.sum() > 0 else x
    else:
        worth = {"equal": np.ones_like(x), "proportional": x, "sqrt": np.sqrt(x)}[rule]
    return np.asarray(worth / worth.sum(), dtype=np.float64)


def allocate(total: int, share: Any, least: Any = 0, most: Any = None) -> Ints:
    """(H,) whole numbers that add up to `total`, as near the shares as the limits allow.

    least, most  of each stratum, (H,) or one for all

    A stratum at its limit stays there and the others share the rest in proportion; then each gets its whole part,
    and those with the largest remainders one more (Hamilton's rule; the earlier stratum of equal ones).
    DesignError: no numbers within the limits add up to the total.
    """
    worth = np.asarray(share, dtype=np.float64)
    low = np.broadcast_to(np.asarray(least, dtype=np.float64), worth.shape)
    high = np.broadcast_to(np.asarray(total if most is None else most, dtype=np.float64), worth.shape)
    low = np.minimum(low, high)
    if not low.sum() <= total <= high.sum():
        raise DesignError(
            "%(total)s can't be shared out: the strata need %(least)s and have %(most)s.",
            total=total,
            least=int(low.sum()),
            most=int(high.sum()),
        )
    exact = _within(worth, total, low, high)
    whole = np.floor(exact + 1e-9)
    remainder = np.where(whole < high, np.round(exact - whole, 9), -1.0)
    more = total - int(whole.sum())
    whole[np.argsort(-remainder, kind="stable")[:more]] += 1
    return whole.astype(np.int64)


def _within(worth: Floats, total: int, low: Floats, high: Floats) -> Floats:
    """(H,) clip(scale × worth, low, high), with the scale at which they add up to the total."""
    worth = np.maximum(worth, worth.max() * 1e-12)  # a stratum worth nothing still takes what no other can
    least, most = 0.0, 1.0
    while np.clip(most * worth, low, high).sum() < total:
        most *= 2
    for _ in range(200):
        middle = (least + most) / 2
        if np.clip(middle * worth, low, high).sum() < total:
            least = middle
        else:
            most = middle
    return np.clip(most * worth, low, high)

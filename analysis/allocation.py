"""How a sample is shared out over strata."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from analysis.design import DesignError, Floats, Ints

Rule = Literal["equal", "proportional", "sqrt", "neyman"]
RULES: tuple[Rule, ...] = ("equal", "proportional", "sqrt", "neyman")


def shares(rule: Rule, size: Any, deviation: Any = None) -> Floats:
    """(H,) what each stratum gets of the sample, as a share; the sum is 1.

    equal         the same to each: for the strata's own figures
    proportional  as the size: every household counts alike (Cochran 1977, § 5.6)
    sqrt          as √size, between the two (Bankier 1988, power 1/2)
    neyman        as size × standard deviation: the smallest error of the whole for the money (Neyman 1934; Cochran
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
    """(H,) whole numbers that add up to `total`, as near the shares as the limits let them.

    least, most  of each stratum, (H,) or one for all

    A stratum at its limit stays there, the others share what is left in proportion; then each gets the whole part,
    and the largest remainders one more (Hamilton's rule; of equal ones the earlier stratum).
    DesignError: the limits leave no way to add up to the total.
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

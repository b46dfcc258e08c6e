"""How often steering was found that was planted in made-up waves, and how often an honest one was flagged.

The figures stand in `trials.csv`, which `benchmarks/steering.py` writes; page and docs tell them from there.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from analysis.interval import clopper_pearson

FILE = Path(__file__).with_name("trials.csv")


@dataclass(frozen=True)
class Trial:
    """One kind of wave, honest or steered in one way.

    world, villages  the kind of honest wave it was made from, and villages a commune; 0: an open link
    steering, where, share  what one hand did, where, to which share of the forms there; blank: an honest wave
    waves    how many were made
    passes   in how many a steered group was named within the first ten findings by one that passes the corrected
             test; of honest waves: in how many anything passed
    signs    the same, where signs are enough
    province, commune  points by which the index moved on average (of `bribery` the share who say that people pay);
             of the commune that moved most
    """

    world: str
    villages: int
    steering: str
    where: str
    share: float
    waves: int
    passes: int
    signs: int
    province: float
    commune: float

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Exact limits of the share of waves that `passes` counts."""
        return interval([self], level)


@cache
def trials() -> tuple[Trial, ...]:
    """All rows, in the order in which they were made."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return tuple(
            Trial(
                world=row["world"],
                villages=int(row["villages"]),
                steering=row["steering"],
                where=row["where"],
                share=float(row["share"]),
                waves=int(row["waves"]),
                passes=int(row["passes"]),
                signs=int(row["signs"]),
                province=float(row["province"]),
                commune=float(row["commune"]),
            )
            for row in csv.DictReader(stream)
        )


def find(steering: str, where: str, share: float, villages: int = 2) -> Trial:
    """The trial of one kind; KeyError if it wasn't made."""
    asked = (steering, where, share, villages)
    for one in trials():
        if (one.steering, one.where, one.share, one.villages) == asked:
            return one
    raise KeyError(asked)


def honest() -> list[Trial]:
    """The honest waves, one kind a row."""
    return [one for one in trials() if not one.steering]


def interval(some: Sequence[Trial], level: float = 0.95) -> tuple[float, float]:
    """Exact limits of the share of waves that `passes` counts, of trials together; 0 to 1 without a wave."""
    waves = np.array([float(sum(one.waves for one in some))])
    if not waves[0]:
        return 0.0, 1.0
    low, high = clopper_pearson(sum(one.passes for one in some) / waves, waves, level)
    return float(low[0]), float(high[0])

"""Replicate weights: for statistics that have no formula, and as a check on the formulas.

A replicate multiplies whole PSUs, so its factors are (R, P); where a statistic is a function of PSU totals, the
replicates of all items are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.design import Design, Floats


@dataclass(frozen=True)
class Replicates:
    """R sets of weights, by the factor of each PSU, and what each squared deviation counts."""

    design: Design
    factor: Floats  # (R, P)
    scale: Floats  # (R,)

    def weights(self, replicate: int) -> Floats:
        """(N,) the weights of one replicate."""
        weight: Floats = self.design.final_weight * self.factor[replicate][self.design.row]
        return weight

    def variance(self, statistic: Callable[[Floats], Any]) -> Any:
        """The variance of `statistic(weights)`, a number or an array, around its value at the full weights."""
        whole = np.asarray(statistic(self.design.final_weight))
        deviations = [np.asarray(statistic(self.weights(r))) - whole for r in range(len(self.factor))]
        return np.tensordot(self.scale, np.square(deviations), axes=1)

    def ratio_variance(self, score: Any, base: Any) -> Any:
        """The variance of Σ w y / Σ w x for K measures at once: score and base (N,) or (N, K)."""
        top, bottom = (self._psu_totals(part) for part in (score, base))
        whole = top.sum(0) / bottom.sum(0)
        replicated = (self.factor @ top) / (self.factor @ bottom)
        return self.scale @ (replicated - whole) ** 2

    def _psu_totals(self, values: Any) -> Floats:
        columns = np.asarray(values, dtype=np.float64)
        totals = np.zeros((len(self.design.frame.stratum), *columns.shape[1:]))
        np.add.at(totals, self.design.row, (columns.T * self.design.final_weight).T)
        return totals


def jackknife(design: Design) -> Replicates:
    """Delete one PSU at a time, the others of its stratum times m_h/(m_h − 1): JKn (Wolter 2007, § 4.5)."""
    frame = design.frame
    m = frame.sampled[frame.stratum].astype(np.float64)
    left_out = np.flatnonzero(m > 1)
    factor = np.ones((len(left_out), len(m)))
    for r, psu in enumerate(left_out):
        mates = frame.stratum == frame.stratum[psu]
        factor[r, mates] = m[psu] / (m[psu] - 1)
        factor[r, psu] = 0
    scale = frame.remaining[frame.stratum[left_out]] * (m[left_out] - 1) / m[left_out]
    return Replicates(design, factor, scale)


def bootstrap(design: Design, replicates: int = 500, seed: int | None = None) -> Replicates:
    """Rescaled bootstrap: m_h − 1 PSUs of each stratum drawn with replacement (Rao & Wu 1988; with fpc their § 4).

    Same seed, same replicates. A stratum with one PSU stays as it is.
    """
    frame = design.frame
    random = np.random.default_rng(seed)
    factor = np.ones((replicates, len(frame.stratum)))
    for h, m in enumerate(frame.sampled):
        if m < 2:
            continue
        psus = np.flatnonzero(frame.stratum == h)
        drawn = random.multinomial(m - 1, np.full(m, 1 / m), size=replicates)
        reach = np.sqrt(frame.remaining[h])
        factor[:, psus] = 1 - reach + reach * drawn * m / (m - 1)
    return Replicates(design, factor, np.full(replicates, 1 / replicates))

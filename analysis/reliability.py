"""How much the items of a factor measure one thing: Cronbach's alpha of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log

import numpy as np
from scipy.special import ndtri, stdtrit

from analysis.design import Bools, Design, Floats
from analysis.estimate import estimate
from analysis.measure import Measure


@dataclass(frozen=True)
class Reliability:
    """Alpha with its interval, and of how many people; without limits where the design can't tell them."""

    alpha: float
    low: float | None
    high: float | None
    n: int


def alpha(design: Design, levels: Floats, level: float = 0.95) -> Reliability | None:
    """Cronbach's alpha of K items, weighted; None where nothing varies.

    levels  (N, K) what each answered, NaN for no answer: only whoever answered all K is counted

    The standard error is that of the linearised figure (Cronbach 1951; Demnati and Rao 2004), the interval that of
    ln(1 − alpha), so that it ends below 1 (Bonett 2002). Two items at least, else a ValueError.
    """
    items = levels.shape[1]
    if items < 2:
        raise ValueError("alpha is of two items at least")
    whole: Bools = np.isnan(levels).sum(1) == 0
    weight = np.where(whole, design.weight, 0.0)
    if whole.sum() < 2 or not weight.sum():
        return None
    filled = np.where(whole[:, None], levels, 0.0)
    total = filled.sum(1)
    mean = weight @ filled / weight.sum()
    apart = ((filled - mean) ** 2).sum(1)
    together = (total - mean.sum()) ** 2
    of_items, of_total = weight @ apart / weight.sum(), weight @ together / weight.sum()
    if not of_total:
        return None
    scale = items / (items - 1)
    own = scale * (1 - of_items / of_total)
    linear = scale * (of_items * together / of_total - apart) / of_total
    figure = estimate(design, [Measure.numbers("alpha", None, "mean", linear, whole)], variance="direct")[0]
    error, df = figure.standard_error, figure.df
    if error is None or not df > 0 or own >= 1:
        return Reliability(float(own), None, None, int(whole.sum()))
    quantile = (1 + level) / 2
    away = float(stdtrit(df, quantile) if df < inf else ndtri(quantile)) * error / (1 - own)
    low, high = (1 - exp(log(1 - own) + sign * away) for sign in (1, -1))
    return Reliability(float(own), low, high, int(whole.sum()))

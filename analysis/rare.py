"""Rare events, and shares near 0 or 1: exact tails."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betainc, betaln, gammaln

from analysis.design import Floats


def more_than_others(events: Any, chances: Any) -> Floats:
    """(G,) P(so many events or more | they come as often as with the others); NaN without chances on either side.

        K | m ~ beta-binomial(m, a, b),  a = Σ_others k + ½,  b = Σ_others (m − k) + ½

    the predictive distribution under Jeffreys' prior (Aitchison & Dunsmore 1975, § 2): what is not known of the
    others' rate makes p larger, and with no event among them it is no impossibility.
    """
    k, m = np.asarray(events, np.int64), np.asarray(chances, np.int64)
    others_k, others_m = k.sum() - k, m.sum() - m
    p = np.full(len(k), np.nan)
    for g in np.flatnonzero((m > 0) & (others_m > 0)).tolist():
        a, b = others_k[g] + 0.5, others_m[g] - others_k[g] + 0.5
        j = np.arange(k[g], m[g] + 1)
        ways = gammaln(m[g] + 1) - gammaln(j + 1) - gammaln(m[g] - j + 1)
        p[g] = min(1.0, float(np.exp(ways + betaln(j + a, m[g] - j + b) - betaln(a, b)).sum()))
    return p


def binomial(share: Any, n: Any, usual: Any) -> tuple[Floats, Floats]:
    """(G,) P(so many or more) and P(so many or fewer) of n, where the usual share is known; NaN stays."""
    size, p = np.rint(np.asarray(n, np.float64)), np.asarray(usual, np.float64)
    with np.errstate(all="ignore"):
        k = np.rint(np.asarray(share) * size)
        above = np.where(k > 0, betainc(np.maximum(k, 1), size - k + 1, p), 1.0)
        below = np.where(k < size, betainc(np.maximum(size - k, 1), k + 1, 1 - p), 1.0)
    unknown = ~np.isfinite(k + p)
    return np.where(unknown, np.nan, above), np.where(unknown, np.nan, below)

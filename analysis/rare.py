"""Rare events of each of a few groups beside those of all others."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betaln, gammaln

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

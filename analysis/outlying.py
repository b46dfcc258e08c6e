"""Which of G groups have a figure unlike that of the others, where honest groups differ too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri, stdtr

from analysis.design import Bools, Floats

FEWEST = 8  # groups, below which nobody knows how far they differ
SURE = 0.002  # a group leaves the others' fit where it is beyond this, of all groups together
STEPS = 40  # of a search that halves an interval, or of Newton's


@dataclass(frozen=True)
class Outlying:
    """Arrays are (G,), NaN where nothing was tested.

    expected  of a group like the others; error: of a new group's figure about it
    above     P(so much or more); below: P(so little or less), of a group like the others
    """

    expected: Floats
    error: Floats
    above: Floats
    below: Floats

    @property
    def either(self) -> Floats:
        """Two-sided."""
        p: Floats = np.minimum(1.0, 2 * np.minimum(self.above, self.below))
        return p


def outlying(value: Any, variance: Any, covariates: Any = None, most_df: float = np.inf) -> Outlying:
    """Tests each group against what the others predict of it, in the model

        y_g = x_g'β + u_g + e_g,   u ~ N(0, τ²), e ~ N(0, v_g)

    value       (G,) y, NaN for a group that isn't tested
    variance    (G,) v: how far chance alone goes within the group. Honest groups differ by more: that is τ²
    covariates  (G, q) what honest groups are known to differ by
    most_df     fewer degrees of freedom where honest groups have heavier tails than the normal (Lange, Little &
                Taylor 1989)

    τ² by Paule & Mandel (1982) from the groups that agree with each other; the residual is studentised without the
    group itself and judged by t with k − q − 2 degrees of freedom (Cook & Weisberg 1982, § 2.2.1), exactly so
    where all v are equal. As several odd groups would hide each other, the fit starts from the middle three
    quarters (least trimmed squares, Rousseeuw & Leroy 1987, § 4.4), and leaves out whoever is beyond 0.2% of all
    groups together by the median absolute deviation. Where chance alone explains all, s² is at least 1. Fewer than
    8 groups more than covariates: nothing is tested.
    """
    y, v = np.asarray(value, np.float64), np.asarray(variance, np.float64)
    G = len(y)
    x = np.ones((G, 1)) if covariates is None else np.column_stack([np.ones(G), covariates])
    known = np.isfinite(y) & np.isfinite(v) & np.isfinite(x).all(1) & (v > 0)
    nothing = np.full(G, np.nan)
    if known.sum() < FEWEST + x.shape[1] - 1:
        return Outlying(nothing, nothing, nothing, nothing)
    fitted = _fit(y[known], v[known], x[known], most_df)
    parts = []
    for part in fitted:
        whole = nothing.copy()
        whole[known] = part
        parts.append(whole)
    return Outlying(*parts)


def _fit(y: Floats, v: Floats, x: Floats, most_df: float) -> tuple[Floats, Floats, Floats, Floats]:
    like = _like_each_other(y, v, x)
    q = x.shape[1]
    tau2 = _between(y[like], v[like], x[like])
    w = 1 / (v + tau2)
    inverse = np.linalg.pinv((x[like].T * w[like]) @ x[like])
    beta = inverse @ (x[like].T @ (w[like] * y[like]))
    leverage = w * np.einsum("gi,ij,gj->g", x, inverse, x)
    inside = np.where(like, np.minimum(leverage, 1 - 1e-9), 0.0)
    e = y - x @ beta
    alone = e / (1 - inside)  # without the group itself
    doubt = np.where(like, 1 / (1 - inside), 1 + leverage) / w
    k = int(like.sum())
    total = float((w * e**2)[like].sum())
    df = np.where(like, k - q - 1, k - q).astype(np.float64)
    s2 = (total - np.where(like, w * e**2 / (1 - inside), 0.0)) / df
    error = np.sqrt(np.maximum(s2, 1.0 if tau2 == 0 else 0.0) * doubt)
    t, df = alone / error, np.minimum(df, most_df)
    return y - alone, error, stdtr(df, -t), stdtr(df, t)


def _like_each_other(y: Floats, v: Floats, x: Floats) -> Bools:
    """Which groups the fit rests on: all but the few that are far from it."""
    G, q = len(y), x.shape[1]
    most = max(G * 3 // 4, q + 2)
    like = np.argsort(np.abs(y - np.median(y)) / np.sqrt(v), kind="stable")[:most]
    for _step in range(10):
        beta = np.linalg.lstsq(x[like], y[like], rcond=None)[0]
        e = y - x @ beta
        chosen = np.argsort(np.abs(e), kind="stable")[:most]
        if set(chosen.tolist()) == set(like.tolist()):
            break
        like = chosen
    middle = float(ndtri(0.75))
    low, high = 0.0, float((e**2).max() / middle**2)
    for _step in range(STEPS):
        tau2 = (low + high) / 2
        if np.partition(e**2 / (v + tau2), G // 2)[G // 2] > middle**2:
            low = tau2
        else:
            high = tau2
    doubt = 1 + 1 / np.sqrt(G)  # of a median absolute deviation of so few
    bound = -float(ndtri(SURE / 2 / G)) * np.sqrt(G / (G - q)) * doubt
    near: Bools = np.abs(e) <= bound * np.sqrt(v + high)
    return near if near.sum() >= G * 3 // 4 else np.isin(np.arange(G), np.argsort(np.abs(e))[: G * 3 // 4])


def _between(y: Floats, v: Floats, x: Floats) -> float:
    """τ² at which the weighted squares of what is left are as many as their degrees of freedom; 0 at least.
    Newton's steps from 0 never go beyond it, for the squares are convex in τ² (DerSimonian & Kacker 2006)."""
    df, tau2 = len(y) - x.shape[1], 0.0
    for _step in range(STEPS):
        w = 1 / (v + tau2)
        e = y - x @ (np.linalg.pinv((x.T * w) @ x) @ (x.T @ (w * y)))
        more = float(w @ e**2) - df
        step = more / float(w**2 @ e**2) if more > 0 else 0.0
        tau2 += step
        if step <= 1e-9 * tau2:
            break
    return tau2

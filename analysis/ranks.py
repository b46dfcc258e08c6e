"""The ranks that the data allow: an interval for each unit, never a bare list."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis.design import Bools, Design, Floats
from analysis.estimate import Table, Variance, tabulate
from analysis.interval import adjusted_n, clopper_pearson, logit, t_quantile, wald
from analysis.pooled import edges
from analysis.totals import Measured, psu_totals
from analysis.variance import covariance, is_share, meeting


@dataclass(frozen=True, slots=True)
class Rank:
    """The ranks that domain may have; 1 is the highest estimate."""

    domain: Hashable
    low: int
    high: int


def ranks(
    design: Design,
    measure: Measured,
    domain: Any,
    *,
    method: Literal["pairwise", "joint"] = "pairwise",
    level: float = 0.95,
    variance: Variance = "auto",
    domains: Sequence[Hashable] | None = None,
) -> list[Rank]:
    """A rank interval for each domain with an answer, in the order of the domains.

    pairwise  the domain's own interval at `level`: those told apart from it by a t test of the difference,
              Bonferroni over the K − 1 others (Mogstad, Romano, Shaikh & Wilhelm 2024)
    joint     all K intervals hold together at `level` (Klein, Wright & Wieczorek 2020, main theorem), from
              simultaneous intervals, Bonferroni over K
    A domain without an interval may have any rank.
    """
    table = tabulate(psu_totals(design, [measure], domain, domains), "logit", level, variance)
    answered = table.whole.count[:, 0] > 0
    K = int(answered.sum())
    labels = [label for label, there in zip(table.totals.domains, answered, strict=True) if there]
    if method == "joint":
        low, high = simultaneous(table, 1 - (1 - level) / max(K, 1))
        found = joint_ranks(low[answered], high[answered])
    else:
        better = _told_apart(table, 1 - (1 - level) / max(K - 1, 1))[np.ix_(answered, answered)]
        found = [
            (1 + int(above), K - int(below)) for above, below in zip(better.sum(0), better.sum(1), strict=True)
        ]
    return [Rank(label, *span) for label, span in zip(labels, found, strict=True)]


def simultaneous(table: Table, level: float) -> tuple[Floats, Floats]:
    """(G,) limits of the first measure at another level: logit with t for shares, exact at 0 and 1, else t."""
    p, v, df = table.whole.estimate[:, 0], table.variance[:, 0], table.df[:, 0]
    share, edge = bool(is_share(table.totals)[0]), edges(table.totals, table.whole)[:, 0]
    low, high = (logit if share else wald)(p, v, df, level)
    n_star = adjusted_n(table.whole.count[:, 0], table.n_eff_or_n[:, 0], df, level)
    bound = clopper_pearson(p, np.where(df > 0, n_star, np.nan), level)
    return np.where(edge, bound[0], low), np.where(edge, bound[1], high)


def joint_ranks(low: Floats, high: Floats) -> list[tuple[int, int]]:
    """Rank intervals from K simultaneous intervals; NaN: not known (Klein, Wright & Wieczorek 2020).

    better_k = #{j: L_j ≥ U_k};  [better_k + 1, better_k + overlap_k + 1]; the paper ranks from the smallest.
    """
    low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
    above: Bools = low[:, None] >= high[None, :]  # j is better than k
    np.fill_diagonal(above, False)
    better, worse = above.sum(0), above.sum(1)
    return [(int(b) + 1, len(low) - int(w)) for b, w in zip(better, worse, strict=True)]


def _told_apart(table: Table, level: float) -> Bools:
    """(G, G) whether domain j is above domain k: the interval of p_j − p_k lies above 0.

    Where one has no event or all events, its exact bound takes the place of t·se (Zou & Donner 2008).
    """
    p, v, df = table.whole.estimate[:, 0], table.variance[:, 0], table.df[:, 0]
    low, high = simultaneous(table, level)
    edge = edges(table.totals, table.whole)[:, 0]
    pooled = table.pooled[:, :1] & table.pooled[:, :1].T
    C = np.where(pooled & ~meeting(table.scores, 0), 0.0, covariance(table.scores, 0))
    both = np.where(pooled, df[:, None], df[:, None] + df[None, :])  # of the union, or a little fewer
    t = t_quantile(np.where(np.isfinite(both), both, 0), level)
    with np.errstate(all="ignore"):
        spread = np.maximum(v[:, None] + v[None, :] - 2 * C, 0)
        half = t * np.sqrt(spread)
        own = t_quantile(df, level) * np.sqrt(v)
        down, up = np.where(edge, p - low, own), np.where(edge, high - p, own)
        half = np.where(edge[:, None] | edge[None, :], np.hypot(down[:, None], up[None, :]), half)
        above: Bools = p[:, None] - p[None, :] > half
    known = (df > 0) & np.isfinite(p)
    return above & known[:, None] & known[None, :]

"""The ranks that the data allow: an interval for each unit, never a bare list."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis.contrast import contrasts
from analysis.design import Bools, Design, Floats
from analysis.estimate import Table, Variance, tabulate
from analysis.interval import adjusted_n, clopper_pearson, logit, wald
from analysis.measure import Measure
from analysis.pooled import edges
from analysis.totals import Totals, by_domain, psu_totals
from analysis.variance import is_share


@dataclass(frozen=True, slots=True)
class Rank:
    """The ranks that domain may have; 1 is the highest estimate."""

    domain: Hashable
    low: int
    high: int


def ranks(
    design: Design,
    measure: Measure,
    domain: Any,
    *,
    method: Literal["pairwise", "joint"] = "pairwise",
    level: float = 0.95,
    variance: Variance = "auto",
    domains: Sequence[Hashable] | None = None,
) -> list[Rank]:
    """A rank interval for each domain with an answer, in the order of the domains.

    pairwise  the domain's own interval at `level`: those told apart from it by the test of their difference,
              Bonferroni over the K − 1 others (Mogstad, Romano, Shaikh & Wilhelm 2024)
    joint     all K intervals hold together at `level` (Klein, Wright & Wieczorek 2020, main theorem), from
              simultaneous intervals, Bonferroni over K
    A domain without an interval, or without a test, may have any rank.
    """
    totals = psu_totals(design, [measure], domain, domains)
    answered = by_domain(totals, totals.sums.count)[:, 0] > 0
    K = int(answered.sum())
    labels = [label for label, has_answers in zip(totals.domains, answered, strict=True) if has_answers]
    if method == "joint":
        low, high = simultaneous(tabulate(totals, "logit", level, variance), 1 - (1 - level) / max(K, 1))
        spans = joint_ranks(low[answered], high[answered])
    else:
        better = _told_apart(totals, labels, variance, (1 - level) / max(K - 1, 1))
        spans = [
            (1 + int(above), K - int(below)) for above, below in zip(better.sum(0), better.sum(1), strict=True)
        ]
    return [Rank(label, *span) for label, span in zip(labels, spans, strict=True)]


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


def _told_apart(totals: Totals, labels: list[Hashable], variance: Variance, most: float) -> Bools:
    """(K, K) whether domain j is above domain k: the p of their difference is at most `most`."""
    above = np.zeros((len(labels), len(labels)), bool)
    pairs = list(itertools.combinations(range(len(labels)), 2))
    differences = contrasts(totals, [(labels[j], labels[k]) for j, k in pairs], 0.95, variance)
    for (j, k), one in zip(pairs, differences, strict=True):
        if one.p is not None and one.estimate is not None and one.p <= most:
            above[j, k], above[k, j] = one.estimate < 0, one.estimate > 0
    return above

"""Survey statistics: what a sample tells of a population, with its uncertainty. Imports nothing of ours.

    from analysis import Design, proportion

Design -> totals per PSU -> estimates. Formulas and sources: docs/thong-ke.md.
"""

from analysis.contrast import REST, Difference, against_rest, difference, groups, holm
from analysis.design import Design, DesignError
from analysis.disclosure import hide
from analysis.estimate import Estimate, estimate, mean, proportion, ratio, total
from analysis.ranks import Rank, ranks
from analysis.totals import Measure, Share

__all__ = [
    "REST",
    "Design",
    "DesignError",
    "Difference",
    "Estimate",
    "Measure",
    "Rank",
    "Share",
    "against_rest",
    "difference",
    "estimate",
    "groups",
    "hide",
    "holm",
    "mean",
    "proportion",
    "ranks",
    "ratio",
    "total",
]

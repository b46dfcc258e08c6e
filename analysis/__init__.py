"""Survey statistics: estimates of a population from a sample, with their uncertainty.

    from analysis import Design, proportion

Design -> totals per PSU -> estimates. Formulas and sources: docs/statistics.md. What must be
withheld of a table is in `analysis.disclosure`, which is imported by itself: its solver takes a tenth of a second.
"""

from analysis.contrast import REST, Difference, against_rest, benjamini_hochberg, difference, groups, holm
from analysis.design import Design, DesignError
from analysis.estimate import Estimate, estimate, mean, proportion, ratio, total
from analysis.measure import Measure
from analysis.ranks import Rank, ranks

__all__ = [
    "REST",
    "Design",
    "DesignError",
    "Difference",
    "Estimate",
    "Measure",
    "Rank",
    "against_rest",
    "benjamini_hochberg",
    "difference",
    "estimate",
    "groups",
    "holm",
    "mean",
    "proportion",
    "ranks",
    "ratio",
    "total",
]

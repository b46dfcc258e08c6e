"""Survey statistics: what a sample tells of a population, with its uncertainty. Imports nothing of ours.

    from analysis import Design, proportion

Design -> totals per PSU -> estimates. Formulas and sources: docs/statistics.md. What must be hidden of a table
`analysis.disclosure` finds; it stands apart, for its solver takes a tenth of a second to load.
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

"""Survey statistics: what a sample tells of a population, with its uncertainty. Imports nothing of ours.

    from analysis import Design, proportion

Design -> totals per PSU -> estimates. Formulas and sources: docs/thong-ke.md.
"""

from analysis.design import Design, DesignError
from analysis.estimate import Estimate, estimate
from analysis.totals import Measure, Share

__all__ = ["Design", "DesignError", "Estimate", "Measure", "Share", "estimate"]

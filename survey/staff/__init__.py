"""Pages of those who run the survey and read its results: a module a screen."""

from survey.staff import changes, how, items, overview, people, progress, releases, reports, units, waves, weights
from survey.staff.blueprint import pages

__all__ = [
    "changes",
    "how",
    "items",
    "overview",
    "pages",
    "people",
    "progress",
    "releases",
    "reports",
    "units",
    "waves",
    "weights",
]

"""Pages of those who run the survey and read its results: a module a screen."""

from survey.staff import how, items, overview, people, progress, releases, reports, units, waves
from survey.staff.blueprint import pages

__all__ = ["how", "items", "overview", "pages", "people", "progress", "releases", "reports", "units", "waves"]

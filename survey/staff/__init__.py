"""Pages of those who run the survey and read its results: a module a screen."""

from survey.staff import (
    accounting,
    changes,
    effects,
    how,
    import_file,
    items,
    overview,
    people,
    progress,
    releases,
    reports,
    review,
    reviewed,
    tables,
    units,
    waves,
    weights,
)
from survey.staff.blueprint import pages

__all__ = [
    "accounting",
    "changes",
    "effects",
    "how",
    "import_file",
    "items",
    "overview",
    "pages",
    "people",
    "progress",
    "releases",
    "reports",
    "review",
    "reviewed",
    "tables",
    "units",
    "waves",
    "weights",
]

"""The list of targets with their figures, on the overview and on a commune's page: it sorts by its heads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from survey.results.targets import Line, Verdict
from survey.web.staff.blueprint import pages
from survey.web.staff.sorting import Sorting
from translations.formats import order

# From the worst to the best; what can't be judged has no place among them.
VERDICTS = (Verdict.MISSED, Verdict.UNDECIDED, Verdict.REACHED)
KEYS: Mapping[str, Callable[[Line], Any]] = {
    "ten": lambda line: order(line.name),
    "chi-tieu": lambda line: line.target.value,
    "uoc-luong": lambda line: line.record.estimate,
    "so-nguoi": lambda line: line.record.n,
    "ket-luan": lambda line: VERDICTS.index(line.verdict) if line.verdict in VERDICTS else None,
    "phu-trach": lambda line: order(line.responsible),
}


class TargetList(NamedTuple):
    """Targets in the order that the address asks for, and the heads that ask for another."""

    sorting: Sorting[Line]
    rows: list[Line]


@pages.app_template_global()
def target_list(lines: Iterable[Line]) -> TargetList:
    """The targets as the address sorts them."""
    sorting = Sorting.asked(KEYS)
    return TargetList(sorting, sorting.rows(lines))

"""What a commune is strong and weak in: its items against the rest of the province, by the corrected test alone.

Of 39 equal items the five weakest look ten points low by selection alone. So an item stands out only by the word
of `verdicts`, of all items of that commune together; where none has one, none is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.contrast import Group
from survey.results import verdicts
from survey.results.result_table import Record
from survey.storage.models import Wave


@dataclass(frozen=True)
class Standout:
    """An item in which a commune differs from the rest of the province, or shows signs of it: `group`."""

    record: Record
    group: Group

    @property
    def item(self) -> str:
        """Its code."""
        return self.record.item


def of_units(wave: Wave, records: Iterable[Record]) -> dict[str, tuple[Standout, ...]]:
    """The items that stand out in each unit, the largest difference first; a unit without any is left out.

    records  of the items by unit, as they may be seen
    """
    by_unit: dict[str, list[Record]] = {}
    for record in records:
        by_unit.setdefault(str(record.domain), []).append(record)
    standouts: dict[str, tuple[Standout, ...]] = {}
    for unit, own in by_unit.items():
        found = zip(own, verdicts.concluded(wave, [one.rest for one in own]), strict=True)
        pairs = [(one, verdicts.reconcile(group, one, one.overall)) for one, group in found]
        apart = [Standout(one, group) for one, group in pairs if group is not None and group != "not_apart"]
        if apart:
            standouts[unit] = tuple(sorted(apart, key=_far, reverse=True))
    return standouts


def tested(records: Iterable[Record]) -> Counter[str]:
    """How many of these records of each unit the test could compare with the rest of the province."""
    return Counter(str(one.domain) for one in records if one.rest is not None and one.rest.p is not None)


def _far(one: Standout) -> float:
    return abs(one.record.rest.estimate or 0.0) if one.record.rest else 0.0

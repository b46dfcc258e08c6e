"""What a commune is strong and weak in: its items against the rest of the province, by the corrected test alone.

Of 39 equal items the five weakest look ten points low by selection alone. So an item stands out only where its
difference passes the test corrected for all items of that commune (Holm); where none passes, none is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis import DesignError, Difference, against_rest, groups
from forms import Rule
from survey.kept import A_FIGURE, kept
from survey.results import result_table
from survey.sample import Sample


@dataclass(frozen=True)
class Standout:
    """An item in which a commune differs from the rest of the province: `above` or below, by `difference`."""

    item: str
    above: bool
    difference: Difference


@kept(
    lambda people, rule: (people.version, people.wave.single_psu, rule.name),
    lambda told: A_FIGURE * sum(len(items) for items in told.values()),
)
def of_units(people: Sample, rule: Rule) -> dict[str, tuple[Standout, ...]]:
    """The items that stand out in each unit, the largest difference first; a unit without any is left out."""
    index = people.questionnaire.index
    items = index.codes()["index"] if index else ()
    measures = [
        measure for code in items for measure in result_table.measures(people, result_table.Wanted(code), rule)
    ]
    if not measures or not len(people):
        return {}
    try:
        found = against_rest(result_table.design(people), measures, people.unit)
    except DesignError:  # a design that can't tell one part from another tells no standout either
        return {}
    by_unit: dict[str, list[Difference]] = {}
    for one in found:
        by_unit.setdefault(str(one.to), []).append(one)
    told: dict[str, tuple[Standout, ...]] = {}
    for unit, differences in by_unit.items():
        apart = [
            Standout(one.item, group == "above", one)
            for one, group in zip(differences, groups(differences), strict=True)
            if group in ("above", "below")
        ]
        if apart:
            told[unit] = tuple(sorted(apart, key=lambda one: -abs(one.difference.estimate or 0.0)))
    return told

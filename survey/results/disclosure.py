"""Which records of a wave must be hidden, and what is left of them when they are released."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cachetools import LRUCache, cached

from analysis import Estimate
from analysis.design import Labels
from analysis.disclosure import hide
from survey.sample import Bools, Sample

GRAVEST_LAST = ("under_3", "hidden_with", "hidden")
TOGETHER = ("unit", "stratum")  # groupings that are hidden as one table


@dataclass(frozen=True)
class Domains:
    """N people's labels, and every label that is wanted, with those that nobody has."""

    labels: Labels
    wanted: list[Any]


@dataclass(frozen=True)
class Count:
    """How many people of a domain answered an item (`n`), and how many of them with this value (`events`)."""

    item: str
    value: str
    domain: Any
    n: int
    events: int


def marked(
    people: Sample, found: Sequence[Estimate], by: Sequence[str], tables: Mapping[str, Domains]
) -> list[Estimate]:
    """The records with `hidden`, `hidden_with` or `under_3` among their flags where these hold.

    The whole table of an item decides, with all its values, whatever part of it was asked for: so two questions
    never give away together what each hides. Communes and strata are hidden as one table, for one may be the sum
    of several others. A set of values takes the gravest mark of its values.

    by      what the records are grouped by; nothing for the whole province
    tables  the domains of `by`, and where these are communes or strata of each of both, by `grouped`
    """
    codes = dict.fromkeys(record.item for record in found)
    own = grouped(by)
    both = _both(people) if own in TOGETHER else Both({}, ())
    counts: dict[tuple[str, str, Any], Count] = {}
    groups: list[tuple[str, Domains | None]] = [*tables.items()] or [("", None)]
    if both.are_one:
        groups = [("unit", tables["unit"])]
    for code in codes:
        for group, where in groups:
            for count in table(people, code, where):
                called = both.called(group, count.domain)
                counts.setdefault((code, count.value, called), replace(count, domain=called))
    items = people.questionnaire.items.values()
    sensitive = {item.code for item in items if item.sensitive}
    harmless = {line.item: {str(line.none)} for line in people.questionnaire.headlines}
    marks = {
        key: mark
        for key, mark in zip(counts, hide(list(counts.values()), sensitive, harmless, both.same), strict=True)
        if mark is not None
    }
    values: dict[str, list[str]] = {}
    for count in counts.values():
        if count.value not in values.setdefault(count.item, []):
            values[count.item].append(count.value)
    result = []
    for record in found:
        asked = [value for value in (record.value or "").split(",") if value in values[record.item]]
        domain = both.called(own, record.domain)
        there = [
            mark
            for value in asked or values[record.item]
            if (mark := marks.get((record.item, value, domain))) is not None
        ]
        worst = max(there, key=GRAVEST_LAST.index, default=None)
        result.append(replace(record, flags=(*record.flags, worst)) if worst else record)
    return result


def grouped(by: Sequence[str]) -> str:
    """What records are grouped by, as one word."""
    return " × ".join(by)


@dataclass(frozen=True)
class Both:
    """How communes and strata lie to each other.

    same   sets of communes and of strata that hold the same people, in the smallest sets
    alias  a stratum that is one commune -> that commune
    """

    alias: Mapping[str, tuple[str, str]]
    same: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...]

    @property
    def are_one(self) -> bool:
        """Whether each stratum is one commune: then their tables are one."""
        return bool(self.same) and len(self.alias) == len(self.same)

    def called(self, group: str, label: Any) -> Any:
        """The label of a domain, such that a commune is told from a stratum of its name."""
        if group not in TOGETHER:
            return label
        return self.alias.get(label, (group, label)) if group == "stratum" else (group, label)


@cached(LRUCache(maxsize=16), key=lambda people: (people.wave.code, people.version), lock=threading.Lock())
def _both(people: Sample) -> Both:
    strata: dict[str, set[str]] = {}
    communes: dict[str, set[str]] = {}
    for unit, stratum in set(zip(people.unit.tolist(), people.stratum.tolist(), strict=True)):
        strata.setdefault(unit, set()).add(stratum)
        communes.setdefault(stratum, set()).add(unit)
    alias: dict[str, tuple[str, str]] = {}
    same = []
    left = set(strata)
    while left:
        here, within = {min(left)}, set[str]()
        while True:  # as far as shared people lead from communes to strata and back
            reached = {stratum for unit in here for stratum in strata[unit]}
            if reached == within:
                break
            within = reached
            here = {unit for stratum in within for unit in communes[stratum]}
        left -= here
        if len(here) == len(within) == 1:
            alias[min(within)] = ("unit", min(here))
        called = tuple(alias.get(label, ("stratum", label)) for label in sorted(within))
        same.append((tuple(("unit", label) for label in sorted(here)), called))
    return Both(alias, tuple(same))


def table(people: Sample, code: str, where: Domains | None) -> list[Count]:
    """Everybody's answers to an item, or to a part of the index, counted by value and domain."""
    labels = [None] if where is None else where.wanted
    place = {label: row for row, label in enumerate(labels)}
    own = Labels([None], np.zeros(len(people), np.int64)) if where is None else where.labels
    # One further place, for a label that is not wanted and, as the last one, for a blank.
    rows = np.array([place.get(label, len(labels)) for label in own.levels] + [len(labels)], np.int64)[own.codes]

    def by_domain(who: Bools) -> list[int]:
        there: list[int] = np.bincount(rows[who], minlength=len(labels) + 1)[:-1].tolist()
        return there

    item = people.questionnaire.items.get(code)
    if item is None:  # pooled over items, so only the number of people tells anything
        index = people.questionnaire.index
        parts = index.codes()[code] if index else ()
        given = np.zeros(len(people), bool)
        for part in parts:
            scored = people.questionnaire.items[part]
            given |= people.answers(scored).any_of(scored, scored.valid)
        values: list[tuple[str, Bools]] = [("", np.zeros(len(people), bool))]
    else:
        column = people.answers(item)
        # "Không biết" is no answer to an item of the index, so the smaller count decides.
        scale = item.kind == "scale" and item.missing
        given = column.any_of(item, item.valid) if scale else column.given
        values = [(str(value), column.any_of(item, (value,))) for value in item.choices] or [("", given)]
    n = by_domain(given)
    return [
        Count(code, value, label, answered, events)
        for value, who in values
        for label, answered, events in zip(labels, n, by_domain(who), strict=True)
    ]


def released(record: Estimate) -> Estimate:
    """The record as everybody may see it: a hidden one has lost its figures, n among them, and what else its
    flags would tell; one or two cases keep their upper limit alone."""
    kept = tuple(flag for flag in record.flags if flag in (*GRAVEST_LAST, "not_a_sample"))
    nothing: dict[str, Any] = {"estimate": None, "standard_error": None, "low": None, "deff": None, "n_eff": None}
    if "hidden" in kept or "hidden_with" in kept:
        gone: dict[str, Any] = {"high": None, "n": None, "df": None, "events": 0, "weight_sum": 0.0}
        return replace(record, **nothing, **gone, flags=kept)
    if "under_3" in kept:
        return replace(record, **nothing, events=0, flags=kept)
    return record


def is_marked(record: Estimate) -> bool:
    """Whether something of the record is withheld when it is released."""
    return not set(GRAVEST_LAST).isdisjoint(record.flags)


def hidden_with(record: Estimate) -> Estimate:
    """A released record hidden after all, so that another one can't be subtracted out of it."""
    return released(replace(record, flags=(*(set(record.flags) - set(GRAVEST_LAST)), "hidden_with")))

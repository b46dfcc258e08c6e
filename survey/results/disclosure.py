"""Which records of a wave must be hidden, and what is left of them when they are released."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from cachetools import LRUCache, cached
from sqlalchemy.orm import Session

from analysis import Estimate, anonymity
from analysis.design import Ints, Labels
from analysis.disclosure import FEWEST, Mark, hidden_for_itself, hide
from forms import Item, Questionnaire
from survey import units
from survey.models import Wave, WaveKind
from survey.sample import Bools, Sample
from translations import Refusal

GRAVEST_LAST = ("under_3", "hidden_with", "hidden")
TOGETHER = ("unit", "stratum")  # groupings that are hidden as one table
TOWN, COUNTRY = 1, 2


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


def refuse(people: Sample, by: Sequence[str]) -> None:
    """Refuses a table that is never released: of people grouped by a delicate question."""
    for column in by:
        item = people.questionnaire.items.get(column)
        if item is not None and item.sensitive:
            raise Refusal(
                "Nobody is grouped by what they answered to a delicate question. Group by something else than "
                "%(item)s.",
                item=column,
            )


def declared(wave: Wave, by: Sequence[str]) -> bool:
    """Whether a table may leave the house; any other is for Home Affairs alone, noted and not to be passed on.

    Declared are the province, and tables by commune, by stratum and, in a sample wave, by way of answering: two
    groupings of the same people that are hidden each for itself could be taken off each other, and an open wave's
    newer answers come in together by commune alone.
    """
    tables = TOGETHER if wave.kind is WaveKind.OPEN else (*TOGETHER, "mode")
    return len(by) <= 1 and set(by) <= set(tables)


def marks(
    session: Session,
    people: Sample,
    asked: Iterable[tuple[str, str | None]],
    by: Sequence[str],
    tables: Mapping[str, Domains],
) -> dict[tuple[str, str | None, Any], Mark]:
    """The figures, as item, value and domain, of which something must be withheld.

    The whole table of an item decides, with all its values, whatever part of it was asked for: so two questions
    never give away together what each hides. Communes and strata are hidden as one table, for one may be the sum
    of several others. A set of values with one that is not shown is hidden, with what would be left of it. A part
    of the index is shown where no item can be taken out of it.

    asked   items with the values asked for, as they stand after `=`
    by      what the figures are grouped by; nothing for the whole province
    tables  the domains of `by`, and where these are communes or strata of each of both, by `grouped`
    """
    asked = list(asked)
    index = people.questionnaire.index
    pools = index.codes() if index else {}
    of_index = pools["index"] if any(item in pools for item, _value in asked) else ()
    codes = dict.fromkeys((*of_index, *(item for item, _value in asked if item not in pools)))
    own = grouped(by)
    both = _both(people) if own in TOGETHER else Both({}, ())
    counts: dict[tuple[str, str, Any], Count] = {}
    groups: list[tuple[str, Domains | None]] = [*tables.items()] or [("", None)]
    if both.are_one:
        groups = [("unit", tables["unit"])]
    for group, where in groups:
        for count in table(people, codes, where):
            called = both.called(group, count.domain)
            counts.setdefault((count.item, count.value, called), replace(count, domain=called))
    sums = _areas(session, people) if own in TOGETHER and gives_rows(people.wave, people.questionnaire) else []
    hidden = hide(list(counts.values()), *_delicate(people.questionnaire), both.same, sums)
    # The gravest mark of a value, and of all values of an item, in a domain.
    gravest: dict[tuple[str, str | None, Any], Mark] = {}
    for (code, value, domain), mark in zip(counts, hidden, strict=True):
        for key in ((code, value, domain), (code, None, domain)):
            if mark is not None and GRAVEST_LAST.index(mark) >= GRAVEST_LAST.index(gravest.get(key, mark)):
                gravest[key] = mark

    parts = _Parts(people, pools, tables.get(own))
    shown: dict[Any, set[str]] = {}

    def worst(item: str, value: str | None, own_domain: Any) -> Mark | None:
        domain = both.called(own, own_domain)
        if item in pools:
            if domain not in shown:
                withheld = frozenset(code for code in pools["index"] if (code, None, domain) in gravest)
                shown[domain] = parts.shown(withheld, own_domain)
            if item in shown[domain]:
                return None
            return "hidden" if parts.people_of(pools[item], own_domain) < FEWEST else "hidden_with"
        values = [None] if value is None else value.split(",")
        there = [gravest[key] for one in values if (key := (item, one, domain)) in gravest]
        found = max(there, key=GRAVEST_LAST.index, default=None)
        # "Under 3" and the shown cases of the other values: neither their sum nor its limit may be known.
        return "hidden_with" if found == "under_3" and len(values) > 1 else found

    domains = tables[own].wanted if tables else [None]
    return {
        (item, value, domain): mark
        for item, value in asked
        for domain in domains
        if (mark := worst(item, value, domain)) is not None
    }


@dataclass(frozen=True)
class _Parts:
    """The parts of the index, each a sum over its items: whoever knows one and all its items but one knows that.

    pools  code of a part -> its items; one part holds another whole, or none of it
    where  the domains of the records; None for the whole province
    """

    people: Sample
    pools: Mapping[str, Sequence[str]]
    where: Domains | None

    def shown(self, hidden: frozenset[str], domain: Any) -> set[str]:
        """The parts that may be shown in a domain in which these items are hidden: the larger first, which more
        people look for.

        A part tells, beside its shown items, the sum of the hidden ones; taken off a larger one that is shown, the
        sum of those that are left there. Either must be of no item, or of several that enough people answered.
        """
        found: set[str] = set()
        sums: list[frozenset[str]] = []  # of hidden items, as they follow from what is shown
        for part, items in sorted(self.pools.items(), key=lambda pool: -len(pool[1])):
            here = hidden.intersection(items)
            around = next((one for one in sums if here <= one), here)
            new = {one for one in (here, around - here) if one and one not in sums}
            if all(self._tells_nothing(one, domain) for one in new):
                found.add(part)
                sums = [one for one in sums if one != around or not new] + [*new]
        return found

    def _tells_nothing(self, items: frozenset[str], domain: Any) -> bool:
        """Whether the sum of these items may be known: it is of several, and of enough people."""
        return len(items) > 1 and self.people_of(items, domain) >= FEWEST

    def people_of(self, items: Iterable[str], domain: Any) -> int:
        """How many people of a domain answered any of these items."""
        there = np.zeros(len(self.people), bool)
        for item in (self.people.questionnaire.items[code] for code in items):
            there |= self.people.answers(item).any_of(item, item.valid)
        if self.where is not None:
            there &= self.where.labels.having(domain)
        return int(np.count_nonzero(there))


def hidden_in(people: Sample, who: Bools, groups: Labels) -> set[tuple[str, str]]:
    """The items and groups of which a table of these people alone (N,) would have to hide the figure."""
    labels = Labels(groups.levels, np.where(who, groups.codes, -1))
    where = Domains(labels, list(labels.levels))
    items = [item.code for item in people.questionnaire.items.values() if item.kind != "text"]
    counts = table(people, items, where)
    places = hidden_for_itself(counts, *_delicate(people.questionnaire))
    return {(counts[place].item, counts[place].domain) for place in places}


def _delicate(questionnaire: Questionnaire) -> tuple[set[str], dict[str, set[str]]]:
    """The sensitive items, and of those in the headlines the answer that does nobody harm."""
    sensitive = {item.code for item in questionnaire.items.values() if item.sensitive}
    return sensitive, {line.item: {str(line.none)} for line in questionnaire.headlines}


def gives_rows(wave: Wave, questionnaire: Questionnaire) -> bool:
    """Whether people agreed to anonymised rows, by the consent of the version that they answered.

    Made-up rows are nobody's: a wave of them shows what such a file is like.
    """
    return questionnaire.open_rows or wave.simulated


def areas(session: Session, people: Sample) -> dict[str, int]:
    """The area of each commune that people of the sample live in, as open rows tell it; one area alone where
    either would have too few communes."""
    codes = [str(code) for code in people.unit.levels]
    area = {code: TOWN if units.find(session, code).kind == "phường" else COUNTRY for code in codes}
    sides = list(area.values())
    if min(sides.count(TOWN), sides.count(COUNTRY)) < anonymity.FEWEST_UNITS:
        return dict.fromkeys(codes, COUNTRY)
    return area


def _areas(session: Session, people: Sample) -> list[list[tuple[str, str]]]:
    """The communes of each area: whoever adds up open rows knows the sum of their figures."""
    found = areas(session, people)
    return [[("unit", code) for code, area in found.items() if area == one] for one in sorted(set(found.values()))]


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


def table(people: Sample, codes: Iterable[str], where: Domains | None) -> list[Count]:
    """Everybody's answers to some items, counted by item, value and domain."""
    labels = [None] if where is None else where.wanted
    place = {label: row for row, label in enumerate(labels)}
    own = Labels([None], np.zeros(len(people), np.int64)) if where is None else where.labels
    # One further place, for a label that is not wanted and, as the last one, for a blank.
    rows = np.array([place.get(label, len(labels)) for label in own.levels] + [len(labels)], np.int64)[own.codes]
    found: list[Count] = []
    for item in (people.questionnaire.items[code] for code in codes):
        n, values = _counted(people, item, rows, len(labels))
        found += [
            Count(item.code, value, label, answered, events)
            for value, told in values
            for label, answered, events in zip(labels, n, told, strict=True)
        ]
    return found


def _counted(
    people: Sample, item: Item, rows: Ints, domains: int
) -> tuple[list[int], list[tuple[str, list[int]]]]:
    """How many people of each domain answered an item, and how many of them with each of its values.

    rows  (N,) the domain of each; those of a last one more are dropped
    """
    column = people.answers(item)
    if column.chosen is None and item.choices:
        places = max(item.choices) + 2  # the first one is that of −1, for none
        cell = rows * places
        cell += np.where(column.given, column.codes, -1)
        cell += 1
        told = np.bincount(cell, minlength=(domains + 1) * places).reshape(-1, places)[:-1]
        # "Không biết" is no answer to an item of the index, so the smaller count decides.
        counted = item.valid if item.kind == "scale" and item.missing else item.choices
        n: list[int] = told[:, [value + 1 for value in counted]].sum(1).tolist()
        return n, [(str(value), told[:, value + 1].tolist()) for value in item.choices]

    def by_domain(who: Bools) -> list[int]:
        there: list[int] = np.bincount(rows[who], minlength=domains + 1)[:-1].tolist()
        return there

    n = by_domain(column.given)
    return n, [(str(value), by_domain(column.any_of(item, (value,)))) for value in item.choices] or [("", n)]


def released(record: Estimate) -> Estimate:
    """The record as everybody may see it: a hidden one has lost its figures, n among them, and what else its
    flags would tell; one or two cases keep their upper limit alone, which is that of two."""
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

"""Which records of a wave must be hidden, and what is left of them when they are released."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from cachetools import LRUCache, cached
from sqlalchemy.orm import Session

from analysis import Estimate, anonymity
from analysis.design import Ints, Labels
from analysis.disclosure import (
    FEWEST,
    Mark,
    Past,
    Published,
    Suppression,
    hidden_for_itself,
    hide_after,
    withholds,
)
from forms import Item, Questionnaire
from survey.responses.columns import places
from survey.responses.respondents import Bools, Sample
from survey.storage.models import Mode, Wave, WaveKind
from survey.system.cache import kept, where
from survey.waves import units
from translations import Refusal
from translations.formats import order

GRAVEST_LAST = ("under_3", "hidden_with", "hidden")
TOGETHER = ("unit", "stratum")  # groupings that are hidden as one table
REMEMBERED = 3  # releases that a later one is hidden beside, the newest
A_COUNT = 400  # bytes of a count with its mark
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
    together = _Tables(session, people, own, tables)
    # The gravest mark of a value, and of all values of an item, in a domain.
    gravest: dict[tuple[str, str | None, Any], Mark] = {}
    for code in codes:
        shown_of = (together.hidden(code) if people.former is None else _shown(together, code)).table
        for count, mark in zip(shown_of.figures, shown_of.marks, strict=True):
            for key in ((code, count.value, count.domain), (code, None, count.domain)):
                if mark is not None and GRAVEST_LAST.index(mark) >= GRAVEST_LAST.index(gravest.get(key, mark)):
                    gravest[key] = mark

    parts = _Parts(people, pools, tables.get(own))
    shown: dict[Any, set[str]] = {}

    def worst(item: str, value: str | None, own_domain: Any) -> Mark | None:
        domain = together.both.called(own, own_domain)
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


def exposed(session: Session, people: Sample) -> set[tuple[str, Any]]:
    """The groups, as column and label, of which the declared tables of a sample and of those that were released
    before it tell together what one of them withholds."""
    items = [item.code for item in people.questionnaire.items.values() if item.kind != "text"]
    found: set[tuple[str, Any]] = set()
    for column in ("unit", "mode"):
        if not declared(people.wave, [column]):
            continue
        wanted = {one: domains(session, people, one) for one in (TOGETHER if column in TOGETHER else [column])}
        together = _Tables(session, people, column, wanted)
        for label in set[Any]().union(*(together.hidden(code).exposed for code in items)):
            domain = label.domain if isinstance(label, Earlier) else label
            found.add(domain if column in TOGETHER else (column, domain))
    return found


@dataclass(frozen=True)
class Earlier:
    """The label of a domain as it was, or of those who came to it or went from it, `step` releases back."""

    domain: Any
    step: int
    who: str = "all"


@dataclass(frozen=True)
class Hidden:
    """An item's figures with their marks, and the domains that are told all the same (`hide_after`)."""

    counts: list[Count]
    table: Published
    exposed: set[Any]


@dataclass(frozen=True)
class _Tables:
    """What is hidden of a sample as one table: by commune and stratum, or by another grouping.

    tables  the domains of each column
    """

    session: Session
    people: Sample
    own: str
    tables: Mapping[str, Domains]

    @cached_property
    def both(self) -> Both:
        return _both(self.people) if self.own in TOGETHER else Both({}, ())

    @cached_property
    def groups(self) -> list[tuple[str, Domains | None]]:
        if self.both.are_one:
            return [("unit", self.tables["unit"])]
        return [*self.tables.items()] or [("", None)]

    @cached_property
    def sums(self) -> list[list[tuple[str, str]]]:
        rows = self.own in TOGETHER and gives_rows(self.people.wave, self.people.questionnaire)
        return _areas(self.session, self.people) if rows else []

    @cached_property
    def formers(self) -> list[_Tables]:
        """The same of the releases that were shown before, the newest first."""
        found: list[_Tables] = []
        one = self.people.former
        while one is not None and len(found) < REMEMBERED and self.own in (*TOGETHER, "mode"):
            tables = {column: domains(self.session, one, column) for column in self.tables}
            found.append(_Tables(self.session, one, self.own, tables))
            one = one.former
        return found

    @cached_property
    def members(self) -> dict[Any, bytes]:
        """A digest of the people of each domain."""
        ids = self.people.responses.ids[self.people.rows]
        found: dict[Any, bytes] = {}
        for group, own in self.groups:
            if own is not None:
                for level, label in enumerate(own.labels.levels):
                    there = ids[own.labels.codes == level].tobytes()
                    found.setdefault(self.both.called(group, label), hashlib.sha256(there).digest())
        return found

    @cached_property
    def names(self) -> list[dict[Any, Any]]:
        """For each of `formers`: domain -> its label now, where the same people are in it, else one of its own."""
        seen: dict[Any, list[bytes]] = {domain: [digest] for domain, digest in self.members.items()}
        found = []
        for former in self.formers:
            names: dict[Any, Any] = {}
            for domain, digest in former.members.items():
                known = seen.setdefault(domain, [b""])
                if digest not in known:
                    known.append(digest)
                step = known.index(digest)
                names[domain] = Earlier(domain, step) if step else domain
            found.append(names)
        return found

    def counts(self, code: str) -> list[Count]:
        found: dict[tuple[str, Any], Count] = {}
        for group, own in self.groups:
            for count in table(self.people, [code], own):
                called = self.both.called(group, count.domain)
                found.setdefault((count.value, called), replace(count, domain=called))
        return [*found.values()]

    @cached_property
    def moves(self) -> list[_Move]:
        """Who came to a domain or went from it, between two releases each."""
        releases = [self, *self.formers]
        found: list[_Move] = []
        for step, (newer, older) in enumerate(zip(releases, self.formers, strict=False)):
            was = self.names[step]
            now = self.names[step - 1] if step else {domain: domain for domain in self.members}
            groups = dict(older.groups)
            for group, own in newer.groups:
                before = groups.get(group)
                if own is None or before is None:
                    continue
                came, went = _apart(newer.people, own.labels, older.people, before.labels)
                for one, labels, who in ((newer, came, "came"), (older, went, "went")):
                    called = {
                        label: Earlier(domain, step, who)
                        for label in labels.levels
                        if (domain := one.both.called(group, label)) in one.members
                        and newer.members.get(domain) != older.members.get(domain)
                    }
                    sign = -1 if who == "came" else 1
                    found.append(_Move(one.people, labels, called, now, was, sign))
        return found

    def past(self, code: str, before: Sequence[Hidden]) -> Past:
        """What was shown of an item before, and how it hangs together with what is now."""
        tables = []
        for names, was in zip(self.names, before, strict=True):
            shown = was.table
            told = [
                (replace(count, domain=names[count.domain]), mark)
                for count, mark in zip(was.counts, shown.marks, strict=True)
                if count.domain in names
            ]
            same = [
                ([names[domain] for domain in one], [names[domain] for domain in other])
                for one, other in shown.same
            ]
            sums = [[names[domain] for domain in one if domain in names] for one in shown.sums]
            whole = [(code, names[domain]) for _item, domain in shown.whole if domain in names]
            tables.append(
                Published([one for one, _mark in told], [mark for _one, mark in told], whole, same, sums)
            )
        moved: dict[Any, Any] = {}
        links: dict[Any, dict[Any, int]] = {}
        for move in self.moves:
            for count in table(move.people, [code], Domains(move.labels, list(move.called))):
                label = move.called[count.domain]
                moved.setdefault((count.value, label), replace(count, domain=label))
                link = links.setdefault((label.domain, label.step), {})
                link[label] = move.sign
                for labels, sign in ((move.now, 1), (move.was, -1)):
                    if label.domain in labels:
                        link[labels[label.domain]] = sign
        return Past(tables, [*moved.values()], [*links.values()])

    def hidden(self, code: str) -> Hidden:
        """An item's figures, hidden so that they tell nothing that an earlier release hides, and the other way."""
        figures = self.counts(code)
        delicate = _delicate(self.people.questionnaire)
        before = [_shown(former, code) for former in self.formers]
        told = Suppression([None] * len(figures), set(), set())
        if withholds(figures, *delicate) or any(any(was.table.marks) for was in before):
            told = hide_after(self.past(code, before), figures, *delicate, self.both.same, self.sums)
        table = Published(figures, told.marks, told.whole, self.both.same, self.sums)
        return Hidden(figures, table, told.exposed)


@dataclass(frozen=True)
class _Move:
    """People who came to their domain, or went from it.

    called    their labels -> what they are called as a group
    now, was  domain -> its label in the later and in the earlier release
    sign      with which they stand in the sum that joins these
    """

    people: Sample
    labels: Labels
    called: dict[Any, Earlier]
    now: Mapping[Any, Any]
    was: Mapping[Any, Any]
    sign: int


def _apart(new: Sample, labels: Labels, old: Sample, former: Labels) -> tuple[Labels, Labels]:
    """The labels of those of `new` who were not in the same domain of `old`, and of those of `old` who left it."""
    at = places(new.responses.ids[new.rows], old.responses.ids[old.rows])
    levels = list(labels.levels)
    here = np.array([levels.index(one) if one in levels else -1 for one in former.levels] + [-1], np.int64)
    stays = (at >= 0) & (here[former.codes[at]] == labels.codes) if len(old) else np.zeros(len(new), bool)
    stayed = np.zeros(len(old), bool)
    stayed[at[stays]] = True
    return Labels(levels, np.where(stays, -1, labels.codes)), Labels(
        former.levels, np.where(stayed, -1, former.codes)
    )


@kept(
    lambda one, code: (where(one.session), one.people.wave.code, one.people.version, one.own, code),
    lambda made: A_COUNT * (len(made.counts) + 1),
)
def _shown(one: _Tables, code: str) -> Hidden:
    """What is hidden of a release that stands beside others: each later one asks for it again."""
    return one.hidden(code)


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


def domains(session: Session, people: Sample, column: str) -> Domains:
    """The labels of unit, stratum or mode; all communes are listed, with those nobody answered for."""
    if column == "unit":
        there = {str(code) for code in people.unit.levels}
        communes = [unit.code for unit in units.communes(session, people.wave.opens)]
        return Domains(people.unit, communes + sorted(there - set(communes)))
    if column == "stratum":
        return Domains(people.stratum, sorted(people.stratum.levels, key=order))
    return Domains(people.mode, [mode.value for mode in Mode])


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

"""What is hidden of a sample beside the releases that came before it, item by item."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from analysis.design import Bools, Labels
from analysis.disclosure import Mark, Past, Published, Suppression, hide_after, withholds
from forms import Questionnaire
from survey.responses.columns import places
from survey.responses.respondents import Respondents
from survey.results.answer_counts import Count, Domains, count_answers
from survey.results.breakdowns import (
    TOGETHER,
    CommunesAndStrata,
    communes_and_strata,
    communes_by_area,
    gives_rows,
    grouped,
)
from survey.results.result_groups import domains, is_blank
from survey.system.cache import cached, database_key

REMEMBERED = 3  # releases that a later one is hidden beside, the newest
A_COUNT = 240  # bytes of a count with its mark


@dataclass(frozen=True)
class Earlier:
    """The label of a domain as it was, or of those who joined or left it, `step` releases back."""

    domain: Any
    step: int
    who: str = "all"


@dataclass(frozen=True)
class Hidden:
    """An item's figures with their marks, and the domains that are revealed all the same (`hide_after`)."""

    counts: list[Count]
    table: Published
    exposed: set[Any]

    @cached_property
    def by_profile(self) -> dict[int, list[Any]]:
        """The domains with the very same numbers of answers, by what tells these from others."""
        by_profile: dict[int, list[Any]] = {}
        for domain, profile in _profiles(self.counts).items():
            by_profile.setdefault(profile, []).append(domain)
        return by_profile

    def marks(self, domain: Any) -> dict[str | None, Mark | None]:
        """The marks of a domain, by value."""
        pairs = zip(self.counts, self.table.marks, strict=True)
        return {count.value: mark for count, mark in pairs if count.domain == domain}


@dataclass(frozen=True)
class HiddenTables:
    """What is hidden of a sample as one table: by commune and stratum, or by another grouping.

    tables  the domains of each column
    known   the coarser tables of the same people, by their columns: those of one table share them
    """

    session: Session
    people: Respondents
    own: str
    tables: Mapping[str, Domains]
    by: Sequence[str] = ()
    known: dict[tuple[str, ...], HiddenTables] = field(default_factory=dict, compare=False)

    @cached_property
    def coarser(self) -> list[HiddenTables]:
        """The tables that are decided before this one, and may have domains of the very same people: communes and
        strata before all others, the whole before ways of answering and items, these before they are crossed."""
        if self.own == TOGETHER[0]:
            return []
        ways: list[Sequence[str]] = [TOGETHER]
        if len(self.by) == 1:
            ways += [(), *([("mode",)] if self.own != "mode" else [])]
        elif self.by:
            ways += [part for part in itertools.combinations(self.by, len(self.by) - 1) if part != TOGETHER[:1]]
        for by in ways:
            if tuple(by) not in self.known:
                self.known[tuple(by)] = of_groups(self.session, self.people, by, self.known)
        return [self.known[tuple(by)] for by in ways]

    @cached_property
    def both(self) -> CommunesAndStrata:
        return communes_and_strata(self.people) if self.own == TOGETHER[0] else CommunesAndStrata({}, ())

    @cached_property
    def groups(self) -> list[tuple[str, Domains | None]]:
        if self.both.are_one:
            return [("unit", self.tables["unit"])]
        return [*self.tables.items()] or [("", None)]

    @cached_property
    def columns(self) -> list[Domains | None]:
        """The domains of each group under their names in the whole table, each of them once."""
        columns: list[Domains | None] = []
        seen = set[Any]()
        for group, own in self.groups:
            if own is not None:
                levels: list[Any] = [self.both.called(group, label) for label in own.labels.levels]
                wanted = [self.both.called(group, label) for label in own.wanted]
                own = Domains(Labels(levels, own.labels.codes), [name for name in wanted if name not in seen])
                seen.update(wanted)
            columns.append(own)
        return columns

    @cached_property
    def sums(self) -> list[list[tuple[str, str]]]:
        rows = self.own == TOGETHER[0] and gives_rows(self.people.wave, self.people.questionnaire)
        return communes_by_area(self.session, self.people) if rows else []

    @cached_property
    def formers(self) -> list[HiddenTables]:
        """The same of the releases that were shown before, the newest first."""
        formers: list[HiddenTables] = []
        one = self.people.former
        while one is not None and len(formers) < REMEMBERED and self.own in (TOGETHER[0], "mode"):
            formers.append(of_groups(self.session, one, [self.own]))
            one = one.former
        return formers

    @cached_property
    def members(self) -> dict[Any, bytes]:
        """A digest of the people of each domain."""
        ids = self.people.responses.ids[self.people.rows]
        digests: dict[Any, bytes] = {}
        for own in filter(None, self.columns):
            for level, label in enumerate(own.labels.levels):
                members = ids[own.labels.codes == level].tobytes()
                digests.setdefault(label, hashlib.sha256(members).digest())
        return digests

    @cached_property
    def names(self) -> list[dict[Any, Any]]:
        """For each of `formers`: domain -> its label now if the same people are in it, else one of its own."""
        seen: dict[Any, list[bytes]] = {domain: [digest] for domain, digest in self.members.items()}
        renamed = []
        for former in self.formers:
            names: dict[Any, Any] = {}
            for domain, digest in former.members.items():
                known = seen.setdefault(domain, [b""])
                if digest not in known:
                    known.append(digest)
                step = known.index(digest)
                names[domain] = Earlier(domain, step) if step else domain
            renamed.append(names)
        return renamed

    @cached_property
    def sizes(self) -> dict[Any, int]:
        """How many people each domain has, whatever they answered."""
        return {
            label: count for own in self.columns if own is not None for label, count in own.labels.counts().items()
        }

    @cached_property
    def unseen(self) -> set[Any]:
        """The domains that no table shows: of those who left the grouping item blank."""
        if self.own == TOGETHER[0]:
            return set()
        return {label for own in self.tables.values() for label in own.wanted if is_blank(label)}

    def rows(self, domain: Any) -> Bools:
        """(N,) who is in a domain."""
        if domain not in self.labelled:
            return np.full(len(self.people), domain is None)
        labels, label = self.labelled[domain]
        return labels.having(label)

    @cached_property
    def labelled(self) -> dict[Any, tuple[Labels, Any]]:
        """Each domain as a label among others."""
        return {
            label: (own.labels, label) for own in self.columns if own is not None for label in own.labels.levels
        }

    def alike(self, code: str, figures: Sequence[Count]) -> dict[Any, dict[str | None, Mark | None]]:
        """The domains of which a table decided before has the very same answers, with the marks of these there."""
        own = _profiles(figures)
        found: dict[Any, dict[str | None, Mark | None]] = {}
        for other in self.coarser:
            shown = decide(other, code)
            for domain in own.keys() - found.keys():
                for there in shown.by_profile.get(own[domain], ()):
                    if self.own == "" and there[0] != "unit":
                        continue  # a stratum is no smaller place than the whole
                    given = self.people.answers(self.people.questionnaire.items[code]).given
                    if not (given & (self.rows(domain) != other.rows(there))).any():
                        found[domain] = shown.marks(there)
        return found

    def counts(self, code: str) -> list[Count]:
        return [count for own in self.columns for count in count_answers(self.people, [code], own)]

    @cached_property
    def moves(self) -> list[_Move]:
        """Who joined a domain or left it, between two releases each."""
        releases = [self, *self.formers]
        moves: list[_Move] = []
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
                    moves.append(_Move(one.people, labels, called, now, was, sign))
        return moves

    def past(self, code: str, before: Sequence[Hidden]) -> Past:
        """What was shown of an item before, and how it is linked to the table of now."""
        tables = []
        for names, was in zip(self.names, before, strict=True):
            shown = was.table
            told = [
                (count._replace(domain=names[count.domain]), mark)
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
            for count in count_answers(move.people, [code], Domains(move.labels, list(move.called))):
                label = move.called[count.domain]
                moved.setdefault((count.value, label), count._replace(domain=label))
                link = links.setdefault((label.domain, label.step), {})
                link[label] = move.sign
                for labels, sign in ((move.now, 1), (move.was, -1)):
                    if label.domain in labels:
                        link[labels[label.domain]] = sign
        return Past(tables, [*moved.values()], [*links.values()])

    def hidden(self, code: str) -> Hidden:
        """An item's figures, hidden so that they reveal nothing that an earlier release hides, and vice versa."""
        figures = self.counts(code)
        secret = delicate(self.people.questionnaire)
        before = [decide(former, code) for former in self.formers]
        alike = self.alike(code, figures)
        past = replace(self.past(code, before), alike=alike)
        others = [*(was.table.marks for was in before), *(marks.values() for marks in alike.values())]
        suppression = Suppression([None] * len(figures), set(), set())
        if withholds([*figures, *past.moved], *secret) or any(any(marks) for marks in others):
            suppression = hide_after(past, figures, *secret, self.both.same, self.sums, self.sizes, self.unseen)
        table = Published(figures, suppression.marks, suppression.whole, self.both.same, self.sums)
        return Hidden(figures, table, suppression.exposed)


def of_groups(
    session: Session,
    people: Respondents,
    by: Sequence[str],
    known: dict[tuple[str, ...], HiddenTables] | None = None,
) -> HiddenTables:
    """The tables of people by some columns, with those of communes and strata together.

    known  the coarser ones of the same people that were made before
    """
    known = {} if known is None else known
    own = grouped(by)
    if set(by) & set(TOGETHER) and set(by) <= set(TOGETHER) and (len(by) == 1 or tuple(by) == TOGETHER):
        tables = {column: domains(session, people, [column]) for column in TOGETHER}
        return HiddenTables(session, people, TOGETHER[0], tables, known=known)
    tables = {own: domains(session, people, by, blanks=True)} if by else {}
    return HiddenTables(session, people, own, tables, tuple(by), known)


def _state(one: HiddenTables, code: str) -> tuple[object, ...]:
    """What tells an item's figures from others: the people, communes and areas, what is asked."""
    listed = sum(len(own.wanted) for own in filter(None, one.columns))
    sums = tuple(map(tuple, one.sums))
    return database_key(one.session), one.people.wave.code, one.people.version, listed, sums, one.own, code


@cached(_state, lambda made: A_COUNT * (len(made.counts) + 1))
def decide(one: HiddenTables, code: str) -> Hidden:
    """What is hidden of an item: each finer table asks for it again, and each later release."""
    return one.hidden(code)


def _profiles(figures: Sequence[Count]) -> dict[Any, int]:
    """Of each domain with answers what tells how many there are, and of each value, from other numbers."""
    numbers: dict[Any, list[int]] = {}
    for one in figures:
        if one.n:
            numbers.setdefault(one.domain, [one.n]).append(one.events)
    return {domain: hash(tuple(own)) for domain, own in numbers.items()}


@dataclass(frozen=True)
class _Move:
    """People who joined their domain, or left it.

    called    their labels -> what they are called as a group
    now, was  domain -> its label in the later and in the earlier release
    sign      of them in the sum that links these
    """

    people: Respondents
    labels: Labels
    called: dict[Any, Earlier]
    now: Mapping[Any, Any]
    was: Mapping[Any, Any]
    sign: int


def _apart(new: Respondents, labels: Labels, old: Respondents, former: Labels) -> tuple[Labels, Labels]:
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


def delicate(questionnaire: Questionnaire) -> tuple[set[str], dict[str, set[str]]]:
    """The sensitive items, and of those in the headlines the answer that does nobody harm."""
    sensitive = {item.code for item in questionnaire.items.values() if item.sensitive}
    return sensitive, {line.item: {str(line.none)} for line in questionnaire.headlines}

"""The tables of one item that a reader can put together: that of now, earlier ones, and the sums linking them."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.design import Floats
from analysis.estimate import FEWEST_EVENTS
from analysis.published_tables import Figure, Line, Mark, Past, Published, Same
from analysis.suppression import adds_up, determined, suppress

FEWEST, FEWEST_SENSITIVE = 5, 30
Former = tuple[set[int], Sequence[Line[int]]]  # the domains of an earlier table, and its known sums


@dataclass(frozen=True)
class LinkedTables:
    """One item: V values x D domains, first those of now, then those of earlier tables, then those who moved."""

    item: str
    values: list[str | None]
    domains: list[Hashable]
    places: list[list[int | None]]  # (V, D) where the figure is among all; None if it is not one of now
    n: Floats  # (D,)
    sizes: Floats  # (D,) the least is hidden with another
    events: Floats  # (V, D)
    secret: list[bool]  # (V,) values that nobody may be known to have given
    sensitive: bool
    lines: Sequence[Line[int]]  # known sums of now, and of two breakdowns those of one less the other
    now: int  # how many domains are of now
    known: dict[int, list[Mark | None]]  # domains of earlier tables, some also of now, with the marks of V values
    whole: set[int]  # of these, the ones that were hidden together with their number of answers
    former: Sequence[Former]
    moved: set[int]
    links: Sequence[Line[int]]
    unseen: set[int]  # of now, but in no table that is shown

    @cached_property
    def sums(self) -> list[Line[int]]:
        """The known sums of all tables, of the domains with answers."""
        return self._answered([*self.lines, *(line for _domains, lines in self.former for line in lines)])

    @cached_property
    def answered_links(self) -> list[Line[int]]:
        """The links of the domains with answers."""
        return self._answered(self.links)

    def _answered(self, lines: Sequence[Line[int]]) -> list[Line[int]]:
        """Without the domains that nobody answered in; of one alone the sum is its own figure, hidden as it is."""
        answered = [{d: sign for d, sign in line.items() if self.n[d] > 0} for line in lines]
        return [line if len(line) > 1 else {} for line in answered]

    @property
    def moved_now(self) -> set[int]:
        """Those who moved between the table before and the one of now."""
        new = [line for line in self.answered_links if any(d < self.now and d not in self.known for d in line)]
        return self.moved.intersection(d for line in new for d in line)

    def is_former(self, domains: Collection[int]) -> bool:
        """Whether the domains are of earlier tables alone."""
        return all(d in self.known or d in self.moved for d in domains)

    def small(self) -> set[int]:
        """Domains with too few answers, or with one and the same secret answer."""
        return {d for d in range(len(self.n)) if self.n[d] > 0 and d not in self.moved and self._reveals({d})}

    def rare(self) -> set[tuple[int, int]]:
        """(value, domain) with one or two secret answers."""
        counts = self.events[self.secret] if self.lines else self.events[:0]
        rows, domains = np.nonzero((counts > 0) & (counts < FEWEST_EVENTS))
        values = np.flatnonzero(self.secret)
        cells = {(int(values[row]), int(d)) for row, d in zip(rows, domains, strict=True) if d not in self.moved}
        return {(v, d) for v, d in cells if d not in self.known or self.known[d][v] is not None}

    def hidden_domains(self) -> tuple[set[int], set[int], set[int]]:
        """The small domains, these and those hidden with them, and of the small ones of earlier tables those whose
        number of answers follows all the same."""
        small = self.small()
        links = [line for line in self.answered_links if self.moved.isdisjoint(line)]  # others: how many moved

        def unsafe(hidden: set[int], line: Line[int]) -> bool:
            return len(hidden) == 1 or (adds_up(hidden, line) and self._reveals(hidden))

        def order(d: int) -> tuple[bool, float, int]:
            return (d not in self.unseen, self.sizes[d], d)

        hidden = suppress(small, self.sums, unsafe, order, also=self.whole, closed=self.known, links=links)
        if not small:
            return small, hidden, set()
        earlier = [line for line in self.sums[len(self.lines) :] + links if self.is_former(line)]
        following, followed = determined(hidden, self.sums + links), determined(self.whole, earlier)
        return small, hidden, (small & following) - followed

    def _reveals(self, domains: set[int]) -> bool:
        """Whether the domains, taken as one group, are too few people or all gave one secret answer."""
        group = sorted(domains)
        n = self.n[group].sum()
        alike = any(secret and self.events[v, group].sum() == n for v, secret in enumerate(self.secret))
        return bool(n < (FEWEST_SENSITIVE if self.sensitive else FEWEST)) or alike


def linked_tables(
    figures: Sequence[Figure],
    places: list[int],
    sensitive: bool,
    harmless: frozenset[str],
    same: Same,
    sums: Sequence[Collection[Hashable]],
    past: Past,
    sizes: Mapping[Hashable, int],
    unseen: Collection[Hashable] = (),
) -> LinkedTables:
    """The table of the figures at `places`, of one item and breakdown, and what is linked to it."""
    own = {(figures[at].value, _key(figures[at].domain)): at for at in places}
    item, breaks_down = figures[places[0]].item, figures[places[0]].domain is not None
    tables = past.tables if breaks_down else ()
    moved = [one for one in past.moved if one.item == item and breaks_down]
    listed = [figures[at] for at in places]
    listed += [one for table in tables for one in table.figures if one.item == item]
    values = list(dict.fromkeys(one.value for one in listed))
    now = list(dict.fromkeys(domain for _value, domain in own))
    domains = list(dict.fromkeys([*now, *(_key(one.domain) for one in [*listed, *moved])]))
    row, place = ({label: at for at, label in enumerate(labels)} for labels in (values, domains))
    n, events = np.zeros(len(domains)), np.zeros((len(values), len(domains)))
    for one in [*listed, *moved]:
        v, d = row[one.value], place[_key(one.domain)]
        n[d], events[v, d] = max(n[d], one.n), one.events
    known: dict[int, list[Mark | None]] = {}
    for table in tables:
        for domain, marks in _marks(table, item, values).items():
            known.setdefault(place[domain], marks)
    alike = {place[one]: [marks.get(v) for v in values] for one, marks in past.alike.items() if one in place}
    known |= alike
    return LinkedTables(
        item=item,
        values=values,
        domains=domains,
        places=[[own.get((value, domain)) for domain in domains] for value in values],
        n=n,
        sizes=np.array([sizes.get(domain, count) for domain, count in zip(domains, n, strict=True)]),
        events=events,
        secret=[sensitive and value not in harmless for value in values],
        sensitive=sensitive,
        lines=_lines(now, same, sums),
        now=len(now),
        known=known,
        whole={place[domain] for table in tables for one, domain in table.whole if one == item}
        | {d for d, marks in alike.items() if {"hidden", "hidden_with"}.issuperset(marks)},
        former=[_former(table, item, place) for table in tables],
        moved={place[_key(one.domain)] for one in moved},
        links=[_placed(link, place) for link in past.links] if moved else [],
        unseen={place[domain] for domain in unseen if domain in place},
    )


def _key(domain: Hashable) -> Hashable:
    return tuple(domain.items()) if isinstance(domain, Mapping) else domain


def _marks(table: Published, item: str, values: Sequence[str | None]) -> dict[Hashable, list[Mark | None]]:
    """The marks of each domain of an earlier table, value by value."""
    pairs = zip(table.figures, table.marks, strict=True)
    marks = {(one.value, one.domain): mark for one, mark in pairs if one.item == item}
    return {domain: [marks.get((value, domain)) for value in values] for _value, domain in marks}


def _former(table: Published, item: str, place: Mapping[Hashable, int]) -> Former:
    domains = list(dict.fromkeys(one.domain for one in table.figures if one.item == item))
    at = [place[domain] for domain in domains]
    lines = [{at[d]: sign for d, sign in line.items()} for line in _lines(domains, table.same, table.sums)]
    return set(at), lines


def _placed(line: Line[Hashable], place: Mapping[Hashable, int]) -> Line[int]:
    return {place[domain]: sign for domain, sign in line.items() if domain in place}


def _lines(domains: list[Hashable], same: Same, sums: Sequence[Collection[Hashable]]) -> Sequence[Line[int]]:
    """All known sums of domains, by their places."""
    place = {domain: d for d, domain in enumerate(domains)}
    lines = _two_breakdowns(domains, same) if same else [dict.fromkeys(line, 1) for line in _margins(domains)]
    known = [dict.fromkeys((place[domain] for domain in one if domain in place), 1) for one in sums]
    return [*lines, *(line for line in known if line and line not in lines)]


def _margins(domains: list[Hashable]) -> list[list[int]]:
    """The places of domains whose sum is published: all of one breakdown and, crossed, each column's own."""
    if domains == [None]:
        return []
    margins: dict[Hashable, list[int]] = {}
    for d, domain in enumerate(domains):
        for part in enumerate(domain) if isinstance(domain, tuple) else ():
            margins.setdefault(part, []).append(d)
    return [list(range(len(domains))), *margins.values()]


def _two_breakdowns(domains: list[Hashable], same: Same) -> list[Line[int]]:
    """What is known of two breakdowns of the same people: each sums to the whole, and so do the sets of `same`."""
    if domains == [None]:
        return []
    place = {domain: d for d, domain in enumerate(domains)}
    pairs = [[[place[domain] for domain in side if domain in place] for side in pair] for pair in same]
    wholes = [dict.fromkeys((d for pair in pairs for d in pair[side]), 1) for side in (0, 1)]
    differences = [
        dict.fromkeys(one, 1) | dict.fromkeys(other, -1) for one, other in pairs if one and other and one != other
    ]
    return [*(wholes if wholes[0] != wholes[1] else wholes[:1]), *differences]

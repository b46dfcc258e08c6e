"""Masks one or two secret answers as "under 3 cases", and hides counts with them so that nobody can tell which."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from analysis.attacker import Attacker, Place
from analysis.estimate import FEWEST_EVENTS
from analysis.linked_tables import LinkedTables
from analysis.published_tables import Line, Mark
from analysis.suppression import adds_up, suppress


@dataclass(frozen=True)
class Masked:
    """What becomes of the counts of an item; cells are (value, domain).

    masked   called "under 3"
    hidden   these, and the ones hidden with them
    exposed  those that all tables together reveal, though the earlier ones don't
    """

    masked: set[Place]
    hidden: set[Place]
    exposed: set[Place]


def mask(tables: LinkedTables, small: set[int], hidden: set[int]) -> Masked:
    """What must happen to the counts of an item.

    small   domains hidden for themselves         hidden  these, and those hidden with them
    """
    counts = _Counts(tables, small, hidden)
    if not counts.protected or not tables.lines:
        return Masked(counts.rare, counts.rare, counts.rare)
    return counts.masked()


@dataclass(frozen=True)
class _Counts:
    """The counts of an item, value by value."""

    tables: LinkedTables
    small: set[int]
    hidden: set[int]

    @cached_property
    def shown(self) -> list[int]:
        """The domains whose counts are shown, unless they are masked."""
        tables = self.tables
        return [
            d for d in range(len(tables.n)) if tables.n[d] > 0 and d not in self.hidden and d not in tables.moved
        ]

    @cached_property
    def rare(self) -> set[Place]:
        """The shown cells with one or two secret answers."""
        return {(v, d) for v, d in self.tables.rare() if d in self.shown}

    @cached_property
    def protected(self) -> set[Place]:
        """The cells whose count must not follow, whatever it is called: the rare ones, in hidden domains too, of
        small domains all with a secret answer, and of those who moved since the table before, for two tables taken
        off each other are a table as well."""
        events, secret = self.tables.events, self.tables.secret
        withheld = {
            (v, d)
            for v, d in self._cells(self.hidden)
            if secret[v] and events[v, d] and (d in self.small or events[v, d] < FEWEST_EVENTS)
        }
        moved = self._cells(self.tables.moved_now)
        return self.rare | withheld | {(v, d) for v, d in moved if secret[v] and 0 < events[v, d] < FEWEST_EVENTS}

    @cached_property
    def before(self) -> dict[Place, Mark | None]:
        """The marks of shown cells in earlier tables."""
        known = self.tables.known
        return {(v, d): known[d][v] for v, d in self._cells(self.shown) if d in known}

    @cached_property
    def named_before(self) -> set[Place]:
        """The cells called "under 3" before."""
        return {cell for cell, mark in self.before.items() if mark == "under_3"}

    @cached_property
    def closed(self) -> set[Place]:
        """The cells of earlier tables, which can't be hidden any more."""
        return self._cells(self.tables.known)

    @cached_property
    def free(self) -> set[Place]:
        """The cells of those who moved, which nobody ever sees."""
        return self._cells(self.tables.moved)

    @cached_property
    def lines(self) -> list[Line[Place]]:
        """The known sums of each value and, if the values are all there are, of each domain, whose n is shown."""
        tables = self.tables
        V = len(tables.values)
        rows: list[Line[Place]] = self._by_value(tables.sums)
        if V == 1 or (tables.events.sum(0) != tables.n).any():
            return rows
        return [*rows, *({(v, d): 1 for v in range(V)} for d in self.shown)]

    @cached_property
    def links(self) -> list[Line[Place]]:
        return self._by_value(self.tables.answered_links)

    def _by_value(self, lines: Collection[Line[int]]) -> list[Line[Place]]:
        values = range(len(self.tables.values))
        return [{(v, d): sign for d, sign in line.items()} for v in values for line in lines]

    def _cells(self, domains: Collection[int]) -> set[Place]:
        return {(v, d) for v in range(len(self.tables.values)) for d in domains}

    @cached_property
    def values_named_before(self) -> set[int]:
        """The values of which a cell of now was called "under 3" before."""
        return {v for v, d in self.named_before if d < self.tables.now}

    @cached_property
    def strict_before(self) -> set[Place]:
        """The cells that an earlier table says are not one or two: "under 3" of one cell of a value says of every
        other hidden one of that table that it is none or more."""
        return {
            (v, d)
            for domains, _lines in self.tables.former
            for v in {v for v, d in self.named_before if d in domains}
            for d in domains.intersection(self.shown)
        }

    def masked(self) -> Masked:
        """Hides more cells until no count of the protected ones follows; the rest is exposed."""
        protected = set(self.protected)
        silent = {v for v, d in self._rare_now() if self.before.get((v, d)) == "hidden_with"}
        named = {v for v, d in self._rare_now() if d not in self.tables.known and v not in silent}
        marked_before = {cell for cell, mark in self.before.items() if mark is not None}
        hidden = self._suppress(self.rare | self._cells(self.hidden), marked_before)
        exposed: set[Place] = set()
        while certain := self._attacker(hidden, named).certain(protected):
            cell = min(certain)
            opened = self._attacker(hidden, named).opening(cell, self.closed)
            if opened is not None:
                hidden = self._suppress(set(), hidden | opened - self.free)
            elif cell[0] in named - self.values_named_before:
                named = named - {cell[0]}  # who saw "under 3" of one cell would take the others for none or many
            else:
                protected = protected - {cell}
                exposed |= {cell} - self.free  # of the only ones who moved the whole tells it: no hiding helps
        return Masked(self._named(named), hidden, exposed - self._exposed_before(exposed, hidden))

    def _rare_now(self) -> set[Place]:
        return {(v, d) for v, d in self.rare if d in self._worded}

    @cached_property
    def _worded(self) -> set[int]:
        """The domains of now of whose cells a reader is told by a word why they are withheld."""
        return {d for d in self.shown if d < self.tables.now and d not in self.tables.unseen}

    def _named(self, values: set[int]) -> set[Place]:
        """The cells called "under 3" if those of these values are."""
        known = self.tables.known
        return self.named_before | {(v, d) for v, d in self._rare_now() if v in values and d not in known}

    def _attacker(self, hidden: set[Place], named: set[int]) -> Attacker:
        strict = self.strict_before | {(v, d) for v in self.values_named_before | named for d in self._worded}
        return Attacker(
            self.tables.events, self.lines + self.links, hidden | self.free, self._named(named), strict
        )

    def _exposed_before(self, exposed: set[Place], hidden: set[Place]) -> set[Place]:
        """Those that the earlier tables reveal by themselves."""
        lines = [line for line in self.lines + self.links if self.tables.is_former([d for _v, d in line])]
        seen = {cell for cell in exposed if cell[1] in self.tables.known}
        if not seen:
            return set()
        earlier = hidden & self.closed | self.free
        return Attacker(self.tables.events, lines, earlier, self.named_before, self.strict_before).certain(seen)

    def _suppress(self, first: set[Place], also: set[Place]) -> set[Place]:
        """The cells hidden until no line gives one away, not yet looking at what counts are possible."""
        events, n = self.tables.events, self.tables.n

        def unsafe(cells: set[Place], line: Line[Place]) -> bool:
            across = len({d for _, d in cells}) > 1 or len(self.tables.values) == 1
            few = 0 < sum(events[cell] for cell in cells) < FEWEST_EVENTS
            return len(cells) == 1 or (across and adds_up(cells, line) and few)

        def order(cell: Place) -> tuple[bool, bool, float, float]:
            # With one case less it would be masked itself, which tells that it has them all.
            fixed = self.tables.secret[cell[0]] and events[cell] == FEWEST_EVENTS
            seen = cell[1] not in self.tables.unseen
            return (seen, events[cell] == 0 or fixed, events[cell], n[cell[1]])

        links = [line for line in self.links if self.free.isdisjoint(line)]  # the others say only how many moved
        return suppress(first, self.lines, unsafe, order, also, self.closed, links)

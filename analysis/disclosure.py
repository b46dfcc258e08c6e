"""Which figures must be hidden so that nobody's answer can be read off or subtracted out of a published table.

    marks = hide(estimates, sensitive={"nhung_nhieu"}, harmless={"nhung_nhieu": {"1"}})

Hidden: fewer than 5 answers; of a sensitive item fewer than 30, and a group that all gave the same event. One or
two events of a sensitive item are masked. Then others are hidden with them until no hidden figure follows from the
shown ones and the totals, which are taken as known (Willenborg & de Waal 2001, ch. 4; Cox 1980), and until each
masked one can be one case as well as two (the attacker's problem of Fischetti & Salazar 2001).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack

from analysis.design import Floats
from analysis.estimate import FEWEST_EVENTS

Cell = TypeVar("Cell")
Line = Mapping[Cell, int]  # cells of one known sum: 1, or -1 where it is taken off
Place = tuple[int, int]  # value, domain
Mark = Literal["hidden", "hidden_with", "under_3"]
FEWEST, FEWEST_SENSITIVE = 5, 30


class Figure(Protocol):
    """What is asked of a record: an `Estimate` has it all."""

    @property
    def item(self) -> str: ...
    @property
    def value(self) -> str | None: ...
    @property
    def domain(self) -> Hashable: ...
    @property
    def n(self) -> int: ...
    @property
    def events(self) -> int: ...


Same = Sequence[tuple[Collection[Hashable], Collection[Hashable]]]


@dataclass(frozen=True)
class Published:
    """A table that was shown before: what `hide_after` was given for it, and what it gave.

    A domain bears the label that it has now where the same people are in it, else one of its own.
    """

    figures: Sequence[Figure]
    marks: Sequence[Mark | None]
    whole: Collection[tuple[str, Hashable]]
    same: Same = ()
    sums: Sequence[Collection[Hashable]] = ()


@dataclass(frozen=True)
class Told:
    """What becomes of a table whose reader holds others.

    marks    of each figure, as `hide` gives them
    whole    item and domain of which all figures are withheld, the number of answers with them
    exposed  the domains of which all tables together tell what one of them withholds, and none tells it alone
    """

    marks: list[Mark | None]
    whole: set[tuple[str, Hashable]]
    exposed: set[Hashable]


@dataclass(frozen=True)
class Past:
    """What a reader still holds of the same things.

    tables  that were shown
    moved   figures of those who came to a domain between two tables, and of those who went: never shown
    links   domain as it was later -> 1, as it was before -> -1, those who came -> -1, those who went -> 1
    """

    tables: Sequence[Published] = ()
    moved: Sequence[Figure] = ()
    links: Sequence[Line[Hashable]] = ()


def hide(
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
    same: Same = (),
    sums: Sequence[Collection[Hashable]] = (),
) -> list[Mark | None]:
    """What must happen to each figure of a table before it is shown, in the order of the figures.

    "hidden"       too small, or it tells what everybody of a group answered: estimate, limits and n are withheld
    "hidden_with"  withheld so that a hidden one can't be subtracted out
    "under_3"      one or two events of a sensitive item: "under 3 cases"; only the upper limit may be shown

    figures    any items x values x domains of one breakdown; a domain is a label, a tuple of labels or a mapping.
               The whole (domain None) and, for several columns, each column's own breakdown count as published.
               With `same` of two breakdowns that are both published, under labels that tell them apart
    sensitive  item codes
    harmless   values of a sensitive item that nobody minds to have given ("no"): no event in the sense above
    same       domains of the one and of the other breakdown that hold the same people, in the smallest sets: the
               communes of a stratum and the stratum. All sets together make up each breakdown; a domain that
               stands in both bears one label
    sums       domains whose figures taken together are known from elsewhere
    """
    return hide_after(Past(), figures, sensitive, harmless, same, sums).marks


def hide_after(
    past: Past,
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
    same: Same = (),
    sums: Sequence[Collection[Hashable]] = (),
) -> Told:
    """What must happen to the figures of a table whose reader holds earlier ones.

    A domain in which nothing changed keeps its marks. What was shown is known, so nothing of it is hidden to
    protect another; of the new figures of the others as many are hidden as the tables need that are taken as one.
    What they tell all the same is `exposed`.
    """
    made = Told([None] * len(figures), set(), set())
    for table in _tables(figures, sensitive, harmless, same, sums, past):
        told = table.mark(made)
        if told and past.tables:
            (alone,) = _tables(table.own(figures), sensitive, harmless, same, sums)
            told -= alone.mark(Told([None] * len(figures), set(), set()))
        made.exposed.update(domain for _value, domain in told)
    return made


def hidden_for_itself(
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
) -> set[int]:
    """The places of the figures that `hide` would call "hidden", whatever else of the table were shown."""
    found: set[int] = set()
    for table in _tables(figures, sensitive, harmless):
        first = table.first()
        found |= {place for row in table.places for d in first if (place := row[d]) is not None}
    return found


def withholds(
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
) -> bool:
    """Whether `hide` would withhold anything of a table."""
    return any(table.first() or table.few() for table in _tables(figures, sensitive, harmless))


def _tables(
    figures: Sequence[Figure],
    sensitive: Collection[str],
    harmless: Mapping[str, Collection[str]] | None,
    same: Same = (),
    sums: Sequence[Collection[Hashable]] = (),
    past: Past = Past(),
) -> Iterator[_Table]:
    """The figures as tables of one item and one breakdown each."""
    by_item: dict[str, list[int]] = {}
    for place, figure in enumerate(figures):
        by_item.setdefault(figure.item, []).append(place)
    for item, places in by_item.items():
        safe = frozenset((harmless or {}).get(item, ()))
        for domains in _breakdowns(figures, places):
            yield _Table.of(figures, domains, item in sensitive, safe, same, sums, past)


def hide_counts(counts: Sequence[int], of: Sequence[float]) -> tuple[list[Mark | None], Mark | None]:
    """What must happen to the counts of one thing in D domains, and to their sum, before they are shown.

    "hidden"       fewer than 5, none among them: "under 5" of one domain must not mean "one at least"
    "hidden_with"  withheld, because all people of the domain are among them or a hidden count would follow

    counts  people of each domain who did the thing
    of      people of each domain whom it could have been, as far as a reader knows; infinite where unknown

    Whoever reads the table knows the sum, the shown counts, and the word of a hidden one. So more are hidden until
    this leaves each count of 1 to 4, and each that is everybody, more than one value, and until the hidden ones
    together are none or at least 5. Where that can't be had the sum is withheld as well.
    """
    few = [count < FEWEST for count in counts]
    alike = [count == most and not small for count, most, small in zip(counts, of, few, strict=True)]
    whole = sum(counts)

    def gives_away(hidden: set[int]) -> bool:
        rest = sum(counts[d] for d in hidden)
        if 0 < rest < FEWEST:
            return True
        low = {d: 0 if few[d] else FEWEST for d in hidden}
        high = {d: FEWEST - 1 if few[d] else of[d] for d in hidden}
        for d in hidden:
            if alike[d] or 0 < counts[d] < FEWEST:
                least = max(low[d], rest - sum(high[other] for other in hidden - {d}))
                most = min(high[d], rest - sum(low[other] for other in hidden - {d}))
                if least >= most:
                    return True
        return False

    mark: Mark | None = "hidden" if whole < FEWEST else "hidden_with" if whole == sum(of) else None
    hidden = {d for d in range(len(counts)) if few[d] or alike[d]}
    while mark is None and gives_away(hidden):
        shown = [d for d in range(len(counts)) if d not in hidden]
        if shown:
            hidden.add(min(shown, key=lambda d: counts[d]))
        else:
            mark = "hidden_with"
    return ["hidden" if few[d] else "hidden_with" if d in hidden else None for d in range(len(counts))], mark


def _breakdowns(figures: Sequence[Figure], places: list[int]) -> Iterable[list[int]]:
    """The whole apart from the parts: it is no member of their sum, it is the sum."""
    whole = [place for place in places if figures[place].domain is None]
    parts = [place for place in places if figures[place].domain is not None]
    return [group for group in (whole, parts) if group]


def _parts(domain: Hashable | Mapping[str, Hashable]) -> tuple[Hashable, ...]:
    if isinstance(domain, Mapping):
        return tuple(domain.items())
    return tuple(enumerate(domain)) if isinstance(domain, tuple) else ()


@dataclass
class _Table:
    """One item: V values x D domains: first those of now, then those of earlier tables, then those who moved."""

    item: str
    values: list[str | None]
    domains: list[Hashable]
    places: list[list[int | None]]  # (V, D) where the figure is among all; None of one that isn't of now
    n: Floats  # (D,)
    events: Floats  # (V, D)
    telling: list[bool]  # (V,) values whose giving is somebody's secret
    sensitive: bool
    lines: Sequence[Line[int]]  # known sums; of two breakdowns also those of one with the other taken off
    now: int  # how many domains are of now
    known: dict[int, list[Mark | None]]  # domains of earlier tables, some also of now, with the marks of V values
    whole: set[int]  # of those the ones that were hidden with their number of answers
    former: Sequence[tuple[set[int], Sequence[Line[int]]]]  # of each earlier table its domains and known sums
    moved: set[int]
    links: Sequence[Line[int]]

    @classmethod
    def of(
        cls,
        figures: Sequence[Figure],
        places: list[int],
        sensitive: bool,
        harmless: frozenset[str],
        same: Same,
        sums: Sequence[Collection[Hashable]],
        past: Past,
    ) -> _Table:
        """The table of the figures at `places`."""
        own = {(figure.value, _key(figure.domain)): at for at in places for figure in [figures[at]]}
        item, breaks_down = figures[places[0]].item, figures[places[0]].domain is not None
        shown = [
            ({(one.value, one.domain): mark for one, mark in pairs if one.item == item}, table)
            for table in (past.tables if breaks_down else ())
            for pairs in [list(zip(table.figures, table.marks, strict=True))]
        ]
        moved = [one for one in past.moved if one.item == item and breaks_down]
        told = [figures[at] for at in places]
        told += [one for _marks, table in shown for one in table.figures if one.item == item]
        values = list(dict.fromkeys(one.value for one in told))
        now = list(dict.fromkeys(domain for _value, domain in own))
        domains = list(dict.fromkeys([*now, *(_key(one.domain) for one in [*told, *moved])]))
        place, row = ({label: at for at, label in enumerate(labels)} for labels in (domains, values))
        n, events = np.zeros(len(domains)), np.zeros((len(values), len(domains)))
        for one in [*told, *moved]:
            v, d = row[one.value], place[_key(one.domain)]
            n[d], events[v, d] = max(n[d], one.n), one.events
        known: dict[int, list[Mark | None]] = {}
        former = []
        for marks, table in shown:
            there = list(dict.fromkeys(domain for _value, domain in marks))
            lines = [
                {place[there[d]]: sign for d, sign in line.items()}
                for line in _lines(there, table.same, table.sums)
            ]
            former.append(({place[domain] for domain in there}, lines))
            for domain in there:
                known.setdefault(place[domain], [marks.get((value, domain)) for value in values])
        return cls(
            item,
            values,
            domains,
            [[own.get((value, domain)) for domain in domains] for value in values],
            n,
            events,
            [sensitive and value not in harmless for value in values],
            sensitive,
            _lines(now, same, sums),
            len(now),
            known,
            {place[domain] for _marks, table in shown for one, domain in table.whole if one == item},
            former,
            {place[_key(one.domain)] for one in moved},
            [
                {place[domain]: sign for domain, sign in link.items() if domain in place}
                for link in (past.links if moved else ())
            ],
        )

    def own(self, figures: Sequence[Figure]) -> list[Figure]:
        """The figures of now."""
        return [figures[at] for row in self.places for at in row if at is not None]

    def mark(self, made: Told) -> set[tuple[str | None, Hashable]]:
        """Writes what must happen to the figures of this table. Of which values and domains something is told all
        the same, and was not told before, and None and a domain where that is its number of answers."""
        marks = made.marks
        first, domains, followed = self._domains()
        made.whole.update((self.item, self.domains[d]) for d in domains if d < self.now)
        told: set[tuple[str | None, Hashable]] = {(None, self.domains[d]) for d in followed}
        for d in domains:
            for row in self.places:
                if (place := row[d]) is not None:
                    marks[place] = "hidden" if d in first else "hidden_with"
        if self.sensitive:
            masked, cells, exposed = self._cells(first, domains)
            told |= {(self.values[v], self.domains[d]) for v, d in exposed}
            for v, d in cells:
                if d not in domains and (place := self.places[v][d]) is not None:
                    marks[place] = "under_3" if (v, d) in masked else "hidden_with"
        for d, before in self.known.items():
            for row, mark in zip(self.places, before, strict=True):
                if (place := row[d]) is not None:
                    marks[place] = mark
        return told

    def _domains(self) -> tuple[set[int], set[int], set[int]]:
        """Domains that are too small or all alike, those with the ones hidden with them, and of the former those
        whose figure follows all the same."""
        first = self.first()
        sums = [*self.lines, *(line for _there, lines in self.former for line in lines)]
        present, links = (
            [{d: sign for d, sign in line.items() if self.n[d] > 0} for line in lines]
            for lines in (sums, self.links)
        )
        links = [line for line in links if self.moved.isdisjoint(line)]  # the others only say how many moved

        def unsafe(hidden: set[int], line: Line[int]) -> bool:
            return len(hidden) == 1 or (_adds_up(hidden, line) and self._tells(hidden))

        found = _complete(
            first,
            present,
            unsafe,
            key=lambda d: (self.n[d], d),
            also=self.whole,
            closed=self.known,
            links=links,
        )
        told: set[int] = set()
        if first:
            earlier = [line for line in present[len(self.lines) :] + links if self._is_former(line)]
            follows, followed = determined(found, present + links), determined(self.whole, earlier)
            told = (first & follows) - followed
        return first, found, told

    def _is_former(self, line: Line[int]) -> bool:
        """Whether the line is of earlier tables alone."""
        return all(d in self.known or d in self.moved for d in line)

    def first(self) -> set[int]:
        """Domains that are too small or all alike."""
        return {d for d in range(len(self.n)) if self.n[d] > 0 and d not in self.moved and self._tells({d})}

    def few(self) -> set[Place]:
        """(value, domain) with one or two telling events."""
        counts = self.events[self.telling] if self.lines else self.events[:0]
        rows, domains = np.nonzero((counts > 0) & (counts < FEWEST_EVENTS))
        values = np.flatnonzero(self.telling)
        return {(int(values[row]), int(d)) for row, d in zip(rows, domains, strict=True) if d not in self.moved}

    def _tells(self, domains: set[int]) -> bool:
        """Whether the domains, taken together as one group, are too few or gave a telling event to a person."""
        group = sorted(domains)
        n = self.n[group].sum()
        alike = any(telling and self.events[v, group].sum() == n for v, telling in enumerate(self.telling))
        return bool(n < (FEWEST_SENSITIVE if self.sensitive else FEWEST)) or alike

    def _cells(self, first: set[int], hidden: set[int]) -> tuple[set[Place], set[Place], set[Place]]:
        """(value, domain) with one or two telling events, those with the ones hidden with them, and of the former
        those that follow all the same."""
        V, D = self.events.shape
        shown = [d for d in range(D) if d not in hidden and d not in self.moved and self.n[d] > 0]
        few = {(v, d) for v, d in self.few() if d in shown}
        # What must not follow, whatever it is called: in what is hidden for itself any event, else one or two.
        must = few | {
            (v, d)
            for v, d in zip(*np.nonzero(self.events), strict=True)
            if self.telling[v] and d in hidden and (d in first or self.events[v, d] < FEWEST_EVENTS)
        }
        if not must or not self.lines:
            return few, few, few
        marks = {(v, d): self.known[d][v] for d in shown if d in self.known for v in range(V)}
        named = {cell for cell, mark in marks.items() if mark == "under_3"}  # before
        covered = {(v, d) for v in range(V) for d in hidden}
        free = {(v, d) for v in range(V) for d in self.moved}
        also = {cell for cell, mark in marks.items() if mark is not None}
        closed = {(v, d) for v in range(V) for d in self.known}
        sums = [*self.lines, *(line for _there, lines in self.former for line in lines)]
        rows, links = (
            [{(v, d): sign for d, sign in line.items() if self.n[d] > 0} for v in range(V) for line in lines]
            for lines in (sums, self.links)
        )
        whole = bool((self.events.sum(0) == self.n).all())  # the values are all there are: they add up to n
        columns = [{(v, d): 1 for v in range(V)} for d in shown] if whole and V > 1 else []

        def unsafe(cells: set[Place], line: Line[Place]) -> bool:
            events = sum(self.events[cell] for cell in cells)
            across = len({d for _, d in cells}) > 1 or V == 1
            return len(cells) == 1 or (across and _adds_up(cells, line) and 0 < events < FEWEST_EVENTS)

        def order(cell: Place) -> tuple[bool, float, float]:
            # With one event less it would be masked itself, which tells that it has them all.
            fixed = self.telling[cell[0]] and self.events[cell] == FEWEST_EVENTS
            return (self.events[cell] == 0 or fixed, self.events[cell], self.n[cell[1]])

        # "Under 3" says of a value that every other cell hidden of it has no event or more: in each table apart.
        was_strict = {
            (v, d)
            for there, _lines in self.former
            for v in {v for v, d in named if d in there}
            for d in there.intersection(shown)
        }
        keeps = {v for v, d in named if d < self.now}
        silent = {v for v, d in few if d < self.now and marks.get((v, d)) == "hidden_with"}
        names = {v for v, d in few if d < self.now and d not in self.known and v not in silent}

        def told() -> tuple[set[Place], set[Place]]:
            """The cells called "under 3", and those that would be if they had one event or two."""
            masked = named | {(v, d) for v, d in few if v in names and d < self.now and d not in self.known}
            return masked, was_strict | {(v, d) for v in keeps | names for d in shown if d < self.now}

        lines = rows + columns
        masked, strict = told()
        sure = [line for line in links if free.isdisjoint(line)]  # the others only say how many moved
        found = _complete(few | covered, lines, unsafe, key=order, also=also, closed=closed, links=sure)
        exposed = set[Place]()
        while stuck := self._stuck(must, masked, found | free, strict, lines + links):
            cell = min(stuck)
            moved = self._moves(masked, found | free, strict, lines + links, cell, opening=True, closed=closed)
            if moved is not None:
                found = _complete(
                    set(), lines, unsafe, key=order, also=found | moved - free, closed=closed, links=sure
                )
            elif cell[0] in names - keeps:
                # "under 3" would say how many. So no case of this value is called so: else whoever sees it of one
                # would take the others, hidden without it, for none or many.
                names = names - {cell[0]}
                masked, strict = told()
            else:
                must = must - {cell}
                exposed.add(cell)
        if exposed and self.known:
            earlier = [line for line in lines + links if self._is_former({d: 1 for _v, d in line})]
            seen = {cell for cell in exposed if cell[1] in self.known}
            was = found & closed | free
            exposed -= self._stuck(seen, named, was, was_strict, earlier)
        return masked, found, exposed

    def _stuck(
        self,
        few: set[Place],
        masked: set[Place],
        found: set[Place],
        strict: set[Place],
        lines: Sequence[Line[Place]],
    ) -> set[Place]:
        """Which of these cells can have no other count once everything released is put together: a masked one is
        one case as well as two, another one could have none."""
        left = set(few)

        def moved(cells: set[Place]) -> set[Place]:
            return cells & (self._moves(masked, found, strict, lines, cells) or set())

        while left and (gone := moved(left)):
            left -= gone
        return {cell for cell in left if not moved({cell})}  # one may have to go up for another one to go down

    def _moves(
        self,
        masked: set[Place],
        found: set[Place],
        strict: set[Place],
        lines: Sequence[Line[Place]],
        wanted: Place | set[Place],
        *,
        opening: bool = False,
        closed: Collection[Place] = (),
    ) -> set[Place] | None:
        """Cells that differ in another table that fits all that is released: the sums, that no count is negative,
        that a masked one is one or two, and that another `strict` one is not.

        As many of the `wanted` differ as can; or, `opening`, the one wanted does, and as few shown ones as can
        differ with it, none of them `closed`, which are then to be hidden. None where there is no such table.
        """
        cells = sorted({cell for line in lines for cell in line} | found)
        place = {cell: at for at, cell in enumerate(cells)}
        true = np.array([self.events[cell] for cell in cells])
        shown = np.array([cell not in found for cell in cells])
        up, down = np.full(len(cells), np.inf), true.copy()
        for at, cell in enumerate(cells):
            if cell in masked:
                up[at], down[at] = FEWEST_EVENTS - 1 - true[at], true[at] - 1
            elif cell in strict:  # no case, or too many to be masked
                up[at], down[at] = (np.inf, max(true[at] - FEWEST_EVENTS, 0)) if true[at] else (0, 0)
            if shown[at] and (not opening or cell in closed):
                up[at] = down[at] = 0
        sought = {wanted} if isinstance(wanted, tuple) else wanted
        up[[place[cell] for cell in sought - masked]] = 0
        most = np.concatenate([up, down])
        aim, least = np.zeros(2 * len(cells)), np.zeros(2 * len(cells))
        if opening:
            cost = np.where(shown, 1 + true / (1 + true.sum()), 0)  # of two the smaller one is hidden
            aim += np.concatenate([cost, cost])
        for cell in sought:
            at = place[cell] + (0 if up[place[cell]] else len(cells))
            aim[at], least[at] = -1, int(opening)
        rows = [row for row, line in enumerate(lines) for _cell in line]
        columns = [place[cell] for line in lines for cell in line]
        worth = [float(sign) for line in lines for sign in line.values()]
        known = csr_array((worth, (rows, columns)), shape=(len(lines), len(cells)))
        other = milp(
            aim,
            integrality=np.ones(len(aim)),
            bounds=Bounds(least, most),
            constraints=LinearConstraint(hstack([known, -known]), 0, 0),
        )
        if other.x is None:
            return None
        change = np.rint(other.x[: len(cells)] - other.x[len(cells) :])
        return {cells[at] for at in np.flatnonzero(change)}


def _key(domain: Hashable) -> Hashable:
    return tuple(domain.items()) if isinstance(domain, Mapping) else domain


def _margins(domains: list[Hashable]) -> list[list[int]]:
    """The places of domains whose sum is published: all of one breakdown and, crossed, each column's own."""
    if domains == [None]:
        return []
    margins: dict[Hashable, list[int]] = {}
    for d, domain in enumerate(domains):
        for part in _parts(domain):
            margins.setdefault(part, []).append(d)
    return [list(range(len(domains))), *margins.values()]


def _lines(domains: list[Hashable], same: Same, sums: Sequence[Collection[Hashable]]) -> Sequence[Line[int]]:
    """All sums of domains that are known, by their places."""
    place = {domain: d for d, domain in enumerate(domains)}
    lines = [*_both(domains, same)] if same else [dict.fromkeys(line, 1) for line in _margins(domains)]
    known = [dict.fromkeys((place[domain] for domain in one if domain in place), 1) for one in sums]
    return lines + [line for line in known if line and line not in lines]


def _both(domains: list[Hashable], same: Same) -> Sequence[Line[int]]:
    """What is known of two breakdowns of the same people: each sums to the whole, and so do the sets of `same`."""
    if domains == [None]:
        return []
    place = {domain: d for d, domain in enumerate(domains)}
    pairs = [[[place[domain] for domain in side if domain in place] for side in pair] for pair in same]
    wholes = [dict.fromkeys((d for pair in pairs for d in pair[side]), 1) for side in (0, 1)]
    taken_off = [
        dict.fromkeys(one, 1) | dict.fromkeys(other, -1) for one, other in pairs if one and other and one != other
    ]
    return (wholes if wholes[0] != wholes[1] else wholes[:1]) + taken_off


def _adds_up(cells: set[Cell], line: Line[Cell]) -> bool:
    """Whether the cells are taken together in the line's sum, and none off another."""
    return len({line[cell] for cell in cells}) == 1


def _complete(
    first: set[Cell],
    lines: Sequence[Line[Cell]],
    unsafe: Callable[[set[Cell], Line[Cell]], bool],
    key: Callable[[Cell], Any],
    also: Collection[Cell] = (),
    closed: Collection[Cell] = (),
    links: Sequence[Line[Cell]] = (),
) -> set[Cell]:
    """Hides more cells, the least first, until no line's hidden cells are `unsafe` and no first one follows.

    A line is cells whose sum is known, some perhaps with a minus. `also`: hidden already, which may follow: more
    of them never give one away that did not follow before. `closed`: can't be hidden any more. `links`: known sums
    too, of which one hidden cell may follow.
    """
    hidden = first.union(also)
    while True:
        before = len(hidden)
        for line in lines:
            inside = hidden.intersection(line)
            shown = [cell for cell in line if cell not in hidden and cell not in closed]
            if inside and shown and unsafe(inside, line):
                hidden.add(min(shown, key=key))
        if len(hidden) > before:
            continue
        if not first:
            return hidden
        known = [*lines, *links]
        following = determined(hidden, known)
        exposed = first & following
        beside = [line for line in known if exposed.intersection(line)]
        shown = [cell for line in beside for cell in line if cell not in hidden and cell not in closed]
        if exposed and closed and not shown:  # what lies beside it is known; further off there may be another
            shown = [cell for line in lines for cell in line if cell not in hidden and cell not in closed]
        if not shown:
            return hidden
        hidden.add(min(shown, key=key))


def determined(hidden: Collection[Cell], lines: Sequence[Line[Cell]]) -> set[Cell]:
    """The hidden cells whose value follows from the shown ones and the sums of the lines, by linear algebra."""
    cells = list(hidden)
    matrix = np.array([[line.get(cell, 0) for cell in cells] for line in lines], dtype=np.float64)
    if not matrix.size:
        return set()
    _, sigma, directions = np.linalg.svd(matrix)
    free = directions[int((sigma > 1e-9).sum()) :]  # ways to change hidden values that no sum would notice
    return {cell for cell, moves in zip(cells, free.T, strict=True) if not (np.abs(moves) > 1e-9).any()}

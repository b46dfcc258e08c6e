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


def hide(
    figures: Sequence[Figure],
    sensitive: Collection[str] = (),
    harmless: Mapping[str, Collection[str]] | None = None,
    same: Sequence[tuple[Collection[Hashable], Collection[Hashable]]] = (),
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
    marks: list[Mark | None] = [None] * len(figures)
    for table in _tables(figures, sensitive, harmless, same, sums):
        table.mark(marks)
    return marks


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


def _tables(
    figures: Sequence[Figure],
    sensitive: Collection[str],
    harmless: Mapping[str, Collection[str]] | None,
    same: Sequence[tuple[Collection[Hashable], Collection[Hashable]]] = (),
    sums: Sequence[Collection[Hashable]] = (),
) -> Iterator[_Table]:
    """The figures as tables of one item and one breakdown each."""
    by_item: dict[str, list[int]] = {}
    for place, figure in enumerate(figures):
        by_item.setdefault(figure.item, []).append(place)
    for item, places in by_item.items():
        safe = frozenset((harmless or {}).get(item, ()))
        for domains in _breakdowns(figures, places):
            yield _Table.of(figures, domains, item in sensitive, safe, same, sums)


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
    """One item: V values x D domains."""

    places: list[list[int | None]]  # (V, D) where the figure is among all
    n: Floats  # (D,)
    events: Floats  # (V, D)
    telling: list[bool]  # (V,) values whose giving is somebody's secret
    sensitive: bool
    lines: Sequence[Line[int]]  # known sums; of two breakdowns also those of one with the other taken off

    @classmethod
    def of(
        cls,
        figures: Sequence[Figure],
        places: list[int],
        sensitive: bool,
        harmless: frozenset[str],
        same: Sequence[tuple[Collection[Hashable], Collection[Hashable]]],
        sums: Sequence[Collection[Hashable]],
    ) -> _Table:
        """The table of the figures at `places`."""
        key = {at: _key(figures[at].domain) for at in places}
        domains = list(dict.fromkeys(key.values()))
        values = list(dict.fromkeys(figures[at].value for at in places))
        place, row = ({label: at for at, label in enumerate(labels)} for labels in (domains, values))
        grid: list[list[int | None]] = [[None] * len(domains) for _ in values]
        n, events = np.zeros(len(domains)), np.zeros((len(values), len(domains)))
        for at in places:
            v, d = row[figures[at].value], place[key[at]]
            grid[v][d] = at
            n[d], events[v, d] = max(n[d], figures[at].n), figures[at].events
        lines = [*_both(domains, same)] if same else [dict.fromkeys(line, 1) for line in _margins(domains)]
        known = [dict.fromkeys((place[domain] for domain in one if domain in place), 1) for one in sums]
        lines += [line for line in known if line and line not in lines]
        return cls(grid, n, events, [sensitive and value not in harmless for value in values], sensitive, lines)

    def mark(self, marks: list[Mark | None]) -> None:
        """Writes what must happen to the figures of this table."""
        first, domains = self._domains()
        for d in domains:
            for row in self.places:
                if (place := row[d]) is not None:
                    marks[place] = "hidden" if d in first else "hidden_with"
        if not self.sensitive:
            return
        masked, cells = self._cells(domains)
        for v, d in cells:
            if d not in domains and (place := self.places[v][d]) is not None:
                marks[place] = "under_3" if (v, d) in masked else "hidden_with"

    def _domains(self) -> tuple[set[int], set[int]]:
        """Domains that are too small or all alike, and those with the ones hidden with them."""
        first = self.first()
        present = [{d: sign for d, sign in line.items() if self.n[d] > 0} for line in self.lines]

        def unsafe(hidden: set[int], line: Line[int]) -> bool:
            return len(hidden) == 1 or (_adds_up(hidden, line) and self._tells(hidden))

        return first, _complete(first, present, unsafe, key=lambda d: (self.n[d], d))

    def first(self) -> set[int]:
        """Domains that are too small or all alike."""
        return {d for d in range(len(self.n)) if self.n[d] > 0 and self._tells({d})}

    def _tells(self, domains: set[int]) -> bool:
        """Whether the domains, taken together as one group, are too few or gave a telling event to a person."""
        group = sorted(domains)
        n = self.n[group].sum()
        alike = any(telling and self.events[v, group].sum() == n for v, telling in enumerate(self.telling))
        return bool(n < (FEWEST_SENSITIVE if self.sensitive else FEWEST)) or alike

    def _cells(self, hidden: set[int]) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
        """(value, domain) with one or two telling events, and those with the ones hidden with them."""
        V, D = self.events.shape
        shown = [d for d in range(D) if d not in hidden and self.n[d] > 0]
        masked = {
            (v, d)
            for v in range(V)
            for d in shown
            if self.telling[v] and 0 < self.events[v, d] < FEWEST_EVENTS and self.lines
        }
        if not masked:
            return masked, masked
        covered = {(v, d) for v in range(V) for d in hidden}
        rows = [
            {(v, d): sign for d, sign in line.items() if self.n[d] > 0} for v in range(V) for line in self.lines
        ]
        whole = bool((self.events.sum(0) == self.n).all())  # the values are all there are: they add up to n
        columns = [{(v, d): 1 for v in range(V)} for d in shown] if whole and V > 1 else []

        def unsafe(cells: set[Place], line: Line[Place]) -> bool:
            events = sum(self.events[cell] for cell in cells)
            across = len({d for _, d in cells}) > 1 or V == 1
            return len(cells) == 1 or (across and _adds_up(cells, line) and 0 < events < FEWEST_EVENTS)

        def order(cell: tuple[int, int]) -> tuple[bool, float, float]:
            # With one event less it would be masked itself, which tells that it has them all.
            fixed = self.telling[cell[0]] and self.events[cell] == FEWEST_EVENTS
            return (self.events[cell] == 0 or fixed, self.events[cell], self.n[cell[1]])

        lines = rows + columns
        found = _complete(masked | covered, lines, unsafe, key=order)
        strict = {v for v, _ in masked}
        few = masked  # what must not follow, whatever it is called
        while stuck := self._stuck(few, masked, found, hidden, lines, strict):
            cell = min(stuck)
            moved = self._moves(masked, found, hidden, lines, strict, cell, opening=True)
            if moved is not None:
                found = _complete(set(), lines, unsafe, key=order, also=found | moved)
            elif cell in masked:
                # "under 3" would say how many. So no case of this value is called so: else whoever sees it of one
                # would take the others, hidden without it, for none or many.
                strict.discard(cell[0])
                masked = {(v, d) for v, d in masked if v != cell[0]}
            else:
                few = few - {cell}
        return masked, found

    def _stuck(
        self,
        few: set[Place],
        masked: set[Place],
        found: set[Place],
        hidden: set[int],
        lines: Sequence[Line[Place]],
        strict: set[int],
    ) -> set[Place]:
        """Which of these cells can have no other count once everything released is put together: a masked one is
        one case as well as two, another one could have none."""
        left = set(few)

        def moved(cells: set[Place]) -> set[Place]:
            return cells & (self._moves(masked, found, hidden, lines, strict, cells) or set())

        while left and (gone := moved(left)):
            left -= gone
        return {cell for cell in left if not moved({cell})}  # one may have to go up for another one to go down

    def _moves(
        self,
        masked: set[Place],
        found: set[Place],
        hidden: set[int],
        lines: Sequence[Line[Place]],
        strict: set[int],
        wanted: Place | set[Place],
        *,
        opening: bool = False,
    ) -> set[Place] | None:
        """Cells that differ in another table that fits all that is released: the sums, that no count is negative,
        that a masked one is one or two, and that another one of a `strict` value is not.

        As many of the `wanted` differ as can; or, `opening`, the one wanted does, and as few shown ones as can
        differ with it, which are then to be hidden. None where there is no such table.
        """
        cells = sorted({cell for line in lines for cell in line} | found)
        place = {cell: at for at, cell in enumerate(cells)}
        true = np.array([self.events[cell] for cell in cells])
        shown = np.array([cell not in found for cell in cells])
        up, down = np.full(len(cells), np.inf), true.copy()
        for at, (v, d) in enumerate(cells):
            if (v, d) in masked:
                up[at], down[at] = FEWEST_EVENTS - 1 - true[at], true[at] - 1
            elif v in strict and d not in hidden:  # no case, or too many to be masked
                up[at], down[at] = (np.inf, true[at] - FEWEST_EVENTS) if true[at] else (0, 0)
        if not opening:
            up[shown] = down[shown] = 0
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
        known = np.zeros((len(lines), len(cells)))
        for row, line in enumerate(lines):
            known[row, [place[cell] for cell in line]] = list(line.values())
        other = milp(
            aim,
            integrality=np.ones(len(aim)),
            bounds=Bounds(least, most),
            constraints=LinearConstraint(np.hstack([known, -known]), 0, 0),
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


def _both(
    domains: list[Hashable], same: Sequence[tuple[Collection[Hashable], Collection[Hashable]]]
) -> Sequence[Line[int]]:
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
) -> set[Cell]:
    """Hides more cells, the least first, until no line's hidden cells are `unsafe` and no first one follows.

    A line is cells whose sum is known, some perhaps with a minus. `also`: hidden already, which may follow: more
    of them never give one away that did not follow before.
    """
    hidden = first.union(also)
    while True:
        before = len(hidden)
        for line in lines:
            inside = hidden.intersection(line)
            shown = [cell for cell in line if cell not in hidden]
            if inside and shown and unsafe(inside, line):
                hidden.add(min(shown, key=key))
        if len(hidden) > before:
            continue
        if not first:
            return hidden
        following = determined(hidden, lines)
        exposed = first & following
        shown = [cell for line in lines if exposed.intersection(line) for cell in line if cell not in hidden]
        if not shown:
            return hidden
        hidden.add(min(shown, key=key))


def determined(hidden: set[Cell], lines: Sequence[Line[Cell]]) -> set[Cell]:
    """The hidden cells whose value follows from the shown ones and the sums of the lines, by linear algebra."""
    cells = list(hidden)
    matrix = np.array([[line.get(cell, 0) for cell in cells] for line in lines], dtype=np.float64)
    if not matrix.size:
        return set()
    _, sigma, directions = np.linalg.svd(matrix)
    free = directions[int((sigma > 1e-9).sum()) :]  # ways to change hidden values that no sum would notice
    return {cell for cell, moves in zip(cells, free.T, strict=True) if not (np.abs(moves) > 1e-9).any()}

"""Somebody who holds all that is released, and works hidden figures out of it by the sums between the tables."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from survey.responses.respondents import Respondents
from survey.results import disclosure, result_groups, result_table
from survey.results.answer_counts import Count, count_answers

# The declared list: what programs may ask for. Commune readers, reports and open files have the first two of it.
TABLES: tuple[tuple[str, ...], ...] = ((), ("unit",), ("stratum",), ("mode",))
Cell = tuple[Hashable, ...]


@dataclass
class Reader:
    """What somebody knows who holds all tables: whole numbers, their bounds, and sums that must hold.

    It is taken that every shown figure gives the counts behind it away exactly, which a weighted share doesn't.
    """

    names: dict[Cell, int] = field(default_factory=dict)
    least: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    sums: list[tuple[dict[Cell, float], float]] = field(default_factory=list)  # each from this number up to 0

    def knows(self, cell: Cell, least: float, most: float) -> None:
        """The count of a cell lies within these limits."""
        at = self.names.setdefault(cell, len(self.names))
        if at == len(self.least):
            self.least.append(least)
            self.most.append(most)
        else:
            self.least[at], self.most[at] = max(self.least[at], least), min(self.most[at], most)

    def adds_up(self, parts: Iterable[Cell], whole: Cell, exactly: bool = True) -> None:
        """The parts of a table sum to the whole; to no more than that where some people are in no part."""
        self.sums.append(({whole: -1.0} | dict.fromkeys(parts, 1.0), 0.0 if exactly else -np.inf))

    def is_none_or_many(self, cell: Cell, most: float) -> None:
        """The count is 0 or at least 3, or it would have been called “under 3”."""
        chosen: Cell = (*cell, "many")
        self.knows(chosen, 0, 1)
        self.sums += [({chosen: 3.0, cell: -1.0}, -np.inf), ({cell: 1.0, chosen: -most}, -np.inf)]

    def sure_of(self, wanted: dict[Cell, int]) -> list[Cell]:
        """Which of these cells can have no other count than the true one, given here: whole tables that fit all
        that is known are looked for, in which as many of them as can be have another."""
        matrix = csr_array(
            (
                [worth for line, _least in self.sums for worth in line.values()],
                (
                    [row for row, (line, _least) in enumerate(self.sums) for _cell in line],
                    [self.names[part] for line, _least in self.sums for part in line],
                ),
            ),
            shape=(len(self.sums), len(self.names)),
        )
        rules = LinearConstraint(matrix, [least for _line, least in self.sums], 0)
        left = dict(wanted)

        def move(cells: Iterable[Cell], sign: float) -> None:
            aim = np.zeros(len(self.names))
            aim[[self.names[cell] for cell in cells]] = sign
            whole = np.ones(len(aim))
            found = milp(aim, integrality=whole, bounds=Bounds(self.least, self.most), constraints=[rules])
            assert found.success, "the tables contradict each other"
            for cell, true in list(left.items()):
                if round(found.x[self.names[cell]]) != true:
                    del left[cell]

        move(wanted, 1.0)
        move(wanted, -1.0)
        sure = []
        while left:
            cell = next(iter(left))
            move([cell], 1.0)
            if cell in left:
                move([cell], -1.0)
            if left.pop(cell, None) is not None:
                sure.append(cell)
        return sure


@dataclass(frozen=True)
class Told:
    """A released figure with the counts behind it."""

    count: Count
    mark: str | None


Same = Sequence[tuple[Sequence[str], Sequence[str]]]  # communes and strata that hold the same people
Areas = Sequence[Sequence[str]]  # communes whose people open rows show together


def reader(
    tables: dict[tuple[str, ...], list[Told]],
    telling: Sequence[str],
    forms: float,
    same: Same = (),
    areas: Areas = (),
) -> Reader:
    """Somebody who holds these tables of one item with one answer, the number of forms, and open rows by area."""
    knows = Reader()
    for those in areas:
        here = [told.count for told in tables["unit",] if told.count.domain in those]
        for value in dict.fromkeys(count.value for count in here):
            for name, many in (("n", lambda one: one.n), (value, lambda one: one.events)):
                area: Cell = ("area", *those, name)
                true = sum(many(one) for one in here if one.value == value)
                knows.knows(area, true, true)
                knows.adds_up([(("unit",), unit, name) for unit in those], area)
    for those, strata in same:
        for value in {"n", *(told.count.value for told in tables["unit",])}:
            parts: dict[Cell, float] = {(("unit",), unit, value): 1.0 for unit in those}
            knows.sums.append((parts | {(("stratum",), stratum, value): -1.0 for stratum in strata}, 0.0))
    for by, figures in tables.items():
        cells: dict[Hashable, list[Told]] = {}
        called = {told.count.value for told in figures if told.mark == "under_3"} & set(telling)
        for told in figures:
            cells.setdefault(told.count.domain, []).append(told)
        for domain, values in cells.items():
            # A domain that is hidden as a whole hides its n too; where one cell is seen, n is.
            n = values[0].count.n
            seen = any(told.mark in (None, "under_3") for told in values)
            knows.knows((by, domain, "n"), n if seen else 0, n if seen else forms)
            for told in values:
                events = told.count.events
                limits = {None: (events, events), "under_3": (1, 2)}.get(told.mark, (0, forms))
                knows.knows((by, domain, told.count.value), *limits)
                if seen and told.mark == "hidden_with" and told.count.value in called:
                    knows.is_none_or_many((by, domain, told.count.value), forms)
            knows.adds_up([(by, domain, told.count.value) for told in values], (by, domain, "n"))
        for coarser in tables:
            if coarser == by or not set(coarser) < set(by):
                continue
            keep = [by.index(column) for column in coarser]
            groups: dict[Hashable, list[Hashable]] = {}
            for domain in cells:
                parts = domain if len(by) > 1 else (domain,)
                kept = tuple(parts[at] for at in keep)  # type: ignore[index]
                groups.setdefault((kept if len(kept) > 1 else kept[0]) if kept else None, []).append(domain)
            everybody = set(by) <= {*coarser, *result_groups.COLUMNS}  # an item may have been left blank
            for whole, domains in groups.items():
                for value in ["n", *dict.fromkeys(told.count.value for told in figures)]:
                    knows.adds_up(
                        [(by, domain, value) for domain in domains], (coarser, whole, value), exactly=everybody
                    )
    return knows


def leaks(
    tables: dict[tuple[str, ...], list[Told]],
    telling: Sequence[str],
    forms: float,
    same: Same = (),
    areas: Areas = (),
) -> list[Any]:
    """Hidden counts that can be one number only: the people of a hidden group, a telling answer in it that was
    given, or one or two cases, whatever they are called."""
    return reader(tables, telling, forms, same, areas).sure_of(withheld(tables, telling))


def withheld(tables: dict[tuple[str, ...], list[Told]], telling: Sequence[str]) -> dict[Cell, int]:
    """The hidden counts of `leaks`, as they truly are."""
    wanted: dict[Cell, int] = {}
    for by, figures in tables.items():
        for told in figures:
            count = told.count
            if told.mark == "hidden":
                wanted[by, count.domain, "n"] = count.n
            is_few = told.mark == "hidden_with" and count.events < 3
            if (is_few or told.mark in ("hidden", "under_3")) and count.value in telling and count.events:
                wanted[by, count.domain, count.value] = count.events
    return wanted


def released(
    people: Respondents, session: Any, item: str, groupings: Sequence[tuple[str, ...]] = TABLES
) -> dict[tuple[str, ...], list[Told]]:
    """The item's tables, with the counts behind every figure and what became of it."""
    tables = {}
    for by in groupings:
        where = result_groups.domains(session, people, by) if by else None
        shown = result_table.table(session, people, items=[item], by=by, released=True)
        counts = {(count.value, key(count.domain)): count for count in count_answers(people, [item], where)}
        tables[by] = [
            Told(
                counts[record.value or "", key(record.domain)],
                next((flag for flag in record.flags if flag in disclosure.GRAVEST_LAST), None),
            )
            for record in shown
        ]
    return tables


def key(domain: Any) -> Hashable:
    return tuple(domain.values()) if isinstance(domain, dict) else domain


VALUES = ("1", "2", "3")

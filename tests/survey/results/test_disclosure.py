"""A solver tries to work hidden figures out of all that is released, with the sums between the tables."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as some
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from sqlalchemy import insert
from sqlalchemy.orm import Session

from analysis.design import code
from analysis.disclosure import FEWEST, hide
from analysis.suppression import determined
from survey.operations import demo
from survey.responses.respondents import Respondents, sample
from survey.results import breakdowns, disclosure, release_steps, releases, result_groups, result_table, wording
from survey.results.answer_counts import Count, count_answers
from survey.storage.database import Database
from survey.storage.models import Mode, Release, Response, Review, ReviewState, Village, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves
from translations import Refusal

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


@pytest.mark.parametrize("item", ["C5", "C6"])
def test_nothing_hidden_follows_from_all_tables_of_the_demo(made_up: Flask, item: str) -> None:
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        tables = released(people, session, item)
        area = breakdowns.areas(session, people)
    assert sum(told.mark is not None for told in tables["unit",]) > 10
    areas = [[unit for unit in area if area[unit] == one] for one in (1, 2)]
    assert leaks(tables, ["2", "3"], len(people), areas=areas) == []


def test_no_question_can_be_taken_out_of_a_part_of_the_index(made_up: Flask) -> None:
    """Whoever knows a part of a commune and all its questions but one knows the last."""
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.OPEN))
        assert people.questionnaire.index is not None
        parts = people.questionnaire.index.codes()
        asked = [*parts, *parts["index"]]
        shown = result_table.table(session, people, items=asked, by=["unit"], released=True)
        where = result_groups.domains(session, people, ["unit"])
        n = {(count.item, count.domain): count.n for count in count_answers(people, parts["index"], where)}
    hidden = {(one.item, one.domain) for one in shown if wording.is_hidden(one)}
    knows = Reader()
    for (item, unit), count in n.items():
        seen = (item, unit) not in hidden
        knows.knows((item, unit), count if seen else 0, count if seen else len(people))
    for item in parts["index"]:
        whole: Cell = (item, "province")
        knows.knows(whole, true := sum(n[item, unit] for unit in where.wanted), true)
        knows.adds_up([(item, unit) for unit in where.wanted], whole)
    for part, items in parts.items():
        for unit in where.wanted:
            if (part, unit) not in hidden:
                knows.knows((part, unit), true := sum(n[item, unit] for item in items), true)
                knows.adds_up([(item, unit) for item in items], (part, unit))
    few = {key: count for key, count in n.items() if 0 < count < FEWEST}
    assert len(few) > 10
    assert any(0 < n[item, unit] < FEWEST <= sum(n[one, unit] for one in parts["index"]) for item, unit in few)
    assert knows.sure_of(few) == []


def test_nobody_is_grouped_by_a_delicate_answer_in_what_is_released(made_up: Flask) -> None:
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        assert result_table.table(session, people, items=["gioi_tinh"], by=["C5"])
        with pytest.raises(Refusal, match="C5"):
            result_table.table(session, people, items=["gioi_tinh"], by=["unit", "C5"], released=True)


def strata(people: Respondents, lie: str) -> tuple[list[str], Same]:
    """A stratum for each person, and what everybody knows of how communes and strata lie to each other."""
    communes = sorted(set(people.unit.tolist()))
    region = {unit: f"vung-{at // 9}" for at, unit in enumerate(communes)}
    of_region = {name: [unit for unit in communes if region[unit] == name] for name in region.values()}
    first = {unit: min(people.psu[people.unit.having(unit)].tolist()) for unit in communes}
    half = ["a" if psu == first[unit] else "b" for unit, psu in zip(people.unit, people.psu, strict=True)]
    match lie:
        case "unions of communes":
            return [region[unit] for unit in people.unit], [(units, [name]) for name, units in of_region.items()]
        case _:
            labels = [f"{region[unit]} {side}" for unit, side in zip(people.unit, half, strict=True)]
            return labels, [(units, [f"{name} a", f"{name} b"]) for name, units in of_region.items()]


@pytest.mark.variants(2)
@pytest.mark.parametrize(
    ("item", "lie"),
    [("C5", "unions of communes"), ("C6", "unions of communes"), ("C5", "across communes")],
)
def test_communes_and_strata_together_give_nothing_hidden_away(made_up: Flask, item: str, lie: str) -> None:
    """Whoever holds both tables can subtract the communes of a stratum from it, and the other way."""
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        silent = np.arange(len(people)) % 3 == 0  # fewer answers in each commune, so that more is to be hidden
        labels, same = strata(people, lie)
        people = replace(people, stratum=code(labels), silent=silent, version=lie, designs={})
        tables = released(people, session, item, [(), ("unit",), ("stratum",)])
    assert sum(told.mark is not None for told in tables["unit",]) > 10
    assert leaks(tables, ["2", "3"], len(people), same) == []


VALUES = ("1", "2", "3")
COUNTS = some.tuples(some.integers(0, 60), some.integers(0, 4), some.integers(0, 4))


# With one commune that has answered its figure is the province's, which stands at the head of every report.
COMMUNES = some.lists(COUNTS, min_size=2, max_size=6).filter(lambda communes: sum(map(any, communes)) > 1)


def values(of: str, by_domain: dict[Hashable, list[tuple[int, int, int]]]) -> list[Count]:
    """The counts of a table by domain, of each all who are in it."""
    return [
        Count("C5", value, (of, domain) if of else None, sum(map(sum, parts)), sum(one[at] for one in parts))
        for at, value in enumerate(VALUES)
        for domain, parts in by_domain.items()
    ]


@given(some.lists(some.tuples(COUNTS, some.sampled_from("abc")), min_size=3, max_size=7), some.booleans())
def test_nothing_hidden_follows_from_communes_and_strata_of_a_small_province(
    communes: list[tuple[tuple[int, int, int], str]], are_unions: bool
) -> None:
    """Strata that are unions of communes; and by the same counts communes that are unions of strata."""
    if len({group for counts, group in communes if any(counts)}) < 2:  # one that has answered is the province
        return
    small: dict[Hashable, list[tuple[int, int, int]]] = {f"{at}": [one] for at, (one, _) in enumerate(communes)}
    large: dict[Hashable, list[tuple[int, int, int]]] = {}
    for counts, group in communes:
        large.setdefault(group, []).append(counts)
    pairs = [
        ([f"{at}" for at, (_, one) in enumerate(communes) if one == group], [group])
        for group in "abc"
        if group in large
    ]
    names = ("unit", "stratum") if are_unions else ("stratum", "unit")
    figures = [*values(names[0], small), *values(names[1], large)]
    same = [
        tuple(tuple((name, label) for label in side) for name, side in zip(names, pair, strict=True))
        for pair in pairs
    ]
    marks = hide(figures, {"C5"}, {"C5": {"1"}}, [one if are_unions else one[::-1] for one in same])
    tables: dict[tuple[str, ...], list[Told]] = {("unit",): [], ("stratum",): []}
    for count, mark in zip(figures, marks, strict=True):
        tables[(count.domain[0],)].append(Told(count._replace(domain=count.domain[1]), mark))
    whole = values("", {None: [counts for counts, _group in communes]})
    tables[()] = [Told(one, mark) for one, mark in zip(whole, hide(whole, {"C5"}, {"C5": {"1"}}), strict=True)]
    told = [(one, other) if are_unions else (other, one) for one, other in pairs]
    assert leaks(tables, ["2", "3"], sum(sum(counts) for counts, _group in communes), told) == []


@given(COMMUNES)
def test_nothing_hidden_follows_in_a_small_province(communes: list[tuple[int, int, int]]) -> None:
    counts = [
        Count("C5", value, None, sum(map(sum, communes)), sum(one[at] for one in communes))
        for at, value in enumerate(VALUES)
    ]
    by_unit = [
        Count("C5", value, f"u{place}", sum(one), one[at])
        for at, value in enumerate(VALUES)
        for place, one in enumerate(communes)
    ]
    tables = {}
    for by, figures in (((), counts), (("unit",), by_unit)):
        marks = hide(figures, {"C5"}, {"C5": {"1"}})
        tables[by] = [Told(count, mark) for count, mark in zip(figures, marks, strict=True)]
    assert leaks(tables, ["2", "3"], sum(map(sum, communes))) == []


@dataclass
class Fieldwork:
    """A wave of two villages a commune, in which most forms say that nothing happened."""

    session: Session
    code: str
    chance: np.random.Generator
    ids: dict[str, list[UUID]] = field(default_factory=dict)
    rated: Sequence[str] = ()  # items of the index that are answered too

    def send(self, unit: str, many: int, modes: Sequence[Mode] = (Mode.PAPER,), few: int | None = None) -> None:
        """Forms of a commune: with one of each telling answer in fifty, or with so `many` of which `few` tell."""
        wave = waves.find(self.session, self.code)
        said = self.chance.choice([1, 2, 3], (many, 2), p=(0.93, 0.045, 0.025))
        rated = self.chance.integers(0, 6, (many, len(self.rated)))  # 0: blank
        if few is not None:
            said[:] = np.where(np.arange(many) < 2 * few, 2 + np.arange(many) % 2, 1)[:, None]
        rows = [
            {
                "id": uuid4(),
                "wave": self.code,
                "unit": unit,
                "psu": f"{unit}-{at % 2}",
                "mode": modes[int(self.chance.integers(len(modes)))],
                "day": wave.opens,
                "questionnaire": wave.questionnaire,
                "answers": {"C5": c5, "C6": c6}
                | {item: level for item, level in zip(self.rated, rated[at].tolist(), strict=True) if level},
                "marks": [],
            }
            for at, (c5, c6) in enumerate(said.tolist())
        ]
        self.session.execute(insert(Response), rows)
        self.ids.setdefault(unit, []).extend(row["id"] for row in rows)

    def reject(self, unit: str, many: int) -> None:
        """A review takes forms of a commune out."""
        out = {"wave": self.code, "state": ReviewState.REJECTED, "reason": "twice", "person": "Lan"}
        for _form in range(min(many, len(self.ids[unit]))):
            place = int(self.chance.integers(len(self.ids[unit])))
            self.session.add(Review(response=self.ids[unit].pop(place), day=dates.today(), **out))
        self.session.flush()

    def release(self) -> Release:
        made = releases.freeze(self.session, waves.find(self.session, self.code), "Lan")
        release_steps.check(made, "Lan")
        releases.approve(self.session, made, "Minh")
        return made


# What happens between two releases: to how many communes how many forms come, and of how many 31 are taken out.
CHANGES = {
    "31 forms of one commune": [(1, 0)],
    "31 forms of each of three": [(3, 0)],
    "31 forms taken out": [(2, 1)],
    "communes with one or two come to three": [(3, 0)],
    "three releases": [(1, 0), (3, 0)],
    "four releases": [(8, 0), (2, 1), (1, 0)],
}


def go(session: Session, seed: int, changes: str, size: int, are_unions: bool) -> tuple[int, list[Cell]]:
    """In how many communes releases of a wave differ, and what somebody who holds all of them knows."""
    chance = np.random.default_rng([seed, size, are_unions])
    code = f"hai-ban-{uuid4().hex[:8]}"
    day = dates.today()
    wave = waves.create(
        session, code, questionnaires.find(session, "ho_gia_dinh@1"), WaveKind.SAMPLE, day, day, simulated=True
    )
    communes = [unit.code for unit in units.communes(session, day)][:12]
    stratum = {unit: f"vung-{at // 4}" if are_unions else unit for at, unit in enumerate(communes)}
    for unit in communes:
        for psu in (f"{unit}-0", f"{unit}-1"):
            session.add(Village(wave=code, psu=psu, unit=unit, stratum=stratum[unit], name=psu))
    session.flush()
    work = Fieldwork(session, code, chance)
    for unit in communes:
        work.send(unit, size + int(chance.integers(20)), (Mode.PAPER, Mode.PAPER, Mode.PHONE))
    made = [work.release()]
    for step, (came, went) in enumerate(CHANGES[changes]):
        for unit in communes[step : step + came]:
            work.send(unit, 31, few=2 if "come to three" in changes else None)
        for unit in communes[step + came : step + came + went]:
            work.reject(unit, 31)
        made.append(work.release())
    same = [([unit for unit in communes if stratum[unit] == one], [one]) for one in sorted(set(stratum.values()))]
    differ = sum(len(releases.differences(session, one)) for one in made)
    return differ, [cell for item in ("C5", "C6") for cell in told_by_releases(session, wave, made, item, same)]


def beside(readers: Sequence[Reader]) -> Reader:
    """Somebody who knows what each of these does, under the number of its release."""
    both = Reader()
    for number, one in enumerate(readers):
        for cell, at in one.names.items():
            both.knows((number, *cell), one.least[at], one.most[at])
        for line, least in one.sums:
            both.sums.append(({(number, *cell): worth for cell, worth in line.items()}, least))
    return both


def told_by_releases(session: Session, wave: Wave, made: Sequence[Release], item: str, same: Same) -> list[Cell]:
    """What somebody who holds several releases of a wave knows of what each of them withholds, and who knows too
    where nobody came, and where nobody went."""
    readers: list[Reader] = []
    wanted: dict[Cell, int] = {}
    members: list[dict[Cell, set[UUID]]] = []
    for number, release in enumerate(made):
        people = sample(session, wave, release)
        tables = released(people, session, item)
        area = breakdowns.areas(session, people)
        areas = [here for one in (1, 2) if (here := [unit for unit in area if area[unit] == one])]
        readers.append(reader(tables, ["2", "3"], 10_000, same, areas))
        wanted |= {(number, *cell): true for cell, true in withheld(tables, ["2", "3"]).items()}
        ids = np.array(people.ids, object)
        columns = {"unit": people.unit, "stratum": people.stratum, "mode": people.mode}
        members.append(
            {
                (by, told.count.domain): set(ids[columns[by[0]].having(told.count.domain)] if by else ids)
                for by, figures in tables.items()
                for told in figures
            }
        )
    knows = beside(readers)
    for new, old in itertools.combinations(range(len(made)), 2):
        for domain in members[new].keys() & members[old].keys():
            came, went = members[new][domain] - members[old][domain], members[old][domain] - members[new][domain]
            for value in ("n", *VALUES):
                more: Cell = (new, *domain, value)
                less: Cell = (old, *domain, value)
                if not went:
                    knows.sums.append(({less: 1.0, more: -1.0}, -np.inf if came else 0.0))
                elif not came:
                    knows.sums.append(({more: 1.0, less: -1.0}, -np.inf))
    return knows.sure_of(wanted)


def index_rows(session: Session, people: Respondents, by: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """In which communes or strata each part of the index is hidden, and in which an item of it is."""
    assert people.questionnaire.index is not None
    parts = people.questionnaire.index.codes()
    shown = result_table.table(session, people, items=[*parts, *parts["index"]], by=[by], released=True)
    hidden: dict[str, set[str]] = {}
    for one in shown:
        if wording.is_hidden(one):
            hidden.setdefault(one.item, set()).add(str(one.domain))
    rows = {part: hidden.get(part, set()) for part in parts}
    return rows, {
        part: set[str]().union(*(hidden.get(item, ()) for item in items)) for part, items in parts.items()
    }


def test_the_index_of_three_people_follows_from_no_later_release(province: Database) -> None:
    """In the first release three people of a commune are hidden, with others; then many come to them, and nobody
    to these. A part of the index shown beside hidden items would give what is left, the sum of the three."""
    with province.writing() as session:
        day = dates.today()
        asked = questionnaires.find(session, "ho_gia_dinh@1")
        assert asked.index is not None
        wave = waves.create(session, "ba-nguoi", asked, WaveKind.SAMPLE, day, day, simulated=True)
        communes = [unit.code for unit in units.communes(session, day)][:8]
        three, other = communes[:2]
        stratum = {unit: f"vung-{at // 4}" for at, unit in enumerate(communes)}
        for unit in communes:
            for psu in (f"{unit}-0", f"{unit}-1"):
                session.add(Village(wave=wave.code, psu=psu, unit=unit, stratum=stratum[unit], name=psu))
        session.flush()
        work = Fieldwork(session, wave.code, np.random.default_rng(3), rated=asked.index.codes()["index"])
        for at, unit in enumerate(communes):
            work.send(unit, 3 if unit == three else 40 + at, few=0 if unit == three else 10)
        made = [work.release()]
        work.send(three, 40, few=10)
        work.send(other, 40, few=10)
        made.append(work.release())
        assert {one.unit for one in releases.differences(session, made[1])} == {three, other}
        hidden: dict[str, set[Cell]] = {}
        lines: list[dict[Cell, int]] = []
        for number, release in enumerate(made):
            people = sample(session, wave, release)
            changed = {three, other, stratum[three]}
            name = {one: (one, number) if one in changed else (one,) for one in (*communes, *stratum.values())}
            for by in ("unit", "stratum"):
                rows, of_items = index_rows(session, people, by)
                assert rows == of_items
                for part, domains in rows.items():
                    hidden.setdefault(part, set()).update(name[domain] for domain in domains & name.keys())
            lines.append({name[unit]: 1 for unit in communes})
            lines.append({name[one]: 1 for one in stratum.values()})
            for one in set(stratum.values()):
                lines.append({name[unit]: 1 for unit in communes if stratum[unit] == one} | {name[one]: -1})
        for part, cells in hidden.items():
            assert (three, 0) in cells, part
            assert (three, 0) not in determined(cells, lines), part


@pytest.mark.variants(2)
@pytest.mark.parametrize(
    ("seed", "changes", "size", "are_unions"),
    [
        (1, "31 forms of one commune", 100, True),
        (4, "31 forms of each of three", 100, False),
        (1, "31 forms taken out", 100, True),
        (1, "communes with one or two come to three", 100, False),
    ],
)
def test_several_releases_give_away_nothing_that_one_of_them_hides(
    province: Database, seed: int, changes: str, size: int, are_unions: bool
) -> None:
    """A cell of a commune in which nothing changed, hidden in one and shown in the other; and what the province's
    difference tells of the only communes that changed."""
    with province.writing() as session:
        differ, known = go(session, seed, changes, size, are_unions)
    assert known == []
    assert differ > 0


@pytest.mark.soak
@pytest.mark.parametrize("are_unions", [False, True])
@pytest.mark.parametrize("size", [15, 40, 100])
@pytest.mark.parametrize("changes", CHANGES)
def test_several_releases_give_away_nothing_in_many_waves(
    province: Database, changes: str, size: int, are_unions: bool
) -> None:
    for seed in range(10):
        with province.writing() as session:
            _differ, known = go(session, seed, changes, size, are_unions)
        assert known == [], seed

"""A solver tries to work hidden figures out of several releases of a wave, taken off each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from analysis.suppression import determined
from survey.responses.respondents import Respondents, sample
from survey.results import breakdowns, release_steps, releases, result_table, wording
from survey.storage.database import Database
from survey.storage.models import Mode, Release, Response, Review, ReviewState, Village, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves
from tests.survey.results.reader import (
    VALUES,
    Cell,
    Reader,
    Same,
    reader,
    released,
    withheld,
)


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

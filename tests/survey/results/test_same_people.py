"""Everything that is published of a wave, taken off each other: by people whom no table shows, and by cells that
hold the very same people."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from analysis.disclosure import FEWEST_SENSITIVE
from analysis.suppression import determined
from survey.responses.respondents import Respondents, sample
from survey.results import disclosure, result_groups, result_table
from survey.results.answer_counts import count_answers
from survey.storage.database import Database
from survey.storage.models import Mode, Response, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

UNITS = ("06652", "06658", "06661")
By = tuple[str, ...]
Cell = tuple[By, Hashable, str]  # table, domain, value, or the number of answers
GROUPED: tuple[By, ...] = ((), ("unit",), ("gioi_tinh",), ("unit", "gioi_tinh"))
Group = tuple[str, Mode, int | None, Sequence[int]]  # commune, way, sex, how many answered 1, 2 and 3 to C5


def fill(session: Session, groups: Iterable[Group], kind: WaveKind = WaveKind.SAMPLE) -> Respondents:
    """The people of a wave with these forms, in two villages a commune."""
    day = dates.today()
    wave = waves.create(session, "mau", questionnaires.find(session, "ho_gia_dinh@1"), kind, day, day)
    groups = list(groups)
    for unit in dict.fromkeys(unit for unit, *_rest in groups):
        for psu in (f"{unit}-0", f"{unit}-1"):
            session.add(Village(wave="mau", psu=psu, unit=unit, stratum=unit, name=psu))
    session.flush()
    rows = []
    for unit, mode, sex, counts in groups:
        for at, said in enumerate(itertools.chain(*([value] * many for value, many in enumerate(counts, 1)))):
            answers = {"C5": said} | ({"gioi_tinh": sex} if sex else {})
            psu = None if kind is WaveKind.OPEN else f"{unit}-{at % 2}"
            rows.append(
                {
                    "id": uuid4(), "wave": "mau", "unit": unit, "psu": psu, "mode": mode, "day": day,
                    "questionnaire": wave.questionnaire, "answers": answers, "marks": [],
                }
            )  # fmt: skip
    session.execute(insert(Response), rows)
    return sample(session, waves.find(session, "mau"))


def key(domain: Any) -> Hashable:
    return tuple(domain.values()) if isinstance(domain, dict) else domain


def subtracted(session: Session, people: Respondents, tables: Sequence[By]) -> dict[Cell, int]:
    """The counts of C5 that no table shows, and that follow from those that are shown, as they truly are."""
    counts: dict[Cell, int] = {}
    for by in tables:
        where = result_groups.domains(session, people, by, blanks=True) if by else None
        for one in count_answers(people, ["C5"], where):
            counts[by, one.domain, one.value], counts[by, one.domain, "n"] = one.events, one.n
    seen = set()
    for by in tables:
        for one in result_table.table(session, people, items=["C5"], by=by, released=True):
            if not disclosure.is_marked(one):
                seen |= {(by, key(one.domain), str(one.value)), (by, key(one.domain), "n")}
            elif "under_3" in one.flags:
                seen.add((by, key(one.domain), "n"))
    lines: list[dict[Cell, int]] = []
    for by, domain in dict.fromkeys((by, domain) for by, domain, _value in counts):
        lines.append({(by, domain, value): 1 for value in "123"} | {(by, domain, "n"): -1})
        for finer in tables:
            if len(finer) == len(by) + 1 and set(by) < set(finer):
                at = [finer.index(column) for column in by]
                wanted = (domain if len(by) > 1 else (domain,)) if by else ()
                parts = {
                    own
                    for own_by, own, _value in counts
                    if own_by == finer
                    and tuple((own if len(finer) > 1 else (own,))[place] for place in at) == wanted  # type: ignore[index]
                }
                for value in (*"123", "n"):
                    lines.append({(finer, part, value): 1 for part in parts} | {(by, domain, value): -1})
    hidden = [cell for cell in counts if cell not in seen]
    return {cell: counts[cell] for cell in determined(hidden, lines)}


def secrets(session: Session, people: Respondents, found: Mapping[Cell, int]) -> list[tuple[Cell, int]]:
    """What of the counts that follow nobody may know: one or two who told, and the answers of too few people."""
    few = set()
    for by in {by for by, _domain, _value in found if by}:
        where = result_groups.domains(session, people, by, blanks=True)
        few |= {(by, one.domain) for one in count_answers(people, ["C5"], where) if 0 < one.n < FEWEST_SENSITIVE}
    return [
        (cell, many) for cell, many in found.items() if cell[2] in "23" and many and (many < 3 or cell[:2] in few)
    ]


@pytest.mark.parametrize("blank", [(1, 1, 0), (3, 0, 2), (0, 5, 0), (14, 1, 1), (60, 1, 0), (50, 4, 2)])
def test_the_answers_of_those_who_left_the_grouping_question_blank_do_not_follow(
    province: Database, blank: tuple[int, int, int]
) -> None:
    """Whoever takes the groups off the whole has their answers, in the province and in each commune."""
    with province.writing() as session:
        people = fill(
            session,
            [
                *((unit, Mode.PAPER, 1, (110, 14, 8)) for unit in UNITS),
                *((unit, Mode.PAPER, 2, (160, 17, 9)) for unit in UNITS),
                (UNITS[0], Mode.PAPER, None, blank),
                (UNITS[1], Mode.PAPER, None, (3, 1, 0)),
            ],
        )
        found = subtracted(session, people, GROUPED)
        assert secrets(session, people, found) == []
        by_sex = result_table.table(session, people, items=["C5"], by=["gioi_tinh"], released=True)
        assert any(not disclosure.is_marked(one) for one in by_sex)


def test_a_group_that_nobody_left_blank_loses_nothing(province: Database) -> None:
    with province.writing() as session:
        groups = [(unit, Mode.PAPER, sex, (110, 14, 8)) for unit in UNITS for sex in (1, 2)]
        people = fill(session, groups)
        for by in GROUPED:
            shown = result_table.table(session, people, items=["C5"], by=by, released=True)
            assert not any(disclosure.is_marked(one) for one in shown), by


def marked(session: Session, people: Respondents, by: By) -> dict[tuple[Hashable, str | None], tuple[str, ...]]:
    """What is told of each figure of C5 in a table, and the figure where it is shown."""
    found = result_table.table(session, people, items=["C5"], by=by, released=True)
    return {(key(one.domain), one.value): (*one.flags, str(one.n), str(one.estimate)) for one in found}


@pytest.mark.parametrize("kind", [WaveKind.SAMPLE, WaveKind.OPEN])
@pytest.mark.parametrize("counts", [(34, 2, 0), (34, 1, 3), (12, 2, 1), (400, 2, 1), (50, 0, 0), (0, 40, 0)])
def test_the_whole_of_one_commune_is_hidden_as_the_commune(
    province: Database, kind: WaveKind, counts: tuple[int, int, int]
) -> None:
    with province.writing() as session:
        people = fill(session, [(UNITS[0], Mode.KIOSK, 1, counts)], kind)
        communes = marked(session, people, ("unit",))
        for by in ((), ("stratum",), ("mode",), ("gioi_tinh",), ("unit", "mode")):
            own = {value: told for (domain, value), told in marked(session, people, by).items() if told[-2] != "0"}
            assert own == {v: told for (domain, v), told in communes.items() if domain == UNITS[0]}, by
        tables: list[By] = [(), ("unit",), ("mode",), ("gioi_tinh",), ("unit", "mode"), ("unit", "gioi_tinh")]
        assert secrets(session, people, subtracted(session, people, tables)) == []


@pytest.mark.parametrize("third", [(40, 1, 3), (60, 9, 5), (70, 2, 2)])
def test_a_commune_of_one_way_is_hidden_in_a_cross_as_in_its_own_table(
    province: Database, third: tuple[int, int, int]
) -> None:
    with province.writing() as session:
        people = fill(
            session,
            [
                (UNITS[0], Mode.KIOSK, 1, (25, 10, 5)),
                (UNITS[1], Mode.KIOSK, 1, (38, 1, 4)),
                (UNITS[2], Mode.KIOSK, 1, third),
                (UNITS[2], Mode.PAPER, 2, (33, 4, 3)),
            ],
        )
        communes, crossed = (marked(session, people, by) for by in (("unit",), ("unit", "mode")))
        for unit, value in itertools.product(UNITS[:2], "123"):
            assert crossed[(unit, "kiosk"), value] == communes[unit, value]
        tables: list[By] = [(), ("unit",), ("mode",), ("unit", "mode")]
        assert secrets(session, people, subtracted(session, people, tables)) == []

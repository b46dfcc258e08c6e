"""Counts of transactions: read, kept, and what an open wave is weighted to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest

from survey.data_files import exporting
from survey.responses import respondents
from survey.results import result_groups, result_table
from survey.sampling import transactions, weighting
from survey.sampling.transactions import Outcome, cells, monday
from survey.storage.database import Database
from survey.storage.models import Mode, Response
from survey.system import dates
from survey.waves import waves
from translations import Conflict, Refusal, speaking

Load = Callable[..., Outcome]
HEAD = "unit,service,week,count\n"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def load(province: Database, tmp_path: Path) -> Load:
    def load(text: str, wave: str = "gop-y") -> Outcome:
        path = tmp_path / "giao-dich.csv"
        path.write_text(HEAD + text, encoding="utf-8")
        with province.writing() as session:
            return transactions.load(session, wave, path)

    return load


def answer(database: Database, unit: str, service: int | None, times: int = 1, **answers: Any) -> None:
    with database.writing() as session:
        wave = waves.find(session, "gop-y")
        for _time in range(times):
            session.add(
                Response(
                    id=uuid4(),
                    wave=wave.code,
                    unit=unit,
                    mode=Mode.PHONE,
                    day=dates.today(),
                    questionnaire=wave.questionnaire,
                    answers=answers if service is None else {"dich_vu": service, **answers},
                )
            )


WEEK = dates.today().isoformat()


@pytest.mark.both_databases
def test_counts_are_stored_and_may_be_corrected(load: Load, province: Database) -> None:
    last = (dates.today() - timedelta(7)).isoformat()
    rows = f"06652,3,{last},100\n06652,Cư trú: thường trú,{WEEK},5\n"
    with pytest.raises(Refusal, match="Row 3, column service: Write a code of dich_vu: 1, 2"):
        load(rows)
    rows = f'06652,3,{last},100\n06652,"Cư trú: thường trú, tạm trú",{WEEK},5\n06970,Residence,{WEEK},7\n'
    assert load(rows) == Outcome(3, 0, 0)
    assert load(rows.replace("100", "90")) == Outcome(0, 1, 2)
    with province.reading() as session:
        assert transactions.counted(session, "gop-y") == {"06652": {"3": 95}, "06978": {"3": 7}}


def test_a_workbook_will_do(province: Database, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["unit", "service", "week", "count"])  # type: ignore[union-attr]
    book.active.append(["06652", 3, dates.today(), 12])  # type: ignore[union-attr]
    book.save(tmp_path / "giao-dich.xlsx")
    with province.writing() as session:
        assert transactions.load(session, "gop-y", tmp_path / "giao-dich.xlsx") == Outcome(1, 0, 0)
        assert transactions.counted(session, "gop-y") == {"06652": {"3": 12}}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"99999,3,{WEEK},1", "column unit: There is no unit with the code 99999"),
        (f"06652,3,{WEEK},1.5", "column count: Write a whole number"),
        ("06652,3,2020-01-06,1", "column week: Give a week of the wave"),
        ("06652,3,W48,1", "column week: Write a day of the week"),
        (f"06652,3,{WEEK},1\n06652,3,{WEEK},2", "Row 2 has this unit, service and week already"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_nothing_is_kept(
    load: Load, province: Database, row: str, told: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        load(row + "\n")
    assert told in str(refusal.value)
    with province.reading() as session:
        assert transactions.counted(session, "gop-y") == {}
    with pytest.raises(Conflict, match="is a sample"):
        load("", "ho-mau")


def test_a_week_is_any_day_of_it() -> None:
    assert [monday(text) for text in ("2026-11-23", "2026-11-29", "2026-W48")] == [date(2026, 11, 23)] * 3
    assert [monday(text) for text in ("2026-02-30", "2026-W60", "thứ hai", "")] == [None] * 4


def test_thin_services_are_counted_together() -> None:
    def made(count: dict[str, int], people: dict[str, int]) -> list[tuple[list[str], int, int]]:
        return [(sorted(cell.services), cell.count, cell.people) for cell in cells(count, people)]

    # 3 has no answer and 4 has two; 9 was named by two people, and no transaction of it was counted.
    assert made({"1": 60, "2": 30, "3": 8, "4": 2}, {"1": 10, "2": 6, "4": 2, "9": 2, "": 1}) == [
        (["2"], 30, 6),
        (["1"], 60, 10),
        (["", "3", "4", "9"], 10, 5),
    ]
    # The rest has four answers: it takes in the service with the fewest.
    assert made({"1": 60, "2": 30, "3": 8}, {"1": 10, "2": 6, "3": 4}) == [(["1"], 60, 10), (["2", "3"], 38, 10)]
    assert made({"1": 5}, {"2": 1}) == [(["1", "2"], 5, 1)]
    assert made({"1": 5, "2": 5}, {"1": 7}) == [(["1", "2"], 10, 7)]


def test_an_open_wave_adds_up_to_its_transactions(load: Load, province: Database, tmp_path: Path) -> None:
    # By hand: Hà Tu 300 + 100; Cao Xanh 600 in one cell, for two of its three services have under 5 answers and
    # take in the third. Bãi Cháy was counted and nobody answered; Việt Hưng answered and wasn't counted.
    answer(province, "06652", 1, 6, hl_chung=5)
    answer(province, "06652", 2, 5, hl_chung=2)
    answer(province, "06658", 1, 5, hl_chung=4)
    answer(province, "06658", 2, 1, hl_chung=1)
    answer(province, "06661", None, 3, hl_chung=3)
    rows = [("06652", 1, 300), ("06652", 2, 100), ("06658", 1, 500), ("06658", 2, 60), ("06658", 3, 40)]
    load("".join(f"{unit},{service},{WEEK},{count}\n" for unit, service, count in [*rows, ("06673", 1, 77)]))
    with province.writing() as session:
        report = weighting.compute(session, "gop-y").report or {}
        people = respondents.sample(session, waves.find(session, "gop-y"))
        found = result_table.estimates(session, "gop-y", items=["dich_vu=1"], by=["unit"], variance="direct")
        (share,) = [one for one in found if one.domain == "06652"]
    weight = {
        (unit, service): weight
        for unit, service, weight in zip(
            people.unit,
            result_groups.by_choice(people, people.questionnaire.items["dich_vu"]),
            people.weight.tolist(),
            strict=True,
        )
    }
    assert weight == pytest.approx(
        {
            ("06652", "1"): 50,
            ("06652", "2"): 20,
            ("06658", "1"): 100,
            ("06658", "2"): 100,
            ("06661", None): 1000 / 17,  # the mean of those who were counted
        }
    )
    told = report["calibration"]
    assert (told["represented"], told["counted"]) == (1000, 1077)
    assert told["without_answers"] == {"06673": 77}
    assert told["without_counts"] == {"06661": 3}
    assert share.estimate == pytest.approx(0.75)
    assert share.standard_error == pytest.approx(0, abs=1e-12)  # known from the one-stop system
    assert "not_a_sample" in share.flags
    exporting.responses(province, "gop-y", tmp_path / "phieu.csv")
    lines = (tmp_path / "phieu.csv").read_text().splitlines()
    place = lines[0].split(",").index("weight")
    assert sum(float(line.split(",")[place]) for line in lines[1:]) == pytest.approx(1000 + 3 * 1000 / 17)


def test_without_counts_an_open_wave_stays_as_it_is(load: Load, province: Database) -> None:
    answer(province, "06652", 1)
    with pytest.raises(Refusal, match="no counts of transactions"), province.writing() as session:
        weighting.compute(session, "gop-y")
    load(f"06658,1,{WEEK},5\n")
    with pytest.raises(Refusal, match="Nobody answered where"), province.writing() as session:
        weighting.compute(session, "gop-y")
    with province.reading() as session:
        assert respondents.sample(session, waves.find(session, "gop-y")).weight.tolist() == [1.0]

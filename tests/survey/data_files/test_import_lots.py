"""What a file brought in of printed sheets, and what is left of it once it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from survey.data_files import import_lots, importing
from survey.fieldwork import accounting, serial_numbers
from survey.responses import respondents
from survey.results import release_steps, releases, result_table
from survey.sampling import weight_versions
from survey.storage.database import Database
from survey.storage.models import Batch, Keying, Response, Sheet, SheetState
from survey.system import dates
from survey.waves import waves
from translations import Conflict, Refusal, speaking

S = [serial_numbers.numbered(1_000_001 + place) for place in range(6)]
Load = Callable[..., None]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def sheets(province: Database) -> Database:
    """Batch B1 of V1: three sheets that are back, the third keyed; B2 of V2: three that are out, the last void."""
    today = dates.today()
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=today, returned=today, counted=3))
        session.add(Batch(code="B2", wave="ho-mau", psu="V2", printed=today))
        session.flush()
        states = [SheetState.WAITING] * 3 + [SheetState.OUT] * 2 + [SheetState.VOID]
        session.add_all(
            Sheet(
                serial=serial,
                batch="B1" if place < 3 else "B2",
                place=place + 1,
                state=states[place],
                reason="blank" if place == 5 else None,
            )
            for place, serial in enumerate(S)
        )
        session.flush()
        session.add(Keying(sheet=S[2], turn=1, keyer="keyer", source="person", typed={}, day=today))
    return province


@pytest.fixture
def load(sheets: Database, tmp_path: Path) -> Load:
    """Imports a file of these lines."""

    def load(*lines: str, name: str = "phieu.csv", replaces: int | None = None) -> None:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        wanted = importing.Wanted(path, replaces=replaces, reason="gõ nhầm", person="lan")
        importing.responses(sheets, "ho-mau", wanted)

    return load


def state(database: Database) -> list[tuple[object, ...]]:
    """All that counts: the accounts, each sheet, the weights in use, and the estimates with their intervals."""
    with database.reading() as session:
        wave = waves.find(session, "ho-mau")
        people = respondents.sample(session, wave)
        current = weight_versions.current(session, wave)
        accounts = [tuple(line.record().values()) for line in accounting.lines(session, wave.code)]
        every = session.scalars(select(Sheet).order_by(Sheet.serial))
        rows = [(one.serial, one.state, one.response, one.adults, one.reason) for one in every]
        figures = [repr(record) for record in result_table.estimates(session, wave.code)]
    weights = sorted(zip(people.psu.tolist(), people.weight.tolist(), strict=True))
    return [*accounts, *rows, (current and current.version,), *weights, *((one,) for one in figures)]


def test_the_number_of_a_sheet_and_the_adults_of_its_household_come_through(sheets: Database, load: Load) -> None:
    """The village is that of the sheet where the file says none: without its column, and in a blank cell."""
    load("unit,sheet,adults,C5", f"06652,{S[0][:4]} {S[0][4:]},3,1", f"06652,{S[3]},,2")
    load("unit,psu,sheet,adults,C5", f"06652,,HL1:{S[1]}:1,9,1", "06652,V1,,2,1", name="hai.csv")
    with sheets.reading() as session:
        responses = {one.id: one for one in session.scalars(select(Response))}
        assert len(responses) == 4
        for serial, psu, adults in ((S[0], "V1", 3), (S[1], "V1", 9), (S[3], "V2", None)):
            sheet = session.get_one(Sheet, serial)
            assert (sheet.state, sheet.adults) == (SheetState.ENTERED, adults)
            assert sheet.response is not None
            entered = responses[sheet.response]
            assert (entered.psu, entered.adults) == (psu, adults)
        [one, two] = accounting.lines(session, "ho-mau")
        assert ((one.entered, one.waiting), (two.entered, two.missing, two.void)) == ((2, 1), (1, 1, 1))
        assert sorted(people for people in (one.adults for one in responses.values()) if people) == [2, 3, 9]


@pytest.mark.parametrize(
    ("header", "line", "told"),
    [
        ("sheet", f"{S[0][:-1]}x", "column sheet: No sheet of this wave has this number."),
        ("sheet", f"{S[0][1]}{S[0][0]}{S[0][2:]}", "column sheet: No sheet has this number: a digit is wrong."),
        ("sheet", S[2], "column sheet: Somebody has keyed this sheet or has it open."),
        ("sheet", S[5], "column sheet: This sheet is set aside: Came back blank."),
        ("sheet", "", "column sheet: Write the number of the sheet: without it nobody knows the village."),
        ("sheet,psu", f"{S[0]},V2", "column sheet: This sheet went to village V1."),
        ("sheet,mode", f"{S[0]},phone", "column mode: A row with the number of a sheet is paper."),
        ("sheet,adults", f"{S[0]},0", "column adults: Write how many adults live in the household"),
        ("sheet,adults", f"{S[0]},ba", "column adults: Write how many adults live in the household"),
        ("psu,adults", "V1,100", "column adults: Write how many adults live in the household"),
    ],
)
def test_a_sheet_or_a_household_that_cannot_be_so_is_told_once_and_stores_nothing(
    sheets: Database, load: Load, header: str, line: str, told: str
) -> None:
    before = state(sheets)
    with pytest.raises(Refusal) as refused:
        load(f"unit,{header}", f"06652,{line}")
    faults = [text for text in str(refused.value).splitlines() if "column" in text]
    assert [told in text for text in faults] == [True], faults
    assert state(sheets) == before


def test_a_sheet_is_entered_once(load: Load) -> None:
    with pytest.raises(Refusal, match="Row 2 has this sheet already"):
        load("unit,sheet", f"06652,{S[0]}", f"06652,{S[0]}")
    load("unit,sheet,C5", f"06652,{S[0]},1")
    with pytest.raises(Refusal, match="This sheet is entered already"):
        load("unit,sheet,C5", f"06652,{S[0]},2", name="hai.csv")


@pytest.mark.both_databases
def test_once_taken_back_every_figure_is_that_of_before(sheets: Database, load: Load) -> None:
    load("unit,psu,weight,C5", "06652,V1,10,1", "06652,V2,11,3", "06658,V3,20,2", "06658,V4,2,1", name="goc.csv")
    before = state(sheets)
    load("unit,sheet,adults,weight,C5", f"06652,{S[0]},3,5,3", f"06652,{S[3]},2,6,3", name="hai.csv")
    assert state(sheets) != before
    load("unit,sheet,adults,weight,C5", f"06652,{S[1]},3,7,3", name="ba.csv")
    recall(sheets, "hai.csv")
    recall(sheets, "ba.csv")  # its weights were made after those of a file that is gone as well
    assert state(sheets) == before


def test_nothing_of_a_file_changes_once_a_release_with_it_is_approved(sheets: Database, load: Load) -> None:
    load("unit,sheet,weight,C5", f"06652,{S[0]},5,3", f"06652,{S[3]},6,3")
    with sheets.writing() as session:
        release = releases.freeze(session, waves.find(session, "ho-mau"), "lan")
        release_steps.check(release, "minh")
    with sheets.writing() as session:
        releases.approve(session, releases.find(session, "ho-mau", 1), "hoa")
    before, lot = state(sheets), number(sheets, "phieu.csv")
    refused = "Release 1, which is approved, holds forms of phieu.csv"
    with pytest.raises(Conflict, match=refused):
        recall(sheets, "phieu.csv")
    with pytest.raises(Conflict, match=refused):
        load("unit,sheet,weight,C5", f"06652,{S[0]},5,1", name="sua.csv", replaces=lot)
    assert state(sheets) == before


def number(database: Database, name: str) -> int:
    with database.reading() as session:
        return import_lots.find(session, "ho-mau", name).lot.number


def recall(database: Database, name: str) -> None:
    lot = number(database, name)
    with database.writing() as session:
        import_lots.recall(session, waves.find(session, "ho-mau", lock=True), lot, "sai", "lan")

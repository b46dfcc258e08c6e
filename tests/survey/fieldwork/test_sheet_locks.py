"""Whose turn it is with a printed sheet: nobody gets a form that another has, and nothing typed is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from survey.fieldwork import closing, sheet_locks
from survey.storage.database import Database
from survey.storage.models import Batch, Keying, Mode, OpenKeying, Scan, Sheet, SheetState
from survey.system import dates
from survey.waves import waves
from translations import Conflict, Gone, NotFound, Refusal

TODAY = dates.today()
BACK = SheetState.WAITING


@pytest.fixture
def batch(province: Database) -> Database:
    """A batch B1 of five forms of village V1, all back; the last two are chosen for a second keying."""
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=TODAY, returned=TODAY, counted=5))
        session.flush()
        session.add_all(
            Sheet(serial=f"000{place}", batch="B1", place=place, state=BACK, double=place > 3)
            for place in range(1, 6)
        )
    return province


def take(database: Database, number: str, keyer: str) -> int:
    with database.writing() as session:
        return sheet_locks.acquire(session, number, keyer).turn


def following(database: Database, keyer: str) -> str | None:
    with database.writing() as session:
        opened = sheet_locks.take_next(session, "B1", keyer)
        return opened.sheet if opened else None


def keyed(database: Database, number: str, turn: int, keyer: str) -> None:
    """A turn that somebody finished."""
    with database.writing() as session:
        opened = session.get(OpenKeying, (number, turn))
        if opened is not None:
            opened.finished = True
        session.add(Keying(sheet=number, turn=turn, keyer=keyer, source="person", typed={}, day=TODAY))


def test_a_scanned_code_gives_the_number_and_so_does_the_number_itself() -> None:
    assert sheet_locks.serial("HL1:12345678:2") == sheet_locks.serial(" 1234 5678 ") == "12345678"
    assert sheet_locks.serial("HL1:12345678:2\r\n") == "12345678"


@pytest.mark.both_databases
def test_two_keyers_never_have_one_form(batch: Database) -> None:
    assert take(batch, "0001", "lan") == sheet_locks.FIRST
    assert take(batch, "0001", "lan") == sheet_locks.FIRST
    with pytest.raises(sheet_locks.SheetLocked, match="lan") as told:
        take(batch, "0001", "minh")
    assert "0001" in str(told.value)
    assert following(batch, "minh") == "0002"
    assert following(batch, "lan") == "0001"  # what is begun comes first


@pytest.mark.both_databases
def test_many_who_ask_for_the_next_form_at_once_each_get_another(
    batch: Database, assigned: Callable[..., None]
) -> None:
    with batch.writing() as session:
        for name in "abcdefg":
            assigned(session, name, Mode.PAPER)
    got: list[str | None] = []
    threads = [threading.Thread(target=lambda who=name: got.append(following(batch, who))) for name in "abcdefg"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    given = [number for number in got if number]
    assert len(set(given)) == len(given) == 5
    assert got.count(None) == 2


def test_what_was_typed_is_kept_field_by_field_with_the_place(batch: Database) -> None:
    take(batch, "0001", "lan")
    with batch.writing() as session:
        sheet_locks.save(session, "0001", 1, "lan", {"C5": "1"}, "C6")
    with batch.writing() as session:
        sheet_locks.save(session, "0001", 1, "lan", {"C6": "3"}, "C7")
    with batch.reading() as session:
        held = sheet_locks.lock_of(session, "0001", "lan")
        assert held is not None
        assert (held.typed, held.at) == ({"C5": "1", "C6": "3"}, "C7")
        assert sheet_locks.lock_of(session, "0001", "minh") is None
        assert [opened.sheet for opened, _sheet in sheet_locks.open_locks(session, "ho-mau", "lan")] == ["0001"]


def test_a_form_that_was_taken_back_is_no_longer_saved(batch: Database) -> None:
    take(batch, "0001", "lan")
    with batch.writing() as session:
        sheet_locks.release(session, "0001", "minh")  # not his: nothing happens
        assert sheet_locks.lock_of(session, "0001", "lan") is not None
        sheet_locks.release(session, "0001")
    with batch.writing() as session, pytest.raises(Conflict, match="không còn mở"):
        sheet_locks.save(session, "0001", 1, "lan", {"C5": "1"})
    assert take(batch, "0001", "minh") == sheet_locks.FIRST


def test_a_second_keyer_gets_a_form_blind_and_the_first_one_does_not(batch: Database) -> None:
    take(batch, "0004", "lan")
    keyed(batch, "0004", 1, "lan")
    with pytest.raises(Conflict, match="đã nhập rồi"):
        take(batch, "0004", "lan")
    with batch.writing() as session:
        opened = sheet_locks.acquire(session, "0004", "minh")
        assert (opened.turn, opened.typed, opened.at) == (sheet_locks.SECOND, {}, None)
    keyed(batch, "0004", 2, "minh")
    with pytest.raises(Conflict, match="đã nhập rồi"):
        take(batch, "0004", "ba")
    take(batch, "0001", "lan")
    keyed(batch, "0001", 1, "lan")
    with pytest.raises(Conflict, match="đã nhập rồi"):  # the same words: nobody learns which form is keyed twice
        take(batch, "0001", "minh")


def test_each_keyer_sees_the_batches_that_wait_for_that_keyer(batch: Database) -> None:
    keyed(batch, "0004", 1, "lan")
    take(batch, "0001", "minh")
    with batch.reading() as session:
        [lan] = sheet_locks.waiting(session, "ho-mau", "lan")
        [minh] = sheet_locks.waiting(session, "ho-mau", "minh")
        assert (lan.forms, minh.forms) == (3, 5)
        assert (lan.batch.code, lan.village.psu, lan.unit.code) == ("B1", "V1", "06652")
        assert sheet_locks.waiting(session, "ho-mo", "lan") == []


def test_a_scanned_form_waits_for_its_marks_and_not_for_a_first_keying(batch: Database) -> None:
    with batch.writing() as session:
        session.add(Scan(sheet="0001", page=1, marks={}, picture=None))
    assert following(batch, "lan") == "0002"
    assert take(batch, "0001", "minh") == sheet_locks.FIRST  # but whoever has it in hand may


def test_a_form_is_set_aside_with_a_reason_that_the_list_has(batch: Database) -> None:
    take(batch, "0001", "lan")
    with batch.writing() as session, pytest.raises(Refusal):
        sheet_locks.set_aside(session, "0001", 1, "lan", "lười")
    with batch.writing() as session:
        sheet_locks.set_aside(session, "0001", 1, "lan", "refused")
    with batch.reading() as session:
        row = session.get_one(Sheet, "0001")
        assert (row.state, row.reason) == (SheetState.VOID, "refused")
    with pytest.raises(Conflict, match="Từ chối"):
        take(batch, "0001", "lan")


def test_what_the_first_keyer_found_answers_in_is_not_set_aside_by_the_second(batch: Database) -> None:
    keyed(batch, "0004", 1, "lan")
    take(batch, "0004", "minh")
    with batch.writing() as session, pytest.raises(Refusal, match="giám sát viên"):
        sheet_locks.set_aside(session, "0004", 2, "minh", "blank")


def test_forms_are_keyed_until_the_fieldwork_is_closed(batch: Database) -> None:
    with batch.writing() as session:
        wave = waves.find(session, "ho-mau")
        wave.opens, wave.closes = TODAY - timedelta(60), TODAY - timedelta(30)
    assert following(batch, "lan") == "0001"
    with batch.writing() as session:
        sheet_locks.release(session, "0001")
        for sheet in session.query(Sheet):
            sheet.state, sheet.reason = SheetState.VOID, "blank"
        session.flush()
        closing.close(session, "ho-mau")
    with pytest.raises(Gone):
        take(batch, "0001", "lan")


def test_a_number_that_no_form_has_is_told(batch: Database) -> None:
    for number in ("9999", "", "\x00"):
        with batch.reading() as session, pytest.raises(NotFound):
            sheet_locks.printed(session, number)
    with pytest.raises(NotFound):
        take(batch, "9999", "lan")


def test_looking_at_a_form_does_not_bring_it_back(batch: Database) -> None:
    with batch.writing() as session:
        session.get_one(Sheet, "0001").state = SheetState.OUT
    take(batch, "0001", "lan")
    with batch.reading() as session:
        assert session.get_one(Sheet, "0001").state is SheetState.OUT

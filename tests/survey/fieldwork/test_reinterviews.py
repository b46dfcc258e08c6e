"""Phúc tra: what is asked again, what comes of it, and that nothing leads to a household afterwards."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from survey.fieldwork import reinterviews, sheet_locks
from survey.paper import scanning
from survey.storage.database import Database
from survey.storage.models import Batch, Reinterview, Sheet
from survey.system import dates
from translations import Conflict


def chosen(database: Database, forms: int = 3) -> list[str]:
    """Forms of V1 that are chosen for a re-interview, households 11, 12 …; gives their serials."""
    serials = [f"{place:08d}" for place in range(1, forms + 1)]
    with database.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today(), interviewer="Lan"))
        session.flush()
        session.add_all(
            Sheet(serial=serial, batch="B1", place=int(serial), reinterview=True) for serial in serials
        )
        session.flush()
        session.add_all(Reinterview(sheet=serial, wave="ho-mau", household=10 + int(serial)) for serial in serials)
    return serials


@pytest.mark.both_databases
def test_destroyed_nothing_leads_to_a_household_nor_holds_a_second_answer(province: Database) -> None:
    first, *_rest = chosen(province)
    with province.writing() as session:
        session.get_one(Reinterview, first).answers = {"C4": 1}
    with province.writing() as session:
        held = session.get_one(Reinterview, first)
        assert reinterviews.destroy(session, "ho-mau") == 3
        assert (held.household, held.answers) == (None, None)
    with province.writing() as session:
        left = "select count(*) from reinterview where link is not null or answers is not null"
        assert session.scalar(text(left)) == 0
        assert reinterviews.links(session, "ho-mau") == 0
        assert reinterviews.destroy(session, "ho-mau") == 0


@pytest.mark.both_databases
def test_who_entered_the_second_answers_takes_no_part_in_the_first(province: Database) -> None:
    first, second, _third = chosen(province)
    with province.writing() as session:
        reinterviews.enter(session, "ho-mau", first, None, {"gioi_tinh": 1}, "lan")
    with province.writing() as session:
        with pytest.raises(Conflict, match="hỏi lại"):
            sheet_locks.acquire(session, first, "lan")
        with pytest.raises(Conflict, match="hỏi lại"):
            scanning.for_another(session, first, "lan")
        assert sheet_locks.acquire(session, second, "lan").turn == sheet_locks.FIRST
        assert sheet_locks.acquire(session, first, "minh").turn == sheet_locks.FIRST


def test_another_wave_keeps_its_links(province: Database) -> None:
    chosen(province)
    with province.writing() as session:
        assert reinterviews.destroy(session, "ho-mo") == 0
        assert reinterviews.links(session, "ho-mau") == 3

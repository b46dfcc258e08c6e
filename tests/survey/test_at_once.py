"""Rows added by the driver: once, for good, each by itself or with those of others who wait."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from survey.at_once import Statement
from survey.database import Database
from survey.models import Unit

pytestmark = pytest.mark.both_databases


def unit(database: Database, code: str, parent: str = "22") -> Statement:
    mark = "?" if database.is_sqlite else "%s"
    words = f"INSERT INTO unit (code, name, kind, parent) VALUES ({', '.join([mark] * 4)}) ON CONFLICT DO NOTHING"
    return words, (code, "Tổ", "tổ", parent)


def kept(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(Unit.code).where(Unit.kind == "tổ")))


def each_in_a_thread(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_row_is_there_when_it_returns_and_a_second_time_nothing_is_added(database: Database) -> None:
    assert database.at_once(unit(database, "T1"))
    assert kept(database) == ["T1"]
    assert not database.at_once(unit(database, "T1"))


def test_after_a_fault_nothing_is_kept_and_the_next_goes_on(database: Database) -> None:
    assert not database.at_once(unit(database, "T1", parent="khong-co"))
    assert not database.at_once(("no SQL", ()))
    assert database.at_once(unit(database, "T2"))
    assert kept(database) == ["T2"]


def test_what_belongs_to_a_row_comes_with_it_or_not_at_all(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL takes one statement")
    assert database.at_once(unit(database, "T1"), unit(database, "T1a"))
    assert not database.at_once(unit(database, "T1"), unit(database, "T1b"))
    assert not database.at_once(unit(database, "T2"), unit(database, "T2a", parent="khong-co"))
    assert kept(database) == ["T1", "T1a"]


def test_of_many_who_come_together_each_learns_of_its_own_row(database: Database) -> None:
    added: dict[int, list[bool]] = {}

    def send(number: int) -> None:  # each row twice, by two of them
        added[number] = [database.at_once(unit(database, f"T{number % 8}-{step}")) for step in range(10)]

    each_in_a_thread(send, 16)
    for number in range(8):
        assert all(one != other for one, other in zip(added[number], added[number + 8], strict=True))
    assert len(kept(database)) == 80


def test_those_who_waited_with_one_at_fault_are_told_that_nothing_was_added(database: Database) -> None:
    """So they go the long way. The writer is held up until all of them wait, or chance would choose who shares."""
    if not database.is_sqlite:
        pytest.skip("on PostgreSQL nobody waits for another")
    added: dict[int, bool] = {}

    def send(number: int) -> None:
        added[number] = database.at_once(unit(database, f"T{number}", parent="khong-co" if number == 3 else "22"))

    with database.writing():
        senders = threading.Thread(target=each_in_a_thread, args=(send, 6))
        senders.start()
        while len(database._at_once._waiting) < 6:  # type: ignore[attr-defined]
            senders.join(0.001)
    senders.join()
    assert kept(database) == []
    assert added == dict.fromkeys(range(6), False)

"""Rows added by the driver: once, for good, each by itself or with those of others who wait."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from survey.storage.database import Database
from survey.storage.group_commit import Together
from survey.storage.models import Unit

pytestmark = pytest.mark.both_databases


@pytest.fixture
def add(database: Database) -> Callable[..., bool]:
    """Adds a unit of a code, below a parent."""
    mark = "?" if database.is_sqlite else "%s"
    words = (
        f"INSERT INTO unit (code, name, kind, parent) VALUES ({mark}, 'Tổ', 'tổ', {mark}) ON CONFLICT DO NOTHING"
    )

    def write(cursor: Any, rows: Sequence[tuple[str, str]]) -> list[bool]:
        cursor.execute("BEGIN")
        added = [bool(cursor.execute(words, row).rowcount) for row in rows]
        cursor.execute("COMMIT")
        return added

    return lambda code, parent="22": database.at_once((code, parent), write)


def kept(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(Unit.code).where(Unit.kind == "tổ")))


def each_in_a_thread(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_row_is_there_when_it_returns_and_a_second_time_nothing_is_added(
    database: Database, add: Callable[..., bool]
) -> None:
    assert add("T1")
    assert kept(database) == ["T1"]
    assert not add("T1")


def test_after_a_fault_nothing_is_kept_and_the_next_goes_on(database: Database, add: Callable[..., bool]) -> None:
    assert not add("T1", parent="khong-co")
    assert add("T2")
    assert kept(database) == ["T2"]


def test_of_many_who_come_together_each_learns_of_its_own_row(
    database: Database, add: Callable[..., bool]
) -> None:
    added: dict[int, list[bool]] = {}

    def send(number: int) -> None:  # each row twice, by two of them
        added[number] = [add(f"T{number % 8}-{step}") for step in range(10)]

    each_in_a_thread(send, 16)
    for number in range(8):
        assert all(one != other for one, other in zip(added[number], added[number + 8], strict=True))
    assert len(kept(database)) == 80


def test_those_who_waited_with_one_at_fault_are_told_that_nothing_was_added(
    database: Database, add: Callable[..., bool]
) -> None:
    """So they go the long way. The writer is held up until all of them wait, or chance would choose who shares."""
    together = database._at_once
    if not isinstance(together, Together):
        pytest.skip("on PostgreSQL each is written by itself")
    added: dict[int, bool] = {}

    def send(number: int) -> None:
        added[number] = add(f"T{number}", parent="khong-co" if number == 3 else "22")

    with together._writer:
        senders = threading.Thread(target=each_in_a_thread, args=(send, 6))
        senders.start()
        while len(together._waiting) < 6:
            senders.join(0.001)
    senders.join()
    assert kept(database) == []
    assert added == dict.fromkeys(range(6), False)

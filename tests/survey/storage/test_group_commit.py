"""Works that share a commit: each is on disk when its caller goes on, and fails alone."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, select
from sqlalchemy.exc import IntegrityError

from survey.storage.database import Database
from survey.storage.models import Unit

pytestmark = pytest.mark.both_databases


def add(code: str, parent: str = "22") -> Callable[[Connection], str]:
    """A work that adds a unit and gives its code."""

    def work(connection: Connection) -> str:
        connection.execute(insert(Unit), {"code": code, "name": "Tổ", "kind": "tổ", "parent": parent})
        return code

    return work


def stored(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(Unit.code).where(Unit.kind == "tổ")))


def together(database: Database, *works: Callable[[Connection], Any]) -> list[Any]:
    """What became of works whose callers all wait before the writer is free; on PostgreSQL each runs by itself."""
    outcomes: list[Any] = [None] * len(works)

    def send(number: int) -> None:
        try:
            outcomes[number] = database.group(works[number])
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(works))]
    with database.alone():
        for number, thread in enumerate(threads):
            thread.start()
            while database._group and len(database._group._waiting) <= number:  # so the first is the first
                thread.join(0.001)
    for thread in threads:
        thread.join()
    return outcomes


def test_a_work_is_on_disk_when_it_returns_and_gives_what_it_gives(database: Database) -> None:
    assert database.group(add("T1")) == "T1"
    assert stored(database) == ["T1"]


def test_an_error_undoes_the_whole_work_and_is_raised_to_its_caller(database: Database) -> None:
    def work(connection: Connection) -> None:
        add("T1")(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.group(work)
    with pytest.raises(IntegrityError):
        database.group(add("T2", parent="khong-co"))
    assert stored(database) == []
    assert database.group(add("T3")) == "T3"


def test_of_those_who_wait_together_each_fails_alone(database: Database) -> None:
    works = [add(f"T{number}", parent="khong-co" if number == 3 else "22") for number in range(6)]
    outcomes = together(database, *works)
    assert isinstance(outcomes.pop(3), IntegrityError)
    assert outcomes == stored(database) == ["T0", "T1", "T2", "T4", "T5"]


def test_many_who_come_together_each_learn_of_their_own(database: Database) -> None:
    outcomes: dict[int, list[str]] = {}

    def send(number: int) -> None:
        outcomes[number] = [database.group(add(f"T{number}-{step}")) for step in range(10)]

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {number: [f"T{number}-{step}" for step in range(10)] for number in range(16)}
    assert stored(database) == sorted(code for codes in outcomes.values() for code in codes)


def test_one_that_undoes_all_of_them_is_alone_in_being_undone(database: Database) -> None:
    """An error on PostgreSQL does so, and on SQLite a full disk; here a work that rolls back by itself."""

    def work(connection: Connection) -> None:
        add("T1")(connection)
        connection.connection.rollback()
        raise ZeroDivisionError

    first, second, third = together(database, add("T0"), work, add("T2"))
    assert (first, third) == ("T0", "T2")
    assert isinstance(second, ZeroDivisionError)
    assert stored(database) == ["T0", "T2"]


def test_where_the_commit_fails_nobody_is_told_that_it_is_kept(database: Database) -> None:
    """Whoever comes behind finds the database well again."""

    def commit(_connection: Connection) -> None:
        raise ConnectionError("as if the machine of the database stopped")

    event.listen(database.engine, "commit", commit)
    outcomes = together(database, add("T0"), add("T1"), add("T2"))
    event.remove(database.engine, "commit", commit)
    assert all(isinstance(outcome, ConnectionError) for outcome in outcomes)
    assert stored(database) == []
    assert database.group(add("T3")) == "T3"

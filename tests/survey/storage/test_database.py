import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from survey.storage.database import Database
from survey.storage.models import Unit
from translations import Refusal

pytestmark = pytest.mark.both_databases


def test_writing_is_kept_whole(database: Database) -> None:
    with database.writing() as session:
        session.add(Unit(code="TT1", name="Trung tâm", kind="trung tâm", parent="22"))
    with database.reading() as session:
        assert session.get_one(Unit, "TT1").name == "Trung tâm"


def test_writing_that_fails_keeps_nothing(database: Database) -> None:
    def write() -> None:
        with database.writing() as session:
            session.add(Unit(code="TT1", name="Trung tâm", kind="trung tâm", parent="22"))
            with session.begin_nested():  # releasing a savepoint must not commit
                session.add(Unit(code="TT2", name="Trung tâm", kind="trung tâm", parent="22"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    with database.reading() as session:
        assert session.get(Unit, "TT1") is None
        assert session.get(Unit, "TT2") is None


def test_reading_keeps_nothing(database: Database) -> None:
    with database.reading() as session:
        session.add(Unit(code="TT1", name="Trung tâm", kind="trung tâm", parent="22"))
        session.flush()
    with database.reading() as session:
        assert session.get(Unit, "TT1") is None


def test_what_points_at_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Unit(code="TT1", name="Trung tâm", kind="trung tâm", parent="khong-co"))


def test_writers_do_not_hinder_one_another(database: Database) -> None:
    def write(number: int) -> None:
        for step in range(10):
            with database.writing() as session:
                session.add(Unit(code=f"T{number}-{step}", name="Tổ", kind="trung tâm", parent="22"))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with database.reading() as session:
        assert session.scalar(select(func.count()).where(Unit.kind == "trung tâm")) == 80


def test_a_reader_sees_one_state(database: Database) -> None:
    with database.reading() as session:
        before = session.scalar(select(func.count()).select_from(Unit))
        with database.writing() as other:
            other.add(Unit(code="TT1", name="Trung tâm", kind="trung tâm", parent="22"))
        assert session.scalar(select(func.count()).select_from(Unit)) == before


def test_it_says_whether_it_answers(database: Database) -> None:
    assert database.answers()


def test_an_address_that_is_none_is_refused(database: Database) -> None:
    with pytest.raises(Refusal):
        Database("hailong.db")

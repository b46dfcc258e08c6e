"""What lies sealed in a column is seen by the program as it is, and by nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Table, delete, select, text, update

from survey.operations.backups import rows
from survey.storage import key_rotation
from survey.storage.database import Database
from survey.storage.models import ENCRYPTED, Batch, OpenKeying, Reinterview, Scan, Sheet
from survey.system import dates
from translations import Refusal

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("key")]
TYPED = {"C5": "2", "dan_toc_khac": "chi Lan o xom Dinh"}
MARKS = {"typed": {"C5": "hai dau"}, "doubtful": {"dan_toc_khac": [0, 40]}}
PICTURE = b"\xff\xd8\xff\xe0 a picture with her handwriting"
RAW = text("SELECT * FROM open_keying, scan, reinterview")
HOUSEHOLD = 7


@pytest.fixture
def keying(province: Database) -> Database:
    """A form that somebody is keying, a page of it that was scanned, and its link of phúc tra."""
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today()))
        session.flush()
        session.add(Sheet(serial="0001", batch="B1", place=1))
        session.flush()
        session.add(OpenKeying(sheet="0001", turn=1, keyer="lan", typed=TYPED))
        session.add(Scan(sheet="0001", page=1, marks=MARKS, picture=PICTURE))
        session.add(Reinterview(sheet="0001", wave="ho-mau", household=HOUSEHOLD, answers=TYPED))
    return province


def read(database: Database) -> tuple[object, ...]:
    with database.reading() as session:
        typed = session.get_one(OpenKeying, ("0001", 1)).typed
        scan = session.get_one(Scan, ("0001", 1))
        link = session.get_one(Reinterview, "0001")
        return typed, scan.marks, scan.picture, link.household, link.answers


def lies(database: Database) -> bytes:
    """What SQL shows, and on SQLite every file of the database besides."""
    with database.reading() as session:
        shown = repr(session.execute(RAW).all()).encode()
    if database.is_sqlite:
        path = Path(str(database.engine.url.database))
        return shown + b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    return shown + b"".join(file_of(database, table) for table in ("open_keying", "scan", "reinterview"))


def file_of(database: Database, table: str) -> bytes:
    """The file in which PostgreSQL keeps a table, with the rows that were there before."""
    with database.engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        file = text("SELECT pg_read_binary_file(pg_relation_filepath(:table))")
        return bytes(connection.scalar(file, {"table": table}))


def is_sealed(found: bytes) -> bool:
    return b"sealed" in found and not any(word in found for word in (b"xom Dinh", b"hai dau", b"handwriting"))


def test_it_lies_sealed_and_is_read_as_it_was(keying: Database) -> None:
    assert read(keying) == (TYPED, MARKS, PICTURE, HOUSEHOLD, TYPED)
    assert is_sealed(lies(keying))


def test_a_number_does_not_show_by_its_length_how_large_it_is(keying: Database) -> None:
    with keying.writing() as session:
        lies = text("SELECT length(link) FROM reinterview")
        before = session.scalar(lies)
        session.get_one(Reinterview, "0001").household = 70_000
        session.flush()
        assert session.scalar(lies) == before


def test_a_backup_holds_it_sealed_and_gives_it_back(keying: Database) -> None:
    with keying.writing() as session:
        connection = session.connection()
        for table in (OpenKeying.__table__, Scan.__table__, Reinterview.__table__):
            assert isinstance(table, Table)
            lines = list(rows.lines(connection, table))
            assert is_sealed("".join(lines).encode())
            connection.execute(delete(table))
            rows.insert_lines(connection, table, lines)
    assert read(keying) == (TYPED, MARKS, PICTURE, HOUSEHOLD, TYPED)


def test_another_key_opens_nothing_and_says_what_to_do(keying: Database, key: Path) -> None:
    key.unlink()
    with pytest.raises(Refusal, match="HAILONG_TEXT_KEY"):
        read(keying)


def test_a_renewed_master_key_opens_it_and_the_old_one_no_more(keying: Database, key: Path) -> None:
    old = key.read_bytes()
    with keying.writing() as session:
        renewal = key_rotation.MasterKeyRotation(session.connection())
    later = TYPED | {"C6": "1"}
    with keying.writing() as session:
        session.execute(update(OpenKeying).values(typed=later))  # by the old key, which is there yet
    renewal.settle(keying)
    assert read(keying) == (later, MARKS, PICTURE, HOUSEHOLD, TYPED)
    key.write_bytes(old)
    for column in ENCRYPTED:
        with keying.reading() as session, pytest.raises(Refusal, match="HAILONG_TEXT_KEY"):
            session.scalars(select(column)).all()

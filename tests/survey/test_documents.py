"""What lies sealed in a column is seen by the program as it is, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from survey import master_key, texts, waves
from survey.database import Database
from survey.models import Batch, OpenKeying, Sheet
from translations import Refusal

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("key")]
TYPED = {"C5": "2", "dan_toc_khac": "chị Lan ở xóm Đình"}
RAW = text("SELECT typed FROM open_keying")


@pytest.fixture
def keying(province: Database) -> Database:
    """A form that somebody is keying."""
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=waves.today()))
        session.flush()
        session.add(Sheet(serial="0001", batch="B1", place=1))
        session.flush()
        session.add(OpenKeying(sheet="0001", turn=1, keyer="lan", typed=TYPED))
    return province


def read(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return session.get_one(OpenKeying, ("0001", 1)).typed


def lies(database: Database) -> str:
    with database.reading() as session:
        return str(session.scalar(RAW))


def test_it_lies_sealed_and_is_read_as_it_was_typed(keying: Database) -> None:
    assert read(keying) == TYPED
    assert "sealed" in lies(keying)
    assert "Lan" not in lies(keying)
    assert "C5" not in lies(keying)


def test_another_key_opens_nothing_and_says_what_to_do(keying: Database, key: Path) -> None:
    key.unlink()
    with pytest.raises(Refusal, match="HAILONG_TEXT_KEY"):
        read(keying)


def test_a_renewed_master_key_opens_it_and_the_old_one_no_more(keying: Database, key: Path) -> None:
    old = key.read_bytes()
    with keying.writing() as session:
        draft = texts.renew(session.connection())
    master_key.settle(draft)
    assert read(keying) == TYPED
    key.write_bytes(old)
    with pytest.raises(Refusal):
        read(keying)


def test_what_an_older_version_left_is_sealed_by_the_migration(
    older: Callable[[str], Database], wave_of_before: Callable[[Connection], None]
) -> None:
    old = older("0018")
    with old.adding() as connection:
        wave_of_before(connection)
        connection.execute(
            text("INSERT INTO village (wave, psu, unit, stratum) VALUES ('cu', 'V1', '06652', '1')")
        )
        connection.execute(
            text("INSERT INTO batch (code, wave, psu, printed) VALUES ('B1', 'cu', 'V1', '2025-01-02')")
        )
        connection.execute(
            text(
                "INSERT INTO sheet (serial, batch, place, state, double, reinterview)"
                " VALUES ('0001', 'B1', 1, 'out', :no, :no)"
            ),
            {"no": False},
        )
        connection.execute(
            text("INSERT INTO open_keying VALUES ('0001', 1, 'lan', :typed, NULL, :no)"),
            {"typed": '{"C5": "2", "dan_toc_khac": "chị Lan ở xóm Đình"}', "no": False},
        )
    assert "Lan" in lies(old)
    old.migrate()
    assert "Lan" not in lies(old)
    assert read(old) == TYPED

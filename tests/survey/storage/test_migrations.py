from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, inspect, select, text

from survey.operations.backups import archive, rows
from survey.results import wave_duties
from survey.storage.database import Database
from survey.storage.models import APPEND_ONLY, Base, Duty, Release
from survey.storage.schema import MIGRATIONS, upgrade

pytestmark = pytest.mark.both_databases


def test_the_migrations_give_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    database.group(upgrade)
    with database.engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == (
            ScriptDirectory(str(MIGRATIONS)).get_current_head()
        )


def test_every_append_only_table_has_its_guard(database: Database) -> None:
    guards = (
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name HAVING count(*) >= 2"
        if database.is_sqlite
        else "SELECT DISTINCT event_object_table FROM information_schema.triggers"
    )
    with database.reading() as session:
        assert set(session.scalars(text(guards))) >= set(APPEND_ONLY)


@pytest.fixture
def first_release(database: Database, tmp_path: Path) -> Iterator[Database]:
    """A database of the first release, with a wave of 2026, an answer, a release and three targets of before."""
    old = Database(f"sqlite:///{tmp_path / 'old.db'}") if database.is_sqlite else database
    with old.engine.begin() as connection:
        if not old.is_sqlite:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    old.group(lambda connection: upgrade(connection, "0100"))
    with old.engine.begin() as connection:
        for statement in OF_BEFORE:
            connection.execute(text(statement))
    yield old
    old.engine.dispose()


def test_a_wave_of_before_is_called_by_its_year(first_release: Database) -> None:
    first_release.group(upgrade)
    with first_release.reading() as session:
        assert session.scalar(text("SELECT title FROM wave")) == "Sự hài lòng, năm 2026"


OF_BEFORE = (
    "INSERT INTO unit (code, name, kind, parent) VALUES ('22', 'Quảng Ninh', 'tỉnh', NULL)",
    "INSERT INTO unit (code, name, kind, parent) VALUES ('SNV', 'Sở Nội vụ', 'sở', '22'), "
    "('1', 'Hà Tu', 'xã', '22')",
    """INSERT INTO questionnaire VALUES ('q', 'ho', 1, '{"title": {"vi": "Sự hài lòng"}}', '2026-01-01')""",
    "INSERT INTO wave (code, questionnaire, kind, public, opens, closes, single_psu, villages, simulated) VALUES "
    "('ho', 'q', 'sample', false, '2026-01-01', '2026-06-30', 'error', 'all', false)",
    "INSERT INTO response (id, wave, unit, mode, day, questionnaire, answers, marks) VALUES "
    "('00000000000040008000000000000001', 'ho', '1', 'phone', '2026-03-01', 'q', '{}', '[]')",
    "INSERT INTO release (id, wave, number, responses, rejected, data, frozen, frozen_by) VALUES "
    "(7, 'ho', 1, '', 0, '', '2026-07-01', 'An')",
    "INSERT INTO target (wave, measure, unit, value, at_most, office, head, decision, day) VALUES "
    "('ho', 'index', '22', 0.903, false, 'Sở Nội vụ', 'Giám đốc', '12/KH', '2026-02-01'), "
    "('ho', 'C5=3', '1', 0.02, true, 'UBND xã', 'Chủ tịch', '', '2026-03-02'), "
    "('ho', 'index', '1', 0.9, false, '1', 'Chủ tịch', '', NULL)",
)


def test_targets_become_duties_of_the_year_in_which_their_wave_ends(first_release: Database) -> None:
    """A release goes on showing them; an office that is no unit stands with its head, under the province."""
    first_release.group(upgrade)
    with first_release.reading() as session:
        assert not inspect(session.connection()).has_table("target")
        duties = session.scalars(select(Duty).order_by(Duty.id)).all()
        assert [(one.year, one.measure, one.value, one.at_most, one.unit, one.after_data) for one in duties] == [
            (2026, "survey:index", 90.3, False, None, False),
            (2026, "survey:C5=3", 2.0, True, "1", True),
            (2026, "survey:index", 90.0, False, "1", False),
        ]
        assert [(one.office, one.head, one.decision, one.set_on) for one in duties] == [
            ("SNV", "Giám đốc", "12/KH", date(2026, 2, 1)),
            ("22", "Chủ tịch, UBND xã", "", date(2026, 3, 2)),
            ("1", "Chủ tịch", "", None),
        ]
        assert {one.deadline for one in duties} == {date(2026, 6, 30)}
        assert session.scalars(select(Release.targets)).all() == [[one.id for one in duties]]
        assert [one.id for one in wave_duties.targets(session, "ho")] == [one.id for one in duties]


@pytest.mark.variants(1)
def test_targets_of_a_backup_of_the_first_release_come_back(
    first_release: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their table is gone from later forms, so that only what is read of the database knows it."""

    def of_then(connection: Connection) -> list[Table]:
        return [one for one in rows.tables_of_form(connection) if one.name != "alembic_version"]

    def quietly(_table: str, _done: int, _count: int) -> None:
        pass

    with monkeypatch.context() as then:
        then.setattr(rows, "tables", of_then)
        archive.write(first_release, tmp_path / "b", quietly)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "new"))
    (tmp_path / "new").mkdir()
    new = Database(f"sqlite:///{tmp_path / 'new' / 'hailong.db'}")
    archive.restore(new, tmp_path / "b", archive.check(tmp_path / "b"), quietly)
    with new.reading() as session:
        assert [one.value for one in session.scalars(select(Duty).order_by(Duty.id))] == [90.3, 2.0, 90.0]
    new.engine.dispose()

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from survey.storage.database import MIGRATIONS, Database, upgrade
from survey.storage.models import APPEND_ONLY, Base

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
        "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name HAVING count(*) = 2"
        if database.is_sqlite
        else "SELECT DISTINCT event_object_table FROM information_schema.triggers"
    )
    with database.reading() as session:
        assert set(session.scalars(text(guards))) >= set(APPEND_ONLY)

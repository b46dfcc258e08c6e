"""The form of the tables: brought to the newest one by migrations, and known by its revision."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


def form(connection: Connection) -> str | None:
    """The form of the tables (a migration of ours); None if there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Brings the tables to the newest form, or to that of a migration of before."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def newest() -> str:
    """The revision that this version needs."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def knows(revision: str) -> bool:
    """Whether this version can migrate a database or a backup of a revision."""
    return revision in {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}


def is_unreleased(revision: str) -> bool:
    """Whether a revision is one of those that became the first one, 0100, when nothing had been released yet."""
    return revision < str(ScriptDirectory(str(MIGRATIONS)).get_base())

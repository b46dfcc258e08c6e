"""The form of the tables: brought to the newest one by migrations, and known by its revision.

To know revisions reads no migration: each file bears the number of its own in front, and the numbers grow.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from survey.system.lazy_modules import lazy_modules

with lazy_modules():  # only who migrates needs the library
    from survey.storage import migrating

MIGRATIONS = Path(__file__).parent / "migrations"


def form(connection: Connection) -> str | None:
    """The form of the tables (a migration of ours); None if there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Brings the tables to the newest form, or to that of a migration of before."""
    migrating.upgrade(connection, MIGRATIONS, revision)


def newest() -> str:
    """The revision that this version needs."""
    return max(_revisions())


def knows(revision: str) -> bool:
    """Whether this version can migrate a database or a backup of a revision."""
    return revision in _revisions()


def is_unreleased(revision: str) -> bool:
    """Whether a revision is one of those that became the first one, 0100, when nothing had been released yet."""
    return revision < min(_revisions())


def _revisions() -> set[str]:
    return {file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")}

"""The database of the data folder: made, migrated, filled with what is shipped."""

from __future__ import annotations

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

from forms import shipped
from survey import questionnaires, settings, units
from survey.database import MIGRATIONS, Database, knows
from survey.waves import today
from translations import Refusal


def prepare(database: Database) -> None:
    """Migrates, and loads the communes and questionnaires that are shipped; safe to repeat."""
    database.migrate()
    with database.writing() as session:
        units.load(session, units.SHIPPED.read_text(encoding="utf-8"))
        for questionnaire in shipped():
            questionnaires.publish(session, questionnaire, today())


def opened() -> Database:
    """The database of the data folder; prepared first where it is new or of an older form, refused where a newer
    version made it."""
    database = Database(settings.database_url())
    try:
        with database.engine.connect() as connection:
            present = MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        raise Refusal(
            "The database can't be reached: %(reason)s. Start it, or correct HAILONG_DATABASE_URL.",
            reason=str(error.orig).splitlines()[0],
        ) from error
    if present is not None and not knows(present):
        raise Refusal(
            "The database has the newer form %(form)s, which this version does not know. "
            "Install the newer version again, or restore the backup from before it.",
            form=present,
        )
    if present != ScriptDirectory(str(MIGRATIONS)).get_current_head():
        prepare(database)
    return database

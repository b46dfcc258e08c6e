"""The database of the data folder: made and migrated by `hailong init` alone, opened by all else as it is."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text

from forms import shipped
from survey.responses import crosswalks
from survey.storage import key_rotation
from survey.storage.database import CUT_LOG, Database
from survey.storage.schema import form, is_unreleased, knows, newest, upgrade
from survey.system import settings
from survey.system.dates import today
from survey.waves import questionnaires, units
from translations import Refusal

MARK = "restoring"  # lies in a data folder until a backup is put back whole; it names the backup
MIGRATING = 0x4A1_1046  # of PostgreSQL's advisory locks: of two that migrate, one waits


@dataclass(frozen=True)
class Migration:
    """What became of the tables.

    before  the form that they had; None if there were none
    after   the form that they have now
    copy    where SQLite's file lies as it was before; None if nothing changed, and with PostgreSQL
    """

    before: str | None
    after: str
    copy: Path | None


def opened() -> Database:
    """The database of the data folder; refused, and nothing made, where it is not there or of another form."""
    folder = settings.data_folder()
    if not folder.is_dir():
        raise Refusal(
            "There is no data folder %(folder)s. Correct its name (HAILONG_DATA), or make a new platform there: "
            "hailong init",
            folder=folder,
        )
    _refuse_another_s(folder)
    database = Database(settings.database_url())
    _refuse_half(database, folder)
    place = file(database)
    if place is not None and not place.is_file():
        raise Refusal(
            "There is no database %(file)s. Correct the name of its folder (HAILONG_DATA), or make a new platform "
            "there: hailong init",
            file=place,
        )
    present = _present(database)
    if present is None:
        raise Refusal(
            "The database is empty. Make a new platform (hailong init), or restore one: hailong restore FILE"
        )
    _refuse_unknown(present)
    if present != newest():
        raise Refusal(
            "The database has the older form %(old)s; this version needs %(new)s. Stop serving, then run: "
            "hailong init",
            old=present,
            new=newest(),
        )
    key_rotation.finish(database)
    return database


def made() -> Database:
    """The database of the data folder, whatever is in it; the folder is made where it is missing, readable by its
    owner alone."""
    folder, database = settings.data_folder(), Database(settings.database_url())
    if folder.is_dir():
        _refuse_another_s(folder)
    _refuse_half(database, folder)
    if not database.is_sqlite:
        _present(database)  # it may not answer, and then nothing is made
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return database


def prepare(database: Database, own_units: str | None = None, province: str = "") -> Migration:
    """Makes the tables or brings them to the newest form, and loads the communes and questionnaires that are
    shipped: all of it or nothing; safe to repeat. Another province gives its own list of units (`units.begin`).
    Refused if a newer version made them, or one before the first release."""
    _refuse_unknown(_present(database))
    with database.writing() as session:
        connection = session.connection()
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": MIGRATING})
        before, copy = form(connection), None
        if before not in (None, newest()):
            copy = _copied(database)
        upgrade(connection)
        if own_units is not None:
            units.begin(session, own_units, province)
        elif not units.is_another_province(session):
            units.load(session, units.SHIPPED.read_text(encoding="utf-8"))
        for questionnaire in shipped():
            questionnaires.publish(session, questionnaire, today())
        crosswalks.publish_shipped(session, today())
    if database.is_sqlite:
        database.outside(CUT_LOG)  # what a migration sealed lay in it as it was before
    return Migration(before, newest(), copy)


def file(database: Database) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    return Path(database.engine.url.database or "") if database.is_sqlite else None


def is_empty(database: Database) -> bool:
    """Whether a database has no tables, or SQLite's file is not there; none is made."""
    place = file(database)
    return (place is not None and not place.is_file()) or not inspect(database.engine).get_table_names()


def half(database: Database, folder: Path) -> str | None:
    """The backup whose restoring was cut off; None if none was. The rows come last: with them it is whole."""
    mark = folder / MARK
    return mark.read_text().strip() if mark.is_file() and is_empty(database) else None


def forget_copies(database: Database) -> None:
    """Removes the copies that `prepare` made of earlier forms: a backup has all of it, or nothing may be left."""
    place = file(database)
    for copy in place.parent.glob(f"{place.name}.before-*") if place else ():
        copy.unlink()


def _may_use(folder: Path) -> bool:
    """Whether this account may read and write what is in a data folder."""
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def _refuse_another_s(folder: Path) -> None:
    if not _may_use(folder):
        raise Refusal(
            "This account may not read and write the data folder %(folder)s. Run it as the account that serves, "
            "or correct HAILONG_DATA.",
            folder=folder,
        )


def _refuse_half(database: Database, folder: Path) -> None:
    if (backup := half(database, folder)) is not None:
        raise Refusal("A restore was cut off here. Run it again: hailong restore %(file)s", file=backup or "FILE")


def _present(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return form(connection)


def _refuse_unknown(present: str | None) -> None:
    if present is None or knows(present):
        return
    if is_unreleased(present):
        raise Refusal(
            "The database was made before the first release, 0.2.0 (form %(form)s), and can't be migrated. Name a "
            "new data folder (HAILONG_DATA) or database (HAILONG_DATABASE_URL), then run: hailong init",
            form=present,
        )
    raise Refusal(
        "The database has the newer form %(form)s, which this version does not know. "
        "Install the newer version again, or restore the backup from before it.",
        form=present,
    )


def _copied(database: Database) -> Path | None:
    """A copy of SQLite's file as it is now, beside it; nobody writes meanwhile."""
    place = file(database)
    if place is None:
        return None
    copy = place.with_name(f"{place.name}.before-{newest()}")
    draft = copy.with_name(f"{copy.name}.part")
    draft.unlink(missing_ok=True)
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(place)) as now, closing(sqlite3.connect(draft)) as target:
            now.backup(target)
        draft.replace(copy)
    finally:
        draft.unlink(missing_ok=True)
    return copy

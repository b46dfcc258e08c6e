"""Whether a form could be kept now: asked by whoever watches the server, so it is quick and changes nothing."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from contextlib import closing
from pathlib import Path

from cachetools import TTLCache, cached
from sqlalchemy import exists, select, text
from sqlalchemy.exc import DBAPIError

from survey.storage import faults, master_key
from survey.storage.database import Database
from survey.storage.faults import Unavailable
from survey.storage.models import TextKey
from translations import Refusal

ROOM = 65_536  # bytes that the disk must take: a form, and what SQLite's log adds to it
PATIENCE = 5  # seconds for which another may hold the database


@cached(TTLCache(10, ttl=5), key=lambda database: database.url, lock=threading.Lock())
def trouble(database: Database) -> Refusal | None:
    """What keeps a form from being kept, in words for who looks after the machine; None if nothing does. It is
    looked at once in five seconds, however many ask: strangers may."""
    try:
        if database.is_sqlite:
            _sqlite(Path(database.engine.url.database or ""))
        else:
            _postgresql(database)
        with database.reading() as session:
            if session.scalar(select(exists().where(TextKey.wrapped != b""))):
                master_key.read()
    except (OSError, DBAPIError, sqlite3.Error) as error:
        return faults.refusal_for(error) or Unavailable(faults.DISK)
    except Refusal as refusal:
        return refusal
    return None


def _sqlite(path: Path) -> None:
    """Raises where the file is gone, the disk takes nothing more, or another holds the file."""
    with tempfile.TemporaryFile(dir=path.parent) as file:  # without a name: nothing is left of it
        file.write(bytes(ROOM))
        file.flush()
        os.fsync(file.fileno())
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as own:
        own.execute("BEGIN IMMEDIATE")
        own.rollback()


def _postgresql(database: Database) -> None:
    """Raises where the server can't be reached, takes nothing more, or is only to be read."""
    with database.engine.connect() as connection:
        connection.execute(text(f"SET LOCAL statement_timeout = '{PATIENCE}s'"))
        connection.execute(text("CREATE TEMPORARY TABLE health AS SELECT repeat('x', 8000) AS room"))
        connection.rollback()

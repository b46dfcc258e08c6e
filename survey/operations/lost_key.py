"""A master key of which no copy is left: what it encrypted nobody can read; it is discarded, and the rest goes on.

Results stay: of answers, words alone are encrypted.
"""

from __future__ import annotations

import secrets
from collections import defaultdict

from sqlalchemy import Connection, Delete, Update, delete, update

from survey.storage import audit, key_rotation, master_key
from survey.storage.database import Database
from survey.storage.models import OpenKeying, Reinterview, Scan, SecondFactor, TextKey
from survey.system import settings
from translations import Refusal

# What becomes of the rows of a table. The next text of a wave makes it another key; a page is scanned again.
DISCARD: dict[str, Delete | Update] = {
    "text_key": delete(TextKey),
    "scan": delete(Scan),
    "open_keying": update(OpenKeying).values(typed={}),
    "reinterview": update(Reinterview).values(household=None, answers=None, person=None, day=None),
    "second_factor": update(SecondFactor).values(secret=None),
}
Rows = dict[str, set[str]]  # waves, sheets or accounts by table


def unreadable(connection: Connection) -> Rows:
    """The rows that the present master key does not open; all that are encrypted where there is none."""
    place = settings.text_key_file()
    key = master_key.key_in(place.read_bytes()) if place.is_file() else None
    rows_of: defaultdict[str, set[str]] = defaultdict(set)
    for column in key_rotation.UNDER_THE_MASTER_KEY:
        for row, encrypted in key_rotation.encrypted_values(connection, column):
            if key is None or not master_key.can_decrypt(key, key_rotation.bound_to(column, row), encrypted):
                rows_of[column.table.name].add(row)
    return rows_of


def discard(database: Database) -> None:
    """Discards what the present master key does not open, so that the platform can be served again.

    The master key is made again where its file is gone, or holds none: that file is put aside. Refused where
    everything can be read.
    """
    with database.writing() as session:
        connection, place = session.connection(), settings.text_key_file()
        unreadable_rows = unreadable(connection)
        if not unreadable_rows:
            raise Refusal("Nothing is lost: the key file %(file)s opens everything that is encrypted.", file=place)
        if place.is_file() and master_key.key_in(place.read_bytes()) is None:
            place.rename(place.with_name(f"{place.name}.{secrets.token_hex(4)}"))
        master_key.make()
        for table, rows in unreadable_rows.items():
            statement = DISCARD[table]
            (first, *_others) = statement.table.primary_key
            connection.execute(statement.where(first.in_(rows)))
        audit.annotate(**{table: len(rows) for table, rows in unreadable_rows.items()})

"""Scanned pages that wait for a person are sealed under the master key

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op

from survey.storage import master_key
from survey.storage.encrypted_columns import Document, SealedDocument, SealedFile

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scan = sa.table(
        "scan",
        sa.column("sheet"),
        sa.column("page"),
        sa.column("marks", Document),
        sa.column("picture", sa.LargeBinary),
    )
    # Backups of before this held what is being keyed unsealed, so what came out of one is sealed again.
    keying = sa.table("open_keying", sa.column("sheet"), sa.column("turn"), sa.column("typed", Document))
    connection = op.get_bind()
    pages = connection.execute(sa.select(scan.c.sheet, scan.c.page)).all()
    keyings = connection.execute(sa.select(keying.c.sheet, keying.c.turn)).all()
    if not pages and not keyings:
        return  # a key is made where there is something to seal
    key = master_key.read()
    marks, picture, typed = (
        SealedDocument("scan.marks"),
        SealedFile("scan.picture"),
        SealedDocument("open_keying.typed"),
    )
    for sheet, page in pages:  # one picture in memory at a time
        here = (scan.c.sheet == sheet) & (scan.c.page == page)
        row = connection.execute(sa.select(scan).where(here)).one()
        sealed = None if row.picture is None else picture.sealed(key, row.picture)
        connection.execute(
            sa.update(scan).where(here).values(marks=marks.anew(row.marks, key, key), picture=sealed)
        )
    for sheet, turn in keyings:
        here = (keying.c.sheet == sheet) & (keying.c.turn == turn)
        kept = connection.scalar(sa.select(keying.c.typed).where(here))
        connection.execute(sa.update(keying).where(here).values(typed=typed.anew(kept, key, key)))
    if connection.dialect.name == "postgresql":  # an update leaves the row of before in the table's file
        for name, column in (("scan", "page"), ("open_keying", "turn")):
            op.execute(f"ALTER TABLE {name} ALTER COLUMN {column} TYPE INTEGER USING {column} + 0")

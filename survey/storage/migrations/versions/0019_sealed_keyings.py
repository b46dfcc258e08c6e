"""What is being keyed is sealed under the master key

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

from survey.storage import master_key
from survey.storage.encrypted_columns import Document, SealedDocument

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    opened = sa.table("open_keying", sa.column("sheet"), sa.column("turn"), sa.column("typed", Document))
    rows = connection.execute(sa.select(opened)).all()
    if not rows:
        return  # a key is made where there is something to seal
    key, typed = master_key.read(), SealedDocument("open_keying.typed")
    for row in rows:
        here = (opened.c.sheet == row.sheet) & (opened.c.turn == row.turn)
        connection.execute(sa.update(opened).where(here).values(typed=typed.anew(row.typed, key, key)))

"""The link from a form to a household, and its second answers, are sealed under the master key

Revision ID: 0021
"""

import sqlalchemy as sa
from alembic import op

from survey.storage import master_key
from survey.storage.encrypted_columns import Document, SealedDocument, SealedNumber

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reinterview", sa.Column("link", sa.LargeBinary(), nullable=True))
    table = sa.table(
        "reinterview",
        sa.column("sheet"),
        sa.column("household"),
        sa.column("link", sa.LargeBinary),
        sa.column("answers", Document),
    )
    link, answers = SealedNumber("reinterview.link"), SealedDocument("reinterview.answers")
    connection = op.get_bind()
    for row in connection.execute(sa.select(table)).all():
        sealed: dict[str, object] = {}
        if row.household is not None:
            sealed["link"] = link.sealed(master_key.read(), row.household)
        if row.answers is not None:
            sealed["answers"] = answers.sealed(master_key.read(), row.answers)
        if sealed:
            connection.execute(sa.update(table).where(table.c.sheet == row.sheet).values(sealed))
    op.drop_column("reinterview", "household")
    if connection.dialect.name == "postgresql":  # rows of before stay in the table's file, as do dropped columns
        op.execute("ALTER TABLE reinterview ALTER COLUMN day TYPE DATE USING day + 0")

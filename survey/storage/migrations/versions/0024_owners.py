"""Devices and tokens have an owner; tokens end by a day, are bound to a commune and open only some of the API; a
sign-in may be half made

Tablets bound before are those of the interviewer whose name stands in their place; who made the links of kiosks
was kept in the trail alone. Tokens made before open what they opened, for 90 days more.

Revision ID: 0024
"""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

from survey.storage.encrypted_columns import Document

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLETS = ("Máy tính bảng của ", "Tablet of ")  # as they were called in both languages


def upgrade() -> None:
    op.add_column("device", sa.Column("owner", sa.String(length=80), nullable=True))
    op.add_column("device", sa.Column("follows", sa.Integer(), nullable=True))
    connection = op.get_bind()
    for words in TABLETS:
        connection.execute(
            sa.text(
                "UPDATE device SET owner = (SELECT name FROM account WHERE place = :words || name)"
                " WHERE mode = 'interviewer' AND owner IS NULL"
            ),
            {"words": words},
        )
    op.add_column("token", sa.Column("unit", sa.String(length=20), nullable=True))
    everything = sa.text("""'["waves", "results", "responses"]'""")
    op.add_column("token", sa.Column("scope", Document, nullable=False, server_default=everything))
    op.add_column("token", sa.Column("owner", sa.String(length=80), nullable=True))
    until = sa.text(f"'{date.today() + timedelta(90)}'")
    op.add_column("token", sa.Column("until", sa.Date(), nullable=False, server_default=until))
    op.add_column("token", sa.Column("used", sa.Date(), nullable=True))
    op.add_column("sign_in", sa.Column("half", sa.Boolean(), server_default=sa.false(), nullable=False))

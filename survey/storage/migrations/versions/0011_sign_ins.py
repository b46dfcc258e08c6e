"""Each sign-in has a row, so that it can be listed and ended; accounts are switched off; second factors

Whoever is signed in at the moment of the upgrade signs in once more.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

from survey.storage.encrypted_columns import Document

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("off", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("account", sa.Column("temporary", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_column("account", "session")
    op.create_table(
        "sign_in",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Date(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("proved", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_sign_in_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("account", "number", name=op.f("uq_sign_in_account")),
    )
    op.create_table(
        "second_factor",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("codes", Document, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_second_factor_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_second_factor")),
    )

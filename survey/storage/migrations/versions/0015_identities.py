"""Accounts are linked with who they are at the provider of single sign-on

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("vouched", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "identity",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("claim", sa.String(length=80), nullable=True),
        sa.Column("value", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_identity_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "claim", "value", name="uq_identity_value"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identity_subject"),
    )

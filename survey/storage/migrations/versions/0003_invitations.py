"""Invitations: single-use codes for the people of a sampled village

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("psu", sa.String(length=60), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wave", "psu"], ["village.wave", "village.psu"], name=op.f("fk_invitation_village")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_invitation")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_invitation_village", "invitation", ["wave", "psu"], unique=False)

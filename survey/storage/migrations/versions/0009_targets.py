"""Targets of a wave

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("measure", sa.String(length=80), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("at_most", sa.Boolean(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("head", sa.String(length=120), nullable=False),
        sa.Column("decision", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_target_wave")),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_target_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint("wave", "measure", "unit", name=op.f("uq_target_wave")),
    )

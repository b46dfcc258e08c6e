"""Re-interviews that are drawn from the group of an unusual pattern.

Revision ID: 0107
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from survey.storage.append_only import refuse_changes

revision = "0107"
down_revision = "0106"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reinterview_sample",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column(
            "wave", sa.String(40), sa.ForeignKey("wave.code", name="fk_reinterview_sample_wave"), nullable=False
        ),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("seed", sa.String(32), nullable=False),
        sa.Column("sheets", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reinterview_sample"),
    )
    op.create_index("ix_reinterview_sample_wave", "reinterview_sample", ["wave"])
    refuse_changes("reinterview_sample")

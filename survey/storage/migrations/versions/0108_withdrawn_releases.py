"""Releases that are withdrawn, open matters that they were taken past, and names that the operator told.

Revision ID: 0108
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from survey.storage.append_only import refuse_changes

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

Document = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("release", sa.Column("withdrawn", sa.Date))
    op.add_column("release", sa.Column("withdrawn_by", sa.String(80)))
    op.add_column("release", sa.Column("withdrawal", sa.String(500)))
    for table in ("release", "year_release"):
        op.add_column(table, sa.Column("by_operator", Document))
    op.create_table(
        "release_matter",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column(
            "release", sa.Integer, sa.ForeignKey("release.id", name="fk_release_matter_release"), nullable=False
        ),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("told", Document, nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_release_matter"),
    )
    op.create_index("ix_release_matter_release", "release_matter", ["release"])
    refuse_changes("release_matter")

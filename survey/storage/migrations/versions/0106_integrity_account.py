"""What outsiders are told of a wave.

Revision ID: 0106
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "integrity_account",
        sa.Column(
            "wave", sa.String(40), sa.ForeignKey("wave.code", name="fk_integrity_account_wave"), nullable=False
        ),
        sa.Column("state", sa.String(200), nullable=False),
        sa.Column("content", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("wave", name="pk_integrity_account"),
    )

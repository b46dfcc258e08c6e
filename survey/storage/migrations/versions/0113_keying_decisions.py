"""What a supervisor decides of keyed forms: that one is keyed again from the paper, that one keying is enough.

Revision ID: 0113
"""

import sqlalchemy as sa
from alembic import op

from survey.storage.append_only import refuse_changes

revision = "0113"
down_revision = "0112"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "keying_decision",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column(
            "sheet", sa.String(12), sa.ForeignKey("sheet.serial", name="fk_keying_decision_sheet"), nullable=False
        ),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("response", sa.Uuid, sa.ForeignKey("response.id", name="fk_keying_decision_response")),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_keying_decision"),
        sa.UniqueConstraint("sheet", "turn", name="uq_keying_decision_sheet"),
    )
    op.create_index("ix_keying_decision_response", "keying_decision", ["response"])
    refuse_changes("keying_decision")

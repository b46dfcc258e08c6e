"""Steps with lots and decisions on open matters say whether a command took them.

Revision ID: 0118
"""

import sqlalchemy as sa
from alembic import op

revision = "0118"
down_revision = "0117"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("lot_step", "matter_decision"):
        op.add_column(table, sa.Column("by_operator", sa.Boolean))

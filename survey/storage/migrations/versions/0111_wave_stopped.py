"""A wave can be closed early: from that day on nobody is asked.

Revision ID: 0111
"""

import sqlalchemy as sa
from alembic import op

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wave", sa.Column("stopped", sa.Date))

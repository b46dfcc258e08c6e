"""A wave knows when it was purged

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wave", sa.Column("purged", sa.Date(), nullable=True))

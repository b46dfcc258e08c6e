"""A target says on which day its value was set

Revision ID: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("target", sa.Column("day", sa.Date(), nullable=True))

"""What a unit was called before, or took in: people look for it by that name.

Revision ID: 0109
"""

import sqlalchemy as sa
from alembic import op

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("unit", sa.Column("former", sa.Text))

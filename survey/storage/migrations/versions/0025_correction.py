"""A release may be a declared correction of few forms

Revision ID: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("release", sa.Column("correction", sa.String(length=500), nullable=True))

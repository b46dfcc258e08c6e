"""The responses of a village are counted before one more is stored.

Revision ID: 0104
"""

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    in_villages = sa.text("psu IS NOT NULL")
    op.create_index(
        "ix_response_village",
        "response",
        ["wave", "psu"],
        sqlite_where=in_villages,
        postgresql_where=in_villages,
    )

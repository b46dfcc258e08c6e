"""What came of a visit for a re-interview where nobody answered.

Revision ID: 0114
"""

import sqlalchemy as sa
from alembic import op

revision = "0114"
down_revision = "0113"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reinterview", sa.Column("outcome", sa.String(20)))

"""When the file of a batch was last made, and until when the batch is to be back.

Revision ID: 0115
"""

import sqlalchemy as sa
from alembic import op

revision = "0115"
down_revision = "0114"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batch", sa.Column("on_paper", sa.Date))
    op.add_column("batch", sa.Column("due", sa.Date))

"""The reason of a withdrawal can be corrected: all that it was.

Revision ID: 0117
"""

import sqlalchemy as sa
from alembic import op

from survey.storage.encrypted_columns import Document

revision = "0117"
down_revision = "0116"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("release", sa.Column("wordings", Document))

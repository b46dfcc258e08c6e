"""A wave names whom people can call: on the form, the receipt, the kiosk, posters and letters.

Revision ID: 0112
"""

import sqlalchemy as sa
from alembic import op

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wave", sa.Column("contact", sa.String(120)))

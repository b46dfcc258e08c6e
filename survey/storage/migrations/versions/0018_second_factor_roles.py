"""The roles that need a second factor, as the administrator says

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_factor_role",
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_second_factor_role")),
    )

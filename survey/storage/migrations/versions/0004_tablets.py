"""Interviewers' tablets: bound devices of a second mode, whose responses have a village

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mode = sa.Enum("phone", "kiosk", "paper", "interviewer", name="mode", native_enum=False, length=20)
    op.add_column("device", sa.Column("mode", mode, nullable=False, server_default="kiosk"))
    op.add_column("held_response", sa.Column("psu", sa.String(length=60), nullable=True))

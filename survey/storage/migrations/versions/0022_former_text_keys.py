"""The keys of texts whose master key was lost for good are kept aside: it may turn up again

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "former_text_key",
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_former_text_key_wave")),
        sa.PrimaryKeyConstraint("wave", "number", name=op.f("pk_former_text_key")),
    )

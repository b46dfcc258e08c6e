"""What a lot holds is found without reading all responses, above all that a lot which goes holds nothing.

Revision ID: 0105
"""

from alembic import op

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_response_lot", "response", ["lot"])

"""A wave has a title, which people read; those that are there are called as what they ask, and by the year.

Revision ID: 0110
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None

WAVE = sa.table(
    "wave", sa.column("code"), sa.column("questionnaire"), sa.column("opens", sa.Date), sa.column("title")
)
QUESTIONNAIRE = sa.table(
    "questionnaire",
    sa.column("digest"),
    sa.column("document", sa.JSON().with_variant(JSONB(), "postgresql")),
)


def upgrade() -> None:
    op.add_column("wave", sa.Column("title", sa.String(200), nullable=False, server_default=""))
    connection = op.get_bind()
    documents = {row.digest: row.document for row in connection.execute(sa.select(QUESTIONNAIRE))}
    titles: set[str] = set()
    for row in connection.execute(sa.select(WAVE).order_by(WAVE.c.code)).all():
        opens: date = row.opens
        asked = documents[row.questionnaire].get("title", {}).get("vi", row.code)
        title = f"{asked}, năm {opens.year}"
        title = f"{title} ({row.code})" if title in titles else title
        titles.add(title)
        connection.execute(sa.update(WAVE).where(WAVE.c.code == row.code).values(title=title))

"""What people wrote in words is sealed, each wave's with a key of its own

On PostgreSQL the unsealed rows of before are gone from its files only after VACUUM FULL response_text, which a
migration can't run inside its transaction; SQLite writes over them at once.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

from survey.storage.encrypted_columns import Document
from survey.storage.encrypted_texts import Ring

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_key",
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_text_key_wave")),
        sa.PrimaryKeyConstraint("wave", name=op.f("pk_text_key")),
    )
    written = sa.table("response_text", sa.column("response", sa.Uuid()), sa.column("texts", Document))
    response = sa.table("response", sa.column("id", sa.Uuid()), sa.column("wave", sa.String()))
    rows = (
        op.get_bind()
        .execute(
            sa.select(written.c.response, response.c.wave, written.c.texts).join(
                response, response.c.id == written.c.response
            )
        )
        .all()
    )
    if not rows:
        return
    off, on = _guards(op.get_bind().dialect.name)
    for order in off:
        op.execute(order)
    ring = Ring(op.get_bind())
    for row in rows:
        sealed = ring.seal(row.wave, row.response, row.texts)
        op.get_bind().execute(sa.update(written).where(written.c.response == row.response).values(texts=sealed))
    for order in on:
        op.execute(order)


def _guards(dialect: str) -> tuple[list[str], list[str]]:
    """What takes the guards of the table away for the moment, and what puts them back as they were."""
    if dialect == "postgresql":
        return (
            ["ALTER TABLE response_text DISABLE TRIGGER response_text_keeps"],
            ["ALTER TABLE response_text ENABLE TRIGGER response_text_keeps"],
        )
    return (
        ["DROP TRIGGER response_text_refuses_update"],
        [
            "CREATE TRIGGER response_text_refuses_update BEFORE UPDATE ON response_text "
            "BEGIN SELECT RAISE(ABORT, 'response_text is append-only'); END"
        ],
    )

"""What people wrote in their own words, read and coded by themes; the sentences that a commune may see of it

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

from survey.storage.encrypted_columns import Document

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def keep_for_good(table: str) -> None:
    """The database itself refuses to change or remove a row of the table."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
        )


def upgrade() -> None:
    op.create_table(
        "theme",
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("vi", sa.String(length=80), nullable=False),
        sa.Column("en", sa.String(length=80), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_theme_wave")),
        sa.PrimaryKeyConstraint("wave", "code", name=op.f("pk_theme")),
    )
    op.create_table(
        "coding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("response", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("themes", Document, nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_coding_wave")),
        sa.ForeignKeyConstraint(["response"], ["response.id"], name=op.f("fk_coding_response")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coding")),
    )
    op.create_index("ix_coding_response", "coding", ["response"])
    op.create_index("ix_coding_wave", "coding", ["wave"])
    keep_for_good("coding")
    op.create_table(
        "paraphrase",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("theme", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_paraphrase_wave")),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_paraphrase_unit")),
        sa.ForeignKeyConstraint(["wave", "theme"], ["theme.wave", "theme.code"], name="fk_paraphrase_theme"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paraphrase")),
    )
    op.create_index("ix_paraphrase_wave", "paraphrase", ["wave"])
    op.add_column("release", sa.Column("remarks", Document, nullable=True))

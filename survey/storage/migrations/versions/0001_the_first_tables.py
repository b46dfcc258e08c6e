"""The first tables

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


Document = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
APPEND_ONLY = ("questionnaire", "response", "response_text", "weight_version", "weight")


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
        "questionnaire",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", Document, nullable=False),
        sa.Column("published", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_questionnaire")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_questionnaire_code")),
    )
    op.create_table(
        "token",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "admin",
                "home_affairs",
                "commune",
                "supervisor",
                "keyer",
                "interviewer",
                "auditor",
                name="role",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
    )
    op.create_table(
        "unit",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=20), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("replaces", sa.String(length=400), nullable=True),
        sa.ForeignKeyConstraint(["parent"], ["unit.code"], name=op.f("fk_unit_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_unit")),
    )
    op.create_table(
        "account",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "admin",
                "home_affairs",
                "commune",
                "supervisor",
                "keyer",
                "interviewer",
                "auditor",
                name="role",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("session", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_account_unit")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account")),
    )
    op.create_table(
        "wave",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("questionnaire", sa.String(length=64), nullable=False),
        sa.Column(
            "kind", sa.Enum("sample", "open", name="wavekind", native_enum=False, length=20), nullable=False
        ),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("opens", sa.Date(), nullable=False),
        sa.Column("closes", sa.Date(), nullable=False),
        sa.Column("single_psu", sa.String(length=20), nullable=False),
        sa.Column("villages", sa.String(length=10), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("weights", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["questionnaire"], ["questionnaire.digest"], name=op.f("fk_wave_questionnaire")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_wave")),
    )
    op.create_table(
        "village",
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("psu", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("stratum", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("adults", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_village_unit")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_village_wave")),
        sa.PrimaryKeyConstraint("wave", "psu", name=op.f("pk_village")),
    )
    op.create_table(
        "weight_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_weight_version_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weight_version")),
        sa.UniqueConstraint("wave", "version", name=op.f("uq_weight_version_wave")),
    )
    op.create_table(
        "response",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("psu", sa.String(length=60), nullable=True),
        sa.Column(
            "mode",
            sa.Enum("phone", "kiosk", "paper", "interviewer", name="mode", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("questionnaire", sa.String(length=64), nullable=False),
        sa.Column("answers", Document, nullable=False),
        sa.Column("marks", Document, nullable=False),
        sa.ForeignKeyConstraint(
            ["questionnaire"], ["questionnaire.digest"], name=op.f("fk_response_questionnaire")
        ),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_response_unit")),
        sa.ForeignKeyConstraint(
            ["wave", "psu"], ["village.wave", "village.psu"], name=op.f("fk_response_village")
        ),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_response_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_response_wave", "response", ["wave"], unique=False)
    op.create_table(
        "response_text",
        sa.Column("response", sa.Uuid(), nullable=False),
        sa.Column("texts", Document, nullable=False),
        sa.ForeignKeyConstraint(["response"], ["response.id"], name=op.f("fk_response_text_response")),
        sa.PrimaryKeyConstraint("response", name=op.f("pk_response_text")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "weight",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("response", sa.Uuid(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["response"], ["response.id"], name=op.f("fk_weight_response")),
        sa.ForeignKeyConstraint(["version"], ["weight_version.id"], name=op.f("fk_weight_version")),
        sa.PrimaryKeyConstraint("version", "response", name=op.f("pk_weight")),
        sqlite_with_rowid=False,
    )
    for table in APPEND_ONLY:
        keep_for_good(table)

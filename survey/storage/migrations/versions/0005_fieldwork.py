"""Fieldwork: draws, paper forms in batches, keying twice, scans, reviews, phúc tra, counts of transactions

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Document = sa.JSON().with_variant(JSONB(), "postgresql")
APPEND_ONLY = ("draw", "drawn_village", "drawn_household", "keying", "review", "agreement")


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
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("made", sa.Date(), nullable=False),
        sa.Column("figures", Document, nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_agreement_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_table(
        "draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made", sa.Date(), nullable=False),
        sa.Column("seed", sa.String(length=40), nullable=False),
        sa.Column("frame", sa.String(length=64), nullable=False),
        sa.Column("plan", Document, nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_draw_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        sa.UniqueConstraint("wave", "number", name=op.f("uq_draw_wave")),
    )
    op.create_table(
        "service_count",
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=60), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_service_count_unit")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_service_count_wave")),
        sa.PrimaryKeyConstraint("wave", "unit", "service", "week", name=op.f("pk_service_count")),
    )
    op.create_table(
        "batch",
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("psu", sa.String(length=60), nullable=False),
        sa.Column("printed", sa.Date(), nullable=False),
        sa.Column("interviewer", sa.String(length=80), nullable=True),
        sa.Column("handed_over", sa.Date(), nullable=True),
        sa.Column("returned", sa.Date(), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_batch_village"),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_batch_wave")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_batch")),
    )
    op.create_index("ix_batch_wave", "batch", ["wave"], unique=False)
    op.create_table(
        "drawn_household",
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("psu", sa.String(length=60), nullable=False),
        sa.Column("household", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("replacement", sa.Boolean(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["draw"], ["draw.id"], name=op.f("fk_drawn_household_draw")),
        sa.PrimaryKeyConstraint("draw", "psu", "household", name=op.f("pk_drawn_household")),
    )
    op.create_table(
        "drawn_village",
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("psu", sa.String(length=60), nullable=False),
        sa.Column("stratum", sa.String(length=130), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["draw"], ["draw.id"], name=op.f("fk_drawn_village_draw")),
        sa.PrimaryKeyConstraint("draw", "psu", name=op.f("pk_drawn_village")),
    )
    op.create_table(
        "visit",
        sa.Column("draw", sa.Integer(), nullable=False),
        sa.Column("psu", sa.String(length=60), nullable=False),
        sa.Column("household", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["draw"], ["draw.id"], name=op.f("fk_visit_draw")),
        sa.PrimaryKeyConstraint("draw", "psu", "household", name=op.f("pk_visit")),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("response", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("new", "approved", "on_hold", "rejected", name="reviewstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["response"], ["response.id"], name=op.f("fk_review_response")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_review_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index("ix_review_response", "review", ["response"], unique=False)
    op.create_index("ix_review_wave", "review", ["wave"], unique=False)
    op.create_table(
        "sheet",
        sa.Column("serial", sa.String(length=12), nullable=False),
        sa.Column("batch", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("out", "waiting", "void", "entered", name="sheetstate", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("double", sa.Boolean(), nullable=False),
        sa.Column("reinterview", sa.Boolean(), nullable=False),
        sa.Column("replaced", sa.String(length=20), nullable=True),
        sa.Column("adults", sa.Integer(), nullable=True),
        sa.Column("response", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batch.code"], name=op.f("fk_sheet_batch")),
        sa.ForeignKeyConstraint(["response"], ["response.id"], name=op.f("fk_sheet_response")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_sheet")),
    )
    op.create_index("ix_sheet_batch", "sheet", ["batch"], unique=False)
    op.create_index("ix_sheet_response", "sheet", ["response"], unique=False)
    op.create_table(
        "keying",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=12), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("keyer", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("typed", Document, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["sheet"], ["sheet.serial"], name=op.f("fk_keying_sheet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keying")),
        sa.UniqueConstraint("sheet", "turn", name=op.f("uq_keying_sheet")),
    )
    op.create_table(
        "open_keying",
        sa.Column("sheet", sa.String(length=12), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("keyer", sa.String(length=80), nullable=False),
        sa.Column("typed", Document, nullable=False),
        sa.Column("at", sa.String(length=60), nullable=True),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sheet"], ["sheet.serial"], name=op.f("fk_open_keying_sheet")),
        sa.PrimaryKeyConstraint("sheet", "turn", name=op.f("pk_open_keying")),
    )
    op.create_table(
        "reinterview",
        sa.Column("sheet", sa.String(length=12), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("household", sa.Integer(), nullable=True),
        sa.Column("answers", Document, nullable=True),
        sa.Column("person", sa.String(length=80), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["sheet"], ["sheet.serial"], name=op.f("fk_reinterview_sheet")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_reinterview_wave")),
        sa.PrimaryKeyConstraint("sheet", name=op.f("pk_reinterview")),
    )
    op.create_table(
        "scan",
        sa.Column("sheet", sa.String(length=12), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("marks", Document, nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["sheet"], ["sheet.serial"], name=op.f("fk_scan_sheet")),
        sa.PrimaryKeyConstraint("sheet", "page", name=op.f("pk_scan")),
    )
    op.add_column("response", sa.Column("adults", sa.Integer(), nullable=True))
    op.add_column("wave", sa.Column("draw", sa.Integer(), nullable=True))
    op.add_column("wave", sa.Column("closed", sa.Date(), nullable=True))
    op.add_column("weight_version", sa.Column("report", Document, nullable=True))
    for table in APPEND_ONLY:
        keep_for_good(table)

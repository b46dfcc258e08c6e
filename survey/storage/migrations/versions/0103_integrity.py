"""Lots, assignments, closed villages, open matters, daily digests.

Revision ID: 0103
"""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from survey.storage.append_only import refuse_changes

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None

Document = sa.JSON().with_variant(JSONB(), "postgresql")

RESPONSE = ("id", "wave", "unit", "psu", "mode", "day", "questionnaire", "answers", "marks", "adults")
APPEND_ONLY = ("lot_step", "sender_count", "village_step", "matter_decision", "day_digest")


def upgrade() -> None:
    for table in tables.sorted_tables:
        if table.name not in OLD:
            table.create(op.get_bind())
    for name in APPEND_ONLY:
        refuse_changes(name)
    op.add_column("release", sa.Column("aside", sa.Integer, nullable=False, server_default="0"))
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    # The responses stay where they are; a lot is the one thing of them that may still be changed.
    _allow_changes("response")
    if on_sqlite:
        op.execute("ALTER TABLE response ADD COLUMN lot BIGINT REFERENCES lot (number)")
    else:
        op.add_column("response", sa.Column("lot", sa.BigInteger))
        op.create_foreign_key("fk_response_lot", "response", "lot", ["lot"], ["number"])
    _earlier_lots()
    op.drop_index("ix_response_wave", "response")
    op.create_index("ix_response_wave", "response", ["wave", "lot"])
    refuse_changes("response", (*RESPONSE, "stratum", "person"))
    _allow_changes("quarantined_response")
    with op.batch_alter_table("quarantined_response", table_kwargs={"sqlite_with_rowid": False}) as held:
        held.alter_column("device", existing_type=sa.Integer, nullable=True)
        held.add_column(sa.Column("account", sa.String(80)))
    refuse_changes("quarantined_response")


def _allow_changes(table: str) -> None:
    """Takes the guard of an append-only table away."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER {table}_refuses_{verb}")
    else:
        op.execute(f"DROP TRIGGER {table}_keeps ON {table}")
        op.execute(f"DROP FUNCTION {table}_is_append_only()")


def _earlier_lots() -> None:
    """A lot for the responses of each village or commune, mode and day of before."""
    connection = op.get_bind()
    response, lot = response_then, tables.tables["lot"]
    place = (response.c.wave, response.c.unit, response.c.psu, response.c.mode, response.c.day)
    for wave, unit, psu, mode, day in connection.execute(sa.select(*place).distinct()).all():
        number = secrets.randbelow(2**53 - 1) + 1
        row = {
            "number": number,
            "wave": wave,
            "kind": "earlier",
            "unit": unit,
            "psu": psu,
            "mode": mode,
            "day": day,
        }
        connection.execute(lot.insert(), row)
        values = (wave, unit, psu, mode, day)
        here = (column.is_not_distinct_from(value) for column, value in zip(place, values, strict=True))
        connection.execute(response.update().where(*here).values(lot=number))


response_then = sa.table(
    "response",
    *(sa.column(name, sa.String) for name in ("wave", "unit", "psu", "mode")),
    sa.column("day", sa.Date),
    sa.column("lot", sa.BigInteger),
)
tables = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)
# What is there already, as far as a foreign key names it.
OLD = ("wave", "unit", "batch", "village")
sa.Table("wave", tables, sa.Column("code", sa.String(40), primary_key=True))
sa.Table("unit", tables, sa.Column("code", sa.String(20), primary_key=True))
sa.Table("batch", tables, sa.Column("code", sa.String(60), primary_key=True))
sa.Table(
    "village",
    tables,
    sa.Column("wave", sa.String(40), primary_key=True),
    sa.Column("psu", sa.String(60), primary_key=True),
)
sa.Table(
    "lot",
    tables,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("sender", sa.String(200)),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code")),
    sa.Column("psu", sa.String(60)),
    sa.Column("mode", sa.String(20)),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("closed", sa.Date),
    sa.Column("joined", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_lot_wave", "wave"),
    sqlite_with_rowid=False,
)
sa.Table(
    "lot_step",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("lot", sa.BigInteger, sa.ForeignKey("lot.number"), nullable=False),
    sa.Column("step", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Index("ix_lot_step_wave", "wave"),
)
sa.Table(
    "sender_count",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("sender", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("psu", sa.String(60)),
    sa.Column("mode", sa.String(20), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Index("ix_sender_count_wave", "wave"),
)
sa.Table(
    "assignment",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("account", sa.String(80), nullable=False),
    sa.Column("mode", sa.String(20), nullable=False),
    sa.Column("psu", sa.String(60)),
    sa.Column("batch", sa.String(60), sa.ForeignKey("batch.code")),
    sa.Column("households", Document),
    sa.Column("made", sa.Date, nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("ended", sa.Date),
    sa.Column("ended_by", sa.String(80)),
    sa.ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_assignment_village"),
    sa.Index("ix_assignment_wave", "wave", "account"),
)
sa.Table(
    "village_step",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), nullable=False),
    sa.Column("psu", sa.String(60), nullable=False),
    sa.Column("step", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_village_step_village"),
    sa.Index("ix_village_step_village", "wave", "psu"),
)
sa.Table(
    "matter_decision",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Index("ix_matter_decision_wave", "wave"),
)
sa.Table(
    "day_digest",
    tables,
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("responses", sa.LargeBinary, nullable=False),
    sa.Column("content", Document, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

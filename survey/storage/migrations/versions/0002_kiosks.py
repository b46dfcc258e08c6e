"""Kiosks: bound devices, and what they sealed that staff must look at

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
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
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("leave_salt", sa.String(length=32), nullable=False),
        sa.Column("leave_digest", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=True),
        sa.Column("made", sa.Date(), nullable=False),
        sa.Column("bound", sa.Date(), nullable=True),
        sa.Column("heard", sa.Date(), nullable=True),
        sa.Column("revoked", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["unit"], ["unit.code"], name=op.f("fk_device_unit")),
        sa.ForeignKeyConstraint(["wave"], ["wave.code"], name=op.f("fk_device_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("link", name=op.f("uq_device_link")),
        sa.UniqueConstraint("token", name=op.f("uq_device_token")),
    )
    mode = sa.Enum("phone", "kiosk", "paper", "interviewer", name="mode", native_enum=False, length=20)
    op.create_table(
        "held_response",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("device", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wave", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("mode", mode, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["device.id"], name=op.f("fk_held_response_device")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_held_response")),
        sqlite_with_rowid=False,
    )
    keep_for_good("held_response")

"""Links by which people choose their passwords, in place of passwords for one sign-in

A password for one sign-in that was not changed yet would last from now on: such an account needs a link.

Revision ID: 0012
"""

import secrets

import sqlalchemy as sa
from alembic import op
from argon2 import PasswordHasher

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    account = sa.table("account", sa.column("password", sa.String), sa.column("temporary", sa.Boolean))
    nobodys = PasswordHasher().hash(secrets.token_urlsafe(16))
    op.execute(account.update().where(account.c.temporary).values(password=nobodys))
    op.drop_column("account", "temporary")
    op.create_table(
        "password_link",
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_password_link_account")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_password_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_password_link_digest")),
    )

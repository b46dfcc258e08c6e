"""Groups of leaders, and their responses and invitations.

Revision ID: 0102
"""

import sqlalchemy as sa
from alembic import op

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leader_group",
        sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code", name="fk_leader_group_wave"), nullable=False),
        sa.Column("stratum", sa.String(60), nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200)),
        sa.PrimaryKeyConstraint("wave", "stratum", name="pk_leader_group"),
    )
    # The responses stay where they are: SQLite could give them a foreign key of two columns only in a new table.
    op.add_column("response", sa.Column("stratum", sa.String(60)))
    op.add_column("response", sa.Column("person", sa.String(60)))
    with op.batch_alter_table("invitation", table_kwargs={"sqlite_with_rowid": False}) as invitation:
        invitation.alter_column("psu", existing_type=sa.String(60), nullable=True)
        invitation.add_column(sa.Column("stratum", sa.String(60)))
        invitation.create_foreign_key(
            "fk_invitation_group", "leader_group", ["wave", "stratum"], ["wave", "stratum"]
        )

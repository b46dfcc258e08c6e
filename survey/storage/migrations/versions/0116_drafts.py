"""Questionnaires that are being written, and who published them: never an account that wrote at them.

Revision ID: 0116
"""

import sqlalchemy as sa
from alembic import op

from survey.storage.append_only import refuse_changes
from survey.storage.encrypted_columns import Document

revision = "0116"
down_revision = "0115"
branch_labels = None
depends_on = None

OWN_WORK = "who wrote a questionnaire does not publish it"


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("base", sa.String(64), sa.ForeignKey("questionnaire.digest", name="fk_draft_base")),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("editor", sa.String(80)),
        sa.Column("edited_at", sa.Integer, nullable=False),
        sa.Column("begun", sa.Date, nullable=False),
        sa.Column("reply", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_draft"),
    )
    op.create_table(
        "draft_step",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("draft", sa.Integer, sa.ForeignKey("draft.id", name="fk_draft_step_draft"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("place", sa.String(60), nullable=False),
        sa.Column("document", Document, nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_draft_step"),
        sa.UniqueConstraint("draft", "number", name="uq_draft_step_draft"),
    )
    op.create_table(
        "draft_writer",
        sa.Column("draft", sa.Integer, sa.ForeignKey("draft.id", name="fk_draft_writer_draft"), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("draft", "account", name="pk_draft_writer"),
    )
    op.create_table(
        "draft_note",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("draft", sa.Integer, sa.ForeignKey("draft.id", name="fk_draft_note_draft"), nullable=False),
        sa.Column("item", sa.String(40), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("account", sa.String(80)),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_draft_note"),
    )
    op.create_table(
        "publication",
        sa.Column(
            "questionnaire",
            sa.String(64),
            sa.ForeignKey("questionnaire.digest", name="fk_publication_questionnaire"),
            nullable=False,
        ),
        sa.Column("draft", sa.Integer, sa.ForeignKey("draft.id", name="fk_publication_draft"), nullable=False),
        sa.Column("account", sa.String(80), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("questionnaire", name="pk_publication"),
    )
    refuse_changes("draft_writer")
    refuse_changes("publication")
    _refuse_own_work()


def _refuse_own_work() -> None:
    wrote = "SELECT 1 FROM draft_writer AS w WHERE w.draft = NEW.draft AND w.account = NEW.account"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER publication_refuses_own_work BEFORE INSERT ON publication WHEN EXISTS ({wrote}) "
            f"BEGIN SELECT RAISE(ABORT, '{OWN_WORK}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION publication_refuses_own_work() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF EXISTS ({wrote}) THEN RAISE EXCEPTION '{OWN_WORK}'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER publication_refuses_own_work BEFORE INSERT ON publication "
        "FOR EACH ROW EXECUTE FUNCTION publication_refuses_own_work()"
    )

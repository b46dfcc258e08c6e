"""The tables of the first release.

Numbers begin at 0100: a database that bears a lower one was made before, and is refused.

Revision ID: 0100
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from survey.storage.append_only import refuse_changes

revision = "0100"
down_revision = None
branch_labels = None
depends_on = None

Document = sa.JSON().with_variant(JSONB(), "postgresql")
APPEND_ONLY = (
    "questionnaire",
    "crosswalk",
    "response",
    "response_text",
    "weight_version",
    "weight",
    "quarantined_response",
    "quarantine_decision",
    "draw",
    "drawn_village",
    "drawn_household",
    "keying",
    "review",
    "agreement",
    "issued_report",
    "coding",
    "audit_entry",
)
tables = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def upgrade() -> None:
    tables.create_all(op.get_bind(), checkfirst=False)
    for table in APPEND_ONLY:
        refuse_changes(table)


sa.Table(
    "audit_entry",
    tables,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("what", sa.String(80), nullable=False),
    sa.Column("subject", sa.String(300), nullable=False),
    sa.Column("changes_figures", sa.Boolean, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)
sa.Table(
    "questionnaire",
    tables,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", Document, nullable=False),
    sa.Column("published", sa.Date, nullable=False),
    sa.UniqueConstraint("code", "version"),
)
sa.Table(
    "second_factor_role",
    tables,
    sa.Column("role", sa.String(20), primary_key=True),
)
sa.Table(
    "token",
    tables,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("unit", sa.String(20)),
    sa.Column("scope", Document, nullable=False),
    sa.Column("digest", sa.String(64), unique=True, nullable=False),
    sa.Column("owner", sa.String(80)),
    sa.Column("until", sa.Date, nullable=False),
    sa.Column("used", sa.Date),
)
sa.Table(
    "unit",
    tables,
    sa.Column("code", sa.String(20), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("parent", sa.String(20), sa.ForeignKey("unit.code")),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_to", sa.Date),
    sa.Column("replaces", sa.String(400)),
)
sa.Table(
    "failed_attempt",
    tables,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("account", sa.String(80), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
sa.Table(
    "account",
    tables,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code")),
    sa.Column("password", sa.String(200), nullable=False),
    sa.Column("off", sa.Boolean, server_default=sa.false(), nullable=False),
)
sa.Table(
    "crosswalk",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("old", sa.String(64), sa.ForeignKey("questionnaire.digest"), nullable=False),
    sa.Column("new", sa.String(64), sa.ForeignKey("questionnaire.digest"), nullable=False),
    sa.Column("document", Document, nullable=False),
    sa.Column("published", sa.Date, nullable=False),
)
sa.Table(
    "wave",
    tables,
    sa.Column("code", sa.String(40), primary_key=True),
    sa.Column("questionnaire", sa.String(64), sa.ForeignKey("questionnaire.digest"), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("opens", sa.Date, nullable=False),
    sa.Column("closes", sa.Date, nullable=False),
    sa.Column("single_psu", sa.String(20), nullable=False),
    sa.Column("villages", sa.String(10), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("weights", sa.Integer),
    sa.Column("draw", sa.Integer),
    sa.Column("closed", sa.Date),
    sa.Column("purged", sa.Date),
)
sa.Table(
    "agreement",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("made", sa.Date, nullable=False),
    sa.Column("figures", Document, nullable=False),
)
sa.Table(
    "device",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("place", sa.String(200), nullable=False),
    sa.Column("mode", sa.String(20), server_default="kiosk", nullable=False),
    sa.Column("link", sa.String(64), unique=True, nullable=False),
    sa.Column("token", sa.String(64), unique=True),
    sa.Column("leave_salt", sa.String(32), nullable=False),
    sa.Column("leave_digest", sa.String(64), nullable=False),
    sa.Column("key", sa.String(32)),
    sa.Column("made", sa.Date, nullable=False),
    sa.Column("bound", sa.Date),
    sa.Column("heard", sa.Date),
    sa.Column("revoked", sa.Date),
    sa.Column("owner", sa.String(80)),
    sa.Column("follows", sa.Integer),
)
sa.Table(
    "draw",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("made", sa.Date, nullable=False),
    sa.Column("seed", sa.String(40), nullable=False),
    sa.Column("frame", sa.String(64), nullable=False),
    sa.Column("plan", Document, nullable=False),
    sa.UniqueConstraint("wave", "number"),
)
sa.Table(
    "identity",
    tables,
    sa.Column("account", sa.String(80), sa.ForeignKey("account.name"), primary_key=True),
    sa.Column("issuer", sa.String(255), nullable=False),
    sa.Column("subject", sa.String(255)),
    sa.Column("claim", sa.String(80)),
    sa.Column("value", sa.String(255)),
    sa.UniqueConstraint("issuer", "subject", name="uq_identity_subject"),
    sa.UniqueConstraint("issuer", "claim", "value", name="uq_identity_value"),
)
sa.Table(
    "password_link",
    tables,
    sa.Column("account", sa.String(80), sa.ForeignKey("account.name"), primary_key=True),
    sa.Column("digest", sa.String(64), unique=True, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
)
sa.Table(
    "second_factor",
    tables,
    sa.Column("account", sa.String(80), sa.ForeignKey("account.name"), primary_key=True),
    sa.Column("secret", sa.LargeBinary),
    sa.Column("step", sa.BigInteger, nullable=False),
    sa.Column("codes", Document, nullable=False),
)
sa.Table(
    "service_count",
    tables,
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), primary_key=True),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), primary_key=True),
    sa.Column("service", sa.String(60), primary_key=True),
    sa.Column("week", sa.Date, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)
sa.Table(
    "sign_in",
    tables,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("account", sa.String(80), sa.ForeignKey("account.name"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("begun", sa.Date, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),
    sa.Column("authenticated_at", sa.BigInteger, nullable=False),
    sa.Column("vouched", sa.Boolean, server_default=sa.false(), nullable=False),
    sa.Column("half", sa.Boolean, server_default=sa.false(), nullable=False),
    sa.UniqueConstraint("account", "number"),
)
sa.Table(
    "target",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("measure", sa.String(80), nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("at_most", sa.Boolean, nullable=False),
    sa.Column("office", sa.String(200), nullable=False),
    sa.Column("head", sa.String(120), nullable=False),
    sa.Column("decision", sa.String(200), nullable=False),
    sa.Column("day", sa.Date),
    sa.UniqueConstraint("wave", "measure", "unit"),
)
sa.Table(
    "text_key",
    tables,
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), primary_key=True),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
)
sa.Table(
    "theme",
    tables,
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), primary_key=True),
    sa.Column("code", sa.String(20), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("vi", sa.String(80), nullable=False),
    sa.Column("en", sa.String(80), nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
)
sa.Table(
    "village",
    tables,
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), primary_key=True),
    sa.Column("psu", sa.String(60), primary_key=True),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("stratum", sa.String(60), nullable=False),
    sa.Column("name", sa.String(200)),
    sa.Column("households", sa.Integer),
    sa.Column("adults", sa.Integer),
)
sa.Table(
    "weight_version",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("made", sa.Date, nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("report", Document),
    sa.UniqueConstraint("wave", "version"),
)
sa.Table(
    "batch",
    tables,
    sa.Column("code", sa.String(60), primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("psu", sa.String(60), nullable=False),
    sa.Column("printed", sa.Date, nullable=False),
    sa.Column("interviewer", sa.String(80)),
    sa.Column("handed_over", sa.Date),
    sa.Column("returned", sa.Date),
    sa.Column("counted", sa.Integer),
    sa.ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_batch_village"),
    sa.Index("ix_batch_wave", "wave"),
)
sa.Table(
    "drawn_household",
    tables,
    sa.Column("draw", sa.Integer, sa.ForeignKey("draw.id"), primary_key=True),
    sa.Column("psu", sa.String(60), primary_key=True),
    sa.Column("household", sa.Integer, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("replacement", sa.Boolean, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("weight", sa.Double, nullable=False),
)
sa.Table(
    "drawn_village",
    tables,
    sa.Column("draw", sa.Integer, sa.ForeignKey("draw.id"), primary_key=True),
    sa.Column("psu", sa.String(60), primary_key=True),
    sa.Column("stratum", sa.String(130), nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
)
sa.Table(
    "quarantined_response",
    tables,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("device", sa.Integer, sa.ForeignKey("device.id"), nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("id", sa.Uuid, nullable=False),
    sa.Column("wave", sa.String(40), nullable=False),
    sa.Column("unit", sa.String(20), nullable=False),
    sa.Column("psu", sa.String(60)),
    sa.Column("mode", sa.String(20), nullable=False),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("key", sa.String(32), nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "invitation",
    tables,
    sa.Column("digest", sa.String(32), primary_key=True),
    sa.Column("wave", sa.String(40), nullable=False),
    sa.Column("psu", sa.String(60), nullable=False),
    sa.Column("used", sa.Boolean, nullable=False),
    sa.ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_invitation_village"),
    sa.Index("ix_invitation_village", "wave", "psu"),
    sqlite_with_rowid=False,
)
sa.Table(
    "paraphrase",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("theme", sa.String(20), nullable=False),
    sa.Column("words", sa.String(300), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.ForeignKeyConstraint(["wave", "theme"], ["theme.wave", "theme.code"], name="fk_paraphrase_theme"),
    sa.Index("ix_paraphrase_wave", "wave"),
)
sa.Table(
    "passkey",
    tables,
    sa.Column("id", sa.String(1400), primary_key=True),
    sa.Column(
        "account",
        sa.String(80),
        sa.ForeignKey("second_factor.account", ondelete="CASCADE"),
        index=True,
        nullable=False,
    ),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("added", sa.Date, nullable=False),
    sa.Column("answered", sa.BigInteger),
)
sa.Table(
    "release",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("responses", sa.LargeBinary, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("data", sa.String(64), nullable=False),
    sa.Column("weights", sa.Integer, sa.ForeignKey("weight_version.id")),
    sa.Column("draw", sa.Integer, sa.ForeignKey("draw.id")),
    sa.Column("remarks", Document),
    sa.Column("frozen", sa.Date, nullable=False),
    sa.Column("frozen_by", sa.String(80), nullable=False),
    sa.Column("checked", sa.Date),
    sa.Column("checked_by", sa.String(80)),
    sa.Column("approved", sa.Date),
    sa.Column("approved_by", sa.String(80)),
    sa.Column("correction", sa.String(500)),
    sa.UniqueConstraint("wave", "number"),
)
sa.Table(
    "response",
    tables,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("psu", sa.String(60)),
    sa.Column("mode", sa.String(20), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("questionnaire", sa.String(64), sa.ForeignKey("questionnaire.digest"), nullable=False),
    sa.Column("answers", Document, nullable=False),
    sa.Column("marks", Document, nullable=False),
    sa.Column("adults", sa.Integer),
    sa.ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_response_village"),
    sa.Index("ix_response_wave", "wave"),
    sqlite_with_rowid=False,
)
sa.Table(
    "visit",
    tables,
    sa.Column("draw", sa.Integer, sa.ForeignKey("draw.id"), primary_key=True),
    sa.Column("psu", sa.String(60), primary_key=True),
    sa.Column("household", sa.Integer, primary_key=True),
    sa.Column("outcome", sa.String(20), nullable=False),
)
sa.Table(
    "coding",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("response", sa.Uuid, sa.ForeignKey("response.id"), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("themes", Document, nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Index("ix_coding_response", "response"),
    sa.Index("ix_coding_wave", "wave"),
)
sa.Table(
    "quarantine_decision",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("quarantined", sa.String(64), sa.ForeignKey("quarantined_response.digest"), nullable=False),
    sa.Column("verdict", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Index("ix_quarantine_decision_quarantined", "quarantined"),
)
sa.Table(
    "issued_report",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("release", sa.Integer, sa.ForeignKey("release.id"), nullable=False),
    sa.Column("number", sa.String(60), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("issued_by", sa.String(80), nullable=False),
    sa.Column("replaces", sa.Integer, sa.ForeignKey("issued_report.id")),
    sa.Column("word", sa.LargeBinary, nullable=False),
    sa.Column("pdf", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("wave", "number"),
)
sa.Table(
    "response_text",
    tables,
    sa.Column("response", sa.Uuid, sa.ForeignKey("response.id"), primary_key=True),
    sa.Column("texts", Document, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "review",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("response", sa.Uuid, sa.ForeignKey("response.id"), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(400), nullable=False),
    sa.Column("person", sa.String(80), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Index("ix_review_response", "response"),
    sa.Index("ix_review_wave", "wave"),
)
sa.Table(
    "sheet",
    tables,
    sa.Column("serial", sa.String(12), primary_key=True),
    sa.Column("batch", sa.String(60), sa.ForeignKey("batch.code"), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(200)),
    sa.Column("double", sa.Boolean, nullable=False),
    sa.Column("reinterview", sa.Boolean, nullable=False),
    sa.Column("replaced", sa.String(20)),
    sa.Column("adults", sa.Integer),
    sa.Column("response", sa.Uuid, sa.ForeignKey("response.id")),
    sa.Index("ix_sheet_batch", "batch"),
    sa.Index("ix_sheet_response", "response"),
)
sa.Table(
    "weight",
    tables,
    sa.Column("version", sa.Integer, sa.ForeignKey("weight_version.id"), primary_key=True),
    sa.Column("response", sa.Uuid, sa.ForeignKey("response.id"), primary_key=True),
    sa.Column("weight", sa.Double, nullable=False),
    sqlite_with_rowid=False,
)
sa.Table(
    "keying",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sheet", sa.String(12), sa.ForeignKey("sheet.serial"), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("keyer", sa.String(80), nullable=False),
    sa.Column("source", sa.String(10), nullable=False),
    sa.Column("typed", Document, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.UniqueConstraint("sheet", "turn"),
)
sa.Table(
    "open_keying",
    tables,
    sa.Column("sheet", sa.String(12), sa.ForeignKey("sheet.serial"), primary_key=True),
    sa.Column("turn", sa.Integer, primary_key=True),
    sa.Column("keyer", sa.String(80), nullable=False),
    sa.Column("typed", Document, nullable=False),
    sa.Column("at", sa.String(60)),
    sa.Column("finished", sa.Boolean, nullable=False),
)
sa.Table(
    "reinterview",
    tables,
    sa.Column("sheet", sa.String(12), sa.ForeignKey("sheet.serial"), primary_key=True),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("link", sa.LargeBinary),
    sa.Column("answers", Document),
    sa.Column("person", sa.String(80)),
    sa.Column("day", sa.Date),
)
sa.Table(
    "scan",
    tables,
    sa.Column("sheet", sa.String(12), sa.ForeignKey("sheet.serial"), primary_key=True),
    sa.Column("page", sa.Integer, primary_key=True),
    sa.Column("marks", Document, nullable=False),
    sa.Column("picture", sa.LargeBinary),
)

"""The province's year.

Revision ID: 0101
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from survey.storage.append_only import refuse_changes

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None

Document = sa.JSON().with_variant(JSONB(), "postgresql")
APPEND_ONLY = (
    "year_wave",
    "published_figure",
    "scorecard",
    "score",
    "duty",
    "progress",
    "case_reply",
    "case_publication",
    "year_file",
)
EXISTING = {"wave", "unit", "theme"}  # of the first release, which the new ones refer to
tables = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def upgrade() -> None:
    new = [table for table in tables.sorted_tables if table.name not in EXISTING]
    tables.create_all(op.get_bind(), tables=new, checkfirst=False)
    op.add_column("release", sa.Column("targets", Document))
    move_targets()
    op.drop_table("target")
    for table in APPEND_ONLY:
        refuse_changes(table)
    case = tables.tables["citizen_case"]
    refuse_changes(case.name, [column.name for column in case.columns if column.name != "words"])


def move_targets() -> None:
    """Each target becomes the first version of a duty of the year in which its wave ends, without a decision that
    nobody noted, and the wave becomes that year's survey; releases keep those that their reports showed.

    An office that is no unit by its name or code is told with the head, under the province.
    """
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT target.*, wave.closes AS closes, wave.kind AS kind, unit.parent AS parent, "
            "EXISTS (SELECT 1 FROM response WHERE response.wave = target.wave AND response.day < target.day) "
            "AS seen "
            "FROM target JOIN wave ON wave.code = target.wave JOIN unit ON unit.code = target.unit "
            "ORDER BY wave.closes, target.id"
        ).columns(closes=sa.Date, day=sa.Date, at_most=sa.Boolean, seen=sa.Boolean)
    ).mappings()
    units = connection.execute(sa.text("SELECT code, name, parent FROM unit")).all()
    code_of = {code: code for code, _name, _parent in units} | {name: code for code, name, _parent in units}
    province = next((code for code, _name, parent in units if parent is None), None)
    surveys: dict[int, str] = {}
    moved: dict[str, list[int]] = {}
    for number, row in enumerate(rows, 1):
        office, year = code_of.get(row["office"]), row["closes"].year
        if row["kind"] == "sample":
            surveys[year] = row["wave"]
        values = {
            "year": year,
            "code": f"MT-{number}",
            "version": 1,
            "kind": "target",
            "what": row["measure"],
            "measure": f"survey:{row['measure']}",
            "value": round(100 * row["value"], 6),
            "at_most": row["at_most"],
            "unit": None if row["parent"] is None else row["unit"],
            "office": office or province,
            "head": row["head"] if office else f"{row['head']}, {row['office']}"[:120],
            "deadline": row["closes"],
            "decision": row["decision"],
            "source": row["wave"],
            "set_on": row["day"],
            "set_by": "",
            "after_data": bool(row["seen"]),
        }
        duty = tables.tables["duty"]
        made = connection.execute(duty.insert().values(values).returning(duty.c.id))
        moved.setdefault(row["wave"], []).append(made.scalar_one())
    for year, wave in surveys.items():
        survey = {"year": year, "role": "survey", "wave": wave, "set_on": sa.func.current_date()}
        connection.execute(tables.tables["year_wave"].insert().values(survey))
    release = sa.table("release", sa.column("wave", sa.String), sa.column("targets", Document))
    for wave, ids in moved.items():
        connection.execute(release.update().where(release.c.wave == wave).values(targets=ids))


sa.Table("wave", tables, sa.Column("code", sa.String(40), primary_key=True))
sa.Table("unit", tables, sa.Column("code", sa.String(20), primary_key=True))
sa.Table(
    "theme",
    tables,
    sa.Column("wave", sa.String(40), primary_key=True),
    sa.Column("code", sa.String(20), primary_key=True),
)
sa.Table(
    "year_wave",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("set_on", sa.Date, nullable=False),
    sa.Index("ix_year_wave_year", "year"),
)
sa.Table(
    "published_figure",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("place", sa.String(80), nullable=False),
    sa.Column("index", sa.String(40), nullable=False),
    sa.Column("part", sa.String(40), nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("unit", sa.String(10), nullable=False),
    sa.Column("max", sa.Double),
    sa.Column("rank", sa.Integer),
    sa.Column("of", sa.Integer),
    sa.Column("group", sa.Integer),
    sa.Column("source", sa.String(500), nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("stored_on", sa.Date, nullable=False),
    sa.Index("ix_published_figure_year", "year"),
)
sa.Table(
    "scorecard",
    tables,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", Document, nullable=False),
    sa.Column("published", sa.Date, nullable=False),
    sa.UniqueConstraint("code", "version"),
)
sa.Table(
    "score",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("scorecard", sa.String(64), sa.ForeignKey("scorecard.digest"), nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("part", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("evidence", sa.String(500), nullable=False),
    sa.Column("explanation", sa.String(1000), nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("given_on", sa.Date, nullable=False),
    sa.Index("ix_score_year", "year", "scorecard"),
)
sa.Table(
    "duty",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("code", sa.String(20), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("what", sa.String(300), nullable=False),
    sa.Column("measure", sa.String(120), nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("at_most", sa.Boolean, nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code")),
    sa.Column("office", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("head", sa.String(120), nullable=False),
    sa.Column("deadline", sa.Date, nullable=False),
    sa.Column("decision", sa.String(500), nullable=False),
    sa.Column("source", sa.String(500), nullable=False),
    sa.Column("set_on", sa.Date),
    sa.Column("set_by", sa.String(80), nullable=False),
    sa.Column("after_data", sa.Boolean, nullable=False),
    sa.UniqueConstraint("year", "code", "version"),
)
sa.Table(
    "progress",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("code", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("note", sa.String(500), nullable=False),
    sa.Column("evidence", sa.String(500), nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Index("ix_progress_year", "year", "code"),
)
sa.Table(
    "citizen_case",
    tables,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("quarter", sa.String(6), nullable=False),
    sa.Column("wave", sa.String(40), sa.ForeignKey("wave.code"), nullable=False),
    sa.Column("unit", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("theme", sa.String(20), nullable=False),
    sa.Column("words", sa.String(300), nullable=False),
    sa.Column("office", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("head", sa.String(120), nullable=False),
    sa.Column("deadline", sa.Date, nullable=False),
    sa.Column("opened_by", sa.String(80), nullable=False),
    sa.ForeignKeyConstraint(["wave", "theme"], ["theme.wave", "theme.code"], name="fk_citizen_case_theme"),
    sa.Index("ix_citizen_case_quarter", "quarter"),
    sqlite_with_rowid=False,
)
sa.Table(
    "case_reply",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("case", sa.Uuid, sa.ForeignKey("citizen_case.id"), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("words", sa.String(600), nullable=False),
    sa.Column("office", sa.String(20), sa.ForeignKey("unit.code"), nullable=False),
    sa.Column("head", sa.String(120), nullable=False),
    sa.Column("replied_on", sa.Date, nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Index("ix_case_reply_case", "case"),
)
sa.Table(
    "case_publication",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("case", sa.Uuid, sa.ForeignKey("citizen_case.id"), nullable=False),
    sa.Column("reply", sa.Integer, sa.ForeignKey("case_reply.id")),
    sa.Column("published_on", sa.Date, nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Index("ix_case_publication_case", "case"),
)
sa.Table(
    "year_release",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("content", Document, nullable=False),
    sa.Column("rows", Document, nullable=False),
    sa.Column("frozen", sa.Date, nullable=False),
    sa.Column("frozen_by", sa.String(80), nullable=False),
    sa.Column("checked", sa.Date),
    sa.Column("checked_by", sa.String(80)),
    sa.Column("approved", sa.Date),
    sa.Column("approved_by", sa.String(80)),
    sa.UniqueConstraint("year", "number"),
)
sa.Table(
    "year_file",
    tables,
    sa.Column("release", sa.Integer, sa.ForeignKey("year_release.id"), primary_key=True),
    sa.Column("format", sa.String(4), primary_key=True),
    sa.Column("language", sa.String(3), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

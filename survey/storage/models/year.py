"""The province's year: scorecards, published figures, who answers for what, what citizens said.

All of it is append-only but the release: the newest row of a key holds, and a release keeps the ids of its day.
A head is a position, never a person's name.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base, enum_column


class YearRole(StrEnum):
    """What a wave is to a year: its survey of citizens, or of leaders."""

    SURVEY = "survey"
    LEADERS = "leaders"


class YearWave(Base):
    """Which wave the measures `survey:…` and `leaders:…` of a year mean; the newest row of a role holds."""

    __tablename__ = "year_wave"
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    role: Mapped[YearRole] = mapped_column(enum_column(YearRole))
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    set_on: Mapped[date]
    __table_args__ = (Index("ix_year_wave_year", "year"),)


class PublishedFigure(Base):
    """A figure that others published, with its source; the newest of (year, place, index, part) holds. Without
    value, rank and group nothing was published, and `note` says why."""

    __tablename__ = "published_figure"
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    place: Mapped[str] = mapped_column(String(80))
    index: Mapped[str] = mapped_column(String(40))
    part: Mapped[str] = mapped_column(String(40))  # blank: the whole
    value: Mapped[float | None]
    unit: Mapped[str] = mapped_column(String(10))  # percent | points
    max: Mapped[float | None]
    rank: Mapped[int | None]
    of: Mapped[int | None]
    group: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(500))
    note: Mapped[str] = mapped_column(String(500))
    stored_on: Mapped[date]
    __table_args__ = (Index("ix_published_figure_year", "year"),)


class PublishedScorecard(Base):
    """A version of a scorecard document, for good: areas, criteria and components with their maxima."""

    __tablename__ = "scorecard"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    published: Mapped[date]
    __table_args__ = (UniqueConstraint("code", "version"),)


class ScoreKind(StrEnum):
    """Who gave the points: the office itself, who appraised it, or the ministry."""

    SELF = "self"
    ASSESSED = "assessed"
    OFFICIAL = "official"


class Score(Base):
    """Points of a part of a scorecard in a year, for a unit; the newest of a kind holds."""

    __tablename__ = "score"
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    scorecard: Mapped[str] = mapped_column(ForeignKey("scorecard.digest"))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    part: Mapped[str] = mapped_column(String(20))
    kind: Mapped[ScoreKind] = mapped_column(enum_column(ScoreKind))
    value: Mapped[float]
    evidence: Mapped[str] = mapped_column(String(500))
    explanation: Mapped[str] = mapped_column(String(1000))
    by: Mapped[str] = mapped_column(String(80))
    given_on: Mapped[date]
    __table_args__ = (Index("ix_score_year", "year", "scorecard"),)


class DutyKind(StrEnum):
    """A target has a value to reach, a task has words. (A case is a `CitizenCase`.)"""

    TARGET = "target"
    TASK = "task"


class Duty(Base):
    """What an office and its head answer for, by a decision; the newest version of (year, code) holds.

    value       in percent, points, places or a group, as the measure has it; None of a task
    set_on      None of what was there before days were kept
    after_data  the figure of the measure was there already when this version came
    """

    __tablename__ = "duty"
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    code: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    kind: Mapped[DutyKind] = mapped_column(enum_column(DutyKind))
    what: Mapped[str] = mapped_column(String(300))
    measure: Mapped[str] = mapped_column(String(120))
    value: Mapped[float | None]
    at_most: Mapped[bool]
    unit: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))  # None: the province
    office: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    head: Mapped[str] = mapped_column(String(120))
    deadline: Mapped[date]
    decision: Mapped[str] = mapped_column(String(500))
    source: Mapped[str] = mapped_column(String(500))
    set_on: Mapped[date | None]
    set_by: Mapped[str] = mapped_column(String(80))
    after_data: Mapped[bool]
    __table_args__ = (UniqueConstraint("year", "code", "version"),)


class ProgressState(StrEnum):
    """How far a task is."""

    DOING = "doing"
    DONE = "done"
    STOPPED = "stopped"


class Progress(Base):
    """What was reported of a task; the newest row holds."""

    __tablename__ = "progress"
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    code: Mapped[str] = mapped_column(String(20))
    state: Mapped[ProgressState] = mapped_column(enum_column(ProgressState))
    day: Mapped[date]
    note: Mapped[str] = mapped_column(String(500))
    evidence: Mapped[str] = mapped_column(String(500))
    by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (Index("ix_progress_year", "year", "code"),)


class CitizenCase(Base):
    """What five people or more wrote about a theme, in one sentence, handed to an office with a deadline.

    Nothing leads from it to a response: its id is random and the order on disk, and no day of its opening is kept
    but the quarter. Its words alone may change, by being emptied.
    """

    __tablename__ = "citizen_case"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    quarter: Mapped[str] = mapped_column(String(6))  # 2026Q3
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))  # a commune, or the province
    theme: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(300))
    office: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    head: Mapped[str] = mapped_column(String(120))
    deadline: Mapped[date]
    opened_by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (
        ForeignKeyConstraint(["wave", "theme"], ["theme.wave", "theme.code"], name="fk_citizen_case_theme"),
        Index("ix_citizen_case_quarter", "quarter"),
        {"sqlite_with_rowid": False},
    )


class Outcome(StrEnum):
    """What became of a case; `passed` hands it to another office and leaves it open."""

    DONE = "done"
    DOING = "doing"
    CANNOT = "cannot"
    PASSED = "passed"


class CaseReply(Base):
    """An office's reply to a case; the newest holds. `office`, `head`: who answers for it from here on."""

    __tablename__ = "case_reply"
    id: Mapped[int] = mapped_column(primary_key=True)
    case: Mapped[UUID] = mapped_column(ForeignKey("citizen_case.id"))
    outcome: Mapped[Outcome] = mapped_column(enum_column(Outcome))
    words: Mapped[str] = mapped_column(String(600))
    office: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    head: Mapped[str] = mapped_column(String(120))
    replied_on: Mapped[date]
    by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (Index("ix_case_reply_case", "case"),)


class CasePublication(Base):
    """That a case is to be seen by everybody, with the reply that it had by then; None: it was overdue."""

    __tablename__ = "case_publication"
    id: Mapped[int] = mapped_column(primary_key=True)
    case: Mapped[UUID] = mapped_column(ForeignKey("citizen_case.id"))
    reply: Mapped[int | None] = mapped_column(ForeignKey("case_reply.id"))
    published_on: Mapped[date]
    by: Mapped[str] = mapped_column(String(80))
    __table_args__ = (Index("ix_case_publication_case", "case"),)


class YearRelease(Base):
    """The year's document as it was frozen on a day: checked by one person, approved by another.

    content  what the document says, in each language; every format prints it
    rows     table -> ids of the rows that it rests on
    by_operator  as of a wave's release
    """

    __tablename__ = "year_release"
    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(Document)
    rows: Mapped[dict[str, Any]] = mapped_column(Document)
    frozen: Mapped[date]
    frozen_by: Mapped[str] = mapped_column(String(80))
    checked: Mapped[date | None]
    checked_by: Mapped[str | None] = mapped_column(String(80))
    approved: Mapped[date | None]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    by_operator: Mapped[list[str] | None] = mapped_column(Document)
    __table_args__ = (UniqueConstraint("year", "number"),)


class YearFile(Base):
    """The document of an approved release as it went out, byte for byte. Append-only."""

    __tablename__ = "year_file"
    release: Mapped[int] = mapped_column(ForeignKey("year_release.id"), primary_key=True)
    format: Mapped[str] = mapped_column(String(4), primary_key=True)
    language: Mapped[str] = mapped_column(String(3), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)

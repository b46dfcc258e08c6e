"""Releases and reports."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base


class Release(Base):
    """A wave's data as they were frozen on a day, so that what is shown of them can't move any more.

    It goes through hands: frozen, checked, approved, each by name and day. Only an approved one is seen by
    communes, programs and open files; the newest of these is the one shown. Once that is withdrawn none is.

    withdrawal   why it was withdrawn; everybody reads it instead of its figures, where it was corrected the newest
    wordings     each reason with `person`, `day` and `by_operator`, the first one first;
                 None where it was never corrected
    by_operator  the steps (frozen, checked, approved, withdrawn) taken by a command: whoever works on the server
                 told the name, and nobody signed in
    """

    __tablename__ = "release"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    number: Mapped[int]
    responses: Mapped[bytes] = mapped_column(LargeBinary)  # the ids, 16 bytes each, in their order
    rejected: Mapped[int]  # responses that a review had taken out by then
    aside: Mapped[int] = mapped_column(default=0, server_default="0")  # in lots that were set aside by then
    data: Mapped[str] = mapped_column(String(64))  # `Respondents.version` of these responses
    weights: Mapped[int | None] = mapped_column(ForeignKey("weight_version.id"))
    draw: Mapped[int | None] = mapped_column(ForeignKey("draw.id"))
    # Ids of the codings and paraphrases that held, the themes, and how many remarks nobody had read
    remarks: Mapped[dict[str, Any] | None] = mapped_column(Document)
    targets: Mapped[list[int] | None] = mapped_column(Document)  # the ids of the duties of its day
    frozen: Mapped[date]
    frozen_by: Mapped[str] = mapped_column(String(80))
    checked: Mapped[date | None]
    checked_by: Mapped[str | None] = mapped_column(String(80))
    approved: Mapped[date | None]
    approved_by: Mapped[str | None] = mapped_column(String(80))
    correction: Mapped[str | None] = mapped_column(String(500))  # why few forms changed; declared by `frozen_by`
    withdrawn: Mapped[date | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawal: Mapped[str | None] = mapped_column(String(500))
    wordings: Mapped[list[dict[str, Any]] | None] = mapped_column(Document)
    by_operator: Mapped[list[str] | None] = mapped_column(Document)
    __table_args__ = (UniqueConstraint("wave", "number"),)


class ReleaseMatter(Base):
    """An open matter that somebody went past with a release, and why. Append-only.

    step     `frozen`, `checked` or `approved`
    subject  the same at each step; `told` is what was open then, a sentence in each language
    """

    __tablename__ = "release_matter"
    id: Mapped[int] = mapped_column(primary_key=True)
    release: Mapped[int] = mapped_column(ForeignKey("release.id"))
    step: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(200))
    told: Mapped[dict[str, str]] = mapped_column(Document)
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (Index("ix_release_matter_release", "release"),)


class IssuedReport(Base):
    """A report as it went out, byte for byte. Append-only: a correction is a new one that names the old."""

    __tablename__ = "issued_report"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    release: Mapped[int] = mapped_column(ForeignKey("release.id"))
    number: Mapped[str] = mapped_column(String(60))  # Số: 123/BC-SNV
    day: Mapped[date]
    issued_by: Mapped[str] = mapped_column(String(80))
    replaces: Mapped[int | None] = mapped_column(ForeignKey("issued_report.id"))
    word: Mapped[bytes] = mapped_column(LargeBinary)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (UniqueConstraint("wave", "number"),)

"""The coding of open answers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base


class Theme(Base):
    """What remarks of a wave can be about. Once something names one, it is closed, never removed."""

    __tablename__ = "theme"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[int]  # 1, 2 … in the list; the key that ticks it
    vi: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(80))
    closed: Mapped[bool] = mapped_column(default=False)


class Coding(Base):
    """The themes that somebody found in what a person wrote; the newest of the first turn holds. Append-only."""

    __tablename__ = "coding"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    response: Mapped[UUID] = mapped_column(ForeignKey("response.id"))
    turn: Mapped[int]  # 1 counts; 2 is another person's, blind, to see how far two agree
    themes: Mapped[list[str]] = mapped_column(Document)  # codes, in the order of the list
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (Index("ix_coding_response", "response"), Index("ix_coding_wave", "wave"))


class Paraphrase(Base):
    """A short sentence that says what people of a unit wrote about a theme, and names nobody. Nothing leads from
    it to a response. Withdrawn, its words are emptied for good; a correction is a new one."""

    __tablename__ = "paraphrase"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    theme: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(300))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (
        ForeignKeyConstraint(["wave", "theme"], ["theme.wave", "theme.code"], name="fk_paraphrase_theme"),
        Index("ix_paraphrase_wave", "wave"),
    )

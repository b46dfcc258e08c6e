"""The workshop: questionnaires that are being written, who wrote at them, and who published them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base, enum_column


class DraftState(StrEnum):
    """`writing`: it may be changed. `sent`: it waits for a second person. The others are ends."""

    WRITING = "writing"
    SENT = "sent"
    PUBLISHED = "published"
    DROPPED = "dropped"


class Draft(Base):
    """A questionnaire that is being written. What it says is the document of its present step."""

    __tablename__ = "draft"
    id: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[str | None] = mapped_column(ForeignKey("questionnaire.digest"))  # the version that it began as
    state: Mapped[DraftState] = mapped_column(enum_column(DraftState))
    step: Mapped[int]  # the number of the present one
    editor: Mapped[str | None] = mapped_column(String(80))  # who writes at it, or sent it
    edited_at: Mapped[int]  # in seconds since 1970
    begun: Mapped[date]
    reply: Mapped[str | None] = mapped_column(Text)  # what the second person said who gave it back


class DraftStep(Base):
    """What a draft said after a change. Steps that were undone stay until the next change; of a draft that came to
    an end none does."""

    __tablename__ = "draft_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    draft: Mapped[int] = mapped_column(ForeignKey("draft.id"))
    number: Mapped[int]
    place: Mapped[str] = mapped_column(String(60))  # what was changed: the code of an item, or a word
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    account: Mapped[str] = mapped_column(String(80))
    at: Mapped[int]  # in seconds since 1970
    __table_args__ = (UniqueConstraint("draft", "number"),)


class DraftWriter(Base):
    """Who changed anything of a draft: none of them may publish it. Append-only."""

    __tablename__ = "draft_writer"
    draft: Mapped[int] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    account: Mapped[str] = mapped_column(String(80), primary_key=True)


class DraftNote(Base):
    """What is said beside a question of a draft: why a hint is not followed, what somebody said who tried it; of
    the whole, what of its file was not taken over. Gone when the draft comes to an end."""

    __tablename__ = "draft_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    draft: Mapped[int] = mapped_column(ForeignKey("draft.id"))
    item: Mapped[str] = mapped_column(String(40))  # its code; "" for the whole
    rule: Mapped[str] = mapped_column(String(40))  # of the hint that is not followed; "" for a word of a trial
    words: Mapped[str] = mapped_column(String(1000))
    account: Mapped[str | None] = mapped_column(String(80))  # none: somebody who tried it
    day: Mapped[date]


class Publication(Base):
    """Who published a version that was written in the workshop. Append-only; the database refuses an account that
    wrote at it."""

    __tablename__ = "publication"
    questionnaire: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"), primary_key=True)
    draft: Mapped[int] = mapped_column(ForeignKey("draft.id"))
    account: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]

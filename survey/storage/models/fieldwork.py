"""Fieldwork: from an invitation or a drawn household to a finished form."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document, EncryptedBytes, EncryptedInteger, EncryptedJSON
from survey.storage.models.base import Base, enum_column


class Invitation(Base):
    """A code that lets one person of a sampled village or of a group of leaders answer, known by its keyed digest
    alone.

    Nothing leads from it to a response: not even the day is kept. The response has the village or the group, the
    code is `used`.
    """

    __tablename__ = "invitation"
    digest: Mapped[str] = mapped_column(String(32), primary_key=True)
    wave: Mapped[str] = mapped_column(String(40))
    psu: Mapped[str | None] = mapped_column(String(60))
    stratum: Mapped[str | None] = mapped_column(String(60))
    used: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (
        ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_invitation_village"),
        ForeignKeyConstraint(
            ["wave", "stratum"], ["leader_group.wave", "leader_group.stratum"], name="fk_invitation_group"
        ),
        Index("ix_invitation_village", "wave", "psu"),
        {"sqlite_with_rowid": False},
    )


class Visit(Base):
    """What became of a drawn household: one of `fieldwork.OUTCOMES`. It says nothing of what was answered."""

    __tablename__ = "visit"
    draw: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    psu: Mapped[str] = mapped_column(String(60), primary_key=True)
    household: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(String(20))


class SheetState(StrEnum):
    """Where a paper form is. `out`: not back; `waiting`: back, to be entered; `void`: back or known to be lost to
    the survey, with the reason; `entered`: its response is stored."""

    OUT = "out"
    WAITING = "waiting"
    VOID = "void"
    ENTERED = "entered"


class Batch(Base):
    """A packet of paper forms that goes to one village. Printed is issued: `printed` is the day of its numbers,
    `on_paper` the last one on which its file was made."""

    __tablename__ = "batch"
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    psu: Mapped[str] = mapped_column(String(60))
    printed: Mapped[date]
    interviewer: Mapped[str | None] = mapped_column(String(80))  # to whom it was handed over
    handed_over: Mapped[date | None]
    on_paper: Mapped[date | None]
    due: Mapped[date | None]  # until when it is to be back
    returned: Mapped[date | None]
    counted: Mapped[int | None]  # forms in the batch when it came back, filled in or not
    __table_args__ = (
        ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_batch_village"),
        Index("ix_batch_wave", "wave"),
    )


class Sheet(Base):
    """One paper form. It belongs to a batch, not to a household."""

    __tablename__ = "sheet"
    serial: Mapped[str] = mapped_column(String(12), primary_key=True)
    batch: Mapped[str] = mapped_column(ForeignKey("batch.code"))
    place: Mapped[int]  # 1, 2 … in its batch
    state: Mapped[SheetState] = mapped_column(enum_column(SheetState), default=SheetState.OUT)
    reason: Mapped[str | None] = mapped_column(String(200))  # why it is void, or why it is missing at the closing
    double: Mapped[bool] = mapped_column(default=False)  # chosen for blind second keying
    reinterview: Mapped[bool] = mapped_column(default=False)  # chosen for phúc tra
    replaced: Mapped[str | None] = mapped_column(String(20))  # why a replacement was asked instead
    adults: Mapped[int | None]  # in the household, as noted on the sheet
    response: Mapped[UUID | None] = mapped_column(ForeignKey("response.id"))
    __table_args__ = (Index("ix_sheet_batch", "batch"), Index("ix_sheet_response", "response"))


class OpenKeying(Base):
    """A form that somebody is keying, or has keyed while its response waits for the other turn. `typed` is kept
    after every field, sealed. Free texts stand here alone until the response is stored, then the row goes."""

    __tablename__ = "open_keying"
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True)  # 1 first, 2 second and blind, 3 who settles the two
    keyer: Mapped[str] = mapped_column(String(80))
    typed: Mapped[dict[str, str]] = mapped_column(EncryptedJSON("open_keying.typed"))
    at: Mapped[str | None] = mapped_column(String(60))  # the item where the keyer stands
    finished: Mapped[bool] = mapped_column(default=False)


class Keying(Base):
    """What was keyed of a form in one turn, without its free texts. Append-only."""

    __tablename__ = "keying"
    id: Mapped[int] = mapped_column(primary_key=True)
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"))
    turn: Mapped[int]
    keyer: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(10))  # person | scan
    typed: Mapped[dict[str, str]] = mapped_column(Document)
    day: Mapped[date]
    __table_args__ = (UniqueConstraint("sheet", "turn"),)


class KeyingDecision(Base):
    """What a supervisor decided of a keyed form, and why. Append-only.

    turn      from the fourth on: the form is keyed once more from the paper, and what is keyed then holds; the
              second: it is waived, and the one keying holds
    response  what was stored of the form before it was to be keyed once more
    """

    __tablename__ = "keying_decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"))
    turn: Mapped[int]
    response: Mapped[UUID | None] = mapped_column(ForeignKey("response.id"))
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (UniqueConstraint("sheet", "turn"), Index("ix_keying_decision_response", "response"))


class Scan(Base):
    """A scanned page of a form, until its doubtful marks are settled; then it goes. What was read and the picture
    of what wasn't clear are sealed: there is handwriting on it. The picture is fetched only by who looks at it."""

    __tablename__ = "scan"
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    marks: Mapped[dict[str, Any]] = mapped_column(EncryptedJSON("scan.marks"))
    picture: Mapped[bytes | None] = mapped_column(EncryptedBytes("scan.picture"), deferred=True)


class ReviewState(StrEnum):
    """What people decided of a response. A rejected one stays, out of the estimates."""

    NEW = "new"
    APPROVED = "approved"
    ON_HOLD = "on_hold"
    REJECTED = "rejected"


class Review(Base):
    """A decision on a response; the newest one holds. Append-only."""

    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    response: Mapped[UUID] = mapped_column(ForeignKey("response.id"))
    state: Mapped[ReviewState] = mapped_column(enum_column(ReviewState))
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (Index("ix_review_response", "response"), Index("ix_review_wave", "wave"))


class Reinterview(Base):
    """A form chosen for phúc tra: the one link from a form to a household, and what was answered the second time.

    `household` and `answers` are sealed, and emptied when the agreement is computed, at the closing of the wave at
    the latest. No sensitive item is asked again. `outcome` is one of `reinterviews.OUTCOMES` where the household
    was visited and nothing is to be compared.
    """

    __tablename__ = "reinterview"
    sheet: Mapped[str] = mapped_column(ForeignKey("sheet.serial"), primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    household: Mapped[int | None] = mapped_column("link", EncryptedInteger("reinterview.link"))
    answers: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJSON("reinterview.answers"))
    outcome: Mapped[str | None] = mapped_column(String(20))
    person: Mapped[str | None] = mapped_column(String(80))
    day: Mapped[date | None]


class Agreement(Base):
    """How far the answers of phúc tra agree with the first ones: figures alone. Append-only."""

    __tablename__ = "agreement"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    made: Mapped[date]
    figures: Mapped[dict[str, Any]] = mapped_column(Document)


class ServiceCount(Base):
    """Transactions of a service at a unit in a week, from the one-stop system: the population of an open wave."""

    __tablename__ = "service_count"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"), primary_key=True)
    service: Mapped[str] = mapped_column(String(60), primary_key=True)
    week: Mapped[date] = mapped_column(primary_key=True)  # its Monday
    count: Mapped[int]

"""Responses, and the devices that send them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base, enum_column

IN_VILLAGES = "psu IS NOT NULL"


class Mode(StrEnum):
    """The way in which a person answered."""

    PHONE = "phone"
    KIOSK = "kiosk"
    PAPER = "paper"
    INTERVIEWER = "interviewer"


class Response(Base):
    """One person's answers. Append-only.

    `id` is made where the form is filled in, at random, and is the order on disk
    (`survey/responses/arrival_order.py`), so neither the order nor the time of arrival is kept.
    The stratum follows from the village. A leader has no village but a group, `stratum`, and may have rated
    several units: then `person` is a label within the group, the same in all its responses. Of who brought it
    it knows the number of the lot alone, the one column that may still change (`Lot`).
    """

    __tablename__ = "response"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    psu: Mapped[str | None] = mapped_column(String(60))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    day: Mapped[date]
    questionnaire: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"))
    answers: Mapped[dict[str, Any]] = mapped_column(Document)
    marks: Mapped[list[str]] = mapped_column(Document, default=list)
    adults: Mapped[int | None]  # in the household, of whom this person was chosen; enters the weight
    stratum: Mapped[str | None] = mapped_column(String(60))
    person: Mapped[str | None] = mapped_column(String(60))
    lot: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("lot.number"))
    __table_args__ = (
        ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_response_village"),
        Index("ix_response_wave", "wave", "lot"),
        Index("ix_response_lot", "lot"),  # asked of each lot that goes, whatever its wave
        Index(
            "ix_response_village",
            "wave",
            "psu",
            sqlite_where=text(IN_VILLAGES),
            postgresql_where=text(IN_VILLAGES),
        ),
        {"sqlite_with_rowid": False},
    )


class ResponseText(Base):
    """What a person wrote in words, apart from the rest because it may name somebody, and sealed. Append-only.
    `survey.storage.encrypted_texts` seals and opens."""

    __tablename__ = "response_text"
    response: Mapped[UUID] = mapped_column(ForeignKey("response.id"), primary_key=True)
    texts: Mapped[dict[str, str]] = mapped_column(Document)
    __table_args__ = ({"sqlite_with_rowid": False},)


class TextKey(Base):
    """The key of a wave's texts, wrapped by the master key; empty once it is destroyed."""

    __tablename__ = "text_key"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class Device(Base):
    """A browser that may send what it sealed, until it is revoked: a kiosk or an interviewer's tablet.

    A kiosk opened a one-use link, which binds it to a wave, a unit and a place. A tablet was bound by an
    interviewer who signed in on it; it sends for any village, and wave and unit only say where that was. The link
    and the token are kept as digests. `key` names the key to which it began to seal.

    owner    the account that bound the tablet or made the link of the kiosk, and whose switching off revokes it;
             none where that was done on the server
    follows  the number of the revoked device that this browser was before: what it sealed by the day of the new
             binding is held
    """

    __tablename__ = "device"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    place: Mapped[str] = mapped_column(String(200))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode), default=Mode.KIOSK, server_default=Mode.KIOSK)
    link: Mapped[str] = mapped_column(String(64), unique=True)
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    leave_salt: Mapped[str] = mapped_column(String(32))
    leave_digest: Mapped[str] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(32))
    made: Mapped[date]
    bound: Mapped[date | None]
    heard: Mapped[date | None]  # the last day on which it sent something
    revoked: Mapped[date | None]
    owner: Mapped[str | None] = mapped_column(String(80))
    follows: Mapped[int | None]


class QuarantinedResponse(Base):
    """What could not be counted as it came: kept, sealed, until staff look. Append-only.

    Known by the SHA-256 of the sealed bytes, so that what is sent again is kept once. What stands around the
    seal is kept as the device said it; `reason` is one of `sealed_responses.REASONS`. What an account sent openly
    is sealed by the server, and bears the account instead of a device.
    """

    __tablename__ = "quarantined_response"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    device: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    account: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(20))
    id: Mapped[UUID]
    wave: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(String(20))
    psu: Mapped[str | None] = mapped_column(String(60))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    day: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(32))
    sealed: Mapped[str] = mapped_column(Text)
    __table_args__ = ({"sqlite_with_rowid": False},)


class Verdict(StrEnum):
    """What people decided of a response that was held."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


class QuarantineDecision(Base):
    """A decision on a held response; the newest one holds, and none follows an acceptance. Append-only."""

    __tablename__ = "quarantine_decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    quarantined: Mapped[str] = mapped_column(ForeignKey("quarantined_response.digest"))
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict))
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (Index("ix_quarantine_decision_quarantined", "quarantined"),)

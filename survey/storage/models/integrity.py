"""Who may send for others, what was brought together, and what shows that nobody steered it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base, enum_column
from survey.storage.models.responses import Mode


class LotKind(StrEnum):
    """What brought the responses of a lot together."""

    IMPORT = "import"  # a file
    KEYER = "keyer"  # an account's day of keying
    INTERVIEWER = "interviewer"  # an account's day in a village
    TABLET = "tablet"  # a bound tablet's day in a village
    KIOSK = "kiosk"  # a bound kiosk's day
    LETTER = "letter"  # codes of letters: a village's or group's day
    LINK = "link"  # the open page: a commune's day
    PROGRAM = "program"  # the API without a page: a commune's day
    EARLIER = "earlier"  # stored before lots were kept: a village's or commune's day
    JOINED = "joined"  # what several brought, each fewer than five


class Lot(Base):
    """Responses that one sender brought together, which can be set aside as a whole. A response knows the number,
    which is chance, and nothing else of who brought it; a day's lots of fewer than five are joined to others when
    the day is over (`survey/responses/lot_joining.py`).

    sender  an account, `device:NUMBER`, or the name of what was imported; none of strangers
    unit    none where it has several
    day     on which its responses were answered, the first of them where it was joined; of a file that of import
    closed  the day from which on nothing comes to it or leaves it; None while it may still grow
    joined  how many of its responses came from lots of others that were too small

    Its rows lie in the order of their numbers, which are chance: nothing says which place had a form first.
    """

    __tablename__ = "lot"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    kind: Mapped[LotKind] = mapped_column(enum_column(LotKind))
    sender: Mapped[str | None] = mapped_column(String(200))
    unit: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    psu: Mapped[str | None] = mapped_column(String(60))
    mode: Mapped[Mode | None] = mapped_column(enum_column(Mode))
    day: Mapped[date]
    closed: Mapped[date | None]
    joined: Mapped[int] = mapped_column(default=0, server_default="0")
    __table_args__ = (Index("ix_lot_wave", "wave"), {"sqlite_with_rowid": False})


class LotStepKind(StrEnum):
    """What somebody did with a lot: two people set it aside, and two take that back; one recalls an import."""

    PROPOSE_ASIDE = "propose_aside"
    ASIDE = "aside"
    PROPOSE_BACK = "propose_back"
    BACK = "back"
    WITHDRAW = "withdraw"  # a proposal is given up or refused
    RECALL = "recall"  # a file that was imported is taken back by one person, for good


class LotStep(Base):
    """A step with a lot; the newest one holds. Append-only.

    by_operator  whether it was taken by a command: whoever works on the server told the name; None of before
    """

    __tablename__ = "lot_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    lot: Mapped[int] = mapped_column(BigInteger, ForeignKey("lot.number"))
    step: Mapped[LotStepKind] = mapped_column(enum_column(LotStepKind))
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    by_operator: Mapped[bool | None]
    __table_args__ = (Index("ix_lot_step_wave", "wave"),)


class SenderCount(Base):
    """How many responses a sender brought on a day, in a village or commune: written when the day is over, before
    small lots are joined. It never leads to a response. Append-only."""

    __tablename__ = "sender_count"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    sender: Mapped[str] = mapped_column(String(200))
    kind: Mapped[LotKind] = mapped_column(enum_column(LotKind))
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    psu: Mapped[str | None] = mapped_column(String(60))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    day: Mapped[date]
    count: Mapped[int]
    __table_args__ = (Index("ix_sender_count_wave", "wave"),)


class Assignment(Base):
    """What an account may send for others: an interviewer for a village, of it all or some households of the draw;
    a keyer for a batch, or for the whole wave where neither is named. It is ended, never removed."""

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    account: Mapped[str] = mapped_column(String(80))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))  # interviewer | paper
    psu: Mapped[str | None] = mapped_column(String(60))
    batch: Mapped[str | None] = mapped_column(ForeignKey("batch.code"))
    households: Mapped[list[int] | None] = mapped_column(Document)
    made: Mapped[date]
    by: Mapped[str] = mapped_column(String(80))
    ended: Mapped[date | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))
    __table_args__ = (
        ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_assignment_village"),
        Index("ix_assignment_wave", "wave", "account"),
    )


class VillageStepKind(StrEnum):
    """Whether a village takes forms of interviewers."""

    CLOSE = "close"
    REOPEN = "reopen"


class VillageStep(Base):
    """Somebody closed a village, or opened it again; the newest one holds. Append-only."""

    __tablename__ = "village_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(String(40))
    psu: Mapped[str] = mapped_column(String(60))
    step: Mapped[VillageStepKind] = mapped_column(enum_column(VillageStepKind))
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (
        ForeignKeyConstraint(["wave", "psu"], ["village.wave", "village.psu"], name="fk_village_step_village"),
        Index("ix_village_step_village", "wave", "psu"),
    )


class MatterState(StrEnum):
    """What was decided of something unusual."""

    EXPLAINED = "explained"  # it stays counted, for a reason
    SET_ASIDE = "set_aside"  # its lots are set aside
    REINTERVIEW = "reinterview"  # asked again; the matter stays open until another decision
    OPEN = "open"  # looked at once more


class MatterDecision(Base):
    """What somebody decided of an open matter: a flood, alike forms, an unusual pattern; the newest one holds.
    Append-only.

    subject      what it is about, as the check that found it names it; the same in each run of the check
    by_operator  as of a step with a lot
    """

    __tablename__ = "matter_decision"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    subject: Mapped[str] = mapped_column(String(200))
    state: Mapped[MatterState] = mapped_column(enum_column(MatterState))
    reason: Mapped[str] = mapped_column(String(400))
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    by_operator: Mapped[bool | None]
    __table_args__ = (Index("ix_matter_decision_wave", "wave"),)


class ReinterviewSample(Base):
    """Forms drawn from the group of an unusual pattern, whose households are asked again first: of those alone
    that were chosen for a re-interview when they were printed. Append-only.

    subject  the pattern, as its matter is named
    seed     with the numbers of the forms it gives the order in which they were taken
    sheets   their numbers, in that order
    """

    __tablename__ = "reinterview_sample"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    subject: Mapped[str] = mapped_column(String(200))
    seed: Mapped[str] = mapped_column(String(32))
    sheets: Mapped[list[str]] = mapped_column(Document)
    person: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    __table_args__ = (Index("ix_reinterview_sample_wave", "wave"),)


class DayDigest(Base):
    """The digest of what was stored and decided since the one before, chained to it. Append-only.

    day        the last day that it covers
    responses  the sorted ids of the responses that it adds, as bytes
    content    what it says to people: counts, and the digest of each part
    """

    __tablename__ = "day_digest"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    responses: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[dict[str, Any]] = mapped_column(Document)
    digest: Mapped[str] = mapped_column(String(64))


class IntegrityAccount(Base):
    """What outsiders are told of a wave (`survey/integrity/account.py`), made beforehand; a newer one replaces it.

    state  what it was made of, as far as it changes: of another one it is made again
    """

    __tablename__ = "integrity_account"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    state: Mapped[str] = mapped_column(String(200))
    content: Mapped[dict[str, Any]] = mapped_column(Document)

"""Waves: what is asked, where, when."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base, enum_column


class Unit(Base):
    """A commune (xã, phường, đặc khu), the province above them, later departments and service centres."""

    __tablename__ = "unit"
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    parent: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    replaces: Mapped[str | None] = mapped_column(String(400))  # codes, separated by ;
    former: Mapped[str | None] = mapped_column(Text)  # names, separated by ;, of what it was or took in


class PublishedQuestionnaire(Base):
    """A version of a questionnaire, for good: its digest is its name in every response. Append-only."""

    __tablename__ = "questionnaire"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    published: Mapped[date]
    __table_args__ = (UniqueConstraint("code", "version"),)


class PublishedCrosswalk(Base):
    """Which items of a later questionnaire are which of an earlier one; the newest between two versions holds.
    Append-only."""

    __tablename__ = "crosswalk"
    id: Mapped[int] = mapped_column(primary_key=True)
    old: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"))
    new: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"))
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    published: Mapped[date]


class WaveKind(StrEnum):
    """`sample`: people drawn by a design. `open`: whoever came."""

    SAMPLE = "sample"
    OPEN = "open"


class Wave(Base):
    """One round on one questionnaire version."""

    __tablename__ = "wave"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)  # in addresses and commands
    title: Mapped[str] = mapped_column(String(200))  # in all that people read
    questionnaire: Mapped[str] = mapped_column(ForeignKey("questionnaire.digest"))
    kind: Mapped[WaveKind] = mapped_column(enum_column(WaveKind))
    public: Mapped[bool] = mapped_column(default=False)
    contact: Mapped[str | None] = mapped_column(String(120))  # whom people can call: an office and its number
    opens: Mapped[date]
    closes: Mapped[date]
    stopped: Mapped[date | None]  # the day on which it was closed early: nobody is asked from then on
    single_psu: Mapped[str] = mapped_column(String(20), default="centered")
    villages: Mapped[str] = mapped_column(String(10), default="new")  # kept | new, since the wave before
    simulated: Mapped[bool] = mapped_column(default=False)  # made-up data: every page and report says so
    weights: Mapped[int | None]  # the current weight version; none: everybody counts once
    draw: Mapped[int | None]  # the draw that holds; none: every village of the wave is in its sample
    closed: Mapped[date | None]  # the day on which the fieldwork was closed, all forms accounted for
    purged: Mapped[date | None]  # the last day on which its secrets were destroyed (`survey/operations/purge.py`)


class LeaderGroup(Base):
    """A group of leaders of a wave that asks leaders: a stratum of its sample, with the number of its persons.
    Nobody is named: who belongs to the group, whoever hands out its letters knows."""

    __tablename__ = "leader_group"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    stratum: Mapped[str] = mapped_column(String(60), primary_key=True)
    people: Mapped[int]
    name: Mapped[str | None] = mapped_column(String(200))


class Village(Base):
    """A primary sampling unit of a wave: it belongs to one commune and one stratum."""

    __tablename__ = "village"
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"), primary_key=True)
    psu: Mapped[str] = mapped_column(String(60), primary_key=True)
    unit: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    stratum: Mapped[str] = mapped_column(String(60))
    name: Mapped[str | None] = mapped_column(String(200))
    households: Mapped[int | None]
    adults: Mapped[int | None]

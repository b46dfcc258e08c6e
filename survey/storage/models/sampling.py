"""Draws and weights."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.encrypted_columns import Document
from survey.storage.models.base import Base


class WeightVersion(Base):
    """A set of weights of a wave, with where it came from. Append-only; `wave.weights` names the current one."""

    __tablename__ = "weight_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    version: Mapped[int]
    made: Mapped[date]
    source: Mapped[str] = mapped_column(String(200))
    report: Mapped[dict[str, Any] | None] = mapped_column(Document)  # how they were computed, and what came of it
    __table_args__ = (UniqueConstraint("wave", "version"),)


class Weight(Base):
    """How many people of the population one response stands for. Append-only."""

    __tablename__ = "weight"
    version: Mapped[int] = mapped_column(ForeignKey("weight_version.id"), primary_key=True)
    response: Mapped[UUID] = mapped_column(ForeignKey("response.id"), primary_key=True)
    weight: Mapped[float]
    __table_args__ = ({"sqlite_with_rowid": False},)


class Draw(Base):
    """A sample drawn from the frame of a wave, which frame, plan and seed give again to the row. Append-only. A
    later draw is a further one; `wave.draw` names the one that holds."""

    __tablename__ = "draw"
    id: Mapped[int] = mapped_column(primary_key=True)
    wave: Mapped[str] = mapped_column(ForeignKey("wave.code"))
    number: Mapped[int]
    made: Mapped[date]
    seed: Mapped[str] = mapped_column(String(40))
    frame: Mapped[str] = mapped_column(String(64))  # SHA-256 of the villages drawn from
    plan: Mapped[dict[str, Any]] = mapped_column(Document)
    __table_args__ = (UniqueConstraint("wave", "number"),)


class DrawnVillage(Base):
    """A village that a draw took. Append-only."""

    __tablename__ = "drawn_village"
    draw: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    psu: Mapped[str] = mapped_column(String(60), primary_key=True)
    stratum: Mapped[str] = mapped_column(String(130))  # within which it was drawn: the stratum of its estimates
    probability: Mapped[float]


class DrawnHousehold(Base):
    """A household that a draw took, by its number in the list of its village. Append-only. Nothing joins it to a
    sheet or a response: the list and the answers are two stores."""

    __tablename__ = "drawn_household"
    draw: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    psu: Mapped[str] = mapped_column(String(60), primary_key=True)
    household: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]  # 1, 2 … : replacements are used in this order
    replacement: Mapped[bool]
    probability: Mapped[float]  # of the household, over both stages
    weight: Mapped[float]  # households that it stands for

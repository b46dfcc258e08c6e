"""Which duties of the province's years the figures of a wave are to reach."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.storage.models import Duty, DutyKind, YearRole, YearWave

OF_SURVEY = "survey:"  # how a measure of a year's survey begins


def years(session: Session, wave: str) -> list[int]:
    """The years that name the wave as their survey of citizens."""
    named = select(YearWave).where(YearWave.role == YearRole.SURVEY).order_by(YearWave.id)
    survey = {row.year: row.wave for row in session.scalars(named)}
    return [year for year, code in survey.items() if code == wave]


def targets(session: Session, wave: str) -> list[Duty]:
    """The targets that hold now and that the wave measures."""
    versions = select(Duty).where(Duty.year.in_(years(session, wave))).order_by(Duty.version)
    newest = {(row.year, row.code): row for row in session.scalars(versions)}
    return [row for row in newest.values() if row.kind is DutyKind.TARGET and row.measure.startswith(OF_SURVEY)]

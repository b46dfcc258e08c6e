"""Which waves a year means: its survey of citizens, and its survey of leaders."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.storage import audit
from survey.storage.models import Wave, WaveKind, YearRelease, YearRole, YearWave
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Conflict, Refusal


def find(session: Session, year: int, role: YearRole | str) -> Wave | None:
    """The wave that has this role in a year; None if none was named."""
    query = (
        select(YearWave.wave)
        .where(YearWave.year == year, YearWave.role == YearRole(role))
        .order_by(YearWave.id.desc())
    )
    code = session.scalars(query.limit(1)).first()
    return None if code is None else waves.find(session, code)


def name(session: Session, year: int, role: YearRole | str, code: str) -> None:
    """Says which wave has the role: a sample wave, of leaders where it is theirs.

    Refused once the year's document is approved: its measures would mean something else.
    """
    role, wave = YearRole(role), waves.find(session, code)
    population = questionnaires.by_digest(session, wave.questionnaire).population
    if wave.kind is not WaveKind.SAMPLE:
        raise Refusal("%(wave)s is an open wave: name one with a sample.", wave=code)
    if population.survey != role.value:
        raise Refusal(
            "The questionnaire of %(wave)s is not of this kind: --survey takes a survey of citizens, --leaders "
            "one of leaders.",
            wave=code,
        )
    approved = select(YearRelease.number).where(YearRelease.year == year, YearRelease.approved.is_not(None))
    if session.scalars(approved.limit(1)).first() is not None:
        raise Conflict("The document of %(year)s is approved: its waves stay as they are.", year=year)
    present = find(session, year, role)
    if present is None or present.code != wave.code:
        session.add(YearWave(year=year, role=role, wave=wave.code, set_on=dates.today()))
        session.flush()
    audit.annotate(year=year, role=role.value, wave=wave.code)

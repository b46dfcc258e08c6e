"""A wave with a lot a day, decisions, weights, a draw and a release, and raw SQL past the guards."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from survey.integrity import digests
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import (
    DayDigest,
    Draft,
    DraftState,
    Draw,
    DrawnHousehold,
    DrawnVillage,
    IssuedReport,
    Lot,
    LotKind,
    LotStep,
    LotStepKind,
    MatterDecision,
    MatterState,
    Mode,
    Publication,
    Release,
    Response,
    Review,
    ReviewState,
    Weight,
    WeightVersion,
)
from survey.system import dates
from survey.waves import waves

WAVE = "ho-mau"
TODAY = dates.today()
DICE = random.Random(3)


def night(day: date) -> datetime:
    """Shortly after midnight in Việt Nam, when this day is over."""
    return datetime(day.year, day.month, day.day, 17, 6, tzinfo=UTC)


def lot(session: Session, day: date, closed: date | None, number: int | None = None, wave: str = WAVE) -> int:
    number = number or DICE.randrange(1, 2**53)
    session.add(
        Lot(number=number, wave=wave, kind=LotKind.KEYER, sender="lan", unit="06652", day=day, closed=closed)
    )
    session.flush()
    return number


def forms(session: Session, count: int, day: date, number: int | None, wave: str = WAVE) -> list[UUID]:
    """Stores responses of a lot."""
    asked = waves.find(session, wave).questionnaire
    ids = [UUID(int=DICE.getrandbits(128), version=4) for _form in range(count)]
    session.add_all(
        Response(
            **{"id": id, "wave": wave, "unit": "06652", "psu": "V1" if wave == WAVE else None, "mode": Mode.PAPER},
            **{"day": day, "questionnaire": asked, "lot": number, "marks": [], "adults": 2},
            answers={"C5": 1, "C6": [1, 3], "tuoi": 41.5, "C10": 10.0},
        )
        for id in ids
    )
    session.flush()
    return ids


def days(database: Database, count: int = 2, each: int = 6) -> list[UUID]:
    """So many days that are over, each with a lot, and with its digest; the ids of the first one."""
    first: list[UUID] = []
    for back in range(count, 0, -1):
        day = TODAY - timedelta(back)
        with database.writing() as session:
            ids = forms(session, each, day, lot(session, day, day + timedelta(1)))
        first = first or ids
        digests.close_days(database, night(day), WAVE)
    return first


def decisions(session: Session, ids: list[UUID], day: date) -> None:
    """A row of each kind that a person decides."""
    wave = waves.find(session, WAVE)
    by: dict[str, Any] = {"reason": "vì", "person": "lan", "day": day}
    number = session.get_one(Response, ids[0]).lot
    version = WeightVersion(wave=WAVE, version=1, made=day, source="thử", report={"fit": {"x": 3.0, "y": 0.1}})
    draw = Draw(wave=WAVE, number=1, made=day, seed="7", frame="f", plan={"b": 1, "a": [2.0]})
    session.add_all([version, draw])
    session.flush()
    session.add_all(Weight(version=version.id, response=id, weight=1 / 3) for id in ids)
    session.add(DrawnVillage(draw=draw.id, psu="V1", stratum="06652", probability=0.1))
    session.add(
        DrawnHousehold(
            draw=draw.id, psu="V1", household=4, place=1, replacement=False, probability=0.01, weight=100.0
        )
    )
    session.add(LotStep(wave=WAVE, lot=number, step=LotStepKind.PROPOSE_ASIDE, **by))
    session.add(MatterDecision(wave=WAVE, subject="flood:06652", state=MatterState.EXPLAINED, **by))
    session.add(Review(wave=WAVE, response=ids[0], state=ReviewState.REJECTED, **by))
    session.add(
        Release(
            **{"wave": WAVE, "number": 1, "responses": b"".join(id.bytes for id in sorted(ids)), "rejected": 1},
            **{"data": "d", "weights": version.id, "frozen": day, "frozen_by": "an", "targets": []},
        )
    )
    session.flush()
    release = session.scalars(select(Release)).one()
    files = {"word": b"word", "pdf": b"pdf"}
    session.add(IssuedReport(wave=WAVE, release=release.id, number="12/BC", day=day, issued_by="an", **files))
    draft = Draft(state=DraftState.WRITING, step=0, edited_at=0, begun=day)
    session.add(draft)
    session.flush()
    session.add(Publication(questionnaire=wave.questionnaire, draft=draft.id, account="hoa", day=day))
    wave.weights = version.id


def chain(database: Database, wave: str = WAVE) -> list[DayDigest]:
    with database.reading() as session:
        return digests.whole_chain(session, wave)


def tamper(session: Session, *orders: str, **values: Any) -> None:
    """What somebody does who has the whole database: the guards are taken off first."""
    if session.get_bind().dialect.name == "sqlite":
        for guard in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {guard}"))
    else:
        session.execute(text("SET LOCAL session_replication_role = replica"))
    for order in orders:
        session.execute(text(order), {name: value for name, value in values.items() if f":{name}" in order})


def raw(database: Database, *orders: str, **values: Any) -> None:
    """The same, kept."""
    with database.writing() as session:
        tamper(session, *orders, **values)


def recount(database: Database, wave: str = WAVE) -> None:
    """Makes every digest of a wave anew, and the trail with it, as if the rows had always been so."""
    nights = [one.day for one in chain(database, wave)]
    raw(database, "DELETE FROM day_digest", "DELETE FROM audit_entry")
    for day in dict.fromkeys(nights):
        digests.close_days(database, night(day), wave)
    with audit.acting("lan", "Computed weights"), database.writing():
        pass

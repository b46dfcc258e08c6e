"""A sample wave with a draw, forms of several senders, lots set aside by two people, and a release; names planted
in it that outsiders must not read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.integrity import digests, kept_account
from survey.responses import lot_steps
from survey.results import release_steps, releases
from survey.sampling import draws, plans
from survey.storage.database import Database
from survey.storage.models import (
    Account,
    Lot,
    LotKind,
    Mode,
    Response,
    Review,
    ReviewState,
    Role,
    Village,
)
from survey.system import dates
from survey.waves import questionnaires, waves

WAVE, SEED = "ho-mau", "734200911352"
SENDER, DEVICE, FIRST, SECOND = "chi-lan-bi-mat", "device:7741", "anh-tu-de-nghi", "ba-hoa-xac-nhan"
REASON = "Nhiều phiếu gần như giống hệt nhau trong một ngày"
PLACES = {"V1": "06652", "V2": "06652", "V3": "06658", "V4": "06658"}
# What may stand on no page, in no file and in no report for outsiders.
PLANTED = (SENDER, DEVICE, "7741", FIRST, SECOND, "06652", "06658", "Hà Tu", "Cao Xanh", "Thôn V", *PLACES)
TODAY = dates.today()


def forms(session: Session, psu: str, day: date, count: int, good: float, dice: random.Random) -> int:
    """A lot of a village and day, and its number; `good`: how many of ten are satisfied."""
    asked = questionnaires.find(session, "ho_gia_dinh@1")
    assert asked.index is not None
    number = dice.randrange(1, 2**53)
    sender, kind = (DEVICE, LotKind.TABLET) if psu == "V1" else (SENDER, LotKind.KEYER)
    about = {"unit": PLACES[psu], "psu": psu, "mode": Mode.INTERVIEWER if psu == "V1" else Mode.PAPER, "day": day}
    session.add(Lot(number=number, wave=WAVE, kind=kind, sender=sender, closed=day + timedelta(1), **about))
    session.flush()
    for _form in range(count):
        answers = {code: 5 if dice.random() < good else 2 for code in asked.index.codes()["index"]}
        answers |= {one.item: one.none for one in asked.headlines}
        session.add(
            Response(
                id=UUID(int=dice.getrandbits(128), version=4),
                wave=WAVE,
                questionnaire=asked.digest,
                answers=answers,
                marks=[],
                lot=number,
                **about,
            )
        )
    session.flush()
    return number


def drawn(session: Session) -> None:
    """All four villages, six households each."""
    for psu in PLACES:
        village = session.get_one(Village, (WAVE, psu))
        village.households, village.adults = 100, 300
    session.flush()
    frame = plans.frame(session, waves.find(session, WAVE))
    draws.keep(session, waves.find(session, WAVE), draws.drawn(frame, plans.Plan(2, 6, "unit"), SEED))


def steered(database: Database, few: int = 5) -> list[int]:
    """Twelve lots of 9 forms on three days, one of 7 and one of `few` set aside; their numbers."""
    dice = random.Random(5)
    with database.writing() as session:
        session.add(Account(name=FIRST, role=Role.SUPERVISOR, unit=None, password="x"))
        session.add(Account(name=SECOND, role=Role.HOME_AFFAIRS, unit=None, password="x"))
        drawn(session)
        for back in (4, 3, 2):
            for psu in PLACES:
                forms(session, psu, TODAY - timedelta(back), 9, 0.85, dice)
        gone = [forms(session, "V1", TODAY - timedelta(2), count, 0.0, dice) for count in (7, few)]
    digests.close_days(database, night(2), WAVE)
    for number in gone:
        aside(database, number)
    return gone


def aside(database: Database, number: int) -> None:
    """Two people set a lot aside."""
    with database.writing() as session:
        lot_steps.propose(session, WAVE, number, True, REASON, FIRST)
    with database.writing() as session:
        lot_steps.confirm(session, WAVE, number, SECOND)


def reject(session: Session, lot: int, count: int, day: date) -> None:
    """Rejects so many forms of a lot on a day."""
    ids = session.scalars(select(Response.id).where(Response.lot == lot).order_by(Response.id).limit(count))
    for id in ids.all():
        by = {"reason": "vì", "person": FIRST, "day": day}
        session.add(Review(wave=WAVE, response=id, state=ReviewState.REJECTED, **by))


def released(database: Database, correction: str = "") -> None:
    """Frozen, checked and approved."""
    with database.writing() as session:
        release = releases.freeze(session, waves.find(session, WAVE), FIRST, correction)
        release_steps.check(release, FIRST)
    with database.writing() as session:
        releases.approve(session, releases.list_all(session, WAVE)[0], SECOND)


def told(database: Database) -> None:
    """The night's digest, and what is told after it."""
    digests.close_days(database, night(1))
    kept_account.make(database)


def night(back: int) -> datetime:
    """Shortly after midnight after a day."""
    day = TODAY - timedelta(back)
    return datetime(day.year, day.month, day.day, 17, 6, tzinfo=UTC)


def planted_in(text: str) -> Iterator[str]:
    """What of the planted names stands in a text."""
    yield from (name for name in PLANTED if name in text)

"""A week of a wave in which every door is used, some of it by people who bring one form a day."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from survey.integrity import digests
from survey.responses import lots
from survey.storage.database import Database
from survey.storage.models import Lot, LotKind, Mode, Response
from survey.system import dates
from survey.waves import waves
from tests.survey.integrity.chain_rows import night

WAVE = "ho-mau"
TODAY = dates.today()
UNITS = {"V1": "06652", "V2": "06652", "V3": "06658", "V4": "06658"}
INTERVIEWERS, KEYERS = ("nguyen-an", "tran-binh", "le-chi"), ("pham-lan", "vo-hoa")
ITEMS = ("th_dien", "th_nuoc", "th_giao_thong", "C5")


@dataclass
class Week:
    """What the attacker does not have.

    closed  of each form whose lot is closed, the how manieth closing of days it was
    began   the lots in the order in which they began
    """

    province: Database
    dice: random.Random
    questionnaire: str
    closed: dict[UUID, int] = field(default_factory=dict)
    began: list[int] = field(default_factory=list)
    closings: int = 0

    def bring(
        self,
        session: Session,
        kind: LotKind,
        mode: Mode,
        day: date,
        forms: list[str],
        sender: str | None = None,
        answered: date | None = None,
    ) -> None:
        """Stores forms as the door of this kind does.

        forms  of each the village, or a commune
        """
        for place in dict.fromkeys(forms):
            unit, psu = UNITS.get(place, place), place if place in UNITS else None
            about: dict[str, Any] = {"unit": unit, "psu": psu} if kind is not LotKind.KEYER else {}
            number = lots.number(session, WAVE, kind, day, mode=mode, sender=sender, **about)
            self._store(session, number, mode, unit, psu, answered or day, forms.count(place))

    def import_(self, session: Session, day: date, forms: list[str]) -> None:
        """A file, whose forms were answered two days before."""
        number = lots.begin(session, WAVE, LotKind.IMPORT, day, sender=f"phieu-{day}.csv")
        for psu in dict.fromkeys(forms):
            self._store(session, number, Mode.PAPER, UNITS[psu], psu, day - timedelta(2), forms.count(psu))

    def _store(
        self, session: Session, lot: int, mode: Mode, unit: str, psu: str | None, day: date, count: int
    ) -> None:
        if lot not in self.began:
            self.began.append(lot)
        about = {"wave": WAVE, "unit": unit, "psu": psu, "mode": mode, "day": day, "lot": lot, "marks": []}
        about["questionnaire"] = self.questionnaire
        rows = [
            {
                "id": UUID(int=self.dice.getrandbits(128), version=4),
                "answers": {item: self.dice.randrange(1, 3) for item in ITEMS},
                **about,
            }
            for _form in range(count)
        ]
        session.execute(insert(Response), rows)

    def close(self, now: datetime) -> None:
        """What the server does at night, and before a file of digests goes out."""
        digests.close_days(self.province, now, WAVE)
        self.closings += 1
        with self.province.reading() as session:
            done = select(Response.id, Lot.number, Lot.kind).join(Lot, Lot.number == Response.lot)
            for id, number, kind in session.execute(done.where(Lot.closed.is_not(None), Response.wave == WAVE)):
                # A file stays a lot of its own: who sent it knows its forms anyhow.
                self.closed.setdefault(id, number if kind is LotKind.IMPORT else self.closings)

    def day(self, day: date, late: date | None = None) -> None:
        """A day: forms, a file of digests at noon, more forms; what came late of another day; the night."""
        self.forms(day)
        if late is not None:
            with self.province.writing() as session:
                self.bring(session, LotKind.INTERVIEWER, Mode.INTERVIEWER, late, ["V1"], INTERVIEWERS[0])
                self.bring(session, LotKind.TABLET, Mode.INTERVIEWER, late, ["V1", "V3", "V3"], "device:2")
                self.bring(session, LotKind.KIOSK, Mode.KIOSK, late, ["06652"], "device:9")
        self.close(datetime(day.year, day.month, day.day, 5, tzinfo=UTC))
        self.forms(day)
        self.close(night(day))

    def forms(self, day: date) -> None:
        """What every door brings in half a day."""
        with self.province.writing() as session:
            self._forms(session, day)

    def _forms(self, session: Session, day: date) -> None:
        villages, several = [*UNITS], self.dice.randrange
        for sender in INTERVIEWERS:
            for psu in self.dice.sample(villages, 2):
                self.bring(session, LotKind.INTERVIEWER, Mode.INTERVIEWER, day, [psu] * several(1, 4), sender)
        for device in ("device:1", "device:2"):
            psu = self.dice.choice(villages)
            self.bring(session, LotKind.TABLET, Mode.INTERVIEWER, day, [psu] * several(1, 7), device)
        for keyer in KEYERS:
            sheets = self.dice.choices(villages, k=several(1, 9))
            self.bring(session, LotKind.KEYER, Mode.PAPER, day, sheets, keyer, day - timedelta(1))
        self.bring(session, LotKind.KIOSK, Mode.KIOSK, day, ["06652"] * several(1, 6), "device:9")
        self.bring(session, LotKind.LETTER, Mode.PHONE, day, ["V3"] * several(1, 3))
        for unit in ("06652", "06658"):
            self.bring(session, LotKind.LINK, Mode.PHONE, day, [unit] * several(1, 9))
        self.bring(session, LotKind.PROGRAM, Mode.PHONE, day, ["06658"] * several(1, 4))
        if day.toordinal() % 2:
            self.import_(session, day, self.dice.choices(villages, k=several(1, 12)))


def week(province: Database, days: int = 5, seed: int = 1) -> Week:
    """So many days that are over, each from the third one on with what came late of the first, and some forms of
    today."""
    with province.reading() as session:
        made = Week(province, random.Random(seed), waves.find(session, WAVE).questionnaire)
    past = [TODAY - timedelta(back) for back in range(days, 0, -1)]
    for place, day in enumerate(past):
        made.day(day, late=past[0] if place >= 2 else None)
    made.forms(TODAY)
    return made

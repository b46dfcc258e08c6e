"""What tests of cases begin with: what was said in two communes, and the steps of a case."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from survey.remarks import codings
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Mode, Unit
from survey.system import dates
from survey.waves import units, waves
from survey.year import case_steps, cases

HA_TU, CAO_XANH = "06652", "06658"
WAITING = "Nhiều người phải chờ lâu buổi sáng."


def write(session: Session, unit: str, *about: str) -> None:
    """A coded remark of a unit in the wave `gop-y` for each theme."""
    place = waves.place(session, "gop-y", unit)
    for theme in about:
        id = uuid4()
        submission.submit(session.connection(), place, id, Mode.PHONE, {"hl_chung": 4, "gop_y": f"về {theme}"})
        codings.code(session, place.wave, id, codings.FIRST, [theme], "lan")


def speak(province: Database) -> Database:
    """Hà Tu: 6 about waiting, 4 about land, 5 praise; Cao Xanh: 8 about waiting, 2 about land.

    Beside SNV, there is a department SKHCN.
    """
    with province.writing() as session:
        write(session, HA_TU, *["thoi_gian"] * 6, *["dat_dai"] * 4, *["khen"] * 5)
        write(session, CAO_XANH, *["thoi_gian"] * 8, *["dat_dai"] * 2)
        parent = units.province(session).code
        session.add(Unit(code="SKHCN", name="Sở Khoa học và Công nghệ", kind="sở", parent=parent))
    return province


def opened(database: Database, days: int = 20, theme: str = "thoi_gian", unit: str = HA_TU, **more: str) -> str:
    """The id of a case with a deadline so many days from today."""
    cells = {
        "wave": "gop-y",
        "unit": unit,
        "theme": theme,
        "words": WAITING,
        "office": unit or "SNV",
        "head": "Chủ tịch UBND phường",
        "deadline": (dates.today() + timedelta(days)).isoformat(),
    }
    with database.writing() as session:
        return str(case_steps.open_case(session, cells | more, "an").id)


def reply(
    database: Database, case: str, outcome: str = "done", words: str = "Đã mở thêm một quầy.", **more: str
) -> bool:
    cells = {"case": case, "outcome": outcome, "words": words, "office": "", "head": ""}
    with database.writing() as session:
        return case_steps.answer(session, cells | more, "binh")


def publish(database: Database, person: str = "cuong") -> int:
    with database.writing() as session:
        return case_steps.publish(session, cases.quarter_of(dates.today()), person)

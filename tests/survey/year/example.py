"""The example of a province's year, with which the tests of its document begin."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from sqlalchemy.orm import Session

from forms import scorecard
from survey.responses import submission
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import Mode, Unit, Wave
from survey.system import dates
from survey.waves import units, waves
from survey.year import duties, published, scorecards, scores, year_waves

EXAMPLES = Path(__file__).parents[3] / "docs/examples/nam"
OFFICES = ("VPUB", "STC", "STP", "SKHCN", "SNNMT", "TTR", "TTHCC")
YEAR = 2024
SIGNED = "02/KH-UBND 2024-03-01"


def fill(province: Database) -> Database:
    """What others published, points of four parts, the plan of the next year; and, of the year, one target on the
    province's own survey `ho-mau`, which 40 people answered."""
    with province.writing() as session:
        top = units.province(session).code
        session.add_all(Unit(code=code, name=f"Sở {code}", kind="sở", parent=top) for code in OFFICES)
        session.flush()
        published.load(session, EXAMPLES / "published_2024.csv")
        for name in ("par_tinh", "papi_tinh"):
            scorecards.publish(session, scorecard.load(EXAMPLES / f"{name}.yaml"), dates.today())
        scores.load(session, EXAMPLES / "official_2024.csv", YEAR, "par_tinh@1", "official", "A")
        duties.load(session, YEAR + 1, EXAMPLES / "plan.csv", "A")
        duties.load_progress(session, YEAR + 1, EXAMPLES / "progress.csv", "A")
        answer(session)
        year_waves.name(session, YEAR, "survey", "ho-mau")
        promise(session, "MT-HL", "survey:index", "20")
    return province


def answer(session: Session, people: int = 40) -> None:
    """People of two communes who are satisfied, but for four; four of five said that nobody had to pay."""
    for at in range(people):
        unit = ("06652", "06658")[at % 2]
        place = waves.place(session, "ho-mau", unit)
        answers = {
            **dict.fromkeys(("tg_gop_y", "tg_phan_hoi", "gt_day_du"), 2 if at in (3, 8, 9, 21) else 4),
            "C6": 1 if at % 5 else 3,
        }
        village = f"V{1 + at % 2 * 2 + at // 2 % 2}"
        submission.submit(session.connection(), place, uuid4(), Mode.PAPER, answers, psu=village)


def promise(session: Session, code: str, measure: str, value: str, year: int = YEAR) -> None:
    """A target of Home Affairs."""
    cells = {
        **{"code": code, "what": "Xét", "measure": measure, "value": value, "at_most": "", "unit": ""},
        **{"office": "SNV", "head": "Giám đốc Sở Nội vụ", "deadline": f"{year}-12-31", "decision": SIGNED},
        "source": "",
    }
    duties.put(session, year, cells, "A")


def release(session: Session, wave: str = "ho-mau") -> None:
    """Lets the figures of a wave be seen."""
    made = releases.freeze(session, waves.find(session, wave), "A")
    release_steps.check(made, "B")
    releases.approve(session, made, "C")


def correct(session: Session, value: str = "8.41") -> None:
    """Another value of PAPI's sixth dimension."""
    cells = {
        **dict.fromkeys(published.COLUMNS, ""),
        **{"year": str(YEAR), "place": published.own_place(session), "index": "PAPI", "part": "6"},
        **{"value": value, "unit": "points", "max": "10", "source": "Đính chính"},
    }
    published.put(session, published.read(cells))


def made_up(session: Session, wave: str = "ho-mau") -> Wave:
    """The wave, from now on of demonstration data."""
    found = waves.find(session, wave)
    found.simulated = True
    session.flush()
    return found

"""Forms that look like one another are counted for people to look at, and stay in the results."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from survey.fieldwork import near_duplicates
from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import result_table
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.system import dates
from survey.waves import waves

SERVED = {"dich_vu": 3, "hl_chung": 4, "hl_tiep_can": 4, "hl_thu_tuc": 5, "hl_cong_chuc": 2, "hl_ket_qua": 4}
SERVED |= {"hl_phan_anh": 3, "tiep_xuc": 1, "bi_phien_ha": 2, "bi_doi_tien": 2, "da_dua_tien": 2}


def send(session: Session, answers: dict[str, Any], unit: str = "06652", back: int = 1, **more: Any) -> None:
    day = dates.today() - timedelta(back)
    place = waves.place(session, "gop-y", unit)
    submission.submit(session.connection(), place, uuid4(), Mode.PHONE, answers, day=day, **more)


def counted(database: Database) -> int:
    with database.reading() as session:
        return near_duplicates.count(sample(session, waves.find(session, "gop-y")))


def test_the_same_answers_at_one_place_and_day_are_counted(province: Database) -> None:
    with province.writing() as session:
        for _again in range(3):
            send(session, SERVED)
        send(session, {**SERVED, "hl_chung": 1, "hl_thu_tuc": 1})
    assert counted(province) == 3


def test_another_place_another_day_and_short_forms_are_nobodys_copy(province: Database) -> None:
    with province.writing() as session:
        send(session, SERVED)
        send(session, SERVED, unit="06658")
        send(session, SERVED, back=2)
        for _again in range(3):
            send(session, {"dich_vu": 3, "hl_chung": 5}, back=5)
    assert counted(province) == 0


def test_they_stay_in_the_results(province: Database) -> None:
    with province.writing() as session:
        for _again in range(5):
            send(session, SERVED)
    with province.reading() as session:
        assert result_table.estimates(session, "gop-y", items=["hl_chung=4"])[0].n == 5


def test_answers_that_an_official_helped_with_can_be_left_out(province: Database) -> None:
    with province.writing() as session:
        for place, mark in enumerate(["helped-none", "helped-official", "helped-official", "helped-family"]):
            send(session, {"hl_chung": 5 if mark == "helped-official" else 1}, back=place + 1, marks=(mark,))
    with province.reading() as session:
        every = result_table.estimates(session, "gop-y", items=["hl_chung=5"])[0]
        own = result_table.estimates(session, "gop-y", items=["hl_chung=5"], without=["helped-official"])[0]
    assert (every.n, every.estimate) == (4, 0.5)
    assert (own.n, own.estimate) == (2, 0)
    assert own.high is not None
    assert own.high > 0

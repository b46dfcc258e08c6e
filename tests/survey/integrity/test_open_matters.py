"""What is open in a wave when somebody takes a step towards a release."""

from __future__ import annotations

from uuid import uuid4

from survey.integrity import open_matters
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.waves import changing, waves


def subjects(database: Database) -> list[str]:
    with database.reading() as session:
        return [one.subject for one in open_matters.listed(session, waves.find(session, "ho-mau"), ())]


def test_a_wave_that_was_closed_today_does_not_run(province: Database) -> None:
    assert "running" in subjects(province)
    with province.writing() as session:
        changing.close(session, "ho-mau")
    assert "running" not in subjects(province)


def test_a_commune_of_the_sample_without_an_answer_is_open(province: Database) -> None:
    for psu, unit, is_open in (("V1", "06652", True), ("V3", "06658", False)):
        with province.writing() as session:
            place = waves.place(session, "ho-mau", unit)
            submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C5": 1}, psu=psu)
        assert ("silent" in subjects(province)) is is_open

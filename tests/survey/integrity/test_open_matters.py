"""What is open in a wave when somebody takes a step towards a release."""

from __future__ import annotations

from survey.integrity import open_matters
from survey.storage.database import Database
from survey.waves import changing, waves


def subjects(database: Database) -> list[str]:
    with database.reading() as session:
        return [one.subject for one in open_matters.listed(session, waves.find(session, "ho-mau"), ())]


def test_a_wave_that_was_closed_today_does_not_run(province: Database) -> None:
    assert "running" in subjects(province)
    with province.writing() as session:
        changing.close(session, "ho-mau")
    assert "running" not in subjects(province)

"""Releases of the year's document: what they refuse, through whose hands they go, and that they stay."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy.orm import Session

from survey.reports import year as reports
from survey.reports import year_files
from survey.results import release_steps
from survey.storage.database import Database
from survey.storage.models import YearFile
from survey.year import document, year_releases, year_waves
from survey.year.document import YearDocument
from tests.survey.year import example
from translations import LANGUAGES, Conflict, NotFound

YEAR = example.YEAR


@pytest.fixture
def province(province: Database) -> Database:
    return example.fill(province)


def approved(province: Database) -> int:
    """A release of the year, approved; its number."""
    with province.writing() as session:
        example.release(session)
        made = year_releases.freeze(session, YEAR, "An")
        release_steps.check(made, "Bình")
        year_files.approve(session, made, "Cúc")
        return made.number


def files(province: Database) -> dict[tuple[str, str], bytes]:
    with province.reading() as session:
        release = year_releases.newest(session, YEAR)
        assert release is not None
        return {
            (format, language): year_files.issued(session, release, format, language)
            for format in reports.FORMATS
            for language in LANGUAGES
        }


def test_a_wave_that_is_not_released_stops_the_freeze_and_is_named(province: Database) -> None:
    with province.writing() as session:
        with pytest.raises(Conflict, match="ho-mau"):
            year_releases.freeze(session, YEAR, "An")
        assert year_releases.list_all(session, YEAR) == []
        example.release(session)
        assert year_releases.freeze(session, YEAR, "An").number == 1


@pytest.mark.variants(1)
@pytest.mark.both_databases
def test_of_two_who_freeze_at_once_one_is_told_of_the_release_of_the_other(
    province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with province.writing() as session:
        example.release(session)
    gather, both = document.in_every_language, Barrier(2)

    def gathered(session: Session, year: int) -> dict[str, YearDocument]:
        found = gather(session, year)
        with suppress(BrokenBarrierError):  # nobody else comes so far while one is here
            both.wait(1)
        return found

    def freeze(person: str) -> int | Conflict:
        try:
            with province.writing() as session:
                return year_releases.freeze(session, YEAR, person).number
        except Conflict as refused:
            return refused

    monkeypatch.setattr(document, "in_every_language", gathered)
    with ThreadPoolExecutor() as people:
        made = sorted(people.map(freeze, ("An", "Bình")), key=str)
    assert made[0] == 1
    assert "Hãy làm tiếp với bản đó" in str(made[1])


def test_made_up_data_stop_the_freeze_though_they_are_released(province: Database) -> None:
    with province.writing() as session:
        example.release(session)
        example.made_up(session)
        with pytest.raises(Conflict, match="ho-mau.*mô phỏng"):
            year_releases.freeze(session, YEAR, "An")


def test_a_year_of_which_there_is_nothing_is_not_frozen(province: Database) -> None:
    with province.writing() as session, pytest.raises(Conflict, match="1999"):
        year_releases.freeze(session, 1999, "An")


def test_four_eyes_and_only_the_newest(province: Database) -> None:
    with province.writing() as session:
        example.release(session)
        first = year_releases.freeze(session, YEAR, "An")
        with pytest.raises(Conflict):  # it says the same
            year_releases.freeze(session, YEAR, "An")
        with pytest.raises(Conflict, match="kiểm tra"):
            year_files.approve(session, first, "Cúc")
        release_steps.check(first, "Bình")
        with pytest.raises(Conflict, match="người khác"):
            year_files.approve(session, first, " bình")
        example.correct(session)
        second = year_releases.freeze(session, YEAR, "An")
        with pytest.raises(Conflict, match="2"):
            year_files.approve(session, first, "Cúc")
        assert session.query(YearFile).count() == 0
        release_steps.check(second, "Bình")
        year_files.approve(session, second, "Cúc")
        assert [person for _day, person in release_steps.hands(second)] == ["An", "Bình", "Cúc"]
        assert year_releases.newest(session, YEAR) is second
        with pytest.raises(NotFound):
            year_releases.find(session, YEAR, 3)


@pytest.mark.variants(1)
@pytest.mark.both_databases
def test_what_is_approved_stays_byte_for_byte_and_a_new_figure_is_in_the_draft(province: Database) -> None:
    approved(province)
    kept = files(province)
    assert len(kept) == 8
    with province.writing() as session:
        example.correct(session, "3.33")
    assert files(province) == kept
    records = json.loads(kept["json", "vi"])
    assert not any(record["value"] == 3.33 for record in records)
    with province.reading() as session:
        draft = json.loads(year_files.draft(session, YEAR, "json", "vi"))
        assert any(record["value"] == 3.33 for record in draft)
        release = year_releases.newest(session, YEAR)
        assert release is not None
        assert year_releases.content(release, "vi").records() == records
        assert document.gather(session, YEAR).records() == draft


def test_the_waves_of_a_year_stay_once_its_document_is_approved(province: Database) -> None:
    approved(province)
    with province.writing() as session:
        with pytest.raises(Conflict, match=str(YEAR)):
            year_waves.name(session, YEAR, "survey", "ho-mau")
        year_waves.name(session, YEAR + 1, "survey", "ho-mau")


def test_a_release_keeps_the_ids_of_the_rows_that_it_rests_on(province: Database) -> None:
    approved(province)
    with province.reading() as session:
        release = year_releases.newest(session, YEAR)
        assert release is not None
        counts = {table: len(ids) for table, ids in release.rows.items()}
    assert counts["score"] == 4
    assert counts["published_figure"] > 40
    assert counts["duty"] == 26
    assert counts["release"] == counts["year_wave"] == 1

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from forms import Questionnaire, parse, shipped
from survey.storage.database import Database
from survey.storage.models import PublishedQuestionnaire
from survey.waves import questionnaires
from translations import Conflict, NotFound


def changed(questionnaire: Questionnaire, **values: object) -> Questionnaire:
    return parse({**questionnaire.document, **values})


@pytest.mark.both_databases
def test_the_shipped_versions_are_published(database: Database) -> None:
    with database.reading() as session:
        assert [found.name for found in questionnaires.published(session)] == [one.name for one in shipped()]


@pytest.mark.both_databases
def test_a_stored_version_is_the_one_that_was_published(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questionnaires, "_parsed", {})  # as after a start
    with database.reading() as session:
        for questionnaire in shipped():
            stored = questionnaires.by_digest(session, questionnaire.digest)
            assert (stored, stored.digest) == (questionnaire, questionnaire.digest)


def test_publishing_again_changes_nothing(database: Database) -> None:
    with database.writing() as session:
        assert not questionnaires.publish(session, shipped()[0], date(2030, 1, 1))
        days = set(session.scalars(select(PublishedQuestionnaire.published)))
    assert date(2030, 1, 1) not in days


def test_other_content_needs_a_new_version(database: Database) -> None:
    household = shipped()[0]
    other = changed(household, title={"vi": "Phiếu khác", "en": "Another form"})
    with pytest.raises(Conflict), database.writing() as session:
        questionnaires.publish(session, other, date(2026, 1, 1))
    second = changed(household, title={"vi": "Phiếu khác", "en": "Another form"}, version=7)
    with database.writing() as session:
        assert questionnaires.publish(session, second, date(2026, 1, 1))
        assert questionnaires.find(session, "ho_gia_dinh@7").title.vi == "Phiếu khác"
        assert questionnaires.find(session, "ho_gia_dinh@1") == household


def test_an_unknown_version_is_refused(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound):
        questionnaires.find(session, "ho_gia_dinh@9")


def test_a_version_is_known_by_its_content() -> None:
    household = shipped()[0]
    assert replace(household, title=household.purpose).digest == household.digest  # the written form decides
    assert changed(household, version=7).digest != household.digest

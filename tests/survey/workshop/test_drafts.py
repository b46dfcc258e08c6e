"""Drafts: one writer at a time, each change can be taken back, an end forgets the way there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from survey.storage.database import Database
from survey.storage.models import Draft, DraftNote, DraftState, DraftStep, Publication
from survey.system.dates import today
from survey.waves import questionnaires
from survey.workshop import drafts, edits
from translations import Conflict, Refusal


def begun(database: Database) -> int:
    with database.writing() as session:
        base = questionnaires.find(session, "noi_phuc_vu@2")
        return drafts.begin(session, "lan", drafts.renewed(session, base), base).id


def changed(database: Database, id: int, account: str, title: str, place: str = "") -> None:
    with database.writing() as session:
        draft = drafts.find(session, id)
        written = drafts.present(session, draft)
        written["title"]["vi"] = title
        drafts.save(session, draft, account, place, written)


def title(database: Database, id: int) -> str:
    with database.reading() as session:
        return str(drafts.present(session, drafts.find(session, id))["title"]["vi"])


def test_a_draft_of_a_version_is_the_one_after_the_newest(database: Database) -> None:
    id = begun(database)
    with database.reading() as session:
        assert drafts.present(session, drafts.find(session, id))["version"] == 3


def test_each_change_can_be_taken_back_and_brought_again(database: Database) -> None:
    id = begun(database)
    first = title(database, id)
    changed(database, id, "lan", "Một")
    changed(database, id, "lan", "Hai")
    seen = []
    for by in (-1, -1, -1, 1):
        with database.writing() as session:
            drafts.step_back(session, drafts.find(session, id), "lan", by)
        seen.append(title(database, id))
    assert seen == ["Một", first, first, "Một"]
    changed(database, id, "lan", "Ba")
    with database.reading() as session:
        assert drafts.steps(session, drafts.find(session, id)) == (True, False)


def test_what_one_types_in_one_go_is_one_step(database: Database) -> None:
    id = begun(database)
    for words in ("M", "Mộ", "Một"):
        changed(database, id, "lan", words, "dau")
    with database.reading() as session:
        assert len(session.scalars(select(DraftStep)).all()) == 2


def test_somebody_else_waits_until_ten_minutes_after_the_last_change(database: Database) -> None:
    id = begun(database)
    with pytest.raises(Conflict, match="lan"):
        changed(database, id, "minh", "Của Minh")
    with database.writing() as session:
        drafts.find(session, id).edited_at -= drafts.HELD
    changed(database, id, "minh", "Của Minh")
    with pytest.raises(Conflict, match="minh"):
        changed(database, id, "lan", "Của Lan")


def test_only_what_is_whole_is_sent_and_then_nobody_changes_it(database: Database) -> None:
    id = begun(database)
    changed(database, id, "lan", "")
    with pytest.raises(Refusal, match="sửa"), database.writing() as session:
        drafts.send(session, drafts.find(session, id), "lan")
    changed(database, id, "lan", "Ý kiến")
    with database.writing() as session:
        drafts.send(session, drafts.find(session, id), "lan")
    with pytest.raises(Conflict):
        changed(database, id, "lan", "Khác")
    with pytest.raises(Refusal), database.writing() as session:
        drafts.give_back(session, drafts.find(session, id), "minh", " ")
    with database.writing() as session:
        drafts.give_back(session, drafts.find(session, id), "minh", "Câu 3 dài quá")
        assert drafts.find(session, id).reply == "minh: Câu 3 dài quá"
    changed(database, id, "lan", "Khác")


def test_a_dropped_draft_keeps_no_step_and_no_word(database: Database) -> None:
    id = begun(database)
    with database.writing() as session:
        draft = drafts.find(session, id)
        drafts.note(session, draft, "hl_cho", "", "Khó hiểu", None)
        drafts.drop(session, draft, "lan")
    with database.reading() as session:
        assert session.get_one(Draft, id).state is DraftState.DROPPED
        assert not session.scalars(select(DraftStep)).all()
        assert not session.scalars(select(DraftNote)).all()
        assert not drafts.list_all(session)


@pytest.mark.both_databases
def test_the_database_refuses_a_publication_by_who_wrote(database: Database) -> None:
    id = begun(database)
    about: dict[str, Any] = {"draft": id, "day": today()}
    with database.reading() as session:
        digest = questionnaires.find(session, "mot_cham@1").digest
    with pytest.raises(DBAPIError, match="does not publish"), database.writing() as session:
        session.add(Publication(questionnaire=digest, account="lan", **about))
    with database.writing() as session:
        session.add(Publication(questionnaire=digest, account="minh", **about))


def test_three_hundred_questions_are_looked_at_in_a_moment(database: Database) -> None:
    written = edits.blank("dai", "Dài")
    written["title"]["en"] = "Long"
    question = {"vi": "Ông/Bà có hài lòng không?", "en": "Are you satisfied?"}
    written["pages"][0]["items"] = [
        {"code": f"cau_{number}", "kind": "scale", "scale": "hai_long", "label": question} for number in range(300)
    ]
    with database.writing() as session:
        id = drafts.begin(session, "lan", written).id
        assert drafts.looked(drafts.present(session, drafts.find(session, id))).faults == ()

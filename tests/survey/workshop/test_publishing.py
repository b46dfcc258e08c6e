"""Publishing: a second person, an answer to each changed question, and a crosswalk that comparisons know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from survey.responses import crosswalks
from survey.storage.database import Database
from survey.storage.models import Publication
from survey.waves import questionnaires
from survey.workshop import drafts, edits, publishing
from translations import Denied, Refusal


def sent(database: Database, change: Callable[[dict[str, Any]], None]) -> int:
    """A draft of the short form's next version, written and sent by lan."""
    with database.writing() as session:
        base = questionnaires.find(session, "noi_phuc_vu@2")
        written = drafts.renewed(session, base)
        change(written)
        draft = drafts.begin(session, "lan", written, base)
        drafts.send(session, draft, "lan")
        return draft.id


def reworded(written: dict[str, Any]) -> None:
    for code in ("tiep_xuc", "hl_cong_chuc"):
        found = edits.find(written, code)
        assert found is not None
        found[1]["label"] = {"vi": f"Câu khác về {code}?", "en": f"Another question on {code}?"}


def publish(database: Database, id: int, account: str, **answers: bool) -> str:
    with database.writing() as session:
        return publishing.publish(session, drafts.find(session, id), account, answers).name


def test_who_wrote_does_not_publish(database: Database) -> None:
    id = sent(database, reworded)
    with pytest.raises(Denied):
        publish(database, id, "lan", tiep_xuc=True, hl_cong_chuc=False)
    with database.reading() as session:
        assert not [one for one in questionnaires.published(session) if one.name == "noi_phuc_vu@3"]


def test_a_changed_question_of_which_nothing_was_said_stops_it(database: Database) -> None:
    id = sent(database, reworded)
    with pytest.raises(publishing.Unanswered) as stopped:
        publish(database, id, "minh", tiep_xuc=True)
    assert stopped.value.codes == ["hl_cong_chuc"]


def test_what_is_not_comparable_is_another_question_under_its_code(database: Database) -> None:
    id = sent(database, reworded)
    assert publish(database, id, "minh", tiep_xuc=True, hl_cong_chuc=False) == "noi_phuc_vu@3"
    with database.reading() as session:
        old, new = (questionnaires.find(session, f"noi_phuc_vu@{version}") for version in (2, 3))
        (step,) = crosswalks.between(session, old, new) or []
        assert (step.code("tiep_xuc"), step.code("hl_cong_chuc"), step.code("hl_cho")) == (
            "tiep_xuc",
            None,
            "hl_cho",
        )
        asked = step.questionnaire(old)
        assert "hl_cong_chuc" not in asked.items
        assert asked.index is not None
        assert "hl_cong_chuc" not in asked.index.codes()["index"]
        assert session.scalars(select(Publication.account)).all() == ["minh"]


def test_another_choice_in_the_index_bars_a_comparison_and_says_why(database: Database) -> None:
    def change(written: dict[str, Any]) -> None:
        found = edits.find(written, "dich_vu")
        assert found is not None
        del found[1]["choices"]["10"]

    id = sent(database, change)
    with pytest.raises(Refusal, match="dich_vu"):
        publish(database, id, "minh", dich_vu=True)
    assert publish(database, id, "minh", dich_vu=False) == "noi_phuc_vu@3"


def test_a_first_version_asks_nothing(database: Database) -> None:
    with database.writing() as session:
        written = edits.blank("thuy_loi", "Thủy lợi")
        written["title"]["en"] = "Irrigation"
        written["pages"][0]["items"][0]["label"] = {"vi": "Ý kiến?", "en": "Your views?"}
        draft = drafts.begin(session, "lan", written)
        drafts.send(session, draft, "lan")
        id = draft.id
    assert publish(database, id, "minh") == "thuy_loi@1"

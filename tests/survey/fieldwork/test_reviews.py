"""Decisions on responses: the newest one holds, none is lost, and what is rejected leaves the estimates."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey.fieldwork import reviews
from survey.responses import submission
from survey.responses.respondents import sample
from survey.results import result_table
from survey.storage.database import Database
from survey.storage.models import Mode, Review, ReviewState
from survey.waves import waves
from translations import NotFound, Refusal


def keep(session: Session, level: int, wave: str = "ho-mau") -> UUID:
    id = uuid4()
    psu = "V1" if wave == "ho-mau" else None
    submission.submit(
        session.connection(), waves.place(session, wave, "06652"), id, Mode.PAPER, {"gt_day_du": level}, psu=psu
    )
    return id


@pytest.mark.both_databases
def test_the_newest_decision_holds_and_the_older_ones_stay(province: Database) -> None:
    with province.writing() as session:
        one, two = keep(session, 1), keep(session, 5)
        assert reviews.decide(session, "ho-mau", [one, two], ReviewState.REJECTED, "Chép phiếu", "lan") == 2
    with province.reading() as session:
        assert sample(session, waves.find(session, "ho-mau")).rejected == 2
    with province.writing() as session:
        assert reviews.decide(session, "ho-mau", [one], ReviewState.APPROVED, "", "minh") == 1
    with province.reading() as session:
        held = reviews.newest(session, "ho-mau")
        assert (held[one].state, held[one].person, held[two].state) == ("approved", "minh", "rejected")
        assert [row.state.value for row in reviews.history(session, "ho-mau", one)] == ["approved", "rejected"]
        assert reviews.history(session, "ho-mau", one)[1].reason == "Chép phiếu"
        assert len(session.scalars(select(Review)).all()) == 3
    with pytest.raises(DBAPIError), province.writing() as session:
        session.execute(text("delete from review"))


def test_a_rejected_form_leaves_the_estimates_and_comes_back(province: Database) -> None:
    def satisfied() -> tuple[int, float | None]:
        with province.reading() as session:
            record = result_table.estimates(session, "ho-mau", items=["gt_day_du"], single_psu="centered")[0]
            return record.n, record.estimate

    with province.writing() as session:
        bad, _good = keep(session, 1), keep(session, 5)
    assert satisfied() == (2, 0.5)
    with province.writing() as session:
        reviews.decide(session, "ho-mau", [bad], ReviewState.REJECTED, "Chép phiếu", "lan")
    assert satisfied() == (1, 1.0)
    with province.writing() as session:
        reviews.decide(session, "ho-mau", [bad], ReviewState.ON_HOLD, "Hỏi lại thôn", "lan")
    assert satisfied() == (2, 0.5)


def test_the_same_decision_twice_is_one_row(province: Database) -> None:
    with province.writing() as session:
        one = keep(session, 1)
        assert reviews.decide(session, "ho-mau", [one], ReviewState.ON_HOLD, "Hỏi lại", "lan") == 1
        assert reviews.decide(session, "ho-mau", [one], ReviewState.ON_HOLD, " Hỏi  lại ", "minh") == 0
        assert reviews.decide(session, "ho-mau", [one], ReviewState.ON_HOLD, "Chưa gặp", "lan") == 1
        assert len(reviews.history(session, "ho-mau", one)) == 2


def test_a_decision_needs_a_form_a_reason_and_the_right_wave(province: Database) -> None:
    with province.writing() as session:
        one, elsewhere = keep(session, 1), keep(session, 1, "ho-mo")
        with pytest.raises(Refusal, match="Hãy đánh dấu"):
            reviews.decide(session, "ho-mau", [], ReviewState.APPROVED, "", "lan")
        with pytest.raises(Refusal):
            reviews.decide(session, "ho-mau", [one], ReviewState.REJECTED, "  ", "lan")
        with pytest.raises(NotFound):
            reviews.decide(session, "ho-mau", [one, elsewhere], ReviewState.APPROVED, "", "lan")
        many = [uuid4() for _form in range(reviews.MOST + 1)]
        with pytest.raises(Refusal):
            reviews.decide(session, "ho-mau", many, ReviewState.APPROVED, "", "lan")
        assert reviews.newest(session, "ho-mau") == {}

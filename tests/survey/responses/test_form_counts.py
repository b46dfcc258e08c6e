"""What counts: the same number on every page that counts forms."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from survey.fieldwork import reviews
from survey.responses import form_counts, holding, lot_steps, lots, submission
from survey.responses.respondents import sample
from survey.storage.database import Database
from survey.storage.models import LotKind, Mode, ReviewState
from survey.system import dates
from survey.waves import waves


def keep(session: Session, wave: str, unit: str, mode: Mode, **about: Any) -> UUID:
    id, place = uuid4(), waves.place(session, wave, unit)
    submission.submit(session.connection(), place, id, mode, {"C5": 1}, **about)
    return id


def test_forms_are_counted_by_unit_and_mode(province: Database) -> None:
    came = (("06652", Mode.PHONE), ("06652", Mode.PHONE), ("06652", Mode.PAPER), ("06658", Mode.PHONE))
    with province.writing() as session:
        for unit, mode in came:
            keep(session, "ho-mo", unit, mode)
        found = form_counts.by_unit(session, "ho-mo")
    assert found == {"06652": {"phone": 2, "paper": 1}, "06658": {"phone": 1}}


@pytest.mark.both_databases
def test_what_no_figure_holds_is_counted_nowhere(province: Database) -> None:
    def counted() -> tuple[int, ...]:
        with province.reading() as session:
            return (
                form_counts.by_unit(session, "ho-mau")["06652"]["paper"],
                form_counts.by_village(session, "ho-mau", Mode.PAPER)["V1"],
                holding.counted(session, "ho-mau", "V1"),
                len(sample(session, waves.find(session, "ho-mau"))),
            )

    with province.writing() as session:
        lot = lots.begin(session, "ho-mau", LotKind.IMPORT, dates.today())
        ids = [keep(session, "ho-mau", "06652", Mode.PAPER, psu="V1", lot=own) for own in (None, None, None, lot)]
    assert counted() == (4, 4, 4, 4)
    with province.writing() as session:
        reviews.decide(session, "ho-mau", ids[:2], ReviewState.REJECTED, "Nhập lại", "lan")
    assert counted() == (2, 2, 2, 2)
    with province.writing() as session:
        reviews.decide(session, "ho-mau", ids[:1], ReviewState.APPROVED, "", "lan")
    assert counted() == (3, 3, 3, 3)
    with province.writing() as session:
        lot_steps.recall(session, "ho-mau", lot, "Nhầm tệp", "lan")
    assert counted() == (2, 2, 2, 2)

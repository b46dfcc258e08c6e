"""The next step of a pattern: households that are asked again first, drawn by a seed, told beside the matter."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from survey.fieldwork import agreements, reinterviews
from survey.integrity import matters, pattern_list, reinterview_sample
from survey.integrity.patterns import Pattern
from survey.storage.database import Database
from survey.storage.models import Batch, MatterState, Reinterview, ReinterviewSample, Response, Sheet
from survey.waves import questionnaires, waves
from tests.survey.patterned import WAVE, Patterned
from translations import Conflict, NotFound, Refusal


@pytest.fixture
def linked(patterned: Patterned) -> Database:
    """A wave with copies in a village, where every other sheet was chosen for a re-interview."""
    database = patterned()
    with database.writing() as session:
        for row, serial in enumerate(session.scalars(select(Sheet.serial).order_by(Sheet.serial)).all()):
            if row % 2:
                session.add(Reinterview(sheet=serial, wave=WAVE, household=row))
    return database


def found(database: Database, check: str = "alike", kind: str = "village") -> Pattern:
    with database.reading() as session:
        looked = pattern_list.look(session, waves.find(session, WAVE))
    return next(one for one in looked.having("passes") if (one.check, one.group_kind) == (check, kind))


def draw(database: Database, subject: str, size: int | None = None) -> ReinterviewSample:
    with database.writing() as session:
        return reinterview_sample.draw(session, waves.find(session, WAVE), subject, size, "An")


def test_a_sample_is_of_the_group_alone_and_of_forms_that_lead_to_a_household(linked: Database) -> None:
    pattern = found(linked)
    drawn = draw(linked, pattern.subject, 3)
    assert len(drawn.sheets) == 3
    with linked.reading() as session:
        psus = select(Batch.psu).join(Sheet, Sheet.batch == Batch.code).where(Sheet.serial.in_(drawn.sheets))
        assert set(session.scalars(psus)) == {pattern.group}
        chosen = {one.sheet for one in reinterviews.chosen(session, WAVE)}
        matter = matters.find(session, waves.find(session, WAVE), pattern.subject)
    assert set(drawn.sheets) <= chosen
    assert (matter.state, matter.is_open) == (MatterState.REINTERVIEW, True)
    assert matter.decision is not None
    assert matter.decision.reason == f"rút 3 hộ, hạt giống {drawn.seed}"


def test_who_has_the_seed_repeats_the_draw_and_a_second_one_takes_others(linked: Database) -> None:
    pattern = found(linked)
    with linked.reading() as session:
        offered = reinterview_sample.eligible(session, waves.find(session, WAVE), pattern)
    first = draw(linked, pattern.subject, 3)
    assert reinterview_sample.in_order(first.seed, offered)[:3] == first.sheets
    rest = draw(linked, pattern.subject, 500)
    assert sorted([*first.sheets, *rest.sheets]) == offered
    with pytest.raises(Conflict, match="đã được rút"):
        draw(linked, pattern.subject)


def test_a_group_that_leads_to_no_household_and_a_wrong_subject_are_refused(patterned: Patterned) -> None:
    database = patterned()
    with pytest.raises(Conflict, match="chỉ phiếu như thế mới dẫn tới hộ"):
        draw(database, found(database).subject)
    with pytest.raises(NotFound):
        draw(database, "pattern:alike:village:khong-co")
    with pytest.raises(Refusal, match="ít nhất một hộ"):
        draw(database, found(database).subject, 0)


def test_the_usual_size_shows_twenty_points_and_the_precision_is_told() -> None:
    assert reinterview_sample.needed(10) == 8
    assert reinterview_sample.half_width(8, 10) == pytest.approx(0.1384, abs=1e-4)
    assert reinterview_sample.needed(1) > reinterview_sample.needed(10)
    assert "±14 điểm %, đủ để thấy" in reinterview_sample.precision(8, 10)
    assert "±28 điểm %; muốn thấy kém hơn 20 điểm % cần 8 hộ" in reinterview_sample.precision(2, 10)


def test_the_agreement_of_the_sample_is_told_beside_the_matter_beside_that_of_others(linked: Database) -> None:
    pattern = found(linked)
    drawn = draw(linked, pattern.subject, 6)
    with linked.writing() as session:
        wave = waves.find(session, WAVE)
        again = [item for _page, item in reinterviews.again(questionnaires.by_digest(session, wave.questionnaire))]
        serials = list(session.scalars(select(Reinterview.sheet).order_by(Reinterview.sheet)))
        others = [serial for serial in serials if serial not in drawn.sheets][:20]
        for serial in [*drawn.sheets, *others]:
            sheet = session.get_one(Sheet, serial)
            first = session.get_one(Response, sheet.response).answers
            same = {item.code: first[item.code] for item in again if item.code in first}
            turned = {code: next(c for c in _codes(again, code) if c != value) for code, value in same.items()}
            row = session.get_one(Reinterview, serial)
            row.person, row.answers = "Bình", turned if serial in drawn.sheets else same
    with linked.reading() as session:
        before = reinterview_sample.told(
            reinterview_sample.progress(session, waves.find(session, WAVE), pattern.subject)
        )
    assert before == [f"Đã phúc tra 6 trong 6 hộ được rút (hạt giống {drawn.seed})."]
    with linked.writing() as session:
        agreements.compute(session, WAVE)
    with linked.reading() as session:
        told = reinterview_sample.told(
            reinterview_sample.progress(session, waves.find(session, WAVE), pattern.subject)
        )
    assert re.search(r"^0% trong \d+ câu trả lời lần hai trùng với lần đầu \(0% đến \d+%; 6 hộ\)", told[1])
    assert told[1].endswith("Ở các hộ phúc tra khác: 100%.")
    with pytest.raises(Conflict):
        draw(linked, pattern.subject)


def _codes(items, code: str) -> list[int]:  # type: ignore[no-untyped-def]
    return next(item.valid for item in items if item.code == code)


def test_of_fewer_than_five_the_agreement_is_not_told() -> None:
    few = {"subject": "x", "drawn": 4, "forms": 4}
    one = ReinterviewSample(wave=WAVE, subject="x", seed="ab", sheets=["1", "2", "3", "4"], person="An")
    told = reinterview_sample.told(reinterview_sample.Progress((one,), 4, few))
    assert "quá ít để nói mức khớp" in told[1]

"""What is told of a wave: made beforehand, whole lots only, and nothing that names or narrows anybody."""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from survey.integrity import (
    account,
    account_check_words,
    account_checks,
    account_limits,
    account_way_words,
    account_words,
    digests,
    kept_account,
    matters,
)
from survey.integrity.account import Account
from survey.integrity.pattern_checks import CHECKS
from survey.responses import lot_steps
from survey.responses.respondents import sample, sample_with
from survey.results import collection, releases, result_table
from survey.storage.database import Database
from survey.storage.models import IntegrityAccount, Lot, LotKind, MatterDecision, MatterState, Wave
from survey.waves import questionnaires, waves
from tests.survey.flooded import WAVE as FLOOD_WAVE
from tests.survey.flooded import Flooded
from tests.survey.integrity.told_waves import (
    DEVICE,
    PLANTED,
    SEED,
    TODAY,
    WAVE,
    aside,
    drawn,
    forms,
    night,
    reject,
    released,
    steered,
    told,
)


def kept(database: Database) -> Account:
    with database.reading() as session:
        found = kept_account.read(session, WAVE)
    assert found is not None
    return found


def test_all_that_came_is_counted_or_left_out_for_a_reason(province: Database) -> None:
    steered(province)
    released(province)
    told(province)
    own = kept(province)
    assert (own.received, own.counted, own.left_out) == (120, 108, {"aside": 12})
    assert own.modes == {"interviewer": 27, "paper": 81}
    assert own.drawing is not None
    assert (own.drawing.villages, own.drawing.households, own.drawing.seed) == (4, 24, SEED)
    assert sorted((one.forms, one.proposed, one.confirmed, one.shown) for one in own.aside) == [
        (forms, "supervisor", "home_affairs", False) for forms in (5, 7)
    ]
    assert own.shown is not None
    assert own.open == 0


def test_the_figure_with_what_is_set_aside_is_that_of_all_forms(province: Database) -> None:
    gone = steered(province)
    released(province)
    told(province)
    own = kept(province)
    with province.reading() as session:
        wave = waves.find(session, WAVE)
        with_all, without = (
            result_table.table(session, sample_with(session, wave, *lots), items=["index"], released=True)[0]
            for lots in ((set(gone), set[int]()), (set[int](), set(gone)))
        )
    assert own.figure is not None
    assert own.whole is not None
    assert own.figure.estimate == pytest.approx(without.estimate)
    assert own.whole.estimate == pytest.approx(with_all.estimate)
    assert (own.figure.n, own.whole.n) == (108, 120)


def test_a_lot_of_which_the_figures_hold_fewer_than_5_stays_out_of_both(province: Database) -> None:
    """Else two accounts could be taken off each other: the difference would be that of 3 people."""
    gone = steered(province)
    with province.writing() as session:
        reject(session, gone[1], 2, TODAY - timedelta(1))
    released(province)
    told(province)
    own = kept(province)
    assert own.whole is not None
    assert (own.figure.n if own.figure else 0, own.whole.n) == (108, 115)


def test_a_review_after_the_release_moves_neither_figure(province: Database) -> None:
    gone = steered(province)
    released(province)
    told(province)
    before = kept(province)
    with province.writing() as session:
        reject(session, gone[0], 1, TODAY)
        wave = waves.find(session, WAVE)
        after = account.gather(session, wave, releases.newest(session, WAVE))
    assert (after.figure, after.whole) == (before.figure, before.whole)


def test_nothing_is_told_of_figures_before_a_release(province: Database) -> None:
    steered(province)
    told(province)
    own = kept(province)
    assert (own.shown, own.figure, own.whole) == (None, None, None)


def test_a_withdrawn_release_says_so_with_its_reason(province: Database) -> None:
    steered(province)
    released(province)
    told(province)
    assert (kept(province).withdrawn, account_words.remark(kept(province))) == (None, "")
    with province.writing() as session:
        shown = releases.newest(session, WAVE)
        assert shown is not None
        releases.withdraw(session, shown, "Sai quyền số", "Minh")
    with province.reading() as session:
        assert kept_account.read(session, WAVE) is None, "what was told before is untrue by now"
    told(province)
    own = kept(province)
    assert (own.shown, own.figure) == (None, None)
    assert account_words.remark(own).endswith("Sai quyền số.")
    with province.writing() as session:
        session.get_one(Wave, WAVE).closes += timedelta(5)
        assert kept_account.read(session, WAVE) is None, "it was told of other days"


def test_a_lot_set_aside_after_the_release_says_that_the_figures_hold_it(province: Database) -> None:
    steered(province)
    released(province)
    with province.reading() as session:
        number = session.scalars(select(Lot.number).where(Lot.wave == WAVE, Lot.psu == "V3")).first()
    assert number is not None
    aside(province, number)
    told(province)
    assert [one.shown for one in kept(province).aside].count(True) == 1


def test_a_form_that_came_moves_nothing_until_the_night(province: Database) -> None:
    """Whoever looks each minute would else see forms arrive."""
    steered(province)
    told(province)
    before = kept(province)
    with province.writing() as session:
        forms(session, "V2", TODAY, 6, 1.0, random.Random(9))
    kept_account.make(province)
    assert kept(province) == before
    with province.reading() as session:
        assert session.scalar(select(func.count(IntegrityAccount.wave))) == 4


def test_it_knows_no_place_and_nobody(province: Database) -> None:
    gone = steered(province)
    released(province)
    told(province)
    with province.reading() as session:
        content = str(session.get_one(IntegrityAccount, WAVE).content)
    assert [name for name in (*PLANTED, DEVICE, *map(str, gone)) if name in content] == []


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"aside": 41, "rejected": 26}, "41 phiếu để riêng cả lô, 26 phiếu bị loại khi rà soát"),
        ({"aside": 41, "rejected": 3}, "41 phiếu để riêng cả lô, dưới 5 phiếu vì lý do khác"),
        ({"held": 3, "rejected": 4}, "7 phiếu vì lý do khác"),
    ],
)
def test_parts_under_5_are_told_together(counts: dict[str, int], words: str) -> None:
    assert account_words.parts(counts, account_way_words.LEFT_OUT) == words


def test_where_the_parts_would_tell_a_small_one_the_sum_is_not_told(province: Database) -> None:
    gone = steered(province)
    with province.writing() as session:
        number = session.scalars(select(Lot.number).where(Lot.wave == WAVE, Lot.psu == "V3")).first()
        assert number not in gone
        reject(session, number or 0, 3, TODAY - timedelta(1))
    released(province)
    told(province)
    own = kept(province)
    with province.reading() as session:
        wave = waves.find(session, WAVE)
        asked = questionnaires.by_digest(session, wave.questionnaire)
    blocks = account_way_words.way(own, account_words.Stage.RELEASED, wave, asked)
    assert [one.heading for one in blocks] == ["24 hộ", "Phiếu nhận về", "Không tính", "105 phiếu được tính"]
    assert "120" not in str(blocks)


def test_every_check_belongs_to_what_people_leave_behind() -> None:
    assert set(account_checks.FAMILY) == set(CHECKS) | {"forms", "flood"}


@pytest.mark.parametrize(("wave", "tried"), [("ho-mau", "một người bịa khéo"), ("gop-y", "một người gửi")])
def test_what_is_not_found_is_told_with_the_trials(province: Database, wave: str, tried: str) -> None:
    with province.reading() as session:
        told = account_limits.sentences(waves.find(session, wave))
    assert tried in told[1]
    assert re.search(r"\d+ trên \d+ lần \(khoảng tin cậy 95% từ \d+% đến \d+%\)", told[2])


def test_what_waits_and_what_was_decided_are_told_by_their_family(flooded: Flooded) -> None:
    database = flooded()
    kept_account.make(database)
    with database.reading() as session:
        own = kept_account.read(session, FLOOD_WAVE)
    assert own is not None
    assert own.waiting | {"flood": 1, "alike": 1} == own.waiting
    assert {one.family for one in own.checks if one.found} >= {"alike", "days"}
    assert all(one.found == one.open for one in own.checks)
    assert own.open == own.found == sum(own.waiting.values())
    with database.writing() as session:
        wave = waves.find(session, FLOOD_WAVE)
        for one in matters.open_matters(session, wave):
            matters.decide(session, wave, one.subject, MatterState.EXPLAINED, "Họp tổ dân phố", "home_affairs")
    kept_account.make(database)
    with database.reading() as session:
        after = kept_account.read(session, FLOOD_WAVE)
    assert after is not None
    assert (after.open, after.found) == (0, own.found)
    assert {(one.state, one.role, one.reason) for one in after.decided} == {
        ("explained", "home_affairs", "Họp tổ dân phố")
    }
    with database.reading() as session, session.no_autoflush:  # by commands: nobody knows whose account it was
        for decision in session.scalars(select(MatterDecision)).all():
            decision.by_operator = True
        wave = waves.find(session, FLOOD_WAVE)
        assert {one.role for one in account.gather(session, wave, None).decided} == {""}
        session.rollback()
    days = next(one for one in after.checks if one.family == "days")
    assert account_check_words.done(days, after.decided) == f"Có lời giải thích, vẫn tính: {days.found}"


def test_the_clock_makes_it_within_a_minute_of_a_decision(province: Database) -> None:
    gone = steered(province)
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        """Ends with the third look; before the second one a lot is taken back."""
        waited.append(seconds)
        if len(waited) == 2:
            with province.writing() as session:
                lot_steps.propose(session, WAVE, gone[0], False, "đã hỏi lại", "a")
            with province.writing() as session:
                lot_steps.confirm(session, WAVE, gone[0], "b")
        return len(waited) == 3

    kept_account.by_the_clock(province, wait)
    assert waited == [kept_account.SOON, kept_account.PAUSE, kept_account.PAUSE]
    assert len(kept(province).aside) == 1


def test_forms_set_aside_after_the_release_are_told_as_counted_still(province: Database) -> None:
    """“No form set aside” would be false, and “not counted” as well."""
    steered(province)
    released(province)
    told(province)
    before = kept(province)
    with province.reading() as session:
        number = session.scalars(select(Lot.number).where(Lot.wave == WAVE, Lot.psu == "V3")).first()
    aside(province, number or 0)
    told(province)
    own = kept(province)
    assert (before.aside_since, own.aside_since, own.counted, own.left_out) == (0, 9, 108, {"aside": 12})
    heading, text = account_words._set_aside(own)
    assert heading == "Có trong bản công bố 1 mà đã để riêng: 9 phiếu"
    words = "Số liệu của bản công bố 1 vẫn tính những phiếu này; một bản công bố sau sẽ không tính."
    assert text.startswith(words)
    assert "không tính trong bản ấy: 12 phiếu" in text


def test_a_file_that_was_taken_back_brought_nobody(province: Database) -> None:
    """Its people came with the corrected one: counted twice, they would be more than were asked."""
    with province.writing() as session:
        drawn(session)
        dice = random.Random(3)
        first, _second = (forms(session, "V1", TODAY - timedelta(2), 20, 0.8, dice) for _copy in range(2))
        session.get_one(Lot, first).kind = LotKind.IMPORT
    digests.close_days(province, night(2), WAVE)
    with province.writing() as session:
        lot_steps.recall(session, WAVE, first, "đã có tệp sửa", "chi")
    released(province)
    told(province)
    own = kept(province)
    assert (own.received, own.counted, own.left_out, own.whole) == (20, 20, {}, None)
    with province.reading() as session:
        wave = waves.find(session, WAVE)
        people = sample(session, wave)
        came = collection.now(session, people, collection.of(session, people))
        assert (came.collected, sum(came.modes.values()), came.rejected, came.aside) == (20, 20, 0, 0)
        assert came.households is not None
        assert (came.households.counted.other, came.households.beyond) == (0, 14)
    assert [account_check_words.what(one) for one in own.aside] == [
        "Tệp nhập vào. đã có tệp sửa. Tệp đã được rút lại: coi như chưa từng nhận."
    ]


@pytest.mark.parametrize("steps", [["checked"], ["approved"], ["checked", "approved"]])
def test_a_step_that_a_command_took_proves_no_second_person(province: Database, steps: list[str]) -> None:
    steered(province)
    released(province)
    with province.writing() as session:
        releases.find(session, WAVE, 1).by_operator = steps
    told(province)
    words = account_words.two_people((), kept(province).shown)
    assert "không chứng tỏ được là hai người" in words[1]

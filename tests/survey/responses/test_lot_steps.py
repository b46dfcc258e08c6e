"""Two people set a lot aside, or take it back, as a whole; every figure knows it from then on."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from survey.responses import lot_steps, lots, respondents
from survey.responses.lot_steps import Standing
from survey.storage.database import Database
from survey.storage.models import Lot, LotKind, LotStep, Mode, Response, Review, ReviewState
from survey.system import dates
from survey.waves import waves
from translations import Conflict, NotFound, Refusal, language

pytestmark = pytest.mark.both_databases

WAVE = "ho-mau"
AN, BINH = "Trần Văn An", "Lê Thị Bình"
REASON = "Một hộ kể rằng không ai đến hỏi."
Lots = Callable[..., int]


@pytest.fixture
def lot(province: Database) -> Lots:
    """lot(count, closed=True, …) is the number of a new lot of yesterday with so many forms of V1."""

    def made(count: int, closed: bool = True, psu: str | None = "V1", wave: str = WAVE) -> int:
        day = dates.today() - timedelta(1)
        with province.writing() as session:
            about = {"unit": "06652", "psu": psu, "mode": Mode.INTERVIEWER}
            number = lots.begin(session, wave, LotKind.TABLET, day, sender="device:1", **about)
            session.get_one(Lot, number).closed = dates.today() if closed else None
            row = {"wave": wave, "day": day, "lot": number, "answers": {"C5": 1}, "marks": [], **about}
            asked = waves.find(session, wave).questionnaire
            session.add_all(Response(id=uuid.uuid4(), questionnaire=asked, **row) for _form in range(count))
        return number

    return made


def propose(province: Database, number: int, aside: bool = True, person: str = AN, wave: str = WAVE) -> None:
    with province.writing() as session:
        lot_steps.propose(session, wave, number, aside, REASON, person)


def confirm(province: Database, number: int, person: str = BINH) -> None:
    with province.writing() as session:
        lot_steps.confirm(session, WAVE, number, person)


def standing(province: Database, number: int) -> Standing:
    with province.reading() as session:
        return lot_steps.state(session, WAVE).get(number, lot_steps.LotState()).standing


def counted(province: Database) -> tuple[int, int, int]:
    """How many forms the figures rest on; rejected; aside."""
    with province.reading() as session:
        people = respondents.sample(session, waves.find(session, WAVE))
        return len(people), people.rejected, people.aside


def test_two_people_set_a_lot_aside_and_take_it_back(province: Database, lot: Lots) -> None:
    one, other = lot(7), lot(6)
    propose(province, one)
    assert (standing(province, one), counted(province)) == (Standing.PROPOSED_ASIDE, (13, 0, 0))
    confirm(province, one)
    assert (standing(province, one), counted(province)) == (Standing.ASIDE, (6, 0, 7))
    propose(province, one, aside=False, person=BINH)
    assert (standing(province, one), counted(province)) == (Standing.PROPOSED_BACK, (6, 0, 7))
    confirm(province, one, AN)
    assert (standing(province, one), counted(province)) == (Standing.COUNTED, (13, 0, 0))
    with province.reading() as session:
        steps = lot_steps.state(session, WAVE)[one].steps
        assert [(step.step.value, step.person) for step in steps] == [
            ("propose_aside", AN),
            ("aside", BINH),
            ("propose_back", BINH),
            ("back", AN),
        ]
        assert {step.reason for step in steps} == {REASON}
        assert lot_steps.state(session, WAVE).keys() == {one} != {other}


def test_a_rejected_form_of_a_lot_that_is_set_aside_is_counted_once(province: Database, lot: Lots) -> None:
    number = lot(7)
    lot(5)
    with province.writing() as session:
        first = session.scalars(select(Response.id).where(Response.lot == number)).first()
        by = {"reason": "twice", "person": "Lan", "day": dates.today()}
        session.add(Review(wave=WAVE, response=first, state=ReviewState.REJECTED, **by))
    propose(province, number)
    confirm(province, number)
    assert counted(province) == (5, 1, 6)


def test_the_figures_with_and_without_lots_need_no_decision(province: Database, lot: Lots) -> None:
    one, other = lot(7), lot(6)
    propose(province, one)
    confirm(province, one)
    with province.reading() as session:
        wave = waves.find(session, WAVE)
        sizes = [
            len(respondents.sample_with(session, wave, set(with_lots), set(without)))
            for with_lots, without in [
                ((), ()),
                ((one,), ()),
                ((one, other), ()),
                ((), (other,)),
                ((one,), (other,)),
            ]
        ]
    assert sizes == [6, 13, 13, 0, 7]


@pytest.mark.parametrize("person", [AN, "TRẦN VĂN AN", "  trần  văn an ", "Tra\u0302\u0300n Va\u0306n An"])
def test_nobody_confirms_an_own_proposal(province: Database, lot: Lots, person: str) -> None:
    number = lot(5)
    propose(province, number)
    with pytest.raises(Conflict, match="để riêng lô"):
        confirm(province, number, person)
    confirm(province, number)
    propose(province, number, aside=False)
    with pytest.raises(Conflict, match="lấy lại lô"):
        confirm(province, number, person)
    assert standing(province, number) is Standing.PROPOSED_BACK


def test_a_lot_is_not_set_aside_twice(province: Database, lot: Lots) -> None:
    number = lot(5)
    propose(province, number)
    with pytest.raises(Conflict, match="đã có đề nghị"):
        propose(province, number, person=BINH)
    confirm(province, number)
    with pytest.raises(Conflict, match="đã được để riêng từ"):
        propose(province, number, person=BINH)
    with pytest.raises(Conflict, match="chưa có đề nghị"):
        confirm(province, number)
    with province.reading() as session:
        assert len(session.scalars(select(LotStep)).all()) == 2


def test_a_proposal_is_given_up_or_refused_and_the_lot_stands_as_before(province: Database, lot: Lots) -> None:
    number = lot(5)
    lot(8)
    propose(province, number)
    with province.writing() as session:
        lot_steps.withdraw(session, WAVE, number, "Đã gọi lại: đúng là có hỏi.", BINH)
    assert (standing(province, number), counted(province)) == (Standing.COUNTED, (13, 0, 0))
    propose(province, number)
    confirm(province, number)
    propose(province, number, aside=False)
    with province.writing() as session:
        lot_steps.withdraw(session, WAVE, number, "", AN)
    assert (standing(province, number), counted(province)) == (Standing.ASIDE, (8, 0, 5))
    with pytest.raises(Conflict, match="không có đề nghị"), province.writing() as session:
        lot_steps.withdraw(session, WAVE, number, "", AN)


def test_what_can_not_be_set_aside_says_why(province: Database, lot: Lots) -> None:
    number, growing, small = lot(6), lot(9, closed=False), lot(4)
    elsewhere = lot(5, psu=None, wave="ho-mo")
    for wanted, kind, words in [
        (growing, Conflict, "còn có thể nhận thêm phiếu"),
        (small, Conflict, "dưới 5 phiếu"),
        (elsewhere, NotFound, "thuộc đợt Khảo sát"),
        (12, NotFound, "không có lô 12"),
    ]:
        with pytest.raises(kind, match=words):
            propose(province, wanted)
    with pytest.raises(Conflict, match="không bị để riêng"):
        propose(province, number, aside=False)
    for reason in ("", "  ", "x" * 401):
        with pytest.raises(Refusal, match="nêu lý do"), province.writing() as session:
            lot_steps.propose(session, WAVE, number, True, reason, AN)
    with province.reading() as session:
        assert not session.scalars(select(LotStep)).all()
        assert language() == "vi"

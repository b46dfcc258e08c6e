from collections.abc import Callable, Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from survey.results import release_steps
from survey.storage.database import Database
from survey.storage.models import IntegrityAccount, Mode, Release, Response, Wave, WaveKind
from survey.system import dates
from survey.waves import changing, questionnaires, waves
from survey.waves.changing import Change
from translations import Conflict, Gone, Refusal
from translations.formats import day

TODAY = dates.today()


@pytest.fixture
def session(province: Database) -> Iterator[Session]:
    with province.writing() as session:
        yield session


@pytest.fixture
def answered(session: Session) -> Callable[[date], None]:
    def answer(day: date) -> None:
        wave = waves.find(session, "ho-mo")
        session.add(
            Response(
                id=uuid4(), wave="ho-mo", unit="06652", mode=Mode.PHONE, day=day,
                questionnaire=wave.questionnaire, answers={}, marks=[],
            )
        )  # fmt: skip
        session.flush()

    return answer


def release(session: Session, **more: object) -> Release:
    row = Release(wave="ho-mo", number=1, responses=b"", rejected=0, data="d", frozen=TODAY, frozen_by="a", **more)
    session.add(row)
    session.flush()
    return row


def test_a_wave_is_extended_renamed_and_made_public(session: Session) -> None:
    changing.change(session, "ho-mo", Change("Tên mới", None, TODAY + timedelta(60), True))
    wave = waves.find(session, "ho-mo")
    assert (wave.title, wave.closes, wave.public) == ("Tên mới", TODAY + timedelta(60), True)
    changing.change(session, "ho-mo", Change(public=False))
    assert not wave.public


def test_the_first_day_stays_once_there_is_a_response(session: Session, answered: Callable[[date], None]) -> None:
    before = waves.find(session, "ho-mo").opens - timedelta(1)
    changing.change(session, "ho-mo", Change(opens=before))
    answered(TODAY)
    with pytest.raises(Conflict, match="không đổi ngày đầu"):
        changing.change(session, "ho-mo", Change(opens=before + timedelta(1)))


def test_it_does_not_end_before_it_begins_nor_before_its_last_response(
    session: Session, answered: Callable[[date], None]
) -> None:
    answered(TODAY - timedelta(3))
    with pytest.raises(Refusal, match="trước khi bắt đầu"):
        changing.change(session, "ho-mo", Change(closes=date(2020, 1, 1)))
    with pytest.raises(Conflict, match="Đã có phiếu của ngày"):
        changing.change(session, "ho-mo", Change(closes=TODAY - timedelta(4)))
    assert changing.change(session, "ho-mo", Change(closes=TODAY - timedelta(3))).closes < TODAY


def test_what_a_release_says_stays_until_it_is_withdrawn(session: Session) -> None:
    row = release(session)
    changing.change(session, "ho-mo", Change(closes=TODAY + timedelta(40)))  # only frozen
    row.approved = TODAY
    for wanted in (Change("Khác"), Change(closes=TODAY + timedelta(41)), Change(opens=date(2020, 1, 1))):
        with pytest.raises(Conflict, match="Bản công bố số 1"):
            changing.change(session, "ho-mo", wanted)
    row.withdrawn = TODAY
    assert changing.change(session, "ho-mo", Change("Khác")).title == "Khác"


def test_a_wave_is_closed_early_though_a_release_of_it_stands(session: Session) -> None:
    release(session).approved = TODAY
    wave = changing.close(session, "ho-mo")
    assert (wave.closes, waves.is_asking(wave)) == (TODAY, False)


def test_a_wave_that_has_not_begun_is_not_closed(session: Session) -> None:
    asked = questionnaires.find(session, "noi_phuc_vu@1")
    waves.create(session, "mai", asked, WaveKind.OPEN, TODAY + timedelta(1), TODAY + timedelta(9))
    with pytest.raises(Conflict, match="bắt đầu ngày"):
        changing.close(session, "mai")


def test_what_the_server_reckons_of_an_empty_wave_does_not_keep_it(session: Session) -> None:
    asked = questionnaires.find(session, "noi_phuc_vu@1")
    waves.create(session, "nham", asked, WaveKind.OPEN, TODAY, TODAY + timedelta(9))
    session.add_all(IntegrityAccount(wave=wave, state="0", content={}) for wave in ("nham", "ho-mo"))
    session.flush()
    changing.remove(session, "nham")
    assert session.get(Wave, "nham") is None
    assert session.get(IntegrityAccount, "ho-mo") is not None


def test_a_change_leaves_a_release_that_waits_unchecked(session: Session) -> None:
    """Its reports say the wave's name and days: who checked it saw others, and approves nothing."""
    row = release(session, checked=TODAY, checked_by="b", by_operator=["frozen", "checked"])
    wave = waves.find(session, "ho-mo")
    assert changing.frozen(session, wave) is row
    changing.change(session, "ho-mo", Change(public=True))
    assert row.checked_by == "b"
    for wanted in (Change("Khác"), Change(closes=TODAY + timedelta(40)), Change(opens=date(2020, 1, 1))):
        row.checked, row.checked_by = TODAY, "b"
        changing.change(session, "ho-mo", wanted)
        assert (row.checked, row.checked_by, row.by_operator) == (None, None, ["frozen"])
    with pytest.raises(Conflict, match="chưa được kiểm tra"):
        release_steps.approve(row, row, "c")
    row.checked, row.checked_by, row.approved = TODAY, "b", TODAY
    assert changing.frozen(session, wave) is None


def test_two_admins_at_once_do_not_overwrite_each_other(session: Session) -> None:
    seen = changing.state(waves.find(session, "ho-mo"))
    changing.change(session, "ho-mo", Change("Một"), seen)
    with pytest.raises(Conflict, match="người khác đã sửa"):
        changing.change(session, "ho-mo", Change("Hai"), seen)


def test_a_wave_whose_fieldwork_is_closed_is_opened_again_there_first(session: Session) -> None:
    waves.find(session, "ho-mo").closed = TODAY
    with pytest.raises(Conflict, match="mở lại ở trang Phiếu giấy"):
        changing.change(session, "ho-mo", Change(closes=TODAY + timedelta(60)))


def test_a_sample_wave_is_never_public(session: Session) -> None:
    with pytest.raises(Conflict):
        changing.change(session, "ho-mau", Change(public=True))


def test_closed_early_it_asks_nobody_from_then_on_but_takes_what_was_open(session: Session) -> None:
    changing.close(session, "gop-y")
    assert "gop-y" not in [wave.code for wave in waves.public(session, TODAY)]
    with pytest.raises(Gone):
        waves.place(session, "gop-y", "06652")
    assert waves.place(session, "gop-y", "06652", opened=lambda place: TODAY)
    assert waves.place(session, "gop-y", "06652", TODAY)  # what was answered today is keyed later
    with pytest.raises(Conflict, match="kết thúc"):
        changing.close(session, "gop-y")
    changing.change(session, "gop-y", Change(closes=TODAY + timedelta(1)))
    assert waves.place(session, "gop-y", "06652")


def test_only_an_empty_wave_is_removed(session: Session, answered: Callable[[date], None]) -> None:
    answered(TODAY)
    with pytest.raises(Conflict, match="phiếu"):
        changing.remove(session, "ho-mo")
    with pytest.raises(Conflict, match="thôn, tổ dân phố"):
        changing.remove(session, "ho-mau")
    asked = questionnaires.find(session, "ho_gia_dinh@1")
    waves.create(session, "nham", asked, WaveKind.OPEN, TODAY, TODAY)
    changing.remove(session, "nham")
    assert session.get(Wave, "nham") is None


def test_more_than_a_year_of_asking_is_asked_about_and_what_a_later_day_moves_is_said(session: Session) -> None:
    """A slip of the year would keep what people wrote for as long, against the promise of a year."""
    wave = waves.find(session, "ho-mo")
    wave.opens, wave.closes = TODAY - timedelta(30), TODAY - timedelta(3)
    before, far = wave.closes, date(2099, 1, 1)
    with pytest.raises(changing.TooLong, match=r"01/01/2099.*01/01/2100"):
        changing.change(session, "ho-mo", Change(closes=far))
    assert wave.closes == before
    assert changing.consequences(before, wave) == ""
    changing.change(session, "ho-mo", Change(closes=TODAY + timedelta(9)))
    told = changing.consequences(before, wave)
    assert f"lại nhận trả lời, đến hết ngày {day(TODAY + timedelta(9))}" in told
    assert f"hủy sau ngày {day(TODAY + timedelta(374))}; trước đây là sau ngày {day(before + waves.KEPT)}" in told
    changing.change(session, "ho-mo", Change(closes=far), sure=True)
    changing.change(session, "ho-mo", Change(closes=far - timedelta(1)))  # shorter is never asked about
    assert "lại nhận" not in changing.consequences(far, wave)

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from survey.storage.database import Database
from survey.storage.models import Unit, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Conflict, Gone, NotFound, Refusal


@pytest.fixture
def session(province: Database) -> Iterator[Session]:
    with province.writing() as session:
        yield session


def create(session: Session, code: str = "dot-2", **more: object) -> Wave:
    values = {"kind": WaveKind.OPEN, "opens": date(2026, 1, 1), "closes": date(2026, 2, 1), **more}
    return waves.create(session, code, questionnaires.find(session, "ho_gia_dinh@1"), **values)  # type: ignore[arg-type]


@pytest.mark.both_databases
def test_a_wave_is_found_by_its_code(session: Session) -> None:
    create(session, single_psu="average", villages="kept")
    found = waves.find(session, "dot-2")
    assert (found.single_psu, found.villages, found.public, found.simulated) == ("average", "kept", False, False)
    assert questionnaires.by_digest(session, found.questionnaire).name == "ho_gia_dinh@1"


def test_its_single_psu_rule_is_centered_and_its_villages_are_new_unless_given(session: Session) -> None:
    assert (create(session).single_psu, create(session, "dot-3").villages) == ("centered", "new")


@pytest.mark.parametrize("code", ["", "Dot", "đợt", "a_b", "a b", "x" * 41, "../a", "a\n"])
def test_a_code_that_is_badly_written_is_refused(session: Session, code: str) -> None:
    with pytest.raises(Refusal):
        create(session, code)


@pytest.mark.parametrize("code", ["a", "dot-1-2026", "0", "x" * 40])
def test_a_code_has_small_letters_digits_and_hyphens(session: Session, code: str) -> None:
    assert create(session, code).code == code


@pytest.mark.parametrize("code", ["nam", "bo-phieu", "da-cong-bo", "dot-moi"])
def test_no_wave_takes_the_address_of_a_page_beside_the_waves(session: Session, code: str) -> None:
    with pytest.raises(Refusal, match="Hãy đặt mã khác"):
        create(session, code)


def test_a_wave_without_a_name_is_called_as_what_it_asks_and_by_its_year(session: Session) -> None:
    asked = "Khảo sát mức độ hài lòng của người dân, năm 2024"
    days = {"opens": date(2024, 1, 1), "closes": date(2024, 2, 1)}
    assert (create(session, **days).title, create(session, "dot-3", **days).title) == (asked, f"{asked} (dot-3)")


def test_a_name_is_one_line_of_text_that_no_other_wave_bears(session: Session) -> None:
    assert create(session, title="  Khảo sát \u0068a\u0300i lòng  2026 ").title == "Khảo sát hài lòng 2026"
    with pytest.raises(waves.SameTitle, match="dot-2"):
        create(session, "dot-3", title="KHẢO SÁT hài lòng 2026")
    for bad in ("x" * 121, "a\u202eb", "\u200b"):
        with pytest.raises(Refusal, match="1 đến 120"):
            create(session, "dot-3", title=bad)


def test_a_code_that_is_taken_is_refused(session: Session) -> None:
    with pytest.raises(Conflict):
        create(session, "ho-mo")


def test_a_wave_ends_on_its_first_day_at_the_earliest(session: Session) -> None:
    assert create(session, closes=date(2026, 1, 1))
    with pytest.raises(Refusal):
        create(session, "dot-3", closes=date(2025, 12, 31))


def test_a_sample_wave_is_never_public(session: Session) -> None:
    with pytest.raises(Refusal):
        create(session, kind=WaveKind.SAMPLE, public=True)


def test_the_first_page_leads_to_public_waves_that_run(session: Session) -> None:
    create(session, public=True)
    assert [wave.code for wave in waves.public(session, date(2026, 1, 1))] == ["dot-2"]
    assert [wave.code for wave in waves.public(session, date(2026, 2, 1))] == ["dot-2"]
    assert waves.public(session, date(2025, 12, 31)) == []
    assert [wave.code for wave in waves.public(session, dates.today())] == ["gop-y"]


def test_a_person_answers_at_a_wave_and_a_commune(session: Session) -> None:
    place = waves.place(session, "gop-y", "06970")
    assert (place.wave.code, place.unit.code, place.questionnaire.name) == ("gop-y", "06978", "noi_phuc_vu@1")


def test_a_department_is_a_place_too_but_the_province_is_none(session: Session) -> None:
    assert waves.place(session, "gop-y", "SNV").unit.name == "Sở Nội vụ"
    with pytest.raises(NotFound):
        waves.place(session, "gop-y", "22")


@pytest.mark.parametrize(
    ("wave", "unit", "refusal"),
    [("khong-co", "06652", NotFound), ("gop-y", "99999", NotFound), ("da-dong", "06652", Gone)],
)
def test_an_unknown_or_closed_place_is_refused(
    session: Session, wave: str, unit: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        waves.place(session, wave, unit)


def test_a_wave_runs_from_its_first_to_its_last_day(session: Session) -> None:
    wave = waves.find(session, "gop-y")
    for day in (wave.opens, wave.closes):
        assert waves.place(session, "gop-y", "06652", day)
    with pytest.raises(NotFound):
        waves.place(session, "gop-y", "06652", wave.opens - timedelta(1))
    with pytest.raises(Gone):
        waves.place(session, "gop-y", "06652", wave.closes + timedelta(1))


def test_the_newest_wave_comes_first(session: Session) -> None:
    create(session, opens=date(2099, 1, 1), closes=date(2099, 1, 1))
    assert [wave.code for wave in waves.list_all(session)] == ["dot-2", "ho-mo", "ho-mau", "gop-y", "da-dong"]


def test_villages_are_those_of_the_wave_and_the_commune(session: Session) -> None:
    assert [village.psu for village in waves.villages(session, "ho-mau")] == ["V1", "V2", "V3", "V4"]
    assert [village.psu for village in waves.villages(session, "ho-mau", "06658")] == ["V3", "V4"]
    assert waves.villages(session, "ho-mo") == []


def test_today_is_the_day_in_viet_nam() -> None:
    before = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    assert before <= dates.today() <= datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def test_a_unit_exists_in_its_time(session: Session) -> None:
    session.add(Unit(code="CU", name="Cũ", kind="xã", parent="22", valid_to=date(2025, 6, 30)))
    session.flush()
    assert waves.place(session, "gop-y", "CU").unit.code == "CU"


def test_forms_that_were_opened_in_time_may_come_for_two_days_until_the_fieldwork_is_closed() -> None:
    ended = [Wave(closes=dates.today() - timedelta(days)) for days in (2, 3)]
    assert [waves.accepted_until(wave) for wave in ended] == [dates.today(), None]
    ended[0].closed = dates.today()
    assert waves.accepted_until(ended[0]) is None

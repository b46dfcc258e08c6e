"""Forms are numbered once: a batch for a village, a sheet for a household, and chance chooses which are looked at
twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from survey.fieldwork import accounting, reinterviews, serial_numbers
from survey.paper import batches
from survey.sampling import draws, plans
from survey.sampling.plans import Plan
from survey.storage.database import Database
from survey.storage.models import Batch, DrawnHousehold, Reinterview, Sheet, Village, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Conflict, NotFound, Refusal

WAVE = "ho-mau"


def drawn(database: Database, per_village: int = 9) -> None:
    """A sample of two villages in each of two communes."""
    with database.writing() as session:
        for village in waves.villages(session, WAVE):
            session.delete(village)
        for number in range(12):
            unit = ("06652", "06658")[number % 2]
            session.add(Village(wave=WAVE, psu=f"X{number:02}", unit=unit, stratum="A", households=60 + number))
        session.flush()
        wave = draws.locked(session, WAVE)
        plan = Plan(2, per_village, "unit")
        draws.keep(session, wave, draws.drawn(plans.frame(session, wave), plan, "2026"))


def issue(database: Database, **how: object) -> list[Batch]:
    with database.writing() as session:
        return batches.issue(session, WAVE, **how)  # type: ignore[arg-type]


def sheets(database: Database) -> list[Sheet]:
    with database.reading() as session:
        return list(session.scalars(select(Sheet).order_by(Sheet.serial)))


@pytest.mark.both_databases
def test_each_drawn_village_gets_a_batch_with_a_form_for_each_household_and_that_once(province: Database) -> None:
    drawn(province)
    made = issue(province)
    assert [batch.code for batch in made] == [f"ho-mau-{number:03d}" for number in range(1, 5)]
    assert issue(province) == []
    with province.reading() as session:
        lines = accounting.lines(session, WAVE)
        villages = {village.psu: village for village in draws.villages(session, waves.find(session, WAVE))}
        assert batches.planned(session, WAVE) == dict.fromkeys(villages, 9)
    assert [(line.issued, line.missing) for line in lines] == [(9, 9)] * 4
    assert {batch.psu for batch in made} == set(villages)
    # Cao Xanh comes before Hà Tu.
    assert [villages[batch.psu].unit for batch in made] == ["06658", "06658", "06652", "06652"]
    found = sheets(province)
    assert [sheet.serial for sheet in found] == [
        serial_numbers.numbered(serial_numbers.FIRST + place) for place in range(36)
    ]
    assert [(sheet.batch, sheet.place) for sheet in found] == [
        (batch.code, place) for batch in made for place in range(1, 10)
    ]


def test_two_who_print_at_once_number_each_form_once(province: Database) -> None:
    made: list[Batch] = []
    start = threading.Barrier(4)

    def one() -> None:
        start.wait()
        made.extend(issue(province, forms=5))

    threads = [threading.Thread(target=one) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(batch.psu for batch in made) == ["V1", "V2", "V3", "V4"]
    assert len(sheets(province)) == 20


@pytest.mark.both_databases
def test_two_waves_that_are_printed_at_once_share_no_number(province: Database) -> None:
    with province.writing() as session:
        first = waves.find(session, WAVE)
        about = {name: getattr(first, name) for name in ("questionnaire", "opens", "closes")}
        session.add(Wave(code="ho-sau", title="Đợt sau", kind=WaveKind.SAMPLE, **about))
        session.flush()
        session.add(Village(wave="ho-sau", psu="V9", unit="06652", stratum="06652"))
    numbered, done = threading.Event(), threading.Event()

    def other() -> None:
        numbered.wait()
        with province.writing() as session:
            batches.issue(session, "ho-sau", forms=30)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with province.writing() as session:
        batches.issue(session, WAVE, forms=30)
        numbered.set()
        done.wait(0.3)  # in vain: it must wait for this one
    thread.join()
    assert len(sheets(province)) == 5 * 30


def test_a_tenth_is_keyed_twice_and_a_twentieth_asked_again_in_a_household_of_its_own(province: Database) -> None:
    drawn(province, per_village=25)
    issue(province)
    found = sheets(province)
    assert len(found) == 100
    assert sum(sheet.double for sheet in found) == 10
    assert sum(sheet.reinterview for sheet in found) == 5
    with province.reading() as session:
        assert reinterviews.links(session, WAVE) == 5
        households = set(
            session.execute(
                select(DrawnHousehold.psu, DrawnHousehold.household).where(DrawnHousehold.replacement.is_(False))
            )
        )
        links = [
            (psu, household)
            for psu, household in session.execute(
                select(Batch.psu, Reinterview.household)
                .join(Sheet, Sheet.serial == Reinterview.sheet)
                .join(Batch, Batch.code == Sheet.batch)
            )
        ]
    assert len(set(links)) == 5
    assert set(links) <= households


def test_chance_chooses_the_forms_anew_each_time() -> None:
    chosen = {tuple(sorted(batches._some(27, 0.1))) for _time in range(20)}
    assert len(chosen) > 10
    assert {len(one) for one in chosen} <= {2, 3}
    assert batches._some(27, 1) == set(range(27))
    assert batches._some(27, 0) == set()
    # Of 2,000 batches with one form each, a tenth: more than 130, less than 270 in all but one of 10^6 tries.
    assert 130 < sum(len(batches._some(1, 0.1)) for _time in range(2000)) < 270


def test_all_may_be_keyed_twice_and_without_a_draw_no_household_is_known(province: Database) -> None:
    issue(province, forms=4, villages=["V2", "V3"], double=1, again=1)
    found = sheets(province)
    assert len(found) == 8
    assert all(sheet.double and sheet.reinterview for sheet in found)
    with province.reading() as session:
        assert session.scalars(select(Reinterview.household)).all() == [None] * 8
        assert reinterviews.links(session, WAVE) == 0
    assert [batch.psu for batch in issue(province, forms=4)] == ["V4", "V1"]  # the rest of them


def test_no_form_is_for_a_second_interview_where_the_questionnaire_asks_nothing_again(province: Database) -> None:
    with province.writing() as session:
        short = questionnaires.find(session, "noi_phuc_vu@1")
        waves.create(session, "ngan", short, WaveKind.SAMPLE, dates.today(), dates.today())
        session.add(Village(wave="ngan", psu="V1", unit="06652", stratum="06652"))
        batches.issue(session, "ngan", forms=4, again=1)
    assert [sheet.reinterview for sheet in sheets(province)] == [False] * 4
    with province.reading() as session:
        assert session.scalars(select(Reinterview)).all() == []


def test_more_forms_for_a_village_are_a_batch_of_their_own(province: Database) -> None:
    drawn(province)
    first = issue(province)[0]
    with province.writing() as session:
        more = batches.issue_more(session, WAVE, first.psu, 3)
    assert (more.code, more.psu) == ("ho-mau-005", first.psu)
    assert [sheet.place for sheet in sheets(province) if sheet.batch == more.code] == [1, 2, 3]
    assert not any(sheet.reinterview for sheet in sheets(province) if sheet.batch == more.code)
    assert issue(province) == []


def test_what_can_not_be_printed_is_refused(province: Database) -> None:
    with pytest.raises(Refusal, match="Chưa chọn mẫu"):
        issue(province)
    with pytest.raises(Refusal, match="1 đến 500"):
        issue(province, forms=501)
    with pytest.raises(NotFound, match="V7"):
        issue(province, forms=5, villages=["V1", "V7"])
    with pytest.raises(Conflict, match="mở cho mọi người"), province.writing() as session:
        batches.issue(session, "ho-mo", forms=5)
    with pytest.raises(NotFound), province.writing() as session:
        batches.issue(session, "khong-co", forms=5)
    with province.writing() as session:
        session.get_one(Wave, WAVE).closed = dates.today() - timedelta(1)
    with pytest.raises(Conflict, match="không nhận phiếu giấy"):
        issue(province, forms=5)
    assert sheets(province) == []


def test_a_drawn_sample_says_itself_how_many_forms_there_are(province: Database) -> None:
    drawn(province)
    with pytest.raises(Refusal, match="mỗi hộ được chọn"):
        issue(province, forms=27)
    with pytest.raises(NotFound, match="V1"):
        issue(province, villages=["V1"])
    assert [batch.code for batch in issue(province, villages=[])] == []

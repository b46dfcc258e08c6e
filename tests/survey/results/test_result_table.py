"""The result table of a wave: right numbers, right bases, nothing that should be hidden."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from forms import check
from survey.responses import submission
from survey.results import result_table
from survey.storage.database import Database
from survey.storage.models import Mode, Village, Weight, WeightVersion
from survey.system import dates
from survey.waves import waves
from translations import Refusal


def answer(session: Session, wave: str, unit: str, answers: dict[str, Any], **more: Any) -> None:
    """One response, as every door keeps it."""
    place = waves.place(session, wave, unit)
    checked = check(place.questionnaire, answers)
    assert not checked.problems
    submission.submit(session.connection(), place, uuid4(), more.pop("mode", Mode.PAPER), checked.answers, **more)


def one(records: Iterable[Any], **wanted: Any) -> Any:
    """The only record with these fields."""
    found = [record for record in records if all(getattr(record, name) == value for name, value in wanted.items())]
    assert len(found) == 1, (wanted, found)
    return found[0]


def test_a_share_is_weighted_and_blanks_leave_it(province: Database) -> None:
    with province.writing() as session:
        version = WeightVersion(wave="ho-mau", version=1, made=dates.today(), source="test")
        session.add(version)
        session.flush()
        waves.find(session, "ho-mau").weights = version.id
        place = waves.place(session, "ho-mau", "06652")
        for psu, level, weight in (("V1", 1, 10.0), ("V1", 3, 30.0), ("V2", 3, 40.0), ("V2", None, 500.0)):
            id_ = uuid4()
            answers = {} if level is None else {"C5": level}
            submission.submit(session.connection(), place, id_, Mode.PAPER, answers, psu=psu)
            session.add(Weight(version=version.id, response=id_, weight=weight))
    with province.reading() as session:
        record = one(result_table.estimates(session, "ho-mau", items=["C5=3"]))
    assert record.estimate == pytest.approx((30 + 40) / (10 + 30 + 40))
    assert record.n == 3
    assert record.low < record.estimate <= record.high


def test_a_stranger_changes_no_figure_of_a_sample_wave(province: Database) -> None:
    with province.writing() as session:
        for psu, level in (("V1", 1), ("V1", 2), ("V2", 1), ("V2", 3)):
            answer(session, "ho-mau", "06652", {"C5": level}, psu=psu)
    with province.reading() as session:
        before = result_table.as_records(result_table.estimates(session, "ho-mau"))
    with province.writing() as session:
        for _again in range(5):
            answer(session, "ho-mau", "06652", {"C5": 3, "gt_day_du": 1}, mode=Mode.PHONE)
    with province.reading() as session:
        assert result_table.as_records(result_table.estimates(session, "ho-mau")) == before


def test_the_index_is_a_ratio_of_totals_over_valid_answers(province: Database) -> None:
    # Three people: 2 of 2, 0 of 1 and 1 of 2 answers at levels 4 and 5 -> 3 of 5, not the mean of 1, 0 and 1/2.
    with province.writing() as session:
        answer(session, "ho-mau", "06652", {"gt_day_du": 4, "gt_hinh_thuc": 5}, psu="V1")
        answer(session, "ho-mau", "06652", {"gt_day_du": 3}, psu="V1")
        answer(session, "ho-mau", "06652", {"gt_day_du": 5, "tg_gop_y": 1}, psu="V2")
    with province.reading() as session:
        share = result_table.estimates(session, "ho-mau", items=["index", "index:CS.A", "index:DV", "gt_day_du"])
        mean = result_table.estimates(session, "ho-mau", items=["index", "gt_day_du"], rule="mean")
    assert one(share, item="index").estimate == pytest.approx(3 / 5)
    assert (one(share, item="index").n, one(share, item="index").statistic) == (3, "index")
    assert one(share, item="index:CS.A").estimate == pytest.approx(3 / 4)
    assert (one(share, item="index:DV").n, one(share, item="index:DV").estimate) == (0, None)
    assert one(share, item="gt_day_du").estimate == pytest.approx(2 / 3)
    assert one(share, item="gt_day_du").value == "4,5"
    assert one(mean, item="index").estimate == pytest.approx((4 + 5 + 3 + 5 + 1) / 5 / 5)
    assert one(mean, item="gt_day_du").estimate == pytest.approx((4 + 3 + 5) / 3 / 5)


def test_without_items_everything_but_the_texts_is_there(province: Database) -> None:
    with province.reading() as session:
        records = result_table.estimates(session, "ho-mau")
    codes = {record.item for record in records}
    assert len([code for code in codes if not code.startswith("index")]) == 84
    assert len([code for code in codes if code.startswith("index")]) == 1 + 2 + 9
    assert "C10_khac" not in codes
    assert all((record.n, record.estimate, record.low) == (0, None, None) for record in records)


def test_all_54_communes_are_listed_with_the_empty_ones(province: Database) -> None:
    with province.writing() as session:
        answer(session, "ho-mau", "06652", {"C5": 1}, psu="V1")
    with province.reading() as session:
        records = result_table.estimates(session, "ho-mau", items=["C5=1"], by=["unit"])
    assert len(records) == 54
    assert one(records, domain="06652").n == 1
    assert sum(record.n for record in records) == 1


def test_an_open_wave_counts_everybody_once_and_says_so(province: Database) -> None:
    with province.writing() as session:
        for back, yes in ((1, 1), (1, 2), (2, 1), (3, 1)):
            day = dates.today() - timedelta(back)
            answer(session, "ho-mo", "06652", {"C5": yes}, mode=Mode.PHONE, day=day)
    with province.reading() as session:
        record = one(result_table.estimates(session, "ho-mo", items=["C5=1"]))
    assert record.estimate == pytest.approx(3 / 4)
    assert "not_a_sample" in record.flags
    assert record.df == 2  # three days in one unit


def test_several_choices_mean_any_of_them(province: Database) -> None:
    with province.writing() as session:
        for choices in ([5], [5, 6], [1, 2], [7]):
            answer(session, "ho-mau", "06652", {"C2": choices}, psu="V1")
    with province.reading() as session:
        records = result_table.estimates(session, "ho-mau", items=["C2=5,6", "C2"], single_psu="certainty")
    assert one(records, value="5,6").estimate == pytest.approx(2 / 4)
    assert one(records, value="6").estimate == pytest.approx(1 / 4)


def test_crossed_domains_are_written_as_columns(province: Database) -> None:
    with province.writing() as session:
        answer(session, "ho-mau", "06652", {"C5": 1, "gioi_tinh": 2}, psu="V1")
    with province.reading() as session:
        records = result_table.estimates(session, "ho-mau", items=["C5=1"], by=["mode", "gioi_tinh"])
    assert {"mode": "paper", "gioi_tinh": "2"} in [record.domain for record in records]
    assert len(records) == 4 * 2


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"items": ["C55"]}, "C5"),
        ({"items": ["C5=9"]}, "1, 2, 3"),
        ({"items": ["C5=x"]}, "C5=4,5"),
        ({"items": ["C10_khac"]}, "C10_khac"),
        ({"items": ["index:XX"]}, "index:CS"),
        ({"rule": "median"}, "share"),
        ({"by": ["psu"]}, "unit"),
        ({"by": ["thon"]}, "unit, stratum, mode"),
        ({"items": ["c6"]}, "C6"),
        ({"by": ["C2"]}, "C2"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(
    province: Database, asked: dict[str, Any], told: str
) -> None:
    with province.reading() as session, pytest.raises(Refusal) as refusal:
        result_table.estimates(session, "ho-mau", **asked)
    assert told in str(refusal.value)


def sensitive_answers(session: Session, unit: str, psus: tuple[str, str], counts: tuple[int, int, int]) -> None:
    values = [value for value, count in zip((1, 2, 3), counts, strict=True) for _person in range(count)]
    for place, value in enumerate(values):
        answer(session, "ho-mau", unit, {"C5": value}, psu=psus[place % 2])


def test_a_zero_keeps_its_upper_bound_when_it_is_released(province: Database) -> None:
    with province.writing() as session:
        sensitive_answers(session, "06652", ("V1", "V2"), (40, 10, 0))
        sensitive_answers(session, "06658", ("V3", "V4"), (40, 6, 5))
    with province.reading() as session:
        records = result_table.estimates(session, "ho-mau", items=["C5=3"], by=["unit"], released=True)
    zero = one(records, domain="06652")
    assert (zero.estimate, zero.low) == (0, 0)
    assert 0.05 < zero.high < 1  # two villages tell little
    assert "none" in zero.flags


def test_one_or_two_cases_are_not_counted_out(province: Database) -> None:
    with province.writing() as session:
        sensitive_answers(session, "06652", ("V1", "V2"), (40, 10, 1))
        sensitive_answers(session, "06658", ("V3", "V4"), (40, 10, 2))
    with province.reading() as session:
        marked = result_table.estimates(session, "ho-mau", items=["C5=3"], by=["unit"])
        free = result_table.estimates(session, "ho-mau", items=["C5=3"], by=["unit"], released=True)
    assert one(marked, domain="06652").estimate == pytest.approx(1 / 51)
    record = one(free, domain="06652")
    assert (record.estimate, record.standard_error, record.low, record.n_eff) == (None, None, None, None)
    assert record.high is not None
    assert "under_3" in record.flags


def test_fewer_than_30_answers_to_a_sensitive_item_are_hidden_with_another_commune(province: Database) -> None:
    with province.writing() as session:
        sensitive_answers(session, "06652", ("V1", "V2"), (20, 5, 4))
        sensitive_answers(session, "06658", ("V3", "V4"), (50, 30, 20))
    with province.reading() as session:
        records = result_table.estimates(session, "ho-mau", items=["C5=3"], by=["unit"], released=True)
    small, other = one(records, domain="06652"), one(records, domain="06658")
    assert "hidden" in small.flags
    assert "hidden_with" in other.flags  # else the total minus this one would be the hidden one
    assert (small.n, small.estimate, small.high, small.df) == (None, None, None, None)
    assert (other.n, other.estimate) == (None, None)


def test_one_commune_is_hidden_with_another_whatever_was_asked(province: Database) -> None:
    """Fewer than 5 of the first commune answered; of the others who answered fewest differs by question."""
    answered = {"06652": (4, 4, 6), "06658": (20, 25, 25), "06661": (30, 15, 35)}
    with province.writing() as session:
        for unit, (first, second, people) in answered.items():
            for at in range(2):
                village = Village(wave="ho-mau", psu=f"{unit}-{at}", unit=unit, stratum=unit, name=f"Thôn {at}")
                session.add(village)
            session.flush()
            for at in range(people):
                given = {item: 4 for item, most in (("qt_y_te", first), ("qt_dien", second)) if at < most}
                answer(session, "ho-mau", unit, given, psu=f"{unit}-{at % 2}")
    with province.reading() as session:
        records = result_table.estimates(
            session, "ho-mau", items=["qt_y_te=4", "qt_dien=4"], by=["unit"], released=True
        )
    for item in ("qt_y_te", "qt_dien"):
        assert "hidden_with" in one(records, item=item, domain="06658").flags
        assert one(records, item=item, domain="06661").n in (15, 30)


def test_a_commune_that_all_say_many_is_hidden_and_one_that_all_say_none_is_not(province: Database) -> None:
    with province.writing() as session:
        sensitive_answers(session, "06652", ("V1", "V2"), (0, 0, 40))
        sensitive_answers(session, "06658", ("V3", "V4"), (40, 0, 0))
    with province.reading() as session:
        records = result_table.estimates(session, "ho-mau", items=["C5"], by=["unit"])
    assert "hidden" in one(records, domain="06652", value="3").flags
    assert "hidden" not in one(records, domain="06658", value="1").flags


def test_a_response_keyed_after_the_weights_takes_its_villages_mean(province: Database) -> None:
    with province.writing() as session:
        version = WeightVersion(wave="ho-mau", version=1, made=dates.today(), source="test")
        session.add(version)
        session.flush()
        waves.find(session, "ho-mau").weights = version.id
        place = waves.place(session, "ho-mau", "06652")
        for psu, weight in (("V1", 10.0), ("V1", 20.0), ("V2", 90.0)):
            id_ = uuid4()
            submission.submit(session.connection(), place, id_, Mode.PAPER, {"C5": 1}, psu=psu)
            session.add(Weight(version=version.id, response=id_, weight=weight))
        submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C5": 3}, psu="V1")
    with province.reading() as session:
        record = one(result_table.estimates(session, "ho-mau", items=["C5=3"]))
    assert record.estimate == pytest.approx(15 / (10 + 20 + 90 + 15))


def test_not_knowing_is_no_answer_when_small_groups_are_hidden(province: Database) -> None:
    with province.writing() as session:
        for level in (5, 5, 4, 2, 98):
            answer(session, "gop-y", "06652", {"hl_ket_qua": level}, mode=Mode.PHONE)
    with province.reading() as session:
        records = result_table.estimates(session, "gop-y", items=["hl_ket_qua", "index:PV.D"], released=True)
    assert [record.estimate for record in records] == [None, None]
    assert all("hidden" in record.flags for record in records)

"""How an estimate reads."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from analysis import Estimate
from forms import Rule, Text
from survey.results import figure_marks, standing_words, wording
from translations import speaking


def record(
    estimate: float | None,
    low: float | None = None,
    high: float | None = None,
    n: int | None = 1432,
    *flags: str,
    **rest: Any,
) -> Estimate:
    values: dict[str, Any] = {
        "item": "C5", "value": "3", "domain": None, "statistic": "proportion", "standard_error": 0.01, "df": 54,
        "deff": 2.0, "n_eff": None, "variance": "direct", "events": 1, "weight_sum": 1.0,
    }  # fmt: skip
    return Estimate(estimate=estimate, low=low, high=high, n=n, flags=flags, **{**values, **rest})  # type: ignore[arg-type]


SHARE = record(0.9012, 0.8940, 0.9070)
ZERO = record(0.0, 0.0, 0.0326, 111, "none")
ALL = record(1.0, 0.9674, 1.0, 111, "all")
UNDER_3 = record(None, None, 0.143, 54, "under_3")
HIDDEN = record(None, None, None, None, "hidden")
HIDDEN_WITH = record(None, None, None, None, "hidden_with")
NOTHING = record(None, None, None, 0)
LONELY = record(0.8888, None, None, 27, "few", "no_interval")


@pytest.fixture(autouse=True)
def vietnamese() -> Iterator[None]:
    with speaking("vi"):
        yield


def test_a_share_reads_with_its_interval_and_its_base() -> None:
    assert wording.figure(SHARE) == "90,12%"
    assert wording.limits(SHARE) == "89,40–90,70"
    assert wording.bracket(SHARE) == "[89,40; 90,70]"
    assert wording.cell(SHARE, 1) == "90,1% [89,4; 90,7]"
    assert wording.sentence(SHARE) == "90,12% (khoảng tin cậy 95% từ 89,40 đến 90,70; 1.432 người)"


def test_a_column_of_figures_alone_says_how_sure_they_are() -> None:
    assert wording.whole_base([SHARE, record(0.5, 0.48, 0.51, 1400), NOTHING, HIDDEN], "Toàn tỉnh") == (
        "Toàn tỉnh: mỗi câu có từ 1.400 đến 1.432 người trả lời; giới hạn của khoảng tin cậy 95% cách con số "
        "không quá 2,0 điểm %."
    )
    assert "mỗi câu có 1.400 người trả lời" in wording.whole_base([record(0.5, 0.48, 0.51, 1400)], "Toàn tỉnh")
    assert "không quá 2,1 điểm" in wording.whole_base(
        [record(0.5, 0.4796, 0.51, 1400)], "Toàn tỉnh"
    )  # 2,04: never less
    assert wording.whole_base([NOTHING, HIDDEN], "Toàn tỉnh") == ""


def test_no_case_is_never_zero_percent() -> None:
    assert wording.figure(ZERO) == "0 trên 111"
    assert wording.sentence(ZERO) == wording.cell(ZERO) == "0 trên 111, nhiều nhất 3,3%"
    with speaking("en"):
        assert wording.cell(ZERO) == "0 of 111, at most 3.3%"


def test_all_cases_are_never_a_certainty() -> None:
    assert wording.cell(ALL) == "111 trên 111, ít nhất 96,7%"


def test_one_or_two_cases_are_not_counted_out() -> None:
    assert wording.cell(UNDER_3) == "dưới 3 trường hợp, nhiều nhất 14,3%"
    assert wording.sentence(UNDER_3) == "dưới 3 trường hợp, nhiều nhất 14,3% (54 người)"


@pytest.mark.parametrize("hidden", [HIDDEN, HIDDEN_WITH])
def test_a_hidden_figure_is_one_word(hidden: Estimate) -> None:
    assert wording.figure(hidden) == wording.cell(hidden) == "ẩn"
    assert wording.limits(hidden) == "–"
    assert not any(character.isdigit() for character in wording.sentence(hidden) + wording.remark(hidden))
    assert figure_marks.mark(hidden) == ""


def test_a_hidden_figure_stays_hidden_where_its_numbers_were_left_in() -> None:
    """`results` on the server's own command line marks and shows; what words it must not show it."""
    marked = record(0.5, 0.4, 0.6, 3, "few", "hidden")
    said = [wording.figure(marked), wording.limits(marked), wording.cell(marked), wording.sentence(marked)]
    assert not any(character.isdigit() for character in "".join(said))
    assert not wording.has_interval(marked)


def test_nobody_answered() -> None:
    assert wording.figure(NOTHING) == wording.sentence(NOTHING) == "không có câu trả lời"
    assert wording.limits(NOTHING) == "–"


def test_one_village_has_no_interval() -> None:
    assert wording.sentence(LONELY) == "88,88% (chưa đủ để tính khoảng; 27 người)"
    assert wording.cell(LONELY, 1) == "88,9% (chưa đủ để tính khoảng)"
    lonely, opened = (record(0.9, None, None, 90, "no_interval", *flag) for flag in ((), ("not_a_sample",)))
    assert "chỉ có một thôn" in wording.remark(lonely)
    assert "chỉ có một ngày" in wording.remark(opened)  # an open wave has no villages


def test_an_open_wave_has_no_confidence_interval() -> None:
    opened = record(0.5, 0.4, 0.6, 100, "not_a_sample")
    assert "khoảng dao động từ 40,00 đến 60,00" in wording.sentence(opened)
    assert "tin cậy" not in wording.sentence(opened) + wording.interval_name(opened)
    assert wording.interval_name(()) == "Khoảng tin cậy 95%"


def test_a_mean_is_no_percentage() -> None:
    assert wording.cell(record(41.25, 39.0, 43.5, statistic="mean")) == "41,25 [39,00; 43,50]"


def test_the_other_side_of_an_index_is_told_where_it_is_a_share() -> None:
    five = {level: Text(f"mức {level}", f"level {level}") for level in (3, 4, 5)}
    three = {level: Text(f"bậc {level}", f"step {level}") for level in (1, 2, 3)}
    asked: Any = SimpleNamespace(items={"a": SimpleNamespace(choices=five), "b": SimpleNamespace(choices=three)})
    shares, means = (
        Rule("r", Text("r", "r"), {"a": {3: 0.0, 4: high, 5: 1.0}, "b": {1: 0.0, 2: 0.0, 3: 1.0}})
        for high in (1.0, 0.8)
    )
    # By their own names: another questionnaire has no level “neutral”.
    assert wording.rest(SHARE, shares, asked) == (
        "Các câu trả lời còn lại, 9,88% [9,30; 10,60]: mức 3; bậc 2; bậc 1."
    )
    assert [wording.rest(SHARE, means, asked), wording.rest(SHARE, None, asked)] == [""] * 2
    assert [wording.rest(one, shares, asked) for one in (HIDDEN, ZERO, ALL)] == [""] * 3


def test_a_commune_of_which_nothing_could_be_tested_is_not_said_to_be_like_the_rest() -> None:
    assert "chưa đủ thôn" in standing_words.no_standout(0)
    assert standing_words.of_standouts(0) == []
    assert standing_words.no_standout(38).startswith("Trong 38 câu hỏi được so sánh, không câu nào khác")


def test_of_one_interval_not_a_few_miss_by_chance() -> None:
    assert "Trong 54 khoảng" in standing_words.of_signs(54)
    assert "khoảng cũng có vài khoảng" not in standing_words.of_signs(1)


def test_few_says_of_what_there_are_few() -> None:
    people = record(0.5, 0.3, 0.7, 27, "few")
    alike = record(0.5, 0.3, 0.7, 54, "few", n_eff=22.0)
    assert "dưới 30 câu trả lời" in wording.remark(people)
    assert "dưới 30 câu trả lời" not in wording.remark(alike)
    assert figure_marks.mark(people) == figure_marks.mark(alike) == "*"


@pytest.mark.parametrize(
    ("flags", "sign"), [((), ""), (("wide",), "**"), (("few", "wide"), "*"), (("no_interval",), "†")]
)
def test_the_gravest_reason_gives_the_sign(flags: tuple[str, ...], sign: str) -> None:
    assert figure_marks.mark(record(0.5, 0.3, 0.7, 54, *flags)) == sign


def test_a_bound_needs_no_sign_for_being_wide() -> None:
    assert figure_marks.mark(record(0.0, 0.0, 0.09, 49, "none", "wide")) == ""
    assert figure_marks.mark(record(0.0, 0.0, 0.3, 9, "none", "wide", "few")) == "*"


def test_every_sign_is_explained() -> None:
    for sign in figure_marks.MARKS.values():
        assert figure_marks.key(sign).startswith(f"{sign} ")

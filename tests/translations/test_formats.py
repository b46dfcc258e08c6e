"""Numbers, dates, order and search as a Vietnamese clerk expects them."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translations import formats, speaking


def test_numbers_are_written_as_in_vietnam() -> None:
    assert formats.percent(0.9012) == "90,12%"
    assert formats.number(36525) == "36.525"
    assert formats.points(-0.0049) == "−0,49 điểm\N{NO-BREAK SPACE}%"
    assert formats.interval(0.894, 0.907) == "89,40–90,70"
    assert formats.percent(None) == formats.number(None) == formats.points(None) == "–"


def test_english_keeps_its_own_style() -> None:
    with speaking("en"):
        assert formats.percent(0.9012) == "90.12%"
        assert formats.number(36525) == "36,525"
        assert formats.day(date(2026, 11, 5)) == "5 Nov 2026"


def test_a_change_that_rounds_to_nothing_has_no_sign() -> None:
    assert formats.points(0.00001) == "0,00 điểm\N{NO-BREAK SPACE}%"
    assert formats.percent(-0.0) == "0,00%"


@pytest.mark.parametrize(
    ("when", "written"),
    [
        (date(2026, 2, 5), "ngày 05 tháng 02 năm 2026"),
        (date(2026, 11, 24), "ngày 24 tháng 11 năm 2026"),
        (date(2026, 3, 9), "ngày 09 tháng 3 năm 2026"),  # Nghị định 30/2020: a zero for months 1 and 2 alone
    ],
)
def test_the_official_day(when: date, written: str) -> None:
    assert formats.official_day(when) == written


def test_vietnamese_order() -> None:
    # Worked out by hand from the alphabet a ă â b c d đ e ê … and the tones ngang huyền hỏi ngã sắc nặng.
    names = [
        "Hạ Long",
        "Đông Mai",
        "Hà Tu",
        "Uông Bí",
        "Dương Hòa",
        "Móng Cái 10",
        "Móng Cái 2",
        "Ăn Mòn",
        "An Sinh",
    ]
    assert sorted(names, key=formats.order) == [
        "An Sinh",
        "Ăn Mòn",
        "Dương Hòa",
        "Đông Mai",
        "Hà Tu",
        "Hạ Long",
        "Móng Cái 2",
        "Móng Cái 10",
        "Uông Bí",
    ]


def test_search_ignores_diacritics_and_both_placements_of_a_tone() -> None:
    assert formats.fold("Đông Triều") == "dong trieu"
    assert formats.fold("Hải Hòa") == formats.fold("Hải Hoà")
    assert formats.same_place("Hải Hòa") == formats.same_place("Hải Hoà")
    assert formats.same_place("Hòa") != formats.same_place("Hóa")
    decomposed = "Hải Hòa".encode().decode()
    assert formats.same_place(decomposed) == formats.same_place("Hải Hòa")


@given(st.text(max_size=30))
@example("\N{COMBINING DOT BELOW}")
def test_any_text_can_be_ordered_and_searched(text: str) -> None:
    assert formats.order(text) == formats.order(text)
    assert formats.fold(formats.fold(text)) == formats.fold(text)

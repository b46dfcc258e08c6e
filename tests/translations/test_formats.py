"""Numbers, dates, order and search as a Vietnamese clerk expects them."""

import re
import sys
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import format_decimal
from hypothesis import example, given
from hypothesis import strategies as st

from translations import Refusal, formats, phrases, speaking, unicode


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


@given(
    st.one_of(st.integers(-(10**15), 10**15), st.floats(-1e9, 1e9)),
    st.integers(0, 6),
    st.sampled_from(["vi", "en"]),
)
def test_numbers_are_written_as_the_languages_own_data_say(value: float, decimals: int, code: str) -> None:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    babels = format_decimal(round(value, decimals) + 0.0, pattern, locale=code)
    with speaking(code):
        assert formats.number(value, decimals) == babels.replace("-", formats.MINUS)


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
    assert unicode.fold("Đông Triều") == "dong trieu"
    assert unicode.fold("Hải Hòa") == unicode.fold("Hải Hoà")


@given(st.text(max_size=30))
@example("\N{COMBINING DOT BELOW}")
def test_any_text_can_be_ordered_and_searched(text: str) -> None:
    assert formats.order(text) == formats.order(text)
    assert unicode.fold(unicode.fold(text)) == unicode.fold(text)


# Marks of two kinds by turns: to put them in order takes the square of their number.
RUN = "\u0323\u0301"


@pytest.mark.parametrize("make", [formats.nfc, unicode.fold, formats.order])
def test_a_long_row_of_marks_is_refused_before_anything_is_done_with_it(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = 0

    class Counting:
        combining = staticmethod(unicodedata.combining)

        @staticmethod
        def normalize(form: Any, text: str) -> str:
            nonlocal longest
            longest = max(longest, len(text))
            return unicodedata.normalize(form, text)

    monkeypatch.setattr(unicode, "unicodedata", Counting)
    for text in ("a" + RUN * 50_000, "Hạ Long " + RUN * 16, "a" * 40 + "\uff9e" * 31, "ạ" + "\u0f73" * 31):
        with pytest.raises(Refusal):
            make(text)
    assert longest == 0
    make("a" + RUN * (unicode.MOST_MARKS // 2) + "a")
    assert longest > 0


def test_marks_are_known_in_whatever_way_they_are_written() -> None:
    first = {
        chr(code)
        for code in range(sys.maxunicode + 1)
        if not 0xD800 <= code < 0xE000
        and unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0])
        and not unicodedata.combining(chr(code))
    }
    assert first == unicode.APART
    assert not any(unicodedata.combining(chr(code)) for code in range(0x300))


@given(st.text(st.sampled_from("aêđ ơ\u0301\u0323\u031b中𝒜"), max_size=60))
def test_what_people_write_comes_out_as_unicode_says(text: str) -> None:
    for form in ("NFC", "NFD", "NFKD"):
        try:
            assert unicode.normalized(form, text) == unicodedata.normalize(form, text)
        except Refusal:
            assert max(map(len, "".join("m" if unicodedata.combining(c) else " " for c in text).split())) > 30


def test_a_long_list_in_a_sentence_ends_with_how_many_more_there_are() -> None:
    names = [f"V{number}" for number in range(1, 9)]
    assert formats.first_few(names[:6]) == "V1, V2, V3, V4, V5, V6"
    assert formats.first_few(names) == "V1, V2, V3, V4, V5 và 3 mục khác"
    with speaking("en"):
        assert formats.first_few(names, 2, "; ") == "V1; V2 and 6 more"


@pytest.mark.parametrize(
    ("noun", "one", "many"),
    [
        (phrases.forms, "1 form", "2,160 forms"),
        (phrases.people, "1 person", "2,160 people"),
        (phrases.villages, "1 village", "2,160 villages"),
        (phrases.communes, "1 commune", "2,160 communes"),
        (phrases.units, "1 unit", "2,160 units"),
        (phrases.households, "1 household", "2,160 households"),
        (phrases.rows, "1 row", "2,160 rows"),
    ],
)
def test_a_count_of_one_is_told_of_one(noun: Callable[[int], str], one: str, many: str) -> None:
    with speaking("en"):
        assert (noun(1), noun(2160)) == (one, many)


def test_no_ellipsis_stands_before_a_full_stop() -> None:
    """A list is cut off by `some` alone."""
    rooms = Path(formats.__file__).parents[1] / "survey"
    texts = [path.read_text("utf-8") for kind in ("py", "html") for path in rooms.rglob(f"*.{kind}")]
    assert not [text for text in texts if re.search(r'[+~] \(" …" if', text)]

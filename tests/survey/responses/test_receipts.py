"""The receipt's code: it proves a day, and nothing else."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as some

from survey.responses.receipts import ALPHABET, holds, issue

DAY = date(2026, 5, 14)


def test_a_code_holds_for_its_wave_and_day_alone() -> None:
    code = issue("key", "gop-y", DAY)
    assert holds("key", "gop-y", DAY, code)
    assert not holds("key", "gop-y", date(2026, 5, 15), code)
    assert not holds("key", "khac", DAY, code)
    assert not holds("another key", "gop-y", DAY, code)


def test_a_code_is_easy_to_copy_and_read_back() -> None:
    code = issue("key", "gop-y", DAY)
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}", code)
    assert holds("key", "gop-y", DAY, code.lower().replace("-", " "))


def test_two_forms_of_one_day_get_two_codes() -> None:
    assert len({issue("key", "gop-y", DAY) for _form in range(200)}) == 200


@given(some.text(ALPHABET, min_size=12, max_size=12))
def test_a_code_that_was_made_up_does_not_hold(code: str) -> None:
    assert not holds("key", "gop-y", DAY, code)


@given(some.text(max_size=40))
def test_any_text_may_be_tried(text: str) -> None:
    assert not holds("key", "gop-y", DAY, text)

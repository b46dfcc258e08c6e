"""A serial that was misread or mistyped is no other form's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.paper import serials

numbers = st.integers(serials.FIRST, serials.LAST)


@given(numbers, st.integers(0, 7), st.integers(1, 9))
def test_every_wrong_digit_is_found(number: int, place: int, off: int) -> None:
    serial = serials.numbered(number)
    wrong = str((int(serial[place]) + off) % 10)
    assert not serials.misread(serial)
    assert serials.misread(serial[:place] + wrong + serial[place + 1 :])


@given(numbers, st.integers(0, 6))
def test_neighbours_that_changed_places_are_found(number: int, place: int) -> None:
    serial = serials.numbered(number)
    swapped = serial[:place] + serial[place + 1] + serial[place] + serial[place + 2 :]
    assert serials.misread(swapped) == (swapped != serial)


def test_the_check_digit_is_that_of_the_published_example() -> None:
    """572 has the check digit 4 (Wikipedia, "Damm algorithm", § Example): its digits lead from 0 to 4."""
    assert serials._check("572") == "4"
    assert serials._check("5724") == "0"


@given(numbers, st.integers(1, 99))
def test_the_code_of_a_page_leads_to_its_form(number: int, page: int) -> None:
    serial = serials.numbered(number)
    code = serials.code(serial, page)
    assert re.fullmatch("[0-9A-Z:]{1,16}", code)  # the smallest QR code holds 16 of these signs
    assert serials.serial(f" {code}\n") == serial
    assert serials.serial(f"{serial[:4]} {serial[4:]}") == serial


@pytest.mark.parametrize(
    "text", ["", "1234567", "123456789", "1234567X", "HL1:12345678:1", "01234567", "１2345678"]
)
def test_what_has_other_signs_is_no_serial(text: str) -> None:
    assert serials.misread(text)


def test_there_is_a_first_and_a_last_number() -> None:
    for number in (serials.FIRST - 1, serials.LAST + 1):
        with pytest.raises(ValueError, match=str(number)):
            serials.numbered(number)

"""A serial that was misread or mistyped is no other form's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.fieldwork import serial_numbers

numbers = st.integers(serial_numbers.FIRST, serial_numbers.LAST)


@given(numbers, st.integers(0, 7), st.integers(1, 9))
def test_every_wrong_digit_is_found(number: int, place: int, off: int) -> None:
    serial = serial_numbers.numbered(number)
    wrong = str((int(serial[place]) + off) % 10)
    assert not serial_numbers.misread(serial)
    assert serial_numbers.misread(serial[:place] + wrong + serial[place + 1 :])


@given(numbers, st.integers(0, 6))
def test_neighbours_that_changed_places_are_found(number: int, place: int) -> None:
    serial = serial_numbers.numbered(number)
    swapped = serial[:place] + serial[place + 1] + serial[place] + serial[place + 2 :]
    assert serial_numbers.misread(swapped) == (swapped != serial)


def test_the_check_digit_is_that_of_the_published_example() -> None:
    """572 has the check digit 4 (Wikipedia, "Damm algorithm", § Example): its digits lead from 0 to 4."""
    assert serial_numbers._check("572") == "4"
    assert serial_numbers._check("5724") == "0"


@given(numbers, st.integers(1, 99))
def test_the_code_of_a_page_leads_to_its_form(number: int, page: int) -> None:
    serial = serial_numbers.numbered(number)
    code = serial_numbers.code(serial, page)
    assert re.fullmatch("[0-9A-Z:]{1,16}", code)  # the smallest QR code holds 16 of these signs
    assert serial_numbers.serial(f" {code}\n") == serial
    assert serial_numbers.serial(f"{serial[:4]} {serial[4:]}") == serial


@pytest.mark.parametrize(
    "text", ["", "1234567", "123456789", "1234567X", "HL1:12345678:1", "01234567", "１2345678"]
)
def test_what_has_other_signs_is_no_serial(text: str) -> None:
    assert serial_numbers.misread(text)


def test_there_is_a_first_and_a_last_number() -> None:
    for number in (serial_numbers.FIRST - 1, serial_numbers.LAST + 1):
        with pytest.raises(ValueError, match=str(number)):
            serial_numbers.numbered(number)

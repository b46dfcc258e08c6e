"""Tables sort by their heads, and the address alone says how."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from flask import Flask

from survey.web.staff.sorting import Sorting, some

KEYS: Mapping[str, Callable[[int | None], int | None]] = {"so": lambda row: row}
ROWS = [3, None, 1, 2]


@pytest.mark.parametrize(
    ("asked", "order", "now", "next_asked"),
    [
        ("", [3, None, 1, 2], "", "so"),
        ("so", [1, 2, 3, None], "ascending", "-so"),
        ("-so", [3, 2, 1, None], "descending", "so"),
        ("khong-co", [3, None, 1, 2], "", "so"),
    ],
)
def test_the_first_click_puts_the_lowest_first_and_what_has_no_value_stays_last(
    asked: str, order: list[int | None], now: str, next_asked: str
) -> None:
    with Flask(__name__).test_request_context(f"/?xep={asked}"):
        sorting = Sorting.asked(KEYS)
        assert sorting.rows(ROWS) == order
        head = sorting.head("so", "Số")
        assert (head.now, head.asks) == (now, next_asked)


def test_a_group_that_there_is_not_narrows_nothing() -> None:
    groups: Mapping[str, Callable[[int], bool]] = {"lon": lambda row: row > 2}
    app = Flask(__name__)
    with app.test_request_context("/?nhom=lon"):
        assert some([1, 2, 3], "nhom", groups) == ("lon", [3])
    with app.test_request_context("/?nhom=khong-co"):
        assert some([1, 2, 3], "nhom", groups) == ("", [1, 2, 3])

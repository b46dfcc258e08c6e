"""A number of a query is one that a column takes, or it isn't asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from survey.web import integers

SignIn = Callable[[Flask, str], FlaskClient]


@given(st.integers())
def test_what_no_column_takes_is_no_number(number: int) -> None:
    if abs(number) <= integers.LARGEST:
        assert integers.bounded_int(str(number)) == number
    else:
        with pytest.raises(ValueError, match=str(number)[:5]):
            integers.bounded_int(str(number))


@pytest.mark.parametrize("page", ["cach-tra-loi", "bang", "qua-cac-dot", ""])
@pytest.mark.parametrize("number", ["9" * 25, "-" + "9" * 25, "9" * 5000])
def test_a_page_is_shown_all_the_same(made_up: Flask, sign_in: SignIn, page: str, number: str) -> None:
    reader = sign_in(made_up, "home_affairs")
    assert reader.get(f"/quan-tri/thu-nghiem/{page}?ban={number}").status_code == 200

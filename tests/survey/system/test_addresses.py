"""Addresses that are printed."""

from __future__ import annotations

import pytest

from survey.system import addresses
from translations import Refusal


def test_what_is_given_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAILONG_BASE_URL", "https://a.vn/")
    assert addresses.outside() == "https://a.vn"
    assert addresses.outside(" https://b.vn/khao-sat/ ") == "https://b.vn/khao-sat"


def test_without_an_address_nothing_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAILONG_BASE_URL", raising=False)
    with pytest.raises(Refusal, match="HAILONG_BASE_URL"):
        addresses.outside()


@pytest.mark.parametrize(
    "wrong",
    [
        "hailong.vn",
        "ftp://a.vn",
        "https://",
        "https://a.vn/?x=1",
        "https://a.vn/#x",
        "https://a b.vn",
        "http://a:x",
    ],
)
def test_what_is_no_address_of_a_website_is_refused(wrong: str) -> None:
    with pytest.raises(Refusal, match="không phải địa chỉ một trang web"):
        addresses.outside(wrong)


def test_a_browser_adds_https_by_itself_but_not_http() -> None:
    assert addresses.typed("https://a.vn/s/x/1") == "a.vn/s/x/1"
    assert addresses.typed("http://a.vn/s/x/1") == "http://a.vn/s/x/1"

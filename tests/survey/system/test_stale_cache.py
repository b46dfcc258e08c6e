"""What is dear to make is given again for a while, and one alone makes it anew."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from survey.system import cache
from survey.system.cache import AGE_BY_COST, LARGE, LONGEST_AGE, Busy, StaleCache


def making(clock: Any, size: int, took: float) -> Callable[[], list[int]]:
    """Something of this size that takes so long."""

    def make() -> list[int]:
        clock.now += took
        return [0] * size

    return make


def test_of_a_large_wave_what_was_made_is_given_until_it_may_be_made_anew(clock: Any) -> None:
    figures: StaleCache[list[int]] = StaleCache(len, len, clock)
    first = figures.get("dot", making(clock, LARGE, 2)).value
    clock.now = 2 + AGE_BY_COST * 2 - 1
    assert figures.get("dot", making(clock, LARGE, 2)).value is first
    assert figures.get("dot khac", making(clock, LARGE, 2)).value is not first
    clock.now = 2 + AGE_BY_COST * 2 + 3
    last = figures.get("dot", making(clock, LARGE, LONGEST_AGE)).value
    assert last is not first
    clock.now += LONGEST_AGE - 1
    assert figures.get("dot", making(clock, LARGE, 2)).value is last
    clock.now += 2
    assert figures.get("dot", making(clock, LARGE, 2)).value is not last


def test_of_a_small_wave_and_after_a_change_it_is_made_anew(clock: Any) -> None:
    figures: StaleCache[list[int]] = StaleCache(len, len, clock)
    small = making(clock, LARGE - 1, 2)
    assert figures.get("nho", small).value is not figures.get("nho", small).value
    large = making(clock, LARGE, 2)
    first = figures.get("lon", large, 1).value
    assert figures.get("lon", large, 1).value is first
    second = figures.get("lon", large, 2).value
    assert second is not first
    assert figures.get("lon", large, 2).value is second


def test_while_one_makes_it_the_others_get_that_of_before_or_are_asked_to_wait(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures: StaleCache[list[int]] = StaleCache(len, len, clock)
    begun, end = threading.Event(), threading.Event()

    def slowly() -> list[int]:
        begun.set()
        assert end.wait(300)
        return [0] * LARGE

    def meanwhile(look: Callable[[], None], of: str = "dot") -> None:
        begun.clear()
        end.clear()
        one = threading.Thread(target=figures.get, args=(of, slowly))
        one.start()
        assert begun.wait(300)
        look()
        end.set()
        one.join()

    def refused() -> None:
        with pytest.raises(Busy):
            figures.get("dot", slowly)

    meanwhile(refused)
    before = figures.get("dot", slowly).value
    clock.now = 1.0

    def given() -> None:
        assert figures.get("dot", slowly).value is before

    monkeypatch.setattr(cache, "PATIENCE", 120.0)  # who is given that of before doesn't wait
    meanwhile(given)
    assert figures.get("dot", slowly).value is not before

    def made_anew() -> None:
        assert figures.get("nho", lambda: [7]).value == [7]

    figures.get("nho", list)
    meanwhile(made_anew, "nho")


def test_values_that_are_given_again_count_among_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 3 * LARGE)
    monkeypatch.setattr(cache, "_values", cache.Values())
    figures: StaleCache[list[int]] = StaleCache(len, len)
    for wave in range(10):
        figures.get(wave, lambda: [0] * LARGE)
    assert cache.bytes_used() == 3 * LARGE
    assert [figures.last(wave) is not None for wave in range(10)] == [False] * 7 + [True] * 3

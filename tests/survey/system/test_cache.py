"""What is kept: bounded by its bytes, made once, and gone in the order in which it was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from survey.system import cache


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[Callable[[str], bytearray], list[str]]:
    """A function whose values weigh 40 bytes each, where 100 may be kept, and the names that it made."""
    monkeypatch.setattr(cache, "MOST_BYTES", 100)
    monkeypatch.setattr(cache, "_values", cache.Values())
    names: list[str] = []

    @cache.cached(lambda name: name, len)
    def make(name: str) -> bytearray:
        names.append(name)
        return bytearray(40)

    return make, names


def test_what_was_asked_for_longest_ago_goes_first(made: tuple[Callable[[str], bytearray], list[str]]) -> None:
    make, names = made
    for name in ("a", "b", "a", "c", "a", "b"):
        make(name)
    assert names == ["a", "b", "c", "b"]
    assert cache.bytes_used() <= cache.MOST_BYTES


def test_what_grew_is_weighed_anew_and_the_newest_stays(
    made: tuple[Callable[[str], bytearray], list[str]],
) -> None:
    make, names = made
    make("a").extend(bytes(200))
    assert len(make("a")) == 240
    make("b")
    assert cache.bytes_used() == 40
    assert len(make("a")) == 40
    assert names == ["a", "b", "a"]


def test_what_nobody_watches_gives_way_to_what_is_being_made() -> None:
    begun, go_on = threading.Event(), threading.Event()
    told: list[str] = []

    @cache.cached(lambda: "figures", len)
    def make() -> bytes:
        begun.set()
        go_on.wait(300)
        told.append("figures")
        return b"done"

    def beside() -> None:
        cache.wait_until_idle()
        told.append("beside")

    threads = [threading.Thread(target=make), threading.Thread(target=beside)]
    threads[0].start()
    assert begun.wait(300)
    threads[1].start()
    threads[1].join(0.05)
    go_on.set()
    for thread in threads:
        thread.join(300)
    assert told == ["figures", "beside"]


def test_two_who_ask_at_once_wait_for_one_making() -> None:
    begun, go_on = threading.Event(), threading.Event()
    times: list[int] = []

    @cache.cached(lambda: "slow", len)
    def make() -> bytes:
        times.append(1)
        begun.set()
        go_on.wait(300)
        return b"done"

    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(make())) for _each in range(3)]
    threads[0].start()
    begun.wait(300)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join()
    assert (found, times) == ([b"done"] * 3, [1])


def test_who_waited_for_a_failure_tries_again() -> None:
    results = iter([ValueError("no"), b"yes"])

    @cache.cached(lambda: "failing", len)
    def make() -> bytes:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    with pytest.raises(ValueError):
        make()
    assert make() == b"yes"

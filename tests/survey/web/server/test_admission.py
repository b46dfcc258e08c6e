"""So many requests work at a time, so many wait, the next is told to come again; slow ones hold up nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from survey.web.server.admission import MOST, RETRY, SMALL, WORKING, Admission
from survey.web.server.metrics import Metrics

LONG = 300  # seconds: only a fault is waited for


class Slow(BytesIO):
    """A body of which the end doesn't come."""

    def __init__(self, begun: threading.Semaphore, end: threading.Event) -> None:
        super().__init__(b"x")
        self._begun, self._end = begun, end

    def read(self, size: int | None = -1) -> bytes:
        self._begun.release()
        assert self._end.wait(LONG)
        return super().read(size)


class Door:
    """An application behind `Admission`, whose work ends when it may."""

    def __init__(self) -> None:
        self.working, self.may_end = threading.Semaphore(0), threading.Event()
        self.admission = Admission(self.work, Metrics().count)
        self.threads = ThreadPoolExecutor(WORKING + MOST + 1)

    def work(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.working.release()
        assert self.may_end.wait(LONG)
        start("200 OK", [])
        return [environ["wsgi.input"].read()]

    def ask(self, **environ: Any) -> tuple[str, dict[str, str], bytes]:
        answer: list[Any] = []
        setup_testing_defaults(environ)
        body = b"".join(self.admission(environ, lambda status, headers: answer.extend((status, dict(headers)))))  # type: ignore[arg-type, return-value]
        return answer[0], answer[1], body

    def come(self, **environ: Any) -> Future[tuple[str, dict[str, str], bytes]]:
        return self.threads.submit(lambda: self.ask(**environ))


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.may_end.set()
    made.threads.shutdown()


def test_who_finds_the_queue_full_is_told_to_come_again_in_all_languages(door: Door) -> None:
    begun, end = threading.Semaphore(0), threading.Event()
    crowd = [door.come() for _number in range(WORKING)]
    crowd += [door.come(**{"CONTENT_LENGTH": "1", "wsgi.input": Slow(begun, end)}) for _number in range(MOST)]
    for _number in range(WORKING):
        assert door.working.acquire(timeout=LONG)
    for _number in range(MOST):
        assert begun.acquire(timeout=LONG)
    status, headers, body = door.ask()
    assert (status[:3], headers["Retry-After"]) == ("503", str(RETRY))
    assert "chưa được nhận" in body.decode()
    assert "has not been received" in body.decode()
    end.set()
    door.may_end.set()
    assert [one.result(LONG)[0] for one in crowd] == ["200 OK"] * len(crowd)
    assert door.ask()[0] == "200 OK"


def test_no_more_work_at_a_time_than_may(door: Door) -> None:
    crowd = [door.come() for _number in range(3 * WORKING)]
    for _number in range(WORKING):
        assert door.working.acquire(timeout=LONG)
    assert not door.working.acquire(blocking=False)
    door.may_end.set()
    assert [one.result(LONG)[0] for one in crowd] == ["200 OK"] * len(crowd)


def test_whoever_sends_slowly_keeps_nobody_from_working(door: Door) -> None:
    begun, end = threading.Semaphore(0), threading.Event()
    door.may_end.set()
    slow = [
        door.come(**{"CONTENT_LENGTH": str(SMALL), "wsgi.input": Slow(begun, end)})
        for _number in range(2 * WORKING)
    ]
    for _one in slow:
        assert begun.acquire(timeout=LONG)
    assert door.ask(**{"CONTENT_LENGTH": "4", "wsgi.input": BytesIO(b"body")})[::2] == ("200 OK", b"body")
    end.set()
    assert [one.result(LONG)[2] for one in slow] == [b"x"] * len(slow)


def test_a_body_without_its_length_is_refused(door: Door) -> None:
    assert door.ask(HTTP_TRANSFER_ENCODING="chunked")[0].startswith("411")

"""What comes before the server's threads: only whole requests get one, and whoever is slow gives way."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from gunicorn.config import Config

from survey.web.server import request_queue
from survey.web.server.request_queue import Arrival, Worker, page

FORM = b"POST /api/v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


class Loop(Worker):
    """The worker's loop without a process and without threads: whole requests are kept in a list."""

    def __init__(self) -> None:
        self.cfg, self.alive, self.nr_conns = Config(), True, 0
        self.poller = selectors.DefaultSelector()
        self.tpool, self.given = self, []
        self._places = threading.Semaphore(request_queue.MOST)
        self._pages = {status: page(status, "", "") for status in request_queue.NAMES}
        self._arriving, self._of_one, self._large = {}, {}, 0
        self._through_proxy = False
        self.others: list[socket.socket] = []

    def submit(self, _handle: Any, conn: Arrival) -> Future[Any]:
        self.given.append((conn, conn.parser.unreader.take_buffered()))
        return Future()

    def came(self, *sent: bytes, host: str = "192.0.2.1") -> socket.socket:
        """The other end of a connection that was just taken."""
        here, there = socket.socketpair()
        self.others += [there]
        self.nr_conns += 1
        self._arrive(Arrival(self.cfg, here, (host, 1), None))
        for piece in sent:
            there.sendall(piece)
            self.look()
        return there

    def look(self) -> None:
        for key, _events in self.poller.select(0):
            key.data(key.fileobj)


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    for conn in [*made._arriving, *(conn for conn, _bytes in made.given)]:
        conn.sock.close()
    for other in made.others:
        other.close()
    made.poller.close()


def told(line: socket.socket) -> bytes:
    line.setblocking(False)
    try:
        return line.recv(65_536)[:12]
    except BlockingIOError:
        return b""


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_a_request_gets_a_thread_when_all_of_it_is_there(loop: Loop, step: int) -> None:
    whole = FORM % 20 + b"x" * 20
    pieces = [whole[start : start + step] for start in range(0, len(whole), step)]
    line = loop.came(*pieces[:-1])
    assert loop.given == []
    line.sendall(pieces[-1])
    loop.look()
    assert [sent for _conn, sent in loop.given] == [whole]


def test_what_is_slow_is_ended_at_its_time_and_told(loop: Loop) -> None:
    nothing, head, body = loop.came(), loop.came(b"POST / HT"), loop.came(FORM % 5_000 + b"{")
    began = time.monotonic()
    loop._clear(began)
    assert len(loop._arriving) == 3
    loop._clear(began + request_queue.HEAD_WITHIN + 1)
    assert [told(line) for line in (nothing, head)] == [b"", b"HTTP/1.1 408"]
    assert len(loop._arriving) == 1
    body.sendall(b"x" * 4_000)  # more of it gives no more time
    loop.look()
    loop._clear(began + request_queue.BODY_WITHIN + 2)
    assert told(body) == b"HTTP/1.1 408"
    assert (loop.nr_conns, loop._of_one, loop.given) == (0, {}, [])


def test_of_one_address_the_oldest_gives_way_and_of_others_none(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_queue, "MOST_OF_ONE", 5)
    other = loop.came(FORM % 10, host="198.51.100.7")
    slow = [loop.came(FORM % 10) for _number in range(8)]
    assert [told(line) for line in slow] == [b"HTTP/1.1 408"] * 3 + [b""] * 5
    assert told(other) == b""
    loop.came(FORM % 1 + b"x")  # who shares the address and sends what they have
    assert len(loop.given) == 1


def test_behind_a_proxy_whose_address_is_everybodys_only_the_sum_is_bounded(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_queue, "MOST_OF_ONE", 2)
    monkeypatch.setattr(request_queue, "MOST_ARRIVING", 6)
    loop._through_proxy = True
    slow = [loop.came(FORM % 10) for _number in range(8)]
    assert [told(line) for line in slow] == [b"HTTP/1.1 408"] * 2 + [b""] * 6


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"Content-Length: 3\r\ntransfer-encoding : chunked\r\n\r\n", b"411"),
        (b"Content-Length: %d\r\n\r\n" % (request_queue.LARGEST + 1), b"413"),
        (b"A: " + b"a" * (request_queue.MOST_HEAD + 10), b"431"),
    ],
)
def test_what_is_taken_by_nobody_is_refused_by_its_head(loop: Loop, head: bytes, status: bytes) -> None:
    line = loop.came(b"POST / HTTP/1.1\r\n" + head)
    for _time in range(3):
        loop.look()
    assert told(line) == b"HTTP/1.1 " + status
    line.close()
    loop.look()
    assert (loop.nr_conns, loop.given, loop._large) == (0, [], 0)


def test_few_large_bodies_are_held_at_once_and_forms_are_taken_beside_them(loop: Loop) -> None:
    lines = [loop.came(FORM % request_queue.LARGEST) for _number in range(request_queue.MOST_LARGE + 1)]
    assert [told(line) for line in lines] == [b""] * request_queue.MOST_LARGE + [b"HTTP/1.1 503"]
    loop.came(FORM % 1 + b"x")
    assert len(loop.given) == 1
    lines[0].close()
    loop.look()
    assert loop._large == request_queue.MOST_LARGE - 1


def test_who_finds_the_queue_full_is_told_at_once(loop: Loop) -> None:
    loop._places = threading.Semaphore(1)
    first, second = loop.came(FORM % 1 + b"x"), loop.came(FORM % 1 + b"x")
    assert (told(first), told(second)) == (b"", b"HTTP/1.1 503")


def test_a_second_request_behind_the_first_waits_for_its_turn(loop: Loop) -> None:
    line = loop.came(FORM % 1 + b"x" + FORM % 2 + b"y")
    conn, sent = loop.given.pop()
    assert sent.endswith(b"y")
    conn.parser.unreader.unread(sent[len(FORM % 1) + 1 :])  # what gunicorn leaves there of it
    loop.enqueue_req(conn)
    assert loop.given == []
    line.sendall(b"z")
    loop.look()
    assert [sent for _conn, sent in loop.given] == [FORM % 2 + b"yz"]


def test_nobody_waits_for_one_who_does_not_end_the_connection(loop: Loop) -> None:
    line = loop.came(FORM % 1 + b"x")
    conn, _sent = loop.given.pop()
    done: Future[Any] = Future()
    done.set_result(False)
    loop.finish_request(conn, done)
    assert loop.nr_conns == 1
    line.sendall(b"more")  # or the answer before it would be cut off
    loop.look()
    loop._clear(time.monotonic() + request_queue.LEAVING + 1)
    assert loop.nr_conns == 0


def test_a_server_that_stops_waits_for_what_has_begun_alone(loop: Loop) -> None:
    loop.came()
    begun = loop.came(FORM % 2 + b"x")
    loop.alive = False
    loop._clear(time.monotonic())
    assert loop.nr_conns == 1
    begun.sendall(b"y")
    loop.look()
    assert len(loop.given) == 1

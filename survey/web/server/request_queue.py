"""What comes before the server's threads: requests that are on their way, and the queue of those that are here.

A request is read by one loop, as it comes, and takes a thread when all of it is there: whoever sends slowly, or
never ends, keeps nobody else waiting. There is a deadline for the head and one for the body, a bound on how many
of one address and in all are on their way at once (the oldest gives way), and one on what a body may hold. Where a
proxy stands in front, its address is everybody's, and the bound on one address is the proxy's business.

Without an end the queue would grow with the crowd, and everybody would wait for the answers of people who have
long given up. Whoever finds it full gets 503 with `Retry-After` at once: nothing of what they sent is kept, and
the same form may be sent again.
"""

from __future__ import annotations

import re
import socket
import struct
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from html import escape
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from survey.system import settings
from survey.web.server import metrics, rejections
from survey.web.server.rate_limit import KEPT, network
from translations import LANGUAGES, N_, gettext, speaking

MOST = 200  # that wait in one process: about half a second of forms
RETRY = 5  # seconds
# Seconds after which a thread that computes lets another one go on: one who sends a form waits for such a turn
# several times. Python's own 5 ms would add up.
TURN = 0.001
PIECE = 65_536  # bytes that are taken off the line at once
MOST_HEAD = 65_536  # bytes
SMALL, LARGEST = 131_072, 21_000_000  # bytes of a body: of a form, and of the largest file with what stands around
MOST_LARGE = 4  # larger bodies than a form's that one process holds at once
MOST_ARRIVING, MOST_OF_ONE = 1_000, 100  # requests on their way: in one process, and of one address
HEAD_WITHIN, BODY_WITHIN, SLOWEST = 10.0, 30.0, 100_000  # seconds; seconds and then bytes a second
STUCK = 10  # seconds for which a thread waits for somebody who reads nothing of the answer
LEAVING = 2.0  # seconds in which somebody may read the end of an answer
END = b"\r\n\r\n"
FRAMING = re.compile(rb"\r\n(content-length|transfer-encoding|expect)[ \t]*:([^\r\n]*)", re.IGNORECASE)
LENGTH = re.compile(rb"[0-9]{1,12}")
BUSY = (
    503,
    N_("Very many people are here now"),
    N_(
        "Your form has not been received yet. Wait a few seconds, then load this page again: the same form is "
        "sent again, and counts once."
    ),
)
LATE = (408, N_("The line is slow"), N_("Nothing was received: it took too long. Load this page again."))
LARGE = (413, N_("Too large"), N_("What was sent is too large. Send less, or ask the administrator."))
IN_PIECES = (411, N_("Please correct this"), N_("Say how long the body is (Content-Length), and send it whole."))
NAMES = {408: "Request Timeout", 411: "Length Required", 413: "Content Too Large", 503: "Service Unavailable"}
NAMES[431] = "Request Header Fields Too Large"


class Arrival(TConn):  # type: ignore[misc]
    """A connection, and what has come on it of the request that is on its way."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.place = network(self.client[0])
        self.begin(b"")

    def begin(self, came: bytes) -> None:
        """Nothing has come of the next request, or what came behind the one before."""
        self.data_ready = True  # a thread that gets it waits for nothing
        self.came = bytearray(came)
        self.whole: int | None = None  # its bytes with the head, once they are known
        self.leaving = self.is_large = self.is_watched = False
        self.until = time.monotonic() + HEAD_WITHIN


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, which get whole requests alone, and an end to its queue."""

    def init_process(self) -> None:
        """Prepares the queue before the first request."""
        sys.setswitchinterval(TURN)
        self._places = threading.Semaphore(MOST)
        self._looked = self._cleared = time.monotonic()
        self._pages = {said[0]: page(*said) for said in (BUSY, LATE, LARGE, IN_PIECES)}
        self._pages[431] = page(431, *LARGE[1:])
        self._arriving: dict[Arrival, None] = {}  # the oldest first
        self._of_one: dict[bytes, int] = {}
        self._large = 0
        self._through_proxy = settings.proxies() > 0
        super().init_process()

    def notify(self) -> None:
        """Says that the process lives, at least once a second; then what is due is told, cleared and forgotten."""
        super().notify()
        rejections.HERE.tell()
        now = time.monotonic()
        if now - self._cleared >= 1 or not self.alive:
            self._cleared = now
            self._clear(now)
        if now - self._looked >= KEPT:
            self._looked = now
            self.app.forget()

    def run(self) -> None:
        """Serves until the process is told to end."""
        super().run()
        rejections.HERE.tell(at_once=True)

    def accept(self, listener: socket.socket) -> None:
        """Takes a connection, of which nothing may have come yet."""
        try:
            line, client = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STUCK, 0))
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", STUCK, 0))
        self.nr_conns += 1
        self._arrive(Arrival(self.cfg, line, client, listener.getsockname()))

    def enqueue_req(self, conn: Arrival) -> None:
        """Reads the next request of a connection that was kept."""
        conn.begin(conn.parser.unreader.take_buffered())
        self._arrive(conn)

    def handle(self, conn: Arrival) -> Any:
        """Handles a request whose turn it is."""
        self._places.release()
        return super().handle(conn)

    def finish_request(self, conn: Arrival, fs: Future[Any]) -> None:
        """Keeps a connection for the next request, or ends it, without waiting for its other side."""
        self._large -= conn.is_large
        conn.is_large = False
        if not fs.cancelled() and not fs.exception() and fs.result():
            super().finish_request(conn, fs)
        else:
            self._end(conn)

    def _arrive(self, conn: Arrival) -> None:
        conn.sock.setblocking(False)
        self._arriving[conn] = None
        self._of_one[conn.place] = self._of_one.get(conn.place, 0) + 1
        if not self._through_proxy and self._of_one[conn.place] > MOST_OF_ONE:
            self._give_up(next(one for one in self._arriving if one.place == conn.place))
        elif len(self._arriving) > MOST_ARRIVING:
            self._give_up(next(iter(self._arriving)))
        self._read(conn)  # most of it is here already, and then nothing is watched
        if conn in self._arriving and not conn.is_watched:
            conn.is_watched = True
            self.poller.register(conn.sock, EVENT_READ, partial(self._read, conn))

    def _arrived(self, conn: Arrival) -> None:
        """It is on its way no longer."""
        if conn.is_watched:
            self.poller.unregister(conn.sock)
            conn.is_watched = False
        del self._arriving[conn]
        self._of_one[conn.place] -= 1
        if not self._of_one[conn.place]:
            del self._of_one[conn.place]

    def _read(self, conn: Arrival, _socket: object = None) -> None:
        """Takes what has come; a whole request goes to a thread."""
        if conn not in self._arriving:  # it gave way while this event was waiting
            return
        try:
            piece = conn.sock.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            piece = None
        except OSError:
            piece = b""
        if conn.leaving:
            if piece == b"":
                self._close(conn)
            return
        conn.came += piece or b""
        if conn.whole is None and not self._look_at_head(conn):
            return
        if piece == b"" and (conn.whole is None or len(conn.came) < conn.whole):
            self._close(conn)
        elif conn.whole is not None and len(conn.came) >= conn.whole:
            self._give(conn)

    def _look_at_head(self, conn: Arrival) -> bool:
        """How long the request will be, where its head has come; False where it is taken no further.

        What could end in two places has no length here: gunicorn refuses it by its head alone.
        """
        end = conn.came.find(END)
        if end < 0 and len(conn.came) <= MOST_HEAD:
            return True
        if not 0 <= end <= MOST_HEAD:
            return self._refuse(conn, 431)
        framing = [(name.lower(), value.strip()) for name, value in FRAMING.findall(conn.came[: end + 2])]
        lengths = [value for name, value in framing if name == b"content-length"]
        if any(name == b"transfer-encoding" for name, _value in framing):
            return self._refuse(conn, 411)
        length = int(lengths[0]) if len(lengths) == 1 and LENGTH.fullmatch(lengths[0]) else 0
        if length > LARGEST:
            return self._refuse(conn, 413)
        if length > SMALL:
            if self._large >= MOST_LARGE:
                return self._refuse(conn, 503)
            self._large += 1
            conn.is_large = True
        conn.whole = end + len(END) + length
        conn.until = time.monotonic() + BODY_WITHIN + length / SLOWEST
        if len(conn.came) < conn.whole and any(name == b"expect" for name, _value in framing):
            with suppress(OSError):
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _give(self, conn: Arrival) -> None:
        """A whole request into the queue, or it is turned away."""
        if not self._places.acquire(blocking=False):
            self._refuse(conn, 503)
            return
        self._arrived(conn)
        conn.init()
        conn.parser.unreader.unread(conn.came)
        conn.came = bytearray()
        super().enqueue_req(conn)

    def _refuse(self, conn: Arrival, status: int) -> bool:
        metrics.SHARED.count(metrics.GROUPS.index("other"), status, 0.0, None)
        with suppress(OSError):
            conn.sock.send(self._pages[status])
        self._arrived(conn)
        self._end(conn)
        return False

    def _end(self, conn: Arrival) -> None:
        """Nothing more is said to it; what still comes is dropped, or it would not see the end of the answer."""
        self._large -= conn.is_large
        conn.begin(b"")
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        conn.leaving, conn.until = True, time.monotonic() + LEAVING
        self._arrive(conn)

    def _give_up(self, conn: Arrival) -> None:
        """Ends what takes too long, or has to give way; who has begun to send is told."""
        if conn.came and not conn.leaving:
            with suppress(OSError):
                conn.sock.send(self._pages[408])
            metrics.SHARED.count(metrics.GROUPS.index("other"), 408, 0.0, None)
        self._close(conn)

    def _close(self, conn: Arrival) -> None:
        self._arrived(conn)
        self._large -= conn.is_large
        self.nr_conns -= 1
        conn.close()

    def _clear(self, now: float) -> None:
        """Ends what is over its time; of a server that stops also what has not begun."""
        for conn in list(self._arriving):
            if conn in self._arriving and (now > conn.until or not (self.alive or conn.came or conn.leaving)):
                self._give_up(conn)


def page(status: int, title: str, what: str) -> bytes:
    """The answer to one of whom nobody looked at what was asked: in all languages."""
    said = []
    for code in LANGUAGES:
        with speaking(code):
            said.append(
                f'<div lang="{code}"><h1>{escape(gettext(title))}</h1><p>{escape(gettext(what))}</p></div>'
            )
    body = (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Hài Lòng</title></head>'
        f"<body><main>{''.join(said)}</main></body></html>"
    ).encode()
    again = f"Retry-After: {RETRY}\r\n" if status == 503 else ""
    head = (
        f"HTTP/1.1 {status} {NAMES[status]}\r\n{again}"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Content-Security-Policy: default-src 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body

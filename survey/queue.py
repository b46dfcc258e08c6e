"""The queue before the server's threads: how many requests may wait, and what the rest is told.

Without an end the queue would grow with the crowd, and everybody would wait for the answers of people who have
long given up. Whoever finds it full gets 503 with `Retry-After` at once, before anything was read: nothing of what
they sent is kept, and the same form may be sent again.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from functools import partial
from html import escape
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from survey import metrics, refused
from survey.rate import KEPT
from translations import LANGUAGES, N_, gettext, speaking

MOST = 200  # that wait in one process: about half a second of forms
RETRY = 5  # seconds
# Seconds after which a thread that computes lets another one go on: one who sends a form waits for such a turn
# several times. Python's own 5 ms would add up.
TURN = 0.001
LARGEST = 65_536  # bytes that are taken off the line of one who is turned away
TITLE = N_("Very many people are here now")
WHAT = N_(
    "Your form has not been received yet. Wait a few seconds, then load this page again: the same form is sent "
    "again, and counts once."
)


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, and an end to its queue."""

    def init_process(self) -> None:
        """Prepares the queue before the first request."""
        sys.setswitchinterval(TURN)
        self._places = threading.Semaphore(MOST)
        self._looked = time.monotonic()
        self._busy = busy()
        super().init_process()

    def notify(self) -> None:
        """Says that the process lives, at least once a second; then what is due is told and forgotten."""
        super().notify()
        refused.HERE.tell()
        if time.monotonic() - self._looked >= KEPT:
            self._looked = time.monotonic()
            self.app.forget()

    def run(self) -> None:
        """Serves until the process is told to end."""
        super().run()
        refused.HERE.tell(at_once=True)

    def enqueue_req(self, conn: TConn) -> None:
        """Takes a request into the queue, or turns it away as soon as it has come."""
        if self._places.acquire(blocking=False):
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._turn_away, conn))

    def handle(self, conn: TConn) -> Any:
        """Handles a request whose turn it is."""
        self._places.release()
        return super().handle(conn)

    def _turn_away(self, conn: TConn, _socket: object) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)
        with suppress(OSError):
            conn.sock.recv(LARGEST)  # what is left unread would cut the answer off
            conn.sock.send(self._busy)
        self.nr_conns -= 1
        conn.close()
        metrics.SHARED.count(metrics.GROUPS.index("other"), 503, 0.0, None)


def busy() -> bytes:
    """The answer to one who is turned away, in all languages: nobody looked at what was asked."""
    said = []
    for code in LANGUAGES:
        with speaking(code):
            said.append(
                f'<div lang="{code}"><h1>{escape(gettext(TITLE))}</h1><p>{escape(gettext(WHAT))}</p></div>'
            )
    page = (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Hài Lòng</title></head>'
        f"<body><main>{''.join(said)}</main></body></html>"
    ).encode()
    head = (
        "HTTP/1.1 503 Service Unavailable\r\n"
        f"Retry-After: {RETRY}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\n"
        "Content-Security-Policy: default-src 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + page

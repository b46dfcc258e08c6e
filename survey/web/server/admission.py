"""How many requests work at a time, how many may wait, and what the others are told.

A body is read before the request's turn, in a thread that does nothing else: whoever sends slowly keeps no one
from working. Without an end the queue would grow with the crowd, and everybody would wait for the answers of
people who have long given up. How many may send slowly, and for how long, is the proxy's business (decision 0037).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from html import escape
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from translations import LANGUAGES, N_, gettext, speaking

WORKING = 8  # requests of one process at a time
MOST = 200  # that wait in one process: about half a second of forms
THREADS = WORKING + MOST + 48  # the last ones turn others away
RETRY = 5  # seconds
SMALL = 131_072  # bytes of a body that is read beforehand; larger ones come from the staff
BUSY = (
    "503 Service Unavailable",
    N_("The service is very busy"),
    N_(
        "Your form has not been received yet. Wait a few seconds, then load this page again: the same form is "
        "sent again, and counts once."
    ),
)
IN_PIECES = (
    "411 Length Required",
    N_("Please correct this"),
    N_("Say how long the body is (Content-Length), and send it whole."),
)


class Admission:
    """A WSGI application of which so many requests work at a time. A body without `Content-Length` is refused
    (411): no browser sends one, and where it ends only its reader could tell.

    count  told of who is turned away, as `Metrics.count` is
    """

    def __init__(self, app: WSGIApplication, count: Callable[[str, int, float], None]) -> None:
        self._app, self._count = app, count
        self._entrance, self._work = threading.Semaphore(WORKING + MOST), threading.Semaphore(WORKING)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ:
            return self._refuse(start, *IN_PIECES)
        if not self._entrance.acquire(blocking=False):
            return self._refuse(start, *BUSY)
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            if 0 < length <= SMALL:
                environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
            with self._work:
                return self._app(environ, start)
        finally:
            self._entrance.release()

    def _refuse(self, start: StartResponse, status: str, title: str, what: str) -> Iterable[bytes]:
        """The answer to one of whom nobody looked at what was asked: in all languages."""
        body = _page(title, what)
        self._count("other", int(status[:3]), 0.0)
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", "default-src 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ]
        if status.startswith("503"):
            headers.append(("Retry-After", str(RETRY)))
        start(status, headers)
        return [body]


def _page(title: str, what: str) -> bytes:
    parts = []
    for code in LANGUAGES:
        with speaking(code):
            parts.append(
                f'<div lang="{code}"><h1>{escape(gettext(title))}</h1><p>{escape(gettext(what))}</p></div>'
            )
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Hài Lòng</title></head>'
        f"<body><main>{''.join(parts)}</main></body></html>"
    ).encode()

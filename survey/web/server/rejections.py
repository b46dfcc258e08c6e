"""Input that was refused, as the server's log tells it: how many in a minute, why, and by which page.

A line for each would say when somebody's form was refused. These say neither that nor what was in it, who sent it
or to which address: a page is named by its endpoint, of which there are some two hundred, whatever strangers ask
for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

from flask import Flask, Response, g, request

MINUTE = 60.0  # seconds
# Why something was refused, by the status of its answer.
REASONS = {
    400: "malformed",
    401: "not signed in",
    403: "denied",
    404: "unknown",
    405: "method",
    413: "too large",
    415: "type",
    422: "invalid",
    429: "too many",
}
FORGED = "forged"  # a form without the token of its page, or with an old one
NOWHERE = "none"  # the endpoint of an address that is none of ours, or takes no such method


class Rejections:
    """What one process refused in the minute that runs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: float | None = None
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, reason: str, endpoint: str) -> None:
        """Counts one."""
        with self._lock:
            self._began = self._clock() if self._began is None else self._began
            self._counts[reason, endpoint] += 1

    def tell(self, *, at_once: bool = False) -> None:
        """Writes what was counted to the log where its minute is over, or at once where the process ends."""
        with self._lock:
            if self._began is None or not (at_once or self._clock() - self._began >= MINUTE):
                return
            counts, self._counts, self._began = self._counts, Counter(), None
        for (reason, endpoint), count in sorted(counts.items()):
            logging.getLogger("hailong").warning(
                "refused %d at %s: %s",
                *(count, endpoint, reason),
                extra={"fields": {"refused": reason, "endpoint": endpoint, "count": count}},
            )


HERE = Rejections()


def watch(app: Flask) -> None:
    """Counts what an application refuses."""
    app.after_request(_count)


def as_forged() -> None:
    """What this request is refused for: a form that no page of ours made, or made long ago."""
    g.refused_as = FORGED


def _count(response: Response) -> Response:
    reason = g.pop("refused_as", None) or REASONS.get(response.status_code)
    if reason is not None and response.status_code >= 400:
        HERE.count(reason, request.endpoint or NOWHERE)
    return response

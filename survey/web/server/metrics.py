"""`/metrics` in Prometheus' text format: how the server fares, and nothing about anybody.

No counter has a wave, a unit, a way of answering or an address: who reads it every few seconds learns that
something was sent in those seconds, never where or by whom. That much is also why it stands open to this machine
alone, or to who has `HAILONG_METRICS_TOKEN`.

Processes of one server share the counters: each adds to a slot of its own in memory that all of them see, and
whoever is asked sums the slots. Counts begin anew when the server does, as Prometheus expects.
"""

from __future__ import annotations

import mmap
import os
import secrets
import shutil
import threading
import time
from bisect import bisect_left
from pathlib import Path

from flask import Flask, Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from survey.operations.backups import latest
from survey.system import settings
from survey.system.dates import today
from survey.web.current import database
from translations import NotFound

SLOTS = 65  # processes at once: 64 workers, and one that is just being replaced
GROUPS = ("respondent", "kiosk", "interviewer", "entry", "staff", "sign_in", "api", "static", "other")
CLASSES = ("2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
OUTCOMES = ("stored", "known", "held", "refused", "failed")
# Where strangers and devices send forms, with what an answer's status means for the form.
SENT = {
    "api.submit": {201: "stored", 200: "known"},
    "api.sealed": {201: "stored", 200: "known", 202: "held"},
    "respondent.answer": {303: "stored"},
    "respondent.invited": {303: "stored"},
}
# Of a wrong sign-in; `again`: where the password is asked once more; `elsewhere`: where the provider of single
# sign-on was asked.
STEPS = ("password", "code", "passkey", "again", "elsewhere", "waiting")
HERE = frozenset({"127.0.0.1", "::1"})
_REQUESTS = 0
_BUCKETS = _REQUESTS + len(GROUPS) * len(CLASSES)
_SECONDS = _BUCKETS + len(GROUPS) * (len(BOUNDS) + 1)
_FORMS = _SECONDS + len(GROUPS)
_WRONG = _FORMS + len(OUTCOMES)
_PROCESS = _WRONG + len(STEPS)
WIDTH = _PROCESS + 1  # numbers in a slot; the last is the process that writes it


class Counters:
    """The counters of all processes of one server; made before the first of them starts, so that all see it."""

    def __init__(self) -> None:
        self._numbers = memoryview(mmap.mmap(-1, SLOTS * WIDTH * 8)).cast("d")
        self._lock = threading.Lock()
        self._start = 0
        self.take(0)

    def take(self, slot: int) -> None:
        """From now on this process adds to this slot, where no other does."""
        self._lock = threading.Lock()
        self._start = slot * WIDTH
        self._numbers[self._start + _PROCESS] = os.getpid()

    def count(self, group: int, status: int, seconds: float, outcome: str | None) -> None:
        """Counts one answer."""
        bucket = bisect_left(BOUNDS, seconds)
        kind = min(max(status // 100, 2), 5) - 2
        with self._lock:
            self._numbers[self._start + _REQUESTS + group * len(CLASSES) + kind] += 1
            self._numbers[self._start + _BUCKETS + group * (len(BOUNDS) + 1) + bucket] += 1
            self._numbers[self._start + _SECONDS + group] += seconds
            if outcome is not None:
                self._numbers[self._start + _FORMS + OUTCOMES.index(outcome)] += 1

    def wrong(self, step: str) -> None:
        """Counts one wrong sign-in."""
        with self._lock:
            self._numbers[self._start + _WRONG + STEPS.index(step)] += 1

    def sums(self) -> list[float]:
        """Every counter, over all processes that were."""
        return [sum(self._numbers[place : SLOTS * WIDTH : WIDTH]) for place in range(_PROCESS)]

    def memory(self) -> list[int]:
        """Bytes in memory of each process that is there now."""
        pages = []
        for slot in range(SLOTS):
            process = int(self._numbers[slot * WIDTH + _PROCESS])
            try:
                pages.append(int(Path(f"/proc/{process}/statm").read_text().split()[1]) if process else 0)
            except (OSError, IndexError):  # it has ended, or this is no Linux
                continue
        return [count * os.sysconf("SC_PAGE_SIZE") for count in pages if count]


SHARED = Counters()


def watch(app: Flask) -> None:
    """Counts every answer of an application and shows the counts at /metrics."""
    app.before_request(_begin)
    app.after_request(_end)
    app.add_url_rule("/metrics", "metrics", _show)


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    began = g.pop("began", None)
    endpoint = request.endpoint or ""
    if began is not None and endpoint != "metrics":
        name = endpoint.partition(".")[0]
        group = GROUPS.index(name) if name in GROUPS else len(GROUPS) - 1
        seconds = time.perf_counter() - began
        SHARED.count(group, response.status_code, seconds, _outcome(endpoint, response.status_code))
    return response


def _outcome(endpoint: str, status: int) -> str | None:
    """What became of a form, by the status of the answer; None where none was sent."""
    if request.method != "POST" or endpoint not in SENT:
        return None
    if status >= 400:
        return "failed" if status >= 500 else "refused"
    return SENT[endpoint].get(status)


def _show() -> Response:
    if not _may():
        raise NotFound("There is no page at this address. Begin at the first page.")
    return Response(text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _may() -> bool:
    """With the token; where none is set, from this machine itself, and not through a proxy on it."""
    wanted = settings.metrics_token()
    if wanted:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind == "Bearer" and secrets.compare_digest(given.strip().encode(), wanted.encode())
    through = any(name in request.headers for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via"))
    return request.remote_addr in HERE and not through


def text() -> str:
    """All metrics as Prometheus reads them (exposition format 0.0.4)."""
    sums = SHARED.sums()
    lines = ["# HELP hailong_requests_total Answers by part of the platform and class of status."]
    lines.append("# TYPE hailong_requests_total counter")
    for place, (group, kind) in enumerate((group, kind) for group in GROUPS for kind in CLASSES):
        lines.append(f'hailong_requests_total{{part="{group}",status="{kind}"}} {sums[_REQUESTS + place]:.0f}')
    lines.append("# HELP hailong_request_seconds How long answers took.")
    lines.append("# TYPE hailong_request_seconds histogram")
    for place, group in enumerate(GROUPS):
        total = 0.0
        for step, bound in enumerate((*map(str, BOUNDS), "+Inf")):
            total += sums[_BUCKETS + place * (len(BOUNDS) + 1) + step]
            lines.append(f'hailong_request_seconds_bucket{{part="{group}",le="{bound}"}} {total:.0f}')
        lines.append(f'hailong_request_seconds_sum{{part="{group}"}} {sums[_SECONDS + place]:.6f}')
        lines.append(f'hailong_request_seconds_count{{part="{group}"}} {total:.0f}')
    lines.append("# HELP hailong_forms_total Forms sent by people and devices, by what became of them.")
    lines.append("# TYPE hailong_forms_total counter")
    for place, outcome in enumerate(OUTCOMES):
        lines.append(f'hailong_forms_total{{outcome="{outcome}"}} {sums[_FORMS + place]:.0f}')
    lines.append(
        "# HELP hailong_wrong_sign_ins_total Wrong passwords, codes, passkeys of staff, by where they were given."
    )
    lines.append("# TYPE hailong_wrong_sign_ins_total counter")
    for place, which in enumerate(STEPS):
        lines.append(f'hailong_wrong_sign_ins_total{{step="{which}"}} {sums[_WRONG + place]:.0f}')
    memory = SHARED.memory()
    gauges = [
        ("hailong_database_up", "1 where the database answers.", int(_answers())),
        ("hailong_processes", "Processes of the server, with the one that watches over the others.", len(memory)),
        ("hailong_memory_bytes", "What they hold in memory together.", sum(memory)),
        ("hailong_disk_free_bytes", "Free for the data folder.", shutil.disk_usage(settings.data_folder()).free),
    ]
    day = latest.day(settings.data_folder())
    if day is not None:
        gauges.append(("hailong_backup_age_days", "Days since the last backup.", (today() - day).days))
    for name, about, value in gauges:
        lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge", f"{name} {value}"]
    return "\n".join(lines) + "\n"


def _answers() -> bool:
    try:
        return database().answers()
    except SQLAlchemyError:
        return False

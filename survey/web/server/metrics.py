"""`/metrics` for Prometheus: how the server fares, and nothing about anybody.

No counter has a wave, a unit, a way of answering or an address: who reads it every few seconds learns that
something was sent in those seconds, never where or by whom. That much is also why it stands open to this machine
alone, or to who has `HAILONG_METRICS_TOKEN`. Counts begin again when the server does, as Prometheus expects.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import prometheus_client
from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from survey.operations.backups import latest
from survey.system import settings
from survey.system.dates import today
from survey.web.current import database
from survey.web.server.gunicorn import FOLDER
from translations import NotFound

GROUPS = ("respondent", "kiosk", "interviewer", "keying", "staff", "sign_in", "api", "static", "other")
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
prometheus_client.disable_created_metrics()


class Metrics:
    """The counters of an application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "hailong_requests",
            "Answers by part of the platform and class of status.",
            ["part", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "hailong_request_seconds", "How long answers took.", ["part"], buckets=BOUNDS, registry=self.registry
        )
        self.forms = Counter(
            "hailong_forms",
            "Forms sent by people and devices, by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self.wrong = Counter(
            "hailong_wrong_sign_ins",
            "Wrong passwords, codes, passkeys of staff, by where they were given.",
            ["step"],
            registry=self.registry,
        )
        for group in GROUPS:  # each is there from the start, as 0
            self.seconds.labels(group)
            for kind in CLASSES:
                self.requests.labels(group, kind)
        for outcome in OUTCOMES:
            self.forms.labels(outcome)
        for step in STEPS:
            self.wrong.labels(step)

    def count(self, group: str, status: int, seconds: float) -> None:
        """Counts one answer."""
        self.requests.labels(group, CLASSES[min(max(status // 100, 2), 5) - 2]).inc()
        self.seconds.labels(group).observe(seconds)


class Machine(Collector):
    """What is measured when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges as of now."""
        memory = _memory()
        gauges = [
            ("database_up", "1 where the database answers.", int(_answers())),
            ("processes", "Processes of the server, with the one that watches over the others.", len(memory)),
            ("memory_bytes", "What they hold in memory together.", sum(memory)),
            ("disk_free_bytes", "Free for the data folder.", shutil.disk_usage(settings.data_folder()).free),
        ]
        if (day := latest.day(settings.data_folder())) is not None:
            gauges.append(("backup_age_days", "Days since the last backup.", (today() - day).days))
        for name, about, value in gauges:
            yield GaugeMetricFamily(f"hailong_{name}", about, value)


def watch(app: Flask) -> None:
    """Counts every answer of an application and shows the counts at /metrics."""
    app.extensions["metrics"] = Metrics()
    app.before_request(_begin)
    app.after_request(_end)
    app.add_url_rule("/metrics", "metrics", _show)


def here() -> Metrics:
    """The counters of the application that answers now."""
    metrics: Metrics = current_app.extensions["metrics"]
    return metrics


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    began = g.pop("began", None)
    endpoint = request.endpoint or ""
    if began is not None and endpoint != "metrics":
        name = endpoint.partition(".")[0]
        here().count(name if name in GROUPS else "other", response.status_code, time.perf_counter() - began)
        if outcome := _outcome(endpoint, response.status_code):
            here().forms.labels(outcome).inc()
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
        raise NotFound("There is no page at this address. Start again from the first page.")
    counts = here().registry
    if FOLDER in os.environ:
        counts = CollectorRegistry()
        MultiProcessCollector(counts)
    machine = CollectorRegistry()
    machine.register(Machine())
    text = generate_latest(counts) + generate_latest(machine)
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may() -> bool:
    """With the token; where none is set, from this machine itself, and not through a proxy on it."""
    wanted = settings.metrics_token()
    if wanted:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind == "Bearer" and secrets.compare_digest(given.strip().encode(), wanted.encode())
    through = any(name in request.headers for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via"))
    return request.remote_addr in HERE and not through


def _memory() -> list[int]:
    """Bytes in memory of each process of this server."""
    processes, pages = [str(os.getpid())], []
    if FOLDER in os.environ:
        first = str(os.getppid())
        with suppress(OSError):
            processes = [first, *Path(f"/proc/{first}/task/{first}/children").read_text().split()]
    for process in processes:
        try:
            pages.append(int(Path(f"/proc/{process}/statm").read_text().split()[1]))
        except (OSError, IndexError):  # it has ended, or this is no Linux
            continue
    return [count * os.sysconf("SC_PAGE_SIZE") for count in pages]


def _answers() -> bool:
    try:
        return database().answers()
    except SQLAlchemyError:
        return False

"""Counts of how the server fares: right, and of nobody."""

from __future__ import annotations

import re
import subprocess
import sys
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAILONG_METRICS_TOKEN", raising=False)


def read(client: FlaskClient) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+]+', line) for line in lines)
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_answers_and_forms_are_counted_by_what_became_of_them(client: FlaskClient) -> None:
    form = {"id": str(uuid4()), "wave": "ho-mo", "unit": "06652", "mode": "phone", "answers": {"C5": 1}}
    assert client.post("/api/v1/responses", json=form).status_code == 201
    assert client.post("/api/v1/responses", json=form).status_code == 200
    assert client.post("/api/v1/responses", json={**form, "unit": "x"}).status_code == 404
    assert client.get("/").status_code == 200
    found = read(client)
    assert found['hailong_forms_total{outcome="stored"}'] == 1
    assert found['hailong_forms_total{outcome="known"}'] == 1
    assert found['hailong_forms_total{outcome="refused"}'] == 1
    assert found['hailong_requests_total{part="api",status="2xx"}'] == 2
    assert found['hailong_requests_total{part="api",status="4xx"}'] == 1
    assert found['hailong_requests_total{part="respondent",status="2xx"}'] == 1
    assert found['hailong_request_seconds_count{part="api"}'] == 3
    assert found['hailong_request_seconds_bucket{le="+Inf",part="api"}'] == 3
    assert found["hailong_database_up"] == 1
    assert found["hailong_memory_bytes"] > 10_000_000


def test_nothing_in_them_says_where_or_how_somebody_answered(client: FlaskClient) -> None:
    form = {"id": str(uuid4()), "wave": "ho-mo", "unit": "06652", "mode": "phone", "answers": {"C5": 1}}
    client.post("/api/v1/responses", json=form, environ_base={"REMOTE_ADDR": "203.0.113.77"})
    text = client.get("/metrics").text
    for word in ("ho-mo", "06652", "phone", "203.0.113", form["id"]):
        assert str(word) not in text


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "203.0.113.9", {}, 404),
        ("", "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),  # through a proxy on this machine
        ("", "127.0.0.1", {"X-Forwarded-Proto": "https"}, 404),
        ("a-secret", "203.0.113.9", {"Authorization": "Bearer a-secret"}, 200),
        ("a-secret", "203.0.113.9", {"Authorization": "Bearer ă"}, 404),
        ("a-secret", "127.0.0.1", {}, 404),
    ],
)
def test_they_are_for_this_machine_or_for_who_has_the_token(
    app: Flask, monkeypatch: pytest.MonkeyPatch, token: str, address: str, headers: dict[str, str], status: int
) -> None:
    monkeypatch.setenv("HAILONG_METRICS_TOKEN", token)
    answer = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert ("hailong_" in answer.text) is (status == 200)


SHARED = """
import os
from survey.web.server import gunicorn

gunicorn.share_metrics()
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from survey.web.server import metrics

for _process in range(2):
    if os.fork() == 0:
        metrics.Metrics().count("api", 201, 0.1)
        os._exit(0)
    os.wait()
registry = CollectorRegistry()
MultiProcessCollector(registry)
print(generate_latest(registry).decode())
folder = os.environ[gunicorn.FOLDER]
gunicorn.forget_metrics()
print("left" if os.path.exists(folder) else "gone")
"""


def test_processes_add_up_one_that_ended_is_counted_and_nothing_is_left() -> None:
    done = subprocess.run([sys.executable, "-c", SHARED], capture_output=True, text=True, check=True)
    assert 'hailong_requests_total{part="api",status="2xx"} 2.0' in done.stdout
    assert 'hailong_request_seconds_count{part="api"} 2.0' in done.stdout
    assert done.stdout.endswith("gone\n")

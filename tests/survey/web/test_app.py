"""What the application does when something outside it fails: a page that says what to do, never a trace."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from survey.storage.database import Database
from survey.system import settings
from survey.web.app import create_app
from translations import Refusal


def away(*_arguments: object) -> None:
    raise OperationalError("SELECT 1", {}, Exception("connection refused"))


@contextmanager
def signed_in(app: Flask) -> Iterator[object]:
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "mark:admin"
    yield client


@pytest.mark.parametrize("path", ["/", "/s/gop-y/06652", "/quan-tri/", "/nhap-phieu/", "/healthz"])
def test_without_its_database_it_asks_to_try_again(app: Flask, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """The engine of the running application is cut off, as when a database server restarts."""
    found: Database = app.extensions["database"]
    found.engine.dispose()
    monkeypatch.setattr(found.engine.pool, "connect", away)
    with signed_in(app) as client:
        answer = client.get(path)  # type: ignore[attr-defined]
    if answer.status_code == 302:  # nobody can be known to be signed in
        assert "/dang-nhap" in answer.location
        return
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert b"Traceback" not in answer.data
    assert "SELECT" not in answer.text


def test_a_fault_of_ours_shows_a_number_and_nothing_else(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("a secret answer")

    monkeypatch.setattr("survey.waves.units.communes", broken)
    answer = app.test_client().get("/")
    assert answer.status_code == 500
    assert "a secret answer" not in answer.text
    number = caplog.records[-1].getMessage().split()[1]
    assert number in answer.text


def test_what_was_opened_for_a_request_is_closed_after_it(
    app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "admin")
    open_after = []
    for _round in range(3):
        for path in ("/", "/s/gop-y/06652", "/static/x/staff.css", "/khong-co", "/quan-tri/ho-mau/mau/khung.csv"):
            client.get(path).close()
        # Larger than is kept in memory.
        part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="thon.csv"\r\n\r\n' + b"x" * 600_000
        kind = {"content_type": "multipart/form-data; boundary=x"}
        client.post("/quan-tri/ho-mau/mau/khung", data=part + b"\r\n--x--\r\n", **kind).close()
        open_after.append(len(os.listdir("/proc/self/fd")))
    assert open_after[1] == open_after[2]


def test_it_is_served_without_debugging_and_without_pages_of_tests(app: Flask) -> None:
    assert not app.debug
    assert not app.testing
    modules = {inspect.unwrap(view).__module__ for view in app.view_functions.values()}
    assert {module.split(".")[0] for module in modules} == {"survey"}
    assert not any("debug" in rule.rule or "test" in rule.rule for rule in app.url_map.iter_rules())


def test_every_answer_carries_the_headers_of_safety(app: Flask) -> None:
    for path in ("/", "/dang-nhap", "/api/v1/openapi.json", "/khong-co"):
        answer = app.test_client().get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_denied_to_somebody_of_the_staff_is_logged_and_to_a_stranger_is_not(
    app: Flask, sign_in: Callable[[Flask, str], FlaskClient], caplog: pytest.LogCaptureFixture
) -> None:
    assert sign_in(app, "keyer").get("/quan-tri/ho-mau/bao-cao?x=DauVet").status_code == 403
    assert [record.getMessage() for record in caplog.records] == ["denied to 'keyer' at staff.reports"]
    app.test_client().get("/quan-tri/ho-mau/bao-cao")
    assert len(caplog.records) == 1


@pytest.mark.parametrize("url", ["postgres://hl:geheim@there/hl", "mysql://hl:geheim@there/hl", "hl:geheim@there"])
def test_an_address_of_another_kind_is_refused_and_its_password_not_repeated(url: str) -> None:
    with pytest.raises(Refusal) as refusal:
        create_app(DATABASE_URL=url, SECRET_KEY="tests")
    assert "postgresql+psycopg://" in str(refusal.value)
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("HAILONG_RATE", "abc"), ("HAILONG_SESSION_IDLE", "0"), ("HAILONG_PROXIES", "-1")]
    + [("HAILONG_SESSION_LIFE", "inf"), ("HAILONG_KIOSK_IDLE", "nan"), ("HAILONG_SMTP_PORT", "٥٨٧")],
)
def test_a_setting_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv("HAILONG_SMTP_HOST", "thu.example.vn")
    monkeypatch.setenv("HAILONG_SMTP_FROM", "hailong@example.vn")
    monkeypatch.setenv(name, text)
    with pytest.raises(Refusal) as refusal:
        settings.refuse_wrong_numbers()
    assert name in str(refusal.value)
    assert text in str(refusal.value)


@pytest.mark.parametrize(
    ("method", "path", "link"),
    [
        ("GET", "/quan-tri/thu-nghiem/cau-hoi?ban=1", "?ban=1&amp;lang=en"),
        ("GET", "/quan-tri/thu-nghiem/bang?theo=unit&theo=C5", "?theo=unit&amp;theo=C5&amp;lang=en"),
        ("POST", "/quan-tri/nam/2026/ke-hoach/them", "?lang=en"),
        ("POST", "/quan-tri/nam/2026/ke-hoach/tep", "/quan-tri/nam/2026/ke-hoach?lang=en"),
        ("POST", "/quan-tri/thu-nghiem/mau/khung", "/quan-tri/thu-nghiem/mau?lang=en"),
        ("POST", "/quan-tri/thu-nghiem/may/3/ngung", "/quan-tri/thu-nghiem/may?lang=en"),
    ],
)
def test_the_other_language_of_what_was_sent_stands_at_an_address_that_can_be_looked_at(
    app: Flask, method: str, path: str, link: str
) -> None:
    with app.test_request_context(path, method=method):
        assert render_template_string("{{ here(lang='en') }}") == link


def test_the_browsers_icon_is_the_emblem_of_the_pages(client: FlaskClient) -> None:
    page = client.get("/").text
    icon = client.get(re.search(r'<link rel="icon" href="([^"]+)"', page)[1])  # type: ignore[index]
    drawn = set(re.findall(r' d="([^"]+)"', icon.text))
    assert icon.mimetype == "image/svg+xml"
    assert drawn <= set(re.findall(r' d="([^"]+)"', page))
    assert "max-age=31536000" in icon.headers["Cache-Control"]

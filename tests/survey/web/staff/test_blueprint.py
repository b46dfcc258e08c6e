"""What the pages of a large wave show: one moment of it, until somebody of the staff changes something."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask, g, url_for
from flask.ctx import RequestContext
from flask.testing import FlaskClient
from sqlalchemy import event, select

from survey.responses import submission
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Mode, Response, Review, ReviewState
from survey.system import cache, dates
from survey.waves import waves
from survey.web.staff import figures
from survey.web.staff.figures import WaveFigures, figures_of


def send(province: Database, forms: int) -> None:
    with province.writing() as session:
        place = waves.place(session, "ho-mo", "06652")
        for form in range(forms):
            day = dates.today() - timedelta(form % 5)
            submission.submit(session.connection(), place, uuid4(), Mode.PHONE, {"C5": 1 + form % 2}, day=day)


@pytest.fixture
def large(province: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A wave of sixty forms, which count as many, and whose figures are given again for ten minutes."""
    monkeypatch.setattr(cache, "LARGE", 60)
    monkeypatch.setattr(cache, "AGE_BY_COST", 1_000_000)
    send(province, 60)
    return province


def request_of(app: Flask, reader: FlaskClient) -> RequestContext:
    """A request of whoever is signed in there: what is shown hangs on it."""
    cookie = reader.get_cookie("phien")
    assert cookie is not None
    return app.test_request_context(headers={"Cookie": f"phien={cookie.value}"})


def test_links_between_the_figures_of_a_wave_keep_the_release_and_no_others(app: Flask) -> None:
    with app.test_request_context("/quan-tri/ho-mau/?ban=1"):
        for page, more in (("table_file", {"format": "csv"}), ("download", {"format": "pdf"}), ("units", {})):
            assert url_for(f"staff.{page}", wave="ho-mau", **more).endswith("?ban=1"), page
        assert "ban" not in url_for("staff.units", wave="ho-mau", ban=None)
        assert url_for("staff.units", wave="ho-mau", ban=2).endswith("?ban=2")
        assert "ban" not in url_for("staff.units", wave="ho-mo")
        assert "ban" not in url_for("staff.progress", wave="ho-mau")


def test_a_form_that_comes_shows_later_but_in_a_file_at_once(
    app: Flask, large: Database, sign_in: Callable[[Flask, str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = sign_in(app, "home_affairs")
    address = "/quan-tri/ho-mo/bang"
    monkeypatch.setattr(figures, "FRESH", timedelta(days=1))  # however slow the machine is
    assert "Số liệu lúc" not in reader.get(f"{address}?muc=C5").text
    send(large, 1)
    monkeypatch.setattr(figures, "FRESH", timedelta(0))
    for page in (f"{address}?muc=C5", "/quan-tri/ho-mo/"):
        assert "Số liệu lúc" in reader.get(page).text
    with request_of(app, reader):
        summary, people = figures_of("ho-mo")
        assert (summary.collection.collected, len(people)) == (60, 60)
        assert "as_of" in g
    with request_of(app, reader):
        summary, people = figures_of("ho-mo", now=True)
        assert (summary.collection.collected, len(people)) == (61, 61)
        assert "as_of" not in g
    rows = csv.DictReader(reader.get(f"{address}.csv?muc=C5").text.lstrip("\ufeff").splitlines())
    assert {row["people"] for row in rows} == {"61"}


def test_what_another_process_changes_shows_at_once_and_a_sign_in_changes_nothing(
    app: Flask, large: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    reader = sign_in(app, "home_affairs")

    def shown() -> WaveFigures:
        with request_of(app, reader):
            return figures_of("ho-mo")

    before = shown()
    send(large, 1)
    for act in ("Signed in", "Downloaded a report"):
        with audit.acting("lan", act), large.writing():
            pass
        assert shown() is before
    with (
        audit.acting("lan", "Decided on responses under review", changes_figures=True),
        large.writing() as session,
    ):
        gone = session.scalars(select(Response.id).where(Response.wave == "ho-mo").limit(1)).one()
        rejected = ReviewState.REJECTED
        session.add(
            Review(wave="ho-mo", response=gone, state=rejected, reason="", person="lan", day=dates.today())
        )
    summary, people = shown()
    assert (summary.collection.collected, summary.collection.rejected, len(people)) == (61, 1, 60)
    with audit.acting("root", "Ran a command on the server", changes_figures=True), large.writing():
        pass
    assert shown().people is not people


def test_who_looks_first_after_a_start_does_not_wait_for_the_answers_to_be_read(
    app: Flask, large: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    reader = sign_in(app, "home_affairs")
    database: Database = app.extensions["database"]
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    figures.precompute(database)
    assert any("answers" in statement for statement in asked)
    asked.clear()
    assert reader.get("/quan-tri/ho-mo/ra-soat").status_code == 200
    assert "60 phiếu" in reader.get("/quan-tri/ho-mo/").text
    assert asked
    assert not [one for one in asked if "answers" in one]

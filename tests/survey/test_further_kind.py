"""A further kind of question touches its object, one macro and one piece of the paper form: shown by a date."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pyreadstat
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select

from forms import KINDS, Item, Kind, Questionnaire, parse
from survey.data_files import exporting
from survey.paper import form as paper
from survey.paper.layout import layout
from survey.storage.database import Database
from survey.storage.models import Mode, Response, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Lazy

ADDRESS, SHEET = "/s/hen/06652", "/nhap-phieu/hen/06652"


# The three things that a kind is made of


def check_date(_item: Item, value: Any) -> Any:
    """A day as it is stored, 2026-10-31."""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return Lazy("Write a day.")


def read_date(_item: Item, texts: Sequence[str]) -> Any:
    """A day from a browser, 2026-10-31, or as a keyer reads it from the paper, 31102026."""
    return re.sub(r"^(\d\d)(\d\d)(\d{4})$", r"\3-\2-\1", texts[0].strip()) if texts else None


DATE = Kind("date", check_date, read_date)

MACRO = """
{% macro date(item, row=False) %}
{% call write(item) %}
<input type="date" id="{{ item.code }}" name="{{ item.code }}" value="{{ value(item) }}"{{ described(item) }}>
{% endcall %}
{% endmacro %}
"""

PIECE = "date: (it, room) => counting((..it, digits: 8), room),"


# The walk


@pytest.fixture
def questionnaire(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Questionnaire:
    """A document with such a question, where the kind is known to the program and the paper."""
    monkeypatch.setitem(KINDS, "date", DATE)
    templates = Path(shutil.copytree(paper.TEMPLATES, tmp_path / "paper"))
    written = (templates / "form.typ").read_text()
    (templates / "form.typ").write_text(written.replace("#let kinds = (\n", f"#let kinds = (\n{PIECE}\n"))
    monkeypatch.setattr(paper, "TEMPLATES", templates)
    two = {"vi": "Hẹn", "en": "Appointment"}
    choices = {"1": {"vi": "Có", "en": "Yes"}, "2": {"vi": "Không", "en": "No"}}
    items = [
        {"code": "ngay_hen", "kind": "date", "label": {"vi": "Hẹn trả ngày nào?", "en": "Which day?"}},
        {"code": "dung_hen", "kind": "single", "label": two, "choices": choices},
    ]
    document: dict[str, Any] = {"code": "hen", "version": 1, "title": two, "purpose": two, "consent": two}
    return parse({**document, "pages": [{"code": "P", "title": two, "items": items}]})


@pytest.fixture
def asked(app: Flask, province: Database, questionnaire: Questionnaire, assigned: Callable[..., None]) -> Database:
    """A wave that asks it."""
    app.jinja_env.bytecode_cache = None
    loader = app.jinja_env.loader
    assert loader is not None
    macros = loader.get_source(app.jinja_env, "kinds.html")[0] + MACRO
    app.jinja_env.loader = ChoiceLoader([DictLoader({"kinds.html": macros}), loader])
    with province.writing() as session:
        questionnaires.publish(session, questionnaire, dates.today())
        waves.create(session, "hen", questionnaire, WaveKind.OPEN, dates.today(), dates.today(), public=True)
        assigned(session, "keyer", Mode.PAPER)
    return province


def hidden(page: str, *names: str) -> dict[str, str]:
    return {name: re.findall(rf'name="{name}" value="([^"]*)"', page)[0] for name in names}


def send(client: FlaskClient, day: str) -> Any:
    page = client.get(ADDRESS)
    assert '<input type="date" id="ngay_hen"' in page.text
    fields = {**hidden(page.text, "id", "token"), "ngay_hen": day, "dung_hen": "1"}
    return client.post(ADDRESS, data=fields, headers={"Origin": "http://localhost"})


def stored(database: Database) -> list[tuple[Mode, dict[str, Any]]]:
    with database.reading() as session:
        return [(one.mode, one.answers) for one in session.scalars(select(Response))]


def test_it_is_shown_checked_stored_and_exported(client: FlaskClient, asked: Database, tmp_path: Path) -> None:
    refused = send(client, "2026-13-31")
    assert refused.status_code == 422
    assert 'id="ngay_hen-error"' in refused.text
    assert 'value="2026-13-31"' in refused.text
    assert stored(asked) == []
    assert send(client, "2026-10-31").status_code == 303
    assert stored(asked) == [(Mode.PHONE, {"ngay_hen": "2026-10-31", "dung_hen": 1})]

    files = {kind: tmp_path / f"hen.{kind}" for kind in exporting.FORMATS}
    for kind, path in files.items():
        exporting.responses(asked, "hen", path, kind)
    assert ",2026-10-31,1" in files["csv"].read_text()
    assert pyarrow.parquet.read_table(files["parquet"])["ngay_hen"].to_pylist() == ["2026-10-31"]
    assert pyreadstat.read_sav(files["sav"], output_format="dict")[0]["ngay_hen"] == ["2026-10-31"]


def test_it_is_keyed(app: Flask, asked: Database, sign_in: Callable[[Flask, str], FlaskClient]) -> None:
    keyer = sign_in(app, "keyer")
    for day, status in (("31132026", 422), ("31102026", 303)):
        fields = {**hidden(keyer.get(SHEET).text, "id", "csrf_token"), "ngay_hen": day, "dung_hen": "1"}
        assert keyer.post(SHEET, data=fields).status_code == status
    assert stored(asked) == [(Mode.PAPER, {"ngay_hen": "2026-10-31", "dung_hen": 1})]


def test_it_is_printed(questionnaire: Questionnaire) -> None:
    boxes = [(box.kind, box.code) for box in layout(questionnaire).boxes if box.item == "ngay_hen"]
    assert boxes == [("digit", place) for place in range(1, 9)]


def test_no_figure_is_made_of_it(
    app: Flask, client: FlaskClient, asked: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    assert send(client, "2026-10-31").status_code == 303
    page = sign_in(app, "home_affairs").get("/quan-tri/hen/bang").text
    assert "dung_hen" in page
    assert "ngay_hen" not in page


def test_every_kind_has_its_macro_and_its_piece_of_the_paper_form(app: Flask) -> None:
    macros = app.jinja_env.get_template("kinds.html").module
    pieces = re.search(r"#let kinds = \(\n(.*?)\n\)\n", (paper.TEMPLATES / "form.typ").read_text(), re.DOTALL)
    assert pieces
    assert set(re.findall(r"^  (\w+):", pieces[1], re.MULTILINE)) == set(KINDS)
    assert all(callable(getattr(macros, kind, None)) for kind in KINDS)

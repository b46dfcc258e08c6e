"""An open wave of a questionnaire without an index: its counts are right, and every page has its questions."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms import parse
from survey.data_files import importing
from survey.results import release_steps, releases, summary
from survey.storage.models import Role, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

WAVE = "nuoc"
OFFICE = "/quan-tri/nuoc"


def document() -> dict[str, Any]:
    def words(vi: str) -> dict[str, str]:
        return {"vi": vi, "en": vi}

    source: dict[str, Any] = {
        "code": "nguon",
        "kind": "single",
        "label": words("Nguồn nước chính"),
        "choices": {1: words("Nước máy"), 2: words("Nước giếng")},
    }
    people: dict[str, Any] = {
        "code": "nguoi",
        "kind": "number",
        "label": words("Số người trong nhà"),
        "minimum": 1,
        "maximum": 20,
    }
    return {
        "code": "nuoc",
        "version": 1,
        "title": words("Khảo sát nước sạch"),
        "purpose": words("Để biết nơi nào thiếu nước."),
        "consent": words("Phiếu không ghi họ tên."),
        "pages": [{"code": "p", "title": words("Nước dùng"), "items": [source, people]}],
    }


@pytest.fixture
def water(app: Flask, tmp_path: Path) -> Flask:
    """41 answers of Hà Tu, 40 of two other communes; nothing of them is counted in an index."""
    database, today = app.extensions["database"], dates.today()
    with database.writing() as session:
        asked = parse(document())
        questionnaires.publish(session, asked, today)
        waves.create(session, WAVE, asked, WaveKind.OPEN, today - timedelta(9), today, public=True, title="Nước")
    path = tmp_path / "nuoc.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["unit", "nguon", "nguoi"])
        for unit, people, piped in (("06652", 41, 20), ("06658", 40, 19), ("06661", 40, 19)):
            writer.writerows([unit, 1 if i < piped else 2, 1 + i % 6] for i in range(people))
    importing.responses(database, WAVE, importing.Wanted(path))
    return app


@pytest.fixture
def released(water: Flask) -> Flask:
    with water.extensions["database"].writing() as session:
        made = releases.freeze(session, waves.find(session, WAVE), "an")
        release_steps.check(made, "binh")
        release_steps.approve(made, made, "chi")
    return water


def read(client: FlaskClient, address: str) -> str:
    """The words of a page, which opens."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    page = re.sub(r"(?s)<(script|style|svg|nav|footer)\b.*?</\1>", " ", answer.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_counts_of_communes_do_not_hang_on_an_index(
    water: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    with water.extensions["database"].reading() as session:
        told = summary.gather(session, WAVE)
    every = len(told.units)
    assert [(line.unit.code, line.index.n) for line in told.units if line.index.n] == [
        ("06658", 40), ("06652", 41), ("06661", 40),
    ]  # fmt: skip
    assert not any(line.index.estimate or line.index.standing or line.ranks for line in told.units)
    office = sign_in(water, "home_affairs")
    overview = read(office, f"{OFFICE}/")
    assert f"121 người đã trả lời, ở 3 trên {every} xã, phường, đặc khu" in overview
    assert f"Nơi có phiếu 3 trên {every}" in overview
    assert f"{every - 3} nơi chưa có phiếu nào" in overview
    assert "Nguồn nước chính" in overview
    assert "Nước máy 47,93%" in overview


def test_communes_are_listed_with_how_many_answered_and_their_pages_open(
    water: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    office = sign_in(water, "home_affairs")
    communes = read(office, f"{OFFICE}/don-vi")
    assert "chưa có phiếu" not in communes
    assert "Hà Tu phường 41" in communes
    assert communes.count("không so sánh các xã, phường với nhau") == 1
    own = read(office, f"{OFFICE}/don-vi/06652")
    assert "Nước máy 48,78%" in own  # 20 of 41
    assert "Toàn tỉnh 47,93%" in own
    assert "Toàn tỉnh: mỗi câu có 121 người trả lời" in own
    assert read(office, f"{OFFICE}/cach-tinh?item=nguon=1&unit=06652")
    assert office.get(f"{OFFICE}/don-vi/99999").status_code == 404


def test_the_commune_sees_its_own_questions_once_they_are_released(
    released: Flask, sign_in: Callable[[Flask, str], FlaskClient], account: Callable[..., None]
) -> None:
    with released.extensions["database"].writing() as session:
        account(session, "xa", Role.COMMUNE, "06652")
    own = read(sign_in(released, "xa"), f"{OFFICE}/xa-minh")
    assert "Nước máy 48,78%" in own
    assert "Chưa có gì được công bố" not in own

"""An open wave of a questionnaire without an index: its counts are right, and every page has its questions."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from forms import parse
from survey.data_files import importing
from survey.paper import posters
from survey.reports import commune, xlsx
from survey.reports.contents import contents
from survey.reports.structure import Table
from survey.results import releases, summary
from survey.storage.models import Role, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from tests.survey import open_waves
from tests.survey.reports.test_contents import said
from translations import speaking

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
    today = dates.today()
    rows: list[list[object]] = [["unit", "day", "nguon", "nguoi"]]
    for unit, people, piped in (("06652", 41, 20), ("06658", 40, 19), ("06661", 40, 19)):
        days = [today - timedelta(i % 9) for i in range(people)]
        rows += [[unit, day, 1 if i < piped else 2, 1 + i % 6] for i, day in enumerate(days)]
    open_waves.make(app.extensions["database"], tmp_path, WAVE, parse(document()), rows, "Nước")
    return app


@pytest.fixture
def released(water: Flask) -> Flask:
    open_waves.release(water.extensions["database"], WAVE)
    return water


def read(client: FlaskClient, address: str) -> str:
    """The words of a page, which opens."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return open_waves.words_of(answer.text)


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


def test_who_left_the_first_question_blank_is_counted_by_another(water: Flask, tmp_path: Path) -> None:
    path = tmp_path / "them.csv"
    path.write_text("unit,nguon,nguoi\n" + "06673,1,2\n" * 15 + "06673,,3\n" * 10, encoding="utf-8")
    importing.responses(water.extensions["database"], WAVE, importing.Wanted(path))
    with water.extensions["database"].reading() as session:
        told = summary.gather(session, WAVE)
    [line] = [line for line in told.units if line.unit.code == "06673"]
    assert (line.index.n, "few" in line.index.flags) == (25, True)


def test_the_report_of_few_says_so_and_of_nobody_lists_nothing(water: Flask, tmp_path: Path) -> None:
    database, today = water.extensions["database"], dates.today()
    path = tmp_path / "it.csv"
    path.write_text("unit,nguon,nguoi\n" + "06652,1,2\n" * 10 + "06652,2,2\n" * 10, encoding="utf-8")
    with database.writing() as session:
        waves.create(session, "it", questionnaires.find(session, "nuoc@1"), WaveKind.OPEN, today, today)
    tables = []
    for _time in range(2):
        with database.reading() as session, speaking("vi"):
            report = contents(summary.gather(session, "it"))
        tables.append([one for one in report.blocks if isinstance(one, Table)])
        importing.responses(database, "it", importing.Wanted(path))
    nobody, [few] = tables
    assert nobody == []
    assert any(note.startswith("* Ít") for note in few.notes)


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


def test_everybody_reads_each_question_of_a_release_with_its_base(released: Flask) -> None:
    outside = released.test_client()
    page = read(outside, "/ket-qua/nuoc")
    assert "121 người đã trả lời, ở 3 trên" in page
    assert "không có con số chung" in page
    assert "Xã, phường, đặc khu Số người An Sinh chưa tính Ba Chẽ chưa tính" in page
    assert re.search(r"Nước máy 47,9% \d+,\d–\d+,\d 121 ", page)
    assert re.search(r"Hà Tu 41 ", page)
    own = read(outside, "/ket-qua/nuoc?noi=06652")
    assert re.search(r"Nước máy 48,8% \d+,\d–\d+,\d 41 ", own)
    waits = read(outside, "/ket-qua/nuoc?noi=07090")
    assert "chưa tính: chưa đủ phiếu" in waits
    assert waits.count("Nguồn nước chính") == 1  # of all together, and not of this one


def test_the_report_and_a_notice_list_the_questions(released: Flask) -> None:
    with released.extensions["database"].reading() as session, speaking("vi"):
        release = releases.newest(session, WAVE)
        told = summary.gather(session, WAVE, release=release)
        own = next(line for line in told.units if line.unit.code == "06652")
        report, notice = contents(told), commune.contents(told, own)
        book = load_workbook(io.BytesIO(xlsx.write(told)))
    body = next(block for block in report.blocks if isinstance(block, Table))
    assert body.caption == "Nước dùng"  # the page of the form
    told_first = said(report)
    for words in (
        "121 người đã trả lời, ở 3 trên",
        "không có con số chung",
        "không có kiểm định hay kết luận nào",
        "Số người trả lời ở từng nơi: Phụ lục 1.",
        "Trung bình các số đã ghi",
    ):
        assert words in told_first.partition("III. ")[0]
    question, piped = (row.cells for row in body.rows[:2])
    assert question == ("Nguồn nước chính",)
    assert piped[:2] == ("Nước máy", "121")
    assert piped[2].startswith("47,93%")
    assert re.fullmatch(r"\[\d+,\d\d; \d+,\d\d\]", piped[3])
    places = next(block for block in report.annex if isinstance(block, Table))
    assert {row.cells for row in places.rows} == {
        ("Phường Hà Tu", "41"), ("Phường Cao Xanh", "40"), ("Phường Việt Hưng", "40"),
    }  # fmt: skip
    annex = next(block for block in notice.annex if isinstance(block, Table))
    _title, own_piped, *_others = (row.cells for row in annex.rows)
    assert (own_piped[0], own_piped[1], own_piped[-1]) == ("Nước máy", "41", "47,9%")
    assert "Ba điều chính" not in said(notice)
    assert any("121 người trả lời" in note for note in annex.notes)  # of whom the figures beside are
    rows = {row[0]: row[3] for row in book["Xã, phường"].iter_rows(values_only=True)}
    assert rows["06652"] == "41"


def test_a_poster_speaks_of_service_only_where_that_is_asked(water: Flask) -> None:
    with (
        water.extensions["database"].reading() as session,
        pypdfium2.PdfDocument(posters.draw(session, WAVE, "https://h.vn", "A4", "06652")) as pdf,
    ):
        said_there = " ".join(pdf[0].get_textpage().get_text_bounded().split())
    assert "Quét mã để trả lời; không hỏi tên." in said_there
    assert "phục vụ" not in said_there


def test_the_page_that_opens_a_wave_says_what_a_survey_without_an_index_lacks(
    water: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    assert "không có con số chung" in read(sign_in(water, "admin"), "/quan-tri/dot-moi")

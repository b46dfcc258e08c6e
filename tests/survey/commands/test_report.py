"""`hailong report`."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import openpyxl
import pypdfium2
import pytest

from survey.commands import main
from survey.operations import demo
from survey.pdf import typeface
from survey.results import result_table
from survey.storage.database import Database
from translations import speak

PEOPLE = 540


@pytest.fixture
def folder(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    """A data folder with the demo's two waves, the sample one of 540 people."""
    monkeypatch.setenv("HAILONG_DATABASE_URL", database.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    monkeypatch.setenv("LANG", "C.UTF-8")
    with database.writing() as session:
        demo.make(session, responses=PEOPLE)
    return database


def hailong(*arguments: str) -> int:
    """Runs the program within this process; its exit code."""
    try:
        main([*arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        speak("vi")
    return 0


def report(out: Path, format: str, *more: str, wave: str = "thu-nghiem") -> int:
    return hailong("report", "--wave", wave, "--format", format, "--out", str(out), *more)


def test_all_formats_hold_the_figure_of_results(folder: Database, tmp_path: Path) -> None:
    with folder.reading() as session:
        [index] = result_table.estimates(session, "thu-nghiem", items=["index"], released=True)
    assert index.estimate is not None
    shown = f"{100 * index.estimate:.2f}".replace(".", ",") + "%"
    for format in ("docx", "pdf", "xlsx", "csv", "json"):
        assert report(tmp_path / f"r.{format}", format) == 0
    cells = [cell.text for table in docx.Document(str(tmp_path / "r.docx")).tables for cell in table._cells]
    assert shown in cells
    document = pypdfium2.PdfDocument(tmp_path / "r.pdf")
    words = document[0].get_textpage().get_text_range()
    document.close()
    assert shown in words
    assert "mô phỏng" in words
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Tóm tắt"]
    assert [row[1:5] for row in sheet.iter_rows(values_only=True) if row[0] == "Chỉ số hài lòng chung"] == [
        (pytest.approx(index.estimate), pytest.approx(index.low), pytest.approx(index.high), index.n)
    ]
    records = json.loads((tmp_path / "r.json").read_text())
    [own] = result_table.as_records([index])
    assert own | {"flags": [*own["flags"], "draft"]} in records
    assert len((tmp_path / "r.csv").read_text().splitlines()) == len(records) + 1


def test_released_figures_alone_are_in_the_files(folder: Database, tmp_path: Path) -> None:
    assert report(tmp_path / "r.json", "json") == 0
    hidden = [
        row
        for row in json.loads((tmp_path / "r.json").read_text())
        if {"hidden", "hidden_with"} & set(row["flags"])
    ]
    assert hidden  # ten people in a commune: too few for a sensitive item
    for row in hidden:
        assert [row[name] for name in ("estimate", "standard_error", "low", "high", "n", "n_eff")] == [None] * 6


def test_the_language_is_that_of_the_option(folder: Database, tmp_path: Path) -> None:
    assert report(tmp_path / "r.docx", "docx", "--lang", "en", wave="gop-y") == 0
    words = [paragraph.text for paragraph in docx.Document(str(tmp_path / "r.docx")).paragraphs]
    assert "REPORT" in words
    assert report(tmp_path / "r.docx", "docx", wave="gop-y") == 0
    words = [paragraph.text for paragraph in docx.Document(str(tmp_path / "r.docx")).paragraphs]
    assert "BÁO CÁO" in words


def test_progress_goes_to_standard_error_alone(
    folder: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(tmp_path / "r.csv", "csv") == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "dự thảo" in told.err
    assert str(tmp_path / "r.csv") in told.err


@pytest.mark.variants(2)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["report", "--wave", "khong-co", "--format", "pdf", "--out", "{out}"], 1),
        (["report", "--wave", "gop-y", "--format", "doc", "--out", "{out}"], 2),
        (["report", "--wave", "gop-y", "--format", "pdf"], 2),
        (["report", "--wave", "gop-y", "--format", "csv", "--out", "{out}/không/có.csv"], 1),
    ],
)
def test_a_failure_leaves_what_was_there(
    folder: Database, tmp_path: Path, arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.pdf"
    there.write_text("as it was")
    assert hailong(*(argument.replace("{out}", str(there)) for argument in arguments)) == code
    assert there.read_text() == "as it was"
    assert list(tmp_path.glob("*.pdf*")) == [there]
    assert capsys.readouterr().err


def test_a_report_that_can_not_be_made_leaves_the_old_one(
    folder: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "r.pdf"
    old.write_text("as it was")
    monkeypatch.setattr(typeface, "FAMILIES", {"Tinos": tmp_path / "nothing"})
    assert report(old, "pdf") == 1
    assert old.read_text() == "as it was"

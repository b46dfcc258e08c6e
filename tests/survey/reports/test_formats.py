"""All formats print the same figures."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import docx
import openpyxl
import pypdfium2
import pytest

from survey.reports import report
from survey.reports.figure_records import records
from survey.results.result_table import FIELDS, as_records
from survey.results.summary import Summary
from survey.storage.models import Release
from translations import Refusal, language

Make = Callable[..., Summary]
# Figures with a decimal comma, as the Vietnamese report writes them: 90,12% · [89,40; 90,70] · 3,3%
SHARES = re.compile(r"\d{1,3},\d{1,2}(?=[%;\]])")


def words_of_docx(made: bytes) -> str:
    document = docx.Document(io.BytesIO(made))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def words_of_pdf(made: bytes) -> str:
    document = pypdfium2.PdfDocument(made)
    try:
        pages = []
        for page in document:
            text = page.get_textpage()
            pages.append(text.get_text_range())
            text.close()
            page.close()
        return " ".join("\n".join(pages).split())
    finally:
        document.close()


def sheets(made: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(made))
    return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def in_percent(share: float, decimals: int) -> str:
    return f"{100 * share:.{decimals}f}".replace(".", ",")


def test_word_and_pdf_hold_the_same_figures(summary: Summary) -> None:
    word, pdf = (
        set(SHARES.findall(read(report.write(summary, format))))
        for format, read in (("docx", words_of_docx), ("pdf", words_of_pdf))
    )
    assert len(word) > 200
    assert word <= pdf  # the plot's words are text in the PDF and a picture in Word
    assert pdf - word == set()


@pytest.mark.parametrize(("format", "read"), [("docx", words_of_docx), ("pdf", words_of_pdf)])
def test_each_figure_of_the_summary_is_in_word_and_pdf(
    summary: Summary, format: str, read: Callable[[bytes], str]
) -> None:
    there = read(report.write(summary, format))
    lines = [*summary.areas, *summary.factors, *(line for one in summary.headlines for line in one.values)]
    lines += [line for line in summary.items if not line.estimate.flags]
    for line in lines:
        if "none" not in line.estimate.flags:
            assert in_percent(line.estimate.estimate or 0.0, 2) + "%" in there, line.code
    for unit in summary.units[10:]:
        assert f"{in_percent(unit.index.estimate or 0.0, 1)}%" in there, unit.unit.name


def test_excel_holds_the_figures_of_the_summary_as_numbers(summary: Summary) -> None:
    book = sheets(report.write(summary, "xlsx"))
    assert list(book) == ["Tóm tắt", "Câu hỏi", "Xã, phường", "Phiếu", "Cách làm", "Dữ liệu"]
    first = {row[0]: row[1:5] for row in book["Tóm tắt"]}
    assert first["Chỉ số hài lòng chung"] == (0.9012, 0.8940, 0.9070, 2916)
    assert first["Có nhiều công chức"] == (0.0194, 0.0141, 0.0260, 2843)
    assert first["Để trống"][0] == 0.025
    items = {row[0]: row[4:8] for row in book["Câu hỏi"]}
    for line in summary.items:
        if not line.estimate.flags:
            record = line.estimate
            assert items[line.code] == (record.estimate, record.low, record.high, record.n)
    units = {row[0]: row for row in book["Xã, phường"]}
    for unit in summary.units[10:]:
        assert units[unit.unit.code][5:9] == (unit.index.estimate, unit.index.low, unit.index.high, unit.index.n)
    assert ("Phát ra", 2916) in [row[:2] for row in book["Phiếu"]]


@pytest.mark.parametrize(("draft", "state"), [(True, ["draft"]), (False, [])])
def test_csv_json_and_the_tidy_sheet_are_the_records_of_results_and_a_draft_says_so(
    summary: Summary, draft: bool, state: list[str]
) -> None:
    """In each record: a file gets another name once it is passed on."""
    summary = replace(summary, draft=draft)
    wanted = [record | {"flags": record["flags"] + state} for record in as_records(summary.records)]
    assert json.loads(report.write(summary, "json")) == wanted
    rows = list(csv.DictReader(io.StringIO(report.write(summary, "csv").decode())))
    assert list(rows[0]) == list(FIELDS)
    tidy = [row for row in sheets(report.write(summary, "xlsx"))["Dữ liệu"] if row[0] is not None]
    tidy = tidy[[row[0] for row in tidy].index("item") + 1 :]
    assert len(rows) == len(tidy) == len(wanted)
    for record, row, line in zip(wanted, rows, tidy, strict=True):
        for place, (field, value) in enumerate(record.items()):
            told = ";".join(value) if isinstance(value, list) else value
            assert row[field] == ("" if told is None else str(told)), field
            # Excel keeps 16 digits, and has no empty text.
            exact = told if isinstance(told, int) else told or None
            shown = pytest.approx(told, rel=1e-14) if isinstance(told, float) else exact
            assert line[place] == shown, field


def test_the_records_of_a_withdrawn_release_say_so(summary: Summary) -> None:
    told = records(replace(summary, release=Release(withdrawn=date(2026, 12, 3))))
    assert {record["flags"][-1] for record in told} == {"withdrawn"}


@pytest.mark.parametrize("format", ["docx", "pdf", "xlsx"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_of_wave_has_every_kind_of_report(
    make: Make, opened: Summary, format: str, language: str
) -> None:
    bare = make(index=None, rule=None, areas=(), factors=(), items=(), units=(), records=())
    magic = b"%PDF" if format == "pdf" else b"PK"
    for summary in (bare, opened):
        assert report.write(summary, format, language).startswith(magic)


def test_the_language_is_that_of_the_report_and_not_of_the_page(summary: Summary) -> None:
    before = language()
    assert "Độc lập - Tự do - Hạnh phúc" in words_of_pdf(report.write(summary, "pdf", "vi"))
    assert "Independence - Freedom - Happiness" in words_of_pdf(report.write(summary, "pdf", "en"))
    assert language() == before


def test_the_same_data_make_the_same_file(summary: Summary) -> None:
    for format in ("pdf", "csv", "json"):
        assert report.write(summary, format) == report.write(summary, format), format


def test_an_unknown_format_or_language_is_refused(summary: Summary) -> None:
    with pytest.raises(Refusal, match="dạng doc"):
        report.write(summary, "doc")
    with pytest.raises(Refusal, match="ngôn ngữ fr"):
        report.write(summary, "pdf", "fr")

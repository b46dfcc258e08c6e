"""The Excel file: numbers are numbers, text is text."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from survey.reports import report
from survey.results.result_table import FIELDS
from survey.results.summary import Summary


def book_of(summary: Summary) -> Any:
    return openpyxl.load_workbook(io.BytesIO(report.write(summary, "xlsx")))


@pytest.fixture(scope="module")
def book(kept: Summary) -> Any:
    return book_of(kept)


def line(sheet: Any, name: str) -> list[Any]:
    return next([*row] for row in sheet.iter_rows() if row[0].value == name)


def test_shares_are_numbers_that_read_as_percent(book: Any) -> None:
    cells = line(book["Tóm tắt"], "Chỉ số hài lòng chung")
    assert [cell.number_format for cell in cells[1:5]] == ["0.00%", "0.00%", "0.00%", "#,##0"]
    assert all(cell.data_type == "n" for cell in cells[1:5])


def test_no_case_is_a_number_that_reads_as_words(book: Any) -> None:
    cells = line(book["Tóm tắt"], "Nhiều người phải đưa")
    assert (cells[1].value, cells[1].number_format) == (0, '"0 trên 2.843"')
    assert cells[3].value == 0.0013
    assert cells[5].value == "nhiều nhất 0,1%"


def test_a_hidden_figure_is_its_word_and_nothing_more(summary: Summary) -> None:
    record = replace(summary.units[9].index, flags=("hidden",), standing="above")  # its numbers were left in
    units = list(summary.units)
    units[9] = replace(units[9], index=record, headlines=(record, record), ranks=(41, 43))
    book = book_of(replace(summary, units=tuple(units)))
    cells = line(book["Xã, phường"], units[9].unit.code)
    assert [cell.value for cell in cells[3:9]] == ["–", "–", "ẩn", None, None, None]
    assert cells[9].value == "ẩn vì quá ít người trả lời hoặc trả lời như nhau, có thể suy ra ai trả lời gì"


def test_few_answers_are_remarked(book: Any) -> None:
    cells = line(
        book["Xã, phường"],
        next(row[0].value for row in book["Xã, phường"].iter_rows() if row[1].value == "Việt Hưng"),
    )
    assert cells[9].value == "ít: dưới 30 câu trả lời"


def test_heads_stay_in_sight(book: Any) -> None:
    for name in ("Tóm tắt", "Câu hỏi", "Xã, phường", "Phiếu", "Dữ liệu"):
        sheet = book[name]
        pane = sheet.freeze_panes
        assert pane is not None, name
        head = [cell.value for cell in sheet[int("".join(filter(str.isdigit, pane))) - 1]]
        assert head[0], name


def test_the_tidy_sheet_is_a_table_of_codes_and_their_names(book: Any, kept: Summary) -> None:
    sheet = book["Dữ liệu"]
    [table] = sheet.tables.values()
    head, *rows = [[cell.value for cell in row] for row in sheet[table.ref]]
    assert head == [*FIELDS, "item_label", "value_label", "domain_kind", "domain_label"]
    assert len(rows) == len(kept.records)
    named = [dict(zip(head, row, strict=True)) for row in rows]
    commune = next(row for row in named if row["domain"] == "06652" and row["item"] == "C5")
    assert (commune["domain_kind"], commune["domain_label"]) == ("unit", "Hà Tu")
    index = next(row for row in named if row["item"] == "index")
    assert (index["item_label"], index["value_label"]) == ("Chỉ số hài lòng chung", None)
    assert (index["domain_kind"], index["domain_label"]) == ("province", "Quảng Ninh")
    satisfied = next(row for row in named if row["value"] == "4,5")
    assert satisfied["value_label"] == "Hài lòng"


def test_every_question_is_listed_with_each_answer_it_could_get(make: Callable[..., Summary]) -> None:
    summary = make()
    shown = replace(summary.headlines[0].values[1].estimate, item="C5", value="2")
    gone = replace(shown, value="3", flags=("hidden",))
    told = (*(line.estimate for line in summary.items), shown, gone)
    book = book_of(replace(summary, records=told))
    rows = [[cell.value for cell in row] for row in book["Câu hỏi"].iter_rows()]
    [second, third] = [row for row in rows if row[0] == "C5"]
    assert second[3:8] == ["Có một số công chức", 0.08, 0.069, 0.093, 2843]
    assert third[3:8] == ["Có nhiều công chức", "ẩn", None, None, None]
    assert sum(row[3] == "Hài lòng" for row in rows) == len(summary.items)


def test_every_sheet_bears_the_marks(book: Any) -> None:
    for sheet in book:
        assert [sheet["A1"].value, sheet["A2"].value] == ["DỰ THẢO", "Dữ liệu mô phỏng"], sheet.title
        assert "Dữ liệu mô phỏng" in sheet.oddFooter.center.text, sheet.title


def test_the_method_and_the_digest_are_in_the_file(book: Any, summary: Summary) -> None:
    said = [row[0] for row in book["Cách làm"].iter_rows(values_only=True)]
    assert summary.data_version in said
    assert "Quyền số: phiên bản 1." in said


def test_of_an_open_wave_no_villages_and_no_strata_are_counted(book: Any, opened: Summary) -> None:
    of_samples = {"Thôn, tổ dân phố", "Tầng", "Không theo mẫu"}
    rows = [{row[0].value for row in one["Phiếu"].iter_rows()} for one in (book, book_of(opened))]
    assert of_samples <= rows[0]
    assert not of_samples & rows[1]


def test_text_that_looks_like_a_formula_stays_text(summary: Summary) -> None:
    for place, name in enumerate(("=1+1", "@SUM(A1)", "+84", "https://a.vn", "{=1}"), start=6):
        summary.units[place].unit.name = name
    sheet = book_of(summary)["Xã, phường"]
    found = {row[1].value: row[1] for row in sheet.iter_rows()}
    for name in ("=1+1", "@SUM(A1)", "+84", "https://a.vn", "{=1}"):
        assert found[name].data_type == "s"
        assert found[name].hyperlink is None

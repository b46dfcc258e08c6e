from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from survey.system.csv_table import Faults
from survey.system.xlsx_table import Sheet, is_xlsx, opened
from translations import Refusal, speaking


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


def workbook(folder: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("khác").append(["nothing", "of", "this"])
    book.save(folder / "khung.xlsx")
    return folder / "khung.xlsx"


def read(path: Path, known: tuple[str, ...] = ("a", "b"), required: tuple[str, ...] = ()) -> list[list[str]]:
    faults = Faults()
    rows = list(opened(path, known, required, faults))
    faults.refuse(path)
    return rows


def test_cells_come_as_the_text_that_a_person_sees(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [["b", "a"], [1.0, "Thôn 1"], [12.5, date(2026, 11, 24)], [True, datetime(2026, 1, 2)]]
    )
    assert read(path) == [["1", "Thôn 1"], ["12.5", "2026-11-24"], ["1", "2026-01-02"]]


def test_rows_keep_the_number_that_excel_shows(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["a", "b"], [1, 2], [None, None], [3]])
    sheet = Sheet(path, ("a", "b"), (), Faults())
    assert [(sheet.row, cells) for cells in sheet] == [(2, ["1", "2"]), (4, ["3", ""])]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "Row 1: The file is empty"),
        ([["a", "a"]], "Row 1, column a: Two columns have this name"),
        ([["a", "bb"]], "Row 1, column bb: There is no such column. Did you mean b?"),
        ([["b"]], "Row 1, column a: Add this column"),
        ([["a"], [1, None, 2]], "Row 2: A cell stands to the right"),
        ([["a", "b"], [1, 2], [1, "#REF!"]], "Row 3, column b: The formula of this cell has no value"),
        ([["a", "b"], ["#N/A"]], "Row 2, column a: The formula of this cell has no value"),
    ],
)
def test_a_sheet_that_is_wrong_is_told_by_row_and_column(tmp_path: Path, rows: list[list[Any]], told: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(workbook(tmp_path, rows), required=("a",))
    assert told in str(refused.value)


def test_titles_and_a_hidden_sheet_are_passed_over(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["LIST"], [None], ["STT", "b", "a"], [1, "x", "y"]])
    book = openpyxl.load_workbook(path)
    book.create_sheet("notes", 0).sheet_state = "hidden"
    book.save(path)
    sheet = opened(path, ("a", "b"), (), Faults())
    assert [(sheet.row, cells) for cells in sheet] == [(4, ["x", "y"])]
    assert [str(one) for one in sheet.understood] == [
        "Titles above the header, in row 3, were passed over.",
        "The column of running numbers was passed over.",
    ]


def test_merged_cells_and_formulas_without_a_value_are_told(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["TITLE"], ["a", "b"], [1, 2], [None, "=1+1"], [3, '=IF(1,"","")']])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].merge_cells("A1:B1")
    book.worksheets[0].merge_cells("A3:A4")
    book.save(path)
    with pytest.raises(Refusal) as refused:
        read(path)
    assert str(refused.value).splitlines()[1:] == [
        "Row 3: The cells A3:A4 are merged. Unmerge them and write the value in each.",
        "Row 4: Cell B4 is a formula without a value: open the file, save it, and send it again.",
        "Row 5: Cell B5 is a formula without a value: open the file, save it, and send it again.",
    ]


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["a"], ["x"]])
    assert read(path.rename(tmp_path / "khung.csv")) == [["x"]]
    (tmp_path / "khung.xlsx").write_text("a,b\ny,z\n")
    assert read(tmp_path / "khung.xlsx") == [["y", "z"]]
    assert not is_xlsx(tmp_path / "nothing")


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "khung.xlsx"
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(Refusal, match="khung.xlsx is no Excel file"):
        read(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("word/document.xml", "<a/>")
    with pytest.raises(Refusal, match="is no Excel file"):
        read(path)


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "khung.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/a.xml", "w") as part:
        for _megabyte in range(201):
            part.write(b" " * 1_000_000)
    with pytest.raises(Refusal, match="too large for a table"):
        read(path)


def test_a_sheet_that_names_no_size_is_read_no_further_than_it_is_asked_for(tmp_path: Path) -> None:
    path, whole = tmp_path / "khung.xlsx", workbook(tmp_path, [["a"], [1]]).rename(tmp_path / "whole.xlsx")
    row = '<row><c t="inlineStr"><is><t>{}</t></is></c></row>'
    sheet = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    sheet += row.format("a") + row.format("1") * 10_000 + "</damaged>"
    with zipfile.ZipFile(whole) as given, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        for name in given.namelist():
            packed.writestr(name, sheet if "/sheet" in name else given.read(name))
    table = opened(path, ("a",), (), Faults())
    assert table.columns == ["a"]
    assert next(iter(table)) == ["1"]

"""SPSS files, read back by another program's reader (ReadStat)."""

from __future__ import annotations

import io
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.data_files import spss
from survey.data_files.spss import Variable


def back(variables: list[Variable], columns: list[list[Any]], title: str = "") -> tuple[dict[str, Any], Any]:
    """What another reader finds in the file: {variable: values} and what is said of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.sav"
        with path.open("wb") as file:
            spss.write(file, variables, columns, title)
        data, about = pyreadstat.read_sav(path, output_format="dict", user_missing=True)
    return {name: [None if value != value else value for value in data[name]] for name in data}, about


def test_labels_and_missing_values_are_read_back() -> None:
    levels = {1: "Rất không hài lòng", 5: "Rất hài lòng", 98: "Không biết", 99: "Không muốn trả lời"}
    variable = Variable("thu_tuc", "Thủ tục dễ thực hiện", labels=levels, missing=(98, 99), measure=spss.ORDINAL)
    data, about = back([variable], [[1, 5, None, 98]], "Khảo sát mức độ hài lòng")
    assert data == {"thu_tuc": [1, 5, None, 98]}
    assert about.column_names_to_labels == {"thu_tuc": "Thủ tục dễ thực hiện"}
    assert about.variable_value_labels == {"thu_tuc": levels}
    assert about.missing_ranges == {"thu_tuc": [{"lo": 98, "hi": 98}, {"lo": 99, "hi": 99}]}
    assert about.variable_measure == {"thu_tuc": "ordinal"}
    assert (about.file_label, about.file_encoding, about.number_rows) == ("Khảo sát mức độ hài lòng", "UTF-8", 4)


def test_days_are_read_back() -> None:
    days = [date(2026, 2, 28), None, date(1900, 1, 1)]
    data, _about = back([Variable("ngay", "Ngày", "date")], [days])
    assert [day if day is None else date.fromisoformat(str(day)[:10]) for day in data["ngay"]] == days


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 251, 252, 253, 255, 256, 504, 505, 509, 511, 2000, 9000])
def test_a_text_of_any_length_is_read_back(length: int) -> None:
    texts = ["đ" * (length // 2) + "z" * (length % 2), None, "a b"]
    after = Variable("sau", "Sau")
    data, _about = back([Variable("loi", "Lời", "text"), after], [texts, [1, 2, 3]])
    assert data == {"loi": [texts[0], "", "a b"], "sau": [1, 2, 3]}


NUMBERS = st.none() | st.integers(-200, 300) | st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.none() | st.text("ạđ z", max_size=20)), max_size=40))
def test_whatever_stands_in_the_rows_is_read_back(rows: list[tuple[Any, ...]]) -> None:
    variables = [Variable("a", ""), Variable("b", ""), Variable("c", "", "text")]
    columns = [[row[place] for row in rows] for place in range(3)]
    data, _about = back(variables, columns)
    assert [data["a"], data["b"]] == columns[:2]
    # The format fills texts up with spaces, and knows no blank text.
    assert data["c"] == [(text or "").rstrip(" ") for text in columns[2]]


def test_rows_beyond_one_step_are_read_back() -> None:
    numbers = list(range(2 * spss.STEP + 3))
    data, _about = back([Variable("n", ""), Variable("m", "")], [numbers, numbers[::-1]])
    assert data == {"n": numbers, "m": numbers[::-1]}


def test_a_name_is_one_that_spss_takes_and_stands_once() -> None:
    assert spss.names(["C1", "2a", "by", "c1", "hài lòng", "x."]) == [
        "C1",
        "v_2a",
        "v_by",
        "c1_2",
        "hài_lòng",
        "x",
    ]


def test_the_same_rows_make_the_same_file() -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        spss.write(file, [Variable("a", "A")], [[1, 2]])
    assert files[0].getvalue() == files[1].getvalue()

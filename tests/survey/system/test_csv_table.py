import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.system.csv_table import Faults, Table, Writer, harmless, meant
from translations import Refusal, speaking


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


def read(path: Path, content: bytes, known: tuple[str, ...] = ("unit", "C5", "note")) -> list[list[str]]:
    """The sound rows; refused with all that is wrong."""
    path.write_bytes(content)
    faults = Faults()
    rows = list(Table(path, known, ["unit"], faults))
    faults.refuse(path)
    return rows


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"unit,C5\n06652,1\n", [["06652", "1"]]),
        (b"\xef\xbb\xbfunit,C5\r\n06652,1\r\n", [["06652", "1"]]),
        (b"C5,unit\r1,06652", [["1", "06652"]]),
        (b'unit,note\n06652,"a, ""b""\nc"\n', [["06652", 'a, "b"\nc']]),
        (b"unit,note\n06652,5' 3\"\n", [["06652", "5' 3\""]]),
        (b"unit\n", []),
        (b"unit,note\n06652,a\n\n\n", [["06652", "a"]]),
        (b"unit;note;\r\n06652;a,b;\r\n;;\r\n", [["06652", "a,b"]]),
        (b"unit\tnote\n06652\t1;2\n", [["06652", "1;2"]]),
        (b"LIST;;;\n;;;\nSTT;note;unit;\n1;a;06652;\n", [["a", "06652"]]),
        ("unit,note\n06652,Cao Xanh – à oà ñ\n".encode(), [["06652", "Cao Xanh – à oà ñ"]]),
        ("unit\tnote\r\n06652\tHoà; Đô\r\n".encode("utf-16"), [["06652", "Hoà; Đô"]]),
        ("\ufeffunit,note\n06652,Hoà\n".encode("utf-16-be"), [["06652", "Hoà"]]),
    ],
)
def test_csv_is_read_as_spreadsheets_write_it(tmp_path: Path, content: bytes, rows: list[list[str]]) -> None:
    assert read(tmp_path / "f.csv", content) == rows


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Row 1: The file is empty"),
        (b"unit,C5\n06652,1\n06652,1,2\n", "Row 3: The row has 3 cells, the header 2."),
        (b"unit,C5\n06652\n", "Row 2: The row has 1 cells, the header 2."),
        (b"unit,note,C5\n06652,a,1\n06652,\xe1,1\n", "Row 3, column note: Save the file in UTF-8"),
        (b"unit,n\xe1te\n06652,a\n", "Row 1: Save the file in UTF-8"),
        (b"\xff\xfeu\x00n\x00i\x00t", "f.csv, row 1: a byte is not UTF-8"),
        (b"\xfe\xff\x00u\x00n\x00i\xd8\x00", "f.csv, row 1: a byte is not UTF-8"),
        (b"PK\x03\x04\x14\x00\x06\x00", "is a workbook or is compressed"),
        (b"\x1f\x8b\x08\x00", "is a workbook or is compressed"),
        (b'unit,note\n06652,"a\nb"\n06652,\xe1\n', "Row 3, column note: Save the file in UTF-8"),
        (b"unit,note\n06652,a\0b\n", "Row 2, column note: Take out the NUL character."),
        (b'unit,note,C5\n06652,a,1\n06652,"a,1\n06652,b,2\n', "Row 3, column note: A quotation mark is left open"),
        (b'unit,note,C5\n06652,"a"b,1\n', "Row 2, column note: A quotation mark is left open"),
        (b"unit,note,unit\n06652,a,06652\n", "Row 1, column unit: Two columns have this name"),
        (b"unit,Note\n06652,a\n", "Row 1, column Note: There is no such column. Did you mean note?"),
        (b"unit,c5\n06652,1\n", "Row 1, column c5: There is no such column. Did you mean C5?"),
        (b"unit,,C5\n06652,,1\n", "Row 1, column : Give the column a name"),
        (b"unit,C5,\n06652,1,\n06652,1,x\n", "Row 3: A cell stands to the right"),
        (b"C5\n1\n", "Row 1, column unit: Add this column"),
        (b'unit;note\n06652;a\n06652;"a";b"c\n', "Row 3: The row has 3 cells"),
        (b'unit;note\n06652;"a"b\n', "Row 2, column note: A quotation mark is left open"),
        (
            "unit,note\n1,Hµ Tu\n1,ph­êng\n1,x· Hµ\n".encode(),
            "Row 4: the letters are those of the old encoding TCVN3",
        ),
        (
            "unit,note\n1,Haø Tu\n1,phöôøng\n1,Haø\n".encode(),
            "Row 4: the letters are those of the old encoding VNI",
        ),
        (
            "unit,note\n1,Hµ Tu\n1,Hµ\n1,Hµ\n".encode("latin-1"),
            "Row 4: the letters are those of the old encoding TCVN3",
        ),
    ],
)
def test_a_fault_is_told_with_its_row_and_column(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path / "f.csv", content)
    assert told in str(refused.value)
    assert str(tmp_path) not in str(refused.value)  # to a page a folder of the server is nobody's business


def test_an_open_quotation_mark_does_not_swallow_the_rest_of_a_large_file(tmp_path: Path) -> None:
    rows = b'06652,"a\n' + b"06652,b\n" * 200_000
    with pytest.raises(Refusal, match="Row 2, column note: A quotation mark is left open"):
        read(tmp_path / "f.csv", b"unit,note\n" + rows)


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="Row 2, column note: Shorten this row"):
        read(tmp_path / "f.csv", b"unit,note\n06652," + b"a" * 3_000_000)
    with pytest.raises(Refusal, match="Row 2, column note: Shorten this row"):
        read(tmp_path / "f.csv", b"unit,note\n06652," + b"a" * 200_000 + b"\n06652,b\n")
    with pytest.raises(Refusal, match="Row 1: Shorten this row"):
        read(tmp_path / "f.csv", b",".join(b"c%d" % number for number in range(200_000)) + b"\n")


def test_the_first_ten_faults_by_row_are_told_and_the_others_counted(tmp_path: Path) -> None:
    faults = Faults()
    for row in (*range(30, 5, -1), *range(31, 40)):
        faults.add(row, "C5", "wrong")
    with pytest.raises(Refusal) as refused:
        faults.refuse(tmp_path / "f.csv")
    lines = str(refused.value).splitlines()
    assert lines[1:11] == [f"Row {row}, column C5: wrong" for row in range(6, 16)]
    assert lines[11:] == ["and 24 more."]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="can't be read"):
        Table(tmp_path / "nothing.csv", ["unit"], ["unit"], Faults())


def test_a_header_of_a_million_names_is_refused_quickly(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="Take out the columns after 1000"):
        read(tmp_path / "f.csv", b"unit" + b",x" * 200_000 + b"\n")


def test_a_cell_that_a_spreadsheet_would_compute_is_written_as_text() -> None:
    for text in (
        "=1+1",
        "+84 A1",
        "-a",
        "- bẩn",
        "@x",
        "\tx",
        "\rx",
        "\n=1",
        " =1",
        "＝1+A1",
        "＠x",
        "'=1",
        "''-a",
    ):
        assert harmless(text) == f"'{text}"
    for cell in ("", "Hà Tu", "a=1", -1, None, "-1", "+84", "-1.234,5", "'Hà", "'-1"):
        assert harmless(cell) == cell


@given(text=st.text(st.sampled_from("'=+-@＝＋－＠ \t\r\n1.,aĐ\""), max_size=8))
def test_what_is_written_is_read_as_it_was_and_never_computed(text: str) -> None:
    assert meant(harmless(text)) == text
    assert not re.match(r"\s*[=+\-@＝＋－＠]", harmless(text)) or re.fullmatch(r"[+-][0-9.,]+", text)
    with NamedTemporaryFile(suffix=".csv") as kept:
        with Path(kept.name).open("w", encoding="utf-8", newline="") as file:
            Writer(file).records(["unit", "name"], [{"unit": "06652", "name": text}])
        table = Table(Path(kept.name), ["unit", "name"], [], Faults())
        assert list(table) == [["06652", text]]


def test_every_csv_file_and_workbook_is_written_so_that_nothing_is_computed() -> None:
    written = {str(path.relative_to("survey")): path.read_text("utf-8") for path in Path("survey").rglob("*.py")}
    apart = {name for name, source in written.items() if re.search(r"csv\.(writer|DictWriter)|to_csv", source)}
    assert apart == {"system/csv_table.py"}
    books, harmless_books = (
        sum(source.count(text) for source in written.values())
        for text in ("xlsxwriter.Workbook(", '"strings_to_formulas": False, "strings_to_urls": False')
    )
    assert books == harmless_books == 5

"""An Excel sheet read row by row, with the same faults by row and column as a CSV file."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.reader import excel
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from survey.system.csv_table import WIDEST, Faults, Rows, Table, is_sound
from translations import Lazy, Refusal, reason

# What openpyxl warns of (styles, lists to choose from) changes no value.
warnings.filterwarnings("ignore", module="openpyxl")
MOST_ROWS = 200_000
LARGEST = 200_000_000  # bytes of the file unpacked: what claims more is no table
# What a reader does grows with the tags and the bytes of the file unpacked. Real tables have up to 2 tags and 15
# bytes for each byte of the file as it is sent; a small file that has far more is made to be slow.
TAGS, BYTES = 4, 100
FREE_TAGS, FREE_BYTES = 100_000, 1_000_000
PIECE = 1 << 20
# What zipfile, openpyxl and the readers of XML under it raise over a file that is damaged, or made to mislead.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    InvalidFileException,
    SyntaxError,  # both readers of XML call theirs so
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,  # a part that is locked, packed in an unknown way or nested without end
)
MARKS = ("PK\x03\x04", "PK\x05\x06")


def is_xlsx(path: Path) -> bool:
    """Whether a file is a workbook, whatever it is called; one that can't be read is left to whoever reads it."""
    try:
        with path.open("rb") as file:
            return file.read(4).decode("latin-1") in MARKS
    except OSError:
        return False


def opened(path: Path, known: Sequence[str], required: Sequence[str], faults: Faults) -> Rows:
    """The rows of a file, whichever of the two kinds it is."""
    kind = Sheet if is_xlsx(path) else Table
    return kind(path, known, required, faults)


class Sheet(Rows):
    """The first sheet of a workbook; rows have the numbers that Excel shows.

    Arguments are those of `csv_table.Table`. Cells come as text: whole numbers without a point, days as
    YYYY-MM-DD, what a formula came to when the file was saved. Blank rows are passed over, but counted. The packed
    file and one row at a time are in memory. Bombs of XML are refused by defusedxml, others by size.
    """

    def __init__(self, path: Path, known: Sequence[str], required: Sequence[str], faults: Faults) -> None:
        super().__init__(faults)
        self._rows = _rows(path)
        header = next(self._rows, None)
        self.row = 1
        names = [_text(value).strip() for value in header or ()]
        while names and not names[-1]:
            names.pop()
        if not names:
            self.fault(None, "Begin the file with a header: the names of the columns.")
        elif is_sound(faults, 1, names, known, required):
            self.columns = names

    def __iter__(self) -> Iterator[list[str]]:
        """The cells of each row after the header that isn't blank; `row` is its number."""
        if not self.columns:
            return
        for values in self._rows:
            self.row += 1
            if self.row > MOST_ROWS:
                self.fault(None, "Take out the rows after %(most)s.", most=MOST_ROWS)
                return
            if _are_blank(values):
                continue
            if wrong := self._wrong(values):
                self.fault(*wrong)
                continue
            cells = [_text(value) for value in values[: len(self.columns)]]
            yield cells + [""] * (len(self.columns) - len(cells))

    def _wrong(self, values: tuple[Any, ...]) -> tuple[str | None, Lazy] | None:
        if not _are_blank(values[len(self.columns) :]):
            return None, Lazy("A cell stands to the right of the last column of the header. Take it out.")
        for column, value in zip(self.columns, values, strict=False):
            if isinstance(value, str) and value.startswith("#") and value.rstrip("!?").isupper():
                return column, Lazy("The formula of this cell has no value. Write the value itself.")
        return None


class _Unmeasured(ReadOnlyWorksheet):  # type: ignore[misc]
    """A sheet whose size nobody looks for: where it is not written, all rows of every sheet are read for it."""

    def _get_size(self) -> None:
        pass  # what is written there is wrong in the files of some programs, besides


excel.ReadOnlyWorksheet = _Unmeasured


def _rows(path: Path) -> Iterator[tuple[Any, ...]]:
    try:
        with zipfile.ZipFile(path) as packed:
            _refuse_bombs(packed, path)
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
        with closing(book):
            if book.worksheets:
                yield from book.worksheets[0].iter_rows(
                    values_only=True, max_row=MOST_ROWS + 1, max_col=WIDEST + 1
                )
    except OSError as error:
        raise Refusal(
            "%(file)s can't be read (%(reason)s). Name another file.", file=path, reason=reason(error)
        ) from error
    except DAMAGE as error:
        raise Refusal("%(file)s is no Excel file. Save it as .xlsx or as CSV UTF-8.", file=path.name) from error


def _refuse_bombs(packed: zipfile.ZipFile, path: Path) -> None:
    """Counts what a reader would have to do, which takes a hundredth of the time of doing it."""
    sent = path.stat().st_size
    unpacked = sum(part.file_size for part in packed.infolist())
    tags = FREE_TAGS + TAGS * sent
    if unpacked <= min(LARGEST, FREE_BYTES + BYTES * sent):
        for part in packed.infolist():
            with packed.open(part) as stream:
                while tags >= 0 and (piece := stream.read(PIECE)):
                    tags -= piece.count(b"<")
        if tags >= 0:
            return
    raise Refusal("%(file)s is too large for a table. Divide it.", file=path.name)


def _are_blank(values: tuple[Any, ...]) -> bool:
    """Whether nothing stands there, in a row that may be a thousand cells wide."""
    nothing = values.count(None)
    return nothing == len(values) or nothing + values.count("") == len(values)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)

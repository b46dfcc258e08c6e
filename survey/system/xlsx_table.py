"""An Excel sheet read row by row, with the same faults by row and column as a CSV file."""

from __future__ import annotations

import math
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from survey.system import workbook
from survey.system.csv_table import Faults, Rows, Table
from survey.system.header import WIDEST, Heads
from translations import N_, Lazy, Refusal, reason

MOST_ROWS = 200_000
LARGEST = 200_000_000  # bytes of the file unpacked: what claims more is no table
# What a reader does grows with the tags and the bytes of the file unpacked. Real tables have up to 2 tags and 15
# bytes for each byte of the file as it is sent; a small file that has far more is made to be slow.
TAGS, BYTES = 4, 100
FREE_TAGS, FREE_BYTES = 100_000, 1_000_000
PIECE = 1 << 20
LONGEST_TAG = 1 << 12  # bytes of a cell that is looked for
# Where something is shown that a reader finds blank: a formula that nothing has computed yet (one that came to an
# empty text has t="str"), and cells that are merged.
UNREADABLE = re.compile(
    rb'<c (?![^>]*t="str")[^>]*\br="(?P<formula>[A-Z]{1,3}[0-9]{1,7})"[^>]*><f(?:[^>]*/>|[^>]*>[^<]*</f>)'
    rb'(?:<v ?/>|<v></v>)?</c>|<mergeCell [^>]*\bref="(?P<merged>[A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"'
)
# What zipfile, openpyxl and the readers of XML under it raise over a file that is damaged, or made to mislead.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
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


def opened(path: Path, heads: Heads | Sequence[str], required: Sequence[str], faults: Faults) -> Rows:
    """The rows of a file that came in, whichever of the two kinds it is: every such file is read by this."""
    kind = Sheet if is_xlsx(path) else Table
    return kind(path, heads, required, faults)


class Sheet(Rows):
    """The first sheet of a workbook that isn't hidden; rows have the numbers that Excel shows.

    Arguments are those of `csv_table.Table`. Cells come as text: whole numbers without a point, days as
    YYYY-MM-DD, what a formula came to when the file was saved. A formula that came to nothing yet, and cells that
    are merged below the titles, become faults. Blank rows are passed over, but counted. The packed file and one
    row at a time are in memory. Bombs of XML are refused by defusedxml, others by size.
    """

    def __init__(self, path: Path, heads: Heads | Sequence[str], required: Sequence[str], faults: Faults) -> None:
        super().__init__(faults)
        self._path = path
        self._part = ""  # of the packed file: the sheet
        if self._begin(heads if isinstance(heads, Heads) else Heads(heads), required):
            with _readable(path):
                self._check(path)

    def _raw(self) -> Iterator[tuple[Any, ...]]:
        for values in self._values():
            self.row += 1
            if self.row > MOST_ROWS:
                self.fault(None, "Take out the rows after %(most)s.", most=MOST_ROWS)
                return
            if not _are_blank(values):
                yield values

    def _values(self) -> Iterator[tuple[Any, ...]]:
        path = self._path
        with _readable(path):
            with zipfile.ZipFile(path) as packed:
                refuse_bombs(packed, path.stat().st_size, path.name)
            with closing(workbook.loaded(path.read_bytes(), computed=True)) as book:
                for sheet in [one for one in book.worksheets if one.sheet_state == "visible"][:1]:
                    self._part = sheet._worksheet_path
                    yield from sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 1, max_col=WIDEST + 1)

    def _texts(self, raw: tuple[Any, ...]) -> list[str]:
        names = [_text(value).strip() for value in raw]
        while names and not names[-1]:
            names.pop()
        return names

    def _fitted(self, raw: tuple[Any, ...]) -> list[str] | None:
        if not _are_blank(raw[self._width :]):
            self.fault(None, "A cell stands to the right of the last column of the header. Take it out.")
            return None
        for column, value in zip(self._header, raw, strict=False):
            if isinstance(value, str) and value.startswith("#") and value.rstrip("!?").isupper():
                self.fault(column, "The formula of this cell has no value. Write the value itself.")
                return None
        cells = [_text(value) for value in raw[: self._width]]
        return cells + [""] * (self._width - len(cells))

    def _check(self, path: Path) -> None:
        """Notes formulas without a value, and merged cells from the header on: a reader sees blank cells there."""
        header = self.row
        for kind, ref in _unreadable(path, self._part):
            row = int(ref.partition(":")[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
            if row > header and kind == "formula":
                message = N_(
                    "Cell %(cell)s is a formula without a value: open the file, save it, and send it again."
                )
                self.faults.add(row, None, Lazy(message, cell=ref))
            elif kind == "merged" and int(re.split("[A-Z]+", ref)[-1]) >= header:
                message = N_("The cells %(cell)s are merged. Unmerge them and write the value in each.")
                self.faults.add(row, None, Lazy(message, cell=ref))


def _unreadable(path: Path, part: str) -> Iterator[tuple[str, str]]:
    """Formulas without a value and merged cells of a sheet, in the order of the file."""
    with zipfile.ZipFile(path) as packed, packed.open(part) as stream:
        tail = b""
        while True:
            piece = stream.read(PIECE)
            text = tail + piece
            row = text.rfind(b"</row>")
            end = len(text) if not piece else row if row > 0 else max(0, len(text) - LONGEST_TAG)
            for found in UNREADABLE.finditer(text, 0, end):
                kind = found.lastgroup or ""
                yield kind, found[kind].decode()
            if not piece:
                return
            tail = text[end:]


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Says of a file that is damaged, or none, what to do."""
    try:
        yield
    except OSError as error:
        raise Refusal(
            "%(file)s can't be read (%(reason)s). Name another file.", file=path.name, reason=reason(error)
        ) from error
    except DAMAGE as error:
        raise Refusal("%(file)s is no Excel file. Save it as .xlsx or as CSV UTF-8.", file=path.name) from error


def refuse_bombs(packed: zipfile.ZipFile, sent: int, name: str) -> None:
    """Counts what a reader of a file of `sent` bytes would have to do, in a hundredth of the time of doing it."""
    unpacked = sum(part.file_size for part in packed.infolist())
    tags = FREE_TAGS + TAGS * sent
    if unpacked <= min(LARGEST, FREE_BYTES + BYTES * sent):
        for part in packed.infolist():
            with packed.open(part) as stream:
                while tags >= 0 and (piece := stream.read(PIECE)):
                    tags -= piece.count(b"<")
        if tags >= 0:
            return
    raise Refusal("%(file)s is too large for a table. Divide it.", file=name)


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

"""A CSV file read record by record, and what is wrong with it, told by row and column."""

from __future__ import annotations

import csv
import difflib
import re
from bisect import insort
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from translations import Lazy, Refusal, gettext, reason
from translations.unicode import nfc

TOLD = 10
NONE = "–"
LIKE = 0.6  # from where a name is told as the one that was meant
WIDEST = 1000  # columns; no questionnaire has so many items
# A row of the household form has some hundred characters, and four texts of at most 5,000.
LONGEST_ROW = 1_000_000
# A cell as CSV has it: quoted, plain or empty.
CELL = re.compile(r'"[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*|(?=,)')
# What stands for a byte that is not UTF-8, and the character that no database takes.
ODD = re.compile("[\udc80-\udcff\0]")
# What a spreadsheet takes for the beginning of a formula, after spaces too, with apostrophes of ours in front; and
# the numbers among it, which come to themselves.
COMPUTED = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r])")
NUMBER = re.compile(r"'*[+-]?[0-9][0-9.,]*")


class Faults:
    """What is wrong with a file: the first ten by row are kept, all are counted."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[int, int, str | None, Any]] = []

    def add(self, row: int, column: str | None, message: Lazy | str) -> None:
        """Notes a fault; `column` is None if the whole row is meant."""
        self.count += 1
        if len(self._first) == TOLD and row >= self._first[-1][0]:
            return
        insort(self._first, (row, self.count, column, message))
        del self._first[TOLD:]

    @property
    def is_telling(self) -> bool:
        """Whether the next fault will be told: only then is it worth a costly hint."""
        return self.count < TOLD

    def refuse(self, path: Path) -> None:
        """Raises one refusal with all that is told, if there is any fault."""
        if not self.count:
            return
        lines = [_line(row, column, message) for row, _number, column, message in self._first]
        if self.count > TOLD:
            lines.append(gettext("and %(more)s more.", more=self.count - TOLD))
        raise Refusal(
            "Nothing was stored. Correct %(file)s and import it again:\n%(faults)s",
            file=path.name,
            faults="\n".join(lines),
        )


def _line(row: int, column: str | None, message: Lazy | str) -> str:
    if column is None:
        return gettext("Row %(row)s: %(message)s", row=row, message=message)
    return gettext("Row %(row)s, column %(column)s: %(message)s", row=row, column=column[:60], message=message)


class Rows:
    """The rows of a file after its header, which is row 1.

    columns  those that are there; empty if the header is at fault, and then there are no rows
    row      the number of the row that was read last
    """

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.row = 0
        self.columns: list[str] = []

    def __iter__(self) -> Iterator[list[str]]:
        raise NotImplementedError

    def records(self) -> Iterator[dict[str, str]]:
        """The cells of each row by their columns, without blanks around, in NFC."""
        for cells in self:
            yield {column: nfc(cell.strip()) for column, cell in zip(self.columns, cells, strict=True)}

    def fault(self, column: str | None, message: Lazy | str, **values: Any) -> None:
        """Notes what is wrong in the row that was read last."""
        self.faults.add(self.row, column, Lazy(message, **values) if isinstance(message, str) else message)

    def fault_of_cells(
        self, values: Mapping[str, str], required: Iterable[str], longest: Mapping[str, int]
    ) -> None:
        """Notes the cells of the row read last that are blank but needed, or longer than a line may be."""
        for column in required:
            if not values[column]:
                self.fault(column, "Fill in this cell: it is needed.")
        for column, most in longest.items():
            text = values.get(column, "")
            if len(text) > most or text and not text.isprintable():
                self.fault(column, "Write at most %(most)s characters on one line.", most=most)


class Table(Rows):
    """A file in UTF-8; rows are CSV records.

    known     the columns that may be there, in any order
    required  those of them that must

    A byte that is not UTF-8, a NUL, a quotation mark that is open or out of place, and a row with too many or too
    few cells become faults. An apostrophe before what looks like a formula is taken off (`harmless`). Blank lines
    are passed over, but counted. One row at a time is in memory.
    """

    def __init__(self, path: Path, known: Sequence[str], required: Sequence[str], faults: Faults) -> None:
        super().__init__(faults)
        self._record: list[str] = []  # the lines of the row being read
        self._odd = False
        self._source = self._lines(path)
        self._records = csv.reader(self._source, strict=True)
        header = next(self._cells(), None)
        if header is None and not faults.count:
            faults.add(1, None, Lazy("Begin the file with a header: the names of the columns."))
        if header is not None and is_sound(faults, self.row, header, known, required):
            self.columns = header
        else:
            self._source.close()

    def __iter__(self) -> Iterator[list[str]]:
        """The cells of each sound row after the header; `row` is its number."""
        if not self.columns:
            return
        for cells in self._cells():
            if len(cells) == len(self.columns):
                yield list(map(meant, cells)) if any("'" in line for line in self._record) else cells
            else:
                self.fault(
                    None,
                    "The row has %(cells)s cells, the header %(columns)s. Put a cell that contains a comma "
                    "between quotation marks.",
                    cells=len(cells),
                    columns=len(self.columns),
                )

    def _cells(self) -> Iterator[list[str]]:
        while True:
            self._record.clear()
            self._odd = False
            try:
                cells = next(self._records, None)
            except csv.Error:
                self._break_off()
                return
            if cells is None:
                return
            self.row += 1
            if cells and not (self._odd and self._report(cells)):
                yield cells

    def _break_off(self) -> None:
        """Says why the row can't be read; nothing after it is."""
        self._source.close()
        self.row += 1
        place, sound = self._last_cell()
        if sound:
            self.fault(self._name(place), "Shorten this row: it is too long to be read.")
        else:
            self.fault(
                self._name(place),
                "A quotation mark is left open or stands inside a cell. Close it, or double it inside.",
            )

    def _lines(self, path: Path) -> Generator[str]:
        try:
            file = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
        except OSError as error:
            raise Refusal(
                "%(file)s can't be read (%(reason)s). Name another file.", file=path, reason=reason(error)
            ) from error
        with file:
            length = 0
            while line := file.readline(LONGEST_ROW):
                if not (self.row or self._record):
                    _refuse_other_kinds(path, line)
                if not line.isascii() or "\0" in line:
                    self._odd = self._odd or ODD.search(line) is not None
                length = len(line) + (length if self._record else 0)
                self._record.append(line)
                if length >= LONGEST_ROW:
                    raise csv.Error
                yield line

    def _last_cell(self) -> tuple[int, bool]:
        """The place of the first cell of the row that is not written as CSV, or of the last, all being sound."""
        text, start, place = "".join(self._record).rstrip("\r\n"), 0, 0
        while (cell := CELL.match(text, start)) and text[cell.end() : cell.end() + 1] == ",":
            start, place = cell.end() + 1, place + 1
        return place, start == len(text) or (cell is not None and cell.end() == len(text))

    def _name(self, place: int) -> str | None:
        return self.columns[place] if place < len(self.columns) else None

    def _report(self, cells: list[str]) -> bool:
        odd = [(self._name(place), cell) for place, cell in enumerate(cells) if ODD.search(cell)]
        for column, cell in odd:
            if "\0" in cell:
                self.fault(column, "Take out the NUL character.")
            else:
                self.fault(column, "Save the file in UTF-8 (Excel: “CSV UTF-8”): this cell is written otherwise.")
        return bool(odd)


def _refuse_other_kinds(path: Path, start: str) -> None:
    """What is no CSV in UTF-8 from its first letter on is told once, not row by row."""
    if start.startswith(("PK\3\4", "\x1f\udc8b")):
        raise Refusal("%(file)s is a workbook or is compressed. Save it as a CSV file in UTF-8.", file=path)
    if start.startswith(("\udcff\udcfe", "\udcfe\udcff")):  # UTF-16, Excel's “Unicode text”
        raise Refusal("%(file)s, row %(row)s: a byte is not UTF-8. Save the file as UTF-8.", file=path, row=1)


def is_sound(faults: Faults, row: int, header: list[str], known: Sequence[str], required: Sequence[str]) -> bool:
    """Whether a header has the columns it must have, each once, and no other; what is wrong becomes a fault."""
    before = faults.count
    if len(header) == 1 and re.search("[;\t]", header[0]):
        faults.add(row, None, Lazy("Separate the columns by commas: save the file as “CSV UTF-8”."))
        return False
    if len(header) > WIDEST:
        faults.add(row, None, Lazy("Take out the columns after %(most)s.", most=WIDEST))
        return False
    for place, column in enumerate(header):
        if column not in known and not faults.is_telling:
            faults.add(row, column, "")
        elif column not in known:
            faults.add(row, column, _unknown(column[:60], known))
        elif header.index(column) < place:
            faults.add(row, column, Lazy("Take out one of the two columns of this name."))
    for column in required:
        if column not in header:
            faults.add(row, column, Lazy("Add this column: it is needed."))
    return faults.count == before


def _unknown(column: str, known: Sequence[str]) -> Lazy:
    if not column.strip():
        return Lazy("Give the column a name, or take it out.")
    near = nearest(column, known, least=LIKE)
    if near == NONE:
        return Lazy("There is no such column. Take it out, or give it its proper name.")
    return Lazy("There is no such column. Did you mean %(near)s?", near=near)


def nearest(text: str, names: Sequence[str], least: float = 0) -> str:
    """The name that is most like the text, whatever the size of its letters; a dash where none is."""
    by_folded_name = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(text.casefold(), by_folded_name, 1, cutoff=least)
    return by_folded_name[near[0]] if near else NONE


def harmless(cell: Any) -> Any:
    """A cell as it is written: a text that a spreadsheet would compute has an apostrophe in front, by which one
    marks a text there. So has a text that had one there already: `meant` gives each back as it was."""
    return f"'{cell}" if isinstance(cell, str) and _computed(cell) else cell


def meant(cell: str) -> str:
    """What was written as this cell: the inverse of `harmless`."""
    return cell[1:] if cell[:1] == "'" and _computed(cell) else cell


def _computed(cell: str) -> bool:
    return COMPUTED.match(cell) is not None and NUMBER.fullmatch(cell) is None


class Writer:
    """A CSV file being written, as every one of ours is: no cell of it is computed by a spreadsheet."""

    def __init__(self, file: TextIO, lineterminator: str = "\r\n") -> None:
        self._rows = csv.writer(file, lineterminator=lineterminator)

    def writerow(self, cells: Iterable[Any]) -> None:
        """One row."""
        self._rows.writerow(map(harmless, cells))

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        """Row after row."""
        self._rows.writerows(map(harmless, cells) for cells in rows)

    def records(self, fields: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
        """A header, and a row for each record."""
        self._rows.writerow(fields)
        self.writerows([record[name] for name in fields] for record in records)

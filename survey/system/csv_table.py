"""A CSV file read record by record, and what is wrong with it, told by row and column."""

from __future__ import annotations

import csv
import difflib
import re
from bisect import insort
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from survey.system.header import LAST, WIDEST, Heads, old_font
from translations import N_, Lazy, Refusal, gettext, reason
from translations.unicode import fold, nfc

TOLD = 10
NONE = "–"
MOST_LOOKED_FOR = 100  # texts of a file for which the nearest name is sought
LIKE = 0.6  # from where a name is told as the one that was meant
# A row of the household form has some hundred characters, and four texts of at most 5,000.
LONGEST_ROW = 1_000_000
# A cell as CSV has it: quoted, plain or empty.
CELL = r'"[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*|(?=,)'
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how a file in it begins
# What stands for a byte that is not UTF-8, and the character that no database takes.
ODD = re.compile("[\udc80-\udcff\0]")
BYTE = re.compile("[\udc80-\udcff]")
OLD_CELLS = 3  # in the letters of an old font, from which a file is taken to be
# How a row of sums begins, its sum or what was counted in the same cell or not ("Tổng số phiếu: 50").
TOTALS = re.compile(r"tong (?:cong|so)(?:(?: [a-z]+){1,3} ?:)?[ :.,0-9]*")
SHORT_TOTALS = re.compile(r"(?:cộng|tổng)[ .]*(?::[ :.,0-9]*)?")  # to the letter: Cống may be a village
SIGNED = ("nguoi lap", "nguoi ky", "ky ten")  # how a line below the table begins
MOST_TOTALS = 6  # that are told by their numbers
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
    """The rows of a file after its header. Titles may stand above it (it is among the first `LAST` rows);
    a column that only counts the rows is passed over. What a kind of file has of its own: `_raw`, `_texts`,
    `_fitted`.

    columns     those that are there; empty if the header is at fault, and then there are no rows
    row         the number of the row that was read last, as a spreadsheet shows it
    understood  what was seen to that people should know of
    made_ids    whether a row got an id that the file doesn't say
    """

    made_ids = False

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.row = 0
        self.columns: list[str] = []
        self.understood: list[Lazy] = []
        self._width = 0  # of the header, its blank ends among it
        self._heads: dict[str, str] = {}  # what the file calls our columns
        self._header: list[str] = []  # the name of every column, of those that are passed over too
        self._places: list[int] | None = None  # of the columns in a row, where some are passed over
        self._early: list[tuple[int, Any]] = []  # rows that were read while the header was looked for
        self._old_font = 0

    def _raw(self) -> Iterator[Any]:
        """The rows as they come, none that is blank; `row` is the number of each."""
        raise NotImplementedError

    def _texts(self, raw: Any) -> list[str]:
        """The heads of a row, if it is the header."""
        raise NotImplementedError

    def _fitted(self, raw: Any) -> list[str] | None:
        """The cells of a row, as many as the header has; None of one that is blank or at fault."""
        raise NotImplementedError

    def _begin(self, heads: Heads, required: Sequence[str]) -> bool:
        """Finds the header and takes the columns from it; whether it is sound."""
        self._rest = self._raw()
        rows: list[list[str]] = []
        for raw in self._rest:
            self._early.append((self.row, raw))
            rows.append(self._texts(raw))
            if heads.is_header(rows[-1]) or self.row >= LAST:
                break
        if not rows:
            if not self.faults.count:
                self.faults.add(1, None, Lazy("The file is empty."))
            return False
        place = heads.header(rows)
        self.row, _raw = self._early[place]
        self._early = self._early[place + 1 :]
        self._watch(rows[place])
        columns, self._width = heads.columns(rows[place]), len(rows[place])
        while columns and not (columns[-1] or "").strip():
            columns.pop()
        self._header = [column or head for column, head in zip(columns, rows[place], strict=False)]
        self._heads = {column: head for column, head in zip(columns, rows[place], strict=False) if column}
        own = [column for column in columns if column is not None]
        if not is_sound(self.faults, self.row, own, heads.known, required):
            for row in rows[place + 1 :]:
                self._watch(row)
            return False
        self.columns = own
        if len(own) < self._width:
            self._places = [at for at, column in enumerate(columns) if column is not None]
        if place:
            self.understood.append(
                Lazy("Titles above the header, in row %(row)s, were passed over.", row=self.row)
            )
        if len(own) < len(columns):
            self.understood.append(Lazy("The column of running numbers was passed over."))
        return True

    def __iter__(self) -> Iterator[list[str]]:
        """The cells of each sound row after the header that isn't blank; `row` is its number."""
        if not self.columns:
            return
        totals: list[int] = []
        for raw in self._after():
            if (cells := self._fitted(raw)) is not None:
                self._watch(cells)
                if _is_total(next(filter(None, cells), "")):
                    totals.append(self.row)
                    continue
                if _is_signature(cells):
                    self.understood.append(Lazy("Row %(row)s, who made the file, was passed over.", row=self.row))
                    continue
                yield cells if self._places is None else [cells[place] for place in self._places]
        if len(totals) == 1:
            self.understood.append(Lazy("Row %(row)s, a total, was passed over.", row=totals[0]))
        elif totals:
            from translations.formats import first_few  # noqa: PLC0415 (brings Babel, which estimates do without)

            rows = first_few([str(row) for row in totals], MOST_TOTALS)
            message = N_("Rows passed over as totals (%(count)s): %(rows)s.")
            self.understood.append(Lazy(message, count=len(totals), rows=rows))

    def _after(self) -> Iterator[Any]:
        last = self.row
        for row, raw in self._early:
            self.row = row
            yield raw
        self.row = self._early[-1][0] if self._early else last
        yield from self._rest

    def _watch(self, cells: Sequence[str]) -> None:
        """Refuses a file in the letters of old fonts, once several cells are."""
        for name in old_font(cells):
            self._old_font += 1
            if self._old_font == OLD_CELLS:
                raise Refusal(
                    "Row %(row)s: the letters are those of the old encoding %(font)s, not Unicode. Convert the "
                    "file (UniKey: Công cụ, Chuyển mã), save it and choose it again.",
                    row=self.row,
                    font=name,
                )

    def records(self) -> Iterator[dict[str, str]]:
        """The cells of each row by their columns, without blanks around, in NFC."""
        for cells in self:
            yield {column: nfc(cell.strip()) for column, cell in zip(self.columns, cells, strict=True)}

    def called(self, column: str) -> str:
        """What the file calls one of our columns; our own name where it has none."""
        return self._heads.get(column, column)

    def fault(self, column: str | None, message: Lazy | str, **values: Any) -> None:
        """Notes what is wrong in the row that was read last."""
        self.faults.add(
            self.row,
            column and self.called(column),
            Lazy(message, **values) if isinstance(message, str) else message,
        )

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
    """A file in UTF-8 or UTF-16; rows are CSV records with commas, semicolons (Excel in Vietnam) or tabs.

    heads     the columns that may be there, in any order, and what else they are called
    required  those of them that must

    A byte that is not UTF-8, a NUL, a quotation mark that is open or out of place, and a row with too many or too
    few cells become faults. An apostrophe before what looks like a formula is taken off (`harmless`). Blank lines
    are passed over, but counted. One row at a time is in memory.
    """

    def __init__(self, path: Path, heads: Heads | Sequence[str], required: Sequence[str], faults: Faults) -> None:
        super().__init__(faults)
        self._record: list[str] = []  # the lines of the row being read
        self._odd = False
        self._is_other = False  # whether it was told that the file is not UTF-8
        self.mark = _mark(path)
        self._source = self._lines(path)
        if not self._begin(heads if isinstance(heads, Heads) else Heads(heads), required):
            self._source.close()
        elif self.mark != ",":
            self.understood.append(Lazy("Columns are apart by semicolons or tabs."))

    def _texts(self, raw: list[str]) -> list[str]:
        return raw

    def _fitted(self, raw: list[str]) -> list[str] | None:
        if not any(raw):
            return None
        if len(raw) != self._width:
            self.fault(
                None,
                "The row has %(cells)s cells, the header %(columns)s. Put a cell that contains a comma "
                "between quotation marks.",
                cells=len(raw),
                columns=self._width,
            )
            return None
        if any(raw[len(self._header) :]):
            self.fault(None, "A cell stands to the right of the last column of the header. Take it out.")
            return None
        return list(map(meant, raw)) if any(cell[:1] == "'" for cell in raw) else raw

    def _raw(self) -> Iterator[list[str]]:
        records = csv.reader(self._source, strict=True, delimiter=self.mark)
        while True:
            self._record.clear()
            self._odd = False
            try:
                cells = next(records, None)
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
            file = _opened(path)
        except OSError as error:
            raise Refusal(
                "%(file)s can't be read (%(reason)s). Name another file.", file=path.name, reason=reason(error)
            ) from error
        with file:
            length = 0
            while line := self._line(file, path):
                if not (self.row or self._record):
                    _refuse_other_kinds(path, line)
                if not line.isascii() or "\0" in line:
                    self._odd = self._odd or ODD.search(line) is not None
                length = len(line) + (length if self._record else 0)
                self._record.append(line)
                if length >= LONGEST_ROW:
                    raise csv.Error
                yield line

    def _line(self, file: TextIO, path: Path) -> str:
        try:
            return file.readline(LONGEST_ROW)
        except UnicodeError:  # of UTF-16; in UTF-8 the cell is told
            message = "%(file)s, row %(row)s: a byte is not UTF-8. Save the file as UTF-8."
            raise Refusal(message, file=path.name, row=self.row + 1) from None

    def _last_cell(self) -> tuple[int, bool]:
        """The place of the first cell of the row that is not written as CSV, or of the last, all being sound."""
        text, start, place = "".join(self._record).rstrip("\r\n"), 0, 0
        pattern = re.compile(CELL.replace(",", self.mark))
        while (cell := pattern.match(text, start)) and text[cell.end() : cell.end() + 1] == self.mark:
            start, place = cell.end() + 1, place + 1
        return place, start == len(text) or (cell is not None and cell.end() == len(text))

    def _name(self, place: int) -> str | None:
        return self._header[place] if place < len(self._header) else None

    def _report(self, cells: list[str]) -> bool:
        odd = [(self._name(place), cell) for place, cell in enumerate(cells) if ODD.search(cell)]
        for column, cell in odd:
            if "\0" in cell:
                self.fault(column, "Take out the NUL character.")
            else:
                self._watch([BYTE.sub(lambda byte: chr(ord(byte[0]) - 0xDC00), cell)])
                if self._is_other:
                    continue  # it is the whole file: told once
                self._is_other = True
                self.fault(column, "Save the file in UTF-8 (Excel: “CSV UTF-8”): this cell is written otherwise.")
        return bool(odd)


def _opened(path: Path) -> TextIO:
    """The text of a file: in UTF-16 if it begins so (Excel's “Unicode text”), else in UTF-8, where a byte that
    is not stays to be told."""
    with path.open("rb") as file:
        if file.read(2) in UTF_16:
            return path.open(encoding="utf-16", newline="")
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _mark(path: Path) -> str:
    """What separates the cells of a file: told by the first line that has any, for titles have none."""
    with suppress(OSError, UnicodeError), _opened(path) as file:
        for line in file.read(1 << 16).splitlines()[:LAST]:
            mark = max(",;\t", key=line.count)
            if mark in line:
                return mark
    return ","


def _refuse_other_kinds(path: Path, start: str) -> None:
    """What is no CSV in UTF-8 from its first letter on is told once, not row by row."""
    if start.startswith(("PK\3\4", "\x1f\udc8b")):
        raise Refusal("%(file)s is a workbook or is compressed. Save it as a CSV file in UTF-8.", file=path.name)


def is_sound(faults: Faults, row: int, header: list[str], known: Sequence[str], required: Sequence[str]) -> bool:
    """Whether a header has the columns it must have, each once, and no other; what is wrong becomes a fault."""
    before = faults.count
    if len(header) > WIDEST:
        faults.add(row, None, Lazy("Take out the columns after %(most)s.", most=WIDEST))
        return False
    near = Nearest(known)
    for place, column in enumerate(header):
        if column not in known:
            faults.add(row, column, _unknown(column[:60], near))
        elif header.index(column) < place:
            faults.add(row, column, Lazy("Two columns have this name. Give each a name of its own."))
    for column in required:
        if column not in header:
            faults.add(row, column, Lazy("Add this column: it is needed."))
    return faults.count == before


def _unknown(column: str, known: Nearest) -> Lazy:
    if not column.strip():
        return Lazy("Give the column a name, or take it out.")
    if (near := known.to(column)) is None:
        return Lazy("There is no such column. Take it out, or give it its proper name.")
    return Lazy("There is no such column. Did you mean %(near)s?", near=near)


def nearest(text: str, names: Sequence[str], least: float = 0) -> str:
    """The name that is most like the text, whatever the size of its letters; a dash where none is."""
    by_folded_name = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(text.casefold(), by_folded_name, 1, cutoff=least)
    return by_folded_name[near[0]] if near else NONE


class Nearest:
    """The name that each text of a file may have meant. A text is looked for once, and only the first hundred:
    among a thousand names each takes 20 ms."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._found: dict[str, str] = {}

    def to(self, text: str) -> str | None:
        """The name that is most like the text; None where none is, or it is not looked for any more."""
        if text not in self._found and len(self._found) < MOST_LOOKED_FOR:
            self._found[text] = nearest(text, list(self._names), least=LIKE)
        near = self._found.get(text, NONE)
        return None if near == NONE else near


def harmless(cell: Any) -> Any:
    """A cell as it is written: a text that a spreadsheet would compute has an apostrophe in front, by which one
    marks a text there. So has a text that had one there already: `meant` gives each back as it was."""
    return f"'{cell}" if isinstance(cell, str) and _computed(cell) else cell


def meant(cell: str) -> str:
    """What was written as this cell: the inverse of `harmless`."""
    return cell[1:] if cell[:1] == "'" and _computed(cell) else cell


def _is_total(cell: str) -> bool:
    return bool(TOTALS.fullmatch(fold(cell)) or SHORT_TOTALS.fullmatch(nfc(cell).strip().casefold()))


def _is_signature(cells: Sequence[str]) -> bool:
    """Whether a row only says who made or signed the file: two cells at most, and that in the first of them."""
    written = [cell for cell in cells if cell.strip()]
    return 1 <= len(written) <= 2 and fold(written[0]).startswith(SIGNED)


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

"""The sheets of a workbook as rows of texts with their numbers; what can't be read is refused with its place."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from survey.system import workbook, xlsx_table
from translations import Lazy, Refusal
from translations.unicode import nfc

MOST_BYTES = 10_000_000  # of the file
MOST_ROWS = 5000  # with something in them
LAST_ROW = 100_000  # blank rows between included
MOST_COLUMNS = 200
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # an .xls, or an .xlsx with a password

READ = ("survey", "choices", "settings", "hailong")

# Other names of columns, as the specification and its tools allow.
ALIASES = {
    "list name": "list_name",
    "caption": "label",
    "relevance": "relevant",
    "value": "name",
    "tag": "name",
    "command": "type",
    "media::audio": "audio",
    "question type": "type",
    "title": "form_title",
    "id_string": "form_id",
}


@dataclass(frozen=True)
class Column:
    """A column: what it is, and in which language; `head`: its words in the file."""

    name: str
    language: str
    head: str


@dataclass(frozen=True)
class Row:
    """A row with something in it. `cells`: column -> text, blanks left out; of a formula the value that Excel
    computed last. `formulas`: the columns with one; `unknown`: those of which there is no value."""

    sheet: str
    number: int
    cells: dict[Column, str]
    formulas: tuple[Column, ...] = ()
    unknown: tuple[Column, ...] = ()

    def get(self, name: str) -> str:
        """The text in a column of this name, of the first language that has one."""
        return next((text for column, text in self.cells.items() if column.name == name), "")

    def fault(self, column: str, message: str, **values: Any) -> Refusal:
        """A refusal that names sheet, row and column."""
        return Refusal(
            "Sheet %(sheet)s, row %(row)s, column %(column)s: %(reason)s",
            sheet=self.sheet,
            row=self.number,
            column=column,
            reason=Lazy(message, **values),
        )


@dataclass(frozen=True)
class Sheet:
    """A sheet: its columns, and its rows below the head."""

    name: str
    columns: tuple[Column, ...] = ()
    rows: list[Row] = field(default_factory=list)
    is_blank: bool = False


def read(file: bytes, name: str) -> dict[str, Sheet]:
    """The sheets of an .xlsx called `name`, by their own names in small letters.

    Refusal: no workbook, an old or locked one, one that is too large.
    """
    if file.startswith(OLD_OR_LOCKED):
        raise Refusal("Save the file as .xlsx, without a password: this one is an old .xls, or locked.")
    if len(file) > MOST_BYTES:
        raise Refusal("Make this file smaller: at most %(most)s MB are read.", most=MOST_BYTES // 1_000_000)
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as packed:
            xlsx_table.refuse_bombs(packed, len(file), name)
        formulas, values = (workbook.loaded(file, computed=computed) for computed in (False, True))
        return {
            sheet.title.strip().casefold(): _sheet(sheet, values[sheet.title]) for sheet in formulas.worksheets
        }
    except xlsx_table.DAMAGE as error:
        raise Refusal("%(file)s can't be read as a workbook. Save it again as .xlsx.", file=name) from error


def _sheet(sheet: Any, computed: Any) -> Sheet:
    """One of the sheets that are read; of another only whether anything stands on it."""
    if sheet.title.strip().casefold() not in READ:
        is_blank = all(cell is None for row in computed.iter_rows(max_row=20, values_only=True) for cell in row)
        return Sheet(sheet.title, is_blank=is_blank)
    columns: dict[int, Column] = {}
    rows: list[Row] = []
    lines = zip(sheet.iter_rows(max_col=MOST_COLUMNS), computed.iter_rows(max_col=MOST_COLUMNS), strict=True)
    for number, (cells, values) in enumerate(lines, start=1):
        if number > LAST_ROW or len(rows) == MOST_ROWS:
            raise Refusal(
                "Sheet %(sheet)s has more than %(most)s rows: a questionnaire has fewer. Remove what does not "
                "belong to it.",
                sheet=sheet.title,
                most=MOST_ROWS,
            )
        written = {place: cell for place, cell in enumerate(cells) if _text(cell.value)}
        if written and not columns:
            columns = {place: column(_text(cell.value)) for place, cell in written.items()}
        elif known := {
            columns[place]: (cell, values[place]) for place, cell in written.items() if place in columns
        }:
            rows.append(_row(sheet.title, number, known))
    return Sheet(sheet.title, _distinct(sheet.title, columns.values()), rows)


def _row(sheet: str, number: int, known: dict[Column, tuple[Any, Any]]) -> Row:
    formulas = tuple(one for one, (cell, _value) in known.items() if cell.data_type == "f")
    texts = {one: _text(value.value) for one, (_cell, value) in known.items()}
    unknown = tuple(one for one in formulas if not texts[one])
    return Row(sheet, number, {one: text for one, text in texts.items() if text}, formulas, unknown)


def _distinct(sheet: str, columns: Iterable[Column]) -> tuple[Column, ...]:
    seen: list[Column] = []
    for one in columns:
        if any((one.name, one.language) == (other.name, other.language) for other in seen):
            raise Refusal(
                "Sheet %(sheet)s, row %(row)s: the column %(column)s is there twice. Take one out.",
                sheet=sheet,
                row=1,
                column=one.head,
            )
        seen.append(one)
    return tuple(seen)


def column(head: str) -> Column:
    """What a head says: `label::Tiếng Việt (vi)` is the label in that language."""
    parts = [part.strip() for part in re.split(r"::?", head)]
    name = re.sub(r"\s+", " ", parts[0]).casefold()
    if name in ("media", "bind") and len(parts) > 1:
        name, parts = parts[1].casefold(), parts[1:]
    name = ALIASES.get(name, name)
    return Column(name.replace(" ", "_"), "::".join(parts[1:]), head)


def _text(value: Any) -> str:
    """A cell as its text: 1 for 1.0, small letters for TRUE."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return nfc(str(value).replace("\r\n", "\n").replace("\r", "\n")).strip()

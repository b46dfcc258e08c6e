"""A workbook of a report: sheets that bear its marks, filled row by row, numbers as numbers."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from analysis import Estimate
from survey.results import wording
from translations import gettext as _

SHARE, WHOLE, ONE = "0.00%", "#,##0", "0.00"


class Book:
    """A workbook with the formats of the reports; `day`: of its data. Text stays text, whatever it looks like."""

    def __init__(self, file: io.BytesIO, title: str, marks: tuple[str, ...], day: date) -> None:
        self.workbook = xlsxwriter.Workbook(
            file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self.title, self.marks = title, marks
        self.workbook.set_properties(
            {
                "title": self.title,
                "comments": " – ".join(self.marks),
                "created": datetime.combine(day, time()),
            }
        )
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def format(self, **wanted: Any) -> Any:
        """A cell format; the same wish gives the same one."""
        key = tuple(sorted({"font_name": "Times New Roman", "font_size": 12, "valign": "top", **wanted}.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(dict(key))
        return self._formats[key]

    def sheet(self, name: str, head: Sequence[str], widths: Sequence[int], *, frozen_columns: int = 0) -> Sheet:
        """A sheet with its marks, its title and a head that stays in sight."""
        return Sheet(self, name, head, widths, frozen_columns)

    def close(self) -> None:
        self.workbook.close()


class Sheet:
    """A sheet that is filled from the top, row by row."""

    def __init__(
        self, book: Book, name: str, head: Sequence[str], widths: Sequence[int], frozen_columns: int
    ) -> None:
        self.book = book
        self.sheet = book.workbook.add_worksheet(name)
        self.row = 0
        self.sheet.set_paper(9)  # A4
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        if book.marks:
            self.sheet.set_footer(f"&C&I{' – '.join(book.marks)}   &P/&N")
        for mark in book.marks:
            self.texts(mark, bold=True)
        self.texts(book.title, bold=True)
        self.row += 1
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        if head:
            self.texts(*head, bold=True, text_wrap=True, bottom=1, valign="vcenter")
            self.sheet.freeze_panes(self.row, frozen_columns)
            self.sheet.repeat_rows(self.row - 1)

    def texts(self, *cells: str, **wanted: Any) -> None:
        """A row of texts."""
        for column, text in enumerate(cells):
            self.text(column, text, **wanted)
        self.row += 1

    def count(self, text: str, count: int | None, **wanted: Any) -> None:
        """A row of a text and a whole number."""
        self.text(0, text, **wanted)
        self.number(1, count, WHOLE)
        self.row += 1

    def text(self, column: int, text: str, **wanted: Any) -> None:
        self.sheet.write_string(self.row, column, text, self.book.format(**wanted))

    def number(self, column: int, value: float | None, pattern: str, **wanted: Any) -> None:
        """A number with its format; an empty cell where there is none."""
        shape = self.book.format(num_format=pattern, **wanted)
        if value is None:
            self.sheet.write_blank(self.row, column, None, shape)
        else:
            self.sheet.write_number(self.row, column, value, shape)

    def estimate(self, column: int, record: Estimate, **wanted: Any) -> None:
        """Estimate, limits and base in four cells, and how to read them in a fifth. No case, or all, is a number
        that reads "0 trên 111"; a hidden figure is its word and nothing more."""
        pattern = SHARE if record.statistic in wording.SHARES else ONE
        hidden = wording.is_hidden(record)
        if hidden or record.estimate is None:
            self.text(column, wording.figure(record), **wanted)
        elif {"none", "all"} & set(record.flags):
            self.number(column, record.estimate, f'"{wording.figure(record)}"', **wanted)
        else:
            self.number(column, record.estimate, pattern, **wanted)
        for place, value, shape in ((1, record.low, pattern), (2, record.high, pattern), (3, record.n, WHOLE)):
            self.number(column + place, None if hidden else value, shape, **wanted)
        pooled = _("pooled variance") if record.variance == "pooled" and not hidden else ""
        self.text(column + 4, "; ".join(filter(None, (_bound(record), wording.remark(record), pooled))), **wanted)


def _bound(record: Estimate) -> str:
    """The bound of a figure that is known from one side: nhiều nhất 3,3%."""
    one_sided = {"none", "all", "under_3"} & set(record.flags)
    return wording.limits(record) if one_sided else ""


def table(
    title: str, note: str, names: Sequence[str], rows: Sequence[Sequence[Any]], shares: Collection[str]
) -> bytes:
    """A workbook of one table below its title and a note, which stands on each printed page too; the columns named
    in `shares` are written in percent, and None is left empty."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, share = book.add_format({"bold": True}), book.add_format({"num_format": SHARE})
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, title, bold)
    sheet.write_string(1, 0, note, bold)
    sheet.write_row(3, 0, names, bold)
    sheet.freeze_panes(4, 0)
    for place, row in enumerate(rows, start=4):
        for column, (name, value) in enumerate(zip(names, row, strict=True)):
            if value is not None:
                sheet.write(place, column, value, share if name in shares else None)
    sheet.set_column(0, 2, 32)
    sheet.set_footer("&C&I" + note)
    book.close()
    return buffer.getvalue()

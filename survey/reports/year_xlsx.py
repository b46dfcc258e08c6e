"""The year's document as a workbook: a sheet a section; published, own and target values in columns apart."""

from __future__ import annotations

import io

from survey.reports.workbook import Book, Sheet
from survey.reports.year_contents import marks
from survey.reports.year_words import state
from survey.year.document import YearDocument
from survey.year.document_lines import Line
from translations import N_
from translations import gettext as _

SHEETS = {
    "indices": N_("Indices"),
    "lost": N_("Points lost"),
    "survey": N_("Satisfaction"),
    "papi": "PAPI",
    "done": N_("Tasks"),
    "cases": N_("Cases"),
    "targets": N_("Targets"),
    "method": N_("Surveys"),
}
TWO = "#,##0.00##"  # published figures keep the places that they have


def write(document: YearDocument, approved: bool, title: str) -> bytes:
    """The workbook in the language of the moment."""
    file = io.BytesIO()
    book = Book(file, title, marks(document, approved), document.day)
    for section, name in SHEETS.items():
        lines = document.of(section)
        if lines:
            _sheet(book, _(name), document, lines)
    book.close()
    return file.getvalue()


def _sheet(book: Book, name: str, document: YearDocument, lines: list[Line]) -> None:
    numbers = (
        _("Published"), _("Own"), _("from"), _("to"), _("Target"), _("Maximum"), _("Year before"), _("Change"),
        _("Rank"), _("of"),
    )  # fmt: skip
    words = (_("Office"), _("Head"), _("Deadline"), _("State"), _("Source"), _("Note"), _("Key"))
    sheet = book.sheet(
        name,
        (_("Content"), *numbers, *words),
        (48, *([11] * len(numbers)), 24, 24, 12, 20, 44, 36, 24),
        frozen_columns=1,
    )
    for line in lines:
        _row(sheet, document, line)


def _row(sheet: Sheet, document: YearDocument, line: Line) -> None:
    place = 2 if line.mark == "own" else 5 if line.mark == "target" else 1
    values = {place: line.value, 3: line.low, 4: line.high, 6: line.max, 7: line.previous, 8: line.change}
    sheet.text(0, line.label, text_wrap=True)
    for column, value in values.items():
        sheet.number(column, value, TWO)
    for column, count in ((9, line.rank), (10, line.of)):
        sheet.number(column, count, "#,##0")
    day = line.deadline.isoformat() if line.deadline else ""
    office = document.offices.get(line.office or "", "")
    for column, text in enumerate(
        (
            office,
            line.head,
            day,
            state(line) if line.state or line.flags else "",
            line.source,
            line.note,
            line.key,
        ),
        start=11,
    ):
        sheet.text(column, text, text_wrap=True)
    sheet.row += 1

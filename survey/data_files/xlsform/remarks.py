"""What of a workbook was not taken over, row by row, and what becomes of it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from itertools import count, groupby
from typing import Any

from survey.data_files.xlsform.sheets import Row
from translations import N_, Lazy, ngettext
from translations import gettext as _

TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->", re.DOTALL)
MARKDOWN = re.compile(r"(?<![\w*])(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?![\w*])|^#{1,6}\s+", re.MULTILINE)
REFERENCE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True)
class Remark:
    """One thing that was not taken over as it was written, with every row that it is about."""

    sheet: str
    rows: tuple[int, ...]
    column: str
    text: Lazy

    def __str__(self) -> str:
        if not self.rows:
            return _("sheet %(sheet)s: %(text)s", sheet=self.sheet, text=self.text)
        rows = ngettext("row %(rows)s", "rows %(rows)s", len(self.rows), rows=_runs(self.rows))
        values = {"sheet": self.sheet, "rows": rows, "column": self.column, "text": self.text}
        return _("sheet %(sheet)s, %(rows)s, column %(column)s: %(text)s", **values)


def _runs(rows: tuple[int, ...]) -> str:
    """5–9, 12."""
    counter = count()
    runs = [[*run] for _, run in groupby(sorted(rows), key=lambda row: row - next(counter))]
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


@dataclass
class Remarks:
    """The remarks as they are made; the same sentence of several rows is one."""

    made: dict[tuple[str, str, str], tuple[list[int], Lazy]] = field(default_factory=dict)
    as_written: bool = False  # texts of a workbook that was exported here have no signs of other platforms

    def add(self, row: Row, column: str, message: str, /, **values: Any) -> None:
        rows, _text = self.made.setdefault(
            (row.sheet, column, f"{message} {values}"), ([], Lazy(message, **values))
        )
        if row.number not in rows:
            rows.append(row.number)

    def of_sheet(self, sheet: str, message: str, /, **values: Any) -> None:
        self.made.setdefault((sheet, "", f"{message} {values}"), ([], Lazy(message, **values)))

    def all(self) -> tuple[Remark, ...]:
        return tuple(
            Remark(sheet, tuple(rows), column, text)
            for (sheet, column, _message), (rows, text) in self.made.items()
        )

    def texts(self, row: Row, texts: dict[str, str], column: str) -> dict[str, str]:
        """Texts as a document has them: without HTML, Markdown and answers to other questions."""
        if self.as_written:
            return texts
        clean = {}
        for language, text in texts.items():
            plain = MARKDOWN.sub(lambda found: found[2] or "", html.unescape(TAG.sub("", text)))
            if plain != text:
                self.add(row, column, N_("HTML and Markdown are left out: texts are plain."))
            if REFERENCE.search(plain):
                plain = REFERENCE.sub("…", plain)
                self.add(row, column, N_("“…” stands where an answer to another question was put in."))
            if plain.strip():
                clean[language] = plain.strip()
        return clean


def told_of_formulas(row: Row, remarks: Remarks) -> None:
    """Of a formula counts what Excel computed last; where there is nothing, it is refused."""
    for column in row.unknown:
        raise row.fault(column.head, N_("write the value in the place of the formula: it has not been computed."))
    for column in row.formulas:
        remarks.add(row, column.head, N_("a formula: the value that was computed last is taken."))

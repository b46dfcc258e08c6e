"""A workbook in XLSForm as a document, and what of it was not taken over. All or nothing; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from survey.data_files.xlsform import choice_lists, languages, remainder, sheets
from survey.data_files.xlsform.languages import together
from survey.data_files.xlsform.names import code_of
from survey.data_files.xlsform.remarks import Remark, Remarks, told_of_formulas
from survey.data_files.xlsform.rows import SETTINGS_READ, Reading, Walk
from survey.data_files.xlsform.sheets import Sheet
from translations import N_, Refusal


@dataclass(frozen=True)
class Imported:
    """What came of a workbook.

    document  in the form of a questionnaire's document; what the workbook doesn't say (a second language, say) is
              not in it, and `forms.parse` asks for it
    remarks   what was not taken over as written, and what became of it
    rows      how many rows of the sheet `survey` say something
    taken     how many of these are in the document
    """

    document: dict[str, Any]
    remarks: tuple[Remark, ...]
    rows: int
    taken: int


def read(file: bytes, name: str) -> Imported:
    """The document of an .xlsx called `name`. Refusal: what must be mended first, with sheet, row and column."""
    book = sheets.read(file, name)
    survey = book.get("survey")
    if survey is None or not any(column.name == "type" for column in survey.columns):
        raise Refusal(
            "Name the sheet with the questions `survey`, with a column `type` in its first row: this workbook has "
            "none."
        )
    settings = _settings(book.get("settings"))
    own = book.get(remainder.SHEET)
    remarks = Remarks(as_written=own is not None)
    choices = book.get("choices")
    spoken = languages.of([survey, *([choices] if choices else [])], settings.get("default_language", ""))
    _told_of_the_book(book, spoken, remarks)
    doubles = settings.get("allow_choice_duplicates", "").casefold() in ("yes", "true")
    lists = choice_lists.read(choices, spoken, remarks, doubles)
    changes = _changes(own, remarks)
    codes = {group: page for what, group, page in changes if what == remainder.PAGE}
    named = settings.get("form_title") or PurePath(name).stem
    default = spoken.codes.get("") or languages.code_of(settings.get("default_language", "")) or "vi"
    title = {default: named}
    walk = Walk(Reading(lists, spoken, remarks), title, codes)
    for row in survey.rows:
        walk.row(row)
    walk.end()
    document = _document(walk, lists, spoken, settings)
    kept = [change for change in changes if change[0] != remainder.PAGE]
    for number in remainder.apply(document, kept):
        remarks.of_sheet(
            remainder.SHEET, N_("%(place)s is not there any more and is left out."), place=kept[number][1]
        )
    return Imported(document, remarks.all(), walk.rows, walk.taken)


def _settings(sheet: Sheet | None) -> dict[str, str]:
    """The one row of the settings; a formula in it (a version from the date) counts as blank."""
    row = next(iter(sheet.rows), None) if sheet else None
    return {column.name: text for column, text in row.cells.items()} if row else {}


def _told_of_the_book(book: dict[str, Sheet], spoken: languages.Languages, remarks: Remarks) -> None:
    for name, sheet in book.items():
        if name not in sheets.READ and not sheet.is_blank:
            remarks.of_sheet(sheet.name, N_("the sheet is not read."))
    for head in spoken.unknown:
        remarks.of_sheet(
            "survey",
            N_("the language “%(language)s” has no code, as in “Tày (tyz)”, and is left out."),
            language=head,
        )
    settings = book.get("settings")
    for row in settings.rows[:1] if settings else ():
        for column in row.cells:
            if column.name not in SETTINGS_READ:
                remarks.add(row, column.head, N_("the column is not read."))


def _changes(sheet: Sheet | None, remarks: Remarks) -> list[remainder.Change]:
    """The rows of the sheet `hailong`."""
    changes = []
    for row in sheet.rows if sheet else ():
        told_of_formulas(row, remarks)
        value = "".join(text for column, text in row.cells.items() if column.name.startswith("content"))
        what = row.get("what")
        if what not in (remainder.SET, remainder.DROP, remainder.PAGE) or not row.get("place"):
            raise row.fault("what", N_("write set, drop or page, and a place."))
        changes.append((what, row.get("place"), value))
    return changes


def _document(
    walk: Walk,
    lists: choice_lists.Choices,
    spoken: languages.Languages,
    settings: dict[str, str],
) -> dict[str, Any]:
    version = settings.get("version", "")
    document: dict[str, Any] = {
        "code": code_of(settings.get("form_id") or next(iter(walk.title.values())), "phieu"),
        "version": int(version) if version.isdigit() and 1 <= int(version) <= 9999 else 1,
        "title": dict(walk.title),
    }
    purpose, *others = walk.opening or [{}]
    if purpose:
        document["purpose"] = purpose
    if consent := together(others):
        document["consent"] = consent
    if spoken.further:
        document["languages"] = dict(spoken.further)
    for name, texts in (("scales", lists.scales), ("missing", lists.missing)):
        if texts:
            document[name] = _keyed(texts)
    document["pages"] = [page for page in walk.pages if page["items"]]
    return document


def _keyed(value: Any) -> Any:
    """Codes as keys of a document."""
    return {str(key): _keyed(inner) for key, inner in value.items()} if isinstance(value, dict) else value

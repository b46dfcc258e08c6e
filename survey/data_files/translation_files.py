"""The texts of a questionnaire as a table for translators: in Excel a column a language, or a PO file."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from forms import texts
from survey.data_files.xlsform import languages, sheets
from translations import Refusal
from translations import gettext as _

SHEET = "survey"  # of an Excel file, which is read as any other one with that sheet
NAMES = {"vi": "Tiếng Việt", "en": "English"}


def xlsx(document: dict[str, Any], further: dict[str, str], before: dict[str, Any] | None = None) -> bytes:
    """The table: place, a column a language, and what is missing or changed since the version before."""
    called = {**NAMES, **document.get("languages", {}), **further}
    news = texts.changed(document, before) if before is not None else set()
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(SHEET)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
    heads = ["place", *(f"label::{name} ({code})" for code, name in called.items()), "state"]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
        sheet.set_column(column, column, 40 if column else 34)
    for number, (place, words) in enumerate(texts.of(document).items(), start=1):
        missing = [code for code in called if not words.get(code)]
        state = [*([_("missing: %(languages)s", languages=", ".join(missing))] if missing else [])]
        state += [_("changed")] if place in news else []
        for column, text in enumerate([place, *(words.get(code, "") for code in called), "; ".join(state)]):
            sheet.write_string(number, column, text, wrapped)
    sheet.freeze_panes(1, 1)
    book.close()
    return file.getvalue()


def po(document: dict[str, Any], language: str, before: dict[str, Any] | None = None) -> bytes:
    """A PO file of one language: Vietnamese and what it is, by the place as context; what changed is fuzzy."""
    news = texts.changed(document, before) if before is not None else set()
    catalog = Catalog(locale=None, fuzzy=False, charset="utf-8")
    for place, words in texts.of(document).items():
        text = words.get(language, "")
        flags = {"fuzzy"} if place in news and text else set()
        catalog.add(words.get("vi") or words.get("en", ""), text, context=place, flags=flags)
    file = io.BytesIO()
    write_po(file, catalog, width=110)
    return file.getvalue()


def read_xlsx(file: bytes, name: str) -> tuple[texts.Texts, dict[str, str]]:
    """The texts of such a table, and the languages beside vi and en that it has."""
    sheet = sheets.read(file, name).get(SHEET)
    if sheet is None or not any(column.name == "place" for column in sheet.columns):
        raise Refusal("Send the table as it was exported: its first sheet has a column `place`.")
    spoken = languages.of([sheet], "")
    for head in spoken.unknown:
        raise Refusal("Write the code of the language %(language)s in its head, as in “Tày (tyz)”.", language=head)
    return {row.get("place"): spoken.texts(row, "label") for row in sheet.rows}, spoken.further


def read_po_file(file: bytes, language: str) -> texts.Texts:
    """The texts of a PO file; what is fuzzy is left out."""
    try:
        catalog = read_po(io.BytesIO(file), abort_invalid=True, charset="utf-8")
    except (PoFileError, ValueError) as error:
        raise Refusal("Save this file as PO in UTF-8: it can't be read.") from error
    found: texts.Texts = {}
    for message in catalog:
        if message.context and message.string and not message.fuzzy:
            found[str(message.context)] = {language: str(message.string)}
    return found

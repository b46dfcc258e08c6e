"""A questionnaire as a workbook in XLSForm, which reads back as the same document."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import xlsxwriter

from forms import KINDS, Questionnaire
from survey.data_files.xlsform import expressions, importing, remainder

NAMES = {"vi": "Tiếng Việt", "en": "English"}
SURVEY = ("type", "name", "relevant", "constraint", "appearance")
LONG_TEXT = 200
WIDTHS = {"type": 26, "name": 20, "relevant": 24, "constraint": 22, "place": 44, "content": 70, "list_name": 20}

Cells = dict[str, str]


def written(questionnaire: Questionnaire) -> bytes:
    """The .xlsx. What XLSForm has no place for stands in its sheet `hailong`."""
    document = questionnaire.document
    form = _Form(document)
    plain = _book(form, [])
    again = importing.read(_book(form, [(remainder.PAGE, *names) for names in form.renamed]), "form.xlsx").document
    changes = [
        *((remainder.PAGE, *names) for names in form.renamed),
        *remainder.differences(again, document),
    ]
    return _book(form, changes) if changes else plain


class _Form:
    """The rows of the sheets survey and choices, out of a document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.languages = {**NAMES, **document.get("languages", {})}
        self.items = {item["code"]: item for page in document["pages"] for item in page["items"]}
        self.several = {code: KINDS[item["kind"]].several for code, item in self.items.items()}
        self.renamed = [
            (f"page_{page['code']}", page["code"])
            for page in document["pages"]
            if page["code"].casefold() in {code.casefold() for code in self.items}
        ]
        self.lists: dict[str, dict[str, Any]] = {}
        self.taken = {code.casefold() for code in self.items}
        self.survey = [*self._opening(), *(row for page in document["pages"] for row in self._page(page))]

    def _opening(self) -> Iterator[Cells]:
        for name in ("purpose", "consent"):
            yield {"type": "note", "name": self._free(name), **self._texts("label", self.document[name])}

    def _free(self, name: str) -> str:
        """A name that no item bears."""
        while name.casefold() in self.taken:
            name += "_0"
        self.taken.add(name.casefold())
        return name

    def _texts(self, column: str, texts: Mapping[str, str]) -> Cells:
        # A reference to another question is written ${…} there; ours are plain texts.
        return {
            f"{column}::{self.languages[language]} ({language})": text.replace("${", "$ {")
            for language, text in texts.items()
        }

    def _page(self, page: dict[str, Any]) -> Iterator[Cells]:
        name = {code: renamed for renamed, code in self.renamed}.get(page["code"], page["code"])
        looks = {"appearance": "table-list"} if page.get("together") else {}
        yield {"type": "begin_group", "name": name, **self._texts("label", page["title"]), **looks}
        if "intro" in page:
            yield {"type": "note", "name": self._free(f"{name}_intro"), **self._texts("label", page["intro"])}
        for item in page["items"]:
            yield self._item(item)
        yield {"type": "end_group"}

    def _item(self, item: dict[str, Any]) -> Cells:
        kind = KINDS[item["kind"]]
        row = {"type": item["kind"], "name": item["code"], **self._texts("label", item["label"])}
        if kind.has_choices:
            row["type"] = f"{'select_multiple' if kind.several else 'select_one'} {self._list(item)}"
            if kind.is_scale:
                row["appearance"] = "likert"
        elif kind.is_number:
            limits = [item["minimum"], item["maximum"]]
            row["type"] = "integer" if all(isinstance(limit, int) for limit in limits) else "decimal"
            row["constraint"] = (
                f". >= {limits[0]:f} and . <= {limits[1]:f}"
                if row["type"] == "decimal"
                else (f". >= {limits[0]} and . <= {limits[1]}")
            )
        elif "max_length" in item:
            row["constraint"] = f"string-length(.) <= {item['max_length']}"
            if item["max_length"] > LONG_TEXT:
                row["appearance"] = "multiline"
        row |= self._texts("hint", item.get("hint", {}))
        row |= self._texts("media::audio", item.get("audio", {}))
        if "show_if" in item:
            row["relevant"] = expressions.relevant(item["show_if"], self.several)
        return row

    def _list(self, item: dict[str, Any]) -> str:
        """The name of the item's list; items with the same levels and the same of what is no answer share it."""
        levels = self.document["scales"][item["scale"]] if "scale" in item else item["choices"]
        missing = {str(code): self.document["missing"][str(code)] for code in item.get("missing", ())}
        wanted = {"levels": levels, "missing": missing}
        name = str(item.get("scale", item["code"])).replace(" ", "_")
        if missing and "scale" in item:
            name += "__" + "_".join(missing)
        while name in self.lists and self.lists[name] != wanted:
            name += "_0"
        self.lists[name] = wanted
        return name

    def choices(self) -> Iterator[Cells]:
        for name, wanted in self.lists.items():
            for key, mark in (("levels", {}), ("missing", {"missing": "true"})):
                for code, texts in sorted(wanted[key].items(), key=lambda one: int(one[0])):
                    yield {"list_name": name, "name": str(code), **self._texts("label", texts), **mark}

    def settings(self) -> Cells:
        return {
            "form_title": self.document["title"]["vi"],
            "form_id": self.document["code"],
            "version": str(self.document["version"]),
            "default_language": "Tiếng Việt (vi)",
        }


def _book(form: _Form, changes: list[remainder.Change]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    _sheet(book, "survey", form.survey, SURVEY, form)
    _sheet(book, "choices", [*form.choices()], ("list_name", "name", "missing"), form)
    _sheet(book, "settings", [form.settings()], tuple(form.settings()), form)
    if changes:
        rows = [remainder.cells(change) for change in changes]
        columns = ["what", "place", "content", *(f"content_{n}" for n in range(2, max(map(len, rows)) - 1))]
        table = [dict(zip(columns, row, strict=False)) for row in rows]
        _sheet(book, remainder.SHEET, table, tuple(columns), form)
    book.close()
    return file.getvalue()


def _sheet(book: Any, name: str, rows: list[Cells], columns: tuple[str, ...], form: _Form) -> None:
    """A sheet with a head. Columns in languages come in all of them, so that none seems to be missing."""
    used = {column for row in rows for column in row}
    translated = [
        base for base in ("label", "hint", "media::audio") if any(one.startswith(base + "::") for one in used)
    ]
    spoken = [f"{base}::{called} ({code})" for base in translated for code, called in form.languages.items()]
    first = 2 if columns[0] in ("type", "list_name") else len(columns)
    heads = [*columns[:first], *spoken, *(column for column in columns[first:] if column in used)]
    sheet = book.add_worksheet(name)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for place, head in enumerate(heads):
        sheet.set_column(place, place, WIDTHS.get(head, 40 if "::" in head else 16))
        sheet.write_string(0, place, head, bold)
    for number, row in enumerate(rows, start=1):
        for place, head in enumerate(heads):
            if text := row.get(head, ""):
                sheet.write_string(number, place, text, wrapped)
    sheet.freeze_panes(1, first if spoken else 0)

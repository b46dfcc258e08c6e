"""The codebook of rows: each column with its texts in both languages, its values, when it is asked, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from forms import Item
from forms.items import Condition, Text
from survey.data_files import exporting
from survey.reports import workbook
from survey.responses.answers import Answers
from survey.responses.respondents import Respondents, sample
from survey.storage.models import Release, Wave
from survey.waves import questionnaires
from translations import gettext as _
from translations import speaking
from translations.formats import number


@dataclass(frozen=True)
class Value:
    """A value of a column: what it is called in each language, whether it is no answer, how many rows have it."""

    code: int | str
    texts: tuple[str, str]
    is_missing: bool
    count: int


@dataclass(frozen=True)
class Column:
    """A column of the file. `blank`: rows without a value; `condition`: when it is asked, "" always."""

    code: str
    kind: str
    texts: tuple[str, str]
    condition: str
    values: tuple[Value, ...]
    blank: int


@dataclass(frozen=True)
class Codebook:
    """What the rows of a wave hold, in the order of the file."""

    wave: Wave
    rows: int
    columns: tuple[Column, ...]


def of(session: Session, wave: Wave, release: Release | None = None) -> Codebook:
    """The codebook of a wave's rows, counted over the same rows that the file holds."""
    asked = questionnaires.by_digest(session, wave.questionnaire)
    items = exporting.row_items(asked)
    people = sample(session, wave, release)
    columns = [_column(item, people.answers(item), asked.stems.get(code)) for code, item in items.items()]
    return Codebook(wave, len(people), (*_about(session, wave, people), *columns))


def _column(item: Item, answers: Answers, stem: Text | None) -> Column:
    if answers.chosen is not None:
        counts = dict(zip(item.choices, answers.chosen.sum(0).tolist(), strict=True))
    else:
        counts = {code: int(np.count_nonzero(answers.codes == code)) for code in item.choices}
    values = tuple(
        Value(code, (text.vi, text.en), code in item.missing, counts[code]) for code, text in item.choices.items()
    )
    blank = int(np.count_nonzero(~answers.told))
    return Column(item.code, _(item.kind.words), item_texts(item, stem), condition(item.show_if), values, blank)


def item_texts(item: Item, stem: Text | None) -> tuple[str, str]:
    """What an item asks, in Vietnamese and English, below the question that stands above its row."""
    label = item.label
    return (f"{stem.vi} – {label.vi}", f"{stem.en} – {label.en}") if stem else (label.vi, label.en)


def condition(rule: Condition | None) -> str:
    """A condition as one reads it in any language: C4 = 1, 2; several joined by signs."""
    if rule is None:
        return ""
    if rule.how == "item":
        return f"{rule.item} = {', '.join(map(str, rule.values))}"
    inner = [condition(part) for part in rule.parts]
    if rule.how == "not":
        return f"¬ ({inner[0]})"
    return (" ∧ " if rule.how == "all" else " ∨ ").join(f"({one})" if len(inner) > 1 else one for one in inner)


def _about(session: Session, wave: Wave, people: Respondents) -> Iterator[Column]:
    """The columns around the answers: what each is, and what its codes are called."""
    called = []
    for spoken in ("vi", "en"):
        with speaking(spoken):
            called.append((_meanings(wave), exporting.value_labels(session)))
    (vi, names), (en, english) = called
    columns = {"unit": people.unit, "stratum": people.stratum, "mode": people.mode}
    for code in exporting.ABOUT_ROWS:
        found = Counter(map(str, columns[code].tolist())) if code in columns else Counter[str]()
        values = tuple(
            Value(value, (names[code].get(value, value), english[code].get(value, value)), False, count)
            for value, count in sorted(found.items())
        )
        yield Column(code, "", (vi[code], en[code]), "", values, 0)


def _meanings(wave: Wave) -> dict[str, str]:
    stratum, cluster = (
        (_("Stratum of the sample"), _("Village: the cluster of the sample"))
        if wave.kind == "sample"
        else (
            _("The commune again: an open wave has no strata"),
            _("Cluster: people of one day; its label changes from file to file"),
        )
    )
    return {
        "row": _("Number of the row; it tells nothing"),
        "unit": _("Code of the commune or ward"),
        "stratum": stratum,
        "psu": cluster,
        "weight": _("Weight"),
        "mode": _("Way of answering: phone, kiosk, paper, interviewer"),
    }


def _lines(book: Codebook) -> Iterator[tuple[Column, Value | None]]:
    for column in book.columns:
        yield column, None
        yield from ((column, value) for value in column.values)


def xlsx(codebook: Codebook) -> bytes:
    """As an Excel file: a line for each column, below it one for each of its values."""
    note = _("Rows: %(rows)s", rows=number(codebook.rows))
    if codebook.wave.simulated:
        note = " · ".join((note, _("demonstration data")))
    head = (
        _("Column"),
        _("Value"),
        "Tiếng Việt",
        "English",
        _("When it is asked"),
        _("Forms with it"),
        _("Remark"),
    )
    lines = [_line(codebook, column, value) for column, value in _lines(codebook)]
    return workbook.table(_("Codebook: %(wave)s", wave=codebook.wave.title), note, head, lines, ())


def _line(codebook: Codebook, column: Column, value: Value | None) -> tuple[Any, ...]:
    vi, en = (text.replace("\u00a0", " ") for text in (column.texts if value is None else value.texts))
    if value is None:
        return column.code, None, vi, en, column.condition, codebook.rows - column.blank, column.kind
    return column.code, value.code, vi, en, None, value.count, _("no answer") if value.is_missing else None

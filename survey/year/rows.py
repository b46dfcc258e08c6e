"""Files of the year, row by row: all are stored, or none where one is unfit, told by row and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from survey.remarks import paraphrases
from survey.storage.models import Unit
from survey.system import dates, references, xlsx_table
from survey.system.csv_table import Faults
from survey.waves import units
from translations import Lazy

T = TypeVar("T")
Cells = Mapping[str, str]  # by column; one that the file lacks is blank
NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
YEARS = range(1990, 2101)


class Unfit(Exception):
    """What is wrong with a row, and in which column."""

    def __init__(self, column: str, message: Lazy) -> None:
        super().__init__(column)
        self.column, self.message = column, message


def load(path: Path, columns: Sequence[str], required: Sequence[str], store: Callable[[Cells], T]) -> list[T]:
    """Each row of a CSV or Excel file through `store`, which raises `Unfit`; a refusal names every fault's row and
    column, and whoever opened the transaction keeps nothing."""
    faults = Faults()
    table = xlsx_table.opened(path, columns, required, faults)
    stored = []
    for cells in table.records():
        try:
            stored.append(store(dict.fromkeys(columns, "") | cells))
        except Unfit as unfit:
            table.fault(unfit.column, unfit.message)
    faults.refuse(path)
    return stored


def words(cells: Cells, column: str, most: int, needed: bool = True) -> str:
    """A text of one line."""
    text = " ".join(cells[column].split())
    if needed and not text:
        raise Unfit(column, Lazy("Fill in this cell."))
    if len(text) > most:
        raise Unfit(column, Lazy("Use at most %(most)s characters.", most=most))
    if not text.isprintable():
        raise Unfit(column, Lazy("Remove the characters that can't be printed."))
    return text


def sentence(cells: Cells, column: str, most: int) -> str:
    """Words about what people said: without a long number, which could show who said it."""
    text = words(cells, column, most)
    if paraphrases.NUMBER.search(text):
        raise Unfit(column, Lazy("Take the long number out: it could show who wrote this."))
    return text


def number(cells: Cells, column: str, least: float, most: float) -> float:
    """A number with a decimal point, from `least` to `most`."""
    if not NUMBER.fullmatch(cells[column]):
        raise Unfit(column, Lazy("Write a number with a decimal point: 2.57"))
    value = float(cells[column]) + 0.0  # -0 is 0
    if not least <= value <= most:
        raise Unfit(column, Lazy("Give a number from %(least)g to %(most)g.", least=least, most=most))
    return value


def whole(cells: Cells, column: str, least: int, most: int) -> int:
    """A whole number from `least` to `most`; 5.0 too, as lists print it."""
    text = cells[column].removesuffix(".0")
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise Unfit(column, Lazy("Give a whole number from %(least)d to %(most)d.", least=least, most=most))
    return int(text)


def year(cells: Cells) -> int:
    """The cell `year`."""
    return whole(cells, "year", YEARS[0], YEARS[-1])


def one_of(cells: Cells, column: str, values: Sequence[str]) -> str:
    """One of a few words."""
    if cells[column] not in values:
        raise Unfit(column, Lazy("Write one of: %(values)s", values=", ".join(values)))
    return cells[column]


def day(cells: Cells, column: str) -> date:
    """A day as YYYY-MM-DD."""
    found = as_day(cells[column])
    if found is None:
        raise Unfit(column, Lazy("Write the day as YYYY-MM-DD."))
    return found


def as_day(text: str) -> date | None:
    """The day of YYYY-MM-DD; None if it is none."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def unit(session: Session, cells: Cells, column: str) -> Unit:
    """A unit by its code: a commune, an office, the province."""
    found = session.get(Unit, units.settled(cells[column])) if cells[column] else None
    if found is None:
        raise Unfit(column, Lazy("There is no unit with this code. See the list of units, or import it first."))
    return found


def reference(cells: Cells, column: str, needed: bool = True) -> str:
    """Documents as `references.read` takes them, kept as written."""
    text = words(cells, column, 500, needed)
    try:
        named = references.read(text) if text else ()
    except ValueError as error:
        raise Unfit(
            column, Lazy("Name the document by sign and day, then its name: 215/BC-SNV 2025-01-12 Báo cáo tự chấm")
        ) from error
    if any(one.day > dates.today() for one in named):
        raise Unfit(
            column, Lazy("The day of this document is still to come. Give the day on which it was signed.")
        )
    return text

"""Workbooks in XLSForm as somebody types them: rows of cells."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import openpyxl
import pytest

from survey.data_files.xlsform import importing
from survey.data_files.xlsform.importing import Imported
from translations import speaking

Rows = list[list[Any]]
CHOICES: Rows = [
    ["list_name", "name", "label"],
    ["yn", "yes", "Yes"],
    ["yn", "no", "No"],
    ["sat", 1, "Very dissatisfied"],
    ["sat", 2, "Dissatisfied"],
    ["sat", 3, "Neutral"],
    ["sat", 4, "Satisfied"],
    ["sat", 5, "Very satisfied"],
    ["sat", -98, "Don't know"],
]


def workbook(**sheets: Rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


Read = Callable[..., Imported]


@pytest.fixture
def english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def read(english: None) -> Read:
    """The document of a workbook with these rows below the head of the sheet survey."""

    def made(*rows: list[Any], head: str = "type name label relevant constraint", **sheets: Rows) -> Imported:
        sheets.setdefault("choices", CHOICES)
        return importing.read(workbook(survey=[head.split(), *rows], **sheets), "phieu.xlsx")

    return made

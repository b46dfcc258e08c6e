"""Names that a spreadsheet would take for formulas stay texts in every file that the pages hand out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Mode, Unit, Village
from survey.waves import waves

SignIn = Callable[[Flask, str], FlaskClient]
EVIL = "=HYPERLINK(1)"
FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.,]+%?$)")


@pytest.fixture
def evil(province: Database) -> Database:
    """A village and a commune whose names begin like a formula."""
    with province.writing() as session:
        for village in session.query(Village):
            village.name = EVIL
        session.get_one(Unit, "06652").name = EVIL
        place = waves.current_place(province, "ho-mo", "06652")
        for _number in range(40):
            submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C5": 1})
    return province


def cells(content: bytes, kind: str) -> Iterator[object]:
    """The cells that a spreadsheet would compute."""
    if kind == "csv":
        text = content.decode("utf-8-sig")
        for row in csv.reader(io.StringIO(text), delimiter=";" if text.partition("\n")[0].count(";") else ","):
            yield from (cell for cell in row if FORMULA.match(cell))
    else:
        for sheet in openpyxl.load_workbook(io.BytesIO(content)):
            yield from (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f")


def test_no_file_of_the_pages_holds_a_formula(app: Flask, evil: Database, sign_in: SignIn) -> None:
    client = sign_in(app, "admin")
    named = False
    for address, kind in (
        ("/quan-tri/ho-mau/mau/khung.csv", "csv"),
        ("/quan-tri/ho-mau/bao-cao/csv", "csv"),
        ("/quan-tri/ho-mau/bao-cao/xlsx", "xlsx"),
        ("/quan-tri/ho-mo/bao-cao/csv", "csv"),
        ("/quan-tri/ho-mo/bao-cao/xlsx", "xlsx"),
        ("/quan-tri/ho-mo/bang.csv?muc=C5&theo=unit", "csv"),
        ("/quan-tri/ho-mo/bang.xlsx?muc=C5&theo=unit", "xlsx"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert not list(cells(answer.data, kind)), address
        named |= b"HYPERLINK" in answer.data
        answer.close()
    assert named  # the name came through, as a text

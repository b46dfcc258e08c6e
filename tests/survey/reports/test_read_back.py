"""The figures of a wave, read back out of everything that shows them: a person and a program find the same."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import docx
import numpy as np
import openpyxl
import pypdfium2
import pyreadstat
import pytest
from flask import Flask
from flask.testing import FlaskClient

from analysis import Design, Measure, estimate
from forms import Questionnaire
from survey.commands import main
from survey.data_files import exporting
from survey.operations import demo
from survey.reports import report
from survey.results import result_table, summary
from survey.results.summary import Summary
from translations import speak

COMMUNE = "06652"
WHAT = ("index", "index:CS.A", "C5=3", "C6=3", COMMUNE)
NAMES = {
    "index": "Chỉ số hài lòng chung",
    "index:CS.A": "Trách nhiệm giải trình",
    "C5=3": "Có nhiều công chức",
    "C6=3": "Nhiều người phải đưa",
    COMMUNE: "Hà Tu",
}


@dataclass(frozen=True)
class Found:
    """A figure as it stood somewhere, as fractions."""

    estimate: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Demo:
    """The demo's sample wave, and each of its files, made once."""

    app: Flask
    said: Summary
    files: dict[str, bytes]
    book: Any  # the Excel file, opened
    folder: Path
    reader: FlaskClient


@pytest.fixture(scope="module")
def wave(made_up: Flask, sign_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    database = made_up.extensions["database"]
    with database.reading() as session:
        said = summary.gather(session, demo.SAMPLE)
    folder = tmp_path_factory.mktemp("read-back")
    for kind in ("csv", "sav"):
        exporting.responses(database, demo.SAMPLE, folder / f"responses.{kind}", kind)
    files = {format: report.write(said, format) for format in report.FORMATS}
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    return Demo(made_up, said, files, book, folder, sign_in(made_up, "home_affairs"))


@pytest.fixture(scope="module")
def wanted(wave: Demo) -> dict[str, Found]:
    """What the database says."""
    with wave.app.extensions["database"].reading() as session:
        whole = result_table.estimates(session, demo.SAMPLE, items=WHAT[:-1], released=True)
        by_unit = result_table.estimates(session, demo.SAMPLE, items=["index"], by=["unit"], released=True)
    records = [*whole, next(record for record in by_unit if record.domain == COMMUNE)]
    return {what: of(record) for what, record in zip(WHAT, records, strict=True)}


@pytest.fixture(scope="module")
def reported(wave: Demo) -> dict[str, Found]:
    """What the report says, which asks for all figures at once: such sums may differ in the last bit."""
    found = {
        key({"item": one.item, "value": one.value, "domain": one.domain}): of(one) for one in wave.said.records
    }
    return {what: found[what] for what in WHAT}


def of(record: Any) -> Found:
    return Found(record.estimate, record.low, record.high, record.n)


def key(record: dict[str, Any]) -> str | None:
    """Which of `WHAT` a record of `results` is."""
    if record["domain"]:
        return COMMUNE if (record["domain"], record["item"]) == (COMMUNE, "index") else None
    name = f"{record['item']}={record['value']}" if record["value"] else str(record["item"])
    return name if name in WHAT else None


def from_records(records: list[dict[str, Any]]) -> dict[str, Found]:
    return {
        name: Found(*(float(record[part]) for part in ("estimate", "low", "high")), int(record["n"]))
        for record in records
        if (name := key(record))
    }


def from_json(wave: Demo) -> dict[str, Found]:
    return from_records(json.loads(wave.files["json"]))


def from_csv(wave: Demo) -> dict[str, Found]:
    return from_records(list(csv.DictReader(io.StringIO(wave.files["csv"].decode()))))


def from_tidy_sheet(wave: Demo) -> dict[str, Found]:
    sheet = wave.book["Dữ liệu"]
    head, *rows = ([cell.value for cell in row] for row in sheet[sheet.tables["records"].ref])
    return from_records([dict(zip(head, row, strict=True)) for row in rows])


def from_excel(wave: Demo) -> dict[str, Found]:
    """The sheets that people read."""
    headlines = {row[0]: row[1:5] for row in wave.book["Tóm tắt"].iter_rows(values_only=True)}
    units = {row[0]: row[5:9] for row in wave.book["Xã, phường"].iter_rows(values_only=True)}
    return {what: Found(*(units[what] if what == COMMUNE else headlines[NAMES[what]])) for what in WHAT}


def from_word(wave: Demo) -> dict[str, Found]:
    """The first row of a table that begins with the name."""
    rows = [
        [cell.text for cell in row.cells]
        for table in docx.Document(io.BytesIO(wave.files["docx"])).tables
        for row in table.rows
    ]
    return {
        what: read(
            r"(\d[\d.]*) (\S+%)\S* \[(\S+); (\S+)\]",
            " ".join(next(row[1:4] for row in rows if len(set(row)) > 2 and name in row[0])),
            "n estimate low high",
        )
        for what, name in NAMES.items()
    }


def from_pdf(wave: Demo) -> dict[str, Found]:
    document = pypdfium2.PdfDocument(wave.files["pdf"])
    pages = []
    for page in document:
        words = page.get_textpage()
        pages.append(words.get_text_range())
        words.close()
        page.close()
    document.close()
    text = " ".join(" ".join(pages).split())
    return {
        what: read(rf"{name} (\d[\d.]*) (\S+%)\S* \[(\S+); (\S+)\]", text, "n estimate low high")
        for what, name in NAMES.items()
    }


def from_api(wave: Demo) -> dict[str, Found]:
    address = f"/api/v1/waves/{demo.SAMPLE}/results"
    whole = wave.reader.get(address, query_string={"item": WHAT[:-1]}).get_json()
    by_unit = wave.reader.get(address, query_string={"item": "index", "by": "unit"}).get_json()
    return from_records([*whole, *by_unit])


def from_pages(wave: Demo) -> dict[str, Found]:
    """The overview, and of a commune the table of all."""
    overview, units = (
        plain(wave.reader.get(f"/quan-tri/{demo.SAMPLE}/{page}?lang=vi").text) for page in ("", "don-vi")
    )
    headline = r"{} (\S+%) .*?(\d[\d,]*)–(\d[\d,]*) · (\d[\d.]*) người"
    row = r" {} .*?(\d[\d,]*%)\S* (\d[\d,]*)–(\d[\d,]*) (?:\D*)[−+]?\d\S* \S+ đến \S+ (\d[\d.]*) "
    titles = {"index": NAMES["index"]} | {f"{one.code}={one.worst}": one.name for one in wave.said.headlines}
    order = "estimate low high n"
    found = {what: read(headline.format(re.escape(title)), overview, order) for what, title in titles.items()}
    found["index:CS.A"] = read(row.format(NAMES["index:CS.A"]), overview, order)
    row = r" {} phường (\d[\d,]*%) (\d[\d,]*)–(\d[\d,]*) .*?\) (\d[\d.]*) \d+ người"
    found[COMMUNE] = read(row.format(NAMES[COMMUNE]), units, order)
    return found


def plain(page: str) -> str:
    """What a page says, without its markup and its drawings."""
    body = re.sub(r"<(svg|script|style|head)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def from_sav(wave: Demo) -> dict[str, Found]:
    """No estimate is in it, but the people are, with all that it takes to estimate again."""
    data, _about = pyreadstat.read_sav(wave.folder / "responses.sav", output_format="dict")
    return again(data, wave.said.questionnaire)


def again(data: dict[str, Any], questionnaire: Questionnaire) -> dict[str, Found]:
    """The figures by `analysis` from columns of numbers and labels."""
    parts = questionnaire.index.codes() if questionnaire.index else {}

    def pooled(part: str) -> Measure:
        levels = np.array([data[code] for code in parts[part]], dtype=float)
        return Measure.numbers(
            part, None, "index", (levels >= 4).sum(0) * 1.0, ((levels >= 1) & (levels <= 5)).sum(0) * 1.0
        )

    def share(item: str) -> Measure:
        values = np.array(data[item], dtype=float)
        return Measure.numbers(item, "3", "proportion", (values == 3) * 1.0, ~np.isnan(values) * 1.0)

    design = Design(
        np.array(data["weight"]), np.array(data["stratum"]), np.array(data["psu"]), single_psu="centered"
    )
    whole = estimate(design, [pooled("index"), pooled("index:CS.A"), share("C5"), share("C6")], variance="auto")
    by_unit = estimate(design, [pooled("index")], np.array(data["unit"], dtype=object), variance="auto")
    records = [*whole, next(record for record in by_unit if record.domain == COMMUNE)]
    return {what: of(record) for what, record in zip(WHAT, records, strict=True)}


def read(pattern: str, text: str, order: str) -> Found:
    """The numbers of a pattern's groups, written in the Vietnamese way, in percent."""
    found = re.search(pattern, text)
    assert found is not None, (pattern, text[:2000])
    named = dict(zip(order.split(), found.groups(), strict=True))
    shares = (float(named[part].rstrip("%").replace(",", ".")) / 100 for part in ("estimate", "low", "high"))
    return Found(*shares, int(named["n"].replace(".", "")))


# Where it is read, and how near: programs get all digits, people as many as are printed (one for a commune).
SOURCES: dict[str, tuple[Callable[[Demo], dict[str, Found]], float]] = {
    "json": (from_json, 0.0),
    "csv": (from_csv, 0.0),
    "api": (from_api, 0.0),
    "tidy sheet": (from_tidy_sheet, 1e-14),
    "sav": (from_sav, 1e-9),
    "excel": (from_excel, 1e-14),
    "word": (from_word, 0.000051),
    "pdf": (from_pdf, 0.000051),
    "page": (from_pages, 0.000051),
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_same_figures_are_read_out_of_everything(
    wave: Demo, wanted: dict[str, Found], reported: dict[str, Found], source: str
) -> None:
    reading, near = SOURCES[source]
    found = reading(wave)
    assert set(found) == set(WHAT)
    for what, figure in (reported if source in ("json", "csv") else wanted).items():
        room = 10 * near if what == COMMUNE and source in ("word", "pdf", "page") else near
        assert found[what].n == figure.n, what
        for part in ("estimate", "low", "high"):
            assert getattr(found[what], part) == pytest.approx(getattr(figure, part), rel=0, abs=room), (
                what,
                part,
            )


def test_the_exported_responses_give_the_same_by_the_command_line(
    wave: Demo, wanted: dict[str, Found], capsys: pytest.CaptureFixture[str]
) -> None:
    design = ["--weights", "weight", "--strata", "stratum", "--psu", "psu", "--single-psu", "centered"]
    items = ["--item", "C5=3", "--item", "C6=3"]
    file = str(wave.folder / "responses.csv")
    main(["estimate", file, *design, *items, "--variance", "auto", "--output", "json"])
    speak("vi")
    found = from_records(json.loads(capsys.readouterr().out))
    for what in ("C5=3", "C6=3"):
        assert found[what].n == wanted[what].n
        assert found[what].estimate == pytest.approx(wanted[what].estimate, rel=1e-12)
        assert (found[what].low, found[what].high) == pytest.approx(
            (wanted[what].low, wanted[what].high), rel=1e-9
        )

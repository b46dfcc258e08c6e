"""Two waves that differ in nothing but hidden counts publish the same, in every field of every format.

In one of them a commune has one case and its neighbour two, in the other it is the other way round; their answers
are spread over villages of other sizes, so that the shares, variances and intraclass correlations of the communes
differ while every figure that is to be shown stays as it is.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from analysis.estimate import VARIANCES
from analysis.interval import INTERVALS
from survey.accounts import tokens
from survey.reports import report
from survey.responses import submission
from survey.results import result_table, summary
from survey.storage.database import Database
from survey.storage.models import Mode, Role, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

ONE, TWO = "06652", "06658"  # the communes with one case and two, or two and one
# In each village how many said 1, 2 and 3; the last two communes show all that they have.
SMALL = {"one": ((27, 2, 1), (27, 3, 0)), "two": ((27, 2, 1), (27, 2, 1))}
LARGE = {"one": ((37, 2, 1), (37, 3, 0)), "two": ((37, 2, 1), (37, 2, 1))}
OTHERS = {"06661": ((20, 6, 9), (25, 6, 4)), "06673": ((22, 8, 5), (24, 9, 7))}
WORLDS = {"doi-a": {ONE: SMALL["one"], TWO: LARGE["two"]}, "doi-b": {ONE: SMALL["two"], TWO: LARGE["one"]}}
SETS = ("C5", "C5=1,2", "C5=1,3", "C5=2,3", "C5=1,2,3")


@pytest.fixture
def worlds(province: Database) -> Database:
    """The province with both waves."""
    day = dates.today()
    with province.writing() as session:
        form = questionnaires.find(session, "ho_gia_dinh@1")
        for wave, communes in WORLDS.items():
            waves.create(session, wave, form, WaveKind.SAMPLE, day, day)
            for unit, villages in (communes | OTHERS).items():
                for psu in (f"{unit}-{place}" for place in range(len(villages))):
                    session.add(Village(wave=wave, psu=psu, unit=unit, stratum=unit, name=psu))
            session.flush()
            for unit, villages in (communes | OTHERS).items():
                where = waves.place(session, wave, unit)
                for place, counts in enumerate(villages):
                    for said in itertools.chain(*([value] * many for value, many in enumerate(counts, 1))):
                        psu = f"{unit}-{place}"
                        answers = {"C5": said, "tc_bien_hieu": 4, "tc_ghe_ban": 2 + place}
                        submission.submit(session.connection(), where, uuid4(), Mode.PAPER, answers, psu=psu)
    return province


def plain(text: str) -> str:
    """Without what is a wave's own: its code, digests of its data, tokens; numbers to ten digits."""
    text = re.sub("|".join(WORLDS), "DOT", text)
    text = re.sub(r'name="csrf_token"[^>]*>', "", text)
    text = re.sub(r"\d+\.\d{6,}(?:e-?\d+)?", lambda number: f"{float(number[0]):.8g}", text)
    return re.sub(r"\b(?=[0-9a-f]*[a-f])[0-9a-f]{12}(?:[0-9a-f]{52})?\b", "DIGEST", text)


def words(made: bytes) -> str:
    """All texts of a Word or Excel file."""
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        names = sorted(name for name in file.namelist() if name.endswith(".xml") and "docProps" not in name)
        return "\n".join(file.read(name).decode() for name in names)


def records(database: Database, wave: str) -> Iterator[tuple[str, str]]:
    """The released records in every way to ask for them."""
    with database.reading() as session:
        ways = [(variance, "korn-graubard", False) for variance in VARIANCES]
        ways += [("auto", interval, interval == "wilson") for interval in INTERVALS if interval != "korn-graubard"]
        for by, (variance, interval, asked) in itertools.product((["unit"], ["stratum"], ["mode"], []), ways):
            found = result_table.estimates(
                session,
                wave,
                items=SETS,
                by=by,
                released=True,
                variance=variance,
                interval=interval,
                level=0.9 if asked else 0.95,
                asked=asked,
            )
            yield f"{by} {variance} {interval}", json.dumps(result_table.as_records(found))


def reports(database: Database, wave: str) -> Iterator[tuple[str, str]]:
    with database.reading() as session:
        said = summary.gather(session, wave)
    for format in ("json", "csv"):
        yield format, report.write(said, format).decode()
    for format in ("docx", "xlsx"):
        yield format, words(report.write(said, format))
    line = next(line for line in said.units if line.unit.code == ONE)
    yield f"docx of {ONE}", words(report.write_unit(said, line, "docx"))


def pages(client: FlaskClient, token: str, wave: str) -> Iterator[tuple[str, str]]:
    """What is drawn and written on the pages, and what the API gives."""
    addresses = ["", "cau-hoi", "cach-tra-loi", "bao-cao", "bang?item=C5&by=unit", "don-vi?hien=C5&xep=nguoi"]
    addresses += ["don-vi?hien=C5", "don-vi?hien=C5&xem=o", "don-vi?hien=C5&xep=doi", "don-vi.csv?hien=C5"]
    addresses += [f"don-vi/{unit}" for unit in (ONE, TWO)]
    addresses += [f"cach-tinh?item={item}&unit={unit}" for item in ("C5=3", "C5=1,3") for unit in (ONE, TWO)]
    for address in addresses:
        got = client.get(f"/quan-tri/{wave}/{address}")
        assert got.status_code == 200, address
        yield address, got.text.partition("<main")[2] or got.text
    for query in ("item=C5&by=unit", "item=C5%3D1,3&by=unit", "item=C5&by=stratum", "item=C5"):
        got = client.get(f"/api/v1/waves/{wave}/results?{query}", headers={"Authorization": f"Bearer {token}"})
        assert got.status_code == 200, query
        yield query, got.text


def test_nothing_that_is_published_depends_on_whether_it_was_one_case_or_two(
    worlds: Database, app: Flask, sign_in: Any
) -> None:
    client = sign_in(app, "home_affairs")
    with worlds.writing() as session:
        token = tokens.add(session, "may", Role.HOME_AFFAIRS)

    def published(wave: str) -> Iterator[tuple[str, str]]:
        yield from records(worlds, wave)
        yield from reports(worlds, wave)
        yield from pages(client, token, wave)

    told = 0
    for (where, one), (_where, two) in zip(published("doi-a"), published("doi-b"), strict=True):
        assert plain(one) == plain(two), where
        told += "under_3" in one or "dưới 3" in one
    assert told > 25


def test_a_set_with_a_case_that_is_not_counted_out_is_hidden(worlds: Database) -> None:
    """One or two and the fifty of a shown answer are not “under 3 cases”, and their limit would tell which."""
    with worlds.reading() as session:
        found = result_table.estimates(
            session, "doi-a", items=["C5=3", "C5=1,3", "C5=2,3"], by=["unit"], released=True
        )
    marks = {(one.value, one.domain): one.flags for one in found}
    assert marks["3", ONE] == marks["3", TWO] == ("under_3",)
    assert marks["1,3", ONE] == marks["2,3", TWO] == ("hidden_with",)

"""An open wave of which service centres are the units: rows, notices and pages are theirs, and of no commune."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.reports import commune
from survey.reports.contents import contents
from survey.results import summary
from survey.system import dates
from survey.waves import questionnaires, units
from tests.survey import open_waves
from tests.survey.reports.test_contents import said
from translations import speaking

WAVE = "tt"
NAMES = {f"TT{place}": f"Trung tâm Phục vụ hành chính công {name}" for place, name in enumerate("ABCD")}


@pytest.fixture
def centres(app: Flask, tmp_path: Path) -> Flask:
    """Thirty answers for each of three centres, none for a fourth; released."""
    database = app.extensions["database"]
    listed = "".join(f"{code},{name},trung tâm,22\n" for code, name in NAMES.items())
    with database.writing() as session:
        units.load(session, f"code,name,kind,parent\n{listed}")
        asked = questionnaires.find(session, "noi_phuc_vu@2")
    scored = [code for code, item in asked.items.items() if item.scale]
    rows = [[[*NAMES][i % 3], *(1 + (i + j) % 5 for j in range(len(scored)))] for i in range(90)]
    open_waves.make(database, tmp_path, WAVE, asked, [["unit", *scored], *rows])
    open_waves.release(database, WAVE)
    return app


def test_rows_are_the_centres_and_no_commune(centres: Flask, sign_in: Callable[[Flask, str], FlaskClient]) -> None:
    with centres.extensions["database"].reading() as session:
        told = summary.gather(session, WAVE)
    assert [(line.unit.code, line.index.n) for line in told.units] == [
        ("TT0", 30),
        ("TT1", 30),
        ("TT2", 30),
        ("TT3", 0),
    ]
    office = sign_in(centres, "home_affairs")
    for page in ("don-vi", "bang?muc=index&theo=unit", "tien-do"):
        read = open_waves.words_of(office.get(f"/quan-tri/{WAVE}/{page}").text)
        assert all(name in read for name in NAMES.values()), page
        assert "Hà Tu" not in read, page
        assert "Xã, phường, đặc khu" not in read, page
        assert f"{NAMES['TT1']} trung tâm" not in read, page  # its name says it
    own = open_waves.words_of(office.get(f"/quan-tri/{WAVE}/don-vi/TT1").text)
    assert NAMES["TT1"] in own
    assert "trung tâm Trung tâm" not in own
    assert "xã này" not in own
    assert office.get(f"/quan-tri/{WAVE}/don-vi/06652").status_code == 404
    public = open_waves.words_of(centres.test_client().get(f"/ket-qua/{WAVE}?noi=TT1").text)
    assert NAMES["TT1"] in public
    assert "Từng nơi thế nào?" in public
    assert "Hà Tu" not in public


@pytest.mark.parametrize(("language", "word"), [("vi", r"(?i)\bxã\b|phường"), ("en", "(?i)communes?|wards?")])
def test_what_goes_out_speaks_of_units_and_of_no_commune(centres: Flask, language: str, word: str) -> None:
    with centres.extensions["database"].reading() as session, speaking(language):
        told = summary.gather(session, WAVE)
        read = [said(contents(told)), said(commune.contents(told, told.units[0]))]
    read.append(open_waves.words_of(centres.test_client().get(f"/ket-qua/{WAVE}?noi=TT1&lang={language}").text))
    found = [text[max(0, one.start() - 50) : one.end() + 40] for text in read for one in re.finditer(word, text)]
    assert not found


def test_a_commune_that_was_answered_for_lists_all_communes_with_it(app: Flask) -> None:
    with app.extensions["database"].writing() as session:
        units.load(session, "code,name,kind,parent\nTT0,Trung tâm A,trung tâm,22\n")
        listed = [unit.code for unit in units.asked_about(session, ["06652", "TT0"], dates.today())]
        nothing_yet = units.asked_about(session, [], dates.today())
        communes = [unit.code for unit in units.communes(session, dates.today())]
        assert units.are_communes(units.asked_about(session, ["06652", "TT0"], dates.today()))
    assert listed == [*communes, "TT0"]
    assert [unit.code for unit in nothing_yet] == communes


def test_centres_are_listed_by_name_under_it_and_one_that_is_gone_is_not(app: Flask) -> None:
    gone = dates.today() - timedelta(1)
    with app.extensions["database"].writing() as session:
        rows = f"TT8,Trung tâm A,trung tâm,22,\nTT1,Trung tâm B,trung tâm,22,\nTT9,C,trung tâm,22,{gone}\n"
        units.load(session, f"code,name,kind,parent,valid_to\n{rows}")
        listed = units.asked_about(session, ["TT1"], dates.today())
        assert [units.named(unit) for unit in listed] == ["Trung tâm A", "Trung tâm B"]
        assert units.named(units.find(session, "TT9")) == "trung tâm C"

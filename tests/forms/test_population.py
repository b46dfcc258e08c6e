"""Whom a questionnaire asks: citizens unless it says others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forms import POPULATIONS, DocumentError, Questionnaire, load, parse, writing
from survey.data_files.xlsform import exporting, importing

LEADERS = Path(__file__).parents[2] / "docs/examples/lanh_dao.yaml"
FIVE = "        muc_do: {1: 0, 2: 0.25, 3: 0.5, 4: 0.75, 5: 1}\n"
THREE = "        kip_thoi: {1: 0, 2: 0.5, 3: 1}\n"


def test_a_document_that_does_not_say_asks_citizens_and_keeps_its_digest(
    questionnaire: Questionnaire, document: dict[str, Any]
) -> None:
    assert questionnaire.population is POPULATIONS["citizens"]
    assert "population" not in questionnaire.document
    assert parse(document).digest == questionnaire.digest


@pytest.mark.parametrize("name", POPULATIONS)
def test_each_population_is_what_its_document_names(document: dict[str, Any], name: str) -> None:
    assert parse(document | {"population": name}).population is POPULATIONS[name]


def test_groups_keep_their_size_through_every_way_of_writing_it(tmp_path: Path) -> None:
    groups = [{"code": "db", "name": {"vi": "Đại biểu", "en": "Delegates"}, "size": 46}]
    asked = parse(load(LEADERS).document | {"groups": groups})
    assert [(one.code, one.name.en, one.size) for one in asked.groups] == [("db", "Delegates", 46)]
    file = tmp_path / "bo.yaml"
    file.write_text(writing.written(asked.document), encoding="utf-8")
    sheets = importing.read(exporting.written(asked), "bo.xlsx")
    assert {load(file).digest, parse(sheets.document).digest} == {asked.digest}
    for wrong in ({"size": 0}, {"size": 4.5}, {"code": "1"}):
        with pytest.raises(DocumentError):
            parse(asked.document | {"groups": [groups[0] | wrong]})
    with pytest.raises(DocumentError, match="đã dùng"):
        parse(asked.document | {"groups": groups * 2})


def test_citizens_are_in_no_groups(document: dict[str, Any]) -> None:
    groups = [{"code": "db", "name": {"vi": "Đại biểu", "en": "Delegates"}, "size": 46}]
    with pytest.raises(DocumentError, match="theo nhóm"):
        parse(document | {"groups": groups})


def test_people_are_called_as_the_document_says_through_every_way_of_writing_it(tmp_path: Path) -> None:
    plain = load(LEADERS)
    asked = parse(plain.document | {"people": {"vi": "doanh nghiệp", "en": "businesses"}})
    assert (plain.people, asked.people and asked.people.en) == (None, "businesses")
    file = tmp_path / "bo.yaml"
    file.write_text(writing.written(asked.document), encoding="utf-8")
    sheets = importing.read(exporting.written(asked), "bo.xlsx")
    assert {load(file).digest, parse(sheets.document).digest} == {asked.digest}


def test_leaders_score_each_scale_by_its_own_table() -> None:
    asked = load(LEADERS)
    assert asked.population is POPULATIONS["leaders"]
    assert parse(asked.document) == asked
    assert asked.index is not None
    scores = asked.index.rules["points"].scores
    assert dict(scores["ld_tc_muc"]) == {1: 0, 2: 0.25, 3: 0.5, 4: 0.75, 5: 1}
    assert dict(scores["ld_tc_kip"]) == {1: 0, 2: 0.5, 3: 1}


@pytest.mark.parametrize(
    ("right", "wrong", "line", "place"),
    [
        ("population: leaders", "population: leader", "population: leader", "population"),
        ("population: leaders", "population: leaders\nopen_rows: true", "open_rows", "open_rows"),
        (
            FIVE + THREE,
            "        1: 0\n        2: 0.5\n        3: 1\n        4: 1\n        5: 1\n",
            "scores:",
            "scores",
        ),
        (THREE, "", "scores:", "scores"),
        (THREE, "        kip_thoi: {1: 0, 3: 1}\n", "kip_thoi: {1: 0, 3", "scores"),
        ("5: 1}\n        kip", "5: 10}\n        kip", "muc_do: {1: 0,", "scores"),
        ("        kip_thoi: {1: 0, 2", "        kip_thoj: {1: 0, 2", "kip_thoj", "scores"),
    ],
    ids=[
        "unknown population",
        "open rows",
        "one table",
        "a scale without",
        "a level without",
        "above one",
        "of no scale",
    ],
)
def test_what_cannot_be_scored_is_refused_at_its_line(
    tmp_path: Path, right: str, wrong: str, line: str, place: str
) -> None:
    written = LEADERS.read_text(encoding="utf-8").replace(right, wrong)
    file = tmp_path / "ld.yaml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(DocumentError) as refused:
        load(file)
    assert place in refused.value.place.split("/")
    assert refused.value.line == 1 + [line in one for one in written.splitlines()].index(True)

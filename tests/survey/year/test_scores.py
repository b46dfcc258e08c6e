"""Scores of a scorecard: stored whole or not at all, by four eyes, added up only where all is known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from analysis.interval import t_quantile
from forms import scorecard
from forms.scorecard import Scorecard
from survey.results import result_table
from survey.storage.database import Database
from survey.storage.models import Score
from survey.system import dates
from survey.waves import units, waves
from survey.year import measured_parts, rows, scorecard_table, scorecards, scores, survey_figures, year_waves
from survey.year.rows import Unfit
from survey.year.scorecard_table import ScorecardLine, ScorecardTable
from survey.year.scores import PartValue
from translations import Conflict, NotFound, Refusal

EXAMPLES = Path(__file__).parents[3] / "docs/examples/nam"
BAD = Path(__file__).parent / "bad"
FAULTS = [
    one
    for one in json.loads((BAD / "expect.json").read_text(encoding="utf-8"))
    if one["as"] in ("self", "official", "assessed")
]
PROOF = "1/BC-SNV 2025-01-12"


@pytest.fixture
def session(database: Database) -> Any:
    with database.writing() as session:
        units.load(session, (EXAMPLES / "offices.csv").read_text(encoding="utf-8"))
        for name in ("par_tinh", "khao_sat_lanh_dao", "papi_tinh"):
            scorecards.publish(session, scorecard.load(EXAMPLES / f"{name}.yaml"), dates.today())
        yield session


def example(session: Session, kind: str, person: str) -> list[bool]:
    return scores.load(session, EXAMPLES / f"{kind}_2024.csv", 2024, "par_tinh@1", kind, person)


def row(part: str, value: object, **cells: str) -> dict[str, str]:
    return {"part": part, "value": str(value), "evidence": PROOF, "explanation": "", "unit": ""} | cells


def at(session: Session, year: int = 2024, code: str = "par_tinh", unit: str | None = None) -> dict[str, Any]:
    return {line.part.code: line for line in scores.lines(session, year, code, unit)}


def stored(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Score)) or 0


@pytest.mark.both_databases
def test_the_article_s_points_come_out(session: Session) -> None:
    assert example(session, "official", "Người nhập A") == [True] * 4
    assert example(session, "self", "Người chấm B") == [True] * 4
    found = at(session)
    assert {part: found[part].lost for part in ("6.1", "6.2", "7.1", "7.2")} == {
        "6.1": 0.17,
        "6.2": 0.23,
        "7.1": 0.63,
        "7.2": 4.43,
    }
    assert (found["7.2"].value, found["7.2"].value_of, found["7.2"].self_.value) == (2.57, "official", 4)
    for part in ("", "1", "6", "7"):  # a maximum is not known: no sum, and no zero either
        assert (found[part].value, found[part].lost, found[part].flags) == (None, None, ("incomplete",))
    assert list(found)[0] == ""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault["file"]))
def test_a_file_with_a_fault_stores_nothing(database: Database, fault: dict[str, Any]) -> None:
    with database.writing() as session:
        scorecards.publish(session, scorecard.load(EXAMPLES / "par_tinh.yaml"), dates.today())
    with pytest.raises(Refusal) as caught, database.writing() as session:
        scores.load(session, BAD / fault["file"], 2024, "par_tinh@1", fault["as"], "Người khác")
    assert any(f"{fault['row']}, cột {column}" in str(caught.value) for column in fault["column"])
    with database.reading() as session:
        assert stored(session) == 0


def test_who_scored_a_part_never_appraises_it_nor_the_other_way(session: Session) -> None:
    card = scorecards.find(session, "par_tinh@1")
    scores.put(session, 2024, card, "self", row("6.1", 0.9), "Nguyễn  Văn An")
    scores.put(session, 2024, card, "assessed", row("7.2", 3), "Trần Thị Bình")
    for kind, part, person in (("assessed", "6.1", "nguyễn văn an"), ("self", "7.2", "Trần Thị Bình")):
        with pytest.raises(Unfit) as caught:
            scores.put(session, 2024, card, kind, row(part, 0.5), person)
        assert caught.value.column == "part"
    # One who scored it once stays out of it, though somebody else scored it since.
    scores.put(session, 2024, card, "self", row("6.1", 0.8), "Lê Văn Cường")
    with pytest.raises(Unfit):
        scores.put(session, 2024, card, "assessed", row("6.1", 0.8), "Nguyễn Văn An")
    scores.put(session, 2024, card, "assessed", row("6.1", 0.85), "Trần Thị Bình")
    scores.put(session, 2024, card, "assessed", row("7.1", 0.5), "Nguyễn Văn An")
    assert at(session)["6.1"].assessed.value == 0.85


def test_alike_counts_as_there_and_a_new_score_leaves_the_old_one(session: Session) -> None:
    example(session, "self", "Người chấm B")
    assert example(session, "self", "Người chấm B") == [False] * 4
    card = scorecards.find(session, "par_tinh@1")
    assert scores.put(session, 2024, card, "self", row("7.2", 4.5), "Người chấm B")
    given = scores.history(session, 2024, "par_tinh", "7.2")
    assert [one.value for one in given] == [4.5, 4]
    assert at(session)["7.2"].value == 4.5


@pytest.mark.both_databases
def test_the_database_refuses_to_change_a_score(database: Database) -> None:
    with database.writing() as session:
        card = scorecard.load(EXAMPLES / "par_tinh.yaml")
        scorecards.publish(session, card, dates.today())
        scores.put(session, 2024, card, "self", row("7.2", 4), "A")
    for change in (update(Score).values(value=7), delete(Score)):
        with pytest.raises(DatabaseError), database.writing() as session:
            session.execute(change)


def test_a_published_version_stays_as_it_is(session: Session) -> None:
    card = scorecards.find(session, "par_tinh@1")
    assert scorecards.publish(session, card, dates.today()) is False
    with pytest.raises(Conflict):
        scorecards.publish(session, changed(card, note="Khác"), dates.today())
    with pytest.raises(NotFound):
        scorecards.find(session, "par_tinh@9")


def changed(card: Scorecard, **keys: object) -> Scorecard:
    return scorecard.parse(card.document | keys)


def test_a_year_and_unit_keep_the_version_that_they_were_scored_by(session: Session) -> None:
    example(session, "official", "A")
    second = changed(scorecards.find(session, "par_tinh@1"), version=2)
    scorecards.publish(session, second, dates.today())
    with pytest.raises(Unfit, match="part"):
        scores.put(session, 2024, second, "self", row("6.1", 0.5), "B")
    assert scores.version_of(session, 2024, "par_tinh").version == 1
    assert scores.version_of(session, 2025, "par_tinh").version == 2
    scores.put(session, 2025, second, "self", row("6.1", 0.5), "B")


def test_the_year_before_stands_beside_if_it_had_as_many_points(session: Session) -> None:
    example(session, "official", "A")
    card = scorecards.find(session, "par_tinh@1")
    document = card.document | {"version": 2}
    document["parts"][5]["parts"][0]["max"] = 2  # 6.1
    second = scorecard.parse(document)
    scorecards.publish(session, second, dates.today())
    scores.put(session, 2025, second, "official", row("7.2", 5), "A")
    now = at(session, 2025)
    assert (now["7.2"].previous, now["6.1"].previous, now["6.1"].part.max) == (2.57, None, 2)
    assert at(session)["7.2"].previous is None


def small(session: Session, rates: str = "province", **keys: object) -> Scorecard:
    """A document of which everything is known: 3 + 2, and 5 in whole points or halves."""
    document = yaml.safe_load(f"""
code: nho
version: 1
title: {{vi: Nhỏ, en: Small}}
source: 1/QĐ-UBND 2025-01-01
rates: {rates}
total: 10
parts:
  - code: '1'
    label: {{vi: Một, en: One}}
    max: 5
    parts:
      - {{code: '1.1', label: {{vi: a, en: a}}, max: 3, min: 0.5, step: 0.5}}
      - {{code: '1.2', label: {{vi: b, en: b}}, max: 2}}
  - {{code: '2', label: {{vi: Hai, en: Two}}, max: 5}}
""")
    card = scorecard.parse(document | keys)
    scorecards.publish(session, card, dates.today())
    return card


def test_a_sum_comes_when_every_leaf_has_a_value_and_not_before(session: Session) -> None:
    card = small(session)
    for part, value in (("1.1", 2.5), ("1.2", 0)):
        scores.put(session, 2024, card, "self", row(part, value), "A")
    found = at(session, code="nho")
    assert (found["1"].value, found["1"].lost, found["1"].flags) == (2.5, 2.5, ())
    assert (found[""].value, found[""].flags) == (None, ("incomplete",))
    scores.put(session, 2024, card, "self", row("2", 4, evidence="", explanation="Chưa có văn bản."), "A")
    found = at(session, code="nho")
    assert (found[""].value, found[""].lost, found["2"].flags) == (6.5, 3.5, ("no_evidence",))


@pytest.mark.parametrize("value", ["0", "2.25", "3.5"])
def test_a_value_keeps_to_its_range_and_step(session: Session, value: str) -> None:
    card = small(session)
    with pytest.raises(Unfit, match="value"):
        scores.put(session, 2024, card, "self", row("1.1", value), "A")


def test_zero_has_no_sign() -> None:
    assert str(rows.number({"value": "-0"}, "value", 0, 5)) == "0.0"


def test_a_scorecard_of_units_needs_one_of_its_kind(session: Session) -> None:
    card = small(session, rates="commune")
    for unit in ("", "22", "SNV", "99999"):
        with pytest.raises(Unfit, match="unit"):
            scores.put(session, 2024, card, "self", row("2", 4, unit=unit), "A")
    scores.put(session, 2024, card, "self", row("2", 4, unit="06652"), "A")
    scores.put(session, 2024, card, "self", row("2", 3, unit="06658"), "A")
    assert [at(session, code="nho", unit=unit)["2"].value for unit in ("06652", "06658")] == [4, 3]
    for unit in (None, "SNV"):
        with pytest.raises(Refusal):
            scores.lines(session, 2024, "nho", unit)
    with pytest.raises(Unfit, match="unit"):
        scores.put(session, 2024, scorecards.find(session, "par_tinh@1"), "self", row("6.1", 1, unit="06652"), "A")


def test_a_row_twice_in_a_file_is_told_whatever_the_unit_is_called(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "diem.csv"
    file.write_text(f"part,value,evidence,unit\n6.1,0.5,{PROOF},\n6.1,0.6,{PROOF},22\n", encoding="utf-8")
    with pytest.raises(Refusal, match=re.escape("3, cột part")):
        scores.load(session, file, 2024, "par_tinh@1", "self", "A")


@pytest.fixture
def thu(made_up: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session on the demo's data whose sample wave is the survey of every year."""
    with made_up.extensions["database"].reading() as session:
        wave = next(wave for wave in waves.list_all(session) if wave.kind.value == "sample")
        monkeypatch.setattr(year_waves, "find", lambda _session, _year, role: wave if role == "survey" else None)
        yield session, wave


Thu = tuple[Session, Any]
Figures = Callable[[str], Any]


def test_own_indicators_are_computed_from_the_survey_with_their_own_limits(thu: Thu) -> None:
    session, wave = thu
    card = scorecard.load(EXAMPLES / "papi_tinh.yaml")
    found = measured_parts.measured(session, 2026, card, None)

    def figure(item: str) -> Any:
        return result_table.estimates(session, wave.code, items=[item])[0]

    one = figure("gt_day_du")
    assert found["2"].points.value == pytest.approx(1 + 9 * one.estimate)
    assert (found["2"].points.low, found["2"].points.high) == pytest.approx((1 + 9 * one.low, 1 + 9 * one.high))
    bribes = figure("C6=3")
    assert found["4"].points.value == pytest.approx(1 + 9 * (0.5 - bribes.estimate) / 0.5)
    assert (found["4"].points.low, found["4"].points.high) == pytest.approx(
        (1 + 9 * (0.5 - bribes.high) / 0.5, 1 + 9 * (0.5 - bribes.low) / 0.5)
    )
    two = [figure(item) for item in ("tg_gop_y", "tg_phan_hoi")]
    joint = found["1"].points
    assert joint.value == pytest.approx(1 + 9 * (two[0].estimate + two[1].estimate) / 2)
    # One person answers both: the error lies above that of independent figures, below the sum of both errors.
    errors = [4.5 * one.standard_error for one in two]
    assert max(errors) < joint.standard_error < sum(errors)
    spread = survey_figures.combined(session, wave, {"tg_gop_y": 4.5, "tg_phan_hoi": 4.5})
    half = float(t_quantile(spread.df, 0.95)) * joint.standard_error
    assert (joint.low, joint.high) == pytest.approx((joint.value - half, joint.value + half))
    assert "" not in found  # the total is null in the document
    assert all(one.is_simulated for one in found.values())


def test_a_commune_s_scorecard_takes_the_commune_s_figures(thu: Thu) -> None:
    session, wave = thu
    card = changed(scorecard.load(EXAMPLES / "papi_tinh.yaml"), rates="commune")
    found = measured_parts.measured(session, 2026, card, "06652")
    one = next(
        one
        for one in result_table.estimates(session, wave.code, items=["gt_day_du"], by=["unit"])
        if one.domain == "06652"
    )
    assert found["2"].points.value == pytest.approx(1 + 9 * one.estimate)
    assert found["2"].points.low is not None
    joint = found["1"].points
    assert joint.low is not None
    assert joint.high is not None
    assert joint.low < joint.value < joint.high


def test_what_is_hidden_or_not_asked_gives_no_points(thu: Thu) -> None:
    session, _wave = thu
    card = scorecard.load(EXAMPLES / "papi_tinh.yaml")
    document = card.document
    document["parts"][0]["measures"][0]["measure"] = "survey:khong_co"
    found = measured_parts.measured(session, 2026, scorecard.parse(document), None)
    assert "1" not in found
    assert "2" in found
    leaders = scorecard.load(EXAMPLES / "khao_sat_lanh_dao.yaml")
    assert measured_parts.measured(session, 2026, leaders, None) == {}
    # A sensitive answer of a commune in which hardly anybody gave it is hidden, and so is what is made of it.
    hidden = [
        one.domain
        for one in result_table.estimates(session, _wave.code, items=["C6=3"], by=["unit"], released=True)
        if one.estimate is None
    ]
    assert hidden
    of_commune = changed(card, rates="commune")
    assert "4" not in measured_parts.measured(session, 2026, of_commune, str(hidden[0]))


def test_a_measured_value_never_stands_without_its_caution_and_not_as_anybody_s_points(thu: Thu) -> None:
    session, _wave = thu
    card = scorecard.load(EXAMPLES / "papi_tinh.yaml")
    found = measured_parts.measured(session, 2026, card, None)
    lines = [
        ScorecardLine(PartValue(part, "22", measured=found.get(part.code)), None) for part in card.whole.walk()
    ]
    records = scorecard_table.records(ScorecardTable(2026, card, units.province(session), lines))
    measured = [one for one in records if one["measured"] is not None]
    assert [one["part"] for one in measured] == ["1", "2", "4"]
    assert all("không phải PAPI" in one["explanation"] and "simulated" in one["flags"] for one in measured)
    assert all(one["official"] is None for one in measured)

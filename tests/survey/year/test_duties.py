"""Duties: who answers for what by when; judged only where the figure allows it; never changed in place."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import scorecard
from survey.results import summary
from survey.results.targets import Verdict
from survey.storage.database import Database
from survey.storage.models import Duty, Progress, PublishedFigure, YearRole
from survey.system import dates
from survey.waves import units
from survey.year import document, duties, measures, scorecards, scores, year_waves
from survey.year.measures import Figure, Scale
from survey.year.rows import Unfit
from translations import Refusal

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "nam"
BAD = Path(__file__).parent / "bad"
TODAY, BEFORE = dates.today(), date(2020, 1, 1)
ROW = {
    "code": "MT-1", "what": "Nâng mức hài lòng", "office": "SNV", "head": "Giám đốc", "deadline": "2025-12-31",
    "decision": "01/KH-UBND 2025-08-01", "measure": "rank:PAPI", "value": "5", "at_most": "1", "unit": "",
    "source": "",
}  # fmt: skip
TASK = {**ROW, "code": "NV-1", "measure": "", "value": "", "at_most": ""}
Put = Callable[..., str]


@pytest.fixture
def put(province: Database) -> Put:
    """put(value="4", …) keeps the row with these cells in the plan of 2025."""

    def kept(row: dict[str, str] = ROW, **cells: str) -> str:
        with province.writing() as session:
            return duties.put(session, 2025, {**row, **cells}, "An")

    return kept


@pytest.fixture
def reported(province: Database) -> Put:
    """reported(state="done", …) reports on the task."""

    def kept(**cells: str) -> str:
        with province.writing() as session:
            row = {"code": "NV-1", "state": "doing", "day": "2025-10-02", "note": "", "evidence": "", **cells}
            return duties.report(session, 2025, row, "Bình")

    return kept


def furnish(session: Session) -> None:
    """The offices and the scorecard that the example plan names."""
    units.load(session, (EXAMPLES / "offices.csv").read_text(encoding="utf-8"))
    scorecards.publish(session, scorecard.load(EXAMPLES / "par_tinh.yaml"), TODAY)


def score(session: Session, part: str, value: str, kind: str = "official", person: str = "An") -> None:
    cells = {"part": part, "value": value, "evidence": "1/QĐ-BNV 2025-01-01", "explanation": "", "unit": ""}
    scores.put(session, 2025, scorecards.find(session, "par_tinh@1"), kind, cells, person)


def lines(province: Database, **asked: bool) -> list[duties.DutyLine]:
    with province.reading() as session:
        return duties.lines(session, 2025, **asked)  # type: ignore[arg-type]


def publish(province: Database, index: str, year: int = 2025, **figures: float) -> None:
    row = {"part": "", "unit": "points", "source": "x", "note": ""}
    with province.writing() as session:
        place = units.province(session).name
        row |= {"year": year, "place": place, "index": index, "stored_on": TODAY, **figures}
        session.add(PublishedFigure(**row))


def test_what_is_there_moves_by_a_decision_that_no_version_had(put: Put, province: Database) -> None:
    assert put() == "stored"
    assert put() == "there"
    for cells in ({"value": "9"}, {"head": "Phó Giám đốc"}, {"deadline": "2026-06-30"}, {"office": "06652"}):
        with pytest.raises(Unfit) as refused:
            put(**cells)
        assert refused.value.column == "decision"
    assert put(value="9", decision="02/KH-UBND 2025-10-01") == "changed"
    for decision in (
        "01/KH-UBND 2025-08-01 Kế hoạch", "02/KH-UBND 2025-10-01; 01/KH-UBND 2025-08-01",
        "01/kh-ubnd 2025-08-01", "1/KH-UBND 2025-08-01", "01/KH-UBND 2025-08-02", "01/KH–UBND 2025-08-01",
        "01/КН-UBND 2025-08-01", "01/ＫＨ-UBND 2025-08-01", "01/KH-\u200bUBND 2025-08-01",
    ):  # fmt: skip
        with pytest.raises(Unfit):  # neither by an old one written otherwise, nor by both together
            put(value="20", decision=decision)
    assert put() == "there"  # the first file again moves nothing back
    assert put(what="Nói cách khác", value="9", decision="02/KH-UBND 2025-10-01") == "changed"  # words alone
    assert [(line.version, line.value, line.current) for line in lines(province, history=True)] == [
        (3, 9, True), (2, 9, False), (1, 5, False),
    ]  # fmt: skip


def test_no_document_is_of_a_day_to_come(put: Put) -> None:
    put()
    with pytest.raises(Unfit) as refused:
        put(value="9", decision=f"02/KH-UBND {TODAY + timedelta(1)}")
    assert refused.value.column == "decision"
    assert put(value="9", decision=f"02/KH-UBND {TODAY}") == "changed"


def test_a_target_that_comes_after_its_figure_says_so(put: Put, province: Database) -> None:
    put()
    publish(province, "PAPI", rank=4)
    put(value="4", decision="02/KH-UBND 2025-10-01")
    assert [line.after_data for line in lines(province, history=True)] == [True, False]
    assert [line.set_on for line in lines(province)] == [TODAY]


@pytest.mark.parametrize(
    ("index", "measure", "value", "at_most", "verdict"),
    [
        ({"value": 91.49}, "published:PAPI", "80", "", "reached"),
        ({"value": 47.82}, "published:PAPI", "48", "", "missed"),
        ({"rank": 4}, "rank:PAPI", "4", "1", "reached"),
        ({"rank": 4}, "rank:PAPI", "3", "1", "missed"),
        ({"group": 1}, "group:PAPI", "1", "1", "reached"),
        ({}, "rank:PAPI", "3", "1", "unseen"),
    ],
)
def test_what_others_published_is_judged_by_its_value(
    put: Put, province: Database, index: dict[str, float], measure: str, value: str, at_most: str, verdict: str
) -> None:
    publish(province, "PAPI", **index)
    put(measure=measure, value=value, at_most=at_most)
    [line] = lines(province)
    assert line.verdict == verdict
    assert (line.low, line.high) == (None, None)


MEASURED = Figure(90, Scale.PERCENT, 88, 92, measured=True)


@pytest.mark.parametrize(
    ("figure", "value", "at_most", "verdict"),
    [
        (MEASURED, 88, False, Verdict.REACHED),
        (MEASURED, 88.1, False, Verdict.UNDECIDED),
        (MEASURED, 92, False, Verdict.UNDECIDED),
        (MEASURED, 92.1, False, Verdict.MISSED),
        (MEASURED, 92, True, Verdict.REACHED),
        (MEASURED, 90, True, Verdict.UNDECIDED),
        (MEASURED, 87.9, True, Verdict.MISSED),
        (replace(MEASURED, low=None, high=None), 10, False, Verdict.UNSEEN),  # its base is hidden, or too small
        (replace(MEASURED, value=None), 10, False, Verdict.UNSEEN),
        (replace(MEASURED, flags=("not_a_sample",)), 10, False, Verdict.UNSEEN),  # whoever came has answered
        (Figure(0.1 + 0.2, Scale.POINTS), 0.3, True, Verdict.REACHED),  # the last bit decides nothing
        (None, 1, False, Verdict.UNSEEN),
    ],
)
def test_a_survey_is_judged_by_its_interval_alone(
    figure: Figure | None, value: float, at_most: bool, verdict: Verdict
) -> None:
    assert duties.verdict(figure, value, at_most) is verdict


def test_lateness_follows_from_the_days(put: Put, reported: Put, province: Database) -> None:
    yesterday, tomorrow = ((TODAY + timedelta(days)).isoformat() for days in (-1, 1))
    put(TASK, code="A", deadline=yesterday)
    put(TASK, code="B", deadline=tomorrow)
    put(code="C", deadline=yesterday)  # a target that nothing reaches
    put(code="D", deadline=tomorrow)
    assert [line.code for line in lines(province)] == ["A", "C", "B", "D"]
    assert [line.code for line in lines(province, late=True)] == ["A", "C"]
    reported(code="A", state="doing", day=BEFORE.isoformat())
    reported(code="B", state="done", day=TODAY.isoformat(), evidence="1/BC 2025-01-01")
    assert [line.code for line in lines(province, late=True)] == ["A", "C"]
    reported(code="A", state="stopped", day=TODAY.isoformat(), note="Chờ hướng dẫn")
    assert [line.code for line in lines(province, late=True)] == ["C"]
    reported(code="A", state="done", day=TODAY.isoformat(), evidence="1/BC 2025-01-01")  # after its deadline
    assert [line.code for line in lines(province, late=True)] == ["A", "C"]
    publish(province, "PAPI", rank=1)
    assert [line.code for line in lines(province, late=True)] == ["A"]


def test_reports_are_kept_and_the_newest_holds(put: Put, reported: Put, province: Database) -> None:
    put(TASK)
    put()
    assert lines(province)[1].state == "not_begun"
    assert reported() == "stored"
    assert reported(state="done", day="2025-11-01", evidence="1/BC 2025-11-01 Báo cáo") == "stored"
    assert reported() == "there"  # the former file again
    refused = {
        "evidence": {"state": "done"},
        "note": {"state": "stopped"},
        "day": {"day": (TODAY + timedelta(1)).isoformat()},
        "state": {"state": "xong"},
        "code": {"code": "NV-9"},
    }
    for column, cells in (*refused.items(), ("code", {"code": "MT-1"})):
        with pytest.raises(Unfit) as unfit:
            reported(**cells)
        assert unfit.value.column == column
    [task] = [line for line in lines(province) if line.kind == "task"]
    assert (task.state, task.day, task.evidence) == ("done", date(2025, 11, 1), "1/BC 2025-11-01 Báo cáo")
    with province.reading() as session:
        assert len(session.scalars(select(Progress)).all()) == 2


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("unit", {"measure": "survey:C5=3", "value": "2", "unit": "06652"}),
        ("unit", {"measure": "survey:C6=2,3", "value": "", "at_most": "", "unit": "06652"}),
        ("unit", {"unit": "06652"}),  # what others published is of the province
        ("at_most", {"at_most": ""}),  # a place of at least 5
        ("at_most", {"value": ""}),
        ("value", {"value": "1.5"}),
        ("value", {"measure": "group:PAPI"}),
        ("value", {"measure": "survey:index", "value": "101"}),
        ("measure", {"measure": "survey:C5", "value": "9"}),  # three figures, not one
        ("measure", {"measure": "survey:C99=1", "value": "9"}),
        ("measure", {"measure": "rank:PAPY"}),
        ("measure", {"measure": "rank:PAPI:8"}),
        ("code", {"code": "mt 1"}),
        ("code", {"code": "M" * 21}),
    ],
)
def test_what_can_not_be_meant_is_refused(put: Put, column: str, cells: dict[str, str]) -> None:
    with pytest.raises(Unfit) as refused:
        put(**cells)
    assert refused.value.column == column


def test_a_figure_of_the_year_survey_is_that_of_its_wave(put: Put, made_up_copy: Flask) -> None:
    database = made_up_copy.extensions["database"]
    with database.writing() as session:
        year_waves.name(session, 2025, YearRole.SURVEY, "thu-nghiem")
        for code, cells in {
            "A": {"value": "50"},
            "B": {"value": "99.9", "unit": "06652"},
            "C": {"measure": "survey:C5=3", "value": "100", "at_most": "1"},
            "D": {"measure": "survey:C5=3", "value": "", "at_most": ""},
        }.items():
            duties.put(
                session, 2025, {**ROW, "measure": "survey:index", "at_most": "", "code": code, **cells}, "An"
            )
    found = {line.code: line for line in lines(database)}
    assert [found[code].verdict for code in "ABCD"] == ["reached", "missed", "reached", None]
    assert all(found[code].after_data for code in "ABC")
    for line in found.values():
        low, middle, high = line.low, line.actual, line.high
        assert None not in (low, middle, high)
        assert low <= middle <= high  # type: ignore[operator]
        assert line.figure is not None
        assert line.figure.n
    assert found["A"].actual != found["B"].actual


def test_points_are_judged_by_their_value_and_the_most_that_can_be_won_comes_first(
    put: Put, province: Database
) -> None:
    with province.writing() as session:
        furnish(session)
        for part, value in (("6.1", "0.83"), ("7.1", "2.87"), ("7.2", "2.57")):
            score(session, part, value)
    for code, cells in {
        "A": {"measure": "score:par_tinh:6.1", "value": "0.9"},
        "B": {"measure": "score:par_tinh:7.2", "value": "2.57"},
        "C": {"measure": "score:par_tinh:7.1", "value": "3.5"},
        "D": {"measure": "score:par_tinh:7", "value": "9"},  # its maximum is unknown
        "E": {"measure": "score:par_tinh", "value": "", "decision": "3/KH 2025-01-01"},
    }.items():
        put(code=code, at_most="", deadline="2099-12-31", **cells)
    found = lines(province)
    assert [line.code for line in found] == ["B", "C", "A", "D", "E"]
    assert [line.verdict for line in found] == ["reached", "missed", "missed", "unseen", None]
    assert [line.lost for line in found] == [4.43, 0.63, 0.17, None, None]
    assert [line.after_data for line in found] == [True, True, True, False, False]
    with province.reading() as session:
        assert [line.lost for line in duties.lines(session, 2025)][0] == 4.43
    for cells in ({"value": "7.1"}, {"value": "-1"}, {"unit": "06652"}, {"measure": "score:par_tinh:9"}):
        with pytest.raises(Unfit):
            put(**{"code": "F", "measure": "score:par_tinh:7.2", "at_most": "", **cells})


def test_a_target_that_only_its_office_says_is_reached_says_so_until_it_is_appraised(
    put: Put, province: Database
) -> None:
    with province.writing() as session:
        furnish(session)
        score(session, "7.2", "2.57", "self", "SNV")
    for code, value in (("A", "2"), ("B", "3")):
        put(code=code, measure="score:par_tinh:7.2", value=value, at_most="", deadline="2099-12-31")

    def self_scored() -> tuple[dict[str, bool], set[str]]:
        with province.reading() as session:
            targets = document.gather(session, 2025).of("targets")
        return (
            {line.code: line.self_scored for line in lines(province)},
            {line.key for line in targets if "self_scored" in line.flags},
        )

    assert self_scored() == ({"A": True, "B": False}, {"A"})  # B is not reached
    with province.writing() as session:
        score(session, "7.2", "2.5", "assessed", "An")
    assert self_scored() == ({"A": False, "B": False}, set())


def test_a_target_set_after_the_first_answer_says_so_though_the_year_named_no_wave_then(
    put: Put, made_up_copy: Flask
) -> None:
    database = made_up_copy.extensions["database"]
    with database.writing() as session:
        duties.put(session, 2025, {**ROW, "measure": "survey:index", "at_most": "", "value": "50"}, "An")
        assert [line.after_data for line in duties.lines(session, 2025)] == [False]  # of which wave, nobody knows
        year_waves.name(session, 2025, YearRole.SURVEY, "thu-nghiem")
    assert [line.after_data for line in lines(database)] == [True]
    with database.reading() as session:
        assert [line.after_data for line in summary.gather(session, "thu-nghiem").targets] == [True]


def test_points_that_rest_on_a_sensitive_item_are_no_target_of_a_unit(put: Put, province: Database) -> None:
    """Its kin: a commune's scorecard of which a part is measured by C6."""
    words = {"vi": "Chữ", "en": "Words"}
    leaf = {"label": words, "max": 5, "by": "citizens"}
    items = (("1", "survey:index", 0, 1), ("2", "survey:C6=3", 0.5, 0))
    parts = [
        leaf | {"code": code, "measures": [{"measure": item, "floor": low, "ceiling": high}]}
        for code, item, low, high in items
    ]
    document = {"code": "xa", "version": 1, "title": words, "source": "1/QĐ 2025-01-01", "rates": "commune"}
    document |= {"total": 10, "caution": words, "parts": parts}
    with province.writing() as session:
        scorecards.publish(session, scorecard.parse(document), TODAY)
    cells = {"value": "4", "at_most": "", "unit": "06652"}
    for measure in ("score:xa:2", "score:xa"):
        with pytest.raises(Unfit) as refused:
            put(measure=measure, **cells)
        assert refused.value.column == "unit"
    assert put(measure="score:xa:1", **cells) == "stored"
    with pytest.raises(Unfit) as refused:
        put(code="MT-2", measure="score:xa:1", **{**cells, "unit": ""})
    assert refused.value.column == "unit"


def test_every_fault_of_a_file_is_told_by_row_and_column_and_nothing_is_stored(province: Database) -> None:
    with (BAD / "expect.json").open(encoding="utf-8") as file:
        faults = [fault for fault in json.load(file) if fault["as"] in ("plan", "progress")]
    with province.writing() as session:
        furnish(session)
        duties.load(session, 2025, EXAMPLES / "plan.csv", "An")
    loads = {"plan": (duties.load, 2032), "progress": (duties.load_progress, 2025)}
    assert len(faults) == 23
    for fault in faults:
        load, year = loads[fault["as"]]
        with pytest.raises(Refusal) as refused, province.writing() as session:
            load(session, year, BAD / fault["file"], "An")
        told = str(refused.value)
        assert any(f"Dòng {fault['row']}, cột {column}:" in told for column in fault["column"]), (fault, told)
    with province.reading() as session:
        assert not session.scalars(select(Duty).where(Duty.year == 2032)).all()
        assert not session.scalars(select(Progress)).all()


def test_the_example_plan_goes_in_twice_and_stores_once(province: Database) -> None:
    with (EXAMPLES / "plan.csv").open(encoding="utf-8") as file:
        count = len([*csv.DictReader(file)])
    with province.writing() as session:
        furnish(session)
        assert duties.load(session, 2025, EXAMPLES / "plan.csv", "An") == duties.Outcome(count, 0, 0)
        assert duties.load(session, 2025, EXAMPLES / "plan.csv", "An") == duties.Outcome(0, 0, count)
        assert duties.load_progress(session, 2025, EXAMPLES / "progress.csv", "An") == duties.Outcome(4, 0, 0)
        found = duties.lines(session, 2025, office="06688")
    assert {line.code for line in found} == {"MT-HALONG", "NV-11-06688", "NV-12-06688"}


def test_a_duty_has_its_name_when_a_later_version_or_the_wave_lacks_its_figure(
    put: Put, province: Database
) -> None:
    put(code="MT-K", measure="survey:index:PV.A", value="50", at_most="")
    with province.writing() as session:
        furnish(session)
    put(code="MT-P", measure="score:par_tinh:7.2", value="1", at_most="")
    with province.writing() as session:
        year_waves.name(session, 2025, YearRole.SURVEY, "ho-mau")  # of households, whose form has no such part
        document = json.loads(json.dumps(scorecards.newest(session, "par_tinh").document))
        [area] = [part for part in document["parts"] if part["code"] == "7"]
        area["parts"] = [one for one in area["parts"] if one["code"] != "7.2"]
        scorecards.publish(session, scorecard.parse({**document, "version": 2}), TODAY)
        assert "7.2" not in scores.version_of(session, 2025, "par_tinh").parts
        for line in duties.lines(session, 2025):
            measure = measures.parsed(line.measure)
            assert measures.name(session, 2025, measure)
            assert measures.bounds(session, 2025, measure)
            assert not measures.sensitive(session, 2025, measure)
            assert line.verdict == Verdict.UNSEEN
        with pytest.raises(Unfit):  # nothing new is promised of it
            measures.read(session, 2025, "score:par_tinh:7.2")


def test_everything_that_is_offered_can_be_a_duty_of_the_province(put: Put, province: Database) -> None:
    with province.writing() as session:
        furnish(session)
        groups = measures.offered(session, 2025)
    assert len(groups) >= 4
    for options in groups.values():
        for measure, name in options:
            assert name
            assert put(TASK, code="NV-ALL", measure=measure, decision=f"{len(measure)}/{measure} 2025-08-01")

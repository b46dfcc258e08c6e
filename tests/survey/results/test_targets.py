"""Targets of a wave: reached or not only where the interval says so, with who answers; a release keeps its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from analysis import Estimate
from survey.reports import commune, report
from survey.reports.contents import contents
from survey.responses.respondents import sample
from survey.results import release_steps, releases, summary, targets
from survey.results.targets import Verdict
from survey.storage.database import Database
from survey.storage.models import YearRole
from survey.system import dates
from survey.waves import waves
from survey.year import duties, year_waves
from translations.formats import day

SignIn = Callable[[Flask, str], FlaskClient]
SHARES = st.integers(0, 10**targets.EXACT).map(lambda number: number / 10**targets.EXACT)
YEAR = 2026


def record(low: float | None, high: float | None, **changed: Any) -> Estimate:
    known = dict.fromkeys(Estimate.__dataclass_fields__)
    middle = None if low is None or high is None else (low + high) / 2
    said = {
        "item": "index",
        "statistic": "index",
        "estimate": middle,
        "low": low,
        "high": high,
        "n": 100,
        "flags": (),
    }
    return Estimate(**{**known, **said, **changed})  # type: ignore[arg-type]


@given(SHARES, SHARES, SHARES)
def test_a_target_is_judged_by_the_whole_interval_from_both_sides(one: float, other: float, value: float) -> None:
    low, high = min(one, other), max(one, other)
    least, most = (targets.verdict(record(low, high), value, at_most) for at_most in (False, True))
    assert (least is Verdict.REACHED) == (low >= value)
    assert (least is Verdict.MISSED) == (high < value)
    assert (most is Verdict.REACHED) == (high <= value)
    assert (most is Verdict.MISSED) == (low > value)
    assert Verdict.UNSEEN not in (least, most)


def test_the_last_bit_of_a_sum_decides_nothing() -> None:
    everybody = 0.1 + 0.2, 0.3  # of a population that answered whole, both limits are the figure itself
    for low, high in (everybody, everybody[::-1]):
        assert targets.by_interval(low, high, 0.3, False) is Verdict.REACHED
        assert targets.by_interval(low, high, 0.3, True) is Verdict.REACHED
    assert targets.by_interval(0.9 - 2e-9, 0.95, 0.9, False) is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "unseen",
    [record(None, None), record(0.1, 0.2, flags=("hidden",)), record(0.1, 0.2, flags=("not_a_sample",))],
)
def test_nothing_is_judged_that_can_not_be_seen(unseen: Estimate) -> None:
    assert targets.verdict(unseen, 0.9, False) is Verdict.UNSEEN


def put(
    session: Session, code: str, measure: str, value: str, decision: str = "12/KH 2026-01-05", **more: str
) -> None:
    row = {"code": code, "what": "x", "measure": measure, "value": value, "office": "SNV", "head": "Giám đốc"}
    row |= {"deadline": "2026-12-31", "decision": decision, "unit": "", "at_most": "", "source": "", **more}
    duties.put(session, YEAR, row, "An")


@pytest.fixture
def aimed(made_up_copy: Flask) -> Flask:
    """The demo's wave as the survey of a year with targets of the province and of Hà Tu."""
    with made_up_copy.extensions["database"].writing() as session:
        year_waves.name(session, YEAR, YearRole.SURVEY, "thu-nghiem")
        put(session, "A", "survey:index", "80")
        put(session, "B", "survey:C6=3", "0.1", head="Chánh Văn phòng", at_most="1")
        put(session, "C", "survey:index", "99.9", unit="06652", office="06652", head="Chủ tịch")
        put(session, "D", "rank:PAPI", "5", at_most="1")  # no figure of a wave
        put(session, "E", "survey:index", "")  # a task
    return made_up_copy


def test_pages_and_reports_say_what_is_reached_and_who_answers(aimed: Flask, sign_in: SignIn) -> None:
    reader = sign_in(aimed, "home_affairs")
    overview = reader.get("/quan-tri/thu-nghiem/").text
    assert re.search(r"✓ Đạt</strong>.*?Sở Nội vụ – Giám đốc", overview, re.DOTALL)
    assert re.search(r"✗ Chưa đạt</strong>.*?Sở Nội vụ – Chánh Văn phòng", overview, re.DOTALL)
    assert "– Chủ tịch" not in overview
    assert f'href="/quan-tri/nam/{YEAR}/ke-hoach"' in overview
    assert "Hà Tu – Chủ tịch" in reader.get("/quan-tri/thu-nghiem/don-vi/06652").text
    with aimed.extensions["database"].reading() as session:
        said = summary.gather(session, "thu-nghiem")
        people = sample(session, waves.find(session, "thu-nghiem"))
        shares, means = (targets.lines(session, people, [], rule)[0].record for rule in ("share", "mean"))
    assert [line.verdict for line in said.targets] == [Verdict.REACHED, Verdict.MISSED, Verdict.MISSED]
    assert said.index is not None
    assert said.targets[0].record == said.index.estimate == shares
    assert means.estimate != shares.estimate  # what the table lacks is computed by the rule that is asked for
    told = f"Hà Tu – Chủ tịch (12/KH ngày 05/01/2026; đặt ngày {day(dates.today())}, khi đã có phiếu trả lời)"
    text = str(contents(said))
    assert told in text
    of_unit = {line.unit.code: str(commune.contents(said, line)) for line in said.units}
    assert "Mục tiêu được giao" in of_unit["06652"]
    assert "Chưa đạt" in of_unit["06652"]
    assert "Chánh Văn phòng" not in of_unit["06652"]
    assert "Mục tiêu được giao" not in of_unit["06658"]


def words(session: Session, number: int) -> str:
    """What the report of a release says in Word, its commune reports with it."""
    release = releases.find(session, "thu-nghiem", number)
    said = summary.gather(session, "thu-nghiem", release=release)
    [line] = [line for line in said.units if line.unit.code == "06652"]
    letters = [report.write(said, "docx"), report.write_unit(said, line, "docx")]
    tables = [table for letter in letters for table in Document(BytesIO(letter)).tables]
    return "\n".join(cell.text for table in tables for row in table.rows for cell in row.cells)


def test_a_target_that_moves_after_approval_changes_nothing_in_the_report_and_leaves_its_trace(
    aimed: Flask, sign_in: SignIn
) -> None:
    database: Database = aimed.extensions["database"]
    with database.writing() as session:
        put(session, "A", "survey:index", "99", "13/KH 2026-02-05")
        release = releases.freeze(session, waves.find(session, "thu-nghiem"), "An")
        release_steps.check(release, "Bình")
        releases.approve(session, release, "Cường")
        number = release.number
    with database.reading() as session:
        before = words(session, number)
    assert "từ 99,00%" in before
    assert "Chưa đạt" in before
    page = sign_in(aimed, "home_affairs").get(f"/quan-tri/thu-nghiem/?ban={number}").text
    with database.writing() as session:
        put(session, "A", "survey:index", "1", "14/KH 2026-03-05")
        put(session, "C", "survey:index", "1", "14/KH 2026-03-05", unit="06652", office="06652", head="Chủ tịch")
        put(session, "F", "survey:index", "2", "14/KH 2026-03-05")
    with database.reading() as session:
        assert words(session, number) == before
        assert [line.target.value for line in summary.gather(session, "thu-nghiem").targets] == [1, 0.1, 2, 1]
        history = [line for line in duties.lines(session, YEAR, history=True) if line.code == "A"]
    assert sign_in(aimed, "home_affairs").get(f"/quan-tri/thu-nghiem/?ban={number}").text.count("✗ Chưa đạt") == (
        page.count("✗ Chưa đạt")
    )
    assert [(line.value, line.verdict, line.decision) for line in history] == [
        (1, "reached", "14/KH 2026-03-05"),
        (99, "missed", "13/KH 2026-02-05"),
        (80, "reached", "12/KH 2026-01-05"),
    ]
    with database.writing() as session:  # the next release has those of its day
        again = releases.freeze(session, waves.find(session, "thu-nghiem"), "An")
        assert again.targets != releases.find(session, "thu-nghiem", number).targets


def test_a_release_of_before_keeps_its_targets_when_the_year_means_another_wave(aimed: Flask) -> None:
    database: Database = aimed.extensions["database"]
    with database.writing() as session:
        release = releases.freeze(session, waves.find(session, "thu-nghiem"), "An")
        year_waves.name(session, YEAR, YearRole.SURVEY, "nam-truoc")
        session.flush()
        assert [line.target.code for line in summary.gather(session, "thu-nghiem", release=release).targets] == [
            *"ABC"
        ]
        assert summary.gather(session, "thu-nghiem").targets == ()


def test_everything_that_is_offered_can_be_a_target(aimed: Flask) -> None:
    with aimed.extensions["database"].writing() as session:
        offered = targets.offered(summary.gather(session, "thu-nghiem").questionnaire)
        assert offered
        for number, (measure, name) in enumerate(offered):
            assert name
            put(session, f"X-{number}", f"survey:{measure}", "50")
        assert len(summary.gather(session, "thu-nghiem").targets) == 3 + len(offered)

"""Targets: reached or not only where the interval says so, with who answers for them, on pages and in reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import Estimate
from survey.reports.contents import contents
from survey.responses.respondents import sample
from survey.results import summary, targets
from survey.results.targets import Unfit, Verdict
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Target, WaveKind
from survey.system import dates
from survey.waves import waves
from translations import Refusal
from translations.formats import day

SignIn = Callable[[Flask, str], FlaskClient]
SHARES = st.floats(0, 1)


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


@pytest.mark.parametrize("unseen", [record(None, None), record(0.1, 0.2, flags=("hidden",))])
def test_nothing_is_judged_that_can_not_be_seen(unseen: Estimate) -> None:
    assert targets.verdict(unseen, 0.9, False) is Verdict.UNSEEN


def load(province: Database, tmp_path: Path, *rows: str) -> targets.Outcome:
    path = tmp_path / "muc-tieu.csv"
    path.write_text("\n".join(["measure,unit,percent,at_most,office,head,decision", *rows]), encoding="utf-8")
    with province.writing() as session:
        return targets.load(session, "ho-mau", path)


def test_targets_come_from_a_file_and_a_later_one_takes_the_place_of_the_former(
    province: Database, tmp_path: Path
) -> None:
    rows = ("index,,95,,Sở Nội vụ,An,KH 12", 'C6=3,06652,"2,5",1,UBND Hà Tu,Bình,')
    assert load(province, tmp_path, *rows) == targets.Outcome(2, 0, 0)
    assert load(province, tmp_path, rows[0], rows[1].replace("Bình", "Cường")) == targets.Outcome(0, 1, 1)
    with province.reading() as session:
        kept = {(one.measure, one.unit): one for one in session.scalars(select(Target))}
    assert kept["index", "22"].value == pytest.approx(0.95)
    last = kept["C6=3", "06652"]
    assert (last.value, last.at_most, last.head) == (pytest.approx(0.025), True, "Cường")


def test_all_faults_of_a_file_are_told_and_nothing_is_stored(province: Database, tmp_path: Path) -> None:
    wrong = {
        "measure": "C5,,9,,Sở,An,",
        "percent": "index,,101,,Sở,An,",
        "unit": "index,9,9,,Sở,An,",
        "at_most": "index,,9,x,Sở,An,",
        "office": "index,,9,,,An,",
        "head": "index,,9,,Sở,,",
    }
    with pytest.raises(Refusal) as refused:
        load(province, tmp_path, "index,,95,,Sở,An,", *wrong.values())
    for row, column in enumerate(wrong, 3):
        assert f"Dòng {row}, cột {column}:" in str(refused.value)
    with province.reading() as session:
        assert session.scalars(select(Target)).all() == []


@pytest.fixture
def aimed(made_up: Flask) -> Iterator[Flask]:
    """The demo's wave with targets for the province and for Hà Tu, taken back at the end."""
    database = made_up.extensions["database"]
    with database.writing() as session:
        wave = waves.find(session, "thu-nghiem")
        targets.put(session, wave, "index", "80", "Sở Nội vụ", "Nguyễn An")
        targets.put(session, wave, "C6=3", "0,1", "Thanh tra tỉnh", "Trần Bình", at_most="1")
        targets.put(session, wave, "index", "99,9", "UBND Hà Tu", "Lê Cường", unit="06652", decision="KH 12")
        with pytest.raises(Unfit):
            targets.put(session, wave, "index=1", "80", "Sở", "An")
    yield made_up
    with database.writing() as session:
        for target in session.scalars(select(Target)):
            session.delete(target)


def test_pages_and_report_say_what_is_reached_and_who_answers(aimed: Flask, sign_in: SignIn) -> None:
    reader = sign_in(aimed, "home_affairs")
    overview = reader.get("/quan-tri/thu-nghiem/").text
    assert re.search(r"✓ Đạt</strong>.*?Sở Nội vụ – Nguyễn An", overview, re.DOTALL)
    assert re.search(r"✗ Chưa đạt</strong>.*?Thanh tra tỉnh – Trần Bình", overview, re.DOTALL)
    assert "Lê Cường" not in overview
    assert "UBND Hà Tu – Lê Cường" in reader.get("/quan-tri/thu-nghiem/don-vi/06652").text
    with aimed.extensions["database"].reading() as session:
        said = summary.gather(session, "thu-nghiem")
        people = sample(session, waves.find(session, "thu-nghiem"))
        shares, means = (targets.lines(session, people, [], rule)[0].record for rule in ("share", "mean"))
    assert [line.verdict for line in said.targets] == [Verdict.REACHED, Verdict.MISSED, Verdict.MISSED]
    assert said.index is not None
    assert said.targets[0].record == said.index.estimate == shares
    assert means.estimate != shares.estimate  # what the table lacks is computed by the rule that is asked for
    report = str(contents(said))
    assert f"UBND Hà Tu – Lê Cường (KH 12; đặt ngày {day(dates.today())})" in report


def test_a_target_is_set_and_taken_back_on_its_page(app: Flask, province: Database, sign_in: SignIn) -> None:
    admin = sign_in(app, "admin")
    page = admin.get("/quan-tri/ho-mau/muc-tieu").text
    assert "Đợt này chưa đặt mục tiêu nào" in page
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    sent = {
        "csrf_token": token[1],
        "measure": "index",
        "unit": "06652",
        "percent": "90",
        "office": "UBND",
        "head": "An",
    }
    assert admin.post("/quan-tri/ho-mau/muc-tieu", data={**sent, "percent": "nhiều"}).status_code == 422
    assert admin.post("/quan-tri/ho-mau/muc-tieu", data=sent).status_code == 303
    with province.reading() as session:
        (kept,) = session.scalars(select(Target))
    taken = {"csrf_token": token[1], "muc-tieu": kept.id}
    assert admin.post("/quan-tri/ho-mo/muc-tieu/bo", data=taken).status_code == 404
    assert admin.post("/quan-tri/ho-mau/muc-tieu/bo", data=taken).status_code == 303
    with province.reading() as session:
        assert session.scalars(select(Target)).all() == []


def test_a_target_says_when_it_was_set_and_the_trail_what_it_was_before(aimed: Flask, sign_in: SignIn) -> None:
    reader, database = sign_in(aimed, "home_affairs"), aimed.extensions["database"]
    pages = ("/quan-tri/thu-nghiem/don-vi/06652", "/quan-tri/thu-nghiem/muc-tieu")

    def of_the_commune(session: Session) -> Target:
        return session.scalars(select(Target).where(Target.unit == "06652")).one()

    def put(percent: str, head: str) -> None:
        page = reader.get(pages[1]).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None
        sent = {"measure": "index", "unit": "06652", "percent": percent, "office": "UBND Hà Tu", "head": head}
        assert reader.post(pages[1], data={**sent, "csrf_token": token[1]}).status_code == 303

    with database.writing() as session:
        of_the_commune(session).day = long_ago = date(2025, 9, 1)
    put("99,9", "Lê Dung")
    with database.reading() as session:
        assert of_the_commune(session).day == long_ago  # another head is no other target
    put("55", "Lê Dung")
    with database.reading() as session:
        assert of_the_commune(session).day == dates.today()
        trail = [entry.subject for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()))]
    assert "measure=index unit=06652 before=>=99.9% now=>=55%" in trail[0]
    for page in pages:
        assert f"(đặt ngày {day(dates.today())})" in reader.get(page).text
    with database.writing() as session:
        closes = waves.find(session, "thu-nghiem").closes
        of_the_commune(session).day = closes + timedelta(1)
    late = f"đặt ngày {day(closes + timedelta(1))}, sau khi đợt đã kết thúc"
    for page in pages:
        assert late in reader.get(page).text
    with database.reading() as session:
        assert late in str(contents(summary.gather(session, "thu-nghiem")))


def test_everything_that_is_offered_can_be_a_target(province: Database) -> None:
    with province.writing() as session:
        for code in ("ho-mau", "gop-y"):
            wave = waves.find(session, code)
            offered = targets.offered(summary.gather(session, code).questionnaire)
            assert offered
            for measure, name in offered:
                assert name
                targets.put(session, wave, measure, "50", "Sở", "An")
            said = summary.gather(session, code)
            assert len(said.targets) == len(offered)
            assert {line.verdict for line in said.targets} == {
                Verdict.NO_SAMPLE if wave.kind is WaveKind.OPEN else Verdict.UNSEEN
            }

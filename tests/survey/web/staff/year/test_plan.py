"""The plan's pages: late first, a duty with its history, changed by a new decision, many from a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from forms import scorecard
from survey.storage.database import Database
from survey.storage.models import AuditEntry
from survey.system import dates
from survey.waves import units
from survey.year import duties, scorecards, scores

SignIn = Callable[[Flask, str], FlaskClient]
EXAMPLES = Path(__file__).parents[5] / "docs" / "examples" / "nam"
PLAN = "/quan-tri/nam/2025/ke-hoach"


@pytest.fixture
def planned(province: Database) -> Database:
    """The example's plan with what was done, and the points of the year before."""
    with province.writing() as session:
        units.load(session, (EXAMPLES / "offices.csv").read_text(encoding="utf-8"))
        scorecards.publish(session, scorecard.load(EXAMPLES / "par_tinh.yaml"), dates.today())
        scores.load(session, EXAMPLES / "official_2024.csv", 2024, "par_tinh@1", "official", "An")
        duties.load(session, 2025, EXAMPLES / "plan.csv", "An")
        duties.load_progress(session, 2025, EXAMPLES / "progress.csv", "An")
    return province


@pytest.fixture
def clerk(app: Flask, sign_in: SignIn) -> FlaskClient:
    return sign_in(app, "home_affairs")


def send(clerk: FlaskClient, page: str, address: str, **fields: object) -> tuple[int, str]:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', clerk.get(page).text)
    assert token is not None
    answer = clerk.post(address, data={**fields, "csrf_token": token[1]}, follow_redirects=True)
    return answer.status_code, answer.text


def codes(page: str) -> list[str]:
    return re.findall(r"/ke-hoach/viec/([A-Z0-9.-]+)\"", page)


def test_the_list_has_what_is_late_first_then_what_holds_most_points(
    planned: Database, clerk: FlaskClient
) -> None:
    page = clerk.get(PLAN).text
    with planned.reading() as session:
        lines = duties.lines(session, 2025)
    assert codes(page) == [line.code for line in lines]
    assert f"{sum(line.late for line in lines)} việc quá hạn" in page
    assert codes(page)[:2] == ["NV-03", "MT-7.2"]  # 4,43 points lost, both late
    assert "chưa biết" in page  # no figure of 2025 is there, and none is a zero
    own = clerk.get(f"{PLAN}?don-vi=06688").text
    assert set(codes(own)) == {"MT-HALONG", "NV-11-06688", "NV-12-06688"}
    assert set(codes(clerk.get(f"{PLAN}?don-vi=06688&loai=task&qua-han=1").text)) == {"NV-12-06688"}
    assert clerk.get(f"{PLAN}?don-vi=KHONG").status_code == 404
    assert "Năm 2031 chưa đặt mục tiêu" in clerk.get("/quan-tri/nam/2031/ke-hoach").text


def test_a_duty_changes_by_a_new_decision_and_keeps_its_former_versions(
    planned: Database, clerk: FlaskClient
) -> None:
    page = f"{PLAN}/viec/MT-7.2"
    row = {"what": "Nâng điểm", "office": "SKHCN", "head": "Giám đốc", "deadline": "2025-12-31", "value": "4,0"}
    row |= {"measure": "score:par_tinh:7.2", "unit": "", "source": "", "decision": "01/KH-VIDU 1/8/2025"}
    status, said = send(clerk, page, page, **row)
    assert status == 422
    assert "Hãy ghi văn bản mới" in said
    status, said = send(clerk, page, page, **{**row, "decision": "02/KH-VIDU 01/10/2025"})
    assert status == 200
    for text in (
        "từ 4,00 điểm trở lên",
        "từ 5,00 điểm trở lên",
        "01/KH-VIDU ngày 01/08/2025",
        "02/KH-VIDU ngày 01/10/2025",
    ):
        assert text in said
    with planned.reading() as session:
        history = [one for one in duties.lines(session, 2025, history=True) if one.code == "MT-7.2"]
        trail = session.scalars(select(AuditEntry.subject).order_by(AuditEntry.number.desc())).first()
    assert [(one.version, one.value, one.current) for one in history] == [(2, 4, True), (1, 5, False)]
    assert "code=MT-7.2 before=>=5 SKHCN 2025-12-31 now=>=4 SKHCN 2025-12-31" in (trail or "")
    assert clerk.get(f"{PLAN}/viec/KHONG").status_code == 404


def test_a_task_is_done_by_proof_alone_and_a_target_takes_no_report(planned: Database, clerk: FlaskClient) -> None:
    page = f"{PLAN}/viec/NV-03"
    row = {"state": "done", "day": "2025-11-20", "note": "", "evidence": ""}
    status, _said = send(clerk, page, f"{page}/tien-do", **row)
    assert status == 422
    status, said = send(clerk, page, f"{page}/tien-do", **{**row, "evidence": "13/BC-VPUB 20/11/2025"})
    assert status == 200
    assert "13/BC-VPUB ngày 20/11/2025" in said
    assert "Báo cáo tiến độ" not in clerk.get(f"{PLAN}/viec/MT-7.2").text
    assert send(clerk, page, f"{PLAN}/viec/MT-7.2/tien-do", **row)[0] == 404
    with planned.reading() as session:
        [task] = [one for one in duties.lines(session, 2025) if one.code == "NV-03"]
    assert (task.state, task.late, task.evidence) == ("done", False, "13/BC-VPUB 2025-11-20")


def test_one_duty_and_a_file_are_added_and_a_bad_file_stores_nothing(
    planned: Database, clerk: FlaskClient
) -> None:
    add = f"{PLAN}/them"
    row = {"code": "NV-90", "what": "Việc mới", "office": "SNV", "head": "Giám đốc", "deadline": "2099-01-01"}
    status, said = send(
        clerk, add, add, **row, decision="3/KH 2025-01-01", measure="", value="", unit="", source=""
    )
    assert status == 200
    assert "NV-90" in said
    good, bad = (EXAMPLES / "plan.csv").read_bytes(), (EXAMPLES / "plan.csv").read_bytes().replace(b"SNV", b"SNW")
    there = len(codes(clerk.get(PLAN).text))
    status, said = send(clerk, add, f"{PLAN}/tep", file=(BytesIO(bad), "ke-hoach.csv"))
    assert status == 422
    assert "cột office" in said
    assert len(codes(clerk.get(PLAN).text)) == there
    status, said = send(clerk, add, "/quan-tri/nam/2026/ke-hoach/tep", file=(BytesIO(good), "ke-hoach.csv"))
    assert status == 200
    assert "Việc thêm mới: 25" in said
    sent = BytesIO((EXAMPLES / "progress.csv").read_bytes())
    status, said = send(clerk, add, "/quan-tri/nam/2026/ke-hoach/tien-do", file=(sent, "tien-do.csv"))
    assert status == 200
    assert "Báo cáo tiến độ thêm mới: 4" in said

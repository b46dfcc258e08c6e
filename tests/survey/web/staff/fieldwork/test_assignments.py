"""The page on which people are assigned, and villages closed; and the commands that do the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from survey.commands.assignment import assignment
from survey.commands.village import village
from survey.responses import assignments, village_steps
from survey.sampling import frame
from survey.storage.database import Database
from survey.storage.models import Assignment, Mode, Role, VillageStep, VillageStepKind
from translations import Conflict

PAGE = "/quan-tri/ho-mau/phan-cong"


@pytest.fixture
def people(province: Database, account: Callable[..., None]) -> Database:
    """Nobody is assigned; there are `dieu-tra`, `cao-xanh` of the commune Cao Xanh, and `supervisor`."""
    with province.writing() as session:
        account(session, "dieu-tra", Role.INTERVIEWER)
        account(session, "cao-xanh", Role.INTERVIEWER, "06658")
        account(session, "supervisor", Role.SUPERVISOR)
        session.flush()
        session.execute(delete(Assignment))
    return province


@pytest.fixture
def supervisor(people: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]) -> FlaskClient:
    return sign_in(app, "supervisor")


def post(client: FlaskClient, page: str = PAGE, **fields: Any) -> Any:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert token is not None
    sent = {name.replace("_", "-"): value for name, value in fields.items()}
    return client.post(page, data=sent | {"csrf_token": token[1]}, follow_redirects=True)


def given(database: Database) -> list[tuple[str, str | None, Mode]]:
    with database.reading() as session:
        rows = session.scalars(select(Assignment).where(Assignment.ended.is_(None)).order_by(Assignment.id))
        return [(one.account, one.psu, one.mode) for one in rows]


def test_one_account_is_assigned_to_many_villages_at_once_and_ends(
    supervisor: FlaskClient, people: Database
) -> None:
    assert "4 thôn chưa có ai được phân công" in supervisor.get(PAGE).text
    page = post(supervisor, act="assign", tai_khoan="dieu-tra", thon=["V1", "V2"]).text
    assert "dieu-tra được phân công 2 thôn" in page
    assert "2 thôn chưa có ai được phân công" in page
    both = [("dieu-tra", "V1", Mode.INTERVIEWER), ("dieu-tra", "V2", Mode.INTERVIEWER)]
    assert given(people) == both
    assert "không có gì thay đổi" in post(supervisor, act="assign", tai_khoan="dieu-tra", thon=["V1"]).text
    numbers = re.findall(r'name="phan-cong" value="(\d+)"', supervisor.get(PAGE).text)
    assert "Đã kết thúc 1 phân công" in post(supervisor, act="end", phan_cong=numbers[:1]).text
    assert given(people) == both[1:]


def test_villages_without_anybody_stand_first_and_the_list_is_cut_down(
    supervisor: FlaskClient, people: Database
) -> None:
    post(supervisor, act="assign", tai_khoan="dieu-tra", thon=["V1", "V3", "V4"])
    order = re.findall(r'name="thon" value="(V\d)"', supervisor.get(PAGE).text)
    assert order == ["V2", "V1", "V3", "V4"]
    queries = ("?xa=06658", "?ai=-", "?ai=dieu-tra", "?xa=06658&ai=-")
    shown = [re.findall(r'name="thon" value="(V\d)"', supervisor.get(PAGE + query).text) for query in queries]
    assert shown == [["V3", "V4"], ["V2"], ["V1", "V3", "V4"], []]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"act": "assign", "thon": "V1"}, "Hãy chọn tài khoản trước"),
        ({"act": "assign", "tai_khoan": "dieu-tra"}, "Hãy đánh dấu các thôn trước"),
        ({"act": "assign", "tai_khoan": "supervisor", "thon": "V1"}, "chính mình"),
        ({"act": "assign", "tai_khoan": "cao-xanh", "thon": ["V3", "V1"]}, "xã, phường khác"),
        ({"act": "assign", "tai_khoan": "keyer", "thon": "V1"}, "không có vai trò phỏng vấn"),
        ({"act": "paper", "tai_khoan": "dieu-tra"}, "không có vai trò nhập phiếu"),
        ({"act": "paper", "tai_khoan": "keyer", "tap": "B7"}, "không có tập B7"),
        ({"act": "close", "thon": "V1"}, "Hãy ghi lý do"),
        ({"act": "close", "thon": "V9", "ly_do": "xong"}, "không có thôn V9"),
        ({"act": "reopen", "thon": "V1", "ly_do": "xong"}, "không đóng"),
        ({"act": "end", "phan_cong": "77"}, "không có phân công 77"),
        ({"act": "end"}, "Hãy đánh dấu các phân công"),
    ],
)
def test_what_cannot_be_is_refused_whole_with_what_to_do(
    supervisor: FlaskClient, people: Database, fields: dict[str, Any], says: str
) -> None:
    reply = post(supervisor, **fields)
    assert reply.status_code >= 400
    assert says in reply.text
    assert given(people) == []


def test_villages_are_closed_and_opened_again_with_a_reason(supervisor: FlaskClient, people: Database) -> None:
    page = post(supervisor, act="close", thon=["V1", "V2"], ly_do="Đã đủ phiếu").text
    assert "Đã đóng 2 thôn" in page
    assert page.count("supervisor: Đã đủ phiếu") == 2
    assert "Thôn V1 đã đóng từ trước" in post(supervisor, act="close", thon=["V3", "V1"], ly_do="x").text
    post(supervisor, act="reopen", thon="V1", ly_do="Còn hai hộ")
    with people.reading() as session:
        closed = {psu: step.step for psu, step in village_steps.newest(session, "ho-mau").items()}
    assert closed == {"V1": VillageStepKind.REOPEN, "V2": VillageStepKind.CLOSE}


def test_keyers_get_the_whole_wave_and_interviewers_an_open_one(supervisor: FlaskClient, people: Database) -> None:
    assert "nhập phiếu giấy của cả đợt" in post(supervisor, act="paper", tai_khoan="keyer").text
    open_wave = "/quan-tri/ho-mo/phan-cong"
    assert "Đợt này chưa phân công ai" in supervisor.get(open_wave).text
    assert "được phân công cả đợt" in post(supervisor, open_wave, act="assign", tai_khoan="dieu-tra").text
    assert given(people) == [("keyer", None, Mode.PAPER), ("dieu-tra", None, Mode.INTERVIEWER)]


def test_only_who_runs_fieldwork_assigns(
    people: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    assert sign_in(app, "dieu-tra").get(PAGE).status_code == 403


def test_the_interviewer_sees_the_own_villages_first_and_reads_what_becomes_of_the_others(
    people: Database, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "dieu-tra")
    assert "Ông/Bà chưa được phân công trong đợt này" in client.get("/phong-van/ho-mau/").text
    with people.writing() as session:
        assignments.give(session, "ho-mau", "dieu-tra", Mode.INTERVIEWER, "supervisor", psu="V3")
    page = client.get("/phong-van/ho-mau/").text
    assert re.findall(r"/phong-van/ho-mau/(\d+)", page) == ["06658", "06652"]
    page = client.get("/phong-van/ho-mau/06658").text
    assert page.index("Thôn V3") < page.index("được giữ chờ giám sát quyết định") < page.index("Thôn V4")
    forms = [client.get(f"/phong-van/ho-mau/06658?thon={psu}").text for psu in ("V3", "V4")]
    warned = ["Ông/Bà chưa được phân công ở đây" in form for form in forms]
    assert warned == [False, True]


def run(group: Any, *arguments: str) -> Any:
    return CliRunner().invoke(group, list(arguments))


@pytest.fixture
def on_server(people: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("HAILONG_DATABASE_URL", people.url)
    return people


def test_the_commands_do_the_same(on_server: Database) -> None:
    by = ("--wave", "ho-mau", "--by", "An")
    assert run(assignment, "give", "dieu-tra", "--psu", "V1", "--psu", "V2", *by).exit_code == 0
    assert run(assignment, "give", "keyer", *by).exit_code == 0
    assert run(assignment, "give", "supervisor", *by).exit_code != 0  # both ways are theirs
    assert run(assignment, "give", "supervisor", "--mode", "paper", *by).exit_code == 0
    listed = json.loads(run(assignment, "list", "--wave", "ho-mau").stdout)
    assert [one["account"] for one in listed] == ["dieu-tra", "dieu-tra", "keyer", "supervisor"]
    assert run(assignment, "end", str(listed[0]["number"]), *by).exit_code == 0
    assert len(json.loads(run(assignment, "list", "--wave", "ho-mau", "--ended").stdout)) == 4
    assert run(village, "close", "V1", "--reason", "đủ", *by).exit_code == 0
    villages = {one["psu"]: one for one in json.loads(run(village, "list", "--wave", "ho-mau").stdout)}
    assert (villages["V1"]["closed"] is None, villages["V2"]["accounts"]) == (False, "dieu-tra")
    assert run(village, "reopen", "V1", "--reason", "còn", *by).exit_code == 0
    with on_server.reading() as session:
        assert len(session.scalars(select(VillageStep)).all()) == 2


def test_a_file_of_assignments_is_given_whole_or_not_at_all(on_server: Database, tmp_path: Path) -> None:
    path, by = tmp_path / "phan-cong.csv", ("--wave", "ho-mau", "--by", "An")
    path.write_text(
        "account,psu,mode\ndieu-tra,V1,\nkeyer,,paper\ndieu-tra,V9,\n,V1,\nkeyer,,x\n", encoding="utf-8"
    )
    failed = run(assignment, "import", str(path), *by)
    assert failed.exit_code != 0
    assert given(on_server) == []
    path.write_text("account,psu,mode\ndieu-tra,V1,\nkeyer,,paper\n", encoding="utf-8")
    assert run(assignment, "import", str(path), *by).exit_code == 0
    assert given(on_server) == [("dieu-tra", "V1", Mode.INTERVIEWER), ("keyer", None, Mode.PAPER)]


def test_a_frame_with_people_assigned_to_its_villages_stays(people: Database) -> None:
    with people.writing() as session:
        assignments.give(session, "ho-mau", "keyer", Mode.PAPER, "supervisor")
        assignments.give(session, "ho-mau", "dieu-tra", Mode.INTERVIEWER, "supervisor", psu="V1")
        with pytest.raises(Conflict, match="phân công"):
            frame.clear(session, "ho-mau")
        session.execute(delete(Assignment).where(Assignment.psu == "V1"))
        assert frame.clear(session, "ho-mau") == 4

"""“My work”: an office sees and does what is its own, and of the others not even that it is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from forms import scorecard
from survey.storage.database import Database
from survey.storage.models import Account, CaseReply, Progress, Role, Score, ScoreKind, Wave
from survey.system import dates
from survey.year import duties, scorecards
from tests.survey.year.said import HA_TU, opened, speak

SignIn = Callable[[Flask, str], FlaskClient]
DECISION = "01/KH-THU 2026-08-01"
CARD = """
code: bo_thu
version: 1
title: {vi: Bộ thử, en: A set}
source: 1/QĐ-THU
rates: province
total: 5
parts:
- {code: '1', label: {vi: Ứng dụng, en: Apps}, max: 5, parts: [
    {code: '1.1', label: {vi: Nền tảng, en: Platforms}, max: 2, step: 0.5},
    {code: '1.2', label: {vi: Dịch vụ, en: Services}, max: 3, step: 0.5}]}
"""


@pytest.fixture
def planned(province: Database, account: Callable[..., None], tmp_path: Path) -> dict[str, str]:
    """SKHCN has a task, a target on a part that it scores, and a case; SNV a task and a case."""
    speak(province)
    year = dates.today().year
    path = tmp_path / "bo_thu.yaml"
    path.write_text(CARD, encoding="utf-8")
    row = dict.fromkeys(duties.COLUMNS, "") | {"head": "Giám đốc", "decision": DECISION}
    with province.writing() as session:
        scorecards.publish(session, scorecard.load(path), dates.today())
        for given in (
            {"code": "NV-1", "what": "Nối cơ sở dữ liệu", "office": "SKHCN", "deadline": day(-3)},
            {"code": "MT-1", "what": "Nâng điểm nền tảng", "office": "SKHCN", "deadline": day(5)}
            | {"measure": "score:bo_thu:1.1", "value": "1.5"},
            {"code": "NV-2", "what": "Kiểm tra công vụ bí mật", "office": "SNV", "deadline": day(3)},
            {"code": "MT-2", "what": "Nâng điểm dịch vụ", "office": "SNV", "deadline": day(5)}
            | {"measure": "score:bo_thu:1.2", "value": "2.5"},
        ):
            duties.put(session, year, row | given, "an")
        account(session, "so", Role.OFFICE, "SKHCN")
        account(session, "xa", Role.COMMUNE, HA_TU)
    own = opened(province, 8, unit="", office="SKHCN", words="Có người mong tra được hồ sơ.")
    other = opened(province, 8, unit="", office="SNV", words="Có người bị đòi giấy tờ thừa.")
    return {"own": own, "other": other, "year": str(year)}


def day(days: int) -> str:
    return (dates.today() + timedelta(days)).isoformat()


def text(client: FlaskClient, path: str = "/viec") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def send(client: FlaskClient, path: str, **fields: str) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', text(client, path))
    assert token
    answer = client.post(path, data={"csrf_token": token[1], **fields})
    return answer.status_code, unescape(answer.get_data(as_text=True))


def test_an_office_finds_its_own_work_by_day_and_nothing_of_others(
    app: Flask, planned: dict[str, str], sign_in: SignIn
) -> None:
    html = text(sign_in(app, "so"))
    assert "1 việc đã quá hạn, 2 việc đến hạn trong hai tuần" in html
    order = [html.index(words) for words in ("Nối cơ sở dữ liệu", "Tự chấm 1.1", "Có người mong tra")]
    assert order == sorted(order)
    for theirs in ("NV-2", "MT-2", "Kiểm tra công vụ", "bị đòi giấy tờ", planned["other"], "SNV"):
        assert theirs not in html


def test_what_is_of_another_office_is_refused_alike_whether_it_is_there_or_not(
    app: Flask, province: Database, planned: dict[str, str], sign_in: SignIn
) -> None:
    client, year = sign_in(app, "so"), planned["year"]
    told = set()
    for path in (
        *(f"/viec/{year}/{code}" for code in ("NV-2", "MT-2", "KHONG-CO")),
        f"/viec/dieu/{planned['other']}",
        "/viec/dieu/00000000-0000-4000-8000-000000000000",
        f"/viec/{int(year) - 1}/NV-1",
    ):
        for answer in (client.get(path), post(client, path)):
            assert answer.status_code == 403
            html = answer.get_data(as_text=True)
            assert "bị đòi giấy tờ" not in html
            assert "công vụ" not in html
            told.add(re.sub(r'(?<=[?"])[^"]*(?=")', "", html))
    assert len(told) == 1
    with province.reading() as session:
        assert not session.scalars(select(Progress)).all()
        assert not session.scalars(select(CaseReply)).all()


def post(client: FlaskClient, path: str):  # type: ignore[no-untyped-def]
    token = re.search(r'name="csrf_token" value="([^"]+)"', text(client))
    fields = {
        "state": "doing",
        "day": day(0),
        "value": "1",
        "explanation": "x",
        "outcome": "done",
        "words": "Xong.",
    }
    return client.post(path, data={"csrf_token": token[1] if token else "", **fields})


def test_no_page_of_home_affairs_opens_for_an_office(app: Flask, planned: dict[str, str], sign_in: SignIn) -> None:
    client = sign_in(app, "so")
    year = planned["year"]
    for path in (f"/quan-tri/nam/{year}", "/quan-tri/nam/", "/quan-tri/da-cong-bo", "/quan-tri/"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "NV-2" not in answer.get_data(as_text=True)
        assert 'href="/viec"' in answer.get_data(as_text=True)


def test_after_sign_in_an_office_comes_to_its_work(app: Flask, planned: dict[str, str]) -> None:
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', text(client, "/dang-nhap"))
    assert token
    data = {"csrf_token": token[1], "name": "so", "password": "mat-khau-dai"}
    assert client.post("/dang-nhap", data=data).headers["Location"] == "/viec"
    assert app.test_client().get("/viec").status_code in (302, 303)


def test_it_reports_scores_and_answers(
    app: Flask, province: Database, planned: dict[str, str], sign_in: SignIn
) -> None:
    client, year = sign_in(app, "so"), planned["year"]
    status, html = send(client, f"/viec/{year}/NV-1", state="done", day=day(0))
    assert status == 422
    assert "215/BC-SNV" in html
    assert send(client, f"/viec/{year}/NV-1", state="done", day=day(0), evidence="2/BC-SKHCN 2026-01-05")[0] == 303
    status, html = send(client, f"/viec/{year}/MT-1", value="1,25", explanation="Chưa đủ kết nối")
    assert status == 422
    assert send(client, f"/viec/{year}/MT-1", value="1,5", explanation="Chưa đủ kết nối")[0] == 303
    status, html = send(client, f"/viec/dieu/{planned['own']}", outcome="done", words="Gọi 0912 345 678")
    assert status == 422
    assert send(client, f"/viec/dieu/{planned['own']}", outcome="done", words="Đã mở tra cứu.")[0] == 303
    with province.reading() as session:
        [progress], [score] = session.scalars(select(Progress)).all(), session.scalars(select(Score)).all()
        [answer] = session.scalars(select(CaseReply)).all()
    assert (progress.code, progress.by) == ("NV-1", "so")
    assert (score.part, score.kind, score.value, score.by) == ("1.1", ScoreKind.SELF, 1.5, "so")
    assert (answer.words, answer.by, answer.office) == ("Đã mở tra cứu.", "so", "SKHCN")
    html = text(client)
    assert "Không có việc quá hạn" in html
    assert "3 việc đã xong" in html
    assert "1 trên 1" in html
    seen = [
        html,
        *(text(sign_in(app, "home_affairs"), f"/quan-tri/nam/{year}{page}") for page in ("", "/ke-hoach")),
    ]
    assert all("đơn vị tự chấm, chưa thẩm định" in one for one in seen)  # so the target is reached


def test_what_was_passed_on_is_no_more_the_offices_and_another_finds_it(
    app: Flask, province: Database, planned: dict[str, str], sign_in: SignIn
) -> None:
    client, path = sign_in(app, "so"), f"/viec/dieu/{planned['own']}"
    fields = {"outcome": "passed", "words": "Việc của phường.", "office": HA_TU, "head": "Chủ tịch"}
    assert send(client, path, **fields)[0] == 303
    assert client.get(path).status_code == 403
    assert "Có người mong tra" not in text(client)
    commune = sign_in(app, "xa")
    assert "Có người mong tra" in text(commune)
    assert send(commune, path, outcome="cannot", words="Chưa đủ người.")[0] == 303


def test_home_affairs_and_others_have_no_work_of_an_office(
    app: Flask, planned: dict[str, str], sign_in: SignIn
) -> None:
    for name in ("admin", "home_affairs", "keyer"):
        assert sign_in(app, name).get("/viec").status_code == 403


def test_made_up_data_say_so_and_an_empty_page_says_who_brings_the_work(
    app: Flask, province: Database, planned: dict[str, str], sign_in: SignIn
) -> None:
    assert "Sở Nội vụ nhập kế hoạch" in text(sign_in(app, "xa"))
    assert "made-up" not in text(sign_in(app, "so"))
    with province.writing() as session:
        session.get_one(Wave, "gop-y").simulated = True
    assert "made-up" in text(sign_in(app, "so"))


def test_an_account_of_an_office_is_made_on_the_page_and_is_of_a_department_or_a_commune(
    app: Flask, province: Database, sign_in: SignIn
) -> None:
    client, page = sign_in(app, "admin"), "/quan-tri/nguoi-dung"
    assert 'value="SNV"' in text(client, page)
    given = {"name": "snv", "role": "office"}
    status, html = send(client, page, **given)
    assert status == 422
    assert "Hãy chọn xã, phường hoặc cơ quan" in html
    assert send(client, page, **given, unit="SNV")[0] == 201
    assert send(client, page, name="hatu", role="office", unit=HA_TU)[0] == 201
    assert "Sở Nội vụ" in text(client, page).partition('id="accounts"')[2]
    with province.reading() as session:
        assert {(one.name, one.role, one.unit) for one in session.scalars(select(Account))} >= {
            ("snv", Role.OFFICE, "SNV"),
            ("hatu", Role.OFFICE, HA_TU),
        }

"""The page of a wave's weights."""

from __future__ import annotations

import io
import re
from html import unescape
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from survey.accounts import accounts
from survey.responses import respondents
from survey.sampling import draws, plans, weight_versions
from survey.storage.database import Database
from survey.storage.models import Batch, Mode, Response, Role, Sheet, SheetState
from survey.system import dates
from survey.waves import waves

PASSWORD = "mat-khau-dai"
PAGE = "/quan-tri/ho-mau/quyen-so"


def plain(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def signed_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    client.post("/dang-nhap", data={"name": name, "password": PASSWORD, "csrf_token": token(client, "/dang-nhap")})
    return client


def token(client: FlaskClient, page: str = PAGE) -> str:
    found = re.search(r'name="csrf_token" [^>]*value="([^"]+)"', client.get(page).text)
    assert found
    return found[1]


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    return signed_in(app, "home_affairs")


def answer(session: Session, psu: str, sex: int) -> None:
    wave = waves.find(session, "ho-mau")
    session.add(
        Response(
            id=uuid4(),
            wave=wave.code,
            unit="06652" if psu in ("V1", "V2") else "06658",
            psu=psu,
            mode=Mode.PAPER,
            day=dates.today(),
            questionnaire=wave.questionnaire,
            answers={"gioi_tinh": sex},
        )
    )


@pytest.fixture
def people(province: Database) -> None:
    with province.writing() as session:
        for psu, sex in (("V1", 1), ("V2", 2), ("V3", 1), ("V4", 2)):
            answer(session, psu, sex)


def sent(text: str, name: str = "dan.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO(text.encode()), name


def test_the_page_says_what_to_do_before_there_are_weights(office: FlaskClient) -> None:
    page = plain(office.get(PAGE))
    assert "Chưa có quyền số: mỗi phiếu tính một." in page
    assert "Hãy chọn mẫu trước, hoặc nạp phiếu kèm quyền số." in page
    assert "Hãy nạp số giao dịch" in plain(office.get("/quan-tri/gop-y/quyen-so"))


@pytest.mark.usefixtures("people")
def test_weights_are_computed_from_an_uploaded_file_and_chosen(office: FlaskClient, province: Database) -> None:
    fields = {"csrf_token": token(office), "by": "none", "method": "raking", "low": "0,3", "high": "3"}
    totals = "variable,value,total\ngioi_tinh,1,60\ngioi_tinh,2,40\n"
    done = office.post(PAGE, data={**fields, "margins": sent(totals)})
    assert (done.status_code, done.location) == (303, PAGE)
    page = plain(office.get(PAGE))
    label = "bản 1 (mỗi người tính một; khớp lần lượt (raking) theo gioi_tinh; tích mọi hệ số từ 0,30 đến 3,00)"
    assert f"Đang dùng: {label}" in page
    assert "Nam 2 50 60 60 1,200" in page
    how = plain(office.get("/quan-tri/ho-mau/cach-tinh?item=gioi_tinh=1"))
    assert label in how
    assert "chỉ phần dư được tính" in how
    assert "hailong estimate" not in how  # a file would not know the totals
    assert office.post(PAGE, data={**fields, "low": "", "high": ""}).status_code == 303
    assert "bản 2" in plain(office.get(PAGE))
    office.post(f"{PAGE}/dung", data={"csrf_token": fields["csrf_token"], "version": "1"})
    with province.reading() as session:
        wave = waves.find(session, "ho-mau")
        held = weight_versions.current(session, wave)
        assert held is not None
        assert held.version == 1
        assert sorted(respondents.sample(session, wave).weight.tolist()) == pytest.approx([20, 20, 30, 30])
    assert office.get(f"{PAGE}?phien-ban=9").status_code == 404


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"low": "2", "high": "3"}, "Hãy ghi hai số có 1 ở giữa"),
        ({"margins": sent("variable,value,total\ngioi_tinh,9,5\n")}, "Dòng 2, cột value"),
        ({"margins": sent("variable,value,total\ngioi_tinh,1,5\n")}, "giá trị 2"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_nothing_is_kept(
    office: FlaskClient, province: Database, fields: dict[str, object], told: str
) -> None:
    page = office.post(PAGE, data={"csrf_token": token(office), "by": "none", "method": "raking", **fields})
    assert page.status_code == 422
    assert told in plain(page)
    with province.reading() as session:
        assert weight_versions.versions(session, "ho-mau") == []


def test_an_empty_commune_is_counted_together_with_a_neighbour_that_is_chosen(
    office: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        for village in waves.villages(session, "ho-mau"):
            village.households = 60
        session.flush()
        wave = draws.locked(session, "ho-mau")
        draws.keep(session, wave, draws.drawn(plans.frame(session, wave), plans.Plan(2, 2, "unit"), "2026"))
        answer(session, "V3", 1)
        answer(session, "V4", 2)
    fields = {"csrf_token": token(office), "by": "unit", "method": "raking"}
    page = office.post(PAGE, data=fields)
    assert (page.status_code, "Chưa ai trả lời: Hà Tu" in plain(page)) == (422, True)
    both = {"lop": "06652", "cung": "06658", "ten-chung": ""}
    page = office.post(PAGE, data={**fields, **both})
    assert (page.status_code, "Hãy ghi lý do tính chung" in plain(page)) == (422, True)
    assert '<option value="06658" selected>' in page.text  # what was chosen stays
    assert "<legend>Hà Tu</legend>" in page.text  # and whose row it is
    back = {"lop": ["06652", "06658"], "cung": ["06658", "06652"], "ten-chung": ["", ""]}
    assert "Cao Xanh, Hà Tu chỉ được tính chung một lần" in plain(office.post(PAGE, data={**fields, **back}))
    assert office.post(PAGE, data={**fields, **both, "cung": "", "reason": "Lũ"}).status_code == 422
    with province.writing() as session:  # a form of Hà Tu lies on the desk
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today(), returned=dates.today()))
        session.flush()
        session.add(Sheet(serial="10000001", batch="B1", place=1, state=SheetState.WAITING))
    assert "Chưa ai trả lời: Hà Tu (1 phiếu chờ nhập)" in plain(office.post(PAGE, data=fields))
    told = office.post(PAGE, data={**fields, **both, "reason": "Lũ"})
    assert (told.status_code, "còn 1 phiếu đã về, chờ nhập" in plain(told)) == (422, True)
    with province.writing() as session:
        session.get_one(Sheet, "10000001").state = SheetState.VOID
    assert office.post(PAGE, data={**fields, **both, "reason": "Lũ"}).status_code == 303
    page = plain(office.get(PAGE))
    assert "tính chung: Cao Xanh + Hà Tu (Lũ)" in page
    assert "số người lớn không ghi ở phiếu nào: mỗi hộ tính một người" in page
    assert "Tính chung: Cao Xanh, Hà Tu" in page


def test_counts_of_transactions_are_uploaded(office: FlaskClient) -> None:
    page, address = "/quan-tri/gop-y/quyen-so", "/quan-tri/gop-y/quyen-so/giao-dich"
    key = token(office, page)
    rows = f"unit,service,week,count\n06652,3,{dates.today()},120\n"
    assert office.post(address, data={"csrf_token": key, "file": sent(rows, "gd.csv")}).status_code == 303
    assert "Đã có 120 giao dịch ở 1 nơi." in plain(office.get(page))
    wrong = office.post(address, data={"csrf_token": key, "file": sent(rows + "06652,3,x,1\n", "gd.csv")})
    assert (wrong.status_code, "Dòng 3, cột week" in plain(wrong)) == (422, True)
    assert "gd.csv" in plain(wrong)
    none = office.post(address, data={"csrf_token": key})
    assert (none.status_code, "Hãy chọn một tệp." in plain(none)) == (422, True)


def test_a_keyer_weighs_nothing(app: Flask, province: Database) -> None:
    with province.writing() as session:
        accounts.add(session, "supervisor", Role.SUPERVISOR, PASSWORD)
    assert signed_in(app, "keyer").get(PAGE).status_code == 403
    assert signed_in(app, "supervisor").get(PAGE).status_code == 200

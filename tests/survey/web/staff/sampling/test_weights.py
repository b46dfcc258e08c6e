"""The page of a wave's weights."""

from __future__ import annotations

import io
import re
from html import unescape
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.accounts import accounts
from survey.responses import respondents
from survey.sampling import weight_versions
from survey.storage.database import Database
from survey.storage.models import Mode, Response, Role
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


@pytest.fixture
def people(province: Database) -> None:
    with province.writing() as session:
        for code, psu, sex in (("ho-mau", "V1", 1), ("ho-mau", "V2", 2), ("ho-mau", "V3", 1), ("ho-mau", "V4", 2)):
            wave = waves.find(session, code)
            unit = "06652" if psu in ("V1", "V2") else "06658"
            session.add(
                Response(
                    id=uuid4(),
                    wave=code,
                    unit=unit,
                    psu=psu,
                    mode=Mode.PAPER,
                    day=dates.today(),
                    questionnaire=wave.questionnaire,
                    answers={"gioi_tinh": sex},
                )
            )


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
    assert "Đang dùng: bản 1 (mỗi người tính một; khớp lần lượt (raking) theo gioi_tinh)" in page
    assert "Nam 2 50 60 60 1,200" in page
    assert "hệ số từ 0,30 đến 3,00" in page
    how = plain(office.get("/quan-tri/ho-mau/cach-tinh?item=gioi_tinh=1"))
    assert "bản 1 (mỗi người tính một; khớp lần lượt (raking) theo gioi_tinh)" in how
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

"""Invitations are made on a page: the file alone holds the codes, the page counts them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from uuid import uuid4

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.fieldwork import invitations
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Draw, DrawnHousehold, DrawnVillage, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

SignIn = Callable[[Flask, str], FlaskClient]
PAGE = "/quan-tri/ho-mau/thu-moi"
CONTACT = "Sở Nội vụ, 0203 3 835 999"


@pytest.fixture
def office(app: Flask, sign_in: SignIn) -> FlaskClient:
    app.config["BASE_URL"] = "https://hailong.quangninh.gov.vn"
    return sign_in(app, "home_affairs")


def send(client: FlaskClient, **fields: str) -> TestResponse:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(PAGE).text)
    assert token is not None
    given = {"villages": "", "count": "1", "contact": CONTACT, "file": "pdf"}
    return client.post(PAGE, data={"csrf_token": token[1], **given, **fields})


def counted(database: Database) -> dict[str, tuple[int, int]]:
    with database.reading() as session:
        return {psu: (one.made, one.used) for psu, one in invitations.counts(session, "ho-mau").items()}


def test_letters_are_printed_with_codes_that_open_the_form_and_are_kept_nowhere(
    office: FlaskClient, client: FlaskClient, province: Database
) -> None:
    assert "Chưa tạo thư mời nào" in office.get(PAGE).text
    with send(office, villages="xa/06652", count="2") as answer:
        assert (answer.status_code, answer.content_type) == (200, "application/pdf")
        assert answer.headers["Cache-Control"] == "no-store"
        printed = answer.data
    with pypdfium2.PdfDocument(printed) as document:
        assert len(document) == 4
        said = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
        (code,) = zxingcpp.read_barcodes(document[3].render(scale=2, grayscale=True).to_numpy().squeeze())
    assert "Kính gửi: hộ gia đình ở Thôn V1, phường Hà Tu" in said[0]
    assert "Thôn V2" in said[3]
    assert CONTACT in said[3]
    typed = code.text.rpartition("/")[2]
    assert code.text == f"https://hailong.quangninh.gov.vn/m/{typed}"
    assert f"hailong.quangninh.gov.vn/m {typed}" in said[3]
    assert client.get(f"/m/{typed}").status_code == 303
    assert counted(province) == {"V1": (2, 0), "V2": (2, 0)}
    page = office.get(PAGE).text
    assert "0 trên 4 mã đã dùng" in page
    assert typed not in page
    with province.reading() as session:
        trail = [(entry.what, entry.subject) for entry in session.scalars(select(AuditEntry))]
    assert ("Made invitation codes", "wave=ho-mau villages=xa/06652 codes=4") in trail


def test_a_code_that_was_used_is_counted_in_its_village(
    app: Flask, office: FlaskClient, province: Database
) -> None:
    """From the table for a mail merge, whose names no spreadsheet takes for formulas."""
    with province.writing() as session:
        session.get_one(Village, ("ho-mau", "V3")).name = "=Thôn"
        asked = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "sau", asked, WaveKind.SAMPLE, dates.today(), dates.today())
        session.add(Village(wave="sau", psu="V3", unit="06658", stratum="1"))
        session.flush()
        invitations.make(session, "key", "sau", ["V3"], 5)  # codes of another wave
    answer = send(office, villages="thon/V3", count="2", contact="", file="csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(row["psu"], row["village"]) for row in rows] == [("V3", "'=Thôn")] * 2
    digest = invitations.digest(str(app.config["SECRET_KEY"]), rows[0]["code"])
    with province.writing() as session:
        place, _used = invitations.place(session, digest)
        invitations.submit(session, place, digest, uuid4(), {"C5": 1})
    assert counted(province) == {"V3": (2, 1)}
    assert "1 trên 2 mã đã dùng" in office.get(PAGE).text


def test_of_a_drawn_sample_its_villages_alone_are_offered_each_with_as_many_letters_as_households(
    office: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        draw = Draw(wave="ho-mau", number=1, made=dates.today(), seed="1", frame="0" * 64, plan={})
        session.add(draw)
        session.flush()
        for psu, households in (("V1", 2), ("V3", 3)):
            session.add(DrawnVillage(draw=draw.id, psu=psu, stratum="1", probability=0.5))
            for place in range(1, households + 1):
                one = DrawnHousehold(draw=draw.id, psu=psu, household=place, place=place, replacement=False)
                one.probability, one.weight = 0.5, 2.0
                session.add(one)
        waves.find(session, "ho-mau").draw = draw.id
    page = office.get(PAGE).text
    assert re.findall(r'value="thon/(\w+)"', page) == ["V3", "V1"]  # Cao Xanh, Hà Tu
    assert re.search(r'<input[^>]*name="count"[^>]*value="3"', page)


def test_without_a_number_or_somebody_to_ask_no_code_is_made(office: FlaskClient, province: Database) -> None:
    assert "từ 1 đến 1000 mã" in send(office, count="0").text
    unasked = send(office, contact="  ")
    assert unasked.status_code == 422
    assert "người dân hỏi ai" in unasked.text
    assert send(office, villages="thon/V9").status_code == 422
    assert counted(province) == {}


def test_an_open_wave_one_without_villages_and_one_that_is_over_are_told_what_to_do(
    app: Flask, office: FlaskClient, province: Database, sign_in: SignIn
) -> None:
    assert "/quan-tri/gop-y/ap-phich" in office.get("/quan-tri/gop-y/thu-moi").text
    with province.writing() as session:
        wave = waves.find(session, "ho-mau")
        wave.closes = wave.opens
    assert "quá muộn" in office.get(PAGE).text
    assert send(office).status_code == 410
    with province.writing() as session:
        for village in waves.villages(session, "ho-mau"):
            session.delete(village)
    assert "/quan-tri/ho-mau/mau" in office.get(PAGE).text
    assert sign_in(app, "keyer").get(PAGE).status_code == 403

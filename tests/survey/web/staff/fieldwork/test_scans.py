"""Scans come in through the page; a doubtful question is settled from its picture, by those who may key."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import filled_sheets
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms import shipped
from survey.fieldwork import keying, serial_numbers
from survey.paper.layout import layout
from survey.storage.database import Database
from survey.storage.models import Batch, Keying, Response, Scan, Sheet, Village, WaveKind
from survey.system.dates import today
from survey.waves import questionnaires, waves
from survey.web.staff import pages

[SHORT] = [one for one in shipped() if one.name == "noi_phuc_vu@1"]
SERIAL = serial_numbers.numbered(2_000_001)
PAGE = "/quan-tri/giay/quet"
DOUBTED = "hl_chung"


@pytest.fixture
def office(app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient]) -> FlaskClient:
    """A keyer, and a wave `giay` with one printed form that is keyed twice."""
    with province.writing() as session:
        found = waves.find(session, "gop-y")
        short = questionnaires.find(session, "noi_phuc_vu@1")
        waves.create(session, "giay", short, WaveKind.SAMPLE, found.opens, found.closes)
        session.add(Village(wave="giay", psu="V1", unit="06652", stratum="06652", name="Thôn 1"))
        session.flush()
        session.add(Batch(code="giay-001", wave="giay", psu="V1", printed=today()))
        session.flush()
        session.add(Sheet(serial=SERIAL, batch="giay-001", place=1))
    return sign_in(app, "keyer")


@cache
def files() -> list[bytes]:
    """The pages of the form: every question has its first answer, one has two marks."""
    codes = {box.item: str(box.code) for box in reversed(layout(SHORT).boxes) if box.kind == "mark"}
    rng = np.random.default_rng(1)
    return [
        filled_sheets.packed(
            filled_sheets.filled(page, layout(SHORT), number, codes | {DOUBTED: "*"}, "cross", rng)
        ).tobytes()
        for number, page in enumerate(filled_sheets.printed(SHORT, SERIAL), start=1)
    ]


def token(client: FlaskClient, page: str = PAGE) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert found
    return found[1]


def send(client: FlaskClient, *contents: bytes) -> TestResponse:
    parts = [f'name="csrf_token"\r\n\r\n{token(client)}'.encode()] + [
        f'name="files"; filename="trang-{place}.jpg"\r\n\r\n'.encode() + content
        for place, content in enumerate(contents)
    ]
    body = b"".join(b"--part\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
    return client.post(PAGE, data=body + b"--part--\r\n", content_type="multipart/form-data; boundary=part")


def test_pages_come_in_and_what_is_doubtful_is_settled(office: FlaskClient, province: Database) -> None:
    answer = send(office, files()[0], b"no picture")
    assert answer.status_code == 200
    assert "trang-1.jpg, trang 1" in answer.text
    assert "còn thiếu trang" in office.get(f"{PAGE}/{SERIAL}").text
    assert (
        office.post(f"{PAGE}/{SERIAL}", data={"csrf_token": token(office), f"t-{DOUBTED}": "4"}).status_code == 409
    )
    send(office, files()[1])
    page = office.get(f"{PAGE}/{SERIAL}")
    [source] = re.findall(r'<img src="([^"]+\.jpg)"', page.text)
    picture = office.get(source)
    assert picture.data.startswith(b"\xff\xd8")
    assert picture.headers["Cache-Control"] == "no-store"
    fields = {"csrf_token": token(office, f"{PAGE}/{SERIAL}")}
    for wrong in ("", "7", "xx"):
        assert office.post(f"{PAGE}/{SERIAL}", data=fields | {f"t-{DOUBTED}": wrong}).status_code == 422
    done = office.post(f"{PAGE}/{SERIAL}", data=fields | {f"t-{DOUBTED}": "4"})
    assert (done.status_code, done.location) == (303, PAGE)
    with province.reading() as session:
        [row] = session.scalars(select(Keying))
        [response] = session.scalars(select(Response).where(Response.wave == "giay"))
        assert not session.scalars(select(Scan)).all()
    assert (row.source, row.keyer, response.answers[DOUBTED]) == ("scan", "keyer", 4)
    assert office.get(source).status_code == 409
    assert office.get(f"{PAGE}/{SERIAL}").status_code == 409


def test_two_marks_and_blanks_have_the_codes_of_keying(office: FlaskClient, province: Database) -> None:
    send(office, *files())
    item = SHORT.items[DOUBTED]
    text = office.get(f"{PAGE}/{SERIAL}").text
    for key in (keying.blank(item)[0], keying.two_marks(item)[0]):
        assert f"<kbd>{key}</kbd>" in text
    fields = {"csrf_token": token(office, f"{PAGE}/{SERIAL}"), f"t-{DOUBTED}": keying.two_marks(item)[0]}
    assert office.post(f"{PAGE}/{SERIAL}", data=fields).status_code == 303
    with province.reading() as session:
        [response] = session.scalars(select(Response).where(Response.wave == "giay"))
    assert DOUBTED not in response.answers


def test_the_scan_of_a_form_can_be_let_go(office: FlaskClient, province: Database) -> None:
    send(office, files()[0])
    assert office.post(f"{PAGE}/{SERIAL}/nhap-tay", data={"csrf_token": token(office)}).status_code == 303
    with province.reading() as session:
        assert not session.scalars(select(Scan)).all()


def test_pictures_are_for_those_who_key(
    app: Flask, office: FlaskClient, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    send(office, *files())
    reader = sign_in(app, "home_affairs")
    for path in (PAGE, f"{PAGE}/{SERIAL}", f"{PAGE}/{SERIAL}/{DOUBTED}.jpg"):
        assert reader.get(path).status_code == 403
        assert app.test_client().get(path).status_code == 302
        assert office.get(path).status_code == 200


def test_who_keyed_a_form_does_not_see_its_scan(office: FlaskClient, province: Database) -> None:
    with province.writing() as session:
        session.get_one(Sheet, SERIAL).double = True
        session.add(Keying(sheet=SERIAL, turn=1, keyer="keyer", source="person", typed={}, day=today()))
    send(office, *files())
    assert office.get(f"{PAGE}/{SERIAL}").status_code == 409
    assert office.get(f"{PAGE}/{SERIAL}/{DOUBTED}.jpg").status_code == 409


def test_no_file_and_too_much_of_it_are_told(office: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert office.post(PAGE, data={"csrf_token": token(office)}).status_code == 422
    page = pages.declared["staff.scans"]
    monkeypatch.setitem(pages.declared, "staff.scans", replace(page, max_upload=10_000))
    assert send(office, bytes(20_000)).status_code == 413


def test_no_file_is_written_of_what_is_sent(
    office: FlaskClient, province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # a temporary file would fail there
    send(office, files()[0] + bytes(2_000_000))
    with province.reading() as session:
        assert session.scalars(select(Scan.page)).all() == [1]

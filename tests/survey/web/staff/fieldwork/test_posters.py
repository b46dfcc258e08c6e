"""Posters are downloaded from a page: those of all communes in one file, or that of one place."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.storage.database import Database
from survey.system import dates
from survey.waves import units, waves

SignIn = Callable[[Flask, str], FlaskClient]
PAGE = "/quan-tri/gop-y/ap-phich"


@pytest.fixture
def office(app: Flask, sign_in: SignIn) -> FlaskClient:
    return sign_in(app, "home_affairs")


@pytest.mark.parametrize(
    ("query", "count", "wide"), [("", 55, 210), ("?don-vi=06652&kho=A5", 1, 148), ("?don-vi=SNV", 1, 210)]
)
def test_posters_of_all_communes_or_of_one_place_come_as_a_file(
    office: FlaskClient, province: Database, query: str, count: int, wide: int
) -> None:
    """Of a wave that opens in two days, from when on there is a commune more."""
    with province.writing() as session:
        wave = waves.find(session, "gop-y")
        wave.opens = dates.today() + timedelta(2)
        units.load(session, f"code,name,kind,parent,valid_from\n99901,Mới,xã,22,{wave.opens}\n")
    assert "Áp phích cho 55 xã" in office.get(PAGE).text
    answer = office.get(f"{PAGE}/ap-phich.pdf{query}")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    with pypdfium2.PdfDocument(answer.data) as document:
        assert len(document) == count
        assert document[0].get_width() / 72 * 25.4 == pytest.approx(wide, abs=0.5)
        assert re.search(r"localhost/(\d{5}|s/gop-y/\w+)\s*$", document[0].get_textpage().get_text_bounded())


def test_the_page_says_where_the_codes_lead_and_of_whom_they_are(app: Flask, office: FlaskClient) -> None:
    page = office.get(PAGE).text
    assert "Áp phích cho 54 xã, phường, đặc khu" in page
    assert "http://localhost/s/gop-y/" in page
    assert "HAILONG_BASE_URL" in page
    app.config["BASE_URL"] = "https://hailong.example.vn/"
    page = office.get(PAGE).text
    assert "https://hailong.example.vn/s/gop-y/" in page
    assert "HAILONG_BASE_URL" not in page
    assert "cần thư mời" not in page
    assert "cần thư mời" in office.get("/quan-tri/ho-mau/ap-phich").text


def test_what_is_over_or_unknown_has_no_posters(office: FlaskClient) -> None:
    page = office.get("/quan-tri/da-dong/ap-phich")
    assert page.status_code == 200
    assert "không dẫn tới phiếu nào nữa" in page.text
    assert "ap-phich.pdf" not in page.text
    assert office.get("/quan-tri/da-dong/ap-phich/ap-phich.pdf").status_code == 410
    assert office.get(f"{PAGE}/ap-phich.pdf?don-vi=22").status_code == 404
    assert office.get("/quan-tri/khong-co/ap-phich").status_code == 404
    assert office.get(f"{PAGE}/ap-phich.pdf?kho=A3").status_code == 400


def test_a_new_wave_and_its_fieldwork_lead_to_the_posters(
    app: Flask, office: FlaskClient, sign_in: SignIn
) -> None:
    assert f'href="{PAGE}"' in office.get("/quan-tri/gop-y/tien-do").text
    assert f'href="{PAGE}"' in office.get("/quan-tri/gop-y/phieu").text
    assert sign_in(app, "keyer").get(PAGE).status_code == 403

"""The files of charts: they hold what a reader needs who has nothing else, and nothing that the page hides."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.results import summary, wording
from survey.storage import audit
from survey.web.staff.results import charts

FILES = "/quan-tri/thu-nghiem/bieu-do"


@pytest.fixture(scope="module")
def reader(made_up: Flask, sign_in: Any) -> FlaskClient:
    return sign_in(made_up, "home_affairs")  # type: ignore[no-any-return]


def texts(svg: str) -> str:
    return " ".join(part.text or "" for part in ElementTree.fromstring(svg).iter() if part.tag.endswith("text"))


@pytest.mark.parametrize(
    "name", ["xa-phuong", "ban-do?to=doi", "noi-dung", "nhan-to", "xa?don-vi=06652", "qua-cac-nam?don-vi=06652"]
)
def test_a_chart_stands_by_itself(reader: FlaskClient, name: str) -> None:
    name, _, query = name.partition("?")
    svg = reader.get(f"{FILES}/{name}.svg?{query}").text
    said = texts(svg)
    assert "Nguồn: khảo sát của tỉnh Quảng Ninh" in said
    assert "Dự thảo" in said
    assert "Dữ liệu mô phỏng" in said
    assert re.search(r"\d người trả lời", said)
    assert "var(" not in svg
    assert "class=" not in svg
    assert "href" not in svg
    png = reader.get(f"{FILES}/{name}.png?{query}")
    assert png.data.startswith(b"\x89PNG")
    assert "attachment" in png.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("nhan-to.svg", "nhan-to-thu-nghiem.svg"),
        ("xa.svg?don-vi=06652", "xa-thu-nghiem-ha-tu.svg"),
        ("qua-cac-nam.png?muc=C5=3&don-vi=06652", "qua-cac-nam-thu-nghiem-c5-3-ha-tu.png"),
    ],
)
def test_the_name_of_a_file_says_what_it_is_of(reader: FlaskClient, name: str, file: str) -> None:
    assert reader.get(f"{FILES}/{name}").headers["Content-Disposition"] == f'attachment; filename="{file}"'


def test_the_file_has_the_pages_figures(reader: FlaskClient, made_up: Flask) -> None:
    said = texts(reader.get(f"{FILES}/noi-dung.svg").text)
    with made_up.extensions["database"].reading() as session:
        figures = summary.gather(session, "thu-nghiem")
        for line in (*figures.areas, *figures.items):
            record = line.estimate
            words = wording.figure(record, 1), wording.limits(record, 1), wording.people(record.n)
            assert " · ".join(words) in said


def test_what_is_hidden_has_a_word_and_no_dot(reader: FlaskClient, made_up: Flask) -> None:
    with made_up.extensions["database"].reading() as session:
        figures = summary.gather(session, "thu-nghiem")
    place = next(iter(range(len(figures.headlines))))
    code = figures.headlines[place].code
    svg = reader.get(f"{FILES}/xa-phuong.svg?hien={code}").text
    records = [line.headlines[place] for line in figures.units]
    seen = [one for one in records if one.estimate is not None]
    assert len(seen) < len(records)
    assert svg.count("<circle") == len(seen)


def test_the_file_of_the_communes_shows_what_their_page_shows(reader: FlaskClient) -> None:
    page = reader.get("/quan-tri/thu-nghiem/don-vi?xep=-doi&nhom=thap").text
    address = re.search(r'href="([^"]+/xa-phuong\.svg[^"]*)"', page)
    assert address
    said = texts(reader.get(address[1].replace("&amp;", "&")).text)
    assert "không đổi" in said
    names = re.findall(r'<th scope="row"><a href="[^"]+/don-vi/\d+">([^<]+)</a>', page)
    places = [said.index(name) for name in names]
    assert places == sorted(places)
    changes = re.findall(r'<td class="number span">.*?</span>([^<]+ đến [^<]+)<', page)
    assert len(changes) == len(names) < 54
    assert all(span in said for span in changes)


@pytest.mark.parametrize("page", ["", "don-vi", "don-vi?xem=o", "cau-hoi", "qua-cac-dot", "don-vi/06652"])
def test_each_chart_that_a_page_offers_is_there(reader: FlaskClient, page: str) -> None:
    addresses = re.findall(r'href="([^"]+\.svg[^"]*)" download', reader.get(f"/quan-tri/thu-nghiem/{page}").text)
    assert addresses
    assert {reader.get(one.replace("&amp;", "&")).status_code for one in addresses} == {200}


def test_each_is_noted_and_an_unknown_one_is_not_there(reader: FlaskClient, made_up: Flask) -> None:
    reader.get(f"{FILES}/xa-phuong.svg")
    with made_up.extensions["database"].reading() as session:
        last = audit.newest(session)
        assert last is not None
        assert last.what == "Downloaded a chart"
    assert reader.get(f"{FILES}/khac.svg").status_code == 404
    assert reader.get(f"{FILES}/xa-phuong.gif").status_code == 404
    assert set(charts.CHARTS) == {"xa-phuong", "ban-do", "noi-dung", "nhan-to", "xa", "qua-cac-nam"}


def test_the_file_of_the_map_has_each_tile_of_the_page(reader: FlaskClient) -> None:
    page = reader.get("/quan-tri/thu-nghiem/don-vi?xem=o&to=doi").text
    address = re.search(r'href="([^"]+/ban-do\.svg[^"]*)"', page)
    assert address
    svg = reader.get(address[1].replace("&amp;", "&")).text
    said = texts(svg)
    figures = re.findall(r'class="tile-figure">([^<]+)<', page)
    assert len(figures) == 54
    assert all(figure in said for figure in figures)
    assert "Số trong ô là mức đổi" in said
    assert page.count('<path d="M7 12 1.5 2H12.5Z"/>') > 0 < svg.count("M0 5-5.500-5H5.500Z")


def test_the_series_page_leads_on_from_a_communes_item(reader: FlaskClient) -> None:
    page = reader.get("/quan-tri/thu-nghiem/qua-cac-dot?muc=th_dien&don-vi=06652").text
    assert 'href="/quan-tri/thu-nghiem/don-vi/06652"' in page
    assert "muc=index&amp;don-vi=06652" in page
    assert 'href="/quan-tri/nam-truoc/don-vi/06652"' in page
    assert 'class="plot-mark province"' in page
    assert "qua-cac-nam.png?muc=th_dien&amp;don-vi=06652" in page

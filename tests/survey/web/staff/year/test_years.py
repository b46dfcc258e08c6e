"""The years of the province, and how one gets there."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from survey.storage.database import Database
from survey.storage.models import PublishedFigure
from survey.system import dates

SignIn = Callable[[Flask, str], FlaskClient]


def figure(year: int, value: float = 91.49, index: str = "PAR_INDEX") -> PublishedFigure:
    return PublishedFigure(
        year=year, place="Quảng Ninh", index=index, part="", value=value, unit="points", max=100, rank=4, of=63,
        group=None, source="Báo cáo", note="", stored_on=dates.today(),
    )  # fmt: skip


def test_a_year_stands_beside_the_waves_for_home_affairs_alone(
    app: Flask, province: Database, sign_in: SignIn
) -> None:
    assert '<a href="/quan-tri/nam/">Năm</a>' in sign_in(app, "admin").get("/quan-tri/").text
    assert "/quan-tri/nam/" not in sign_in(app, "keyer").get("/nhap-phieu/").text
    assert sign_in(app, "keyer").get("/quan-tri/nam/").status_code == 403


def test_without_anything_the_present_year_is_there_and_what_comes_first(
    app: Flask, province: Database, sign_in: SignIn
) -> None:
    page = sign_in(app, "admin").get("/quan-tri/nam/").text
    assert f"/quan-tri/nam/{dates.today().year}" in page
    assert "Chưa nhập gì cho năm nào" in page


def test_a_corrected_figure_counts_once_and_its_year_is_listed(
    app: Flask, province: Database, sign_in: SignIn
) -> None:
    with province.writing() as session:
        session.add_all([figure(2019), figure(2019, 91.5), figure(2019, 90.12, "SIPAS")])
    page = sign_in(app, "admin").get("/quan-tri/nam/").text
    row = page.split("/quan-tri/nam/2019", 1)[1].split("</tr>")[0]
    assert "</span>2</td>" in row
    assert "Chưa nhập gì" not in page


def test_the_bar_leads_through_the_year_and_an_unlikely_year_is_none(
    app: Flask, province: Database, sign_in: SignIn
) -> None:
    admin = sign_in(app, "admin")
    assert '<a href="/quan-tri/nam/2024" aria-current="page">Tổng quan</a>' in admin.get("/quan-tri/nam/2024").text
    assert admin.get("/quan-tri/nam/1789").status_code == 404


def test_parts_without_their_whole_hide_no_other_index(app: Flask, province: Database, sign_in: SignIn) -> None:
    part = figure(2024, 8, "SIPAS")
    part.part = "6"
    with province.writing() as session:
        session.add(part)
    page = sign_in(app, "admin").get("/quan-tri/da-cong-bo").text
    assert "<h1>Số liệu đã công bố</h1>" in page
    with province.writing() as session:
        session.add_all([figure(2024), figure(2024, 80.5, "PAPI")])
    heading = sign_in(app, "admin").get("/quan-tri/da-cong-bo").text.split("<h1>")[1].split("</h1>")[0]
    assert "PAR INDEX 2024: 91,49" in heading
    assert "PAPI 2024: 80,5" in heading

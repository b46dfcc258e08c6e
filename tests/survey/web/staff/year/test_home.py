"""The home of a year: what others published, one's own figures apart, what is late, what is not known."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.storage.database import Database
from survey.system import dates
from survey.year import year_waves
from tests.survey.year import example

SignIn = Callable[[Flask, str], FlaskClient]
HOME = f"/quan-tri/nam/{example.YEAR}"


@pytest.fixture
def province(province: Database) -> Database:
    return example.fill(province)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_published_values_stand_with_rank_change_and_the_mean_of_all(app: Flask, sign_in: SignIn) -> None:
    page = sign_in(app, "home_affairs").get(HOME).text
    text = plain(page)
    assert "91,49 điểm, năm 2024 Hạng 4/63 · giảm 0,69 so với 2023" in text
    assert "cao hơn 3,12 so với Việt Nam (88,37)" in text
    assert "giảm 0,06 so với 2022 (2023 không công bố)" in text
    par, rest = page.split('id="SIPAS"')[0], page.split('id="own"')[1]
    assert "plot-whisker" not in par
    assert "91,49" not in rest


def test_a_year_that_was_not_published_is_a_gap_and_no_line_leads_through(app: Flask, sign_in: SignIn) -> None:
    page = sign_in(app, "home_affairs").get(HOME).text
    papi = page.split('id="PAPI"')[1].split("</svg>", 2)[1]
    assert "2023 không công bố" in papi
    assert papi.count('class="diamond"') == 3  # 2020, 2022, 2024
    assert papi.count('class="gap"') == 2
    assert "polyline" not in papi


def test_own_figures_say_what_they_are_not_and_have_their_interval(app: Flask, sign_in: SignIn) -> None:
    page = sign_in(app, "home_affairs").get(HOME).text
    assert '<a href="/quan-tri/nam/" aria-current="true">Năm</a>' in page  # the year's frame, not a wave's
    own = plain(page.split('id="own"')[1].split("</section>")[0])
    assert "không phải SIPAS hay PAPI" in own
    assert re.search(r"90,00% từ \d+,\d\d đến \d+,\d\d", own)
    assert "chưa cộng tổng" in own
    assert "không phải PAPI" in own.split("Chỉ báo của tỉnh", 1)[1]


def test_what_is_late_comes_first_and_points_that_can_be_won_back_are_told(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(app, "home_affairs")
    assert "4 tiêu chí giữ 5,46 điểm đã mất" in client.get(HOME).text
    page = client.get("/quan-tri/nam/2025").text
    assert "việc quá hạn" in re.split("</h1>", page)[0]
    first = page.split('id="duties"', 1)[1].split("<tbody", 1)[1].split("</tr>")[0]
    assert "NV-03" in first
    assert "4,43" in first


def test_a_year_that_is_over_has_no_plan_to_be_imported(app: Flask, sign_in: SignIn) -> None:
    client, year = sign_in(app, "home_affairs"), dates.today().year
    asks = [at for at in (2024, year) if "kế hoạch cần nạp" in plain(client.get(f"/quan-tri/nam/{at}").text)]
    assert asks == [year]


def test_what_is_not_known_is_boxed_and_never_zero(app: Flask, sign_in: SignIn) -> None:
    page = plain(sign_in(app, "home_affairs").get("/quan-tri/nam/1995").text)
    assert "Chưa nhập gì cho năm 1995" in page
    assert page.count("chưa biết") == 4
    assert "0,00" not in page


def test_the_waves_of_the_year_are_named_here_and_a_refusal_stands_on_the_page(
    app: Flask, province: Database, sign_in: SignIn
) -> None:
    client = sign_in(app, "home_affairs")
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/quan-tri/nam/2025/dot", data={"survey": "ho-mau"}).status_code == 303
    with province.reading() as session:
        named = year_waves.find(session, 2025, "survey")
        assert named is not None
        assert named.code == "ho-mau"
    refused = client.post("/quan-tri/nam/2025/dot", data={"survey": "ho-mo"})
    assert refused.status_code == 400
    assert "ho-mo là đợt mở" in refused.text

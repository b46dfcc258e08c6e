from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.storage.database import Database
from survey.storage.models import Mode, Response, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

SignIn = Callable[[Flask, str], FlaskClient]


def test_the_settings_of_a_wave_change_what_may_change_and_say_why_the_rest_stays(
    app: Flask, sign_in: SignIn, province: Database
) -> None:
    client = sign_in(app, "home_affairs")
    app.config["WTF_CSRF_ENABLED"] = False
    page = client.get("/quan-tri/ho-mo/dot")
    seen = page.text.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    days = {"opens": dates.today().isoformat(), "closes": (dates.today() + timedelta(9)).isoformat()}
    form = {"seen": seen, "title": "Đợt mở", "public": "y", **days}
    assert client.post("/quan-tri/ho-mo/dot", data=form).status_code == 303
    assert client.post("/quan-tri/ho-mo/dot", data=form).status_code == 409
    now = client.get("/quan-tri/ho-mo/dot").text
    late = form | {"seen": now.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]}
    late |= {"closes": (dates.today() + timedelta(900)).isoformat()}
    asked_about = client.post("/quan-tri/ho-mo/dot", data=late)
    assert ('name="sure"' in now, 'name="sure"' in asked_about.text) == (False, True)
    assert (
        "được hủy sau ngày"
        in client.post("/quan-tri/ho-mo/dot", data=late | {"sure": "y"}, follow_redirects=True).text
    )
    assert client.post("/quan-tri/ho-mo/dot/xoa").status_code == 409
    with province.writing() as session:
        asked = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "nham", asked, WaveKind.OPEN, dates.today(), dates.today())
    assert client.post("/quan-tri/nham/dot/xoa").status_code == 303
    assert client.get("/quan-tri/nham/dot").status_code == 404
    assert client.post("/quan-tri/gop-y/dot/ket-thuc").status_code == 303
    assert client.get("/s/gop-y/06652").status_code == 410
    sampled = client.get("/quan-tri/ho-mau/dot").text
    assert 'name="public"' not in sampled
    assert "thôn, tổ dân phố" in sampled


@pytest.mark.parametrize(
    ("forms", "quick", "said"),
    [
        (29, 29, "Chưa đủ phiếu"),
        (
            60,
            6,
            "Trong 60 phiếu từ điện thoại, máy đặt tại chỗ và máy tính bảng có 6 phiếu điền chưa đến 5 giây; điều",
        ),
        (60, 9, "Hoặc phiếu bị bấm cho xong, hoặc số phút nói quá cao"),  # at least 7.1%; 6 of 60: 3.8%
    ],
)
def test_the_minutes_told_are_checked_against_what_devices_tell_of_quick_forms(
    app: Flask, sign_in: SignIn, province: Database, forms: int, quick: int, said: str
) -> None:
    with province.writing() as session:
        wave = waves.find(session, "gop-y")
        about = {"wave": "gop-y", "unit": "06652", "day": dates.today(), "questionnaire": wave.questionnaire}
        for number in range(forms + 50):
            kept = {"mode": Mode.KIOSK, "marks": ["lang-vi", "quick"] if number < quick else ["lang-vi"]}
            paper = {"mode": Mode.PAPER, "marks": []}
            session.add(Response(id=uuid4(), answers={}, **about, **(kept if number < forms else paper)))
    page = sign_in(app, "home_affairs").get("/quan-tri/gop-y/dot").text
    assert "12 câu ngắn, chừng 3 phút" in page
    assert said in page

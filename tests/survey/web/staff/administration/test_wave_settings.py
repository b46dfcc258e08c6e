from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from survey.storage.database import Database
from survey.storage.models import WaveKind
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

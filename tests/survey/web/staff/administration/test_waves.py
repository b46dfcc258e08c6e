"""The list of waves, and the wave's own pages, say how far the newest release is, to whoever may read results."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from survey.responses import submission
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import Mode, Role
from survey.waves import waves

SignIn = Callable[[Flask, str], FlaskClient]


def test_whoever_lands_on_the_list_is_told_what_waits(
    province: Database, app: Flask, sign_in: SignIn, account: Callable[..., None]
) -> None:
    with province.writing() as session:
        account(session, "supervisor", Role.SUPERVISOR)
        account(session, "head", Role.HEAD)
    reader, supervisor, head = (sign_in(app, name) for name in ("home_affairs", "supervisor", "head"))
    assert "Bản số" not in reader.get("/quan-tri/").text
    with province.writing() as session:
        for psu in ("V1", "V2") * 5:
            place = waves.place(session, "ho-mau", "06652")
            submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"th_y_te": 4}, psu=psu)
        made = releases.freeze(session, waves.find(session, "ho-mau"), "An")
    link = '<a href="/quan-tri/ho-mau/cong-bo/1">'
    assert f"{link}Bản số 1 chờ kiểm tra</a>" in reader.get("/quan-tri/").text
    assert f"{link}<strong>Bản số 1 chờ kiểm tra</strong></a>" in reader.get("/quan-tri/ho-mau/").text
    assert "<strong>Bản số 1" not in reader.get("/quan-tri/ho-mau/cong-bo/1").text  # says so itself
    with province.writing() as session:
        release_steps.check(releases.find(session, "ho-mau", made.number), "Bình")
    assert f"{link}Bản số 1 chờ duyệt</a>" in reader.get("/quan-tri/").text
    for page in ("", "tien-do", "cau-hoi"):
        waits = f"{link}<strong>Bản số 1 chờ duyệt</strong></a>"
        assert waits in head.get(f"/quan-tri/ho-mau/{page}").text
    assert "cong-bo/1" not in supervisor.get("/quan-tri/ho-mau/tien-do").text
    with province.writing() as session:
        found = releases.find(session, "ho-mau", made.number)
        release_steps.approve(found, found, "Chi")
    assert f"{link}Đã công bố bản số 1</a>" in reader.get("/quan-tri/").text
    assert "<strong>Đã công bố" not in reader.get("/quan-tri/ho-mau/").text  # nobody has to do anything
    page = supervisor.get("/quan-tri/")  # reads no results
    assert page.status_code == 200
    assert "/quan-tri/ho-mau/" in page.text
    assert "cong-bo" not in page.text

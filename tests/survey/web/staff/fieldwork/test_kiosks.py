"""Kiosks are set up on a page: the link is shown once, and a device that is lost is ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.responses import devices, sealed_responses
from survey.storage.database import Database
from survey.storage.models import AuditEntry
from survey.system import dates
from survey.waves import waves
from translations import formats

SignIn = Callable[[Flask, str], FlaskClient]
PAGE = "/quan-tri/gop-y/may"


@pytest.fixture
def office(
    app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> FlaskClient:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path_factory.mktemp("keys")))
    return sign_in(app, "home_affairs")


def send(client: FlaskClient, path: str = PAGE, **fields: str) -> tuple[int, str]:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(PAGE).text)
    assert token is not None
    answer = client.post(path, data={"csrf_token": token[1], **fields}, follow_redirects=True)
    return answer.status_code, answer.text


def test_a_link_is_shown_once_with_its_code_and_binds_the_device_that_opens_it(
    app: Flask, office: FlaskClient, province: Database
) -> None:
    assert "Chưa đặt máy lấy ý kiến nào" in office.get(PAGE).text
    status, page = send(office, unit="06652", place="Sảnh tầng 1")
    assert status == 201
    address = re.search(r"http://localhost(/kiosk/bind/[\w-]+)", page)
    leave = re.search(r'class="staff-password"><code>(\d{6})<', page)
    assert address
    assert leave
    assert "data:image/svg+xml" in page
    assert "đến hết ngày " + formats.day(dates.today() + timedelta(7)) in page
    assert "Chưa dùng được ở máy khác" in page  # by http nothing can be sealed
    waiting = office.get(PAGE).text
    assert "chờ mở đường dẫn" in waiting
    assert address[1] not in waiting
    assert leave[1] not in waiting
    assert app.test_client().post(address[1]).headers["Location"] == "/kiosk/gop-y/06652"
    assert "1 máy đang dùng" in office.get(PAGE).text
    with province.reading() as session:
        trail = [(entry.what, entry.subject) for entry in session.scalars(select(AuditEntry))]
    assert ("Made a link for a kiosk", "wave=gop-y unit=06652") in trail


def test_a_link_needs_a_commune_and_a_place(office: FlaskClient, province: Database) -> None:
    status, page = send(office, unit="", place=" ")
    assert status == 422
    assert "chọn xã, phường, đặc khu nơi đặt máy" in page
    assert "ghi chỗ đặt máy" in page
    assert send(office, unit="22", place="Sảnh")[0] == 422
    with province.reading() as session:
        assert devices.list_all(session) == []
    assert send(office, unit="SNV", place="Quầy 1")[0] == 201  # a department has counters, too


def test_a_device_is_ended_from_the_page_of_its_wave_and_a_tablet_from_any(
    office: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        made = devices.link(session, "gop-y", "06652", "Sảnh")
        devices.bind(session, made.secret, sealed_responses.current().id)
        devices.link(session, "ho-mo", "06652", "Quầy 2")
        devices.bind_tablet(session, "ho-mau", "06658", "Máy của lan", sealed_responses.current().id, "lan")
    page = office.get(PAGE).text
    assert "Sảnh" in page
    assert "Máy của lan" in page
    assert "Quầy 2" not in page
    assert send(office, f"{PAGE}/2/ngung")[0] == 404
    status, page = send(office, f"{PAGE}/1/ngung")
    assert status == 200
    assert "Máy số 1 (Sảnh) đã ngừng dùng" in page
    assert send(office, f"{PAGE}/3/ngung")[0] == 200
    with province.reading() as session:
        assert [devices.state(one) for one in devices.list_all(session)] == ["revoked", "waiting", "revoked"]
        trail = [(entry.what, entry.subject) for entry in session.scalars(select(AuditEntry))]
    assert ("Took a device out of service", "wave=gop-y number=1") in trail


def test_a_kiosk_that_sends_nothing_for_a_week_is_told(office: FlaskClient, province: Database) -> None:
    with province.writing() as session:
        made = devices.link(session, "gop-y", "06652", "Sảnh")
        devices.bind(session, made.secret, sealed_responses.current().id)
        devices.bind_tablet(
            session, "gop-y", "06652", "Máy của lan", sealed_responses.current().id, "lan"
        )  # it may rest
        for device in devices.list_all(session):
            device.bound = dates.today() - timedelta(8)
        devices.link(session, "gop-y", "06652", "Quầy 2")
    page = office.get(PAGE).text
    assert "1 máy hơn một tuần không gửi gì" in page
    assert page.index("Sảnh") < page.index("Quầy 2")  # those in service first
    with province.writing() as session:
        devices.find(session, 1).bound = dates.today() - timedelta(7)
    assert "không gửi gì" not in office.get(PAGE).text
    with province.writing() as session:
        devices.find(session, 1).bound = dates.today() - timedelta(8)
        devices.heard(session, 1)
    assert "2 máy đang dùng" in office.get(PAGE).text


def test_a_wave_that_is_over_gets_no_kiosk(
    app: Flask, office: FlaskClient, province: Database, sign_in: SignIn
) -> None:
    page = office.get("/quan-tri/da-dong/may").text
    assert "Đợt đã kết thúc" in page
    assert 'name="place"' not in page
    assert send(office, "/quan-tri/da-dong/may", unit="06652", place="Sảnh")[0] == 410
    with province.writing() as session:
        waves.find(session, "da-dong").closes = dates.today()
    assert send(office, "/quan-tri/da-dong/may", unit="06652", place="Sảnh")[0] == 201
    assert sign_in(app, "keyer").get(PAGE).status_code == 403

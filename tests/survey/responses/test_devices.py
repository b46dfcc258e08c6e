"""Binding a device: a link that works once, a token that can be revoked, a code to leave."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from survey.accounts import accounts
from survey.responses import devices, quarantine, sealed_responses
from survey.responses.devices import Link
from survey.storage.database import Database
from survey.storage.models import Device, Mode, Response, Role, Verdict
from survey.system import dates
from survey.web import bound_device
from survey.web.server import rate_limit
from tests.conftest import assign
from translations import Denied, Gone, NotFound, Refusal

SignedIn = Callable[[Flask, str], FlaskClient]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder, where the keys lie."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    return tmp_path


def link(database: Database, unit: str = "06652", place: str = "Sảnh tầng 1") -> Link:
    with database.writing() as session:
        return devices.link(session, "gop-y", unit, place)


def bind(client: FlaskClient, made: Link) -> Any:
    return client.post(f"/kiosk/bind/{made.secret}")


def device(database: Database, id: int = 1) -> Device:
    with database.reading() as session:
        return devices.find(session, id)


def test_the_link_binds_whoever_opens_it_and_nobody_after(app: Flask, province: Database) -> None:
    made = link(province)
    first, second = app.test_client(), app.test_client()
    assert first.get(f"/kiosk/bind/{made.secret}").status_code == 200
    assert bind(first, made).headers["Location"] == "/kiosk/gop-y/06652"
    assert bind(second, made).status_code == 410
    assert second.get(f"/kiosk/bind/{made.secret}").status_code == 410
    assert first.get("/kiosk/shell-vi.html").status_code == 200
    assert second.get("/kiosk/shell-vi.html").status_code == 403


def test_looking_at_a_link_does_not_use_it_up(client: FlaskClient, province: Database) -> None:
    made = link(province)
    for _program_that_shows_links in range(3):
        assert client.get(f"/kiosk/bind/{made.secret}").status_code == 200
    assert bind(client, made).status_code == 303


@pytest.mark.both_databases
def test_of_two_that_open_the_link_at_once_one_is_bound(province: Database) -> None:
    made = link(province)
    start, outcomes = threading.Barrier(4), []

    def open_it() -> None:
        start.wait()
        try:
            with province.writing() as session:
                outcomes.append(devices.bind(session, made.secret, "k")[1])
        except Gone:
            outcomes.append("")

    threads = [threading.Thread(target=open_it) for _device in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, outcomes)) == [False, False, False, True]


def test_neither_link_nor_token_nor_code_is_in_the_database(app: Flask, province: Database) -> None:
    made = link(province)
    client = app.test_client()
    bind(client, made)
    cookie = client.get_cookie(bound_device.COOKIE)
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Strict"
    kept = device(province)
    text = "\n".join(str(getattr(kept, column.key)) for column in Device.__table__.columns)
    for secret in (made.secret, made.leave_code, cookie.value):
        assert len(secret) >= 6
        assert secret not in text


def test_a_device_that_was_bound_before_names_had_a_prefix_stays_bound_and_gets_the_new_name(
    client: FlaskClient, province: Database
) -> None:
    bind(client, link(province))  # without TLS, so without a prefix
    old, over = client.get_cookie(bound_device.COOKIE), "https://localhost"
    assert old is not None
    assert 'class="kiosk"' in client.get("/kiosk/gop-y/06652", base_url=over).text
    client.delete_cookie(bound_device.COOKIE)
    new = client.get_cookie(f"__Host-{bound_device.COOKIE}")
    assert new is not None
    assert (new.value, new.secure, new.path) == (old.value, True, "/")
    assert 'class="kiosk"' in client.get("/kiosk/gop-y/06652", base_url=over).text


def test_a_link_is_too_old_after_a_week(client: FlaskClient, province: Database) -> None:
    made = link(province)
    with province.writing() as session:
        session.execute(update(Device).values(made=dates.today() - timedelta(8)))
    assert devices.state(device(province)) == "expired"
    assert bind(client, made).status_code == 410


def test_a_revoked_device_is_a_phone(client: FlaskClient, province: Database) -> None:
    bind(client, link(province))
    assert 'class="kiosk"' in client.get("/kiosk/gop-y/06652").text
    with province.writing() as session:
        devices.revoke(session, 1)
    assert 'class="kiosk"' not in client.get("/kiosk/gop-y/06652").text
    assert client.get("/kiosk/shell-vi.html").status_code == 403


def test_a_link_can_be_withdrawn(client: FlaskClient, province: Database) -> None:
    made = link(province)
    with province.writing() as session:
        devices.revoke(session, 1)
    assert bind(client, made).status_code == 410
    assert devices.state(device(province)) == "revoked"


def test_a_bound_device_is_led_to_its_own_place(client: FlaskClient, province: Database) -> None:
    bind(client, link(province))
    for elsewhere in ("/kiosk/gop-y/06658", "/kiosk/ho-mo/06652"):
        assert client.get(elsewhere).headers["Location"] == "/kiosk/gop-y/06652"
    assert client.get("/thoat").headers["Location"] == "/kiosk/gop-y/06652"


@pytest.mark.parametrize(
    ("over", "cookie"),
    [("http://localhost", bound_device.COOKIE), ("https://localhost", f"__Host-{bound_device.COOKIE}")],
)
def test_leaving_needs_the_code(client: FlaskClient, province: Database, over: str, cookie: str) -> None:
    made = link(province)
    client.post(f"/kiosk/bind/{made.secret}", base_url=over)
    wrong = str((int(made.leave_code) + 1) % 10**6).zfill(6)

    def leave(code: str) -> int:
        return client.post("/kiosk/leave", data={"code": code}, base_url=over).status_code

    assert leave(wrong) == 403
    assert devices.state(device(province)) == "bound"
    assert client.get_cookie(cookie) is not None
    assert leave(made.leave_code) == 204
    assert devices.state(device(province)) == "revoked"
    assert client.get_cookie(cookie) is None
    assert leave(made.leave_code) == 403


@pytest.mark.parametrize(
    ("wave", "unit", "place", "refusal"),
    [
        ("khong-co", "06652", "Sảnh", NotFound),
        ("gop-y", "99999", "Sảnh", NotFound),
        ("gop-y", "22", "Sảnh", NotFound),
        ("gop-y", "06652", "  ", Refusal),
        ("gop-y", "06652", "x" * 121, Refusal),
    ],
)
def test_a_link_names_a_wave_a_commune_and_a_place(
    province: Database, wave: str, unit: str, place: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal), province.writing() as session:
        devices.link(session, wave, unit, place)


def test_the_code_to_leave_is_checked_by_its_digest_alone(province: Database) -> None:
    link(province)
    with pytest.raises(Denied):
        devices.may_leave(device(province), device(province).leave_digest)


def test_guesses_of_the_code_to_leave_hold_no_writer_and_are_few(
    app: Flask, client: FlaskClient, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = link(province)
    bind(client, made)
    app.extensions["rate_of_codes"] = rate_limit.Rate(3 / rate_limit.KEPT, most=3)
    wrong = str((int(made.leave_code) + 1) % 10**6).zfill(6)
    with monkeypatch.context() as watched:
        watched.setattr(Database, "writing", None)  # whoever only guesses writes nothing
        guesses = [client.post("/kiosk/leave", data={"code": wrong}) for _guess in range(5)]
    assert [guess.status_code for guess in guesses] == [403] * 3 + [429] * 2
    assert int(guesses[-1].headers["Retry-After"]) > 0
    assert devices.state(device(province)) == "bound"


def test_a_bound_device_sends_as_often_as_it_likes(app: Flask, client: FlaskClient, province: Database) -> None:
    app.extensions["rate"] = rate_limit.Rate(1)
    bind(client, link(province))
    for time in range(3):
        sent = {
            "id": f"00000000-0000-4000-8000-00000000000{time}",
            "wave": "gop-y",
            "unit": "06652",
            "mode": "kiosk",
            "answers": {"hl_chung": 4},
        }
        assert client.post("/api/v1/responses", json=sent).status_code == 201
    assert client.post("/api/v1/responses", json=sent | {"unit": "06658"}).status_code == 403
    assert app.test_client().post("/api/v1/responses", json=sent).status_code == 403


def test_the_shell_holds_the_key_and_nothing_secret(client: FlaskClient, province: Database, folder: Path) -> None:
    made = link(province)
    bind(client, made)
    page = client.get("/kiosk/shell-en.html")
    assert page.headers["Content-Location"] == "/kiosk/gop-y/06652"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Clear-Site-Data" not in page.headers
    assert f'data-key="{device(province).key}"' in page.text
    cookie = client.get_cookie(bound_device.COOKIE)
    assert cookie is not None
    assert cookie.value not in page.text
    assert made.leave_code not in page.text
    assert client.get("/kiosk/shell-xx.html").status_code == 404
    assert client.get("/kiosk/manifest.json").json["start_url"] == "/kiosk/gop-y/06652"
    assert [path.name for path in folder.glob("sealing/*")] == [f"0001-{device(province).key}.key"]


# Whose a device is


def hire_interviewer(database: Database, account: Callable[..., None]) -> None:
    with database.writing() as session:
        account(session, "lan", Role.INTERVIEWER)


def tablet_of(app: Flask, sign_in: SignedIn, name: str = "lan") -> FlaskClient:
    """A tablet that the account bound."""
    client = sign_in(app, name)
    token = client.get("/phong-van/phien").json["token"]
    sent = {"wave": "ho-mau", "unit": "06652"}
    assert client.post("/phong-van/may", data=sent, headers={"X-CSRFToken": token}).status_code == 204
    return client


def form_of(day: date) -> dict[str, str]:
    about = {"id": str(uuid4()), "wave": "ho-mau", "unit": "06652", "mode": "interviewer", "day": str(day)}
    about |= {"psu": "V1"}
    key = sealed_responses.current()
    return about | {
        "key": key.id,
        "sealed": sealed_responses.seal(key.public, about, {"answers": {"C5": 1}, "marks": []}),
    }


def test_switching_an_account_off_ends_its_devices_and_no_others(
    app: Flask, province: Database, account: Callable[..., None], sign_in: SignedIn
) -> None:
    hire_interviewer(province, account)
    with province.writing() as session:
        account(session, "minh", Role.INTERVIEWER)
    own, others = tablet_of(app, sign_in), tablet_of(app, sign_in, "minh")
    with province.writing() as session:
        kiosk = devices.link(session, "gop-y", "06652", "Sảnh", "lan")
        unopened = devices.link(session, "gop-y", "06652", "Quầy 2", "lan")
    stand = app.test_client()
    bind(stand, kiosk)
    today = dates.today()
    assert own.post("/api/v1/sealed", json=form_of(today)).status_code == 201
    with province.writing() as session:
        assert accounts.switch_off(session, "lan").devices == 2
    assert own.post("/api/v1/sealed", json=form_of(today)).status_code == 403
    assert stand.get("/kiosk/shell-vi.html").status_code == 403
    assert bind(app.test_client(), unopened).status_code == 410
    assert others.post("/api/v1/sealed", json=form_of(today)).status_code == 201
    with province.writing() as session:  # switched on again, it binds its devices anew
        accounts.switch_on(session, "lan")
    assert own.post("/api/v1/sealed", json=form_of(today)).status_code == 403


def test_what_waits_on_a_tablet_whose_account_is_off_is_held_once_somebody_binds_it_anew(
    app: Flask, province: Database, account: Callable[..., None], sign_in: SignedIn
) -> None:
    hire_interviewer(province, account)
    with province.writing() as session:
        account(session, "giam-sat", Role.SUPERVISOR)
    tablet = tablet_of(app, sign_in)
    before = [form_of(dates.today() - timedelta(1)), form_of(dates.today())]
    sealed_responses.rotate()
    with province.writing() as session:
        accounts.switch_off(session, "lan")
        sealed_responses.delete_expired(session)
    supervisor = tablet_of(app, sign_in, "giam-sat")
    here = tablet.get_cookie("may-phong-van")
    assert here is not None
    # The same browser: it has the token of before when somebody else binds it.
    same = sign_in(app, "giam-sat")
    same.set_cookie("may-phong-van", here.value)
    token = same.get("/phong-van/phien").json["token"]
    sent = {"wave": "ho-mau", "unit": "06652"}
    assert same.post("/phong-van/may", data=sent, headers={"X-CSRFToken": token}).status_code == 204
    told = [same.post("/api/v1/sealed", json=form) for form in before]
    assert [(one.status_code, one.json["reason"]) for one in told] == [(202, "revoked")] * 2
    assert supervisor.post("/api/v1/sealed", json=form_of(dates.today())).status_code == 201  # a tablet of its own
    with province.writing() as session:
        waiting = [one.form.digest for one in quarantine.listed(session, "ho-mau")]
        quarantine.decide(session, "ho-mau", waiting, Verdict.ACCEPTED, "asked on the spot", "giam-sat")
        assert session.scalar(select(func.count()).select_from(Response)) == 3


def test_the_pages_of_an_account_list_its_devices_and_another_takes_them_over(
    app: Flask, province: Database, account: Callable[..., None], sign_in: SignedIn
) -> None:
    hire_interviewer(province, account)
    tablet, admin = tablet_of(app, sign_in), sign_in(app, "admin")
    page = admin.get("/quan-tri/nguoi-dung/lan").text
    assert "Số 1, Máy tính bảng của lan" in page
    assert "Số 1, Máy tính bảng của lan" in tablet.get("/tai-khoan").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    done = {"act": "devices", "csrf_token": token[1]}
    assert admin.post("/quan-tri/nguoi-dung/lan", data=done).status_code == 303
    assert device(province).owner == "admin"
    with province.writing() as session:
        assert accounts.switch_off(session, "lan").devices == 0
        assign(session, "admin", Mode.INTERVIEWER)
    assert tablet.post("/api/v1/sealed", json=form_of(dates.today())).status_code == 201
    assert "Số 1, Máy tính bảng của lan" in admin.get("/tai-khoan").text

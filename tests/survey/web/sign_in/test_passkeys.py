"""Passkeys: made and used by a device that is written out here, and by a real browser with a device of its own."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from werkzeug.test import TestResponse

from survey.accounts import accounts, second_factors
from survey.storage.database import Database
from survey.storage.models import Account, AuditEntry, FailedAttempt, Passkey, SignIn
from survey.system.dates import today
from survey.web.sign_in.passkeys import CHALLENGE, HOLDS, MOMENT
from tests.browser.axe import violations
from translations.formats import day

SignedIn = Callable[[Flask, str], FlaskClient]
NEW = "/tai-khoan/khoa-truy-cap"
ENTER = "/dang-nhap/khoa-truy-cap"
PRESENT, VERIFIED, MADE = 0x01, 0x04, 0x40  # flags of the standard


class Device:
    """Makes one passkey and signs with it, as the standard has it (WebAuthn level 3, sections 6.1, 6.5, 7)."""

    def __init__(self, origin: str = "http://localhost", verifies: bool = True) -> None:
        self.origin, self.verifies = origin, verifies
        self.id, self.count = secrets.token_bytes(16), 0
        self.key = ec.generate_private_key(ec.SECP256R1())

    def data(self, site: str, flags: int) -> bytes:
        self.count += 1
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def said(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": f"webauthn.{kind}", "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def make(self, options: dict[str, Any]) -> str:
        point = self.key.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        data = self.data(options["rp"]["id"], MADE) + bytes(16) + len(self.id).to_bytes(2) + self.id + key
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self.answer(clientDataJSON=self.said("create", options), attestationObject=made)

    def sign(self, options: dict[str, Any]) -> str:
        data, said = self.data(options["rpId"], 0), self.said("get", options)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self.answer(clientDataJSON=said, authenticatorData=data, signature=signature)

    def answer(self, **parts: bytes) -> str:
        id = bytes_to_base64url(self.id)
        response = {name: bytes_to_base64url(part) for name, part in parts.items()}
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": response})


def send(client: FlaskClient, address: str, page: str, **fields: str) -> TestResponse:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert found, page
    return client.post(address, data={**fields, "csrf_token": found[1]})


def add(client: FlaskClient, device: Device, name: str = "Máy ở cơ quan") -> TestResponse:
    return send(client, NEW, NEW, name=name, answer=device.make(client.get(f"{NEW}/moi").get_json()))


def enter(client: FlaskClient, device: Device) -> TestResponse:
    return send(client, ENTER, "/dang-nhap", answer=device.sign(client.get(ENTER).get_json()))


def test_a_passkey_signs_in_by_itself_and_after_the_password(app: Flask, sign_in: SignedIn) -> None:
    owner, device = sign_in(app, "keyer"), Device()
    made = add(owner, device)
    assert made.status_code == 201
    assert len(re.findall(r"<li><code>", made.text)) == 8
    client = app.test_client()
    assert enter(client, device).location == "/nhap-phieu/"
    assert client.get("/nhap-phieu/").status_code == 200
    assert f"dùng lần cuối ngày {day(today())}" in client.get("/tai-khoan").text
    other = app.test_client()
    half = send(other, "/dang-nhap", "/dang-nhap", name="keyer", password="mat-khau-dai")
    assert half.location == "/dang-nhap/ma"
    assert "Một trong các mã dự phòng" in other.get(half.location).text
    assert enter(other, device).location == "/nhap-phieu/"


def test_the_trail_says_that_a_passkey_was_added_and_who_signed_in_with_it(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    device = Device()
    add(sign_in(app, "keyer"), device)
    enter(app.test_client(), device)
    with province.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(2)).all()
    assert [(one.who, one.what, one.subject) for one in entries] == [
        ("keyer", "Signed in", "by=passkey"),
        ("keyer", "Added a passkey of their own", ""),
    ]


def test_recovery_codes_come_with_the_first_factor_alone(app: Flask, sign_in: SignedIn) -> None:
    owner = sign_in(app, "keyer")
    codes = re.findall(r"<li><code>([^<]+)", add(owner, Device()).text)
    assert add(owner, Device(), "Điện thoại").status_code == 303
    client = app.test_client()
    send(client, "/dang-nhap", "/dang-nhap", name="keyer", password="mat-khau-dai")
    assert send(client, "/dang-nhap/ma", "/dang-nhap/ma", code=codes[0]).status_code == 303
    assert "có 7 mã dự phòng" in client.get("/tai-khoan").text


@pytest.mark.parametrize(
    "device",
    [
        Device(origin="https://hailong.example.org"),
        Device(origin="http://localhost:8000"),
        Device(verifies=False),
    ],
    ids=["another site", "another port", "nobody unlocked it"],
)
def test_a_device_at_another_site_or_unlocked_by_nobody_is_refused(
    app: Flask, province: Database, sign_in: SignedIn, device: Device
) -> None:
    owner = sign_in(app, "keyer")
    right = device.origin, device.verifies
    assert "http://localhost" in add(owner, device).text
    device.origin, device.verifies = "http://localhost", True
    assert add(owner, device).status_code == 201
    device.origin, device.verifies = right
    assert enter(app.test_client(), device).status_code == 400
    with province.reading() as session:
        assert not session.scalars(select(AuditEntry).where(AuditEntry.subject == "by=passkey")).all()
        assert [(one.account, one.count) for one in session.scalars(select(FailedAttempt))] == [("keyer", 1)]


def test_the_site_is_the_address_that_people_outside_see(app: Flask, sign_in: SignedIn) -> None:
    app.config["BASE_URL"] = "https://hailong.example.vn/"
    owner, device = sign_in(app, "keyer"), Device(origin="https://hailong.example.vn")
    assert add(owner, device).status_code == 201
    assert owner.get(f"{NEW}/moi").get_json()["rp"]["id"] == "hailong.example.vn"
    assert enter(app.test_client(), device).status_code == 303
    device.origin = "http://localhost"
    assert enter(app.test_client(), device).status_code == 400


def test_a_challenge_works_once_though_cookie_and_answer_are_copied(app: Flask, sign_in: SignedIn) -> None:
    device = Device()
    add(sign_in(app, "keyer"), device)
    client = app.test_client()
    options = client.get(ENTER).get_json()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/dang-nhap").text)
    kept = client.get_cookie("phien")
    assert found
    assert kept
    answers = [device.sign(options), device.sign(options)]  # the second counts on, as a copied device would
    sent = {"answer": answers[0], "csrf_token": found[1]}
    assert client.post(ENTER, data=sent).status_code == 303
    for answer in answers:
        thief = app.test_client()
        thief.set_cookie("phien", kept.value)
        assert thief.post(ENTER, data=sent | {"answer": answer}).status_code == 400


def test_a_challenge_is_of_one_browser_and_holds_for_five_minutes(app: Flask, sign_in: SignedIn) -> None:
    device = Device()
    add(sign_in(app, "keyer"), device)
    other = app.test_client().get(ENTER).get_json()
    client = app.test_client()
    client.get(ENTER)
    assert send(client, ENTER, "/dang-nhap", answer=device.sign(other)).status_code == 400
    options = client.get(ENTER).get_json()
    challenge = base64url_to_bytes(options["challenge"])
    before = (int.from_bytes(challenge[:MOMENT]) - HOLDS).to_bytes(MOMENT)
    options["challenge"] = bytes_to_base64url(before + challenge[MOMENT:])
    with client.session_transaction() as kept:
        kept[CHALLENGE] = options["challenge"]
    assert send(client, ENTER, "/dang-nhap", answer=device.sign(options)).status_code == 400


def test_a_device_whose_count_goes_back_is_a_copy(app: Flask, sign_in: SignedIn) -> None:
    device = Device()
    add(sign_in(app, "keyer"), device)
    assert enter(app.test_client(), device).status_code == 303
    device.count -= 1
    assert enter(app.test_client(), device).status_code == 400


def test_a_removed_passkey_opens_nothing_and_the_last_one_takes_the_second_factor_with_it(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    owner, first, second = sign_in(app, "keyer"), Device(), Device()
    add(owner, first)
    add(owner, second, "Điện thoại")
    gone = {"id": bytes_to_base64url(first.id)}
    assert send(sign_in(app, "home_affairs"), f"{NEW}/bo", NEW, **gone).status_code == 404
    assert send(owner, f"{NEW}/bo", "/tai-khoan", **gone).status_code == 303
    assert enter(app.test_client(), first).status_code == 400
    assert enter(app.test_client(), second).status_code == 303
    with province.reading() as session:
        assert second_factors.has(session, "keyer")
    send(owner, f"{NEW}/bo", "/tai-khoan", id=bytes_to_base64url(second.id))
    with province.reading() as session:
        assert not second_factors.has(session, "keyer")


@pytest.mark.both_databases
def test_the_administrator_takes_passkeys_away_with_the_second_factor(
    database: Database, province: Database
) -> None:
    with province.writing() as session:
        assert len(second_factors.begin(session, "keyer")) == 8
        for id in ("a", "b"):
            session.add(
                Passkey(id=id, account="keyer", name=id, public_key=b"", sign_count=2**32 - 1, added=today())
            )
    with province.writing() as session:
        accounts.reset_second_factor(session, "keyer")
    with province.reading() as session:
        assert not session.scalars(select(Passkey)).all()


def test_whoever_makes_a_link_for_a_password_is_told_that_passkeys_open_the_account_still(
    app: Flask, sign_in: SignedIn
) -> None:
    admin, device, page = sign_in(app, "admin"), Device(), "/quan-tri/nguoi-dung/keyer"
    assert "Khóa truy cập của tài khoản vẫn đăng nhập được" not in admin.get(page).text
    add(sign_in(app, "keyer"), device)
    assert "Khóa truy cập của tài khoản vẫn đăng nhập được" in admin.get(page).text
    assert send(admin, page, page, act="link").status_code == 201
    assert enter(app.test_client(), device).location == "/nhap-phieu/"


def test_nothing_is_added_or_taken_away_long_after_the_password_and_a_passkey_serves_as_well(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    owner, device, stranger = sign_in(app, "keyer"), Device(), Device()
    add(owner, device)
    add(sign_in(app, "home_affairs"), stranger)
    with province.writing() as session:
        session.execute(update(SignIn).values(authenticated_at=0))
    asked = owner.get(NEW).location
    assert asked == f"/xac-nhan?next={NEW}"
    assert send(owner, f"{NEW}/bo", "/tai-khoan", id="x").location.startswith("/xac-nhan")
    for one, status in ((stranger, 400), (device, 303)):
        answer = one.sign(owner.get(ENTER).get_json())
        assert send(owner, "/xac-nhan/khoa-truy-cap", asked, answer=answer, next=NEW).status_code == status
    assert owner.get(NEW).status_code == 200


def test_a_passkey_is_the_second_factor_that_a_role_needs(
    app: Flask, sign_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_SECOND_FACTOR", "admin")
    admin = sign_in(app, "admin")
    assert admin.get("/quan-tri/").location == "/tai-khoan/lop-thu-hai"
    assert "Vai trò của Ông/Bà cần" in admin.get(NEW).text
    add(admin, Device())
    assert admin.get("/quan-tri/").status_code == 200


@pytest.mark.parametrize("by", ["switching it off", "the mark alone"])
def test_an_account_that_is_off_stays_out_with_its_passkey(
    app: Flask, province: Database, sign_in: SignedIn, by: str
) -> None:
    """Switching off removes the passkey; one that is still there opens nothing either."""
    device = Device()
    add(sign_in(app, "keyer"), device)
    with province.writing() as session:
        if by == "the mark alone":
            session.get_one(Account, "keyer").off = True
        else:
            accounts.switch_off(session, "keyer")
    assert enter(app.test_client(), device).status_code == 400


def test_what_no_device_says_is_refused(app: Flask, sign_in: SignedIn) -> None:
    owner = sign_in(app, "keyer")
    half_a_key = hashlib.sha256(b"localhost").digest() + b"\x45" + bytes(20) + b"\0\1i" + cbor2.dumps({1: 2})
    device = Device()
    options = owner.get(f"{NEW}/moi").get_json()
    made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": half_a_key})
    answer = device.answer(clientDataJSON=device.said("create", options), attestationObject=made)
    assert send(owner, NEW, NEW, name="Máy", answer=answer).status_code == 400
    for answer in ("", "[" * 15_000, "{}", '{"id": 5}', "x" * 30_000, "null"):
        owner.get(f"{NEW}/moi")
        assert send(owner, NEW, NEW, name="Máy", answer=answer).status_code == 400
        assert send(owner, ENTER, NEW, answer=answer).status_code == 400


def test_a_passkey_has_a_name(app: Flask, sign_in: SignedIn) -> None:
    owner = sign_in(app, "keyer")
    assert owner.head(NEW).status_code == owner.get(NEW).status_code == 200
    page = add(owner, Device(), "   ")
    assert page.status_code == 422
    assert "Hãy đặt tên cho khóa truy cập" in page.text


@pytest.fixture
def with_device(browser: Browser, live_server: str) -> Iterator[Page]:
    """A page of a browser that has a device of its own, which somebody unlocks at once."""
    # Browsers bind passkeys to names alone.
    context = browser.new_context(base_url=live_server.replace("127.0.0.1", "localhost"), locale="vi-VN")
    page = context.new_page()
    chrome = context.new_cdp_session(page)
    chrome.send("WebAuthn.enable")
    chrome.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert not faults


def test_in_a_browser_a_passkey_is_added_signs_in_and_is_taken_away(with_device: Page) -> None:
    page = with_device
    page.goto("/dang-nhap")
    page.fill("[name=name]", "keyer")
    page.fill("[name=password]", "mat-khau-dai")
    page.click("main button")
    page.wait_for_url("**/nhap-phieu/")
    page.goto(NEW)
    expect(page.get_by_text("Khóa truy cập cần JavaScript")).to_be_hidden()
    assert violations(page) == []
    page.fill("#name", "Máy ở cơ quan")
    page.get_by_role("button", name="Thêm").click()
    expect(page.get_by_role("status")).to_contain_text("Đã thêm lớp thứ hai")
    page.goto(NEW)
    page.fill("#name", "Lần nữa")
    page.get_by_role("button", name="Thêm").click()
    expect(page.get_by_role("alert")).to_have_text("Thiết bị này đã có khóa truy cập của tài khoản này.")
    page.context.clear_cookies()
    page.goto("/dang-nhap?next=/tai-khoan")
    page.get_by_role("button", name="Dùng khóa truy cập").click()
    expect(page.locator("h1")).to_have_text("Tài khoản của tôi")
    assert violations(page) == []
    page.get_by_role("button", name="Gỡ “Máy ở cơ quan”").click()
    expect(page.get_by_role("status")).to_contain_text("Đã gỡ khóa truy cập")
    page.context.clear_cookies()
    page.goto("/dang-nhap")
    page.get_by_role("button", name="Dùng khóa truy cập").click()
    expect(page.locator("main")).to_contain_text("Không tài khoản nào ở đây nhận khóa truy cập này")

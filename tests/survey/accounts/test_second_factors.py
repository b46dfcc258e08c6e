"""The second factor: codes of the phone, recovery codes, who needs it, and who takes it away."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from survey.accounts import accounts, password_links, second_factors
from survey.accounts.sign_ins import HALF_LASTS
from survey.storage import key_rotation
from survey.storage.database import Database
from survey.storage.models import Account, AuditEntry, SecondFactor, SignIn
from survey.web.keying.blueprint import _signed_in
from survey.web.sign_in.password import HALF
from translations import Refusal

SignedIn = Callable[[Flask, str], FlaskClient]
NEW = "/tai-khoan/lop-thu-hai"
ROLES = "/quan-tri/lop-thu-hai"


def send(client: FlaskClient, address: str, page: str | None = None, **fields: str) -> TestResponse:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page or address).text)
    assert found, page or address
    return client.post(address, data={**fields, "csrf_token": found[1]})


def code(secret: bytes, later: int = 0) -> str:
    return TOTP(secret, 6, SHA1(), 30).generate(int(time.time()) + 30 * later).decode()


def enrol(client: FlaskClient) -> tuple[bytes, list[str]]:
    """Scans the picture, as it were, and writes the first code."""
    page = client.get(NEW).text
    letters = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    hidden = re.search(r'name="secret" value="([^"]+)"', page)
    assert letters
    assert hidden
    secret = b32decode(letters[1].replace(" ", ""))
    answer = send(client, NEW, secret=hidden[1], code=code(secret))
    assert answer.status_code == 201
    return secret, re.findall(r"<li><code>([^<]+)</code>", answer.text)


def enter(client: FlaskClient, written: str, name: str = "keyer") -> TestResponse:
    half = send(client, "/dang-nhap", name=name, password="mat-khau-dai")
    assert half.location == "/dang-nhap/ma"
    assert client.get("/nhap-phieu/").status_code == 302
    return send(client, "/dang-nhap/ma", code=written)


def test_the_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B: of the secret "12345678901234567890" at 59 s, the last six digits of 94287082.
    assert second_factors._totp(b"12345678901234567890").generate(59) == b"287082"


def test_a_code_is_asked_for_at_sign_in_and_works_once(app: Flask, sign_in: SignedIn) -> None:
    secret, _codes = enrol(sign_in(app, "keyer"))
    client = app.test_client()
    assert enter(client, "000000").status_code == 422
    assert enter(client, code(secret)).status_code == 422  # the one of the enrolment, once more
    right = code(secret, later=1)
    assert send(client, "/dang-nhap/ma", code=f"{right[:3]} {right[3:]}").location == "/nhap-phieu/"
    assert client.get("/nhap-phieu/").status_code == 200
    assert enter(app.test_client(), right).status_code == 422


def test_a_recovery_code_works_once_and_the_rest_is_counted(app: Flask, sign_in: SignedIn) -> None:
    _secret, codes = enrol(sign_in(app, "keyer"))
    assert len(codes) == 8
    client = app.test_client()
    assert enter(client, codes[0].upper().replace("-", " ")).status_code == 303
    assert "có 7 mã dự phòng" in client.get("/tai-khoan").text
    assert enter(app.test_client(), codes[0]).status_code == 422


def test_the_password_alone_opens_nothing_and_not_for_long(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    enrol(sign_in(app, "keyer"))
    client = app.test_client()
    assert client.get("/dang-nhap/ma").location == "/dang-nhap"
    send(client, "/dang-nhap", name="keyer", password="mat-khau-dai")
    assert client.get("/tai-khoan").status_code == 302
    assert client.get("/dang-nhap/ma").status_code == 200
    with province.writing() as session:
        session.execute(update(SignIn).where(SignIn.half).values(until=SignIn.until - HALF_LASTS))
    assert client.get("/dang-nhap/ma").location == "/dang-nhap"


ENDING: dict[str, Callable[[Session], object]] = {
    "switched off": lambda session: accounts.switch_off(session, "keyer"),
    "a link for a new password": lambda session: password_links.make(session, "keyer"),
    "the second factor taken away": lambda session: accounts.reset_second_factor(session, "keyer"),
    "all sign-ins ended": lambda session: accounts.sign_out_everywhere(session, "keyer"),
    "a new password": lambda session: accounts.give_password(
        session, session.get_one(Account, "keyer"), "chin con cua bo ngang"
    ),
}


@pytest.mark.parametrize("how", ENDING)
def test_what_ends_the_sign_ins_ends_one_that_is_half_made(
    app: Flask, province: Database, sign_in: SignedIn, how: str
) -> None:
    _secret, codes = enrol(sign_in(app, "keyer"))
    client = app.test_client()
    send(client, "/dang-nhap", name="keyer", password="mat-khau-dai")
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/dang-nhap/ma").text)
    assert found is not None
    with province.writing() as session:
        ENDING[how](session)
    late = client.post("/dang-nhap/ma", data={"code": codes[0], "csrf_token": found[1]})
    assert late.location == "/dang-nhap"
    assert client.get("/nhap-phieu/").status_code == 302
    with province.reading() as session:
        assert session.scalars(select(SignIn)).all() == []


def test_a_half_made_sign_in_is_none_that_is_listed_or_opens(app: Flask, sign_in: SignedIn) -> None:
    here = sign_in(app, "keyer")
    enrol(here)
    client = app.test_client()
    send(client, "/dang-nhap", name="keyer", password="mat-khau-dai")
    assert here.get("/tai-khoan").text.count("dùng lần cuối") == 1
    with client.session_transaction() as browser:
        name, mark = browser[HALF]
        browser["_user_id"] = f"{mark}:{name}"
    assert client.get("/tai-khoan").status_code == 302


def test_wrong_codes_have_to_wait(app: Flask, sign_in: SignedIn) -> None:
    enrol(sign_in(app, "keyer"))
    client = app.test_client()
    send(client, "/dang-nhap", name="keyer", password="mat-khau-dai")
    answers = [send(client, "/dang-nhap/ma", code=f"00000{time}").status_code for time in range(6)]
    assert answers == [422] * 5 + [429]


def test_neither_secret_nor_recovery_code_stands_in_the_database(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    secret, codes = enrol(sign_in(app, "keyer"))
    with province.reading() as session:
        kept = session.scalars(select(SecondFactor)).one()
        trail = session.scalars(select(AuditEntry.subject)).all()
    assert secret not in kept.secret
    assert not {*codes, *(code.replace("-", "") for code in codes)} & {*kept.codes}
    assert not any(code in entry for code in codes for entry in trail)


def test_a_new_master_key_opens_the_secret_too(
    app: Flask,
    province: Database,
    sign_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.setenv("HAILONG_TEXT_KEY", str(tmp_path_factory.mktemp("key") / "texts.key"))
    secret, _codes = enrol(sign_in(app, "keyer"))
    with province.writing() as session:
        renewal = key_rotation.MasterKeyRotation(session.connection())
    renewal.settle(province)
    with province.writing() as session:
        assert second_factors.check(session, "keyer", code(secret, later=1))
        session.execute(update(SecondFactor).values(secret=b"\0" * 48))
    with pytest.raises(Refusal, match="reset-second-factor keyer"), province.writing() as session:
        second_factors.check(session, "keyer", "123456")


def test_a_secret_moved_to_another_account_opens_to_nothing(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    secret, _codes = enrol(sign_in(app, "keyer"))
    with province.writing() as session:
        session.execute(update(SecondFactor).values(account="admin"))
    with pytest.raises(Refusal), province.writing() as session:
        second_factors.check(session, "admin", code(secret, later=1))


def test_a_role_that_needs_it_does_nothing_before(
    app: Flask, sign_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_SECOND_FACTOR", "admin, home_affairs")
    admin = sign_in(app, "admin")
    assert admin.get("/quan-tri/").location == NEW
    assert admin.post("/quan-tri/nguoi-dung/keyer").status_code in (303, 400)
    assert admin.get("/api/v1/waves").status_code == 403
    assert "Vai trò của Ông/Bà cần" in admin.get(NEW).text
    enrol(admin)
    assert admin.get("/quan-tri/").status_code == 200
    assert sign_in(app, "keyer").get("/nhap-phieu/").status_code == 200


def test_the_administrator_says_which_roles_need_it_and_the_server_s_settings_hold_besides(
    app: Flask, province: Database, sign_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, keyer = sign_in(app, "admin"), sign_in(app, "keyer")
    assert keyer.get("/nhap-phieu/").status_code == 200
    assert send(admin, ROLES, role="keyer").status_code == 303
    assert keyer.get("/nhap-phieu/").location == NEW  # signed in before, and asked now
    assert "vai trò này bắt buộc" in admin.get("/quan-tri/nguoi-dung/keyer").text
    assert send(app.test_client(), "/dang-nhap", name="keyer", password="mat-khau-dai").location == NEW
    monkeypatch.setenv("HAILONG_SECOND_FACTOR", "home_affairs, keyer")
    page = admin.get(ROLES).text
    assert {role for role in ("admin", "home_affairs", "keyer") if f'id="role-{role}" value="{role}" ' in page}
    assert re.findall(r'value="(\w+)"[^>]* checked disabled>', page) == ["home_affairs", "keyer"]
    send(admin, ROLES, role="auditor")  # what the settings ask for is not sent, and stays as it was
    monkeypatch.delenv("HAILONG_SECOND_FACTOR")
    with province.reading() as session:
        assert second_factors.needing(session) == {"auditor", "keyer"}
        noted = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.what == "Chose which roles need a second factor")
        ).all()
    assert noted == ["roles=keyer", "roles=auditor"]
    send(admin, ROLES)
    assert keyer.get("/nhap-phieu/").status_code == 200


def test_new_recovery_codes_void_those_of_before(app: Flask, province: Database, sign_in: SignedIn) -> None:
    client = sign_in(app, "keyer")
    assert send(client, "/tai-khoan/ma-du-phong", "/doi-mat-khau").status_code == 409
    _secret, old = enrol(client)
    answer = send(client, "/tai-khoan/ma-du-phong", "/tai-khoan")
    new = re.findall(r"<li><code>([^<]+)</code>", answer.text)
    assert (answer.status_code, len(new)) == (201, 8)
    assert enter(app.test_client(), old[0]).status_code == 422
    assert enter(app.test_client(), new[0]).status_code == 303
    with province.writing() as session:
        session.execute(update(SignIn).values(authenticated_at=0))
        assert "Made new recovery codes for their own account" in session.scalars(select(AuditEntry.what)).all()
    assert send(client, "/tai-khoan/ma-du-phong", "/tai-khoan").location.startswith("/xac-nhan")


def test_the_administrator_takes_it_away_when_a_phone_is_lost(app: Flask, sign_in: SignedIn) -> None:
    keyer, admin = sign_in(app, "keyer"), sign_in(app, "admin")
    enrol(keyer)
    assert send(admin, "/quan-tri/nguoi-dung/keyer", act="second-factor").status_code == 303
    assert keyer.get("/nhap-phieu/").status_code == 302
    assert send(keyer, "/dang-nhap", name="keyer", password="mat-khau-dai").location == "/nhap-phieu/"


def test_a_person_takes_the_own_away_only_with_the_password(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    client = sign_in(app, "keyer")
    secret, _codes = enrol(client)
    with province.writing() as session:
        session.execute(update(SignIn).values(authenticated_at=0))
    assert send(client, "/tai-khoan/bo-lop-thu-hai", "/tai-khoan").location.startswith("/xac-nhan")
    assert send(client, "/xac-nhan", password="mat-khau-dai", code="000000").status_code == 422
    assert send(client, "/xac-nhan", password="mat-khau-dai", code=code(secret, later=1)).status_code == 303
    send(client, "/tai-khoan/bo-lop-thu-hai", "/tai-khoan")
    with province.reading() as session:
        assert not second_factors.has(session, "keyer")


def test_a_wrong_first_code_or_a_foreign_picture_adds_nothing(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    client = sign_in(app, "keyer")
    hidden = re.search(r'name="secret" value="([^"]+)"', client.get(NEW).text)
    other = re.search(r'name="secret" value="([^"]+)"', sign_in(app, "admin").get(NEW).text)
    assert hidden
    assert other
    assert send(client, NEW, secret=hidden[1], code="000000").status_code == 422
    assert send(client, NEW, secret=other[1], code="000000").status_code == 422
    with province.reading() as session:
        assert not second_factors.has(session, "keyer")


def test_a_form_that_was_keyed_too_long_asks_for_the_code_too(app: Flask, sign_in: SignedIn) -> None:
    secret, _codes = enrol(sign_in(app, "keyer"))
    with app.test_request_context():
        assert not _signed_in("keyer", "mat-khau-dai", "")
        assert _signed_in("keyer", "mat-khau-dai", code(secret, later=1))

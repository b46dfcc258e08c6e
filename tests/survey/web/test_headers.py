"""What every answer says to a browser, over the whole map of addresses, for a stranger and an administrator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import Rule

from survey.storage.database import Database
from survey.web import static_files
from survey.web.app import create_app
from survey.web.headers import HEADERS, HEADERS_OF_STATIC_FILES
from survey.web.sign_in import password as signing_in

SignIn = Callable[[Flask, str], FlaskClient]
VALUES = {
    "wave": "ho-mau",
    "unit": "06652",
    "lang": "vi",
    "format": "xlsx",
    "number": 1,
    "place": 1,
    "id": uuid4(),
    "serial": "00000018",
    "name": "staff.css",
    "code": "C5",
    "day": "2026-11-25",
    "year": 2026,
}


def addresses(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every address once, with parts that are there where such are known."""
    for rule in app.url_map.iter_rules():
        values = {name: VALUES.get(name, "khong-co") for name in rule.arguments}
        if rule.endpoint == "staff.issued_report":
            values["id"] = 1
        built = app.url_map.bind("localhost").build(rule.endpoint, values, method=next(iter(rule.methods or ())))
        yield built, rule


def assert_safe(answer: object, where: str) -> None:
    headers = answer.headers  # type: ignore[attr-defined]
    file = where.startswith("GET /static/") and answer.status_code == 200  # type: ignore[attr-defined]
    for name, value in (HEADERS_OF_STATIC_FILES if file else HEADERS).items():
        assert headers.getlist(name) == [value], (where, name)
    assert len(headers) <= 7 or not file, where
    assert headers.get("Cache-Control"), where
    assert headers.get("Content-Type", "").count("charset") <= 1, where
    assert "Server" not in headers or "Python" not in headers["Server"], where
    assert "Access-Control-Allow-Origin" not in headers, where
    answer.close()  # type: ignore[attr-defined]
    for cookie in headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie, (where, cookie)
        assert re.search("SameSite=(Lax|Strict)", cookie), (where, cookie)


@pytest.mark.parametrize("name", ["", "admin"])
def test_every_kind_of_answer_carries_the_headers(app: Flask, sign_in: SignIn, name: str) -> None:
    client = sign_in(app, name) if name else app.test_client()
    statuses: dict[int, int] = {}
    for address, rule in addresses(app):
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = client.open(address, method=method)
            assert_safe(answer, f"{method} {address}")
            assert answer.status_code < 500, (method, address)
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    assert set(statuses) >= ({200, 302, 400, 401, 404} if not name else {200, 400, 404})
    for address in ("/khong-co", "/static/../../etc/passwd", "/%00", "/static/x/%2e%2e/app.py"):
        assert_safe(client.get(address), address)
    assert_safe(client.post("/dang-nhap", data=b"x" * 2_000_000), "too large")
    assert_safe(client.delete("/"), "405")


BESIDE_THE_CODE = (
    *(".git/HEAD", ".git/config", ".gitignore", ".ci/run", "setup.cfg", "requirements.lock", ".env"),
    *("survey/web/app.py", "var/hailong.db", "hailong.db", "secret.key", "survey/web/templates/base.html"),
)


@pytest.mark.parametrize("name", ["", "admin"])
def test_nothing_that_lies_beside_the_code_is_served(app: Flask, sign_in: SignIn, name: str) -> None:
    client = sign_in(app, name) if name else app.test_client()
    doors = ("/", "/static/", "/static/-/", "/static/-/../../../../", "/static/-/%2e%2e/%2e%2e/%2e%2e/%2e%2e/")
    for door in doors:
        for path in BESIDE_THE_CODE:
            answer = client.get(door + path)
            assert answer.status_code in (301, 308, 400, 404), (door, path)
            assert not re.search(r"ref: refs/|\[core\]|\[metadata\]|^import ", answer.text, re.M), (door, path)


@pytest.mark.parametrize("name", ["", "admin"])
def test_no_folder_is_listed(app: Flask, sign_in: SignIn, name: str) -> None:
    client = sign_in(app, name) if name else app.test_client()
    static = static_files.FOLDER
    folders = ["", *(f"{path.relative_to(static)}" for path in sorted(static.rglob("*")) if path.is_dir())]
    assert len(folders) > 1
    for folder in folders:
        for address in (f"/static/-/{folder}", f"/static/-/{folder}/", f"/static/{folder}/"):
            answer = client.get(address)
            assert answer.status_code in (301, 308, 404), address
            assert "style.css" not in answer.text.replace("/style.css", ""), address


def test_a_fault_and_an_absent_database_carry_them_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("survey.waves.units.communes", broken)
    answer = app.test_client().get("/")
    assert answer.status_code == 500
    assert_safe(answer, "fault")


@pytest.mark.parametrize("base", ["https://hailong.tinh.gov.vn", "http://localhost:8000"])
def test_over_tls_a_browser_is_told_to_stay_there_and_cookies_go_nowhere_else(
    province: Database, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    monkeypatch.setenv("HAILONG_BASE_URL", base)
    app = create_app(DATABASE_URL=province.url, SECRET_KEY="tests")
    secure = base.startswith("https:")
    answers = [app.test_client().get(path) for path in ("/dang-nhap?lang=en&size=large", "/healthz", "/khong-co")]
    app.extensions["database"].engine.dispose()
    for answer in answers:
        assert ("Strict-Transport-Security" in answer.headers) is secure
    cookies = answers[0].headers.getlist("Set-Cookie")
    assert len(cookies) == 3  # the session with the token of the form, the language, the size of letters
    assert all(("; Secure" in cookie) is secure for cookie in cookies)
    assert all(cookie.startswith("__Host-") is secure for cookie in cookies)
    assert all("Path=/" in cookie and "Domain" not in cookie for cookie in cookies)


@pytest.mark.parametrize(
    ("setting", "told"), [("", "max-age=31536000"), ("1", "max-age=31536000; includeSubDomains")]
)
def test_names_below_ours_are_kept_to_tls_where_that_is_set(
    province: Database, monkeypatch: pytest.MonkeyPatch, setting: str, told: str
) -> None:
    monkeypatch.setenv("HAILONG_HSTS_SUBDOMAINS", setting)
    app = create_app(DATABASE_URL=province.url, SECRET_KEY="tests")
    answer = app.test_client().get("/healthz", base_url="https://localhost")
    app.extensions["database"].engine.dispose()
    assert answer.headers["Strict-Transport-Security"] == told


def test_over_tls_somebody_signs_in_and_out_with_cookies_of_this_host_alone(app: Flask) -> None:
    client, over = app.test_client(), "https://localhost"
    for page, address in (("/dang-nhap", "/dang-nhap"), ("/doi-mat-khau", "/dang-xuat")):
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page, base_url=over).text)
        assert token, page
        sent = {"name": "keyer", "password": "mat-khau-dai", "csrf_token": token[1]}
        answer = client.post(address, data=sent, headers={"Referer": f"{over}/"}, base_url=over)
        assert answer.status_code == 303
        named = {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}
        assert named <= {"__Host-phien", "__Host-trinh-duyet"}
        assert answer.headers.get("Clear-Site-Data") == (None if page == "/dang-nhap" else '"cache"')
    assert client.get("/tai-khoan", base_url=over).status_code == 302


def test_only_pages_of_ours_are_html(app: Flask, sign_in: SignIn) -> None:
    """Whatever was uploaded comes back as what it is, or as a file: nothing of it can be a page of this site."""
    client = sign_in(app, "admin")
    for address, rule in addresses(app):
        answer = client.get(address)
        if (
            answer.mimetype in {"text/html", "application/xhtml+xml", "image/svg+xml"}
            and answer.status_code == 200
        ):
            assert answer.text.lstrip().lower().startswith(("<!doctype html>", "<svg")), address
            if rule.rule.startswith(("/quan-tri/", "/nhap-phieu/", "/phong-van/")) and "<html" in answer.text:
                assert 'action="/dang-xuat"' in answer.text, address  # everywhere one may sign out
        elif answer.status_code == 200 and answer.mimetype not in {
            *("application/json", "text/javascript", "text/css", "application/manifest+json"),
            *("text/plain", "image/jpeg", "audio/mpeg", "audio/ogg", "audio/webm"),
        }:
            named = answer.headers.get("Content-Disposition", "")
            assert re.fullmatch(r'attachment; filename="?[\w.-]+"?', named, re.ASCII), (address, named)
        answer.close()


@given(
    st.text()
    | st.from_regex(r"[/\\\t\r\n ]{0,4}(https?:)?[/\\\t\r\n@.]{0,4}[a-z.]{1,9}[/?#]?.{0,5}", fullmatch=True)
)
def test_no_address_to_go_on_to_leads_to_another_site(wanted: str) -> None:
    """As browsers read it (WHATWG URL): tabs and line breaks dropped, a backslash a slash, blanks stripped."""
    found = signing_in.local(wanted)
    if found is None:
        return
    plain = re.sub(r"[\t\r\n]", "", found).strip("".join(map(chr, range(33)))).replace("\\", "/")
    assert plain.startswith("/")
    assert not plain.startswith("//")
    assert not urlsplit(plain).netloc
    assert "\r" not in found
    assert "\n" not in found

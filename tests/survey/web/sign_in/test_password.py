"""Pages: signing in and out, changing one's password."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.test import TestResponse

from survey.web.sign_in import password as sign_in


def token(client: FlaskClient, address: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
    assert found, address
    return found[1]


def enter(
    client: FlaskClient, name: str, password: str = "mat-khau-dai", address: str = "/dang-nhap"
) -> TestResponse:
    fields = {"name": name, "password": password, "csrf_token": token(client, address)}
    return client.post(address, data=fields)


@pytest.mark.parametrize(
    ("name", "home"), [("keyer", "/nhap-phieu/"), ("home_affairs", "/quan-tri/"), ("admin", "/quan-tri/")]
)
def test_each_role_begins_at_its_own_work(client: FlaskClient, name: str, home: str) -> None:
    answer = enter(client, name)
    assert answer.status_code == 303
    assert answer.location == home


def test_a_link_leads_on_after_signing_in(client: FlaskClient) -> None:
    asked = client.get("/nhap-phieu/ho-mau/")
    assert asked.status_code == 302
    assert asked.location.startswith("/dang-nhap?next=/nhap-phieu/ho-mau/")
    assert enter(client, "keyer", address=asked.location).location.rstrip("?") == "/nhap-phieu/ho-mau/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.org/",
        "//example.org",
        "///example.org",
        "/\t//example.org",
        " //example.org",
        "/\\example.org",
        "/\t/example.org",
        "javascript:alert(1)",
        "example.org",
        "",
    ],
)
def test_signing_in_never_leads_to_another_site(client: FlaskClient, elsewhere: str) -> None:
    fields = {
        "name": "keyer",
        "password": "mat-khau-dai",
        "next": elsewhere,
        "csrf_token": token(client, "/dang-nhap"),
    }
    assert client.post("/dang-nhap", data=fields).location == "/nhap-phieu/"


def test_a_path_with_a_query_is_local() -> None:
    assert sign_in.local("/quan-tri/dot?x=1&y=//z") == "/quan-tri/dot?x=1&y=//z"
    assert sign_in.local("/quan-tri/\r\nSet-Cookie: x=1") == "/quan-tri/Set-Cookie: x=1"


def test_a_wrong_name_and_a_wrong_password_read_alike(client: FlaskClient) -> None:
    pages = [enter(client, "keyer", "mat-khau-sai"), enter(client, "nobody", "mat-khau-dai")]
    assert [page.status_code for page in pages] == [422, 422]
    alerts = [re.search(r'role="alert">([^<]+)', page.text) for page in pages]
    assert alerts[0]
    assert alerts[1]
    assert alerts[0][1] == alerts[1][1]
    assert 'value="keyer"' in pages[0].text
    assert "mat-khau-sai" not in pages[0].text


def test_an_empty_form_says_what_to_write(client: FlaskClient) -> None:
    page = enter(client, "", "")
    assert page.status_code == 422
    assert "Ghi tên tài khoản" in page.text
    assert "Ghi mật khẩu" in page.text
    assert "<title>Lỗi:" in page.text


def test_a_forged_form_signs_nobody_in(client: FlaskClient) -> None:
    assert client.post("/dang-nhap", data={"name": "keyer", "password": "mat-khau-dai"}).status_code == 400
    assert client.get("/nhap-phieu/").status_code == 302


def test_who_is_signed_in_is_led_on(client: FlaskClient) -> None:
    enter(client, "keyer")
    assert client.get("/dang-nhap").location == "/nhap-phieu/"


def test_signing_out_ends_it_and_takes_a_form(client: FlaskClient) -> None:
    enter(client, "keyer")
    assert client.get("/dang-xuat").status_code == 405
    assert client.post("/dang-xuat").status_code == 400
    answer = client.post("/dang-xuat", data={"csrf_token": token(client, "/nhap-phieu/")})
    assert answer.status_code == 303
    assert "Đã đăng xuất" in client.get(answer.location).text
    assert client.get("/nhap-phieu/").status_code == 302


def change(client: FlaskClient, old: str, new: str, again: str) -> TestResponse:
    fields = {"old": old, "new": new, "again": again, "csrf_token": token(client, "/doi-mat-khau")}
    return client.post("/doi-mat-khau", data=fields)


def test_a_new_password_signs_out_everywhere_else(app: Flask) -> None:
    here, elsewhere = app.test_client(), app.test_client()
    enter(here, "keyer")
    enter(elsewhere, "keyer")
    answer = change(here, "mat-khau-dai", "mot cau that dai", "mot cau that dai")
    assert answer.status_code == 303
    assert "Đã đổi mật khẩu" in here.get(answer.location).text
    assert elsewhere.get("/nhap-phieu/").status_code == 302
    assert enter(elsewhere, "keyer").status_code == 422
    assert enter(elsewhere, "keyer", "mot cau that dai").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("sai-mat-khau", "mot cau that dai", "mot cau that dai", "Chưa đúng mật khẩu"),
        ("mat-khau-dai", "ngan", "ngan", "ít nhất 12 ký tự"),
        ("mat-khau-dai", "mot cau that dai", "mot cau khac", "giống nhau ở cả hai ô"),
        ("", "mot cau that dai", "mot cau that dai", "Ghi mật khẩu đang dùng"),
    ],
)
def test_a_password_that_can_not_be_is_told_at_its_box(
    client: FlaskClient, old: str, new: str, again: str, said: str
) -> None:
    enter(client, "keyer")
    page = change(client, old, new, again)
    assert page.status_code == 422
    assert said in page.text
    assert 'aria-invalid="true"' in page.text
    assert client.get("/nhap-phieu/").status_code == 200


def test_the_password_page_is_for_those_signed_in(client: FlaskClient) -> None:
    assert client.get("/doi-mat-khau").location.startswith("/dang-nhap?next=/doi-mat-khau")


KEEP = """async () => {
  await (await caches.open("kiosk")).put("/kiosk/x", new Response("shell"));
  await new Promise((done) => {
    const opening = indexedDB.open("hailong-kiosk", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("outbox");
    opening.onsuccess = () => {
      const writing = opening.result.transaction("outbox", "readwrite");
      writing.objectStore("outbox").put("sealed", 1);
      writing.oncomplete = () => { opening.result.close(); done(); };
    };
  });
}"""
LOOK = """async () => [
  await caches.has("kiosk"),
  await new Promise((done) => {
    indexedDB.open("hailong-kiosk", 1).onsuccess = (event) => {
      const asked = event.target.result.transaction("outbox").objectStore("outbox").get(1);
      asked.onsuccess = () => done(asked.result);
    };
  }),
]"""


def test_signing_out_leaves_what_a_kiosk_or_a_tablet_keeps_on_the_same_device(phone: Page) -> None:
    phone.goto("/dang-nhap")
    phone.fill("#name", "admin")
    phone.fill("#password", "mat-khau-dai")
    phone.click("main button")
    phone.wait_for_url("**/quan-tri/")
    phone.evaluate(KEEP)
    phone.context.add_cookies([{"name": "may-dat", "value": "x", "url": phone.url}])
    phone.locator("nav summary").first.click()  # on a phone it stands in the menu
    phone.click("button[form=sign-out]:visible")
    phone.wait_for_url("**/dang-nhap")
    assert phone.evaluate(LOOK) == [True, "sealed"]
    assert "may-dat" in {cookie.get("name") for cookie in phone.context.cookies()}

"""The way from a letter to the form: a code that is typed or scanned, and the pages that say no."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.fieldwork import invitations
from survey.storage.database import Database
from survey.storage.models import Invitation, Response
from survey.system import dates
from survey.waves import waves
from survey.web.server import rate_limit
from tests.browser.form import skip_to


@pytest.fixture
def code(app: Flask, province: Database) -> str:
    """The only code of the village V1."""
    with province.writing() as session:
        (letter,) = invitations.make(session, app.config["SECRET_KEY"], "ho-mau", ["V1"], 1)
    return letter.code


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page))


def send(client: FlaskClient, address: str, **answers: str) -> TestResponse:
    page = client.get(address)
    assert page.status_code == 200
    return client.post(address, data=hidden(page.text) | answers)


def stored(province: Database) -> list[Response]:
    with province.reading() as session:
        return list(session.scalars(select(Response)))


@pytest.mark.parametrize("typed", [True, False])
def test_a_code_leads_to_the_form_of_its_village(
    client: FlaskClient, province: Database, code: str, typed: bool
) -> None:
    reply = client.post("/m", data={"code": code.lower()}) if typed else client.get(f"/m/{code}")
    assert reply.status_code == 303
    assert code not in reply.location
    assert code.replace("-", "") not in reply.location
    sent = send(client, reply.location, C5="1")
    assert sent.status_code == 303
    assert client.get(sent.location).status_code == 200
    (kept,) = stored(province)
    assert (kept.wave, kept.unit, kept.psu, kept.answers) == ("ho-mau", "06652", "V1", {"C5": 1})


def test_an_empty_form_uses_the_code_only_when_it_is_meant(
    client: FlaskClient, province: Database, code: str
) -> None:
    address = client.get(f"/m/{code}").location
    asked = send(client, address)
    assert asked.status_code == 422
    assert stored(province) == []
    assert client.post(address, data=hidden(asked.text) | {"C5": "1"}).status_code == 303
    assert [one.answers for one in stored(province)] == [{"C5": 1}]


def test_the_form_says_what_the_code_tells(client: FlaskClient, code: str) -> None:
    told = "Tỉnh giữ thôn, khu phố cùng câu trả lời, không giữ mã"
    assert told in client.get(f"/m/{code}", follow_redirects=True).text
    assert "không theo mẫu" not in client.get(f"/m/{code}", follow_redirects=True).text
    assert told not in client.get("/s/gop-y/06652").text


def test_a_used_code_says_so_kindly_wherever_it_is_met(client: FlaskClient, province: Database, code: str) -> None:
    address = client.get(f"/m/{code}").location
    late = hidden(client.get(address).text)  # a second page that was open all the time
    send(client, address, C5="1")
    for reply in (
        client.get(f"/m/{code}"),
        client.post("/m", data={"code": code}),
        client.get(address),
        client.post(address, data=late | {"C5": "2"}),
    ):
        assert reply.status_code == 410
        assert "Mã này đã được dùng" in reply.text
        assert "xin cảm ơn" in reply.text
    assert len(stored(province)) == 1


def test_a_form_that_is_sent_twice_gets_its_receipt_twice(
    client: FlaskClient, province: Database, code: str
) -> None:
    address = client.get(f"/m/{code}").location
    fields = hidden(client.get(address).text) | {"C5": "1"}
    for _time in range(2):
        reply = client.post(address, data=fields)
        assert reply.status_code == 303
        assert "/bien-nhan/" in reply.location
    assert len(stored(province)) == 1


def test_what_is_to_be_corrected_burns_no_code(client: FlaskClient, province: Database, code: str) -> None:
    address = client.get(f"/m/{code}").location
    reply = send(client, address, C5="77")
    assert reply.status_code == 422
    assert address not in reply.text  # it goes where it came from, and a phone may keep the page
    assert stored(province) == []
    with province.reading() as session:
        assert not session.scalars(select(Invitation).where(Invitation.used)).all()


@pytest.mark.parametrize("typed", ["", "AAAAA-AAAAA", "O0I1", "<b>&", "x" * 5000])
def test_a_wrong_code_stays_in_the_field_with_a_word_of_help(client: FlaskClient, code: str, typed: str) -> None:
    reply = client.post("/m", data={"code": typed})
    assert reply.status_code == 404
    assert "Không có mã này" in reply.text
    assert "<b>" not in reply.text
    assert 'aria-invalid="true"' in reply.text


def test_a_token_that_was_made_up_or_is_old_leads_back_to_the_code(
    client: FlaskClient, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = client.get(f"/m/{code}").location
    assert client.get(address).status_code == 200
    assert client.get(f"{address}x").status_code == 404
    monkeypatch.setattr("survey.web.respondent.invitation.TOKEN_HOLDS", -1)
    reply = client.get(address)
    assert reply.status_code == 404
    assert 'name="code"' in reply.text


def test_a_code_that_opened_its_form_before_midnight_may_send_it(
    client: FlaskClient,
    province: Database,
    code: str,
    days_ago: Callable[[int], AbstractContextManager[None]],
    ended: Callable[..., None],
) -> None:
    with days_ago(1):
        address = client.get(f"/m/{code}").location
    after = client.get(f"/m/{code}").location
    ended("ho-mau")
    assert [client.get(asked).status_code for asked in (f"/m/{code}", after)] == [410, 410]
    assert send(client, address, C5="1").status_code == 303
    assert [(one.psu, one.day) for one in stored(province)] == [("V1", dates.today() - timedelta(1))]


def test_a_token_of_the_open_form_is_none_for_an_invitation(client: FlaskClient, code: str) -> None:
    token = hidden(client.get("/s/gop-y/06652").text)["token"]
    assert client.get(f"/m/phieu/{token}").status_code == 404


def test_guesses_are_slowed_down(
    client: FlaskClient, app: Flask, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "rate_of_codes", rate_limit.Rate(1, lambda: 0.0, most=3))
    replies = [client.get(f"/m/AAAAA-AAAA{sign}") for sign in "ABCD"]
    assert [reply.status_code for reply in replies] == [404, 404, 404, 429]
    assert "Chờ 1 giây" in replies[-1].text
    assert client.get(f"/m/{code}").status_code == 429  # else waiting would slow down no guess
    assert client.get("/m").status_code == 200


def test_another_site_sends_nothing_with_a_code(client: FlaskClient, province: Database, code: str) -> None:
    address = client.get(f"/m/{code}").location
    fields = hidden(client.get(address).text) | {"C5": "1"}
    assert client.post(address, data=fields, headers={"Origin": "https://xau.example"}).status_code == 403
    assert stored(province) == []


def test_a_wave_that_is_over_is_said(client: FlaskClient, province: Database, code: str) -> None:
    with province.writing() as session:
        waves.find(session, "ho-mau").closes = dates.today() - timedelta(1)
    assert client.get(f"/m/{code}").status_code == 410


def test_the_first_page_leads_to_the_code(client: FlaskClient) -> None:
    assert 'href="/m"' in client.get("/").text


def test_a_letter_is_answered_by_telephone(phone: Page, province: Database, code: str) -> None:
    phone.goto("/")
    phone.get_by_role("link", name="Tôi có thư mời và mã").click()
    phone.get_by_label("Nhập mã trong thư mời").fill("sai-roi")
    phone.keyboard.press("Enter")
    phone.get_by_role("alert").get_by_role("link").click()
    field = phone.get_by_label("Nhập mã trong thư mời")
    assert field.evaluate("field => field === document.activeElement")
    assert field.input_value() == "sai-roi"
    field.fill(code)
    phone.get_by_role("button", name="Tiếp tục").click()
    phone.wait_for_url("**/m/phieu/**")
    assert code not in phone.url
    phone.get_by_role("button", name="Bắt đầu").click()


def test_a_draft_belongs_to_its_letter_where_people_share_a_phone(
    app: Flask, phone: Page, province: Database, code: str
) -> None:
    with province.writing() as session:
        (other,) = invitations.make(session, app.config["SECRET_KEY"], "ho-mau", ["V1"], 1)
    phone.goto(f"/m/{code}")
    phone.get_by_role("button", name="Bắt đầu").click()
    phone.locator(".ask:visible input").first.check()
    for anybody_else in (f"/m/{other.code}", "/s/ho-mau/06652"):
        phone.goto(anybody_else)
        expect(phone.get_by_role("button", name="Bắt đầu")).to_be_visible()
        assert phone.locator(".offer, input[type=radio]:checked").count() == 0
    names = phone.evaluate("Object.keys(localStorage).join()")
    with province.reading() as session:
        known = [one.digest for one in session.scalars(select(Invitation))]
    assert not any(secret in names for secret in (code.replace("-", ""), code, *known))
    phone.goto(f"/m/{code}")
    expect(phone.get_by_role("heading", level=1)).to_have_text(
        "Trên máy này có một phiếu đang trả lời dở. Của Ông/Bà?"
    )
    phone.get_by_role("button", name="Bắt đầu phiếu mới").click()
    assert phone.evaluate("localStorage.length") == 0


KEPT = """async () => {
  const cache = await caches.open("form");
  const texts = (await cache.keys()).map(async (one) => [one.url, await (await cache.match(one)).text()]);
  const pages = await Promise.all(texts);
  return JSON.stringify([pages, { ...localStorage }, history.state]);
}"""


def test_a_letters_form_opens_again_without_network_and_is_sent_by_itself(
    phone: Page, province: Database, code: str
) -> None:
    phone.goto(f"/m/{code}")
    phone.get_by_role("button", name="Bắt đầu").click()
    skip_to(phone, "#C5-2")
    phone.check("#C5-2")
    phone.locator(".bar [type=submit]").click()
    skip_to(phone, "#gt_hinh_thuc-4")
    phone.check("#gt_hinh_thuc-4")
    phone.locator(".bar [type=submit]").click()
    phone.wait_for_function("() => navigator.serviceWorker.controller")
    kept = phone.evaluate(KEPT)
    assert "gt_hinh_thuc" in kept
    for secret in (code, code.replace("-", ""), phone.url.rpartition("/")[2][:-8], '"C5"', " checked"):
        assert secret not in kept
    phone.context.set_offline(True)
    phone.reload()
    phone.get_by_role("button", name="Trả lời tiếp").click()
    skip_to(phone, ".review")
    phone.locator(".bar [type=submit]").click()
    expect(phone.get_by_role("alert")).to_contain_text("khi có mạng lại trang sẽ tự gửi")
    phone.context.set_offline(False)
    phone.wait_for_url("**/bien-nhan/**")
    assert [(one.psu, one.answers) for one in stored(province)] == [("V1", {"gt_hinh_thuc": 4})]
    phone.wait_for_function(
        "async () => !(await caches.keys()).length && !(await navigator.serviceWorker.getRegistrations()).length"
    )

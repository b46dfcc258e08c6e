"""What people are promised where they answer: who asks, whom they call, who can't see a form; each is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import BuildError

from survey.storage.database import Database
from survey.storage.models import Role
from survey.waves import changing, waves

SignIn = Callable[[Flask, str], FlaskClient]
CONTACT = "Sở Nội vụ, 0203 123 456"
NOBODY_SEES = "Cán bộ xã, phường không xem được phiếu của từng người"


@pytest.fixture
def contact(province: Database) -> None:
    with province.writing() as session:
        for code in ("gop-y", "ho-mo"):
            changing.change(session, code, changing.Change(contact=f" {CONTACT} "))


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.usefixtures("contact")
@pytest.mark.parametrize("wave", ["gop-y", "ho-mo"])
def test_the_form_says_who_asks_whom_to_call_how_long_it_is_kept_and_who_never_sees_it(
    client: FlaskClient, province: Database, wave: str
) -> None:
    page = client.get(f"/s/{wave}/06652").text
    start, _, questions = page.partition("</section>")
    said = plain(start)
    assert f"UBND tỉnh Quảng Ninh hỏi ý kiến. Sở Nội vụ giữ phiếu. Hỏi thêm: {CONTACT}" in said
    assert NOBODY_SEES in said
    assert "Sở Nội vụ tải được từng phiếu, không có điều đã viết. Quyền riêng tư" in said
    assert [said.count(once) for once in ("giữ lâu dài", "chậm nhất 12 tháng", "so sánh")] == [1, 1, 1]
    with province.reading() as session:
        asked = waves.place(session, wave, "06652").questionnaire
    for item in asked.items.values():
        part = re.search(rf'data-code="{item.code}".*?(?=data-code=|class="send")', questions, re.S)
        assert part is not None
        assert (NOBODY_SEES in plain(part[0])) == item.sensitive


def test_the_receipt_says_that_a_form_is_no_complaint_and_whom_to_call(client: FlaskClient, contact: None) -> None:
    page = client.get("/s/gop-y/06652").text
    fields = dict(re.findall(r'name="(id|token)" value="([^"]+)"', page))
    receipt = client.post("/s/gop-y/06652", data={**fields, "hl_chung": "4"}, follow_redirects=True)
    assert f"Phiếu này không phải đơn phản ánh. Muốn được giải quyết, xin gọi: {CONTACT}" in plain(receipt.text)


def test_without_a_contact_the_receipt_leads_to_home_affairs_and_not_to_who_was_rated(client: FlaskClient) -> None:
    fields = dict(re.findall(r'name="(id|token)" value="([^"]+)"', client.get("/s/gop-y/06652").text))
    receipt = client.post("/s/gop-y/06652", data={**fields, "hl_chung": "4"}, follow_redirects=True)
    assert "Muốn được giải quyết, xin báo với Sở Nội vụ của tỉnh." in plain(receipt.text)


def test_a_form_is_no_complaint_is_said_where_one_writes_and_on_the_page_of_privacy(client: FlaskClient) -> None:
    form = plain(client.get("/s/gop-y/06652").text)
    assert form.count("Đây không phải đơn phản ánh") == 1
    privacy = plain(client.get("/rieng-tu").text)
    assert "Phiếu này không phải đơn phản ánh" in privacy
    assert "xin báo với Sở Nội vụ của tỉnh" in privacy


@pytest.mark.parametrize(("wave", "told"), [("ho-mau", True), ("ho-mo", False), ("gop-y", False)])
def test_without_a_letter_a_sample_wave_says_that_the_form_counts_apart(
    client: FlaskClient, wave: str, told: bool
) -> None:
    assert ("không theo mẫu" in plain(client.get(f"/s/{wave}/06652").text)) == told


def test_without_a_contact_nothing_is_made_up(client: FlaskClient) -> None:
    assert "Hỏi thêm" not in client.get("/s/gop-y/06652").text


def test_the_contact_is_given_with_the_wave_and_always_may_change(
    app: Flask, sign_in: SignIn, province: Database
) -> None:
    client = sign_in(app, "home_affairs")
    app.config["WTF_CSRF_ENABLED"] = False
    page = client.get("/quan-tri/gop-y/dot").text
    form = dict(re.findall(r'name="(seen|title|opens|closes)"[^>]*value="([^"]*)"', page))
    sent = client.post("/quan-tri/gop-y/dot", data={**form, "public": "y", "contact": CONTACT})
    assert sent.status_code == 303
    with province.reading() as session:
        assert waves.find(session, "gop-y").contact == CONTACT


def test_no_page_gives_a_form_to_an_official_of_the_commune(
    app: Flask, province: Database, account: Callable[..., None], sign_in: SignIn
) -> None:
    """Over the whole map of addresses, signed in as the commune to which the form was sent."""
    id, words = str(uuid4()), "chờ ba tiếng đồng hồ"
    form = {"id": id, "wave": "gop-y", "unit": "06652", "mode": "phone", "answers": {"gop_y": words}}
    assert app.test_client().post("/api/v1/responses", json=form).status_code == 201
    with province.writing() as session:
        account(session, "ha-tu", Role.COMMUNE, "06652")
    client, seen = sign_in(app, "ha-tu"), set()
    parts = {"wave": "gop-y", "unit": "06652", "id": id, "year": 2026, "number": 1, "place": 1, "sheet": id}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(("respondent.", "static")):
            continue
        values = {name: parts.get(name, "khong-co") for name in rule.arguments}
        if rule.endpoint in ("staff.issued_report", "staff.year_release_step"):
            values["id"] = 1
        try:
            address = app.url_map.bind("localhost").build(rule.endpoint, values)
        except (ValueError, BuildError):  # another kind of part: no form's id stands in it
            continue
        answer = client.get(address)
        if answer.status_code == 200:
            seen.add(rule.endpoint)
            assert id not in answer.text
            assert words not in answer.text
    assert {"staff.progress", "staff.index"} <= seen
    assert not seen & {
        "staff.rows",
        "staff.rows_file",
        "staff.review",
        "staff.reviewed",
        "api.wave_rows",
        "keying.sheet",
    }

"""The page on which open matters are seen and decided, and the pages that say them before their figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.integrity import open_matters, releasing, unusual
from survey.reports import commune, contents
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import Lot, LotKind, Response, Role
from survey.system import dates
from survey.waves import waves
from tests.survey.flooded import UNIT, Flooded
from translations import speaking

PAGE = "/quan-tri/gop-y/viec-mo"
SENTENCE = "phiếu qua mạng, thường là"


@pytest.fixture
def staff(app: Flask, flooded: Flooded, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    """Home Affairs, on a wave with a flood in Bãi Cháy."""
    flooded()
    return sign_in(app, "home_affairs")


def fields(page: str) -> list[dict[str, str]]:
    """The hidden fields of each form that decides, and the prefix of its others."""
    forms = re.findall(r'<form method="post" class="staff-form".*?</form>', page, re.DOTALL)
    return [
        {
            "csrf_token": re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', form)[0],
            "viec": re.findall(r'name="viec" value="([^"]+)"', form)[0],
            "prefix": re.findall(r'name="(m[0-9a-f]{8}-)state"', form)[0],
        }
        for form in forms
    ]


def send(client: FlaskClient, state: str, reason: str = "Họp chi hội") -> str:
    flood = next(one for one in fields(client.get(PAGE).text) if one["viec"].startswith("flood:"))
    prefix = flood.pop("prefix")
    sent = {**flood, f"{prefix}state": state, f"{prefix}reason": reason}
    return client.post(PAGE, data=sent, follow_redirects=True).text


def test_the_page_lists_what_is_unusual_with_figures_without_it_and_what_may_explain_it(
    staff: FlaskClient,
) -> None:
    page = staff.get(PAGE).text
    assert re.search(r"<h1>\d việc mở</h1>", page)
    assert SENTENCE in page
    assert "chưa xét thì chưa duyệt được" in page
    assert "Có thể do một buổi họp" in page
    assert re.search(r"Xã, phường này, Chỉ số [^:]+: tính cả các phiếu này \d+,\d%", page)
    assert len(re.findall(r"Lô \d+, 1\d\d phiếu", page)) >= 1


def test_of_days_that_are_not_over_it_says_when_they_are_decided(
    app: Flask, flooded: Flooded, sign_in: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.survey.flooded.FLOODED", dates.today())
    flooded()
    page = sign_in(app, "home_affairs").get(PAGE).text
    assert SENTENCE in page
    assert "Hết những ngày ấy mới quyết định" in page
    assert not any(one["viec"].startswith("flood:") for one in fields(page))


def test_it_is_decided_with_a_reason_and_can_be_changed(staff: FlaskClient) -> None:
    refused = send(staff, "explained", "")
    assert "Hãy ghi lý do: người đọc lại sang năm không có mặt hôm nay." in refused
    assert "Đã ghi quyết định" in send(staff, "explained")
    page = staff.get(PAGE).text
    assert "Có lời giải thích, vẫn tính. Họp chi hội" in page
    assert "Không có gì thay đổi" in send(staff, "explained")
    assert "Đã đề nghị. Các lô được để riêng khi một người khác xác nhận" in send(staff, "set_aside")
    assert "chờ người thứ hai" in staff.get(PAGE).text


def test_of_forms_that_came_with_others_in_a_file_no_lot_is_offered_and_the_rest_can_be_decided(
    app: Flask, flooded: Flooded, sign_in: Callable[..., FlaskClient]
) -> None:
    with flooded().writing() as session:
        one_file = session.scalars(select(Lot.number).where(Lot.unit == UNIT, Lot.kind == LotKind.PROGRAM)).one()
        session.execute(update(Response).where(Response.unit == UNIT).values(lot=one_file))
    staff = sign_in(app, "home_affairs")
    page = staff.get(PAGE)
    assert page.status_code == 200
    flood = next(one for one in fields(page.text) if one["viec"].startswith("flood:"))
    offered = re.findall(rf'<input [^>]*name="{flood["prefix"]}state"[^>]*value="(\w+)"', page.text)
    assert offered == ["explained", "reinterview", "open"]
    assert "Đã ghi quyết định" in send(staff, "explained")


@pytest.mark.parametrize(("reason", "words"), [(" ", "nêu lý do"), ("x" * 401, "400 ký tự")])
def test_a_reason_that_lacks_or_is_too_long_is_told_and_decides_nothing(
    staff: FlaskClient, reason: str, words: str
) -> None:
    page = send(staff, "explained", reason)
    assert words in page
    assert "Có lời giải thích, vẫn tính" not in staff.get(PAGE).text


def test_every_page_says_it_before_its_figures_and_not_after_it_is_decided(staff: FlaskClient) -> None:
    here = [f"/quan-tri/gop-y/don-vi/{UNIT}", "/quan-tri/gop-y/"]
    for address in here:
        page = staff.get(address).text
        assert page.index("Khác thường</strong>") < page.index("staff-figure-")
        assert SENTENCE in page
    assert "Khác thường</strong>" not in staff.get("/quan-tri/gop-y/don-vi/06652").text
    assert SENTENCE in staff.get("/quan-tri/gop-y/cong-bo/chot").text
    for one in fields(staff.get(PAGE).text):
        prefix = one.pop("prefix")
        staff.post(PAGE, data={**one, f"{prefix}state": "explained", f"{prefix}reason": "Họp"})
    for address in here:
        assert "Khác thường</strong>" not in staff.get(address).text


def test_reports_say_it_before_their_figures(staff: FlaskClient, province: Database) -> None:
    with province.reading() as session:
        gathered = unusual.gather(session, "gop-y")
    for language, words in (("vi", SENTENCE), ("en", "forms online, where")):
        with speaking(language):
            lines = {line.unit.code: line for line in gathered.units}
            whole = contents.contents(gathered)
            own, other = (commune.contents(gathered, lines[code]) for code in (UNIT, "06652"))
        assert words in repr(whole.blocks[:8])
        assert words in repr(own.blocks[:8])
        assert words not in repr(other)


def test_every_table_for_programs_marks_the_figures_that_it_may_have_moved(
    staff: FlaskClient, province: Database
) -> None:
    def undecided(records: list[dict[str, Any]]) -> set[str | None]:
        return {one["domain"] for one in records if "undecided" in one["flags"]}

    asked = "/api/v1/waves/gop-y/results?item=index"
    report = staff.get("/quan-tri/gop-y/bao-cao/json").json
    assert undecided(report) & {UNIT, "06652", None} == {UNIT, None}
    assert "undecided" in staff.get("/quan-tri/gop-y/bao-cao/csv").text
    assert undecided(staff.get(f"{asked}&by=unit").json) == {UNIT}
    assert undecided(staff.get(f"{asked}&by=mode").json) == {"phone"}
    crossed = staff.get(f"{asked}&by=unit&by=mode").json
    assert {one["domain"]["unit"] for one in crossed if "undecided" in one["flags"]} == {UNIT}
    for one in fields(staff.get(PAGE).text):
        prefix = one.pop("prefix")
        staff.post(PAGE, data={**one, f"{prefix}state": "explained", f"{prefix}reason": "Họp"})
    assert undecided(staff.get("/quan-tri/gop-y/bao-cao/json").json) == set()
    assert undecided(staff.get(asked).json) == set()


def test_approval_is_refused_on_the_page_and_the_commune_reads_it_without_unreleased_figures(
    staff: FlaskClient,
    app: Flask,
    province: Database,
    account: Callable[..., None],
    sign_in: Callable[..., FlaskClient],
) -> None:
    with province.writing() as session:
        account(session, "xa", Role.COMMUNE, UNIT)
        account(session, "head", Role.HEAD)
        wave = waves.find(session, "gop-y")
        open_ = open_matters.listed(session, wave)
        release = releasing.freeze(session, wave, "An", open_, {one.subject: "Sẽ xét" for one in open_})
        release_steps.check(release, "Bình")
    head, address = sign_in(app, "head"), "/quan-tri/gop-y/cong-bo/1/duyet"
    page = head.get(address).text
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]
    ticked = dict.fromkeys(re.findall(r'name="([^"]+-da-xem)"', page), "1")
    ticked |= dict.fromkeys(re.findall(r'name="([^"]+-vi-sao)"', page), "Đã hỏi")
    sent = head.post(address, data={"csrf_token": token, **ticked})
    assert "chưa ai quyết xử lý thế nào" in sent.text
    assert sent.text.count('value="Đã hỏi"') == len(ticked) // 2 > 0
    with province.writing() as session:
        releases.approve(session, releases.find(session, "gop-y", 1), "Cường")  # as one of before the check
    page = sign_in(app, "xa").get("/quan-tri/gop-y/xa-minh").text
    assert SENTENCE in page
    assert "bỏ ra là" not in page


def test_a_wave_without_anything_unusual_says_what_was_looked_at(
    app: Flask, province: Database, sign_in: Callable[..., FlaskClient]
) -> None:
    page = sign_in(app, "home_affairs").get("/quan-tri/ho-mau/viec-mo").text
    assert "Không thấy điều gì khác thường" in page
    assert "thì cách này không thấy" in page

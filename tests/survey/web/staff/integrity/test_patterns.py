"""The page of patterns: the finding first, what it can't prove, the next step, what was looked at."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.accounts.accounts import RIGHTS, Right
from survey.integrity import matters, pattern_list
from survey.integrity.matters import MatterKind
from survey.storage.database import Database
from survey.storage.models import MatterState, Reinterview, Role, Sheet
from survey.waves import waves
from tests.survey.patterned import WAVE, Patterned

PAGE = f"/quan-tri/{WAVE}/dau-hieu"


@pytest.fixture
def staff(app: Flask, patterned: Patterned, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    """Home Affairs, on a wave with copies in a village."""
    patterned()
    return sign_in(app, "home_affairs")


def test_the_finding_comes_first_with_what_is_usual_reasons_and_the_next_step(staff: FlaskClient) -> None:
    page = staff.get(PAGE).text
    assert re.search(r"<h1>\d trong \d{3,} phép thử cho thấy điều khác thường</h1>", page)
    assert re.search(r"\d+ cặp phiếu gần như giống nhau ở mọi câu, thường là \S", page)
    for words in (
        "không chứng minh rằng không ai lái kết quả",
        "có thể do hàng xóm",
        "nên xem lại bằng phúc tra",
        "riêng phép thử này p &lt; 0,001",
        "Chưa xét",
        "Đã xem những gì",
    ):
        assert words in page
    assert re.search(r"Phiếu gần như giống nhau.*?24 thôn, 12 nơi, \d+ người hỏi", page, re.DOTALL)


def test_what_is_decided_is_told_beside_it_and_on_the_page_of_open_matters(
    staff: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        wave = waves.find(session, WAVE)
        [one, *_more] = [m for m in matters.matters(session, wave) if m.kind is MatterKind.PATTERN]
        matters.decide(session, wave, one.subject, MatterState.EXPLAINED, "Một gia đình lớn", "An")
    assert re.search(r"Có lời giải thích, vẫn tính</strong> \S+, An: Một gia đình lớn", staff.get(PAGE).text)
    open_page = staff.get(f"/quan-tri/{WAVE}/viec-mo").text
    assert "Một gia đình lớn" in open_page
    assert "điều chỉnh cho tất cả những gì được xem" in open_page
    with province.reading() as session:
        looked = pattern_list.look(session, waves.find(session, WAVE))
    assert looked.having("passes")


def test_it_is_decided_on_the_page_of_open_matters(staff: FlaskClient) -> None:
    address = f"/quan-tri/{WAVE}/viec-mo"
    page = staff.get(address).text
    assert "chưa xét thì chưa duyệt được" not in page  # it blocks no release
    [subject, *_more] = re.findall(r'name="viec" value="(pattern:alike:village:[^"]+)"', page)
    prefix = re.findall(r'name="(m[0-9a-f]{8}-)state"', page)[0]
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]
    sent = {"csrf_token": token, "viec": subject, f"{prefix}state": "explained", f"{prefix}reason": "Chung nhà"}
    assert "Đã ghi quyết định" in staff.post(address, data=sent, follow_redirects=True).text
    assert "Có lời giải thích, vẫn tính. Chung nhà" in staff.get(address).text


def test_an_honest_wave_says_that_nothing_is_seen_and_a_small_one_what_is_missing(
    app: Flask, patterned: Patterned, sign_in: Callable[..., FlaskClient]
) -> None:
    patterned(0)
    client = sign_in(app, "home_affairs")
    page = client.get(PAGE).text
    assert "<h1>Chưa thấy gì khác thường</h1>" in page
    assert re.search(r"Trong \d{3} phép thử, không phép thử nào vượt", page)
    assert "không chứng minh" in page
    few = client.get("/quan-tri/ho-mau/dau-hieu").text
    assert "<h1>Chưa đủ phiếu để tìm dấu hiệu</h1>" in few
    assert "ít nhất 80 phiếu" in few


def test_names_of_who_asked_and_keyed_are_for_those_who_review(
    app: Flask, patterned: Patterned, sign_in: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    patterned()
    client = sign_in(app, "home_affairs")
    address = f"/quan-tri/{WAVE}/cong-bo/chot"
    assert "cặp phiếu gần như giống nhau" in client.get(address).text
    monkeypatch.setitem(RIGHTS, Role.HOME_AFFAIRS, RIGHTS[Role.HOME_AFFAIRS] - {Right.REVIEW})
    page = client.get(address).text
    assert "cặp phiếu gần như giống nhau" not in page
    assert re.search(r"\d dấu hiệu chưa xét", page)
    assert client.get(PAGE).status_code == 403


def test_a_re_interview_sample_is_drawn_at_the_pattern_and_is_on_the_page_of_re_interviews(
    staff: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        for row, serial in enumerate(session.scalars(select(Sheet.serial).order_by(Sheet.serial)).all()):
            session.add(Reinterview(sheet=serial, wave=WAVE, household=row + 1))
    page = staff.get(PAGE).text
    assert re.search(r"\d+ phiếu của nhóm này dẫn tới hộ và chưa được rút", page)
    assert "8 hộ: biết mức khớp tới ±14 điểm %, đủ để thấy nếu kém hơn 20 điểm %." in page
    [subject, *_more] = re.findall(r'name="viec" value="(pattern:alike:village:[^"]+)"', page)
    sent = {
        "csrf_token": re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0],
        "viec": subject,
        "so-ho": "5",
    }
    for wrong in ("", "0", "nhiều", "1001"):
        assert "Hãy ghi số hộ bằng chữ số" in staff.post(PAGE, data={**sent, "so-ho": wrong}).text
    drawn = staff.post(PAGE, data=sent, follow_redirects=True).text
    assert re.search(r"rút 5 hộ, hạt giống [0-9a-f]{16}: biết mức khớp tới ±18 điểm %", drawn)
    assert "Đã phúc tra 0 trong 5 hộ được rút" in drawn
    assert "Đang phúc tra" in drawn
    address = f"/quan-tri/{WAVE}/phuc-tra"
    listed = staff.get(address, query_string={"mau": subject}).text
    assert listed.partition("</table>")[0].count('<th scope="row"') == 5
    assert "Rút cho một dấu hiệu: " in listed
    assert staff.get(address).text.partition("</table>")[0].count('<th scope="row"') == 100
    printed = staff.get(f"{address}/in", query_string={"mau": subject}).text
    assert printed.count('<th scope="row"') == 5
    assert "Đã phúc tra 0 trong 5 hộ được rút" in staff.get(f"/quan-tri/{WAVE}/viec-mo").text


def test_a_large_wave_says_that_they_are_being_counted(
    staff: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern_list, "LARGE", 100)
    monkeypatch.setattr(pattern_list, "PATIENCE", 0.0)
    answer = staff.get(PAGE)
    assert (answer.status_code, answer.headers["Refresh"]) == (503, "5")
    assert "Hệ thống đang tính các dấu hiệu" in answer.text
    assert "Đang tính các dấu hiệu lần đầu" in staff.get(f"/quan-tri/{WAVE}/viec-mo").text

"""The pages on which batches of forms are handed over, counted back, and the fieldwork is closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.storage.database import Database
from survey.storage.models import AuditEntry, Batch, Role, Sheet, SheetState
from survey.system import dates
from survey.waves import waves
from tests.browser.axe import violations
from translations import formats

PASSWORD = "mat-khau-dai"
TODAY = dates.today()
LIST, BATCH = "/quan-tri/ho-mau/phieu", "/quan-tri/ho-mau/phieu/B1"


@pytest.fixture
def printed(province: Database, account: Callable[..., None]) -> Database:
    """Two batches: B1 of 5 forms for V1, B2 of 3 for V3."""
    with province.writing() as session:
        account(session, "supervisor", Role.SUPERVISOR)
        for code, psu, first, forms in (("B1", "V1", 1, 5), ("B2", "V3", 11, 3)):
            session.add(Batch(code=code, wave="ho-mau", psu=psu, printed=TODAY - timedelta(3)))
            session.flush()
            session.add_all(
                Sheet(serial=f"{first + place:08d}", batch=code, place=place + 1) for place in range(forms)
            )
    return province


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" (?:type="hidden" )?value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def signed_in(app: Flask, name: str = "supervisor") -> FlaskClient:
    client = app.test_client()
    csrf = token(client.get("/dang-nhap"))
    client.post("/dang-nhap", data={"csrf_token": csrf, "name": name, "password": PASSWORD})
    return client


def send(client: FlaskClient, address: str = BATCH, **fields: object) -> TestResponse:
    csrf = token(client.get(BATCH))
    return client.post(address, data={"csrf_token": csrf, **fields}, follow_redirects=True)


def states(database: Database) -> list[str]:
    with database.reading() as session:
        rows = session.execute(select(Sheet.state, Sheet.reason).where(Sheet.batch == "B1").order_by(Sheet.serial))
        return [f"{state}:{reason}" if reason else str(state) for state, reason in rows]


def test_a_wave_without_paper_says_what_to_do(app: Flask, province: Database) -> None:
    client = signed_in(app, "home_affairs")
    page = client.get(LIST)
    assert page.status_code == 200
    assert "Chưa in phiếu nào" in page.text
    assert "Mọi phiếu đều đã rõ" not in page.text
    assert "Thực địa" in page.text
    assert "Sang trang Mẫu" in page.text
    with province.writing() as session:
        waves.find(session, "ho-mau").draw = 1
    page = client.get(LIST)
    assert "việc tiếp theo là in phiếu" in page.text
    assert "Sang trang Mẫu" not in page.text


def test_a_batch_goes_out_and_comes_back(app: Flask, printed: Database, account: Callable[..., None]) -> None:
    with printed.writing() as session:
        account(session, "Lan", Role.INTERVIEWER)
    client = signed_in(app)
    assert send(client, f"{BATCH}/giao", interviewer="Ai đó", handed_over=TODAY.isoformat()).status_code == 422
    page = send(client, f"{BATCH}/giao", interviewer="Lan", handed_over=TODAY.isoformat())
    assert "Đã ghi: giao cho Lan." in page.text
    page = send(client, what="back", counted="5")
    assert "Tập phiếu B1: 5 trong 5 phiếu đã về" in page.text
    assert "Đã ghi cho 5 phiếu." in page.text
    assert states(printed) == ["waiting"] * 5
    assert "Không có gì thay đổi." in send(client, what="back", counted="5").text
    page = client.get(LIST)
    assert "3 phiếu chưa về, 5 phiếu chờ nhập" in page.text


def test_fewer_than_printed_are_scanned_or_ticked_and_a_wrong_count_is_told(app: Flask, printed: Database) -> None:
    client = signed_in(app)
    page = send(client, what="back", counted="4")
    assert page.status_code == 400
    assert "Đếm được 4 trong 5 phiếu" in page.text
    assert states(printed) == ["out"] * 5
    page = send(client, what="back", counted="4", scanned="HL1:00000001:1\nHL1:00000002:1\n", phieu=["00000003"])
    assert "Đếm được 4 phiếu trong tập, nhưng mới đánh dấu 3 trong 5 phiếu là đã về" in page.text
    assert "đếm được 4, đánh dấu 3" in client.get(LIST).text
    # One that was counted is missing after all, and it is said why: there is nothing to count again.
    assert "Đếm lại" not in send(client, what="missing", phieu=["00000004"], reason="Ướt, bỏ lại thôn").text
    page = send(client, what="back", phieu=["00000004"])
    assert "Đếm lại" not in page.text
    assert states(printed) == ["waiting"] * 4 + ["out"]
    page = send(client, what="back", scanned="00000012", phieu=["00000005"])
    assert page.status_code == 400
    assert "Không thuộc tập phiếu này nên chưa thay đổi gì: 00000012" in page.text
    assert re.search(r'value="00000005"[^>]* checked', page.text), "what was ticked stays ticked"


def test_void_missing_and_back_again(app: Flask, printed: Database) -> None:
    client = signed_in(app)
    send(client, what="back", counted="5")
    send(client, what="void", void="refused", phieu=["00000001"])
    page = send(client, what="missing", reason="Mất trong đợt lũ", phieu=["00000002"])
    assert "Từ chối" in page.text
    assert "Mất trong đợt lũ" in page.text
    assert states(printed)[:2] == ["void:refused", "out:Mất trong đợt lũ"]
    send(client, what="entry", phieu=["00000001"])
    send(client, what="out", phieu=["00000002", "00000003"])
    assert states(printed)[:3] == ["waiting", "out", "out"]
    for fields, told in (
        ({"what": "void", "phieu": ["00000001"]}, 'href="#void">Hãy chọn lý do các phiếu bị hủy.'),
        ({"what": "missing", "phieu": ["00000001"]}, 'href="#reason">Hãy ghi lý do các phiếu bị thiếu.'),
        ({"what": "void", "void": "blank"}, "Đánh dấu hoặc quét những phiếu cần ghi."),
        ({"what": "back"}, "Ghi số phiếu đếm được trong tập"),
        ({"what": "gone", "phieu": ["00000001"]}, "Lỗi:"),
    ):
        page = send(client, **fields)
        assert page.status_code in (400, 422)
        assert told in page.text
    assert states(printed)[:3] == ["waiting", "out", "out"]


def test_the_list_is_cut_down_and_a_scanned_number_leads_to_its_batch(app: Flask, printed: Database) -> None:
    client = signed_in(app)
    send(client, what="back", counted="5")
    assert {"B1", "B2"} <= set(re.findall(r"phieu/(B\d)", client.get(LIST).text))
    assert set(re.findall(r"phieu/(B\d)", client.get(f"{LIST}?xem=chua-ve").text)) == {"B2"}
    assert set(re.findall(r"phieu/(B\d)", client.get(f"{LIST}?xem=cho-nhap").text)) == {"B1"}
    assert set(re.findall(r"phieu/(B\d)", client.get(f"{LIST}?don-vi=06658").text)) == {"B2"}
    assert "Không có tập phiếu nào như đã chọn" in client.get(f"{LIST}?don-vi=06658&xem=cho-nhap").text
    assert client.get(f"{LIST}?tim=HL1:00000012:1").location.endswith("/phieu/B2")
    unknown = client.get(f"{LIST}?tim=99999999")
    assert (unknown.status_code, "Đợt này không có phiếu hay tập phiếu nào mang số đó" in unknown.text) == (
        404,
        True,
    )
    assert client.get("/quan-tri/ho-mau/phieu/B9").status_code == 404
    assert client.get("/quan-tri/ho-mo/phieu/B1").status_code == 404


def test_a_village_with_further_forms_has_a_sum_of_its_own(app: Flask, printed: Database) -> None:
    """V1 has B1 of 5 forms and B3 of 2 more: 7 in all; V3 has one batch and no further sum."""
    with printed.writing() as session:
        session.add(Batch(code="B3", wave="ho-mau", psu="V1", printed=TODAY))
        session.flush()
        session.add_all(Sheet(serial=f"{30 + place:08d}", batch="B3", place=place) for place in (1, 2))
    client = signed_in(app)
    sums = re.findall(r'<tr role="row" class="whole">(.*?)</tr>', client.get(LIST).text, re.DOTALL)
    assert len(sums) == 1
    assert "Mọi tập phiếu của Thôn V1" in sums[0]
    assert re.findall(r"</span>(\d+)</td>", sums[0]) == ["7", "0", "0", "0", "7"]
    send(client, what="back", counted="5")
    cut = client.get(f"{LIST}?xem=cho-nhap").text
    assert re.findall(r"phieu/(B\d)", cut) == ["B1"]
    assert 'class="whole"' in cut, "the sum is of the whole village, whatever is listed"


def test_the_fieldwork_closes_when_all_is_accounted_for_and_an_administrator_opens_it_again(
    app: Flask, printed: Database
) -> None:
    client = signed_in(app)
    send(client, what="void", void="refused", phieu=[f"{number:08d}" for number in range(1, 6)])
    page = client.get(LIST)
    assert "Chưa khóa được vì 1 tập phiếu" in page.text
    assert "/khoa-thuc-dia" not in page.text
    refused = send(client, "/quan-tri/ho-mau/khoa-thuc-dia", sure="1")
    assert (refused.status_code, "B2" in refused.text) == (409, True)
    with printed.writing() as session:
        for sheet in session.scalars(select(Sheet).where(Sheet.batch == "B2")):
            sheet.reason = "Bưu điện làm mất"
    end = dates.today() + timedelta(30)
    assert f"Đến hết ngày {formats.day(end + timedelta(2))}, phiếu mà người dân" in client.get(LIST).text
    unsure = send(client, "/quan-tri/ho-mau/khoa-thuc-dia")
    assert (unsure.status_code, "rồi đánh dấu xác nhận" in unsure.text) == (422, True)
    assert "Đã phát 8 phiếu, đã nhập 0, hủy 5, thiếu có lý do 3." in unsure.text
    page = send(client, "/quan-tri/ho-mau/khoa-thuc-dia", sure="1")
    assert "Đã khóa thực địa: không nhận phiếu giấy nữa." in page.text
    assert "/mo-thuc-dia" not in page.text, "a supervisor can't open it again"
    page = client.get(BATCH)
    assert 'name="phieu"' not in page.text
    csrf = token(page)
    late = client.post(BATCH, data={"csrf_token": csrf, "what": "entry", "phieu": ["00000001"]})
    assert late.status_code == 409
    assert client.post("/quan-tri/ho-mau/mo-thuc-dia", data={"csrf_token": csrf}).status_code == 403
    admin = signed_in(app, "admin")
    csrf = token(admin.get(LIST))
    page = admin.post("/quan-tri/ho-mau/mo-thuc-dia", data={"csrf_token": csrf}, follow_redirects=True)
    assert "Đã mở lại thực địa." in page.text
    admin.post("/quan-tri/ho-mau/mo-thuc-dia", data={"csrf_token": csrf})  # it is open: this opens nothing
    admin.post("/quan-tri/ho-mau/khoa-thuc-dia", data={"csrf_token": csrf, "sure": "1"})
    send(client, "/quan-tri/ho-mau/khoa-thuc-dia", sure="1")
    with printed.reading() as session:
        trail = session.execute(select(AuditEntry.who, AuditEntry.what).order_by(AuditEntry.number)).all()
    acts = [(who, what) for who, what in trail if what in ("Closed the fieldwork", "Opened the fieldwork again")]
    assert [what for _who, what in acts] == [
        "Closed the fieldwork",
        "Opened the fieldwork again",
        "Closed the fieldwork",
    ]
    assert acts[-1][0] == acts[1][0], "who closed it, and not who pressed the button again"


def test_those_without_the_right_are_told_no(app: Flask, printed: Database) -> None:
    keyer = signed_in(app, "keyer")
    assert {keyer.get(address).status_code for address in (LIST, BATCH)} == {403}


@pytest.fixture
def desk(
    browser: Browser,
    live_server: str,
    app: Flask,
    printed: Database,
    bring_in: Callable[[BrowserContext, Flask, str], None],
) -> Iterator[Page]:
    """A signed-in supervisor on a computer of the office."""
    context = browser.new_context(base_url=live_server, viewport={"width": 1366, "height": 768}, locale="vi-VN")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    bring_in(context, app, "supervisor")
    yield page
    context.close()
    assert not faults


def test_a_scanner_and_the_keyboard_count_a_batch_back(desk: Page, printed: Database) -> None:
    """A scanner types what it read and presses Enter: in the search it opens the batch, in the box it goes on."""
    desk.goto(LIST)
    desk.focus("#tim")
    desk.keyboard.type("HL1:00000003:1\n")
    expect(desk.locator("h1")).to_contain_text("Tập phiếu B1")
    for width in (1366, 360):
        desk.set_viewport_size({"width": width, "height": 768})
        for address in (LIST, BATCH):
            desk.goto(address)
            assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
            assert violations(desk) == [], address
    desk.set_viewport_size({"width": 1366, "height": 768})
    desk.focus("#scanned")
    desk.keyboard.type("HL1:00000001:1\nHL1:00000002:1\n")
    desk.focus("input[name=phieu][value='00000003']")
    desk.keyboard.press("Space")
    desk.get_by_role("button", name="Ghi lại").press("Enter")
    expect(desk.get_by_role("status")).to_have_text("Đã ghi cho 3 phiếu.")
    assert states(printed) == [SheetState.WAITING] * 3 + [SheetState.OUT] * 2
    desk.get_by_role("button", name="Ghi lại").press("Enter")
    expect(desk.locator(".staff-faults")).to_be_focused()
    assert violations(desk) == []

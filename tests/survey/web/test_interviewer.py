"""The interviewer's tablet, in a real browser: what the person answers alone, nobody sees again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import delete, select
from werkzeug.routing import IntegerConverter

from survey.accounts import tokens
from survey.responses import devices, sealed_responses
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Assignment, Device, Mode, QuarantinedResponse, Response, ResponseText, Role
from survey.system import dates
from survey.web import kiosk
from tests.browser.axe import violations
from tests.browser.form import skip

FORM = "/phong-van/ho-mau/06652?thon=V1"
SHORT = "/phong-van/gop-y/06652"
STORED = re.compile("xong=stored$")
GIVE, BACK = "Xin đưa máy cho người trả lời", "Xin trả máy cho điều tra viên"
SELF, AGAIN = "Tôi là người trả lời: bắt đầu", "Tôi là điều tra viên: hỏi tiếp"
PASSWORD = "mat-khau-dai"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder, where the keys lie."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def interviewer(province: Database, account: Callable[..., None]) -> str:
    """The name of an account that may interview and do nothing else."""
    with province.writing() as session:
        account(session, "dieu-tra", Role.INTERVIEWER)
    return "dieu-tra"


@pytest.fixture
def tablet(
    browser: Browser,
    live_server: str,
    app: Flask,
    interviewer: str,
    bring_in: Callable[[BrowserContext, Flask, str], None],
) -> Iterator[Page]:
    """A page of 768 × 1024 on which the interviewer is signed in; a fault of a script, or what the policy refuses,
    fails the test."""
    context = browser.new_context(base_url=live_server, viewport={"width": 768, "height": 1024}, locale="vi-VN")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("dialog", lambda dialog: dialog.accept())  # half an interview may be left: the tests do
    bring_in(context, app, interviewer)
    page.goto("/phong-van/")
    yield page
    context.close()
    assert not faults


def sign_in(page: Page, name: str) -> None:
    page.goto("/dang-nhap?next=/phong-van/")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("/phong-van/")


def press(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()


def heading(page: Page) -> str:
    return page.locator("h1:visible, h3:visible").first.inner_text().replace("\xa0", " ")


def at_c5(page: Page) -> None:
    """The household form up to the hand-over before C5."""
    page.goto(FORM)
    press(page, "Bắt đầu")
    page.check("#qt_y_te-1")
    press(page, "Tiếp tục")
    skip(page, 3)


def alone(page: Page) -> None:
    """The person answers C5 and C6 and gives the tablet back."""
    press(page, SELF)
    page.check("#C5-3")
    press(page, "Tiếp tục")
    page.check("#C6-2")
    press(page, "Tiếp tục")


def to_the_review(page: Page) -> None:
    """From C7 to the review, with ethnicity answered alone in a text of one's own."""
    skip(page, 43)
    expect(page.get_by_role("heading", name=GIVE)).to_be_visible()
    press(page, SELF)
    page.locator("[name=dan_toc]").last.check()
    page.fill("#dan_toc_khac", "Tà Ôi")
    press(page, "Tiếp tục", AGAIN)
    skip(page, 3)


def kept(province: Database) -> list[Response]:
    with province.reading() as session:
        return list(session.scalars(select(Response)))


def test_the_interviewer_comes_to_the_form_by_wave_commune_and_village(tablet: Page) -> None:
    tablet.get_by_role("link", name="ho-mau").click()
    tablet.fill("#tim", "ha tu")
    press(tablet, "Tìm")
    expect(tablet.get_by_role("status")).to_contain_text("Tìm thấy 1")
    tablet.get_by_role("link", name="Hà Tu").click()
    tablet.get_by_role("link", name="Thôn V2").click()
    expect(tablet.locator(".place")).to_contain_text("Thôn V2, phường Hà Tu")
    press(tablet, "Bắt đầu")
    expect(tablet.locator(".progress")).to_contain_text("Câu 1–9/84")


def test_an_interview_is_kept_with_its_village_and_how_it_was_filled(tablet: Page, province: Database) -> None:
    at_c5(tablet)
    alone(tablet)
    press(tablet, AGAIN)
    to_the_review(tablet)
    tablet.check("#helped-official")
    press(tablet, "Gửi phiếu")
    expect(tablet.get_by_role("status")).to_contain_text("Đã lưu phiếu phỏng vấn")
    expect(tablet.locator(".place")).to_contain_text("1 phiếu phỏng vấn")
    [response] = kept(province)
    assert response.answers == {"qt_y_te": 1, "C5": 3, "C6": 2, "dan_toc": 2}
    assert (response.mode, response.unit, response.psu) == (Mode.INTERVIEWER, "06652", "V1")
    assert response.day == dates.today()
    assert set(response.marks) - {"quick"} == {"helped-interviewer", "helped-official", "lang-vi"}
    with province.reading() as session:
        assert texts_of(session.connection(), session.scalars(select(ResponseText.response)).one()) == {
            "dan_toc_khac": "Tà Ôi"
        }


def test_a_sensitive_question_is_not_shown_before_the_tablet_is_handed_over(tablet: Page) -> None:
    at_c5(tablet)
    expect(tablet.get_by_role("heading", name=GIVE)).to_be_focused()
    expect(tablet.locator("#C5-1")).to_be_hidden()
    press(tablet, SELF)
    assert heading(tablet).startswith("Theo Ông/Bà, có công chức gây")
    expect(tablet.locator(".progress")).to_be_hidden()
    assert tablet.locator("label[for=C5-1]").evaluate("label => label.offsetHeight") >= 80


def test_what_was_answered_alone_is_nowhere_once_the_tablet_is_back(tablet: Page) -> None:
    at_c5(tablet)
    alone(tablet)
    expect(tablet.get_by_role("heading", name=BACK)).to_be_focused()
    assert tablet.locator("[name=C5], [name=C6]").count() == 0
    assert "Có nhiều công chức" not in tablet.content()
    press(tablet, AGAIN)
    for question in ("Phải đưa tiền ngoài quy định", "Công chức gây phiền hà, sách nhiễu"):
        press(tablet, "Quay lại")
        expect(tablet.locator(".locked-words:visible")).to_contain_text(question)
        expect(tablet.locator(".locked-words:visible")).to_contain_text("Đã trả lời")
        assert tablet.locator(".screen:visible").locator("input, textarea, button").count() == 0
    press(tablet, "Tiếp tục", "Tiếp tục")
    assert heading(tablet).startswith("Mỗi cách làm thủ tục")
    to_the_review(tablet)
    for code in ("C5", "C6", "dan_toc"):
        row = tablet.locator(f".row[data-of={code}]")
        expect(row.locator("[data-answer]")).to_have_text("Đã trả lời")
        assert row.get_by_role("button").count() == 0
    assert tablet.locator(".row[data-of=dan_toc_khac]").count() == 0
    assert not re.search("Có nhiều|Tà Ôi", tablet.content())


@pytest.mark.variants(1)
@pytest.mark.parametrize("answered", [("#C5-1", "#C6-1", 0), ("#C5-3", "", 1), ("", "", -1)])
def test_the_page_is_the_same_whatever_was_answered_alone(tablet: Page, answered: tuple[str, str, int]) -> None:
    """Every byte of the form, at the locked questions and at the review, for any answers and for none."""

    def drawn() -> str:
        html = tablet.locator("#form").evaluate("form => form.outerHTML")
        return re.sub(r'data-(id|token)="[^"]*"|<g .*?</g>', "", html)

    def whole(c5: str, c6: str, ethnicity: int) -> list[str]:
        found = []
        at_c5(tablet)
        # A line of the form says so once the page is kept, which takes as long as the machine is slow.
        expect(tablet.locator("[data-offline]:not([hidden])")).to_be_attached()
        press(tablet, SELF)
        for choice in (c5, c6):
            if choice:
                tablet.check(choice)
            press(tablet, "Tiếp tục" if choice else "Bỏ qua")
        press(tablet, AGAIN)
        found.append(drawn())
        skip(tablet, 43)
        press(tablet, SELF)
        if ethnicity >= 0:
            tablet.locator("[name=dan_toc]").nth(ethnicity).check()
        press(tablet, "Tiếp tục" if ethnicity >= 0 else "Bỏ qua")
        press(tablet, AGAIN)
        skip(tablet, 3)
        return [*found, drawn()]

    assert whole(*answered) == whole("#C5-2", "#C6-3", 0)


def test_until_the_interviewer_says_so_nothing_is_shown_after_the_last_answer(tablet: Page) -> None:
    at_c5(tablet)
    alone(tablet)
    expect(tablet.get_by_role("heading", name=BACK)).to_be_visible()
    expect(tablet.locator("#form")).to_be_hidden()
    expect(tablet.get_by_role("button", name="Quay lại")).to_be_hidden()


def test_whoever_leaves_by_the_browsers_back_button_finds_nothing_of_the_person(tablet: Page) -> None:
    tablet.goto("/phong-van/")
    at_c5(tablet)
    press(tablet, SELF)
    tablet.check("#C5-3")
    tablet.go_back()  # it asks first
    expect(tablet).to_have_url(re.compile("/phong-van/$"))
    tablet.go_forward()
    expect(tablet.locator(".intro")).to_be_visible()
    assert tablet.locator("input:checked").count() == 0


def test_the_person_goes_back_among_their_own_questions_only(tablet: Page) -> None:
    at_c5(tablet)
    press(tablet, SELF)
    expect(tablet.get_by_role("button", name="Quay lại")).to_be_hidden()
    expect(tablet.locator("#C5-1")).to_be_visible()
    tablet.check("#C5-1")
    press(tablet, "Tiếp tục", "Quay lại")
    expect(tablet.locator(".cover:visible")).to_be_visible()
    press(tablet, "Hiện")
    expect(tablet.locator("#C5-1")).to_be_checked()


def test_the_way_through_the_form_is_not_in_the_browsers_history(tablet: Page) -> None:
    tablet.goto(FORM)
    before = tablet.evaluate("[history.length, document.title]")
    at_c5(tablet)
    alone(tablet)
    press(tablet, AGAIN, "Quay lại", "Tiếp tục")
    to_the_review(tablet)
    title, length = tablet.title(), tablet.evaluate("history.length")
    assert [length, title] == before


def test_a_reload_shows_nothing_of_the_person(tablet: Page) -> None:
    at_c5(tablet)
    press(tablet, SELF)
    tablet.check("#C5-3")
    press(tablet, "Tiếp tục")
    tablet.reload()
    expect(tablet.get_by_role("heading", level=1)).to_have_text(re.compile("Khảo sát"))
    assert tablet.locator("input:checked").count() == 0
    assert tablet.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert waiting(tablet) == []
    tablet.go_back()
    assert tablet.locator("input:checked").count() == 0


def test_another_language_keeps_what_is_locked_and_sends_it(tablet: Page, province: Database) -> None:
    at_c5(tablet)
    alone(tablet)
    press(tablet, AGAIN)
    tablet.get_by_role("link", name="English").click()
    expect(tablet.locator("html")).to_have_attribute("lang", "en")
    press(tablet, "Back")
    expect(tablet.locator(".locked-words:visible")).to_contain_text("Answered")
    assert tablet.locator("[name=C5], [name=C6]").count() == 0
    tablet.get_by_role("link", name="Tiếng Việt").click()
    press(tablet, "Tiếp tục")
    to_the_review(tablet)
    press(tablet, "Gửi phiếu")
    expect(tablet).to_have_url(STORED)
    assert kept(province)[0].answers == {"qt_y_te": 1, "C5": 3, "C6": 2, "dan_toc": 2}


def test_the_language_may_change_while_the_person_answers(tablet: Page) -> None:
    at_c5(tablet)
    press(tablet, SELF)
    tablet.check("#C5-3")
    tablet.get_by_role("link", name="English").click()
    expect(tablet.locator("html")).to_have_attribute("lang", "en")
    expect(tablet.locator("html")).to_have_class(re.compile("person"))
    press(tablet, "Continue", "Skip", "I am the interviewer: continue")
    assert tablet.locator("[name=C5], [name=C6]").count() == 0


def test_who_does_not_want_the_part_leaves_it_out_and_may_change_their_mind(
    tablet: Page, province: Database
) -> None:
    at_c5(tablet)
    press(tablet, "Người trả lời không muốn: bỏ qua phần này")
    assert heading(tablet).startswith("Mỗi cách làm thủ tục")
    to_the_review(tablet)
    tablet.locator(".row[data-of=C6]").get_by_role("button").click()
    expect(tablet.get_by_role("heading", name=GIVE)).to_be_visible()
    press(tablet, SELF)
    tablet.check("#C6-3")
    press(tablet, "Xem lại phiếu")
    assert "Có nhiều" not in tablet.locator(".review").inner_text()
    press(tablet, AGAIN)
    expect(tablet.locator(".row[data-of=C6] [data-answer]")).to_have_text("Đã trả lời")
    expect(tablet.locator(".row[data-of=C5] [data-answer]")).to_have_text("Đã bỏ qua")
    press(tablet, "Gửi phiếu")
    expect(tablet).to_have_url(STORED)
    assert kept(province)[0].answers == {"qt_y_te": 1, "C6": 3, "dan_toc": 2}


def test_questions_that_hang_on_an_earlier_answer_are_handed_over_too(tablet: Page, province: Database) -> None:
    tablet.goto(SHORT)
    press(tablet, "Bắt đầu")
    skip(tablet, 7)
    tablet.check("#tiep_xuc-1")
    press(tablet, "Tiếp tục", SELF)
    tablet.check("#bi_phien_ha-1")
    press(tablet, "Tiếp tục")
    skip(tablet)
    tablet.check("#da_dua_tien-2")
    press(tablet, "Tiếp tục", AGAIN)
    press(tablet, "Bỏ qua", "Gửi phiếu")
    expect(tablet).to_have_url(STORED)
    [response] = kept(province)
    assert response.answers == {"tiep_xuc": 1, "bi_phien_ha": 1, "da_dua_tien": 2}
    assert response.psu is None


def test_a_form_that_is_held_is_done_with_on_the_tablet_and_says_calmly_what_becomes_of_it(
    tablet: Page, province: Database
) -> None:
    with province.writing() as session:
        session.execute(delete(Assignment))
    at_the_review(tablet)
    press(tablet, "Gửi phiếu")
    expect(tablet).to_have_url(re.compile("xong=held$"))
    expect(tablet.get_by_role("status")).to_contain_text("Phiếu được giữ chờ giám sát quyết định")
    assert kept(province) == []
    with province.reading() as session:
        assert list(session.scalars(select(QuarantinedResponse.reason))) == ["assignment"]


def test_a_locked_answer_that_is_no_longer_asked_is_not_sent(tablet: Page, province: Database) -> None:
    tablet.goto(SHORT)
    press(tablet, "Bắt đầu")
    skip(tablet, 7)
    tablet.check("#tiep_xuc-1")
    press(tablet, "Tiếp tục", SELF)
    tablet.check("#bi_phien_ha-1")
    press(tablet, "Tiếp tục", "Bỏ qua", "Bỏ qua", AGAIN, "Bỏ qua")
    tablet.locator(".row[data-of=tiep_xuc]").get_by_role("button").click()
    tablet.check("#tiep_xuc-2")
    press(tablet, "Xem lại phiếu", "Gửi phiếu")
    expect(tablet).to_have_url(STORED)
    assert kept(province)[0].answers == {"tiep_xuc": 2}


def at_the_review(page: Page) -> None:
    page.goto(SHORT)
    press(page, "Bắt đầu")
    page.check("#dich_vu-1")
    press(page, "Tiếp tục")
    skip(page, 8)


def test_a_lost_reply_loses_nothing_and_a_repeat_is_kept_once(
    tablet: Page, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kiosk, "BUNDLE", "not-built.js")
    at_the_review(tablet)

    def arrive_and_lose_the_reply(route: Route) -> None:
        route.fetch()
        route.abort()

    tablet.route("**/phong-van/gop-y/06652", arrive_and_lose_the_reply)
    press(tablet, "Gửi phiếu")
    expect(tablet.get_by_role("alert")).to_contain_text("Máy chủ không trả lời")
    tablet.unroute("**/phong-van/gop-y/06652")
    press(tablet, "Gửi phiếu")
    expect(tablet).to_have_url(STORED)
    assert len(kept(province)) == 1


def test_without_a_seal_who_is_signed_out_meanwhile_signs_in_beside_and_sends(
    tablet: Page, interviewer: str, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kiosk, "BUNDLE", "not-built.js")
    at_the_review(tablet)
    tablet.context.clear_cookies()
    press(tablet, "Gửi phiếu")
    expect(tablet.get_by_role("alert")).to_contain_text("đã đăng xuất")
    with tablet.context.expect_page() as opened:
        tablet.get_by_role("link", name="Đăng nhập ở trang khác").click()
    opened.value.wait_for_load_state()
    sign_in(opened.value, interviewer)
    press(tablet, "Gửi phiếu")
    expect(tablet).to_have_url(STORED)
    assert len(kept(province)) == 1


def test_the_quick_exit_leaves_at_once_from_a_question_answered_alone(tablet: Page, province: Database) -> None:
    at_c5(tablet)
    press(tablet, SELF)
    tablet.check("#C5-3")
    for _time in range(3):
        tablet.keyboard.press("Escape")
    tablet.wait_for_url("**/lich")
    tablet.go_back()
    assert tablet.locator("input:checked").count() == 0
    assert not kept(province)


def test_the_form_is_filled_in_by_keyboard_alone(tablet: Page) -> None:
    at_c5(tablet)
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Enter")
    expect(tablet.locator("h3:visible").first).to_be_focused()
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Space")
    tablet.keyboard.press("Enter")
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Space")
    tablet.keyboard.press("Enter")
    expect(tablet.get_by_role("heading", name=BACK)).to_be_focused()
    tablet.keyboard.press("Tab")
    tablet.keyboard.press("Enter")
    assert heading(tablet).startswith("Mỗi cách làm thủ tục")


# Without network


OUTBOX = """async () => {
  const request = indexedDB.open("hailong-kiosk");
  const settled = (one) => new Promise((resolve) => (one.onsuccess = () => resolve(one.result)));
  const database = await settled(request);
  const there = [...database.objectStoreNames].includes("outbox");
  const found = there ? await settled(database.transaction("outbox").objectStore("outbox").getAll()) : [];
  database.close();
  return found;
}"""


def waiting(page: Page) -> list[dict[str, str]]:
    """What waits on the tablet, as it lies there."""
    found: list[dict[str, str]] = page.evaluate(OUTBOX)
    return found


def ready(page: Page, form: str = FORM) -> None:
    """The form, once it would also open without network."""
    page.goto(form)
    expect(page.get_by_text("Trang này dùng được cả khi mất mạng.")).to_be_visible()


def short_interview(page: Page, first: int) -> None:
    press(page, "Bắt đầu")
    page.check(f"#qt_y_te-{first}")
    press(page, "Tiếp tục")
    skip(page, 3)
    alone(page)
    press(page, AGAIN)
    skip(page, 43)
    press(page, "Người trả lời không muốn: bỏ qua phần này")
    skip(page, 3)
    press(page, "Gửi phiếu")


def test_interviews_wait_without_network_and_each_arrives_once_with_its_village(
    tablet: Page, province: Database
) -> None:
    ready(tablet)
    tablet.context.set_offline(True)
    for count in (1, 2):
        short_interview(tablet, count)
        expect(tablet.get_by_role("status")).to_contain_text("giữ trên máy này")
        expect(tablet.locator("[data-waits]")).to_contain_text(f"trên máy này: {count}")
    tablet.reload()
    expect(tablet.locator("[data-waits]")).to_contain_text("trên máy này: 2")
    assert not kept(province)
    tablet.context.set_offline(False)
    expect(tablet.locator("[data-waits]")).to_be_hidden()
    assert waiting(tablet) == []
    responses = kept(province)
    assert sorted(response.answers["qt_y_te"] for response in responses) == [1, 2]
    assert {(response.psu, response.mode, response.day) for response in responses} == {
        ("V1", Mode.INTERVIEWER, dates.today())
    }
    assert all({"helped-interviewer", "lang-vi"} <= set(response.marks) for response in responses)
    assert all(response.answers["C5"] == 3 for response in responses)


def test_what_waits_on_the_tablet_can_not_be_read_there(tablet: Page) -> None:
    ready(tablet)
    tablet.context.set_offline(True)
    short_interview(tablet, 1)
    expect(tablet.get_by_role("status")).to_contain_text("giữ trên máy này")
    [item] = waiting(tablet)
    assert set(item) == {"id", "wave", "unit", "psu", "mode", "day", "key", "sealed"}
    assert (item["psu"], item["mode"]) == ("V1", "interviewer")


def test_a_reply_that_is_lost_makes_no_second_response(tablet: Page, province: Database) -> None:
    ready(tablet)

    def arrive_and_lose_the_reply(route: Route) -> None:
        route.fetch() if route.request.method == "POST" else None
        route.abort() if route.request.method == "POST" else route.continue_()

    tablet.route("**/phong-van/ho-mau/06652?thon=V1", arrive_and_lose_the_reply)
    short_interview(tablet, 1)
    expect(tablet.get_by_role("status")).to_contain_text("giữ trên máy này")
    expect(tablet.locator("[data-waits]")).to_be_hidden()
    assert len(kept(province)) == 1
    with province.reading() as session:
        assert not session.scalars(select(QuarantinedResponse)).all()


def test_a_tablet_that_was_signed_out_sends_once_it_is_bound_again(
    tablet: Page, interviewer: str, province: Database
) -> None:
    ready(tablet)
    tablet.context.clear_cookies()
    short_interview(tablet, 1)
    tablet.wait_for_url("**/dang-nhap**")
    assert len(waiting(tablet)) == 1
    sign_in(tablet, interviewer)
    ready(tablet)
    expect(tablet.locator("[data-waits]")).to_be_hidden()
    assert len(kept(province)) == 1


def test_an_interview_that_ended_after_midnight_waits_for_a_decision_with_the_day_on_which_it_began(
    tablet: Page, province: Database, ended: Callable[..., None]
) -> None:
    yesterday = dates.today() - timedelta(1)
    ready(tablet, SHORT)
    tablet.clock.set_fixed_time(f"{yesterday}T23:50:00+07:00")
    press(tablet, "Bắt đầu")
    tablet.clock.set_fixed_time(f"{dates.today()}T00:10:00+07:00")
    ended("gop-y")
    tablet.check("#dich_vu-1")
    press(tablet, "Tiếp tục")
    skip(tablet, 8)
    tablet.route("**/api/v1/sealed", lambda route: route.abort())
    press(tablet, "Gửi phiếu")
    expect(tablet.get_by_role("status")).to_contain_text("Sở Nội vụ quyết định")
    expect(tablet.locator("[data-waits]")).to_contain_text("trên máy này: 1")
    tablet.unroute("**/api/v1/sealed")
    tablet.reload()
    expect(tablet.locator("[data-waits]")).to_be_hidden()
    with province.reading() as session:
        held = session.scalars(select(QuarantinedResponse)).all()
    assert [(form.reason, form.day) for form in held] == [("late", yesterday.isoformat())]


def test_a_full_tablet_keeps_the_answers_on_its_page(tablet: Page) -> None:
    ready(tablet)
    tablet.context.set_offline(True)
    tablet.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError'); }; }"
    )
    short_interview(tablet, 1)
    expect(tablet.get_by_role("alert")).to_contain_text("Câu trả lời vẫn còn trên trang này")


def test_the_page_opens_without_network_in_both_languages(tablet: Page) -> None:
    ready(tablet)
    tablet.context.set_offline(True)
    tablet.goto(FORM + "&lang=en")
    press(tablet, "Begin")
    expect(tablet.locator("html")).to_have_attribute("lang", "en")
    tablet.goto("/phong-van/")
    tablet.get_by_role("link", name=re.compile("Thôn V1")).click()
    press(tablet, "Bắt đầu")


# Each two of the three meet.
@pytest.mark.variants(1)
@pytest.mark.parametrize(
    ("wide", "language", "scheme"),
    [(False, "vi", "light"), (False, "en", "dark"), (True, "vi", "dark"), (True, "en", "light")],
)
def test_axe_finds_nothing(tablet: Page, scheme: Any, language: str, wide: bool) -> None:
    """On every page, at a contrast of 7; nothing runs off the side, nothing to touch is small."""
    tablet.emulate_media(color_scheme=scheme)
    if wide:
        tablet.set_viewport_size({"width": 1280, "height": 800})
    begin, skips, self, again = {
        "vi": ("Bắt đầu", "Bỏ qua", SELF, AGAIN),
        "en": ("Begin", "Skip", "I am the person answering: begin", "I am the interviewer: continue"),
    }[language]
    tablet.goto(f"/phong-van/?lang={language}")
    look(tablet)
    for path in ("/phong-van/ho-mau/", "/phong-van/ho-mau/06652", FORM):
        tablet.goto(path)
        look(tablet)
    press(tablet, begin)
    look(tablet)
    press(tablet, skips)
    skip(tablet, 3)
    look(tablet)
    press(tablet, self)
    look(tablet)
    press(tablet, skips, skips)
    look(tablet)
    press(tablet, again)
    tablet.locator("[data-back]:visible").click()
    look(tablet)
    tablet.goto(SHORT)
    press(tablet, begin)
    skip(tablet, 9)
    look(tablet)


def look(page: Page) -> None:
    assert violations(page, color_contrast_enhanced=True) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.locator("main :is(button, .list a, .o label):visible").evaluate_all(
        "all => all.filter(one => one.offsetHeight < 48).map(one => one.outerHTML)"
    )
    assert not small


# What the server takes, and from whom


def test_an_interviewer_begins_at_the_interviews(client: FlaskClient, app: Flask, interviewer: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    reply = client.post("/dang-nhap", data={"name": interviewer, "password": PASSWORD})
    assert reply.location == "/phong-van/"


@pytest.fixture
def signed_in(app: Flask, interviewer: str) -> FlaskClient:
    """A browser without scripts in which the interviewer is signed in; forged forms are not looked for."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/dang-nhap", data={"name": interviewer, "password": PASSWORD})
    return client


def content(**changed: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "answers": {"C4": 1}, "marks": ["lang-vi"]} | changed


def test_the_same_form_is_kept_once_and_other_answers_are_refused(
    signed_in: FlaskClient, province: Database
) -> None:
    form = content()
    assert signed_in.post(FORM, json=form).status_code == 201
    assert signed_in.post(FORM, json=form).status_code == 200
    assert signed_in.post(FORM, json=form | {"answers": {"C4": 2}}).status_code == 409
    assert [response.answers for response in kept(province)] == [{"C4": 1}]


@pytest.mark.parametrize(
    "sent",
    [
        [],
        {"id": 5},
        content(id="00000000-0000-1000-8000-000000000000"),
        content(marks="lang-vi"),
        content(marks=["made-up"]),
        content(marks=[[]]),
        content(answers=[]),
        content(answers={"C4": 77}),
        content(answers={"C4": "<script>"}),
    ],
)
def test_what_no_tablet_sends_is_refused(signed_in: FlaskClient, province: Database, sent: Any) -> None:
    assert signed_in.post(FORM, json=sent).status_code == 422
    assert signed_in.post(FORM, data="no JSON").status_code == 422
    assert not kept(province)


def test_a_refusal_names_the_question_and_never_the_answer(signed_in: FlaskClient) -> None:
    page = signed_in.post(FORM, json=content(answers={"C5": 77})).text
    assert "C5" in page
    assert "77" not in re.sub("<[^>]*>", "", page.partition("<footer")[0])  # there stands the commit


def test_a_village_must_be_one_of_the_commune(signed_in: FlaskClient, province: Database) -> None:
    for place in ("06652?thon=V3", "06652?thon=", "06652?thon=V1%00"):
        assert signed_in.post(f"/phong-van/ho-mau/{place}", json=content()).status_code == 404
    assert not kept(province)


def test_a_closed_wave_is_not_asked(signed_in: FlaskClient) -> None:
    assert signed_in.get("/phong-van/da-dong/06652").status_code == 410
    assert "da-dong" not in signed_in.get("/phong-van/").text


def test_an_interview_that_was_open_before_midnight_counts_on_the_last_day(
    signed_in: FlaskClient,
    province: Database,
    days_ago: Callable[[int], AbstractContextManager[None]],
    ended: Callable[..., None],
) -> None:
    with days_ago(1):
        page = signed_in.get(FORM).text
    tokens = [re.search(r'data-token="([^"]+)"', text) for text in (page, signed_in.get(FORM).text)]
    before, after = (found[1] for found in tokens if found)
    ended("ho-mau")
    for token in (None, after, re.search(r'data-id="([^"]+)"', page)[1]):  # type: ignore[index]
        assert signed_in.post(FORM, json=content(token=token)).status_code == 410
    assert signed_in.post(FORM, json=content(token=before)).status_code == 201
    assert [response.day for response in kept(province)] == [dates.today() - timedelta(1)]


def test_only_interviewers_send_interviews(app: Flask, signed_in: FlaskClient, province: Database) -> None:
    stranger, keyer = app.test_client(), app.test_client()
    keyer.post("/dang-nhap", data={"name": "keyer", "password": PASSWORD})
    for path in ("/phong-van/", "/phong-van/phien", "/phong-van/ho-mau/", FORM):
        assert stranger.get(path).status_code == 302
        assert keyer.get(path).status_code == 403
    assert stranger.post(FORM, json=content()).status_code == 302
    assert keyer.post(FORM, json=content()).status_code == 403
    app.config["WTF_CSRF_ENABLED"] = True
    assert signed_in.post(FORM, json=content()).status_code == 400
    assert not kept(province)


def test_nothing_gives_an_interviewer_an_answer_back(
    app: Flask, signed_in: FlaskClient, province: Database
) -> None:
    """Every address that can be read, with the rights of an interviewer, by sign-in and by token."""
    form = content(answers={"C5": 3, "C6": 2, "dan_toc": 2, "dan_toc_khac": "Dấu hiệu", "C10_khac": "Dấu hiệu"})
    assert signed_in.post(FORM, json=form).status_code == 201
    with province.writing() as session:
        token = tokens.add(session, "may-tinh-bang", Role.INTERVIEWER)
    values = {
        "wave": "ho-mau",
        "unit": "06652",
        "version": "x",
        "name": "style.css",
        "id": form["id"],
        "item": "C5",
    }
    read = set()
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        numbers = {name for name, kind in rule._converters.items() if isinstance(kind, IntegerConverter)}
        given = {name: 1 if name in numbers else values.get(name, "csv") for name in rule.arguments}
        path = adapter.build(rule.endpoint, given)
        for headers in ({}, {"Authorization": f"Bearer {token}"}):
            for query in ("", "?thon=V1", "?by=unit&item=C5"):
                with signed_in.get(path + query, headers=headers) as reply:
                    said = reply.get_data(as_text=True)
                assert reply.status_code < 500, path
                assert "Dấu hiệu" not in said, path
                assert form["id"] not in said, path
                if rule.rule.startswith(("/quan-tri", "/nhap-phieu", "/api/v1/waves")):
                    assert reply.status_code == 403, path
                    read.add(rule.endpoint)
    assert len(read) > 10


def sealed(psu: str | None = "V1", wave: str = "ho-mau", unit: str = "06652", **changed: str) -> dict[str, str]:
    """What a tablet sends."""
    key = sealed_responses.current()
    about = {"id": str(uuid4()), "wave": wave, "unit": unit, "mode": "interviewer", "day": str(dates.today())}
    about |= ({"psu": psu} if psu is not None else {}) | changed
    content = {"answers": {"C5": 3}, "marks": ["helped-interviewer"]}
    return about | {"key": key.id, "sealed": sealed_responses.seal(key.public, about, content)}


@pytest.fixture
def bound(signed_in: FlaskClient) -> FlaskClient:
    """The same browser, bound as a tablet, while its interviewer stood elsewhere."""
    assert signed_in.post("/phong-van/may", data={"wave": "gop-y", "unit": "06658"}).status_code == 204
    return signed_in


def test_a_tablet_sends_for_any_village_of_a_running_wave(bound: FlaskClient, province: Database) -> None:
    sent = [sealed(), sealed("V3", unit="06658"), sealed(None, wave="ho-mo")]
    assert [bound.post("/api/v1/sealed", json=one).status_code for one in sent] == [201, 201, 201]
    assert bound.post("/api/v1/sealed", json=sent[0]).status_code == 200
    assert {(response.wave, response.psu) for response in kept(province)} == {
        ("ho-mau", "V1"),
        ("ho-mau", "V3"),
        ("ho-mo", None),
    }


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"psu": "V3"}, "place"),
        ({"psu": "V9"}, "place"),
        ({"psu": None}, "place"),
        ({"wave": "ho-mo"}, "place"),
        ({"wave": "no-such-wave"}, "place"),
        ({"wave": "da-dong"}, "place"),
        ({"wave": "da-dong", "psu": None}, "day"),
        ({"day": str(dates.today() - timedelta(15))}, "day"),
    ],
)
def test_what_a_tablet_sends_for_another_place_is_held_with_its_village(
    bound: FlaskClient, province: Database, sent: dict[str, Any], reason: str
) -> None:
    reply = bound.post("/api/v1/sealed", json=sealed(**sent))
    assert (reply.status_code, reply.json["reason"]) == (202, reason)
    assert not kept(province)
    with province.reading() as session:
        assert session.scalars(select(QuarantinedResponse)).one().psu == sent.get("psu", "V1")


def test_the_village_is_bound_to_the_seal(bound: FlaskClient, province: Database) -> None:
    reply = bound.post("/api/v1/sealed", json=sealed("V1") | {"psu": "V2"})
    assert (reply.status_code, reply.json["reason"]) == (202, "seal")
    taken_off = {name: text for name, text in sealed("V1").items() if name != "psu"}
    assert bound.post("/api/v1/sealed", json=taken_off).json["reason"] == "seal"
    assert not kept(province)


def test_a_tablet_is_no_kiosk_and_a_kiosk_no_tablet(app: Flask, bound: FlaskClient, province: Database) -> None:
    assert bound.get("/kiosk/shell-vi.html").status_code == 403
    assert bound.post("/api/v1/sealed", json=sealed(mode="kiosk")).status_code == 403
    with province.writing() as session:
        made = devices.link(session, "ho-mau", "06652", "Sảnh")
    stand = app.test_client()
    stand.post(f"/kiosk/bind/{made.secret}")
    assert stand.post("/api/v1/sealed", json=sealed()).status_code == 403
    assert not kept(province)


def test_a_revoked_tablet_sends_nothing_until_its_interviewer_binds_it_again(
    bound: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        [tablet] = devices.list_all(session)
        assert (tablet.place, tablet.mode) == ("Máy tính bảng của dieu-tra", Mode.INTERVIEWER)
        devices.revoke(session, tablet.id)
    sent = sealed()
    assert bound.post("/api/v1/sealed", json=sent).status_code == 403
    bound.post("/phong-van/may", data={"wave": "ho-mau", "unit": "06652"})
    held = bound.post("/api/v1/sealed", json=sent)  # who had the tablet meanwhile, nobody here knows
    assert (held.status_code, held.json["reason"]) == (202, "revoked")
    with province.writing() as session:
        devices.list_all(session)[0].bound = dates.today() - timedelta(1)
    assert bound.post("/api/v1/sealed", json=sealed()).status_code == 201


def test_a_tablet_is_bound_once_and_by_an_interviewer_only(
    app: Flask, bound: FlaskClient, province: Database
) -> None:
    bound.post("/phong-van/may", data={"wave": "ho-mau", "unit": "06652"})
    keyer = app.test_client()
    keyer.post("/dang-nhap", data={"name": "keyer", "password": PASSWORD})
    assert keyer.post("/phong-van/may", data={"wave": "ho-mau", "unit": "06652"}).status_code == 403
    assert app.test_client().post("/phong-van/may", data={}).status_code == 302
    with province.reading() as session:
        assert len(session.scalars(select(Device)).all()) == 1

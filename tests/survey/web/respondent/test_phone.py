"""The form on a phone, in a real browser: one question at a time, and nothing of it kept anywhere."""

from __future__ import annotations

import gzip
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from survey.storage.database import Database
from survey.storage.models import Response
from survey.waves import questionnaires, waves
from tests.browser.axe import violations
from tests.browser.fixtures import PATIENCE
from tests.browser.form import skip, skip_to

SHORT, HOUSEHOLD = "/s/gop-y/06652", "/s/ho-mo/06652"
NO_WORKER = "async () => (await navigator.serviceWorker.getRegistrations()).length === 0"


def press(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()


def question(page: Page) -> str:
    return page.locator("h3:visible").first.inner_text().replace("\xa0", " ")


def kept(province: Database) -> list[dict[str, Any]]:
    with province.reading() as session:
        return [response.answers for response in session.scalars(select(Response))]


def stored(page: Page) -> Any:
    """Whatever the browser keeps for this place."""
    return page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, "
        "document.cookie, (await caches.keys()).length, JSON.stringify(history.state ?? {})]"
    )


def at_review(page: Page) -> None:
    """The short form, filled in up to the review: contact with an official, and money asked for."""
    page.goto(SHORT)
    press(page, "Bắt đầu")
    page.check("#dich_vu-4")
    press(page, "Tiếp tục")
    page.check("#hl_chung-2")
    press(page, "Tiếp tục")
    skip(page, 5)
    page.check("#tiep_xuc-1")
    press(page, "Tiếp tục")
    page.check("#bi_phien_ha-99")
    press(page, "Tiếp tục")
    page.check("#bi_doi_tien-1")
    press(page, "Tiếp tục")
    skip(page)
    page.fill("#gop_y", "Ghế ngồi chật")
    press(page, "Tiếp tục")


ANSWERS = {"dich_vu": 4, "hl_chung": 2, "tiep_xuc": 1, "bi_phien_ha": 99, "bi_doi_tien": 1}


def test_a_person_answers_question_by_question_and_gets_a_receipt(phone: Page, province: Database) -> None:
    at_review(phone)
    expect(phone.get_by_text("Đã trả lời 6 câu, bỏ qua 6 câu.")).to_be_visible()
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Đã nhận phiếu")
    assert kept(province) == [ANSWERS]
    phone.go_back()
    assert "/s/" not in phone.url


def test_the_form_says_how_it_was_filled(phone: Page, province: Database) -> None:
    phone.clock.install()
    at_review(phone)
    phone.clock.fast_forward(60_000)
    phone.get_by_role("link", name="English").click()
    expect(phone.get_by_role("heading", level=1, name="Review before sending")).to_be_visible()
    assert phone.locator(".helped input:checked").count() == 0
    phone.check("#helped-official")
    phone.get_by_role("link", name="Large text").click()
    expect(phone.locator("html.large #helped-official")).to_be_checked()
    press(phone, "Send the form")
    phone.wait_for_url("**/bien-nhan/**")
    with province.reading() as session:
        assert session.scalars(select(Response)).one().marks == ["helped-official", "lang-en"]


def test_a_form_that_nobody_can_have_read_is_marked_and_kept(phone: Page, province: Database) -> None:
    phone.clock.install()
    phone.clock.pause_at(phone.evaluate("Date.now()") / 1000 + 60)
    phone.goto(SHORT)
    press(phone, "Bắt đầu")
    phone.check("#dich_vu-3")
    press(phone, "Tiếp tục")
    for code in ("hl_chung", "hl_tiep_can", "hl_thu_tuc", "hl_cong_chuc", "hl_ket_qua", "hl_phan_anh"):
        phone.check(f"#{code}-3")
        press(phone, "Tiếp tục")
    skip(phone, 2)
    press(phone, "Gửi phiếu")
    phone.wait_for_url("**/bien-nhan/**")
    with province.reading() as session:
        response = session.scalars(select(Response)).one()
    assert response.marks == ["lang-vi", "quick", "same"]
    assert len(response.answers) == 7


def test_nothing_is_chosen_beforehand_and_nothing_goes_on_by_itself(phone: Page) -> None:
    phone.goto(SHORT)
    press(phone, "Bắt đầu")
    assert phone.locator("input:checked").count() == 0
    asked = question(phone)
    phone.check("#dich_vu-1")
    phone.check("#dich_vu-2")
    assert question(phone) == asked


def test_going_on_without_an_answer_is_told_and_skipping_never_is(phone: Page) -> None:
    phone.goto(SHORT)
    press(phone, "Bắt đầu", "Tiếp tục")
    alert = phone.get_by_role("alert")
    expect(alert).to_contain_text("Chưa có câu trả lời")
    expect(alert).to_be_focused()
    alert.get_by_role("link").click()
    expect(phone.locator("#dich_vu-1")).to_be_focused()
    skip(phone)
    expect(phone.get_by_role("alert")).to_have_count(0)


def test_the_title_is_the_same_at_every_question(phone: Page) -> None:
    """The browser's history keeps it with each: “8/12” against “8/9” would tell an answer."""
    phone.goto(SHORT)
    title = phone.title()
    press(phone, "Bắt đầu")
    phone.check("#dich_vu-3")
    press(phone, "Tiếp tục", "Tiếp tục")  # the second time without an answer
    expect(phone.get_by_role("alert")).to_be_visible()
    assert phone.title() == title
    skip(phone, 8)
    expect(phone.locator(".review")).to_be_visible()
    assert phone.title() == title


def test_skipping_takes_an_answer_back(phone: Page, province: Database) -> None:
    phone.goto(SHORT)
    press(phone, "Bắt đầu")
    phone.check("#dich_vu-1")
    skip(phone, 9)
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("alert")).to_contain_text("chưa trả lời câu nào")
    phone.get_by_role("link", name="Quay lại các câu hỏi").click()
    expect(phone.locator("#dich_vu-1")).to_be_focused()
    assert kept(province) == []
    skip(phone, 9)
    press(phone, "Gửi phiếu")
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [{}]


def test_the_browsers_back_button_goes_one_question_back_and_loses_nothing(phone: Page) -> None:
    phone.goto(SHORT)
    press(phone, "Bắt đầu")
    first = question(phone)
    phone.check("#dich_vu-3")
    press(phone, "Tiếp tục")
    second = question(phone)
    phone.go_back()
    assert question(phone) == first
    assert phone.is_checked("#dich_vu-3")
    phone.go_forward()
    assert question(phone) == second
    press(phone, "Quay lại")
    assert question(phone) == first


def test_questions_follow_from_answers_and_what_is_no_longer_asked_is_not_sent(
    phone: Page, province: Database
) -> None:
    at_review(phone)
    phone.get_by_role("button", name="Sửa Có tiếp xúc với công chức").click()
    phone.check("#tiep_xuc-2")
    press(phone, "Xem lại phiếu")
    expect(phone.locator(".review")).not_to_contain_text("Bị đòi tiền")
    press(phone, "Gửi phiếu")
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [{"dich_vu": 4, "hl_chung": 2, "tiep_xuc": 2}]


def test_progress_counts_the_longest_way_and_never_goes_back(phone: Page) -> None:
    phone.goto(SHORT)
    press(phone, "Bắt đầu")
    expect(phone.locator(".progress")).to_contain_text("Câu 1/12")
    skip(phone, 7)
    phone.check("#tiep_xuc-1")
    expect(phone.locator(".progress")).to_contain_text("Câu 8/12")
    phone.check("#tiep_xuc-2")
    press(phone, "Tiếp tục")
    expect(phone.locator(".progress")).to_contain_text("Câu 12/12")  # three that are not asked were jumped over


def test_a_sensitive_answer_is_not_shown_again_in_plain_view(phone: Page) -> None:
    at_review(phone)
    row = phone.locator('.row[data-of="bi_doi_tien"]')
    expect(row).to_contain_text("Đã trả lời")
    expect(row).not_to_contain_text("Có")
    row.get_by_role("button", name="Hiện Bị đòi tiền").click()
    expect(row.locator(".answer")).to_have_text("Có")
    press(phone, "Quay lại")
    press(phone, "Quay lại")
    press(phone, "Quay lại")
    assert "đòi" in question(phone)
    expect(phone.locator("#bi_doi_tien-1")).to_be_hidden()
    press(phone, "Hiện")
    expect(phone.locator("#bi_doi_tien-1")).to_be_checked()


def test_what_a_person_wrote_is_read_again_only_by_one_who_asks(phone: Page) -> None:
    at_review(phone)
    row = phone.locator('.row[data-of="gop_y"]')
    expect(row).not_to_contain_text("Ghế")
    row.get_by_role("button", name="Hiện Lời góp ý").click()
    expect(row.locator(".answer")).to_have_text("Ghế ngồi chật")


def test_a_word_without_end_keeps_to_the_width_of_the_review(phone: Page) -> None:
    at_review(phone)
    phone.locator('.row[data-of="gop_y"]').get_by_role("button", name="Sửa").click()
    phone.fill("#gop_y", "https://" + "w" * 200)
    press(phone, "Xem lại phiếu", "Hiện Lời góp ý")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press(phone, "Gửi phiếu")
    phone.wait_for_url("**/bien-nhan/**")


def test_another_language_and_larger_text_keep_the_place_and_the_answers(phone: Page, province: Database) -> None:
    at_review(phone)
    phone.get_by_role("link", name="English").click()
    expect(phone.get_by_role("heading", level=1, name="Review before sending")).to_be_visible()
    phone.get_by_role("link", name="Large text").click()
    expect(phone.locator("html.large.steps")).to_have_count(1)
    expect(phone.locator(".review")).to_contain_text("Dissatisfied")
    press(phone, "Send the form")
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [ANSWERS]
    expect(phone.get_by_role("heading", level=1)).to_contain_text("received")


def test_a_lost_connection_loses_no_answer_and_sends_once(phone: Page, province: Database) -> None:
    def lose_the_reply(route: Route) -> None:
        route.fetch()
        route.abort()

    phone.clock.install()
    at_review(phone)
    phone.route("**/s/gop-y/06652", lose_the_reply)
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("alert")).to_contain_text("Mất kết nối")
    phone.unroute("**/s/gop-y/06652")
    phone.route("**/s/gop-y/06652", lambda _route: None)  # a network that says nothing is given up
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("button", name="Đang gửi …")).to_be_visible()
    phone.clock.run_for(31_000)
    expect(phone.get_by_role("alert")).to_contain_text("Mất kết nối")
    phone.unroute("**/s/gop-y/06652")
    press(phone, "Gửi phiếu")
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [ANSWERS]


def test_a_busy_server_loses_no_answer(phone: Page, province: Database) -> None:
    at_review(phone)
    phone.get_by_role("link", name="Chữ to").click()
    expect(phone.locator("html.large .review")).to_be_visible()
    phone.route("**/s/gop-y/06652", lambda route: route.fulfill(status=429, headers={"Retry-After": "1"}))
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("alert")).to_contain_text("Không mất gì")
    phone.unroute("**/s/gop-y/06652")
    phone.get_by_role("alert").get_by_role("button", name="Gửi phiếu").click()
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [ANSWERS]


def test_where_many_send_at_once_the_page_sends_again_by_itself(phone: Page, province: Database) -> None:
    phone.clock.install()
    at_review(phone)
    times = []

    def busy(route: Route) -> None:
        times.append(len(times))
        route.fulfill(status=429, headers={"Retry-After": "5"})

    phone.route("**/s/gop-y/06652", busy)
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("alert")).to_contain_text("tự gửi lại")
    phone.clock.run_for(4_000)
    assert times == [0]
    phone.clock.run_for(6_500)  # 5 s, or up to twice as long
    expect(phone.get_by_role("button", name="Gửi phiếu")).to_be_visible()  # it bears another word until the reply
    expect(phone.get_by_role("alert")).to_contain_text("tự gửi lại")
    assert times == [0, 1]
    phone.unroute("**/s/gop-y/06652")
    phone.clock.run_for(21_000)
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [ANSWERS]


def test_what_the_server_refuses_is_shown_at_its_question(phone: Page, province: Database) -> None:
    at_review(phone)
    phone.evaluate("document.querySelector('#gop_y').value = 'a'.repeat(3000)")
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("alert")).to_contain_text("2000")
    expect(phone.locator("#gop_y")).to_be_visible()
    phone.fill("#gop_y", "ngắn")
    press(phone, "Tiếp tục", "Gửi phiếu")
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [ANSWERS]


@pytest.mark.parametrize("way", ["button", "escape"])
def test_the_quick_exit_leaves_nothing_to_go_back_to(phone: Page, province: Database, way: str) -> None:
    phone.goto("/rieng-tu")
    at_review(phone)
    if way == "button":
        phone.get_by_role("link", name="Thoát nhanh").click()
    else:
        for _time in range(3):
            phone.keyboard.press("Escape")
    phone.wait_for_url("**/lich")
    assert phone.go_forward() is None
    seen = [phone.url]
    while not seen[-1].endswith("/rieng-tu"):
        phone.go_back()
        seen.append(phone.url)
    assert {urlsplit(address).path for address in seen} == {"/lich", "/rieng-tu"}
    assert kept(province) == []


def test_two_presses_of_escape_are_not_enough(phone: Page) -> None:
    phone.goto(SHORT)
    phone.keyboard.press("Escape")
    phone.keyboard.press("Escape")
    press(phone, "Bắt đầu")
    assert "/s/" in phone.url


def test_without_network_the_form_opens_again_and_is_sent_by_itself(phone: Page, province: Database) -> None:
    phone.goto("/thoat")  # a page of ours that registers nothing
    at_review(phone)
    phone.wait_for_function("() => navigator.serviceWorker.controller")
    page = phone.evaluate(
        "async () => (await (await caches.open('form')).match(location.pathname, { ignoreVary: true })).text()"
    )
    assert 'id="gop_y"' in page
    assert not re.search("Ghế ngồi chật| checked", page)
    phone.context.set_offline(True)
    phone.reload()
    press(phone, "Trả lời tiếp")
    skip_to(phone, ".review")
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("alert")).to_contain_text("khi có mạng lại trang sẽ tự gửi")
    phone.reload()  # a phone throws a page away
    expect(phone.get_by_text("Phiếu này chưa gửi được, vì lúc ấy không có mạng.")).to_be_visible()
    press(phone, "Trả lời tiếp")
    skip_to(phone, ".review")
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("alert")).to_contain_text("khi có mạng lại trang sẽ tự gửi")
    phone.context.set_offline(False)
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [{"dich_vu": 4, "hl_chung": 2, "tiep_xuc": 1}]
    assert phone.evaluate("caches.keys()") == []
    phone.wait_for_function(NO_WORKER)


def test_the_quick_exit_leads_to_the_calendar_without_network(phone: Page) -> None:
    phone.goto(SHORT)
    phone.wait_for_function("() => navigator.serviceWorker.controller")
    phone.context.set_offline(True)
    phone.reload()
    press(phone, "Bắt đầu")
    phone.check("#dich_vu-4")
    press(phone, "Tiếp tục")
    phone.get_by_role("link", name="Thoát nhanh").click()
    expect(phone.get_by_role("heading", name="Tháng")).to_be_visible()
    assert phone.url.endswith("/lich")
    assert phone.title().startswith("Lịch")
    phone.wait_for_function("async () => (await caches.keys()).length === 0")
    phone.go_back()
    assert "Mức" not in phone.locator("body").inner_text()


def test_the_quick_exit_takes_the_kept_form_along(phone: Page) -> None:
    phone.goto(SHORT)
    phone.wait_for_function("() => navigator.serviceWorker.controller")
    phone.get_by_role("link", name="Thoát nhanh").click()
    phone.wait_for_url("**/lich")
    phone.wait_for_function("async () => (await caches.keys()).length === 0")
    phone.wait_for_function(NO_WORKER)


# The draft


def draft(page: Page) -> str:
    """All that the browser keeps between two visits."""
    return str(page.evaluate("JSON.stringify(localStorage)"))


def test_the_browser_keeps_a_draft_and_nothing_else(phone: Page) -> None:
    phone.goto(SHORT)
    press(phone, "Bắt đầu")
    assert draft(phone) == "{}"
    phone.check("#dich_vu-4")
    *places, step = stored(phone)
    assert places[:4] == [1, 0, 0, ""]  # the fifth is the empty form
    assert re.fullmatch(r'\{"step":\d+,"depth":\d+\}', step)
    skip(phone)
    assert draft(phone) == "{}"


@pytest.mark.variants(1)
@pytest.mark.parametrize("way", ["reload", "new tab"])
def test_a_person_goes_on_where_they_were(phone: Page, province: Database, way: str) -> None:
    at_review(phone)
    id, token = phone.input_value("[name=id]"), phone.input_value("[name=token]")
    page = phone
    if way == "reload":
        phone.reload()
    else:
        page = phone.context.new_page()
        phone.close()
        page.goto(SHORT)
    expect(page.locator("#form > :visible")).to_have_count(1)
    assert page.locator("input:checked").count() == 0
    expect(page).to_have_title(re.compile("trả lời dở"))
    press(page, "Trả lời tiếp")
    expect(page).to_have_title(re.compile("^Ý kiến về"))
    assert question(page).startswith("Trong 12 tháng qua")  # what the draft could not hold
    assert (page.input_value("[name=id]"), page.input_value("[name=token]")) == (id, token)
    expect(page.locator("#bi_phien_ha-99")).not_to_be_checked()
    page.check("#bi_phien_ha-98")
    press(page, "Tiếp tục")
    skip(page, 2)
    page.fill("#gop_y", "Ghế vẫn chật")
    press(page, "Tiếp tục")
    expect(page.locator(".review")).to_contain_text("Không hài lòng")
    press(page, "Gửi phiếu")
    page.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [{"dich_vu": 4, "hl_chung": 2, "tiep_xuc": 1, "bi_phien_ha": 98}]
    assert draft(page) == "{}"
    with province.reading() as session:
        assert [str(response.id) for response in session.scalars(select(Response))] == [id]


def test_what_is_delicate_is_asked_last_when_a_person_goes_on(phone: Page) -> None:
    phone.goto(HOUSEHOLD)
    press(phone, "Bắt đầu")
    phone.check("#qt_dien-3")
    press(phone, "Tiếp tục")
    phone.check("#C2-7")
    skip(phone, 2)
    skip_to(phone, "#C5-1")
    phone.check("#C5-3")
    press(phone, "Tiếp tục")
    skip(phone)
    asked = question(phone)
    phone.reload()
    press(phone, "Trả lời tiếp")
    assert question(phone) == asked
    press(phone, "Quay lại")
    assert not phone.locator("#C5-3").is_visible()
    press(phone, "Tiếp tục") if phone.locator("fieldset:visible input:checked").count() else skip(phone)
    assert question(phone) == asked
    skip_to(phone, "#C5-1")
    assert phone.locator("#C5-3").is_checked() is False
    skip(phone, 2)
    expect(phone.locator(".review")).to_be_visible()


def test_a_draft_holds_nothing_delicate_and_no_word(phone: Page) -> None:
    at_review(phone)
    text = draft(phone)
    assert "dich_vu" in text
    for hidden in ("bi_phien_ha", "bi_doi_tien", "da_dua_tien", "gop_y", "Ghế", "chật", '"99"'):
        assert hidden not in text.replace("\\", "")  # a made-up id may hold any two digits
    phone.goto(HOUSEHOLD)
    press(phone, "Bắt đầu")
    phone.evaluate(
        """() => {
          const every = (selector) => document.querySelectorAll(selector);
          for (const input of every("#form :is([type=radio], [type=checkbox])")) input.checked = true;
          for (const text of every("#form [type=text]")) text.value = "dau-vet";
          document.querySelector("#C5-3").dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    text = draft(phone)
    assert '"gt_hinh_thuc' in text.replace("\\", "")
    for hidden in ('"C5"', '"C6"', "dan_toc", "_khac", "dau-vet"):  # a made-up token may hold any two letters
        assert hidden not in text.replace("\\", "").replace("ph_khac", "")


def test_what_follows_from_a_delicate_answer_is_no_part_of_a_draft(phone: Page) -> None:
    phone.goto(SHORT)
    phone.evaluate(
        """() => {
          const ask = (code) => document.querySelector(`[data-code=${code}]`).dataset;
          ask("hl_chung").sensitive = "";
          ask("hl_tiep_can").if = '{"item": "hl_chung", "any": [2]}';
          ask("hl_thu_tuc").if = '{"not": {"item": "hl_tiep_can", "any": [1]}}';
        }"""
    )
    press(phone, "Bắt đầu")
    phone.check("#dich_vu-4")
    press(phone, "Tiếp tục")
    phone.check("#hl_chung-2")
    press(phone, "Tiếp tục")
    for code in ("hl_tiep_can", "hl_thu_tuc"):
        phone.check(f"#{code}-3")
        assert "hl_t" not in draft(phone)
        press(phone, "Tiếp tục")


def test_an_offer_to_go_on_shows_no_answer_in_either_language(phone: Page) -> None:
    at_review(phone)
    phone.reload()
    phone.get_by_role("link", name="English").click()
    expect(phone.get_by_role("heading", name="This phone has an unfinished form. Is it yours?")).to_be_visible()
    phone.go_back()
    expect(phone.locator("#form > :visible")).to_have_count(1)
    assert phone.locator("input:checked").count() == 0
    press(phone, "Continue with the form")
    expect(phone.locator(".progress")).to_contain_text("/12")


def test_starting_anew_deletes_the_draft(phone: Page) -> None:
    at_review(phone)
    phone.reload()
    press(phone, "Bắt đầu phiếu mới")
    assert draft(phone) == "{}"
    press(phone, "Bắt đầu")
    expect(phone.locator(".progress")).to_contain_text("Câu 1/12")
    assert phone.locator("input:checked").count() == 0


@pytest.mark.parametrize(("hours", "left"), [(23, True), (24, False)])
def test_a_draft_holds_for_a_day(phone: Page, hours: int, left: bool) -> None:
    phone.clock.install()
    phone.goto(SHORT)
    press(phone, "Bắt đầu")
    phone.check("#dich_vu-4")
    phone.clock.fast_forward(hours * 3_600_000)
    assert (draft(phone) != "{}") is left
    phone.reload()
    expect(phone.get_by_role("button", name="Trả lời tiếp")).to_have_count(int(left))


@pytest.mark.parametrize("way", ["button", "escape"])
def test_the_quick_exit_deletes_the_draft(phone: Page, way: str) -> None:
    at_review(phone)
    if way == "button":
        phone.get_by_role("link", name="Thoát nhanh").click()
    else:
        for _time in range(3):
            phone.keyboard.press("Escape")
    phone.wait_for_url("**/lich")
    assert draft(phone) == "{}"


def test_the_quick_exit_leaves_nothing_behind_a_long_form(phone: Page) -> None:
    phone.goto(HOUSEHOLD)
    press(phone, "Bắt đầu")
    skip_to(phone, ".review")
    phone.get_by_role("link", name="Thoát nhanh").click()
    phone.wait_for_url("**/lich")
    phone.go_back()
    assert "/s/" not in phone.url


def test_a_form_whose_receipt_was_lost_is_not_stored_again_after_a_reload(phone: Page, province: Database) -> None:
    def lose_the_reply(route: Route) -> None:
        route.fetch()
        route.abort()

    at_review(phone)
    phone.route("**/s/gop-y/06652", lose_the_reply)
    press(phone, "Gửi phiếu")
    expect(phone.get_by_role("alert")).to_contain_text("Mất kết nối")
    phone.unroute("**/s/gop-y/06652")
    phone.reload()
    press(phone, "Trả lời tiếp")
    skip(phone, 4)
    press(phone, "Gửi phiếu")
    phone.wait_for_url("**/bien-nhan/**")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Đã nhận phiếu")
    expect(phone.get_by_role("main")).to_contain_text("Lần gửi đầu được tính")
    expect(phone.locator(".receipt .code")).to_be_visible()
    assert kept(province) == [ANSWERS]
    assert draft(phone) == "{}"


def test_a_phone_that_keeps_nothing_goes_on_without_a_draft(phone: Page, province: Database) -> None:
    phone.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } })"
    )
    at_review(phone)
    press(phone, "Gửi phiếu")
    phone.wait_for_url("**/bien-nhan/**")
    assert kept(province) == [ANSWERS]


def test_the_way_back_behind_a_resumed_form_leads_through_its_questions(phone: Page) -> None:
    at_review(phone)
    other = phone.context.new_page()
    other.goto(SHORT)
    press(other, "Trả lời tiếp", "Quay lại")
    assert other.locator("#tiep_xuc-1").is_checked()
    other.evaluate("history.go(-7)")
    expect(other.locator("#dich_vu-4")).to_be_visible()
    expect(other.locator("#dich_vu-4")).to_be_checked()
    other.evaluate("history.go(6)")
    expect(other.locator("#hl_phan_anh-1")).to_be_visible()


def test_the_form_is_filled_in_by_keyboard_alone(phone: Page) -> None:
    phone.goto(SHORT)
    keys = phone.keyboard
    phone.get_by_role("button", name="Bắt đầu").focus()
    keys.press("Enter")
    asked = question(phone)
    keys.press("Tab")
    expect(phone.locator("#dich_vu-1")).to_be_focused()
    keys.press("Space")
    keys.press("ArrowDown")
    assert phone.is_checked("#dich_vu-2")
    keys.press("Enter")
    assert question(phone) != asked


def test_rows_of_one_block_stand_together(phone: Page) -> None:
    phone.goto(HOUSEHOLD)
    press(phone, "Bắt đầu")
    assert phone.locator("fieldset:visible").count() == 9
    phone.check("#qt_dien-3")
    press(phone, "Tiếp tục")
    expect(phone.locator(".progress")).to_contain_text("Câu 10/84")


def test_without_scripts_the_page_shows_and_sends_everything(
    browser: Browser, live_server: str, province: Database
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(live_server + SHORT)
    page.check("#hl_chung-5")
    page.locator("#gop_y").fill("Tốt")
    expect(page.get_by_text("Chỉ trả lời nếu").first).to_be_visible()
    page.get_by_role("button", name="Gửi phiếu").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đã nhận phiếu")
    assert kept(province) == [{"hl_chung": 5}]
    context.close()


def test_the_way_back_shows_no_answers_without_scripts_either(
    browser: Browser, live_server: str, province: Database, tmp_path: Path
) -> None:
    """Chromium keeps the page itself, filled in, for the way back; Playwright alone turns that off."""
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile",
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox", "--disable-gpu", "--no-first-run"],
        ignore_default_args=["--disable-back-forward-cache"],
        java_script_enabled=False,
        base_url=live_server,
        timeout=PATIENCE,
    )
    context.set_default_timeout(PATIENCE)
    page = context.pages[0]
    for way in ("exit", "send"):
        page.goto(SHORT)
        page.check("#da_dua_tien-1")
        page.locator("#gop_y").fill("Tôi đã đưa tiền")
        with page.expect_response("**/quen"):
            if way == "exit":
                page.get_by_role("link", name="Thoát nhanh").click()
            else:
                page.get_by_role("button", name="Gửi phiếu").click()
        expect(page).not_to_have_url(re.compile(SHORT))
        page.go_back()
        expect(page).to_have_url(re.compile(SHORT))
        expect(page.locator("#da_dua_tien-1")).not_to_be_checked()
        expect(page.locator("#gop_y")).to_have_value("")
    context.close()
    assert kept(province) == [{"da_dua_tien": 1}]


# For everyone


@pytest.fixture(params=[("vi", "light", 360), ("en", "dark", 320)], ids=lambda case: "-".join(map(str, case)))
def look(request: pytest.FixtureRequest, browser: Browser, live_server: str) -> Iterator[Page]:
    """A page in one language, one scheme of colours and one width."""
    language, scheme, width = request.param
    context = browser.new_context(
        base_url=live_server,
        color_scheme=scheme,
        viewport={"width": width, "height": 640},
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": "lang", "value": language, "url": live_server}])
    yield context.new_page()
    context.close()


def well(page: Page) -> None:
    """axe finds nothing, at a contrast of 7, nothing is cut off at the side, and nothing to touch is small."""
    assert violations(page, color_contrast_enhanced=True, target_size=False) == []  # what is small is told below
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("main a, button, .switch, .exit, .o, input[type=text], textarea")]
          .filter((one) => one.checkVisibility({ visibilityProperty: true }))
          .filter((one) => !one.closest(".trouble, p:not(.act), li") || one.matches(".button"))
          .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
          .filter(([, box]) => box.height < 44 || box.width < 44)"""
    )
    assert small == []


@pytest.mark.variants(5)
@pytest.mark.parametrize(
    "address",
    ["/", "/?q=ha", "/?q=xyz", "/m", "/m/SAI", "/rieng-tu", "/lich", "/s/khong-co/06652", "/s/da-dong/06652"],
)
def test_pages_are_for_everyone(look: Page, address: str) -> None:
    look.goto(address)
    well(look)


@pytest.mark.variants(1)
def test_every_step_of_the_form_is_for_everyone(look: Page) -> None:
    look.goto(HOUSEHOLD)
    forward, skip = look.locator(".bar [type=submit]"), look.locator("[data-skip]")
    well(look)
    forward.click()
    well(look)  # rows
    forward.click()
    well(look)  # the error
    skip.click()
    look.check("#C2-7")
    well(look)  # several choices and a text
    look.reload()
    well(look)  # the offer to go on
    look.locator("[data-go-on]").click()
    forward.click()
    skip.click()
    skip.click()
    look.check("#C5-2")
    well(look)  # sensitive
    forward.click()
    look.locator("[data-back]").click()
    well(look)  # covered
    for _screen in range(4):
        forward.click() if look.locator(".cover:visible").count() else skip.click()
    look.check("#gt_hinh_thuc-4")
    well(look)  # faces
    skip_to(look, ".review")
    well(look)
    forward.click()
    look.wait_for_url("**/bien-nhan/**")
    well(look)


@pytest.mark.variants(1)
def test_the_whole_page_without_scripts_is_for_everyone(look: Page) -> None:
    look.route("**/*.js", lambda route: route.abort())
    for address in (SHORT, HOUSEHOLD):
        look.goto(address)
        well(look)


@pytest.mark.variants(1)
def test_large_text_and_a_low_window_cut_nothing_off(look: Page) -> None:
    look.set_viewport_size({"width": 320, "height": 256})  # 1280 x 1024 at 400 %
    look.goto(HOUSEHOLD + "?size=large")
    look.locator(".bar [type=submit]").click()
    look.locator("[data-skip]").click()
    well(look)


LOWEST = """() => Math.max(0, ...[...document.querySelectorAll(".faces label, [data-sensitive] label")]
  .filter((label) => label.checkVisibility()).map((label) => label.getBoundingClientRect().bottom))
  - document.querySelector(".bar").getBoundingClientRect().top"""
RAGGED = """() => [...document.querySelectorAll(".grid")].filter((grid) => {
  if (!grid.checkVisibility()) return false;
  const tops = new Set([...grid.children].map((one) => Math.round(one.getBoundingClientRect().top)));
  return tops.size > 1 && tops.size < grid.children.length; }).length"""


@pytest.mark.variants(1)
@pytest.mark.parametrize(("language", "made_up"), [("vi", True), ("en", True), ("vi", False), ("en", False)])
def test_below_the_bar_of_a_browser_all_choices_stand_above_the_buttons(
    phone: Page, province: Database, language: str, made_up: bool
) -> None:
    with province.writing() as session:
        for code, second in (("gop-y", "noi_phuc_vu@2"), ("ho-mo", "ho_gia_dinh@2")):
            wave = waves.find(session, code)
            wave.simulated = made_up
            if not made_up:  # where there is no banner, the second versions
                wave.questionnaire = questionnaires.find(session, second).digest
    phone.set_viewport_size({"width": 360, "height": 560})
    for address in (SHORT, HOUSEHOLD):
        phone.goto(f"{address}?lang={language}")
        assert phone.locator(".made-up:visible").count() == made_up
        said = int(re.findall(r"\d+", phone.locator(".facts li").first.inner_text())[0])
        phone.locator(".bar [type=submit]").click()
        while phone.locator(".review:visible").count() == 0:
            asked = phone.locator(".ask:visible").first.get_attribute("data-code")
            assert phone.evaluate(LOWEST) <= 0, asked
            assert phone.evaluate(RAGGED) == 0, asked
            assert phone.locator(".made-up:visible").count() == 0
            assert phone.locator(".top").bounding_box()["height"] <= 50  # type: ignore[index]
            if asked == "tiep_xuc":
                phone.check("#tiep_xuc-1")
                phone.locator(".bar [type=submit]").click()
            else:
                phone.locator("[data-skip]").click()
        counted = map(int, re.findall(r"\d+", phone.locator("[data-counts]").inner_text()))
        assert sum(counted) == said


def test_the_household_form_weighs_little(live_server: str, province: Database) -> None:
    """Its second version with all that a first visit fetches, in bytes: bodies, and with their headers."""
    with province.writing() as session:
        wave = waves.find(session, "ho-mo")
        wave.questionnaire, wave.simulated = questionnaires.find(session, "ho_gia_dinh@2").digest, False
    bodies = headers = 0

    def fetched(address: str) -> bytes:
        nonlocal bodies, headers
        asking = urllib.request.Request(live_server + address, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asking) as reply:
            wire = reply.read()
            bodies, headers = bodies + len(wire), headers + len(str(reply.headers))
        return wire

    page = gzip.decompress(fetched(HOUSEHOLD)).decode()
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+\.(?:js|css|svg))"', page))
    assert len(files) == 11
    for address in (*files, "/lich", "/s/worker.js"):  # kept for where there is no network
        fetched(address)
    assert bodies < 30 * 1024
    assert bodies + headers < 40 * 1024


def test_a_choice_made_by_keyboard_keeps_its_tick(phone: Page) -> None:
    phone.goto(SHORT)
    press(phone, "Bắt đầu")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Space")
    expect(phone.locator("#dich_vu-1")).to_be_focused()
    on_top = phone.evaluate(
        """() => {
          const [input, label] = [document.querySelector("#dich_vu-1"), document.querySelector("[for=dich_vu-1]")];
          const tick = getComputedStyle(label, "::after");
          return [getComputedStyle(label).zIndex, Number(tick.zIndex) > Number(getComputedStyle(input).zIndex)];
        }"""
    )
    assert on_top == ["auto", True]  # the label makes no layer of its own: the tick lies above the mark


def test_places_are_found_as_one_types_by_their_names_of_before_too(phone: Page) -> None:
    phone.goto("/")
    shown = phone.locator(".list a:visible")
    for typed, places in [
        ("ha tu", ["Hà Tu"]),
        ("trà cổ", ["Móng Cái 1"]),
        ("p. hòn gai", ["Hồng Gai"]),
        ("06652", ["Hà Tu"]),
        ("HẢI HOÀ", ["Hải Hòa", "Móng Cái 1"]),
        ("tra co, mong cai", ["Móng Cái 1"]),  # the server's answer
        ("6652", ["Hà Tu"]),
        ("bai chya", ["Bãi Cháy"]),
    ]:
        phone.fill("#q", typed)
        expect(shown).to_have_count(len(places))
        assert sorted(shown.locator("span:first-child").all_inner_texts()) == sorted(places)
    for typed, count in (("hạ long cũ", 12), ("tp ha long", 11)):  # of the commune Hạ Long too
        phone.fill("#q", typed)
        expect(shown).to_have_count(count)
    expect(phone.locator(".matches")).to_have_text("Số nơi tìm thấy: 11")
    phone.fill("#q", "phuong dong")
    expect(shown.first).to_contain_text("Yên Tử")
    phone.fill("#q", "xyz")
    expect(phone.locator(".matches")).to_have_text("Không có nơi nào tên như vậy.")
    phone.fill("#q", "")
    expect(shown).to_have_count(54)

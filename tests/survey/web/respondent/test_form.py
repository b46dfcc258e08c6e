"""What a citizen meets without scripts: the first page, the form, the receipt, and the pages that say no."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.accounts import accounts
from survey.responses.submission import MARKS
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Mode, Response, ResponseText, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web import static_files
from survey.web.app import create_app
from survey.web.respondent import form
from survey.web.server import rate_limit
from survey.web.server.admission import WORKING
from translations import formats

HERE = {"Origin": "http://localhost"}
Days = Callable[[int], AbstractContextManager[None]]


class Fields(HTMLParser):
    """What a browser would post from the form: the hidden fields, and what is chosen or written."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.data: dict[str, list[str]] = {}
        self.offered: dict[str, list[str]] = {}
        self.written: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        name, value = known.get("name"), known.get("value") or ""
        if tag == "textarea" and name:
            self.written = name
        if tag != "input" or not name:
            return
        if known.get("type") in ("radio", "checkbox"):
            self.offered.setdefault(name, []).append(value)
            if "checked" in known:
                self.data.setdefault(name, []).append(value)
        elif known.get("type") == "hidden":
            self.data.setdefault(name, []).append(value)
        else:
            self.data[name] = [value]

    def handle_data(self, data: str) -> None:
        if self.written:
            self.data[self.written] = [data.lstrip("\n")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.written = None


def fields(client: FlaskClient, address: str) -> Fields:
    reply = client.get(address)
    assert reply.status_code == 200
    return Fields(reply.text)


def kept(province: Database) -> list[Response]:
    with province.reading() as session:
        return list(session.scalars(select(Response)))


# The first page


def test_the_first_page_offers_all_communes_in_vietnamese_order(client: FlaskClient) -> None:
    page = client.get("/").text
    names = re.findall(r'<li><a href="/s/gop-y/\d{5}"><span>([^<]+)</span>', page)
    assert len(names) == 54
    assert names.index("Cửa Ông") < names.index("Đầm Hà") < names.index("Điền Xá") < names.index("Hà An")
    assert re.findall(r'class="letter">(.)<', page)[:4] == ["A", "B", "C", "Đ"]


@pytest.mark.parametrize(
    ("words", "first", "many"),
    [("ha long", "Hạ Long", 1), ("Hạ Long", "Hạ Long", 1), ("ha", "Hà An", 11), ("HẠ", "Hạ Long", 1)],
)
def test_a_commune_is_found_with_and_without_diacritics(
    client: FlaskClient, words: str, first: str, many: int
) -> None:
    page = client.get("/", query_string={"q": words}).text.split("Nơi trước đây có tên này")[0]
    names = [re.sub("<[^>]+>", "", row) for row in re.findall(r'<li><a href="/s/[^>]+><span>(.+?)</span> ', page)]
    assert (names[0], len(names)) == (first, many)
    assert f"<b>{many}</b>" in page or f"{many} nơi có chữ" in page


def test_what_was_looked_for_is_marked_in_the_name(client: FlaskClient) -> None:
    assert "<mark>Hạ L</mark>ong" in client.get("/?q=ha l").text


def test_a_name_that_is_nowhere_leads_to_all_places(client: FlaskClient) -> None:
    page = client.get("/?q=%3Cb%3Exyz").text
    assert "Không có nơi nào tên như vậy." in page
    assert "Xem cả 54 nơi" in page
    assert "<b>xyz" not in page


def test_a_name_of_before_leads_on(client: FlaskClient) -> None:
    page = client.get("/", query_string={"q": "trà cổ"}).text
    assert "Không có nơi nào tên như vậy." not in page
    assert re.search(r'<span>Móng Cái 1</span> <span class="quiet small">tên cũ: phường Trà Cổ</span>', page)
    city = client.get("/", query_string={"q": "hạ long"}).text
    assert "1 nơi có chữ" in city
    assert city.count("tên cũ: thành phố Hạ Long") == 10


def test_several_public_waves_are_a_choice_and_none_is_said(client: FlaskClient, province: Database) -> None:
    day = dates.today()
    with province.writing() as session:
        short = questionnaires.find(session, "noi_phuc_vu@1")
        waves.create(session, "them-nua", short, WaveKind.OPEN, day, day, public=True)
    page = client.get("/").text
    assert "?dot=gop-y" in page
    assert "?dot=them-nua" in page
    assert "/s/" not in page
    assert "/s/them-nua/06652" in client.get("/?dot=them-nua").text


def test_two_waves_of_one_questionnaire_are_told_apart_by_code_and_days(
    client: FlaskClient, province: Database
) -> None:
    day, later = dates.today(), dates.today() + timedelta(3)
    with province.writing() as session:
        short, household = (questionnaires.find(session, name) for name in ("noi_phuc_vu@1", "ho_gia_dinh@1"))
        waves.create(session, "them-nua", short, WaveKind.OPEN, day, later, public=True)
        waves.create(session, "ca-ho", household, WaveKind.OPEN, day, day, public=True)
    page = " ".join(client.get("/").text.split())
    days = f"từ {formats.day(day)} đến {formats.day(later)}"
    assert f"năm {(day - timedelta(30)).year}, từ" in page
    assert f"năm {day.year} (them-nua), {days}" in page
    assert f"từ {formats.day(day)} đến {formats.day(day)}" in page
    assert "Đợt ca-ho" not in page  # its title is its own
    chosen = " ".join(client.get("/?dot=them-nua&q=ha").text.split())
    assert f"năm {day.year} (them-nua), {days}" in chosen
    assert "Chọn khảo sát khác" in chosen


def test_a_province_without_an_open_survey_says_so(client: FlaskClient, province: Database) -> None:
    with province.writing() as session:
        session.execute(update(Wave).values(closes=dates.today() - timedelta(1)))
    page = client.get("/").text
    assert "Hiện không có đợt khảo sát nào đang mở" in page
    assert "/s/" not in page


def test_a_sample_wave_is_not_on_the_first_page(client: FlaskClient) -> None:
    assert "ho-mau" not in client.get("/").text
    assert client.get("/s/ho-mau/06652").status_code == 200


# Language and size of text


def test_the_language_is_chosen_once(client: FlaskClient) -> None:
    assert '<html lang="en">' in client.get("/?lang=en", headers={"Hailong-Kept": "1"}).text
    assert '<html lang="vi">' in client.get("/").text
    assert '<html lang="en">' in client.get("/?lang=en").text
    page = client.get("/s/gop-y/06652").text
    assert '<html lang="en">' in page
    assert "Very satisfied" in page
    assert "Hài lòng" not in page.replace("Hài Lòng", "")


def test_large_text_is_chosen_once(client: FlaskClient) -> None:
    assert 'class="large"' not in client.get("/").text
    assert 'class="large"' in client.get("/?size=large").text
    assert 'class="large"' in client.get("/s/gop-y/06652").text
    assert 'class="large"' not in client.get("/?size=normal").text


def test_switching_keeps_what_was_looked_for(client: FlaskClient) -> None:
    assert 'href="?q=ha&amp;lang=en"' in client.get("/?q=ha").text


# The form


def test_the_page_alone_asks_every_item_of_the_household_questionnaire(
    client: FlaskClient, province: Database
) -> None:
    with province.reading() as session:
        household = questionnaires.find(session, "ho_gia_dinh@1")
    page = fields(client, "/s/ho-mo/06652")
    assert set(page.offered) | set(page.data) == set(household.items) | {"id", "token", "marks"}
    assert page.offered.pop("marks") == [mark for mark in MARKS if mark.startswith("helped-")]
    for code, values in page.offered.items():
        assert values == [str(choice) for choice in household.items[code].choices]
    assert all(not values[0] for code, values in page.data.items() if code in household.items)


def test_no_word_of_a_choice_is_split_at_the_end_of_a_line(client: FlaskClient) -> None:
    labels = re.findall(
        r'<label for="hl_chung-\d">(?:<svg.*?</svg>)?([^<]+)</label>', client.get("/s/gop-y/06652").text
    )
    assert labels[0] == "Rất không hài\N{NO-BREAK SPACE}lòng"
    assert len(labels) == 5


def test_nothing_is_chosen_beforehand_and_nothing_runs_in_the_page(client: FlaskClient) -> None:
    page = client.get("/s/ho-mo/06652").text
    assert "checked" not in page
    assert " style=" not in page
    assert " onclick" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)


def test_no_question_of_before_is_kept_by_the_browser(client: FlaskClient) -> None:
    reply = client.get("/s/ho-mo/06652")
    assert reply.headers["Cache-Control"] == "no-store"
    assert re.search(r'<form id="form"[^>]+autocomplete="off"', reply.text)
    assert "Set-Cookie" not in reply.headers


def test_the_fields_alone_send_the_form(client: FlaskClient, province: Database) -> None:
    page = fields(client, "/s/ho-mo/06652").data
    page |= {
        "C5": ["1"],
        "C2": ["6", "1"],
        "gt_day_du": ["4"],
        "nghe_nghiep": ["7"],
        "nghe_nghiep_khac": ["Thợ  "],
    }
    reply = client.post("/s/ho-mo/06652", data=page)
    assert reply.status_code == 303
    assert client.get(reply.location).status_code == 200
    (response,) = kept(province)
    assert str(response.id) == page["id"][0]
    assert (response.mode, response.unit, response.psu, response.marks) == (Mode.PHONE, "06652", None, ["lang-vi"])
    assert response.answers == {"C5": 1, "C2": [1, 6], "gt_day_du": 4, "nghe_nghiep": 7}
    with province.reading() as session:
        only = session.scalars(select(ResponseText.response)).one()
        assert texts_of(session.connection(), only) == {"nghe_nghiep_khac": "Thợ"}


def test_how_the_form_was_filled_is_kept_in_known_words_only(client: FlaskClient, province: Database) -> None:
    page = fields(client, "/s/gop-y/06652?lang=en").data
    page["marks"] += ["helped-none", "helped-official", "ten-nguoi-giup"]
    refused = client.post("/s/gop-y/06652", data=page | {"hl_chung": ["9"]})
    again = Fields(refused.text).data
    assert set(again["marks"]) == {"lang-en", "helped-official"}
    assert client.post("/s/gop-y/06652", data=page | {"hl_chung": ["4"]}).status_code == 303
    assert kept(province)[0].marks == ["helped-official", "lang-en"]


def test_the_number_of_questions_is_the_true_one(client: FlaskClient) -> None:
    assert "12 câu ngắn, chừng 3 phút" in client.get("/s/gop-y/06652").text
    assert "84 câu ngắn, chừng 12 phút" in client.get("/s/ho-mo/06652").text


def test_a_form_without_any_answer_is_asked_about_once_and_may_be_sent(
    client: FlaskClient, province: Database
) -> None:
    page = fields(client, "/s/gop-y/06652").data | {"gop_y": [" "]}
    page["marks"].append("helped-family")
    asked = client.post("/s/gop-y/06652", data=page)
    assert asked.status_code == 422
    assert "Ông/Bà chưa trả lời câu nào" in asked.text
    assert 'href="#dich_vu-1"' in asked.text
    assert kept(province) == []
    again = Fields(asked.text).data
    assert again["id"] == page["id"]
    assert client.post("/s/gop-y/06652", data=again).status_code == 303
    assert [(one.answers, one.marks) for one in kept(province)] == [({}, ["helped-family", "lang-vi"])]


def test_reloading_the_thanks_sends_nothing_again(client: FlaskClient, province: Database) -> None:
    page = fields(client, "/s/gop-y/06652").data | {"hl_chung": ["5"]}
    replies = [client.post("/s/gop-y/06652", data=page, follow_redirects=True) for _time in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 200]
    assert len(kept(province)) == 1


def test_what_cannot_be_taken_is_shown_again_with_everything_that_was_answered(
    client: FlaskClient, province: Database
) -> None:
    page = fields(client, "/s/ho-mo/06652").data
    sent = page | {"C5": ["9"], "C6": ["2"], "C2": ["1", "7"], "C2_khac": ["a" * 300 + "<b>"]}
    reply = client.post("/s/ho-mo/06652", data=sent)
    assert reply.status_code == 422
    assert not kept(province)
    assert "<title>Lỗi:" in reply.text
    alert = re.search(r'role="alert".*?</div>', reply.text, re.DOTALL)
    assert alert
    assert re.findall(r'href="#([^"]+)"', alert[0]) == ["C2_khac", "C5-1"]
    again = Fields(reply.text)
    assert again.data["C6"] == ["2"]
    assert again.data["C2"] == ["1", "7"]
    assert again.data["C2_khac"] == ["a" * 300 + "<b>"]
    assert again.data["id"] == page["id"]
    assert 'id="C5-error"' in reply.text
    assert 'aria-describedby="C5-error' in reply.text
    corrected = again.data | {"C5": ["1"], "C2_khac": ["ngắn"]}
    assert client.post("/s/ho-mo/06652", data=corrected).status_code == 303


def test_a_form_that_was_sent_with_other_answers_is_not_changed(client: FlaskClient, province: Database) -> None:
    page = fields(client, "/s/gop-y/06652").data
    assert client.post("/s/gop-y/06652", data=page | {"hl_chung": ["5"]}).status_code == 303
    reply = client.post("/s/gop-y/06652", data=page | {"hl_chung": ["1"]})
    assert reply.status_code == 303
    assert "đã nhận được từ trước" in client.get(reply.location).text
    assert kept(province)[0].answers == {"hl_chung": 5}


@pytest.mark.parametrize("spoiled", [{"token": [""]}, {"token": ["a.b.c"]}, {"id": ["x"]}, {"id": [""]}])
def test_a_form_that_was_not_made_here_is_handed_out_anew_with_its_answers(
    client: FlaskClient, province: Database, spoiled: dict[str, list[str]]
) -> None:
    page = fields(client, "/s/gop-y/06652").data | {"hl_chung": ["4"]}
    reply = client.post("/s/gop-y/06652", data=page | spoiled)
    assert reply.status_code == 422
    assert not kept(province)
    again = Fields(reply.text).data
    assert again["hl_chung"] == ["4"]
    assert client.post("/s/gop-y/06652", data=again).status_code == 303


def test_a_token_is_for_one_place(client: FlaskClient) -> None:
    page = fields(client, "/s/gop-y/06652").data
    assert client.post("/s/gop-y/06658", data=page).status_code == 422


def test_another_site_cannot_send_a_form(client: FlaskClient, province: Database) -> None:
    page = fields(client, "/s/gop-y/06652").data | {"hl_chung": ["4"]}
    for told in ({"Origin": "https://elsewhere.vn"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/s/gop-y/06652", data=page, headers=told).status_code == 403
    assert not kept(province)
    assert client.post("/s/gop-y/06652", data=page, headers=HERE).status_code == 303


def test_too_many_at_once_lose_nothing(app: Flask, client: FlaskClient, province: Database) -> None:
    app.extensions["rate"] = rate_limit.Rate(1, clock=lambda: 0.0)
    first, second = (fields(client, "/s/gop-y/06652").data | {"hl_chung": ["4"]} for _person in range(2))
    assert client.post("/s/gop-y/06652", data=first).status_code == 303
    reply = client.post("/s/gop-y/06652", data=second)
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "1")
    again = Fields(reply.text).data
    assert (again["hl_chung"], len(kept(province))) == (["4"], 1)


def test_where_nothing_else_is_set_twenty_at_once_pass_and_the_next_is_asked_to_wait(
    province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAILONG_RATE", raising=False)
    app = create_app(DATABASE_URL=province.url, SECRET_KEY="tests")
    app.extensions["rate"] = rate = rate_limit.of_forms(app.config["RATE"])
    rate._clock = lambda: 0.0
    strangers = [app.test_client() for _one in range(21)]
    pages = [fields(one, "/s/gop-y/06652").data | {"hl_chung": ["4"]} for one in strangers]
    replies = [one.post("/s/gop-y/06652", data=page) for one, page in zip(strangers, pages, strict=True)]
    assert [reply.status_code for reply in replies] == [303] * 20 + [429]
    assert replies[-1].headers["Retry-After"] == "5"
    assert "Không mất gì" in replies[-1].text
    app.extensions["database"].engine.dispose()


def test_the_other_code_of_ba_che_leads_to_it(client: FlaskClient, province: Database) -> None:
    page = fields(client, "/s/gop-y/06970/").data | {"hl_chung": ["4"]}  # typed with a stroke at its end
    assert client.post("/s/gop-y/06978", data=page).status_code == 303
    assert kept(province)[0].unit == "06978"


def test_a_kiosk_that_is_not_bound_is_a_phone(client: FlaskClient, province: Database) -> None:
    page = client.get("/kiosk/gop-y/06652").text
    action = re.search(r'<form id="form" method="post" action="([^"]+)"', page)
    assert action
    assert client.post(action[1], data=Fields(page).data | {"hl_chung": ["4"]}).status_code == 303
    assert kept(province)[0].mode is Mode.PHONE


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/s/khong-co/06652", 404, "xem lại đường dẫn"),
        ("/s/gop-y/99999", 404, "chọn xã, phường"),
        ("/s/gop-y/22", 404, "chọn một xã, phường"),
        ("/s/da-dong/06652", 410, "kết thúc ngày 01/02/2025"),
        ("/s/a%00b/06652", 404, "xem lại đường dẫn"),
        ("/khong-co", 404, "trang đầu"),
    ],
)
def test_an_address_that_leads_nowhere_says_what_to_do(
    client: FlaskClient, address: str, status: int, words: str
) -> None:
    reply = client.get(address)
    assert reply.status_code == status
    assert words in reply.text
    assert 'href="/"' in reply.text


def test_an_open_form_of_a_closed_wave_is_refused(client: FlaskClient, province: Database) -> None:
    assert client.post("/s/da-dong/06652", data={"C5": "1"}).status_code == 410


YESTERDAY = dates.today() - timedelta(1)


def test_a_form_that_was_open_before_midnight_counts_on_the_last_day(
    client: FlaskClient, province: Database, days_ago: Days, ended: Callable[..., None]
) -> None:
    with days_ago(1):
        page = fields(client, "/s/gop-y/06652").data
    late = fields(client, "/s/gop-y/06652").data | {"hl_chung": ["4"]}
    ended("gop-y")
    wrong = client.post("/s/gop-y/06652", data=page | {"hl_chung": ["77"]})
    assert wrong.status_code == 422
    sent = client.post("/s/gop-y/06652", data=Fields(wrong.text).data | {"hl_chung": ["4"]})
    assert sent.status_code == 303
    assert [(one.answers, one.day) for one in kept(province)] == [({"hl_chung": 4}, YESTERDAY)]
    for refused in (client.get("/s/gop-y/06652"), client.post("/s/gop-y/06652", data=late)):
        assert refused.status_code == 410
        assert "đang mở từ trước vẫn được nhận trong 2 ngày" in refused.text


@pytest.mark.parametrize(("opened", "closed"), [(1, dates.today()), (3, None)])
def test_late_is_too_late_once_the_fieldwork_is_closed_or_the_page_is_old(
    client: FlaskClient, days_ago: Days, ended: Callable[..., None], opened: int, closed: date | None
) -> None:
    with days_ago(opened):
        page = fields(client, "/s/gop-y/06652").data | {"hl_chung": ["4"]}
    assert client.post("/s/gop-y/06652", data=page).status_code == (303 if closed else 422)
    ended("gop-y", closed)
    refused = client.post("/s/gop-y/06652", data=page)
    assert refused.status_code == 410
    assert ("vẫn được nhận" in refused.text) is (closed is None)


def test_a_device_that_people_share_keeps_no_draft(client: FlaskClient) -> None:
    assert "draft" in client.get("/s/gop-y/06652").text
    token = Fields(client.get("/dang-nhap").text).data["csrf_token"]
    fields = {"name": "keyer", "password": "mat-khau-dai", "csrf_token": token}
    assert client.post("/dang-nhap", data=fields).status_code == 303
    assert "draft" not in client.get("/s/gop-y/06652").text


# Receipt, exit, privacy


def test_the_receipt_shows_the_day_and_opens_nothing(client: FlaskClient) -> None:
    page = fields(client, "/s/gop-y/06652").data | {"hl_chung": ["4"]}
    sent = client.post("/s/gop-y/06652", data=page)
    reply = client.get(sent.location)
    assert re.search(r'class="code">[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}<', reply.text)
    assert page["id"][0] not in sent.location + reply.text
    assert not re.search(r"\d{1,2}:\d{2}", re.sub(r"<svg.*?</svg>", "", reply.text, flags=re.DOTALL))
    assert "/thoat" not in reply.text


@pytest.mark.parametrize("day", ["2025-01-01", "hom-nay", "2026-13-40"])
def test_a_receipt_that_was_made_up_is_none(client: FlaskClient, day: str) -> None:
    assert client.get(f"/bien-nhan/gop-y/{day}/AAAA-BBBB-CCCC").status_code == 404


def test_the_quick_exit_leads_to_a_page_that_bears_no_name(client: FlaskClient) -> None:
    reply = client.get("/thoat")
    assert reply.status_code == 303
    neutral = client.get(reply.location)
    assert neutral.status_code == 200
    for word in ("Hài Lòng", "khảo sát", "phiếu", 'href="/"'):
        assert word.casefold() not in neutral.text.casefold()


@pytest.mark.parametrize("month", ["2026-02", "2024-12", "1800-01", "2026-13", "9999-12", "x", ""])
def test_the_calendar_turns_to_any_month(client: FlaskClient, month: str) -> None:
    assert client.get("/lich", query_string={"thang": month}).status_code == 200


def test_made_up_data_are_marked_on_the_form(client: FlaskClient, province: Database) -> None:
    day = dates.today()
    with province.writing() as session:
        short = questionnaires.find(session, "noi_phuc_vu@1")
        waves.create(session, "thu", short, WaveKind.OPEN, day, day, simulated=True)
    assert "mô phỏng" in client.get("/s/thu/06652").text
    assert "mô phỏng" not in client.get("/s/gop-y/06652").text


def test_what_is_kept_is_said(client: FlaskClient) -> None:
    page = client.get("/rieng-tu").text
    for words in ("ngôn ngữ của phiếu", "dưới 5 giây", "24 giờ", "Tỉnh phải hủy"):
        assert words in page


def test_nothing_of_a_request_is_stored_beside_the_response(client: FlaskClient, province: Database) -> None:
    page = fields(client, "/s/gop-y/06652").data | {"gop_y": ["dau-vet-rieng"]}
    agent = {"User-Agent": "Dien-thoai-la/9.9", "X-Forwarded-For": "203.0.113.77"}
    assert client.post("/s/gop-y/06652", data=page, headers=agent).status_code == 303
    files = Path(province.url.removeprefix("sqlite:///")).parent.iterdir()
    stored = b"".join(file.read_bytes() for file in files if file.is_file())
    with province.reading() as session:
        only = session.scalars(select(ResponseText.response)).one()
        assert texts_of(session.connection(), only) == {"gop_y": "dau-vet-rieng"}
    assert b"dau-vet-rieng" not in stored  # what is written in words is sealed
    assert b"Dien-thoai-la" not in stored
    assert b"203.0.113.77" not in stored


# The parts


def test_a_static_file_is_kept_for_good_under_its_version_only(client: FlaskClient) -> None:
    address = re.search(r'href="(/static/[^"]+/style\.css)"', client.get("/").text)
    assert address
    old = re.sub(r"/static/[^/]+/", "/static/000000000000/", address[1])
    for name, age in ((address[1], 31_536_000), (old, 0)):
        assert client.get(name).headers["Cache-Control"] == f"max-age={age}"


def test_comments_and_indentation_stay_at_home_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        for name in ("form.js", "style.css"):
            sent = client.get(app.jinja_env.globals["static"](name)).text  # type: ignore[operator]
            own = (static_files.FOLDER / name).read_text()
            assert len(sent) < 0.9 * len(own)
            lines = [line.split(" // ")[0].strip() for line in own.splitlines()]
            assert [line for line in sent.splitlines() if line not in lines] == []
            assert not re.search(r"^[ \t]+\S|^[ \t]*//| // ", sent, re.MULTILINE)
    for path in static_files.FOLDER.rglob("*.js"):
        for line in path.read_text().splitlines():
            assert line.count("`") % 2 == 0, path
            assert not re.search(r"^[^\"]*(?:\"[^\"]*\"[^\"]*)*\"[^\"]* // ", line), path  # within a text


def test_a_token_says_for_which_wave_unit_and_mode_a_form_was_opened(app: Flask, province: Database) -> None:
    with app.test_request_context(), province.reading() as session:
        place = waves.place(session, "gop-y", "06652")
        made = form.token(place, Mode.PHONE, "1")
        assert form.opened_on(place, Mode.PHONE, made, "1") == dates.today()
        assert form.opened_on(waves.place(session, "ho-mo", "06652"), Mode.PHONE, made, "1") is None
        assert form.opened_on(waves.place(session, "gop-y", "06658"), Mode.PHONE, made, "1") is None
        assert form.opened_on(place, Mode.INTERVIEWER, made, "1") is None
        assert form.opened_on(place, Mode.PHONE, made, "2") is None
        assert form.opened_on(place, Mode.PHONE, made) is None
        assert form.opened_on(place, Mode.PHONE, f"{made}x", "1") is None


def test_one_opening_of_the_page_sends_one_form(client: FlaskClient, province: Database) -> None:
    """The same form again is fine; another one with its token is told to be sent from the page that comes back."""
    page = fields(client, "/s/gop-y/06652").data | {"hl_chung": ["4"]}
    other = page | {"id": [str(uuid4())], "hl_chung": ["1"]}
    assert client.post("/s/gop-y/06652", data=page).status_code == 303
    assert client.post("/s/gop-y/06652", data=page).status_code == 303
    refused = client.post("/s/gop-y/06652", data=other)
    assert (refused.status_code, len(kept(province))) == (422, 1)
    assert "Trang này đã mở lâu" in refused.text
    again = Fields(refused.text).data
    assert (again["id"], again["hl_chung"]) == (other["id"], ["1"])
    assert client.post("/s/gop-y/06652", data=again).status_code == 303


def test_a_corrected_form_keeps_its_id_and_token(client: FlaskClient) -> None:
    page = fields(client, "/s/gop-y/06652").data
    wrong = client.post("/s/gop-y/06652", data=page | {"hl_chung": ["77"]})
    again = Fields(wrong.text).data
    assert wrong.status_code == 422
    assert (again["id"], again["token"]) == (page["id"], page["token"])


@pytest.mark.parametrize("size", [30, 99_000, 150_000])
def test_a_form_of_marks_costs_no_more_than_its_length(client: FlaskClient, province: Database, size: int) -> None:
    sent = Fields(client.get("/s/gop-y/06652").text).data | {"gop_y": "\u0323\u0301" * (size // 12 + 16)}
    answer = client.post("/s/gop-y/06652", data=sent, headers=HERE)
    assert answer.status_code == (413 if size > 100_000 else 422)
    with province.reading() as session:
        assert session.scalars(select(Response)).all() == []


@pytest.mark.parametrize("field", ["name", "password"])
def test_nobody_signs_in_with_a_text_without_end(client: FlaskClient, field: str) -> None:
    sent = {"name": "keyer", "password": "mat-khau-dai", field: "\u0323\u0301" * 5_000}
    answer = client.post("/dang-nhap", data=sent)
    assert answer.status_code in (400, 422)
    assert client.get("/nhap-phieu/").status_code == 302


@pytest.mark.parametrize("words", ["a" * 5_000, "\u0323\u0301" * 300])
def test_a_search_without_end_finds_nothing(client: FlaskClient, words: str) -> None:
    assert client.get("/", query_string={"q": words}).status_code == 200


def test_a_crowd_that_signs_in_leaves_threads_to_those_who_answer(
    client: FlaskClient, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert accounts.AT_ONCE < WORKING
    with province.reading() as session:
        full = threading.BoundedSemaphore(1)
        full.acquire()
        monkeypatch.setattr(accounts, "_looking", full)
        with pytest.raises(accounts.Busy):
            accounts.sign_in(session, "keyer", "mat-khau-dai")
        full.release()
        for _try in range(3):  # whoever is wrong or right has let go of it
            assert accounts.sign_in(session, "khong-co", "mat-khau-dai") is None

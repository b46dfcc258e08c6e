"""Pages: the clerk who keys paper forms, without a script."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms import Item, Questionnaire, parse
from survey.fieldwork import keying
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import AuditEntry, FailedAttempt, Mode, Response, ResponseText, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

SHEET = "/nhap-phieu/ho-mau/06652?thon=V1"


@pytest.fixture
def keyer(client: FlaskClient) -> FlaskClient:
    """A browser in which the keyer is signed in."""
    fields = {"name": "keyer", "password": "mat-khau-dai", "csrf_token": token(client.get("/dang-nhap"))}
    assert client.post("/dang-nhap", data=fields).status_code == 303
    return client


@pytest.fixture
def household(province: Database) -> Questionnaire:
    with province.reading() as session:
        return questionnaires.find(session, "ho_gia_dinh@1")


def token(page: TestResponse) -> str:
    return hidden(page, "csrf_token")


def hidden(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found, name
    return found[1]


def typed(questionnaire: Questionnaire, **changed: str) -> dict[str, str]:
    """What is typed of a form on which every question has its first answer."""
    texts = {item.code: str(next(iter(item.choices))) for item in questionnaire.keyed if item.choices}
    return {**texts, **changed}


def send(client: FlaskClient, fields: dict[str, str], address: str = SHEET, **more: str) -> TestResponse:
    page = client.get(address)
    return client.post(address, data={"csrf_token": token(page), "id": hidden(page, "id"), **fields, **more})


def kept(database: Database) -> list[Response]:
    with database.reading() as session:
        return list(session.scalars(select(Response)))


# Choosing


def test_waves_that_are_open_today_stand_there_samples_first(keyer: FlaskClient) -> None:
    page = keyer.get("/nhap-phieu/").text
    found = re.findall(r'href="/nhap-phieu/([a-z-]+)/"', page)
    assert found[0] == "ho-mau"
    assert set(found) == {"ho-mau", "ho-mo", "gop-y"}


def test_where_no_wave_is_open_the_page_says_what_to_do(
    app: Flask, keyer: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        for wave in session.scalars(select(Wave)):
            wave.opens = wave.closes = dates.today() - timedelta(1)
    page = keyer.get("/nhap-phieu/")
    assert page.status_code == 200
    assert "Hỏi Sở Nội vụ" in page.text


def test_a_sample_wave_offers_the_communes_that_have_villages(keyer: FlaskClient) -> None:
    assert re.findall(r'href="/nhap-phieu/ho-mau/(\d+)"', keyer.get("/nhap-phieu/ho-mau/").text) == [
        "06658",
        "06652",
    ]
    assert len(re.findall(r'href="/nhap-phieu/ho-mo/(\d+)"', keyer.get("/nhap-phieu/ho-mo/").text)) == 54


def test_a_commune_is_found_without_diacritics_and_shows_its_villages(keyer: FlaskClient) -> None:
    page = unescape(keyer.get("/nhap-phieu/ho-mau/?tim=ha+tu").text)
    assert "Tìm thấy 1 nơi" in page
    assert re.findall(r'href="(/nhap-phieu/ho-mau/06652\?thon=[^"]+)"', page) == [
        "/nhap-phieu/ho-mau/06652?thon=V1",
        "/nhap-phieu/ho-mau/06652?thon=V2",
    ]
    assert "không có nơi nào tên như vậy" in keyer.get("/nhap-phieu/ho-mau/?tim=ha+noi").text


def test_a_sample_wave_without_villages_says_what_is_missing(keyer: FlaskClient, province: Database) -> None:
    with province.writing() as session:
        found = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "trong", found, WaveKind.SAMPLE, dates.today(), dates.today())
    assert "chưa có danh sách thôn" in keyer.get("/nhap-phieu/trong/").text
    assert "không chọn thôn nào của Hà Tu" in keyer.get("/nhap-phieu/trong/06652").text


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/nhap-phieu/khong-co/", 404, "khong-co"),
        ("/nhap-phieu/da-dong/", 410, "đã đóng ngày 01/02/2025"),
        ("/nhap-phieu/da-dong/06652", 410, "đã đóng"),
        ("/nhap-phieu/ho-mau/99999?thon=V1", 404, "99999"),
        ("/nhap-phieu/ho-mau/06652?thon=V3", 404, "không có thôn V3 của Hà Tu"),
        ("/nhap-phieu/ho-mau/06652?thon=", 404, "không có thôn"),
    ],
)
def test_an_address_that_leads_nowhere_says_what_to_do(
    keyer: FlaskClient, address: str, status: int, said: str
) -> None:
    page = keyer.get(address)
    assert page.status_code == status
    assert said in page.text


def test_a_wave_that_opens_later_says_when(keyer: FlaskClient, province: Database) -> None:
    with province.writing() as session:
        found = questionnaires.find(session, "ho_gia_dinh@1")
        later = dates.today() + timedelta(3)
        waves.create(session, "sau", found, WaveKind.OPEN, later, later)
    page = keyer.get("/nhap-phieu/sau/06652")
    assert page.status_code == 404
    assert later.strftime("%d/%m/%Y") in page.text


# The sheet


def test_the_sheet_has_a_box_for_every_item_in_the_order_of_the_paper(
    keyer: FlaskClient, household: Questionnaire
) -> None:
    page = keyer.get(SHEET).text
    codes = [item.code for item in household.keyed]
    assert re.findall(r'<input id="f-\w+" name="(\w+)"', page) == codes
    assert len(codes) == 89
    assert "style=" not in page
    assert re.findall(r"<script[^>]*>(?!</script>)", page) == []


@pytest.mark.both_databases
def test_a_keyed_form_is_kept_with_its_village_as_paper(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    answer = send(keyer, typed(household, C2="1 3 5", C5="3", dan_toc="2", dan_toc_khac=" Dao  "))
    assert answer.status_code == 303
    assert answer.location == SHEET
    [row] = kept(province)
    assert (row.wave, row.unit, row.psu, row.mode, row.day) == ("ho-mau", "06652", "V1", Mode.PAPER, dates.today())
    assert row.answers["C2"] == [1, 3, 5]
    assert row.answers["C5"] == 3
    assert len(row.answers) == 84
    assert row.marks == []
    with province.reading() as session:
        assert texts_of(session.connection(), row.id) == {"dan_toc_khac": "Dao"}
    page = keyer.get(answer.location).text
    assert "Phiếu trước đã lưu" in page
    assert "84 trên 84 câu có trả lời" in page
    assert "đã nhập 1 phiếu" in page
    assert "đã nhập 1 phiếu" in keyer.get("/nhap-phieu/ho-mau/06652").text


def test_the_next_form_has_another_number(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    send(keyer, typed(household))
    send(keyer, typed(household))
    assert len(kept(province)) == 2


def test_sent_twice_is_kept_once(keyer: FlaskClient, household: Questionnaire, province: Database) -> None:
    page = keyer.get(SHEET)
    fields = {**typed(household), "csrf_token": token(page), "id": hidden(page, "id")}
    assert [keyer.post(SHEET, data=fields).status_code for _time in range(2)] == [303, 303]
    assert len(kept(province)) == 1


def test_the_same_form_with_other_answers_is_refused_and_stays_on_the_page(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    page = keyer.get(SHEET)
    fields = {**typed(household), "csrf_token": token(page), "id": hidden(page, "id")}
    keyer.post(SHEET, data=fields)
    again = keyer.post(SHEET, data={**fields, "C5": "2"})
    assert again.status_code == 409
    assert "đã được lưu với câu trả lời khác" in again.text
    assert 'name="C5" value="2"' in again.text
    assert kept(province)[0].answers["C5"] == 1


def test_blank_and_two_marks_are_no_answers(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    answer = send(keyer, typed(household, C4="9", C5="8", C6="-", C2="9", gioi_tinh="*"))
    assert answer.status_code == 303
    assert not {"C2", "C4", "C5", "C6", "gioi_tinh"} & set(kept(province)[0].answers)
    assert "79 trên 84 câu có trả lời, 2 cảnh báo" in keyer.get(answer.location).text


def test_an_answer_to_an_item_that_is_not_asked_is_kept_and_warned_of(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    answer = send(keyer, typed(household, C2="1", C2_khac="nghe hàng xóm"))
    assert answer.status_code == 303
    with province.reading() as session:
        only = session.scalars(select(ResponseText.response)).one()
        assert texts_of(session.connection(), only) == {"C2_khac": "nghe hàng xóm"}
    assert "1 cảnh báo" in keyer.get(answer.location).text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("C5", "4"),
        ("C5", "1 2"),
        ("C5", "x"),
        ("gt_day_du", "6"),
        ("C2", "1 1"),
        ("C2", "18"),
        ("dan_toc_khac", "x" * 201),
    ],
)
def test_what_is_no_answer_is_told_at_its_box_and_nothing_typed_is_lost(
    keyer: FlaskClient, household: Questionnaire, province: Database, code: str, text: str
) -> None:
    page = send(keyer, typed(household, nghe_nghiep="7", nghe_nghiep_khac="Thợ <mỏ>", **{code: text}))
    assert page.status_code == 422
    assert kept(province) == []
    assert "<title>Lỗi:" in page.text
    assert f'href="#f-{code}"' in page.text
    assert f'id="e-{code}"' in page.text
    assert re.search(rf'id="f-{code}"[^>]* autofocus', page.text)
    assert f'name="{code}" value="{text}"' in page.text
    assert 'value="Thợ &lt;mỏ&gt;"' in page.text
    assert 'name="nghe_nghiep" value="7"' in page.text


def test_a_form_half_typed_is_kept_only_when_it_is_sent_once_more(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    fields = typed(household, C5="", C6="")
    page = send(keyer, fields)
    assert page.status_code == 422
    assert "Còn 2 câu chưa gõ gì" in page.text
    assert kept(province) == []
    assert 'value="1" id="blanks">' in page.text
    again = {**fields, "csrf_token": token(page), "id": hidden(page, "id"), "de_trong": "1"}
    assert keyer.post(SHEET, data=again).status_code == 303
    assert len(kept(province)[0].answers) == 82


def test_the_day_on_the_form_is_kept_and_stays_for_the_next(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    day = dates.today() - timedelta(5)
    answer = send(keyer, typed(household), ngay=day.isoformat())
    assert kept(province)[0].day == day
    assert f'value="{day.isoformat()}"' in keyer.get(answer.location).text


@pytest.mark.parametrize("day", ["2020-01-01", "2099-01-01", "hôm qua", "tomorrow"])
def test_a_day_outside_the_wave_or_in_the_future_is_refused(
    keyer: FlaskClient, household: Questionnaire, province: Database, day: str
) -> None:
    if day == "tomorrow":
        day = (dates.today() + timedelta(1)).isoformat()
    page = send(keyer, typed(household), ngay=day)
    assert page.status_code == 422
    assert 'href="#day"' in page.text
    assert kept(province) == []


def test_a_form_of_an_open_wave_has_no_village(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    answer = send(keyer, typed(household), "/nhap-phieu/ho-mo/06652")
    assert answer.location == "/nhap-phieu/ho-mo/06652"
    [row] = kept(province)
    assert (row.wave, row.psu, row.mode) == ("ho-mo", None, Mode.PAPER)


def test_a_sample_form_without_its_village_is_not_kept(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    page = keyer.get(SHEET)
    fields = {**typed(household), "csrf_token": token(page), "id": str(uuid4())}
    assert "Thôn V1" in keyer.post("/nhap-phieu/ho-mau/06652", data=fields).text
    assert kept(province) == []


# A session that ends while a form is being typed


def test_a_form_that_comes_without_a_session_waits_for_the_sign_in(
    app: Flask, keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    page = keyer.get(SHEET)
    fields = {**typed(household, C5="2"), "csrf_token": token(page), "id": hidden(page, "id")}
    stranger = app.test_client()
    waiting = stranger.post(SHEET, data=fields)
    assert waiting.status_code == 401
    assert 'name="C5" value="2"' in waiting.text
    assert kept(province) == []
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', waiting.text))
    wrong = stranger.post(SHEET, data={**carried, "account-name": "keyer", "account-password": "sai"})
    assert wrong.status_code == 401
    assert 'name="C5" value="2"' in wrong.text
    assert "Không có tài khoản" in wrong.text
    right = stranger.post(SHEET, data={**carried, "account-name": "keyer", "account-password": "mat-khau-dai"})
    assert right.status_code == 303
    [row] = kept(province)
    assert str(row.id) == fields["id"]
    assert row.answers["C5"] == 2
    with province.reading() as session:
        assert [(one.account, one.count) for one in session.scalars(select(FailedAttempt))] == [("keyer", 1)]
        signed_in = session.scalars(select(AuditEntry.who).where(AuditEntry.what == "Signed in")).all()
    assert signed_in == ["keyer", "keyer"]  # once to open the page, once to save it


def test_a_form_with_a_stale_token_waits_for_one_more_click(
    keyer: FlaskClient, household: Questionnaire, province: Database
) -> None:
    waiting = keyer.post(SHEET, data={**typed(household), "id": str(uuid4()), "csrf_token": "forged"})
    assert waiting.status_code == 401
    assert "account-password" not in waiting.text
    assert kept(province) == []
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', waiting.text))
    assert keyer.post(SHEET, data=carried).status_code == 303


def test_signing_in_to_save_gives_no_right_to_key(
    app: Flask, household: Questionnaire, province: Database
) -> None:
    stranger = app.test_client()
    waiting = stranger.post(SHEET, data=typed(household))
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', waiting.text))
    answer = stranger.post(
        SHEET, data={**carried, "account-name": "home_affairs", "account-password": "mat-khau-dai"}
    )
    assert answer.status_code == 403
    assert kept(province) == []


# Keys


def an_item(kind: str, codes: list[int]) -> Item:
    texts = {str(code): {"vi": f"mã {code}", "en": f"code {code}"} for code in codes}
    row: dict[str, Any] = {"code": "x", "kind": kind, "label": {"vi": "x", "en": "x"}}
    if kind == "number":
        row |= {"minimum": 0, "maximum": 120}
    elif kind == "scale":
        row |= {"scale": "s"}
    else:
        row |= {"choices": texts}
    two = {"vi": "x", "en": "x"}
    document: dict[str, Any] = {"code": "q", "version": 1, "title": two, "purpose": two, "consent": two}
    document["pages"] = [{"code": "P", "title": two, "items": [row]}]
    if kind == "scale":
        document["scales"] = {"s": texts}
    return parse(document).items["x"]


def test_a_printed_code_wins_over_the_keys_for_blank_and_two_marks() -> None:
    ten = an_item("scale", list(range(1, 11)))
    assert (keying.blank(ten), keying.two_marks(ten)) == (("-",), ("*",))
    assert keying.value(ten, "9") == 9
    assert keying.value(ten, "10") == 10
    assert keying.value(ten, "-") is None
    assert keying.blank(an_item("single", [1, 2, 98, 99])) == ("-",)
    assert keying.blank(an_item("scale", [1, 2, 3, 4, 5])) == ("9", "-")


def test_several_answers_are_typed_with_or_without_spaces() -> None:
    several = an_item("multiple", [1, 2, 3, 4])
    assert keying.value(several, "134") == keying.value(several, "1; 3,4") == [1, 3, 4]
    assert keying.value(several, "9") is None
    assert keying.two_marks(several) == ()
    assert keying.value(an_item("multiple", [1, 2, 12]), "12") == [12]


def test_a_number_may_be_nine() -> None:
    number = an_item("number", [])
    assert keying.value(number, "9") == 9
    assert keying.value(number, "-") is None


def test_a_dash_for_a_blank_is_no_text_of_a_person(household: Questionnaire) -> None:
    for typed, said in (("-", {}), (" - ", {}), ("- chờ lâu", {"C10_khac": "- chờ lâu"})):
        found = keying.keyed(household, {"C10_khac": typed, "C5": "3"})
        assert ({code: found.answers[code] for code in said}, "C10_khac" in found.answers) == (said, bool(said))
        assert keying.texts(household, {"C10_khac": typed}) == said

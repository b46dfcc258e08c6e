"""The pages on which a questionnaire is written, without a script."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook

from survey.storage.database import Database
from survey.storage.models import Role
from survey.workshop import drafts

SignIn = Callable[[Flask, str], FlaskClient]


class Writer:
    """A signed-in person who sends the forms of the workshop."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/quan-tri/bo-phieu/moi").text)
        self.token = found[1] if found else ""

    def send(self, address: str, **fields: Any) -> Any:
        return self.client.post(f"/quan-tri/bo-phieu/{address}", data={"csrf_token": self.token, **fields})


@pytest.fixture
def lan(app: Flask, sign_in: SignIn) -> Writer:
    return Writer(sign_in(app, "home_affairs"))


@pytest.fixture
def minh(app: Flask, sign_in: SignIn) -> Writer:
    return Writer(sign_in(app, "admin"))


def written(database: Database, id: int = 1) -> dict[str, Any]:
    with database.reading() as session:
        return drafts.present(session, drafts.find(session, id))


QUESTION: dict[str, Any] = {
    "label.vi": "Ông/Bà có hài lòng với nước tưới không?",
    "label.en": "Are you satisfied with irrigation?",
    "kind": "scale:hai_long",
    "missing": ["98"],
    "page": "phan_1",
}


def begin(writer: Writer) -> str:
    answer = writer.send("moi", title="Ý kiến về thủy lợi", code="thuy_loi")
    return str(answer.headers["Location"])


def test_from_nothing_to_a_question_that_is_drawn(lan: Writer, province: Database) -> None:
    assert begin(lan) == "/quan-tri/bo-phieu/nhap/1/cau/cau_1"
    blank = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert '<span class="quiet">Câu, Tiếng Việt</span>' in blank
    assert "label/vi" not in blank
    assert '<span class="quiet">Tên, English</span>' in lan.client.get("/quan-tri/bo-phieu/nhap/1").text
    answer = lan.send("nhap/1/cau/cau_1/luu", **QUESTION)
    assert answer.status_code == 303
    page = lan.client.get(answer.headers["Location"]).text
    assert "Rất không hài lòng" in page
    assert written(province)["pages"][0]["items"][0] == {
        "code": "cau_1",
        "kind": "scale",
        "scale": "hai_long",
        "missing": [98],
        "label": {"vi": QUESTION["label.vi"], "en": QUESTION["label.en"]},
    }


def test_a_page_says_what_is_missing_where_it_is(lan: Writer) -> None:
    begin(lan)
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert "Chỗ phải sửa" in page
    assert "label" in page


def test_choices_a_condition_and_an_other_text_are_made_by_fields(lan: Writer, province: Database) -> None:
    begin(lan)
    choices = {"choice.0.vi": "Có", "choice.0.en": "Yes", "choice.1.vi": "Khác", "choice.1.en": "Other"}
    lan.send("nhap/1/cau/cau_1/luu", **(QUESTION | {"kind": "single", "other": "2"} | choices))
    lan.send("nhap/1/doi", what="add", code="cau_1")
    condition = {"cond.0.item": "cau_1", "cond.0.how": "not", "cond.0.values": ["1"]}
    lan.send("nhap/1/cau/cau_2/luu", **(QUESTION | condition))
    first, text, second = written(province)["pages"][0]["items"]
    assert first["choices"] == {"1": {"vi": "Có", "en": "Yes"}, "2": {"vi": "Khác", "en": "Other"}}
    assert (text["code"], text["beside"], text["show_if"]) == (
        "cau_1_khac",
        "cau_1",
        {"item": "cau_1", "any": [2]},
    )
    assert second["show_if"] == {"not": {"item": "cau_1", "any": [1]}}
    assert "không phải" in lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_2").text


def test_a_condition_offers_earlier_questions_only(lan: Writer) -> None:
    lan.send("noi_phuc_vu@2/ban-moi")
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/hl_chung").text
    offered = re.search(r'name="cond.0.item".*?</select>', page, re.DOTALL)
    assert offered is not None
    assert 'value="dich_vu"' in offered[0]
    assert 'value="tiep_xuc"' not in offered[0]


def test_somebody_else_reads_and_is_told_who_writes(lan: Writer, minh: Writer) -> None:
    begin(lan)
    page = minh.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert "home_affairs đang sửa" in page
    assert "<fieldset disabled" in page
    refused = minh.send("nhap/1/cau/cau_1/luu", **(QUESTION | {"label.vi": "Chữ của Minh"}))
    assert refused.status_code == 409
    assert "Chữ của Minh" in refused.text  # what was typed is still there


def test_a_session_that_ended_keeps_what_was_typed(lan: Writer, app: Flask) -> None:
    begin(lan)
    stranger = app.test_client()
    answer = stranger.post("/quan-tri/bo-phieu/nhap/1/cau/cau_1/luu", data=QUESTION)
    assert answer.status_code == 401
    assert str(QUESTION["label.vi"]) in answer.text


def test_markup_in_a_label_is_text(lan: Writer) -> None:
    begin(lan)
    lan.send("nhap/1/cau/cau_1/luu", **(QUESTION | {"label.vi": "<script>alert(1)</script>"}))
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_what_is_being_typed_is_drawn_and_not_stored(lan: Writer, province: Database) -> None:
    begin(lan)
    drawn = lan.send("nhap/1/cau/cau_1/xem", **(QUESTION | {"tieng": "en"}))
    assert "Are you satisfied with irrigation?" in drawn.text
    assert written(province)["pages"][0]["items"][0]["kind"] == "text"


def test_a_change_is_taken_back_by_a_button(lan: Writer, province: Database) -> None:
    begin(lan)
    lan.send("nhap/1/cau/cau_1/luu", **QUESTION)
    lan.send("nhap/1/doi", what="undo", code="cau_1")
    assert written(province)["pages"][0]["items"][0]["kind"] == "text"
    lan.send("nhap/1/doi", what="redo", code="cau_1")
    assert written(province)["pages"][0]["items"][0]["kind"] == "scale"


def test_an_editing_page_of_300_questions_is_light(lan: Writer, province: Database) -> None:
    begin(lan)
    with province.writing() as session:
        draft = drafts.find(session, 1)
        document = drafts.present(session, draft)
        document["pages"][0]["items"] = [
            {"code": f"cau_{n}", "kind": "text", "label": {"vi": f"Câu hỏi thứ {n}?", "en": "?"}}
            for n in range(300)
        ]
        drafts.save(session, draft, "home_affairs", "", document)
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_7", headers={"Accept-Encoding": "gzip"})
    assert page.status_code == 200
    assert len(page.data) <= 60_000


def test_a_file_that_is_not_whole_becomes_a_draft(lan: Writer, province: Database) -> None:
    half = "code: do_dang\npages:\n  - code: a\n    items:\n      - {code: x, kind: text}\n"
    lan.client.post(
        "/quan-tri/bo-phieu/moi/tep",
        data={"csrf_token": lan.token, "file": (BytesIO(half.encode()), "a.yaml")},
    )
    assert written(province)["code"] == "do_dang"
    assert lan.client.get("/quan-tri/bo-phieu/nhap/1").status_code == 200


def test_all_that_a_workbook_says_otherwise_stays_with_its_draft(lan: Writer) -> None:
    book, content = Workbook(), BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    sheet.append(["type", "name", "label"])
    odd = [f"kind_{number}" for number in range(30)]
    for number, kind in enumerate([*odd, "text"]):
        sheet.append([kind, f"q{number}", f"Câu {number}"])
    book.save(content)
    lan.client.post(
        "/quan-tri/bo-phieu/moi/tep",
        data={"csrf_token": lan.token, "file": (BytesIO(content.getvalue()), "a.xlsx")},
    )
    for _again in range(2):
        page = lan.client.get("/quan-tri/bo-phieu/nhap/1").text
        assert not [kind for kind in odd if kind not in page]


def test_from_sent_to_published_by_a_second_person(
    lan: Writer, app: Flask, sign_in: SignIn, province: Database, account: Callable[..., None]
) -> None:
    with province.writing() as session:
        account(session, "lanh-dao", Role.HEAD)
    lan.send("noi_phuc_vu@2/ban-moi")
    lan.send("nhap/1/cau/tiep_xuc/luu", **{"label.vi": "Ông/Bà có gặp công chức không?", "label.en": "Met one?"})
    lan.send("nhap/1/gui")
    own = lan.client.get("/quan-tri/bo-phieu/nhap/1/phat-hanh").text
    assert "So được" in own
    assert "Phát hành bản 3" not in own
    assert lan.send("nhap/1/phat-hanh", **{"so.tiep_xuc": "1"}).status_code == 403
    head = sign_in(app, "lanh-dao")
    page = head.get("/quan-tri/bo-phieu/nhap/1/phat-hanh").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert "Phát hành bản 3" in page
    assert token is not None
    stopped = head.post("/quan-tri/bo-phieu/nhap/1/phat-hanh", data={"csrf_token": token[1]})
    assert stopped.status_code == 422
    assert "Chưa chọn" in stopped.text
    done = head.post("/quan-tri/bo-phieu/nhap/1/phat-hanh", data={"csrf_token": token[1], "so.tiep_xuc": "0"})
    assert done.headers["Location"] == "/quan-tri/bo-phieu/noi_phuc_vu@3"
    assert "lanh-dao" in head.get("/quan-tri/bo-phieu/").text


def test_a_first_version_is_read_whole_where_it_is_published(lan: Writer) -> None:
    begin(lan)
    lan.send("nhap/1/cau/cau_1/luu", **QUESTION)
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/phat-hanh").text
    assert "Rất không hài lòng · " in page
    assert 'href="/quan-tri/bo-phieu/nhap/1/xem/' in page
    assert "Lời nói trước khi xin đồng ý" in page
    assert "không có con số chung" in page
    assert "Tính vào" in lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert "không có con số chung" in lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text


def test_missing_choices_are_called_as_the_page_calls_them(lan: Writer) -> None:
    begin(lan)
    lan.send("nhap/1/cau/cau_1/luu", **(QUESTION | {"kind": "single"}))
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert "Hãy thêm lựa chọn: cần ít nhất 2." in page
    assert "Hãy thêm choices" not in page


def test_who_asks_for_a_name_takes_it_out_or_says_why_before_it_is_published(lan: Writer, minh: Writer) -> None:
    begin(lan)
    lan.send("nhap/1/cau/cau_1/luu", **(QUESTION | {"kind": "text", "label.vi": "Họ tên", "label.en": "Name"}))
    lan.send("nhap/1/luu", **{"title.vi": "Thủy lợi", "title.en": "Irrigation"})
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert "“họ tên” là hỏi người trả lời là ai" in page
    assert "1 chỗ phải sửa" in page
    refused = lan.send("nhap/1/gui")
    assert refused.status_code == 422
    assert "mà cau_1 lại hỏi" in refused.text
    lan.send("nhap/1/giu", code="cau_1", rule="asks_who", words="Hộ nhận quà")
    assert "1 chỗ phải sửa" not in lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert lan.send("nhap/1/gui").status_code == 303
    read = minh.client.get("/quan-tri/bo-phieu/nhap/1/phat-hanh").text
    assert "Hộ nhận quà" in read
    assert minh.send("nhap/1/phat-hanh").headers["Location"] == "/quan-tri/bo-phieu/thuy_loi@1"


def test_both_languages_are_asked_for_from_the_start_and_counted_wherever_they_lack(lan: Writer) -> None:
    assert "bằng tiếng Việt và tiếng Anh" in lan.client.get("/quan-tri/bo-phieu/moi").text
    begin(lan)
    choices = {"choice.0.vi": "Có", "choice.0.en": "Yes", "choice.1.vi": "Không", "choice.1.en": ""}
    lan.send("nhap/1/cau/cau_1/luu", **(QUESTION | {"kind": "single", "hint.vi": "Gợi ý"} | choices))
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert "Tiếng Anh: thiếu 3 chỗ" in page  # the title, a choice, the hint; the label has it
    assert page.count(", bắt buộc</span>") == 2
    assert "mỗi câu có cả vi và en" not in page
    lan.send(
        "nhap/1/cau/cau_1/luu", **(QUESTION | {"kind": "single", "hint.vi": ""} | choices | {"choice.1.en": "No"})
    )
    lan.send("nhap/1/luu", **{"title.vi": "Thủy lợi", "title.en": "Irrigation"})
    page = lan.client.get("/quan-tri/bo-phieu/nhap/1/cau/cau_1").text
    assert "Tiếng Anh: đủ" in page
    assert "không có chỗ phải sửa" in page
    assert "Tiếng Anh: đủ" in lan.client.get("/quan-tri/bo-phieu/").text

"""Pages: forms with printed numbers, without a script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from forms import Questionnaire
from survey.fieldwork import accounting, sheet_locks
from survey.responses import assignments
from survey.storage.database import Database
from survey.storage.models import (
    Assignment,
    Batch,
    Keying,
    Mode,
    OpenKeying,
    Response,
    Sheet,
    SheetState,
    Village,
    Wave,
)
from survey.system import dates

WAVE = "/nhap-phieu/ho-mau"
SignIn = Callable[[Flask, str], FlaskClient]


def token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found
    return found[1]


def post(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    return client.post(address, data={"csrf_token": token(client.get(f"{WAVE}/")), **fields})


def begin(client: FlaskClient, number: str) -> str:
    """Opens a form by its number; gives its address."""
    answer = post(client, f"{WAVE}/mo", so=number)
    assert answer.status_code == 303, answer.text
    assert answer.location is not None
    return answer.location


def save(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    headers = {"X-CSRFToken": token(client.get(f"{WAVE}/"))}
    return client.post(f"{address}/luu", data=fields, headers=headers)


def state(database: Database, number: str) -> SheetState:
    with database.reading() as session:
        return session.get_one(Sheet, number).state


def stored(database: Database) -> list[Response]:
    with database.reading() as session:
        return list(session.scalars(select(Response)))


def test_a_wave_whose_forms_are_numbered_asks_for_a_number_or_a_batch(keyer: FlaskClient) -> None:
    page = keyer.get(f"{WAVE}/").text
    assert "Nhập phiếu nào?" in page
    assert re.search(r'name="tap" value="B1"', page)
    assert "5 phiếu chờ nhập" in page
    # Villages whose forms have no number are keyed as before; the others can't be.
    page = keyer.get(f"{WAVE}/?khong-so=1").text
    assert "06652" in page
    assert "thon=V1" not in keyer.get(f"{WAVE}/06652").text
    assert "thon=V2" in keyer.get(f"{WAVE}/06652").text
    refused = keyer.get(f"{WAVE}/06652?thon=V1")
    assert refused.status_code == 409
    assert "theo số phiếu" in refused.text


def test_where_every_village_has_numbered_forms_the_page_says_so_and_leads_to_their_number(
    keyer: FlaskClient, batch: Database
) -> None:
    says, way = "thôn có số in sẵn", f'href="{WAVE}/">Gõ số của phiếu'
    page = keyer.get(f"{WAVE}/06652").text
    assert "1 " + says in page, "of the other village one chooses it still"
    assert way in page
    today = dates.today()
    with batch.writing() as session:
        session.add(Batch(code="B2", wave="ho-mau", psu="V2", printed=today, returned=today, counted=0))
    page = keyer.get(f"{WAVE}/06652").text
    assert "2 " + says in page
    assert way in page
    assert "không chọn thôn nào" not in page
    assert "thon=" not in page
    with batch.writing() as session:
        for psu in ("V3", "V4"):
            session.add(Batch(code=f"B{psu}", wave="ho-mau", psu=psu, printed=today, returned=today, counted=0))
    page = keyer.get(f"{WAVE}/?khong-so=1").text
    assert "mọi thôn của đợt này có số in sẵn" in page
    assert way in page


def test_a_form_is_opened_by_what_a_scanner_types(keyer: FlaskClient, forms: list[str]) -> None:
    assert begin(keyer, f"HL1:{forms[0]}:2\n") == f"{WAVE}/phieu/{forms[0]}"
    page = keyer.get(f"{WAVE}/phieu/{forms[0]}").text
    codes = re.findall(r'<input id="f-\w+" name="(\w+)"', page)
    assert codes[:3] == ["so_nguoi_lon", "ho_thay_the", "gioi_tinh"]
    assert len(codes) == 91
    assert "style=" not in page
    assert 'name="ngay"' not in page


@pytest.mark.parametrize(
    ("typed_number", "said"),
    [("10000021", "đọc nhầm"), ("123", "Không có phiếu nào mang số 123"), (" ", "Gõ hoặc quét")],
)
def test_a_number_that_leads_nowhere_is_told_beside_the_box(
    keyer: FlaskClient, typed_number: str, said: str
) -> None:
    page = post(keyer, f"{WAVE}/mo", so=typed_number)
    assert page.status_code in (400, 404)
    assert said in page.text
    assert f'value="{typed_number}"' in page.text
    assert "<title>Lỗi:" in page.text


def test_another_is_told_who_has_the_form_and_gets_the_next_one(
    app: Flask, keyer: FlaskClient, forms: list[str], sign_in: SignIn
) -> None:
    begin(keyer, forms[0])
    other = sign_in(app, "keyer_2")
    page = post(other, f"{WAVE}/mo", so=forms[0])
    assert page.status_code == 409
    assert f"keyer đang mở phiếu {forms[0]}" in page.text
    assert other.get(f"{WAVE}/phieu/{forms[0]}").status_code == 409
    answer = post(other, f"{WAVE}/mo", tap="B1")
    assert answer.location == f"{WAVE}/phieu/{forms[1]}?tiep=1"
    assert post(other, f"{WAVE}/mo", tap="B9").status_code == 409


def test_each_field_is_saved_by_itself_and_the_form_begins_again_where_it_was_left(
    app: Flask, keyer: FlaskClient, forms: list[str], sign_in: SignIn
) -> None:
    address = begin(keyer, forms[0])
    assert save(keyer, address, so_nguoi_lon="3", at="ho_thay_the").status_code == 204
    assert save(keyer, address, ho_thay_the="9", strange="x", C5="x" * 999, at="gioi_tinh").status_code == 204
    page = sign_in(app, "keyer").get(address).text  # another computer
    assert re.search(r'name="so_nguoi_lon" value="3"', page)
    assert 'data-at="gioi_tinh"' in page
    assert f'value="{"x" * 40}"' in page
    assert "đã gõ 3 ô" in keyer.get(f"{WAVE}/").text


def test_a_field_is_saved_for_the_one_who_has_the_form_alone(
    app: Flask, keyer: FlaskClient, forms: list[str], batch: Database, sign_in: SignIn
) -> None:
    address = begin(keyer, forms[0])
    assert save(sign_in(app, "keyer_2"), address, C5="1").status_code == 409
    assert keyer.post(f"{address}/luu", data={"C5": "1"}).status_code == 400  # forged
    assert app.test_client().post(f"{address}/luu", data={"C5": "1"}).status_code == 302
    with batch.writing() as session:
        sheet_locks.release(session, forms[0])
    gone = save(keyer, address, C5="1")
    assert gone.status_code == 409
    assert "không còn mở" in gone.text
    with batch.reading() as session:
        assert list(session.scalars(select(OpenKeying))) == []


def test_voiding_ends_the_keying_of_a_form_and_what_was_typed_waits_for_the_case_that_it_is_not_void(
    app: Flask, keyer: FlaskClient, forms: list[str], batch: Database, sign_in: SignIn
) -> None:
    address = begin(keyer, forms[0])
    assert save(keyer, address, so_nguoi_lon="3").status_code == 204
    with batch.writing() as session:
        accounting.mark(session, "ho-mau", "B1", [forms[0]], SheetState.VOID, "blank", sure=True)
    for told in (save(keyer, address, C5="1"), post(keyer, address, C5="1"), keyer.get(address)):
        assert (told.status_code, "đã được loại ra: Thu về còn trắng" in told.text) == (409, True), told.text
    assert forms[0] not in keyer.get(f"{WAVE}/").text
    assert "Thu lại" not in sign_in(app, "supervisor").get("/quan-tri/ho-mau/nhap-lieu").text
    with batch.writing() as session:
        # A form that is void already is open at no desk: nothing is asked.
        accounting.mark(session, "ho-mau", "B1", [forms[0]], SheetState.VOID, "twice")
        accounting.mark(session, "ho-mau", "B1", [forms[0]], SheetState.WAITING)
    assert "đã gõ 1 ô" in keyer.get(f"{WAVE}/").text
    assert re.search(r'name="so_nguoi_lon" value="3"', keyer.get(address).text)


@pytest.mark.both_databases
def test_a_form_sent_whole_is_stored_and_the_next_of_the_batch_follows(
    keyer: FlaskClient, forms: list[str], batch: Database, typed: dict[str, str]
) -> None:
    address = post(keyer, f"{WAVE}/mo", tap="B1").location
    assert address
    answer = post(keyer, address, **typed, C2_khac="đài")
    assert answer.status_code == 303
    assert answer.location == f"{WAVE}/phieu/{forms[1]}?tiep=1"
    [row] = stored(batch)
    assert (row.psu, row.adults, len(row.answers)) == ("V1", 1, 84)
    assert state(batch, forms[0]) is SheetState.ENTERED
    page = keyer.get(answer.location).text
    assert f"Phiếu {forms[0]}: 85 trên 86 câu có trả lời, 3 cảnh báo." in page  # a text not asked, two oddities
    assert "Nhập phiếu nào?" not in page
    # What is sent once more, because the answer was lost, stores nothing anew.
    assert post(keyer, address, **typed, C2_khac="đài").location == answer.location
    assert len(stored(batch)) == 1


def test_after_a_form_that_was_opened_by_its_number_the_number_of_another_is_asked(
    keyer: FlaskClient, forms: list[str], typed: dict[str, str]
) -> None:
    address = begin(keyer, forms[2])
    answer = post(keyer, address, **typed)
    assert answer.location == f"{WAVE}/"
    assert "Phiếu" in keyer.get(answer.location).text


def test_what_is_missing_or_wrong_is_told_and_saved_meanwhile(
    keyer: FlaskClient, forms: list[str], batch: Database, typed: dict[str, str]
) -> None:
    address = begin(keyer, forms[0])
    wrong = post(keyer, address, **typed | {"so_nguoi_lon": "0"})
    assert wrong.status_code == 422
    assert 'href="#f-so_nguoi_lon"' in wrong.text
    half = post(keyer, address, **typed | {"C5": ""})
    assert half.status_code == 422
    assert "Còn 1 câu chưa gõ gì" in half.text
    assert stored(batch) == []
    assert 'name="gioi_tinh" value="1"' in keyer.get(address).text
    much = typed | dict.fromkeys(list(typed)[:11], "")
    assert post(keyer, address, **much, de_trong="1").status_code == 422
    assert 'name="de_trong" value="nhieu"' in post(keyer, address, **much).text
    assert post(keyer, address, **typed | {"C5": "", "de_trong": "1"}).status_code == 303
    assert "C5" not in stored(batch)[0].answers


def test_a_form_keyed_twice_waits_and_its_second_keyer_sees_nothing_of_the_first(
    app: Flask, keyer: FlaskClient, forms: list[str], batch: Database, typed: dict[str, str], sign_in: SignIn
) -> None:
    address = begin(keyer, forms[3])
    assert post(keyer, address, **typed, dan_toc_khac="Dao").status_code == 303
    assert stored(batch) == []
    assert post(keyer, f"{WAVE}/mo", so=forms[3]).status_code == 409
    other = sign_in(app, "keyer_2")
    page = other.get(begin(other, forms[3])).text
    assert "Dao" not in page
    assert re.findall(r'<input id="f-\w+" name="\w+" value="([^"]+)"', page) == []
    assert post(other, address, **typed).status_code == 303
    assert len(stored(batch)) == 1
    with batch.reading() as session:
        assert [row.keyer for row in session.scalars(select(Keying).order_by(Keying.turn))] == ["keyer", "keyer_2"]


def test_a_form_without_answers_is_set_aside_and_the_next_one_follows(
    keyer: FlaskClient, forms: list[str], batch: Database
) -> None:
    address = post(keyer, f"{WAVE}/mo", tap="B1").location
    assert address
    assert "Phiếu này không có câu trả lời" in keyer.get(address).text
    number = forms[0]
    assert post(keyer, f"{WAVE}/phieu/{number}/gac?tiep=1", **{"ly-do": "?"}).status_code == 400
    answer = post(keyer, f"{WAVE}/phieu/{number}/gac?tiep=1", **{"ly-do": "refused"})
    assert answer.location == f"{WAVE}/phieu/{forms[1]}?tiep=1"
    assert state(batch, number) is SheetState.VOID
    assert f"Đã loại phiếu {number} ra" in keyer.get(answer.location).text


def test_a_form_is_given_back(keyer: FlaskClient, forms: list[str], batch: Database) -> None:
    begin(keyer, forms[0])
    assert "Phiếu đang nhập dở" in keyer.get(f"{WAVE}/").text
    post(keyer, f"{WAVE}/phieu/{forms[0]}/tra")
    assert "Phiếu đang nhập dở" not in keyer.get(f"{WAVE}/").text
    assert state(batch, forms[0]) is SheetState.WAITING


def test_a_whole_form_without_a_session_waits_for_the_sign_in(
    app: Flask, keyer: FlaskClient, forms: list[str], batch: Database, typed: dict[str, str]
) -> None:
    address = begin(keyer, forms[0])
    stranger = app.test_client()
    waiting = stranger.post(address, data=typed)
    assert waiting.status_code == 401
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', waiting.text))
    fields = {**carried, "account-name": "keyer", "account-password": "mat-khau-dai"}
    assert stranger.post(address, data=fields).status_code == 303
    assert len(stored(batch)) == 1


def test_printed_forms_are_keyed_after_the_last_interview_and_those_without_numbers_are_not(
    keyer: FlaskClient, forms: list[str], batch: Database
) -> None:
    with batch.writing() as session:
        wave = session.get_one(Wave, "ho-mau")
        wave.opens = wave.closes = dates.today().replace(year=2025)
    assert "ho-mau" in keyer.get("/nhap-phieu/").text
    begin(keyer, forms[0])
    assert keyer.get(f"{WAVE}/?khong-so=1").status_code == 410
    with batch.writing() as session:
        session.get_one(Wave, "ho-mau").closed = dates.today()
    assert keyer.get(f"{WAVE}/").status_code == 410
    assert keyer.get(f"{WAVE}/phieu/{forms[0]}").status_code == 410


def test_how_many_are_keyed_tells_nobody_which_forms_are_keyed_twice(
    app: Flask, keyer: FlaskClient, sign_in: SignIn, forms: list[str], typed: dict[str, str], batch: Database
) -> None:
    def counted(client: FlaskClient) -> int:
        found = re.search(r"Ông/Bà đã nhập (\d+) phiếu", client.get("/nhap-phieu/").text)
        assert found is not None
        return int(found[1])

    other = sign_in(app, "keyer_2")
    once, twice = forms[0], forms[3]
    for number, serial in enumerate((once, twice), start=1):
        assert post(keyer, begin(keyer, serial), **typed).status_code == 303
        assert counted(keyer) == number  # the first is stored, the second waits for somebody
    assert counted(other) == 0
    assert post(other, begin(other, twice), **typed).status_code == 303
    assert (len(stored(batch)), counted(other), counted(keyer)) == (2, 1, 2)


def test_a_commune_counts_its_forms_without_numbers_alone(
    keyer: FlaskClient, forms: list[str], typed: dict[str, str]
) -> None:
    assert post(keyer, begin(keyer, forms[0]), **typed).status_code == 303
    page = keyer.get(f"{WAVE}/?khong-so=1").text
    assert re.findall(r'<span class="count"[^>]*>(\d+)<', page) == ["0", "0"]


def test_the_parts_of_the_form_are_numbered_as_on_the_paper(
    keyer: FlaskClient, forms: list[str], household: Questionnaire
) -> None:
    numbered = [f"{number}. {page.title}" for number, page in enumerate(household.paper, start=1)]
    printed = keyer.get(begin(keyer, forms[0])).text
    assert re.findall(r"<legend>(.+?)</legend>", printed) == ["0. Đầu phiếu", *numbered]
    assert re.findall(r"<legend>(.+?)</legend>", keyer.get(f"{WAVE}/06652?thon=V2").text) == numbered


def test_a_form_of_another_wave_is_named(keyer: FlaskClient, forms: list[str], batch: Database) -> None:
    with batch.writing() as session:
        session.add(Village(wave="ho-mo", psu="V1", unit="06652", stratum="06652"))
    client_page = keyer.get("/nhap-phieu/")
    answer = keyer.post("/nhap-phieu/ho-mo/mo", data={"csrf_token": token(client_page), "so": forms[0]})
    assert answer.status_code == 400
    assert "thuộc đợt Khảo sát" in answer.text
    assert keyer.get(f"/nhap-phieu/ho-mo/phieu/{forms[0]}").status_code == 404


def test_only_sheets_of_an_assigned_batch_are_opened_and_the_paper_stays_on_the_desk(
    batch: Database, keyer: FlaskClient, forms: list[str]
) -> None:
    with batch.writing() as session:
        session.execute(delete(Assignment).where(Assignment.account == "keyer"))
        session.add(Batch(code="B2", wave="ho-mau", psu="V2", printed=dates.today()))
        session.flush()
        assignments.give(session, "ho-mau", "keyer", Mode.PAPER, "supervisor", batch="B2")
    reply = post(keyer, f"{WAVE}/mo", so=forms[0])
    assert reply.status_code == 403
    assert "Ông/Bà không được phân công tập này" in reply.text
    assert "phiếu đang chờ" not in reply.text
    with batch.writing() as session:
        assignments.give(session, "ho-mau", "keyer", Mode.PAPER, "supervisor", batch="B1")
    assert post(keyer, f"{WAVE}/mo", so=forms[0]).status_code == 303
    assert post(keyer, f"{WAVE}/mo", tap="B1").status_code == 303

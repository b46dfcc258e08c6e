"""The pages of the review: what is listed, what is decided, and what of a form may be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.fieldwork import reviews
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Agreement, Batch, Keying, Mode, Reinterview, Role, Sheet, SheetState
from survey.system import dates
from survey.system.cache import StaleCache
from survey.waves import waves
from survey.web.staff.fieldwork import review

PASSWORD = "mat-khau-dai"
LIST = "/quan-tri/ho-mau/ra-soat"
EFFECTS = f"{LIST}/nguoi-hoi-nguoi-nhap"
RETIRED = {"nghe_nghiep": 1, "do_tuoi": 1}  # retired, younger than 35: a contradiction
BLANK = {"C4": 1}  # all the rest left blank


def plain(page: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def keep(
    database: Database,
    answers: dict[str, object],
    psu: str | None = "V1",
    mode: Mode = Mode.PAPER,
    serial: str = "",
) -> UUID:
    id = uuid4()
    with database.writing() as session:
        place = waves.place(session, "ho-mau", "06652" if psu in ("V1", "V2", None) else "06658")
        submission.submit(session.connection(), place, id, mode, answers, psu=psu)
        if serial:
            session.add(Sheet(serial=serial, batch="B1", place=int(serial), state=SheetState.ENTERED, response=id))
    return id


@pytest.fixture
def batch(province: Database, account: Callable[..., None]) -> None:
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today(), interviewer="Nguyễn Lan"))
        account(session, "supervisor", Role.SUPERVISOR)


@pytest.fixture
def supervisor(app: Flask, batch: None) -> FlaskClient:
    client = app.test_client()
    fields = {"name": "supervisor", "password": PASSWORD, "csrf_token": token(client, "/dang-nhap")}
    assert client.post("/dang-nhap", data=fields).status_code == 303
    return client


def token(client: FlaskClient, page: str = LIST) -> str:
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get(page).text)
    assert found
    return found[1]


def decide(client: FlaskClient, ids: list[UUID], state: str, why: str = "", page: str = LIST) -> TestResponse:
    fields = {"csrf_token": token(client, page), "phieu": [str(id) for id in ids]}
    return client.post(page, data={**fields, "quyet-dinh": state, "vi-sao": why})


def test_before_there_are_forms_the_page_says_what_will_come(supervisor: FlaskClient) -> None:
    page = plain(supervisor.get(LIST))
    assert "Chưa có phiếu để rà soát" in page
    assert "Phiếu nào vào là được xem qua ngay" in page
    assert "Chưa có tập phiếu nào đã nhập mà ghi tên người hỏi" in plain(supervisor.get(EFFECTS))


def test_forms_in_which_something_stands_out_are_listed_and_cut_down(
    supervisor: FlaskClient, province: Database
) -> None:
    full = {"nghe_nghiep": 5, "do_tuoi": 2}
    keep(province, full | RETIRED, serial="00000001")
    keep(province, BLANK, "V3", Mode.INTERVIEWER)
    page = plain(supervisor.get(LIST))
    assert "2 phiếu chờ quyết định" in page
    assert "00000001 tập B1 Hà Tu, Thôn V1 Nguyễn Lan" in page
    assert "Đã nghỉ hưu mà chưa đến 35 tuổi" in page
    assert "83 trên 84 câu bỏ trống" in page
    assert "1 phiếu ·" in plain(supervisor.get(f"{LIST}?kiem=contradiction"))
    assert "00000001" not in supervisor.get(f"{LIST}?don-vi=06658").text
    assert "Thôn V2" in supervisor.get(f"{LIST}?don-vi=06652").text
    assert "Không có phiếu nào như đã chọn" in plain(supervisor.get(f"{LIST}?don-vi=06652&thon=V2"))
    # A village of the commune that was chosen before does not empty the list.
    assert "1 phiếu ·" in plain(supervisor.get(f"{LIST}?don-vi=06658&thon=V1"))
    assert "Không có phiếu nào như đã chọn" in plain(supervisor.get(f"{LIST}?trang-thai=rejected"))


def test_a_form_in_which_nothing_was_found_is_found_by_its_number(
    supervisor: FlaskClient, province: Database
) -> None:
    answers: dict[str, object] = {}
    with province.reading() as session:
        items = waves.place(session, "ho-mau", "06652").questionnaire.items.values()
    for place, item in enumerate(items):
        if item.kind.several:
            answers[item.code] = [next(iter(item.choices))]
        elif item.choices:
            answers[item.code] = list(item.choices)[place % len(item.choices)]
    answers |= {"nghe_nghiep": 5, "do_tuoi": 2, "C4": 1, "tn_danh_gia": 2}
    keep(province, answers, serial="00000007")
    assert "00000007" not in supervisor.get(LIST).text
    page = plain(supervisor.get(f"{LIST}?phieu=00000007"))
    assert "00000007 tập B1 Hà Tu, Thôn V1 Nguyễn Lan Không có gì" in page


def test_several_forms_are_decided_at_once_and_the_list_says_who_when_and_why(
    supervisor: FlaskClient, province: Database
) -> None:
    ids = [keep(province, BLANK | {"gt_day_du": level}) for level in range(1, 4)]
    ticked = supervisor.get(f"{LIST}?chon=het").text
    assert ticked.count(" checked") == 3
    done = decide(supervisor, ids[:2], "rejected", "Phiếu trắng", f"{LIST}?kiem=blank")
    assert (done.status_code, done.location) == (303, f"{LIST}?kiem=blank")
    page = plain(supervisor.get(LIST))
    assert "Đã ghi quyết định cho 2 phiếu." in page
    assert "1 phiếu chờ quyết định" in page
    day = dates.today().strftime("%d/%m/%Y")
    assert page.count(f"Loại supervisor, {day}: Phiếu trắng") == 2
    assert "2 phiếu ·" in plain(supervisor.get(f"{LIST}?trang-thai=rejected"))
    own = plain(supervisor.get(f"{LIST}/{ids[0]}"))
    assert f"Loại supervisor {day} Phiếu trắng" in own
    with province.reading() as session:
        assert {one.state.value for one in reviews.newest(session, "ho-mau").values()} == {"rejected"}


def test_the_overview_counts_what_waits_and_of_a_large_wave_what_the_page_has_seen(
    app: Flask,
    province: Database,
    account: Callable[..., None],
    sign_in: Callable[[Flask, str], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with province.writing() as session:
        account(session, "so-noi-vu", Role.HOME_AFFAIRS)
    reader = sign_in(app, "so-noi-vu")

    def waiting() -> int | None:
        with app.app_context(), province.reading() as session:
            return review.waiting(session, waves.find(session, "ho-mau"))

    ids = [keep(province, BLANK | {"gt_day_du": level}) for level in range(1, 4)]
    assert waiting() == 3
    decide(reader, ids[:1], "approved")
    overview = reader.get("/quan-tri/ho-mau/").text
    assert f'<strong>2</strong> <a href="{LIST}">phiếu có điều nổi lên đang chờ quyết định</a>' in overview
    assert "chưa có phiếu" in overview
    assert "dưới 30 người trả lời" not in overview  # where nobody answered is told once
    monkeypatch.setattr(review, "LARGE", 1)
    monkeypatch.setattr(review, "_looked", StaleCache(len, lambda _looked: 0))
    assert waiting() is None
    decide(reader, ids[1:], "approved")  # by the page itself, which looks through them
    assert waiting() == 0


def test_without_a_reason_a_tick_or_a_choice_nothing_is_decided(
    supervisor: FlaskClient, province: Database
) -> None:
    id = keep(province, BLANK)
    for page in (
        decide(supervisor, [id], "on_hold"),
        decide(supervisor, [], "approved"),
        decide(supervisor, [id], "new", "Xem lại"),
    ):
        assert (page.status_code, "Lỗi:" in page.text) == (422, True)
    kept = decide(supervisor, [id], "rejected").text
    assert re.search(r'value="rejected" checked', kept)
    assert kept.count(" checked") == 2  # what was ticked and chosen is not lost
    assert decide(supervisor, [uuid4()], "approved").status_code == 422
    with province.reading() as session:
        assert reviews.newest(session, "ho-mau") == {}
    assert supervisor.post(LIST, data={"phieu": str(id), "quyet-dinh": "approved"}).status_code in (400, 422)


def test_a_long_list_is_paged(supervisor: FlaskClient, province: Database) -> None:
    for _form in range(52):
        keep(province, BLANK)
    first, second = supervisor.get(LIST).text, supervisor.get(f"{LIST}?trang=2").text
    assert (first.count('type="checkbox"'), second.count('type="checkbox"')) == (50, 2)
    assert "trang 1/2" in first
    assert 'href="?trang=2&amp;chon="' in first
    assert supervisor.get(f"{LIST}?trang=99").text.count('type="checkbox"') == 2


def test_a_paper_form_shows_its_answers_but_nothing_delicate_and_no_words(
    supervisor: FlaskClient, province: Database
) -> None:
    answers = {"C5": 3, "dan_toc": 2, "dan_toc_khac": "Sán Dìu", "C2": [1, 7], "C2_khac": "Ông Bảy", "th_dien": 4}
    page = supervisor.get(f"{LIST}/{keep(province, answers)}")
    said = plain(page)
    assert re.search(r"4 Hài lòng", said)
    assert "bỏ trống" in said
    assert "Câu khó nói và điều viết bằng lời không hiện" in said
    with province.reading() as session:
        items = waves.place(session, "ho-mau", "06652").questionnaire.items
    for code in ("C5", "C6", "dan_toc"):
        assert str(items[code].short) not in said
    assert "Sán Dìu" not in said
    assert "Ông Bảy" not in said
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("mode", [Mode.PHONE, Mode.KIOSK])
def test_what_people_sent_alone_is_neither_listed_nor_compared_nor_decided_on(
    supervisor: FlaskClient, province: Database, mode: Mode
) -> None:
    """Who knows what somebody answered and sends the same finds no twin, and can strike out neither."""
    one, twin = (keep(province, BLANK | RETIRED, "V1", mode) for _form in range(2))
    paper = keep(province, BLANK | RETIRED)
    for page in (LIST, f"{LIST}?chon=het"):
        listed = supervisor.get(page).text.partition('<form method="post')[2]
        assert not [id for id in (one, twin) if id.hex[:8] in listed]
    unknown = uuid4()
    asked = [plain(supervisor.get(f"{LIST}?phieu={id.hex[:8]}")).replace(id.hex[:8], "") for id in (one, unknown)]
    assert asked[0] == asked[1]
    assert str(paper) in supervisor.get(LIST).text
    assert "giống phiếu" not in plain(supervisor.get(LIST))
    assert [supervisor.get(f"{LIST}/{id}").status_code for id in (one, unknown)] == [404, 404]
    refused = [decide(supervisor, [id], "rejected", "Phiếu trùng") for id in (one, unknown)]
    assert [answer.status_code for answer in refused] == [422, 422]
    with province.reading() as session:
        assert reviews.newest(session, "ho-mau") == {}


def test_a_form_that_is_asked_again_shows_nothing_before_the_agreement_is_computed(
    supervisor: FlaskClient, province: Database
) -> None:
    id = keep(province, {"th_dien": 4}, serial="00000001")
    with province.writing() as session:
        session.add(Reinterview(sheet="00000001", wave="ho-mau"))
    said = plain(supervisor.get(f"{LIST}/{id}"))
    assert "Phiếu này được chọn phúc tra" in said
    assert "4 Hài lòng" not in said
    with province.writing() as session:
        session.add(Agreement(wave="ho-mau", made=dates.today(), figures={}))
    assert "4 Hài lòng" in plain(supervisor.get(f"{LIST}/{id}"))


def test_a_form_of_another_wave_is_not_found(supervisor: FlaskClient, province: Database) -> None:
    id = keep(province, BLANK)
    assert supervisor.get(f"/quan-tri/ho-mo/ra-soat/{id}").status_code == 404
    assert supervisor.get(f"{LIST}/{uuid4()}").status_code == 404


def test_interviewers_and_keyers_stand_beside_all_others_with_intervals(
    supervisor: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        session.add(Batch(code="B2", wave="ho-mau", psu="V3", printed=dates.today(), interviewer="Trần Minh"))
    for place in range(1, 25):
        id = keep(province, {"th_dien": 1 + place % 5, "C4": 1}, "V1" if place <= 12 else "V3")
        with province.writing() as session:
            serial = f"{place:08d}"
            batch = "B1" if place <= 12 else "B2"
            session.add(Sheet(serial=serial, batch=batch, place=place, state=SheetState.ENTERED, response=id))
            session.flush()
            keyer, turn = ("lan" if place % 2 else "minh"), 1
            session.add(Keying(sheet=serial, turn=turn, keyer=keyer, source="person", typed={}, day=dates.today()))
    said = plain(supervisor.get(EFFECTS))
    assert "Khác biệt không nói xấu ai" in said
    assert re.search(r"Nguyễn Lan 12 phiếu 1 thôn, tổ dân phố", said)
    assert re.search(r"lan 12 phiếu 2 thôn, tổ dân phố", said)
    assert "chưa biết được" in said  # one village each: places can't be told from people


def test_a_keyer_reviews_nothing(app: Flask, batch: None) -> None:
    client = app.test_client()
    fields = {"name": "keyer", "password": PASSWORD, "csrf_token": token(client, "/dang-nhap")}
    client.post("/dang-nhap", data=fields)
    assert {client.get(page).status_code for page in (LIST, EFFECTS, f"{LIST}/{uuid4()}")} == {403}

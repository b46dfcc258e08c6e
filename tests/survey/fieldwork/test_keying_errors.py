"""How often keying goes wrong: counted against what became the answer, shown with its interval."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.fieldwork import double_entry, keying, keying_errors, sheet_locks
from survey.storage.database import Database
from survey.storage.models import Batch, OpenKeying, Sheet, SheetState
from survey.system import dates
from survey.waves import questionnaires, waves

PAGE = "/quan-tri/ho-mau/nhap-lieu"
TODAY = dates.today()


@pytest.fixture
def keyed(province: Database) -> Database:
    """Forms 0001 … 0006 of V1, all to be keyed twice: three by Lan and Minh, one of them settled by Ba; one
    scanned and keyed by Minh; one that differs still; one keyed once."""
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=TODAY, returned=TODAY, counted=6))
        session.flush()
        for place in range(1, 8):
            state = SheetState.WAITING
            session.add(Sheet(serial=f"000{place}", batch="B1", place=place, state=state, double=place < 7))
        session.flush()
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
        items = (*keying.head(), *questionnaire.keyed)
        right = {item.code: str(next(iter(item.choices))) for item in items if item.choices}
        wrong = right | {"C5": "2", "C6": "9"}
        for number, turn, who, fields, source in (
            ("0001", 1, "Lan", right, "person"),
            ("0001", 2, "Minh", right, "person"),
            ("0002", 1, "Lan", wrong, "person"),
            ("0002", 2, "Minh", right | {"C5": "3"}, "person"),
            ("0002", 3, "Ba", right, "person"),
            ("0003", 1, "Minh", right, "person"),
            ("0003", 2, "Lan", right, "person"),
            ("0004", 1, "Lan", right, "scan"),
            ("0004", 2, "Minh", right, "person"),
            ("0005", 1, "Lan", right, "person"),
            ("0005", 2, "Minh", wrong, "person"),
            ("0006", 1, "Lan", right, "person"),
            ("0007", 1, "Lan", wrong, "person"),  # keyed once: nobody knows
        ):
            double_entry.finish(session, number, turn, who, fields, source)
    return province


def settle(keyed: Database) -> None:
    """A third person finds what Lan typed of 0005 on its paper."""
    with keyed.writing() as session:
        typed = sheet_locks.printed(session, "0005")
        pair = double_entry.pair(session, typed.place.questionnaire, "0005")
        double_entry.finish(session, "0005", 3, "Ba", pair.first.typed)


def test_while_two_keyings_differ_no_rate_is_told(
    app: Flask, keyed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    with keyed.reading() as session:
        found = keying_errors.gather(session, waves.find(session, "ho-mau"))
    assert (found.disputed, found.forms, found.everyone, found.keyers, found.items) == (1, 4, None, [], [])
    page = unescape(sign_in(app, "home_affairs").get(PAGE).text)
    assert "1 phiếu chờ đối chiếu; đối chiếu xong mới tính tỷ lệ lỗi" in page
    assert "1 phiếu chờ người thứ ba đối chiếu" in page
    assert "trên 1.000 ô" not in page


def test_a_field_is_wrong_where_it_is_not_what_became_the_answer(keyed: Database) -> None:
    settle(keyed)
    with keyed.reading() as session:
        found = keying_errors.gather(session, waves.find(session, "ho-mau"))
    assert (found.forms, found.settled, found.waiting) == (5, 2, 1)
    assert found.everyone is not None
    assert (found.everyone.errors, found.everyone.fields, found.everyone.forms) == (5, 5 * 2 * 86, 5)
    by_name = {name: (rate.errors, rate.forms, rate.fields) for name, rate in found.keyers}
    assert by_name == {"": (0, 1, 86), "Lan": (2, 4, 4 * 86), "Minh": (3, 5, 5 * 86)}
    wrong = {item.code: (rate.errors, rate.fields) for item, rate in found.items if rate.errors}
    assert wrong == {"C5": (3, 10), "C6": (2, 10)}
    assert [item.code for item, _rate in found.items][:2] == ["C5", "C6"]
    assert len(found.items) == 86
    assert all(rate.effect is not None and rate.effect <= 2 for _item, rate in found.items)  # two fields a form
    assert not found.apart(found.keyers)


def test_the_page_shows_intervals_and_accuses_nobody(
    app: Flask, keyed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    settle(keyed)
    page = unescape(sign_in(app, "home_affairs").get(PAGE).text)
    assert "Nhập sai 5,8 ô trên 1.000 ô" in page  # 5 of 860
    assert "Chưa phân biệt được ai với ai" in page
    assert re.search(r"khoảng tin cậy từ [\d,]+ đến [\d,]+ trên 1.000", page)
    assert "Tỷ lệ lỗi không nói xấu ai" in page
    assert "1 phiếu chờ người khác nhập lần thứ hai" in page
    # A bound of hundreds per 1,000 would say nothing.
    assert "Mới nhập hai lần 5 phiếu, chưa nói được gì về những câu chưa thấy lỗi" in page
    assert "quá ít phiếu" in page  # the scan


def test_a_wave_without_paper_or_with_few_forms_says_what_comes(
    app: Flask, province: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "home_affairs")
    assert "Chưa in phiếu nào" in client.get(PAGE).text
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=TODAY))
    page = client.get(PAGE).text
    assert "Chưa đủ phiếu nhập hai lần" in page
    assert "Không ai đang mở phiếu nào" in page


def test_a_form_that_somebody_left_open_is_taken_back(
    app: Flask, keyed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    with keyed.writing() as session:
        sheet_locks.acquire(session, "0006", "Minh")
    client = sign_in(app, "home_affairs")
    page = client.get(PAGE).text
    assert 'value="0006"' in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = client.post(f"{PAGE}/thu-lai", data={"csrf_token": token[1], "so": "0006"})
    assert answer.status_code == 303
    assert "Đã thu lại phiếu 0006" in client.get(PAGE).text
    with keyed.reading() as session:
        assert session.get(OpenKeying, ("0006", 2)) is None
        assert session.get(OpenKeying, ("0006", 1)) is not None  # the finished turn and its texts stay
    strange = client.post("/quan-tri/ho-mo/nhap-lieu/thu-lai", data={"csrf_token": token[1], "so": "0006"})
    assert strange.status_code == 404
    assert sign_in(app, "keyer").get(PAGE).status_code == 403

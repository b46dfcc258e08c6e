"""Nothing keyed is beyond repair: a form is keyed again with a reason, and one keying can be enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.fieldwork import accounting, double_entry, keying_decisions, reviews, sheet_locks
from survey.storage.database import Database
from survey.storage.models import Batch, Keying, Response, ReviewState, Role, Sheet, SheetState
from survey.system import dates
from survey.waves import waves
from translations import Conflict, Refusal

PAGE = "/quan-tri/ho-mau/nhap-lieu"
ONE, TWO = "10000018", "10000025"


@pytest.fixture
def keyed(province: Database, typed: dict[str, str], account: Callable[..., None]) -> Database:
    """Form ONE keyed and stored by `keyer`; TWO keyed by her once, to be keyed twice."""
    with province.writing() as session:
        account(session, "supervisor", Role.SUPERVISOR)
        account(session, "keyer_2", Role.KEYER)
        today = dates.today()
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=today, returned=today, counted=2))
        session.flush()
        for place, number in enumerate((ONE, TWO), start=1):
            double = number == TWO
            session.add(Sheet(serial=number, batch="B1", place=place, state=SheetState.WAITING, double=double))
        session.flush()
        for number in (ONE, TWO):
            double_entry.finish(session, number, 1, "keyer", typed)
    return province


def sheet(database: Database, number: str) -> Sheet:
    with database.reading() as session:
        return session.get_one(Sheet, number)


def states(database: Database) -> dict[int, ReviewState]:
    """What holds of each response, by its answer to C5."""
    with database.reading() as session:
        decided = reviews.newest(session, "ho-mau")
        return {
            row.answers["C5"]: decided.get(row.id, reviews.UNDECIDED).state
            for row in session.scalars(select(Response))
        }


def again(database: Database, reason: str = "lệch một dòng", number: str = ONE) -> None:
    with database.writing() as session:
        keying_decisions.key_again(session, "ho-mau", number, reason, "supervisor")


def test_a_form_is_keyed_again_by_its_keyer_and_the_former_keying_stays(
    keyed: Database, typed: dict[str, str]
) -> None:
    again(keyed)
    assert (sheet(keyed, ONE).state, sheet(keyed, ONE).response) == (SheetState.WAITING, None)
    assert states(keyed) == {1: ReviewState.REJECTED}
    with keyed.writing() as session:
        assert double_entry.to_settle(session) == []
        opened = sheet_locks.take_next(session, "B1", "keyer")
        assert opened is not None
        assert (opened.sheet, opened.turn) == (ONE, sheet_locks.AGAIN)
        double_entry.finish(session, ONE, opened.turn, "keyer", typed | {"C5": "2"})
    assert states(keyed) == {1: ReviewState.REJECTED, 2: ReviewState.NEW}
    with keyed.reading() as session:
        kept = {row.turn: row.typed["C5"] for row in session.scalars(select(Keying).where(Keying.sheet == ONE))}
        assert kept == {1: "1", sheet_locks.AGAIN: "2"}
        [(decision, _sheet)] = keying_decisions.listed(session, "ho-mau")
        assert (decision.reason, decision.person, decision.day) == ("lệch một dòng", "supervisor", dates.today())
        former = decision.response
    # What was stored before can't be brought back beside it, and a form can be keyed again once more.
    with pytest.raises(Conflict, match=ONE), keyed.writing() as session:
        reviews.decide(session, "ho-mau", [former], ReviewState.APPROVED, "", "supervisor")
    again(keyed)
    with keyed.writing() as session:
        double_entry.finish(session, ONE, sheet_locks.AGAIN + 1, "keyer_2", typed | {"C5": "3"})
    assert [state for state in states(keyed).values() if state is not ReviewState.REJECTED] == [ReviewState.NEW]


def test_nothing_is_taken_back_once_the_fieldwork_is_closed(keyed: Database) -> None:
    """It could not be keyed any more, and its answers would be lost."""
    with keyed.writing() as session:
        waves.find(session, "ho-mau").closed = dates.today()
    with pytest.raises(Conflict, match="đã khóa"):
        again(keyed)
    assert states(keyed) == {1: ReviewState.NEW}
    assert sheet(keyed, ONE).state is SheetState.ENTERED


def test_what_is_not_stored_and_what_has_no_reason_is_not_keyed_again(
    keyed: Database, typed: dict[str, str]
) -> None:
    for number, reason in ((ONE, " "), (TWO, "lệch"), ("1", "lệch")):
        with pytest.raises(Refusal):
            again(keyed, reason, number)
    assert sheet(keyed, ONE).state is SheetState.ENTERED
    with pytest.raises(Conflict), keyed.writing() as session:  # nobody asked for it
        double_entry.finish(session, ONE, sheet_locks.AGAIN, "keyer_2", typed)
    again(keyed)
    for turn, source in ((2, "person"), (sheet_locks.AGAIN, "scan")):
        with pytest.raises(Conflict), keyed.writing() as session:
            double_entry.finish(session, ONE, turn, "keyer_2", typed, source)


def test_one_keying_is_enough_where_another_person_says_why(keyed: Database, typed: dict[str, str]) -> None:
    for number, person in ((TWO, "keyer"), (ONE, "supervisor")):
        with pytest.raises(Conflict), keyed.writing() as session:
            keying_decisions.accept_single(session, "ho-mau", number, "hết hạn", person)
    with keyed.writing() as session:
        keying_decisions.accept_single(session, "ho-mau", TWO, "giấy đã gửi kho", "supervisor")
    assert sheet(keyed, TWO).state is SheetState.ENTERED
    again(keyed, number=TWO)  # and it can be repaired later
    with keyed.writing() as session:
        assert keying_decisions.to_come(session, "ho-mau") == 1
        assert double_entry.finish(session, TWO, sheet_locks.AGAIN, "keyer_2", typed).stored


def test_forms_that_are_keyed_or_open_are_void_only_for_who_is_sure(keyed: Database) -> None:
    with keyed.writing() as session:
        session.add(Sheet(serial="10000032", batch="B1", place=3, state=SheetState.WAITING))
        session.flush()
        sheet_locks.acquire(session, "10000032", "keyer_2")
    asked = keyed, [TWO, "10000032"]

    def void(database: Database, serials: list[str], sure: bool) -> int:
        with database.writing() as session:
            return accounting.mark(session, "ho-mau", "B1", serials, SheetState.VOID, "blank", sure)

    with pytest.raises(
        accounting.Keyed,
        match="2 phiếu này: đã nhập 0, chờ nhập mà đã có người gõ 1, đang có người mở 1",
    ):
        void(*asked, False)
    assert sheet(keyed, TWO).state is SheetState.WAITING
    assert void(*asked, True) == 2


def test_stored_forms_are_void_for_who_is_sure_and_their_answers_stay_rejected(
    app: Flask, keyed: Database, sign_in: Callable[[Flask, str], FlaskClient], typed: dict[str, str]
) -> None:
    client, page = sign_in(app, "supervisor"), "/quan-tri/ho-mau/phieu/B1"
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token

    def send(what: str, **fields: str) -> tuple[int, str]:
        answer = client.post(page, data={"csrf_token": token[1], "phieu": ONE, "what": what, **fields})
        return answer.status_code, unescape(answer.text)

    status, text = send("void", void="twice")
    assert (status, "1 phiếu này: đã nhập 1" in text, 'name="sure"' in text) == (409, True, True)
    assert states(keyed) == {1: ReviewState.NEW}
    assert send("missing", reason="lũ", sure="y")[0] == 409  # its answers are here: it can't be missing
    assert send("missing", reason="lũ")[0] == send("entry")[0] == 409
    assert sheet(keyed, ONE).state is SheetState.ENTERED
    assert send("void", void="twice", sure="y")[0] == 303
    assert (sheet(keyed, ONE).state, sheet(keyed, ONE).reason) == (SheetState.VOID, "twice")
    assert states(keyed) == {1: ReviewState.REJECTED}
    with keyed.reading() as session:
        assert keying_decisions.to_come(session, "ho-mau") == 0
        [(decision, _sheet)] = keying_decisions.listed(session, "ho-mau")
    assert (decision.reason, decision.person) == ("Một người trả lời hai lần", "supervisor")
    assert "đã hủy, câu trả lời bị loại" in client.get(PAGE).text
    # Not void after all: it is keyed once more from the paper.
    assert send("entry")[0] == 303
    with keyed.writing() as session:
        assert keying_decisions.to_come(session, "ho-mau") == 1
        double_entry.finish(session, ONE, sheet_locks.AGAIN, "keyer_2", typed | {"C5": "2"})
    assert states(keyed) == {1: ReviewState.REJECTED, 2: ReviewState.NEW}


def test_the_pages_ask_for_a_reason_and_say_what_is_to_come(
    app: Flask, keyed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "supervisor")

    def send(address: str, **fields: str) -> tuple[int, str]:
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(PAGE).text)
        assert token
        answer = client.post(address, data={"csrf_token": token[1], **fields}, follow_redirects=True)
        return answer.status_code, unescape(answer.text)

    page = f"{PAGE}/quyet-dinh"
    assert send(page, serial=ONE, what="again")[0] == 400
    status, text = send(page, serial=f"HL1:{ONE}:1", what="again", reason="lệch một dòng")
    assert status == 200
    assert "1 phiếu chờ nhập lại từ giấy" in text
    assert "lệch một dòng" in text
    status, text = send(page, serial=ONE, what="again", reason="lần nữa")  # it waits, and why is said
    assert (status, "đang chờ nhập lại từ giấy từ ngày" in text) == (409, True)
    batch = client.get("/quan-tri/ho-mau/phieu/B1").text
    assert len(re.findall(r"nhập lại từ giấy, từ ngày [\d/]+: lệch một dòng", unescape(batch))) == 1
    fields = {"phieu": TWO, "what": "void", "void": "blank"}
    status, text = send("/quan-tri/ho-mau/phieu/B1", **fields)
    assert (status, "đã có người gõ 1" in text, 'name="sure"' in text) == (409, True, True)
    assert send("/quan-tri/ho-mau/phieu/B1", **fields, sure="y")[0] == 200
    assert sheet(keyed, TWO).state is SheetState.VOID

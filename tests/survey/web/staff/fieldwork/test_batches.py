"""Page: many batches go out or come back at once, by scanning their covers in a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.responses import assignments
from survey.storage.database import Database
from survey.storage.models import Batch, Mode, Role, Sheet, SheetState, Village
from survey.system import dates
from translations import formats

PAGE = "/quan-tri/ho-mau/giao-nhan"
TODAY = dates.today()


@pytest.fixture
def printed(province: Database, account: Callable[..., None]) -> Database:
    """Twelve batches of two forms each, and an interviewer's account."""
    with province.writing() as session:
        account(session, "supervisor", Role.SUPERVISOR)
        account(session, "dtv-lan", Role.INTERVIEWER)
        for number in range(12):
            code = f"B{number + 1}"
            session.add(Batch(code=code, wave="ho-mau", psu="V1", printed=TODAY - timedelta(1)))
            session.flush()
            session.add_all(Sheet(serial=f"2{number:03d}{place:04d}", batch=code, place=place) for place in (1, 2))
    return province


def send(client: FlaskClient, work: str, **fields: object) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(PAGE).text)
    assert token
    data = {"csrf_token": token[1], "day": TODAY.isoformat(), **fields}
    answer = client.post(f"{PAGE}?viec={work}", data=data, follow_redirects=True)
    return answer.status_code, unescape(answer.text)


def batches(database: Database) -> list[Batch]:
    with database.reading() as session:
        return list(session.scalars(select(Batch)))


def sums(text: str) -> list[int]:
    """Batches numbered, printed, handed out, back, keyed, overdue, as the page says at its top."""
    return [int(number) for number in re.findall(r"<dd>([0-9]+)</dd>", text)]


def test_covers_scanned_in_a_row_go_out_with_an_account_and_come_back(
    app: Flask, printed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "supervisor")
    row = "\n".join(f"B{number}" for number in range(1, 11))
    assert send(client, "giao", scanned=row)[0] == 422  # with nobody
    assert send(client, "giao", scanned=row, interviewer="Ai do")[0] == 422  # who has no account
    status, text = send(client, "giao", scanned=row, interviewer="dtv-lan", tap=["B11", "B1"])
    assert (status, "11 tập đã giao" in text, sums(text)) == (200, True, [12, 0, 11, 0, 0, 0])
    assert sum(batch.interviewer == "dtv-lan" for batch in batches(printed)) == 11
    status, text = send(client, "nhan", scanned="HL1:20000001:1 B2")
    assert (status, "2 tập đã về" in text, "2 trên 12 tập đã về" in text) == (200, True, True)
    with printed.reading() as session:
        back = session.scalars(select(Sheet.batch).where(Sheet.state == SheetState.WAITING))
        assert sorted(back) == ["B1", "B1", "B2", "B2"]


def test_all_batches_go_out_at_once_each_to_whoever_is_assigned_to_its_village(
    app: Flask, printed: Database, sign_in: Callable[[Flask, str], FlaskClient], account: Callable[..., None]
) -> None:
    with printed.writing() as session:
        account(session, "dtv-mai", Role.INTERVIEWER)
        for number in range(1, 13):
            batch = session.get_one(Batch, f"B{number}")
            batch.psu, batch.on_paper = "V2" if number > 9 else "V1", TODAY
        session.add(Batch(code="C1", wave="ho-mau", psu="V1", printed=TODAY))  # not printed yet: it can't go out
    client = sign_in(app, "supervisor")
    status, text = send(client, "giao", rest="y", interviewer="*")
    assert (status, "không có, hoặc có nhiều điều tra viên được phân công: B1, B10" in text) == (409, True)
    assert all(batch.interviewer is None for batch in batches(printed))  # each has several
    with printed.writing() as session:
        left = {("dtv-lan", "V1"), ("dtv-mai", "V2")}
        for one in assignments.list_all(session, "ho-mau"):
            if one.mode is Mode.INTERVIEWER and (one.account, one.psu) not in left:
                assignments.end(session, "ho-mau", one.id, "supervisor")
    send(client, "giao", scanned="B10", interviewer="dtv-lan")  # by name, and so it stays
    status, text = send(client, "giao", rest="y", interviewer="*")
    assert (status, "11 tập đã giao" in text) == (200, True)
    takers = {batch.code: batch.interviewer for batch in batches(printed)}
    assert [takers[f"B{number}"] for number in (1, 9, 10, 11, 12)] == ["dtv-lan"] * 3 + ["dtv-mai"] * 2
    assert takers["C1"] is None
    assert send(client, "giao", rest="y", interviewer="*")[0] == 400  # nobody's are left
    assert send(client, "giao", scanned="B1", interviewer="*")[0] == 200  # already so


def test_the_page_of_printing_says_how_long_the_file_of_many_takes(
    app: Flask, printed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "supervisor")
    assert "mất chừng" not in client.get("/quan-tri/ho-mau/in-phieu").text
    with printed.writing() as session:
        session.add_all(Batch(code=f"C{one}", wave="ho-mau", psu="V1", printed=TODAY) for one in range(8))
    assert "Lập tệp in 20 tập mất chừng 10 giây" in client.get("/quan-tri/ho-mau/in-phieu").text
    with printed.writing() as session:
        session.get_one(Batch, "B1").on_paper = TODAY
    assert f"đã lập tệp in ngày {formats.day(TODAY)}" in client.get(PAGE).text


def test_one_that_is_unknown_leaves_all_as_they_were(
    app: Flask, printed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "supervisor")
    status, text = send(client, "nhan", scanned="B1 B99")
    assert (status, "B99" in text) == (400, True)
    assert all(batch.returned is None for batch in batches(printed))
    assert sign_in(app, "keyer").get(PAGE).status_code == 403


def test_a_wrong_scan_takes_no_batch_away_and_counts_none_twice(
    app: Flask, printed: Database, sign_in: Callable[[Flask, str], FlaskClient], account: Callable[..., None]
) -> None:
    with printed.writing() as session:
        account(session, "dtv-mai", Role.INTERVIEWER)
    client = sign_in(app, "supervisor")
    assert "2 tập đã giao" in send(client, "giao", scanned="b1 B2", interviewer="dtv-lan")[1]  # Caps Lock or not
    status, text = send(client, "giao", scanned="B1 B3", interviewer="dtv-mai")
    assert (status, "Người khác đang giữ B1 (dtv-lan)." in text) == (409, True)
    assert [batch.code for batch in batches(printed) if batch.interviewer == "dtv-mai"] == []
    assert send(client, "giao", scanned="B1 B3", interviewer="dtv-mai", again="y")[0] == 200
    assert sorted(batch.code for batch in batches(printed) if batch.interviewer == "dtv-mai") == ["B1", "B3"]
    send(client, "nhan", scanned="B1")
    text = send(client, "nhan", scanned="B1 B2")[1]
    assert ("1 tập đã về" in text, "Đã về từ trước: B1." in text) == (True, True)
    assert "không có phiếu hay tập B77, B88" in send(client, "nhan", scanned="B77 B88")[1]


def test_a_batch_that_is_out_longer_than_was_said_stands_first(
    app: Flask, printed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "supervisor")
    yesterday = TODAY - timedelta(1)
    status, _text = send(client, "giao", scanned="B7", interviewer="dtv-lan", due=yesterday.isoformat())
    assert status == 400  # due before it goes out
    given = {"scanned": "B7", "interviewer": "dtv-lan", "day": yesterday.isoformat(), "due": yesterday.isoformat()}
    status, text = send(client, "giao", **given)
    assert (status, sums(text)) == (200, [12, 0, 1, 0, 0, 1])
    assert "0 trên 12 tập đã về; 1 tập quá hẹn" in text
    first = text.index("phieu/B7")
    assert first < text.index("quá 1 ngày") < text.index("phieu/B1")
    assert "quá hẹn" not in send(client, "nhan", scanned="B7")[1].split("<h1>")[1].split("</h1>")[0]


def test_108_batches_are_numbered_printed_handed_out_and_counted_back_in_a_quarter_of_an_hour(
    app: Flask, province: Database, account: Callable[..., None], sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    """Each click, choice and scan counts 2.5 seconds."""
    with province.writing() as session:
        account(session, "supervisor", Role.SUPERVISOR)
        for number in range(14):
            account(session, f"dtv-{number:02d}", Role.INTERVIEWER)
        for number in range(104):  # beside V1 to V4
            session.add(Village(wave="ho-mau", psu=f"W{number:03d}", unit="06652", stratum="06652"))
    client, acts = sign_in(app, "supervisor"), 0
    page = "/quan-tri/ho-mau/in-phieu"
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token
    fields = {"csrf_token": token[1], "unit": "", "forms": "1", "double": "10", "again": "5"}
    assert client.post(page, data=fields).status_code == 303
    acts += 3  # the page, how many forms, "Number the forms"
    with client.get(f"{page}/phieu.pdf?moi=1") as answer:
        assert answer.status_code == 200
    assert client.get(f"{page}/phieu.pdf?moi=1").status_code == 404  # there are none any more
    acts += 1
    codes = [batch.code for batch in batches(province)]
    assert sums(client.get(PAGE).text) == [108, 108, 0, 0, 0, 0]
    acts += 1
    for number in range(14):
        own = codes[number::14]
        assert send(client, "giao", scanned="\n".join(own), interviewer=f"dtv-{number:02d}")[0] == 200
        acts += len(own) + 2  # scans, whose they are, "Hand these batches out"
    acts += 1  # "Count back"
    status, text = send(client, "nhan", scanned="\n".join(codes))
    acts += len(codes) + 1
    assert (status, sums(text)) == (200, [108, 108, 108, 108, 0, 0])
    assert acts * 2.5 <= 15 * 60

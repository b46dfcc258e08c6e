"""Page: many packets go out or come back at once, by scanning their covers in a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.storage.database import Database
from survey.storage.models import Batch, Role, Sheet, SheetState
from survey.system import dates

PAGE = "/quan-tri/ho-mau/giao-nhan"
TODAY = dates.today()


@pytest.fixture
def printed(province: Database, account: Callable[..., None]) -> Database:
    """Twelve packets of two forms each, and an interviewer's account."""
    with province.writing() as session:
        account(session, "supervisor", Role.SUPERVISOR)
        account(session, "dtv-lan", Role.INTERVIEWER)
        for number in range(12):
            code = f"B{number + 1}"
            session.add(Batch(code=code, wave="ho-mau", psu="V1", printed=TODAY - timedelta(1)))
            session.flush()
            session.add_all(Sheet(serial=f"2{number:03d}{place:04d}", batch=code, place=place) for place in (1, 2))
    return province


def send(client: FlaskClient, **fields: object) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(PAGE).text)
    assert token
    data = {"csrf_token": token[1], "day": TODAY.isoformat(), **fields}
    answer = client.post(PAGE, data=data, follow_redirects=True)
    return answer.status_code, unescape(answer.text)


def batches(database: Database) -> list[Batch]:
    with database.reading() as session:
        return list(session.scalars(select(Batch)))


def test_covers_scanned_in_a_row_go_out_with_an_account_and_come_back(
    app: Flask, printed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "supervisor")
    row = "\n".join(f"B{number}" for number in range(1, 11))
    assert send(client, scanned=row, what="out")[0] == 422  # with nobody
    assert send(client, scanned=row, what="out", interviewer="Ai do")[0] == 422  # who has no account
    status, text = send(client, scanned=row, what="out", interviewer="dtv-lan", tap=["B11", "B1"])
    assert (status, "11 tập đã giao" in text) == (200, True)
    assert sum(batch.interviewer == "dtv-lan" for batch in batches(printed)) == 11
    status, text = send(client, scanned="HL1:20000001:1 B2", what="back")
    assert (status, "2 tập đã về" in text, "10 tập còn phiếu chưa về" in text) == (200, True, True)
    with printed.reading() as session:
        back = session.scalars(select(Sheet.batch).where(Sheet.state == SheetState.WAITING))
        assert sorted(back) == ["B1", "B1", "B2", "B2"]


def test_one_that_is_unknown_leaves_all_as_they_were(
    app: Flask, printed: Database, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    client = sign_in(app, "supervisor")
    status, text = send(client, scanned="B1 B99", what="back")
    assert (status, "B99" in text) == (400, True)
    assert all(batch.returned is None for batch in batches(printed))
    assert sign_in(app, "keyer").get(PAGE).status_code == 403

"""Pages: a third person settles what differs between two keyings."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.fieldwork import double_entry
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Keying, Response, Sheet, SheetState

LIST = "/nhap-phieu/doi-chieu/"
SignIn = Callable[[Flask, str], FlaskClient]


@pytest.fixture
def differing(batch: Database, typed: dict[str, str], forms: list[str]) -> str:
    """The number of a form that `keyer` and `keyer_2` keyed, with differences in C5, C2 and a text."""
    with batch.writing() as session:
        first = typed | {"dan_toc": "2", "dan_toc_khac": "Dao"}
        second = typed | {"dan_toc": "2", "dan_toc_khac": "Tày", "C5": "*", "C2": "1 3"}
        double_entry.finish(session, forms[3], 1, "keyer", first)
        double_entry.finish(session, forms[3], 2, "keyer_2", second)
    return forms[3]


def send(client: FlaskClient, number: str, **fields: str) -> tuple[int, str, str | None]:
    page = client.get(f"{LIST}{number}")
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found
    answer = client.post(f"{LIST}{number}", data={"csrf_token": found[1], **fields})
    return answer.status_code, unescape(answer.text), answer.location


def place_of(page: str, code: str, words: str) -> str:
    """Which of the values of a field says this."""
    found = re.search(rf'name="{code}" value="(\d)"[^>]*> {re.escape(words)}</label>', unescape(page))
    assert found, words
    return found[1]


def test_both_values_stand_side_by_side_and_not_whose_they_are(
    app: Flask, differing: str, sign_in: SignIn
) -> None:
    client = sign_in(app, "supervisor")
    assert differing in client.get(LIST).text
    assert "1 phiếu chờ người thứ ba đối chiếu" in client.get("/nhap-phieu/").text
    page = unescape(client.get(f"{LIST}{differing}").text)
    assert "keyer" not in page
    assert "3 ô khác nhau" in page
    for words in ("đánh hai ô", "Dao", "Tày"):
        assert words in page
    assert re.findall(r'<fieldset id="(\w+)"', page) == ["C2", "C5", "dan_toc_khac"]


def test_what_is_decided_becomes_the_answer_and_both_keyings_stay(
    app: Flask, differing: str, batch: Database, sign_in: SignIn
) -> None:
    client = sign_in(app, "home_affairs")  # without the right to key
    page = client.get(f"{LIST}{differing}").text
    fields = {"C2-khac": "1,2", "dan_toc_khac": place_of(page, "dan_toc_khac", "Tày")}
    status, _page, location = send(client, differing, **fields, C5="khac", **{"C5-khac": "2"})
    assert (status, location) == (303, LIST)
    assert f"Phiếu {differing} đã đối chiếu xong" in client.get(LIST).text
    with batch.reading() as session:
        [row] = session.scalars(select(Response))
        assert (row.answers["C2"], row.answers["C5"], row.answers["dan_toc"]) == ([1, 2], 2, 2)
        assert texts_of(session.connection(), row.id) == {"dan_toc_khac": "Tày"}
        kept = {row.turn: (row.keyer, row.typed["C5"]) for row in session.scalars(select(Keying))}
        assert kept == {1: ("keyer", "1"), 2: ("keyer_2", "*"), 3: ("home_affairs", "2")}
        assert session.get_one(Sheet, differing).state is SheetState.ENTERED
    assert client.get(f"{LIST}{differing}").status_code == 409


def test_what_is_missing_or_cant_be_is_told_at_its_field(
    app: Flask, differing: str, batch: Database, sign_in: SignIn
) -> None:
    client = sign_in(app, "supervisor")
    fields = {"C2": "0", "C5": "khac", "C5-khac": "7"}
    status, page, _location = send(client, differing, **fields)
    assert status == 422
    assert 'href="#C5"' in page
    assert 'href="#dan_toc_khac"' in page
    assert 'name="C5-khac" value="7"' in page
    assert re.search(r'name="C2" value="0" checked', page)
    with batch.reading() as session:
        assert list(session.scalars(select(Response))) == []
    assert send(client, differing, **fields | {"C5-khac": ""})[0] == 422


def test_who_keyed_the_form_does_not_settle_it(
    app: Flask, batch: Database, typed: dict[str, str], forms: list[str], sign_in: SignIn
) -> None:
    with batch.writing() as session:
        double_entry.finish(session, forms[4], 1, "supervisor", typed)
        double_entry.finish(session, forms[4], 2, "keyer", typed | {"C6": "2"})
    client = sign_in(app, "supervisor")
    page = client.get(LIST).text
    assert forms[4] not in page
    assert "Còn 1 phiếu do chính Ông/Bà nhập" in page
    assert client.get(f"{LIST}{forms[4]}").status_code == 409
    assert sign_in(app, "keyer").get(LIST).status_code == 403

"""The page of the year's document: the draft at once, the steps by different people, the files that stay."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import docx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.storage.database import Database
from survey.storage.models import Role
from survey.year import year_releases
from tests.survey.year import example

SignIn = Callable[[Flask, str], FlaskClient]
PAGE = f"/quan-tri/nam/{example.YEAR}/tai-lieu"


@pytest.fixture
def province(province: Database) -> Database:
    return example.fill(province)


def step(client: FlaskClient, name: str, number: int = 1) -> int:
    return client.post(PAGE, data={"buoc": name, "ban": number}).status_code


def test_the_draft_is_one_click_and_says_on_its_pages_that_it_is_one(app: Flask, sign_in: SignIn) -> None:
    client = sign_in(app, "home_affairs")
    assert f'href="{PAGE}/docx"' in client.get(PAGE).text
    file = client.get(f"{PAGE}/docx")
    assert file.headers["Content-Disposition"] == 'attachment; filename="nam-2024-du-thao-vi.docx"'
    document = docx.Document(io.BytesIO(file.data))
    section = document.sections[0]
    for footer in (section.footer, section.first_page_footer):
        assert "DỰ THẢO" in "".join(paragraph.text for paragraph in footer.paragraphs)
    assert client.get(f"{PAGE}/odt").status_code == 404


def test_what_stops_the_freeze_is_told_before_anybody_presses(
    app: Flask, province: Database, sign_in: SignIn
) -> None:
    client = sign_in(app, "home_affairs")
    app.config["WTF_CSRF_ENABLED"] = False
    page = client.get(PAGE).text
    assert "(ho-mau) chưa công bố" in page
    assert 'value="dong-bang"' not in page
    assert step(client, "dong-bang") == 409
    with province.reading() as session:
        assert year_releases.list_all(session, example.YEAR) == []


def test_two_people_take_it_from_the_freeze_to_files_that_stay(
    app: Flask, province: Database, sign_in: SignIn, account: Callable[..., None]
) -> None:
    with province.writing() as session:
        account(session, "head", Role.HEAD)
    one, other = sign_in(app, "home_affairs"), sign_in(app, "head")
    app.config["WTF_CSRF_ENABLED"] = False
    with province.writing() as session:
        example.release(session)
    assert step(one, "dong-bang") == 303
    assert step(one, "kiem-tra") == 303
    assert "người khác duyệt" in one.get(PAGE).text
    assert 'value="duyet"' not in one.get(PAGE).text
    assert one.post(f"{PAGE}/duyet", data={"ban": "1"}).status_code == 403
    frozen = one.get(f"{PAGE}/docx?ban=1").data
    assert "DỰ THẢO" in docx.Document(io.BytesIO(frozen)).sections[0].footer.paragraphs[-1].text
    assert other.post(f"{PAGE}/duyet", data={"ban": "1"}).status_code == 303
    kept = one.get(f"{PAGE}/json?ban=1").data
    with province.writing() as session:
        example.correct(session, "3.33")
    assert one.get(f"{PAGE}/json?ban=1").data == kept
    assert 3.33 in {record["value"] for record in json.loads(one.get(f"{PAGE}/json").data)}
    assert one.get(f"{PAGE}/json?ban=1&ngon-ngu=en").data != kept
    assert "Bản số 1 đã duyệt ngày" in one.get(PAGE).text


def test_a_step_needs_the_right_to_release_and_the_password_of_lately(app: Flask, sign_in: SignIn) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    keyer = sign_in(app, "keyer")
    assert keyer.get(PAGE).status_code == 403
    assert step(keyer, "dong-bang") == 403
    assert keyer.get(f"{PAGE}/docx").status_code == 403

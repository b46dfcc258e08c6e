from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.accounts import tokens
from survey.accounts.tokens import Scope
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Role
from survey.system import dates
from translations import Conflict, Refusal

SignedIn = Callable[[Flask, str], FlaskClient]


def test_home_affairs_downloads_rows_and_each_download_is_noted(
    app: Flask, province: Database, sign_in: SignedIn, ended: Callable[..., None]
) -> None:
    client = sign_in(app, "home_affairs")
    ended("ho-mo", dates.today())
    assert client.get("/quan-tri/ho-mo/tung-phieu").status_code == 200
    for kind in ("csv", "parquet", "sav", "xlsx"):
        file = client.get(f"/quan-tri/ho-mo/tung-phieu/{kind}")
        assert (file.status_code, file.headers["Cache-Control"]) == (200, "no-store")
        assert file.headers["Content-Type"].count("charset") == (kind == "csv")
        file.close()
    assert client.get("/quan-tri/ho-mo/tung-phieu/docx").status_code == 404
    assert client.get("/quan-tri/ho-mo/bang-ma").status_code == 200
    with province.reading() as session:
        noted = [one.subject for one in audit.last_entries(session, 9) if "one by one" in one.what]
    assert "wave=ho-mo format=sav release=present" in noted
    for other in ("admin", "keyer"):
        assert sign_in(app, other).get("/quan-tri/ho-mo/tung-phieu/csv").status_code == 403


def test_the_rows_of_an_open_wave_speak_of_no_village_or_stratum_that_it_has_not(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    client = sign_in(app, "home_affairs")
    of_all, of_sample = (client.get(f"/quan-tri/{wave}/tung-phieu").text for wave in ("gop-y", "ho-mau"))
    assert "không có tầng, không có thôn" in of_all
    assert "nhất là ở thôn nhỏ" not in of_all
    assert "ngoài mẫu" not in of_all
    assert "nhất là ở thôn nhỏ" in of_sample
    assert "không có thôn" not in of_sample
    assert "đợt mở không có tầng" in client.get("/quan-tri/gop-y/bang-ma").text


def test_a_wave_without_forms_says_that_nothing_is_frozen_yet_and_offers_no_button(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    client = sign_in(app, "home_affairs")
    page = client.get("/quan-tri/ho-mau/cong-bo/chot")
    assert page.status_code == 200
    assert "Chưa có gì để công bố" in page.text
    assert "còn nhận đến ngày nào" in page.text
    assert "Xin sửa" not in page.text
    assert "da-xem" not in page.text


def test_no_two_files_of_a_wave_that_takes_forms_tell_of_one_person(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    """Whoever sees somebody answer and takes the rows before and after would read their answers."""
    client = sign_in(app, "home_affairs")
    for kind in ("csv", "parquet", "sav", "xlsx"):
        assert client.get(f"/quan-tri/gop-y/tung-phieu/{kind}").status_code == 409
    page = client.get("/quan-tri/gop-y/tung-phieu").text
    assert "/tung-phieu/csv" not in page
    assert "khác nhau" in page
    book = client.get("/quan-tri/gop-y/bang-ma").text
    assert "hl_chung" in book
    assert "Số phiếu" not in book
    assert 'class="number"' not in book


def test_a_program_needs_the_scope_of_rows(client: FlaskClient, province: Database) -> None:
    def asks(*scope: Scope) -> int:
        with province.writing() as session:
            text = tokens.add(session, f"p{len(scope)}", Role.HOME_AFFAIRS, scope=scope)
        head = {"Authorization": f"Bearer {text}"}
        answer = client.get("/api/v1/waves/ho-mo/rows.csv", headers=head)
        assert answer.status_code != 403 or "scope" in answer.text
        return answer.status_code

    assert asks() == 403  # what is usual reads results, no rows
    assert asks(Scope.ROWS) == 404  # nothing is released yet


def test_nobody_who_is_signed_in_is_given_rows_at_the_programs_address(
    app: Flask, province: Database, account: Callable[..., None], sign_in: SignedIn
) -> None:
    with province.writing() as session:
        account(session, "lanh-dao", Role.HEAD)
    for name in ("home_affairs", "lanh-dao"):
        for kind in ("csv", "sav", "parquet", "xlsx"):
            assert sign_in(app, name).get(f"/api/v1/waves/ho-mo/rows.{kind}").status_code == 403


def test_no_commune_gets_a_token_for_rows(province: Database) -> None:
    with province.writing() as session, pytest.raises((Refusal, Conflict)):
        tokens.add(session, "xa", Role.COMMUNE, "06652", scope=[Scope.ROWS])


def test_rows_of_a_small_wave_are_empty_rather_than_refused(
    app: Flask, sign_in: SignedIn, ended: Callable[..., None]
) -> None:
    ended("gop-y", dates.today())
    answer: Any = sign_in(app, "home_affairs").get("/quan-tri/gop-y/tung-phieu/csv")
    assert answer.text.startswith("row,unit,stratum,psu,weight,mode,")
    answer.close()

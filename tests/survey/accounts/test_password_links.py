"""Links by which people choose their own password: made by an administrator, used once, for some days."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from survey.accounts import accounts, password_links, passwords
from survey.commands.people import user
from survey.storage.database import Database
from survey.storage.models import AuditEntry, PasswordLink, SecondFactor
from survey.system.dates import today
from translations import Conflict, NotFound

SignedIn = Callable[[Flask, str], FlaskClient]
NEW = "mot cau that dai"


def send(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(address).text)
    assert found, address
    return client.post(address, data={**fields, "csrf_token": found[1]})


def link(database: Database, name: str = "keyer") -> str:
    with database.writing() as session:
        return password_links.make(session, name).code


def opens(database: Database, password: str, name: str = "keyer") -> bool:
    with database.reading() as session:
        return accounts.sign_in(session, name, password) is not None


def test_a_forgotten_password_is_chosen_anew_and_the_administrator_never_knows_it(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    keyer, admin = sign_in(app, "keyer"), sign_in(app, "admin")
    with province.writing() as session:
        session.add(SecondFactor(account="keyer", secret=b"", step=0, codes=[passwords.digest("du-phong")]))
    page = send(admin, "/quan-tri/nguoi-dung/keyer", act="link")
    assert page.status_code == 201
    shown = re.search(r'class="staff-password"><code>([^<]+)', page.text)
    assert shown
    assert (today() + timedelta(7)).strftime("%d/%m/%Y") in page.text
    assert keyer.get("/nhap-phieu/").status_code == 302  # who was signed in is out
    assert not opens(province, "mat-khau-dai")
    tried = [send(keyer, "/dang-nhap", name="keyer", password="mat-khau-dai").status_code for _try in range(6)]
    assert tried == [422] * 5 + [429]  # none of which is held against who chooses a new one
    assert "có hiệu lực đến" in admin.get("/quan-tri/nguoi-dung/keyer").text
    typed = send(keyer, "/mat-khau", code=shown[1].upper().replace("-", " "))  # read out and typed
    for wrong, said in (("ngan", "ít nhất 12"), ("matkhau12345", "bị thử đầu tiên")):
        refused = send(keyer, typed.location, new=wrong, again=wrong)
        assert refused.status_code == 422
        assert said in refused.text
    assert "Đã đặt mật khẩu" in keyer.get(send(keyer, typed.location, new=NEW, again=NEW).location).text
    assert opens(province, NEW)
    assert send(keyer, "/dang-nhap", name="keyer", password=NEW).location == "/dang-nhap/ma"  # the factor stayed
    assert keyer.get(typed.location).status_code == 404
    assert send(keyer, "/mat-khau", code=shown[1]).status_code == 422
    with province.reading() as session:
        said = [(entry.who, entry.what, entry.subject) for entry in session.scalars(select(AuditEntry))][-2:]
    until = today() + timedelta(7)
    assert said == [
        ("admin", "Changed an account", f"name=keyer act=link link_until={until}"),
        ("keyer", "Chose their own password by a link", ""),
    ]


def test_the_code_stands_nowhere_in_the_database(province: Database) -> None:
    code = link(province)
    with province.reading() as session:
        (kept,) = session.scalars(select(PasswordLink))
        assert code not in (kept.digest, kept.account)
        assert kept.digest == passwords.digest(code.upper())


def test_a_link_that_is_old_replaced_or_of_an_account_that_is_off_holds_no_more(province: Database) -> None:
    replaced, code = link(province), link(province)
    with province.writing() as session:
        with pytest.raises(NotFound):
            password_links.use(session, replaced, NEW)
        session.execute(update(PasswordLink).values(until=today() - timedelta(1)))
        with pytest.raises(NotFound):
            password_links.use(session, code, NEW)
        assert password_links.waiting(session, "keyer") is None
    code = link(province)
    with province.writing() as session:
        accounts.switch_off(session, "keyer")
        with pytest.raises(NotFound):
            password_links.use(session, code, NEW)
        with pytest.raises(Conflict):
            password_links.make(session, "keyer")
    assert not opens(province, NEW)


@pytest.mark.both_databases
def test_of_two_who_use_a_link_at_once_one_chooses(province: Database) -> None:
    code, refused = link(province), []

    def choose(password: str) -> None:
        try:
            with province.writing() as session:
                password_links.use(session, code, password)
        except NotFound:
            refused.append(password)

    both = ("cau thu nhat cua toi", "cau thu hai cua toi")
    threads = [threading.Thread(target=choose, args=(password,)) for password in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (late,) = refused
    assert [opens(province, password) for password in both] == [password != late for password in both]


def test_the_commands_print_a_link(
    province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setenv("HAILONG_BASE_URL", "https://hailong.example.vn/")
    for command, name in (
        (["reset-password", "keyer"], "keyer"),
        (["add", "lan", "--role", "keyer", "--link"], "lan"),
    ):
        printed = CliRunner().invoke(user, command).stdout.strip()
        assert printed.startswith("https://hailong.example.vn/mat-khau/")
        with province.writing() as session:
            password_links.use(session, printed.rpartition("/")[2], NEW)
        assert opens(province, NEW, name)

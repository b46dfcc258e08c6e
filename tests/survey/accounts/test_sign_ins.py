"""Where an account is signed in, how that ends, and what an administrator does for somebody else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from survey.accounts import accounts, sign_ins
from survey.commands.people import user
from survey.storage.database import Database
from survey.storage.models import Account, AuditEntry, SignIn
from translations import Refusal

ROOT = Path(__file__).resolve().parents[3]
SignedIn = Callable[[Flask, str], FlaskClient]


def send(client: FlaskClient, address: str, page: str | None = None, **fields: str) -> TestResponse:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page or address).text)
    assert found, page or address
    return client.post(address, data={**fields, "csrf_token": found[1]})


def test_a_person_sees_each_sign_in_and_ends_one(app: Flask, sign_in: SignedIn) -> None:
    clients = [sign_in(app, "keyer") for _number in range(3)]
    page = clients[2].get("/tai-khoan").text
    assert page.count("dùng lần cuối") == 3
    assert page.count("(tại đây)") == 1
    assert send(clients[2], "/tai-khoan/ket-thuc", "/tai-khoan", number="1").status_code == 303
    assert [client.get("/nhap-phieu/").status_code for client in clients] == [302, 200, 200]


def test_a_person_ends_all_but_this_one_and_nobody_elses(app: Flask, sign_in: SignedIn) -> None:
    others = [sign_in(app, "keyer"), sign_in(app, "keyer"), sign_in(app, "home_affairs")]
    own = sign_in(app, "keyer")
    send(own, "/tai-khoan/ket-thuc", "/tai-khoan")
    assert [client.get("/tai-khoan").status_code for client in others] == [302, 302, 200]
    assert own.get("/tai-khoan").status_code == 200


def test_signing_out_ends_the_sign_in_itself(app: Flask, sign_in: SignedIn) -> None:
    client = sign_in(app, "keyer")
    kept = client.get_cookie("phien")
    assert kept is not None
    send(client, "/dang-xuat", "/doi-mat-khau")
    client.set_cookie("phien", kept.value)
    assert client.get("/tai-khoan").status_code == 302


@pytest.mark.parametrize(("column", "ago"), [("seen", 12 * 3600 + 1), ("until", 0)])
def test_a_sign_in_ends_by_itself(
    app: Flask, province: Database, sign_in: SignedIn, column: str, ago: int
) -> None:
    client = sign_in(app, "keyer")
    with province.writing() as session:
        session.execute(update(SignIn).values({column: int(time.time()) - ago}))
    assert client.get("/nhap-phieu/").status_code == 302


def test_use_keeps_it_going_and_is_noted_every_ten_minutes(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    client = sign_in(app, "keyer")
    for ago, noted in ((11 * 3600, True), (300, False)):
        before = int(time.time()) - ago
        with province.writing() as session:
            session.execute(update(SignIn).values(seen=before))
        assert client.get("/nhap-phieu/").status_code == 200
        with province.reading() as session:
            assert (session.scalars(select(SignIn.seen)).one() > before) is noted


def test_a_row_says_neither_address_nor_browser() -> None:
    assert set(SignIn.__table__.columns.keys()) == {
        *("id", "account", "number", "begun", "until", "seen", "authenticated_at", "vouched", "half"),
    }


def test_a_session_that_is_left_of_an_account_that_is_off_opens_nothing(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    keyer = sign_in(app, "keyer")
    assert keyer.get("/nhap-phieu/").status_code == 200
    with province.writing() as session:
        session.get_one(Account, "keyer").off = True
    assert keyer.get("/nhap-phieu/").location.startswith("/dang-nhap")


def test_an_account_that_is_off_is_out_and_stays_in_the_trail(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    keyer, admin = sign_in(app, "keyer"), sign_in(app, "admin")
    send(admin, "/quan-tri/nguoi-dung/keyer", act="off")
    assert keyer.get("/nhap-phieu/").status_code == 302
    assert send(keyer, "/dang-nhap", name="keyer", password="mat-khau-dai").status_code == 422
    assert "Đã khóa" in admin.get("/quan-tri/nguoi-dung").text
    send(admin, "/quan-tri/nguoi-dung/keyer", act="on")
    assert send(keyer, "/dang-nhap", name="keyer", password="mat-khau-dai").status_code == 422  # nothing of before
    with province.reading() as session:
        assert session.get(Account, "keyer") is not None
        said = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.what == "Changed an account").order_by(AuditEntry.number)
        ).all()
    assert said == ["name=keyer account=keyer act=off devices=0 tokens=0", "name=keyer account=keyer act=on"]


@pytest.mark.parametrize("by", ["page", "command"])
def test_switching_off_ends_every_session_at_its_next_step(
    app: Flask, province: Database, sign_in: SignedIn, by: str
) -> None:
    """On each device, also while a page is open whose form is still to be sent; nobody else's."""
    telephone, desk, other = sign_in(app, "keyer"), sign_in(app, "keyer"), sign_in(app, "home_affairs")
    form = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', desk.get("/tai-khoan").text)
    assert form
    if by == "page":
        send(sign_in(app, "admin"), "/quan-tri/nguoi-dung/keyer", act="off")
    else:
        with province.writing() as session:
            accounts.switch_off(session, "keyer")
    assert telephone.get("/nhap-phieu/").location.startswith("/dang-nhap")
    sent = desk.post("/tai-khoan/ket-thuc", data={"csrf_token": form[1], "number": "1"})
    assert sent.location.startswith("/dang-nhap")
    assert other.get("/tai-khoan").status_code == 200
    with province.reading() as session:
        assert not session.scalars(select(SignIn).where(SignIn.account == "keyer")).all()


def test_a_session_begins_at_two_places_and_both_ask_whether_the_account_is_on() -> None:
    """A new way to sign in that begins a session by itself is a pathway that nobody wrote down."""
    calls = {
        str(path.relative_to(ROOT)): len(re.findall(r"\bsign_ins\.begin\(", path.read_text("utf-8")))
        for path in (ROOT / "survey").rglob("*.py")
    }
    assert {name: count for name, count in calls.items() if count} == {
        "survey/web/login.py": 1,  # whoever was let in whole, by whatever door
        "survey/web/sign_in/password.py": 1,  # half a sign-in, of which the second factor is still to come
    }
    doors = {
        str(path.relative_to(ROOT / "survey" / "web"))
        for path in (ROOT / "survey" / "web").rglob("*.py")
        if re.search(r"\blogin\.enter\(", path.read_text("utf-8"))
    }
    assert doors == {"sign_in/password.py", "sign_in/passkey_pages.py", "keying/blueprint.py"}


def test_an_administrator_ends_the_sign_ins_of_another_and_not_the_own_account(
    app: Flask, sign_in: SignedIn
) -> None:
    keyer, admin = sign_in(app, "keyer"), sign_in(app, "admin")
    send(admin, "/quan-tri/nguoi-dung/keyer", act="sign-ins")
    assert keyer.get("/nhap-phieu/").status_code == 302
    for own in ("admin", "admin%20"):
        for act in ("off", "link", "sign-ins"):
            assert send(admin, f"/quan-tri/nguoi-dung/{own}", "/doi-mat-khau", act=act).status_code == 400
    assert send(admin, "/quan-tri/nguoi-dung/keyer", act="made up").status_code == 400
    assert admin.get("/quan-tri/nguoi-dung/nobody").status_code == 404
    assert admin.get("/quan-tri/").status_code == 200


def test_the_open_data_ask_for_the_password_once_more(app: Flask, province: Database, sign_in: SignedIn) -> None:
    client = sign_in(app, "admin")
    address = "/quan-tri/gop-y/du-lieu-mo.zip"
    assert client.get(address).status_code != 303
    with province.writing() as session:
        session.execute(update(SignIn).values(authenticated_at=int(time.time()) - 601))
        before = len(session.scalars(select(AuditEntry)).all())
    asked = client.get(address)
    assert asked.location.startswith("/xac-nhan?next=/quan-tri/gop-y/du-lieu-mo.zip")
    assert client.get("/quan-tri/gop-y/du-lieu-mo").status_code == 200
    assert send(client, asked.location, password="mat-khau-sai").status_code == 422
    with province.reading() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == before
    answer = send(client, asked.location, password="mat-khau-dai")
    assert answer.location.rstrip("?") == address
    assert client.get(address).status_code != 303


def test_proving_leads_to_no_other_site(app: Flask, sign_in: SignedIn) -> None:
    answer = send(sign_in(app, "keyer"), "/xac-nhan?next=//example.org", password="mat-khau-dai")
    assert answer.location == "/nhap-phieu/"


def test_the_commands_do_what_the_page_does(
    province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path_factory.mktemp("data")))
    assert CliRunner().invoke(user, ["off", "keyer"]).exit_code == 0
    assert "keyer\tkeyer\t\toff" in CliRunner().invoke(user, ["list"]).stdout
    assert CliRunner().invoke(user, ["on", "keyer"]).exit_code == 0
    for command in (["off", "nobody"], ["reset-second-factor", "keyer"]):
        assert isinstance(CliRunner().invoke(user, command).exception, Refusal)


def test_a_sign_in_is_dropped_when_it_is_over(province: Database) -> None:
    with province.writing() as session:
        sign_ins.begin(session, "keyer")
        session.execute(update(SignIn).values(until=0))
        sign_ins.begin(session, "keyer")
        assert len(session.scalars(select(SignIn)).all()) == 1

"""API tokens: what one opens and what not, how long, whose it is, and what a commune's reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.accounts import accounts, tokens
from survey.accounts.tokens import Scope
from survey.commands.people import token
from survey.responses import assignments, submission
from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Mode, Role, Token
from survey.system.dates import today
from survey.waves import waves
from translations import Conflict, NotFound, Refusal

SignedIn = Callable[[Flask, str], FlaskClient]
PAGE = "/quan-tri/ma-truy-cap"
PARTS = {"wave": "gop-y", "unit": "06652", "id": uuid4(), "sheet": uuid4(), "day": "2026-11-25"}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def add(database: Database, *given: Any, **options: Any) -> dict[str, str]:
    with database.writing() as session:
        return bearer(tokens.add(session, *given, **options))


def test_a_token_opens_the_api_alone(app: Flask, province: Database, client: FlaskClient) -> None:
    """Over the whole map of addresses: outside /api/ it changes nothing of what a stranger is told."""
    known = add(province, "trang-tin", Role.ADMIN, scope=[one for one in Scope if one is not Scope.ROWS])
    rows = add(province, "so-lieu", Role.HOME_AFFAIRS, scope=[Scope.ROWS])
    assert client.get("/api/v1/waves", headers=known).status_code == 200
    adapter, tried = app.url_map.bind("localhost"), 0
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") or rule.endpoint == "static":
            continue
        values = {name: PARTS.get(name, 1) for name in rule.arguments}
        path = adapter.build(rule.endpoint, values, method=next(iter(rule.methods or ())))
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            with (
                app.test_client().open(path, method=method) as stranger,
                app.test_client().open(path, method=method, headers=known) as program,
                app.test_client().open(path, method=method, headers=rows) as other,
            ):
                assert (program.status_code, program.location) == (stranger.status_code, stranger.location), path
                assert (other.status_code, other.location) == (stranger.status_code, stranger.location), path
            tried += 1
    assert tried > 100


def test_a_token_is_called_like_no_account_and_no_account_like_a_token(province: Database) -> None:
    with province.writing() as session:
        tokens.add(session, "Trang-tin", Role.KEYER)
        for taken in ("trang-tin", " Trang-tin"):
            with pytest.raises(Conflict):
                accounts.add(session, taken, Role.KEYER, "chin con cua bo ngang")
        for taken in ("keyer", "KEYER ", "trang-TIN"):
            with pytest.raises(Conflict):
                tokens.add(session, taken, Role.KEYER)
        with pytest.raises(Refusal):
            accounts.add(session, "token:Trang-tin", Role.KEYER, "chin con cua bo ngang")


def test_what_a_program_does_stands_in_the_trail_under_a_name_of_its_own(
    client: FlaskClient, province: Database
) -> None:
    known = add(province, "may-tinh", Role.HOME_AFFAIRS, scope=[Scope.RESULTS, Scope.ROWS])
    assert client.get("/api/v1/waves/ho-mo/results?item=C4&by=gioi_tinh", headers=known).status_code == 200
    with province.reading() as session:
        said = session.scalars(
            select(AuditEntry).where(AuditEntry.what == "Asked for a free table by the API")
        ).one()
    assert said.who == "token:may-tinh"


def test_a_token_ends_with_its_last_day_and_notes_the_day_of_its_use(
    client: FlaskClient, province: Database
) -> None:
    known = add(province, "may", Role.HOME_AFFAIRS)
    with province.reading() as session:
        made = session.get_one(Token, "may")
    assert (made.until, made.used) == (today() + timedelta(tokens.DAYS), None)
    assert client.get("/api/v1/units", headers=known).status_code == 200
    with province.writing() as session:
        made = session.get_one(Token, "may")
        assert made.used == today()
        made.until = today()
    assert client.get("/api/v1/units", headers=known).status_code == 200
    with province.writing() as session:
        session.get_one(Token, "may").until = today() - timedelta(1)
    late = client.get("/api/v1/units", headers=known)
    assert late.status_code == 401
    assert "đến hết ngày" in late.json["detail"]
    with province.writing() as session:
        for days in (0, tokens.MOST_DAYS + 1):
            with pytest.raises(Refusal):
                tokens.add(session, f"may-{days}", Role.HOME_AFFAIRS, days=days)


def test_a_token_opens_its_scope_of_what_its_role_may(client: FlaskClient, province: Database) -> None:
    lists = add(province, "danh-muc", Role.ADMIN, scope=[Scope.WAVES])
    figures = add(province, "so-lieu", Role.ADMIN, scope=[Scope.RESULTS])
    asked = ("/api/v1/waves", "/api/v1/waves/ho-mo/results?item=C4")
    assert [client.get(path, headers=lists).status_code for path in asked] == [200, 403]
    assert [client.get(path, headers=figures).status_code for path in asked] == [403, 404]  # nothing is released
    sent = {
        "id": "9f3b7c1e-63f4-4e58-9d5c-6a1c2f7b8d90",
        **{"wave": "ho-mo", "unit": "06652", "mode": "paper", "answers": {"C4": 1}},
    }
    assert client.post("/api/v1/responses", json=sent, headers=figures).status_code == 403
    keyer = add(province, "nhap", Role.KEYER)
    assert client.post("/api/v1/responses", json=sent, headers=keyer).json["status"] == "held"
    with province.writing() as session:
        assignments.give(session, "ho-mo", "token:nhap", Mode.PAPER, "giam-sat")
        with pytest.raises(Refusal):
            assignments.give(session, "ho-mo", "token:khac", Mode.PAPER, "giam-sat")
    assert client.post("/api/v1/responses", json=sent, headers=keyer).status_code == 201
    assert tokens.usual(Role.HOME_AFFAIRS) == [Scope.WAVES, Scope.RESULTS]
    assert tokens.usual(Role.KEYER) == [Scope.RESPONSES]
    with pytest.raises(Refusal, match="auditor"):
        add(province, "kiem-toan", Role.AUDITOR)  # it would open nothing
    with province.writing() as session, pytest.raises(Refusal):
        tokens.add(session, "vo-ich", Role.KEYER, scope=[Scope.RESULTS])


def test_a_commune_reads_its_own_released_records_and_nothing_else(
    client: FlaskClient, province: Database
) -> None:
    known = add(province, "xa", Role.COMMUNE, "06652")
    asked = "/api/v1/waves/ho-mo/results?item=C4"
    assert client.get(asked, headers=known).status_code == 404
    with province.writing() as session:
        for unit in ("06652", "06658"):
            place = waves.place(session, "ho-mo", unit)
            for _person in range(30):  # of fewer an open wave shows nothing
                submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C4": 1})
        made = releases.freeze(session, place.wave, "Lan")
        release_steps.check(made, "Lan")
        releases.approve(session, made, "Minh")
    for by in ("", "&by=unit"):
        found = client.get(asked + by, headers=known)
        assert {record["domain"] for record in found.json} == {"06652"}
        assert found.headers["Hailong-Release"] == "1"
    for by in ("&by=mode", "&by=unit&by=mode", "&by=stratum", "&by=C5"):
        assert client.get(asked + by, headers=known).status_code == 403
    with province.writing() as session:
        for role, unit in ((Role.COMMUNE, None), (Role.KEYER, "06652")):
            with pytest.raises(Refusal):
                tokens.add(session, "sai", role, unit)


def test_an_administrator_makes_one_sees_whose_it_is_and_takes_it_back(
    app: Flask, province: Database, sign_in: SignedIn
) -> None:
    admin = sign_in(app, "admin")

    def send(address: str, **fields: Any) -> Any:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', admin.get(PAGE).text)
        assert found is not None
        return admin.post(address, data={**fields, "csrf_token": found[1]})

    made = send(PAGE, name="cổng tin", role="home_affairs", scope=["waves"], days="7")
    text = re.search(r"<code>([\w-]{40,})</code>", made.text)
    assert (made.status_code, bool(text)) == (201, True)
    assert text is not None
    assert app.test_client().get("/api/v1/units", headers=bearer(text[1])).status_code == 200
    page = admin.get(PAGE).text
    assert text[1] not in page
    assert "cổng tin" in page
    assert '<a href="/quan-tri/nguoi-dung/admin">admin</a>' in page
    assert send(PAGE, name="Cổng tin", role="home_affairs", days="7").status_code == 409
    assert send(PAGE, name="x", role="home_affairs", days="1000").status_code == 422
    assert send(f"{PAGE}/cổng tin/thu-hoi").status_code == 303
    assert app.test_client().get("/api/v1/units", headers=bearer(text[1])).status_code == 401
    with province.reading() as session:
        acts = [(one.what, one.subject) for one in session.scalars(select(AuditEntry)) if " API token" in one.what]
    assert [act for act, _on in acts] == ["Made an API token", "Revoked an API token"]
    assert text[1] not in str(acts)


def test_the_tokens_of_an_account_end_with_it(client: FlaskClient, province: Database) -> None:
    own, others = (
        add(province, "a", Role.ADMIN, owner="home_affairs"),
        add(province, "b", Role.ADMIN, owner="admin"),
    )
    with province.writing() as session:
        assert accounts.switch_off(session, "home_affairs").tokens == 1
    assert [client.get("/api/v1/units", headers=one).status_code for one in (own, others)] == [401, 200]


def test_the_commands_make_list_and_remove(
    province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path_factory.mktemp("data")))
    made = CliRunner().invoke(token, ["add", "xa", "--role", "commune", "--unit", "06970", "--days", "30"])
    assert len(made.stdout.strip()) >= 40
    line = CliRunner().invoke(token, ["list"]).stdout.rstrip("\n")
    until = today() + timedelta(30)
    assert line == f"xa\tcommune\t06978\twaves,results\t\t\t{until}"
    assert CliRunner().invoke(token, ["remove", "xa"]).exit_code == 0
    assert isinstance(CliRunner().invoke(token, ["remove", "xa"]).exception, NotFound)


@pytest.mark.parametrize("unit", [None, "SNV", "06652"])
def test_an_office_has_no_token_for_the_api_holds_nothing_of_its_own(province: Database, unit: str | None) -> None:
    with province.writing() as session, pytest.raises(Refusal):
        tokens.add(session, "cua-so", Role.OFFICE, unit)

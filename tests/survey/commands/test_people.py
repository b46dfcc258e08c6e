"""`hailong user` and `hailong token`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from survey.accounts import accounts, tokens
from survey.commands.people import token, user
from survey.storage.database import Database
from survey.storage.models import Account, Role, Token
from survey.system import dates
from survey.web.app import create_app
from translations import Conflict, NotFound, Refusal


@pytest.fixture
def folder(province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    """The data folder of the program is that of the test."""
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    return province


def test_an_account_is_made_with_the_password_from_standard_input(folder: Database) -> None:
    done = CliRunner().invoke(user, ["add", "Hòa", "--role", "keyer"], input="mật khẩu rất dài\n")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "Hòa" in done.stderr
    with folder.reading() as session:
        person = accounts.sign_in(session, "Hòa", "mật khẩu rất dài")
    assert person is not None
    assert person.role is Role.KEYER


def test_a_commune_account_names_its_commune(folder: Database) -> None:
    arguments = ["add", "ha-tu", "--role", "commune", "--unit", "06652"]
    assert CliRunner().invoke(user, arguments, input="mat-khau-dai").exit_code == 0
    with folder.reading() as session:
        assert session.get_one(Account, "ha-tu").unit == "06652"


@pytest.mark.parametrize(
    ("arguments", "typed", "refusal"),
    [
        (["add", "keyer", "--role", "keyer"], "mat-khau-dai\n", Conflict),
        (["add", "moi", "--role", "keyer"], "ngan\n", Refusal),
        (["add", "moi", "--role", "keyer"], "", Refusal),
        (["add", "moi", "--role", "commune"], "mat-khau-dai\n", Refusal),
    ],
)
def test_what_can_not_be_an_account_is_refused_and_nothing_is_kept(
    folder: Database, arguments: list[str], typed: str, refusal: type[Refusal]
) -> None:
    done = CliRunner().invoke(user, arguments, input=typed)
    assert isinstance(done.exception, refusal)
    with folder.reading() as session:
        assert len(session.scalars(select(Account)).all()) == 3


def test_an_unknown_role_is_a_wrong_command_line(folder: Database) -> None:
    assert CliRunner().invoke(user, ["add", "moi", "--role", "boss"], input="mat-khau-dai").exit_code == 2


def test_accounts_are_listed_without_their_passwords(folder: Database) -> None:
    done = CliRunner().invoke(user, ["list"])
    assert done.stdout.splitlines() == [
        "admin\tadmin\t",
        "home_affairs\thome_affairs\t",
        "keyer\tkeyer\t",
    ]


def test_a_token_is_printed_once_and_alone(folder: Database) -> None:
    done = CliRunner().invoke(token, ["add", "cong", "--role", "home_affairs"])
    text = done.stdout.strip()
    assert len(text.split()) == 1
    assert text not in done.stderr
    with folder.reading() as session:
        assert session.get_one(Token, "cong").digest == tokens.digest_of(text)
    assert isinstance(CliRunner().invoke(token, ["add", "cong", "--role", "home_affairs"]).exception, Conflict)


def test_a_token_that_is_taken_back_opens_nothing(folder: Database) -> None:
    text = CliRunner().invoke(token, ["add", "cong", "--role", "home_affairs"]).output.splitlines()[-1]
    app = create_app(DATABASE_URL=folder.url, SECRET_KEY="tests")
    asked = {"headers": {"Authorization": f"Bearer {text}"}}
    assert app.test_client().get("/api/v1/waves", **asked).status_code == 200
    until = dates.today() + timedelta(tokens.DAYS)
    line = f"cong\thome_affairs\t\twaves,results\t\t{dates.today()}\t{until}\n"
    assert CliRunner().invoke(token, ["list"]).output == line
    assert CliRunner().invoke(token, ["remove", "cong"]).exit_code == 0
    assert app.test_client().get("/api/v1/waves", **asked).status_code == 401
    assert isinstance(CliRunner().invoke(token, ["remove", "cong"]).exception, NotFound)
    app.extensions["database"].engine.dispose()

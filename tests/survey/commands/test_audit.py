from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from survey.storage.database import Database
from tests.survey.integrity.chain_rows import days, raw

Program = Callable[..., Any]


def test_what_a_command_writes_is_in_the_trail_and_verified(hailong: Program) -> None:
    made = hailong(
        *("--lang", "en", "wave", "create", "dot-2", "--questionnaire", "ho_gia_dinh@1", "--kind", "open"),
        *("--from", "2026-01-01", "--to", "2026-02-01"),
    )
    assert made.code == 0
    told = hailong("audit", "list").out.splitlines()
    assert len(told) == 1
    number, _at, who, what, subject = told[0].split("\t")
    assert (number, who[0], what) == ("1", "@", "Ran a command on the server")
    assert subject.startswith("hailong --lang en wave create dot-2 --questionnaire ho_gia_dinh@1")
    done = hailong("audit", "verify")
    assert (done.code, len(done.out.strip())) == (0, 64)
    assert hailong("audit", "verify", "--kept", done.out.strip()[:12]).code == 0
    assert hailong("audit", "verify", "--kept", "0" * 64).code == 1
    assert hailong("audit", "verify", "--kept", "x").code == 2


def test_tampering_ends_with_an_error(hailong: Program, province: Database) -> None:
    hailong("user", "add", "lan", "--role", "keyer")
    hailong("unit", "import", "khong-co.csv")
    assert hailong("audit", "list").out == ""  # neither of these has written anything
    hailong("token", "add", "may", "--role", "home_affairs")
    with province.writing() as session:
        session.execute(text("DROP TRIGGER audit_entry_refuses_update"))
        session.execute(text("UPDATE audit_entry SET who = '@x'"))
    done = hailong("audit", "verify")
    assert done.code == 1
    assert "entry 1" in done.err


def test_an_end_that_was_cut_off_before_the_newest_digest_is_noticed(hailong: Program, province: Database) -> None:
    days(province, 3)
    assert hailong("audit", "verify").code == 0
    raw(province, "DELETE FROM audit_entry WHERE number > 1")
    told = hailong("audit", "verify")
    assert (told.code, "in which a daily digest was anchored" in told.err) == (1, True)


def test_what_no_column_holds_stops_no_command(hailong: Program, province: Database) -> None:
    """The other waves and the accounts are counted all the same."""
    days(province, 1)
    raw(province, "UPDATE day_digest SET content = '[]'")
    raw(province, "INSERT INTO account (name, role, password, off) VALUES ('nobody', 'king', '', :no)", no=False)
    told = hailong("integrity", "verify")
    assert (told.code, "The account nobody" in told.err, "A fault of the program" in told.err) == (1, True, False)
    assert "hailong integrity verify" in hailong("audit", "verify").err
    raw(province, "UPDATE audit_entry SET subject = x'ff' WHERE number = 1")
    assert "entry 1: it was changed" in hailong("audit", "verify").err

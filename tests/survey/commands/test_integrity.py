"""`hailong integrity`: an outsider's file finds what was done to the database, and says no more than the day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from survey.accounts import accounts
from survey.integrity import digests
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Role
from survey.storage.models.base import Base
from survey.waves import waves
from tests.survey.integrity.chain_rows import (
    TODAY,
    WAVE,
    chain,
    days,
    forms,
    lot,
    night,
    raw,
    recount,
    tamper,
)

Program = Callable[..., Any]
pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def made_by_the_program(province: Database) -> None:
    """The accounts of the template are not: the audit trail knows none of them."""
    raw(province, "DELETE FROM account")


@pytest.fixture
def file(hailong: Program, province: Database, tmp_path: Path) -> Path:
    """Two days of six forms, written out."""
    days(province, 2)
    file = tmp_path / "ma.txt"
    assert hailong("integrity", "publish", "--wave", WAVE, "--out", file).code == 0
    return file


def test_what_agrees_is_said_with_its_counts(hailong: Program, province: Database, file: Path) -> None:
    done = hailong("integrity", "verify", "--against", file)
    assert (done.code, done.out.strip()) == (0, chain(province)[-1].digest)
    assert "all agrees. Digests: 2" in done.err
    assert "forms: 12; not in a digest yet: 0" in done.err
    everything = hailong("integrity", "verify")
    assert everything.code == 0
    assert "gop-y: no digest yet" in everything.err


def test_a_row_changed_past_the_guards_is_named_by_its_day_and_by_nothing_else(
    hailong: Program, province: Database, file: Path
) -> None:
    with province.reading() as session:
        id = session.scalar(text("SELECT id FROM response ORDER BY id LIMIT 1"))
    raw(province, "UPDATE response SET answers = '{\"C5\": 3}', day = '2026-01-01' WHERE id = :id", id=id)
    done = hailong("integrity", "verify", "--wave", WAVE)
    assert done.code == 1
    assert re.search(r"ho-mau: \d+ \w+ \d{4}: forms \(6 in the digest of the day\)", done.err)
    assert str(id)[:8] not in done.err
    recount(province)
    assert hailong("integrity", "verify").code == 0
    told = hailong("integrity", "verify", "--against", file)
    assert told.code == 1
    assert "the digest in the file is another one" in told.err


def test_a_database_older_than_the_file_is_told(hailong: Program, province: Database, file: Path) -> None:
    raw(province, "DELETE FROM day_digest WHERE number = 2", "DELETE FROM audit_entry WHERE number > 1")
    told = hailong("integrity", "verify", "--against", file)
    assert told.code == 1
    assert "1 digests that were made are no longer here" in told.err


def test_a_file_of_another_wave_or_an_edited_one_is_refused(hailong: Program, file: Path) -> None:
    told = hailong("integrity", "verify", "--against", file, "--wave", "ho-mo")
    assert (told.code, told.err.strip()) == (1, "The file is of wave ho-mau, not of ho-mo.")
    file.write_text(file.read_text(encoding="utf-8").replace("  6 ", "  7 "), encoding="utf-8")
    told = hailong("integrity", "verify", "--against", file)
    assert told.code == 1
    assert "was changed since it was written" in told.err


def test_a_wave_that_is_not_there_writes_no_file(hailong: Program, province: Database, tmp_path: Path) -> None:
    file = tmp_path / "ma.txt"
    assert hailong("integrity", "publish", "--wave", "khong", "--out", file).code == 1
    assert not file.exists()
    assert hailong("integrity", "verify", "--wave", "khong").code == 1
    assert hailong("integrity", "verify", "--against", file).code == 1


def test_freezing_closes_the_days_first(hailong: Program, province: Database) -> None:
    days(province, 1)
    before = len(chain(province))
    raw(province, "DELETE FROM day_digest")
    raw(province, "UPDATE response SET answers = '{\"C5\": 1}'")  # a release reads them: these are a form's
    done = hailong("release", "freeze", "--wave", WAVE, "--by", "an", "--despite", "silent=One village answered")
    assert done.code == 0, done.err
    assert len(chain(province)) == before


def test_a_file_that_is_imported_is_in_the_digest_of_the_same_day(
    hailong: Program, province: Database, tmp_path: Path
) -> None:
    """A file is read whole, or not at all: nobody has to wait for the night."""
    lines = [f"06652,phone,{TODAY},{code}" for code in (1, 2, 3, 4, 5, 4)]
    (tmp_path / "phieu.csv").write_text("\n".join(["unit,mode,day,hl_chung", *lines, ""]), encoding="utf-8")
    assert hailong("import", tmp_path / "phieu.csv", "--wave", "gop-y").code == 0
    file = tmp_path / "ma.txt"
    assert hailong("integrity", "publish", "--wave", "gop-y", "--out", file).code == 0
    (only,) = chain(province, "gop-y")
    assert (only.day, digests.forms(only)) == (TODAY, 6)
    assert hailong("integrity", "publish", "--wave", "gop-y", "--out", file).code == 0
    assert len(chain(province, "gop-y")) == 1  # nothing is new
    raw(province, "UPDATE response SET answers = '{\"hl_chung\": 1}'")
    assert hailong("integrity", "verify", "--against", file).code == 1


def test_doctor_looks_at_the_last_digest(hailong: Program, province: Database) -> None:
    days(province, 2)
    said = hailong("--lang", "en", "doctor").out
    with province.reading() as session:
        title = waves.titles(session)
    assert f"wave {title[WAVE]} is of" not in said
    assert f"The wave {title['ho-mo']} has no daily digest yet." in said
    raw(province, "UPDATE day_digest SET day = :old", old=TODAY - timedelta(3))
    assert f"wave {title[WAVE]} is of" in hailong("--lang", "en", "doctor").out


def test_an_account_that_was_changed_past_the_program_is_named(hailong: Program, province: Database) -> None:
    for name, role, unit in (
        ("com1", Role.COMMUNE, "06652"),
        ("com2", Role.COMMUNE, "06652"),
        ("lan", Role.HEAD, None),
    ):
        with audit.acting("an", "Made an account"), province.writing() as session:
            accounts.add(session, name, role, None, unit)
    assert hailong("user", "off", "com2").code == 0
    assert "account" not in hailong("integrity", "verify").err
    for order in ("role = 'head'", "unit = '06658'", "off = :yes"):
        with province.engine.connect() as connection, Session(connection) as session:
            tamper(session, f"UPDATE account SET {order} WHERE name = 'com1'", yes=True)
            assert accounts.mismatches(session) == ["com1"]
    raw(province, "INSERT INTO account (name, role, password, off) VALUES ('nobody', 'head', '', :no)", no=False)
    raw(province, "UPDATE account SET role = 'head' WHERE name = 'com1'")
    told = hailong("integrity", "verify")
    assert (told.code, "The account com1 is not what" in told.err) == (1, True)
    assert "The account nobody is not what" in told.err


def test_a_wave_that_was_taken_out_whole_is_missed(hailong: Program, province: Database, tmp_path: Path) -> None:
    file, day = tmp_path / "ma.txt", TODAY - timedelta(1)
    with province.writing() as session:
        forms(session, 5, day, lot(session, day, TODAY, wave="ho-mo"), "ho-mo")
    digests.close_days(province, night(TODAY), "ho-mo")
    assert hailong("integrity", "publish", "--wave", "ho-mo", "--out", file).code == 0
    tables = [table for table in reversed(Base.metadata.sorted_tables) if "wave" in table.columns]
    raw(province, *(f"DELETE FROM {table.name} WHERE wave = 'ho-mo'" for table in tables))
    raw(province, "DELETE FROM wave WHERE code = 'ho-mo'")
    for call in ((), ("--against", file), ("--wave", "ho-mo")):
        told = hailong("integrity", "verify", *call)
        assert (told.code, "ho-mo: The wave is no longer there" in told.err) == (1, True), call

"""What no column of SQLite should hold, and it takes all the same: it is named, and the rest is counted."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from survey.integrity import digests
from survey.integrity.digest_file import Kept
from survey.integrity.verify import Sign, verify
from survey.storage.database import Database
from tests.survey.integrity.chain_rows import TODAY, WAVE, chain, forms, lot, night, raw, tamper

FIRST = TODAY - timedelta(3)
ODD = {
    "a number for forms": ("UPDATE release SET responses = 7", Sign.CHANGED, "releases"),
    "no day": ("UPDATE lot SET closed = 'never' WHERE day = :first", Sign.UNREADABLE, "lots"),
    "no document": ("UPDATE weight_version SET report = '{'", Sign.UNREADABLE, "weights"),
    "bytes": ("UPDATE response SET stratum = x'ff00' WHERE day = :first", Sign.CHANGED, "responses"),
    "no lot": ("UPDATE response SET lot = 'x' WHERE day = :first", Sign.CHANGED, "lots"),
    "no list": ("UPDATE day_digest SET content = '{'", Sign.UNREADABLE, "digests"),
    "ids cut off": ("UPDATE day_digest SET responses = x'00'", Sign.UNREADABLE, "digests"),
    "no wave": ("UPDATE wave SET opens = 'x' WHERE code = 'ho-mau'", Sign.UNREADABLE, "wave"),
}


def test_what_no_column_holds_is_named_and_the_rest_counted(province: Database, kept: Kept) -> None:
    for what, (order, sign, kind) in ODD.items():
        with province.engine.connect() as connection, Session(connection) as session:
            tamper(session, "PRAGMA defer_foreign_keys = ON", order, "UPDATE review SET reason = 'x'", first=FIRST)
            faults = {(one.sign, one.kind) for one in verify(session, WAVE)}
        assert (sign, kind) in faults, what
        assert (Sign.CHANGED, "reviews") in faults or kind in ("digests", "wave"), what


def test_a_row_that_can_not_be_read_keeps_no_other_wave_from_its_digest(province: Database) -> None:
    day = TODAY - timedelta(1)
    with province.writing() as session:
        for wave in (WAVE, "ho-mo"):
            forms(session, 5, day, lot(session, day, TODAY, wave=wave), wave)
    raw(province, f"UPDATE lot SET closed = 'never' WHERE wave = '{WAVE}'")
    digests.close_days(province, night(TODAY))
    assert [len(chain(province, wave)) for wave in (WAVE, "ho-mo")] == [0, 1]

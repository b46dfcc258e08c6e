"""`hailong purge`: it tells what was destroyed, and proves that the key is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from survey.fieldwork import invitations
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Batch, Mode, OpenKeying, Scan, Sheet
from survey.system import dates
from survey.waves import waves


@pytest.mark.usefixtures("key")
def test_what_was_destroyed_is_counted_and_that_the_key_is_gone_is_proved(
    hailong: Callable[..., Any], province: Database
) -> None:
    with province.writing() as session:
        place = waves.place(session, "ho-mau", "06652")
        submission.submit(session.connection(), place, uuid4(), Mode.PHONE, {"C2": [6], "C2_khac": "lời riêng"})
        invitations.make(session, "key", "ho-mau", ["V1"], 3)
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today()))
        session.flush()
        session.add(Sheet(serial="0001", batch="B1", place=1))
        session.flush()
        session.add_all(Scan(sheet="0001", page=page, marks={}, picture=b"hers") for page in (1, 2))
        session.add(OpenKeying(sheet="0001", turn=1, keyer="lan", typed={}))
        wave = waves.find(session, "ho-mau")
        wave.opens, wave.closes = date(2020, 1, 1), date(2021, 1, 1)
    assert "ho-mau\t2021-01-01\t\n" in hailong("purge", "--list").out
    assert hailong("purge", "--early").code == 2
    done = hailong("purge", "--wave", "ho-mau")
    assert (done.code, done.out) == (0, "")
    assert (
        "ho-mau: texts destroyed; invitation codes destroyed: 3; re-interview links: 0; forms that were still "
        "being keyed: 1; scanned pages: 2; paraphrases that no release shows: 0."
    ) in done.err
    assert "Proved: the key of ho-mau is in no file of the database any more." in done.err
    assert "Destroy the FILE.keys" in done.err
    assert "ho-mau\t" not in hailong("purge", "--list").out

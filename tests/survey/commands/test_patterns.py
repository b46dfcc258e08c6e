"""`hailong integrity patterns` and `reinterview`: what is unusual, and who is asked again, without a page."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from survey.storage.models import Reinterview, Sheet
from tests.survey.patterned import WAVE, Patterned

Program = Callable[..., Any]


def test_patterns_are_listed_and_a_sample_is_drawn_from_one(hailong: Program, patterned: Patterned) -> None:
    database = patterned()
    with database.writing() as session:
        for serial in session.scalars(select(Sheet.serial)).all():
            session.add(Reinterview(sheet=serial, wave=WAVE))
    listed = json.loads(hailong("integrity", "patterns", "--wave", WAVE).out)
    assert listed[0]["sign"] == "passes"
    assert all(one["sign"] for one in listed)
    every = list(
        csv.DictReader(
            hailong("integrity", "patterns", "--wave", WAVE, "--all", "--output", "csv").out.splitlines()
        )
    )
    assert len(every) > 400
    subject = next(one["subject"] for one in listed if one["subject"].startswith("pattern:alike:village:"))
    done = hailong("integrity", "reinterview", subject, "--wave", WAVE, "--size", "4", "--by", "An")
    assert (done.code, len(done.out.split())) == (0, 4)
    assert "4 households drawn, seed " in done.err
    matters = json.loads(hailong("integrity", "matters", "--wave", WAVE).out)
    assert [one["state"] for one in matters if one["subject"] == subject] == ["reinterview"]
    wrong = hailong("integrity", "reinterview", "pattern:x:village:y", "--wave", WAVE, "--by", "An")
    assert wrong.code == 1
    assert "There is no such pattern" in wrong.err


def test_a_wave_with_few_forms_has_no_pattern(hailong: Program, patterned: Patterned) -> None:
    patterned(0)
    assert json.loads(hailong("integrity", "patterns", "--wave", "ho-mau").out) == []

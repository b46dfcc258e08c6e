"""`hailong accounting`: the records that checks from outside rely on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from survey.storage.database import Database
from survey.storage.models import Batch, Sheet, SheetState
from survey.system import dates

STATES = (SheetState.ENTERED, SheetState.ENTERED, SheetState.WAITING, SheetState.VOID, SheetState.OUT)


def test_a_record_for_each_batch(hailong: Callable[..., Any], province: Database) -> None:
    assert json.loads(hailong("accounting", "--wave", "ho-mau").out) == []
    with province.writing() as session:
        for code, psu in (("ho-mau-V3", "V3"), ("ho-mau-V1", "V1")):
            session.add(Batch(code=code, wave="ho-mau", psu=psu, printed=dates.today()))
            session.flush()
            session.add_all(
                Sheet(serial=f"{psu}-{place}", batch=code, place=place, state=state)
                for place, state in enumerate(STATES, start=1)
            )
    done = hailong("accounting", "--wave", "ho-mau", "--output", "json")
    records = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    counts = {"issued": 5, "entered": 2, "waiting": 1, "void": 1, "missing": 1}
    assert records == [
        {"batch": "ho-mau-V1", "unit": "06652", **counts},
        {"batch": "ho-mau-V3", "unit": "06658", **counts},
    ]
    table = list(csv.DictReader(io.StringIO(hailong("accounting", "--wave", "ho-mau", "--output", "csv").out)))
    assert table == [{name: str(value) for name, value in record.items()} for record in records]
    assert list(table[0]) == ["batch", "unit", "issued", "entered", "waiting", "void", "missing"]


def test_a_wave_that_is_not_there_is_told(hailong: Callable[..., Any]) -> None:
    done = hailong("accounting", "--wave", "khong-co")
    assert (done.code, done.out) == (1, "")
    assert "khong-co" in done.err

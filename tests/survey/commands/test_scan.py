"""`hailong scan`: files of pages are read; what became of them is told, and what was wrong with single ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import filled_sheets
from sqlalchemy import select

from survey.fieldwork import serial_numbers
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Batch, Scan, Sheet
from survey.system.dates import today
from survey.waves import questionnaires

SERIAL = serial_numbers.numbered(3_000_001)


def test_pages_are_kept_and_faults_are_told_by_file_and_page(
    hailong: Callable[..., Any], province: Database, tmp_path: Path
) -> None:
    with province.writing() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=today()))
        session.flush()
        session.add(Sheet(serial=SERIAL, batch="B1", place=1))
    page, *_others = filled_sheets.printed(questionnaire, SERIAL)
    good, bad = tmp_path / "tot.jpg", tmp_path / "hong.pdf"
    good.write_bytes(filled_sheets.packed(page).tobytes())
    bad.write_bytes(b"no scan")
    done = hailong("scan", "--wave", "ho-mau", good, bad)
    assert (done.code, done.out) == (1, "")
    assert "hong.pdf, page 1: " in done.err
    assert "Pages read: 2; not kept: 1. Forms keyed: 0; waiting for a person or for pages: 1." in done.err
    with province.reading() as session:
        assert session.get_one(Scan, (SERIAL, 1)).picture is None  # a blank page has nothing doubtful
        [entry] = session.scalars(select(AuditEntry))
    assert "hailong scan" in entry.subject
    assert SERIAL not in entry.subject
    assert hailong("scan", "--wave", "khong-co", good).code == 1

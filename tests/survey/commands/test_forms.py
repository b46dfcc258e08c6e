"""`hailong forms print`: what is printed is issued, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from survey.fieldwork import double_entry, keying_decisions, reviews, serial_numbers, sheet_locks
from survey.storage.database import Database
from survey.storage.models import Batch, ReviewState, Sheet, SheetState
from survey.system import dates

Program = Callable[..., Any]


def pages(path: Path) -> int:
    with pypdfium2.PdfDocument(path) as document:
        return len(document)


def accounts(hailong: Program) -> list[tuple[str, int]]:
    ended = hailong("accounting", "--wave", "ho-mau")
    return [(line["batch"], line["issued"]) for line in json.loads(ended.out)]


def test_forms_are_numbered_and_printed_and_the_second_time_printed_alone(
    hailong: Program, tmp_path: Path
) -> None:
    out = tmp_path / "phieu.pdf"
    first = hailong(*("forms", "print", "--wave", "ho-mau", "--per-village", 2, "--double", 100, "--out", out))
    assert first.code == 0
    assert "Numbered: batches 4, forms 8; of these to be keyed twice 8" in first.err
    assert f"The forms are in {out}, batches: 4." in first.err
    assert pages(out) == 4 * (4 + 2 * 4)
    assert accounts(hailong) == [(f"ho-mau-{number:03d}", 2) for number in range(1, 5)]
    again = hailong("forms", "print", "--wave", "ho-mau", "--unit", "06652", "--out", out)
    assert again.code == 0
    assert "numbered already" in again.err
    assert pages(out) == 2 * (4 + 2 * 4)
    assert len(accounts(hailong)) == 4


def test_one_village_or_batch_is_printed_alone_and_may_get_more_forms(hailong: Program, tmp_path: Path) -> None:
    out = tmp_path / "phieu.pdf"
    each = ("forms", "print", "--wave", "ho-mau", "--out", out)
    assert hailong(*each, "--village", "V2", "--per-village", 1).code == 0
    assert accounts(hailong) == [("ho-mau-001", 1)]
    more = hailong(*each, "--village", "V2", "--more", 2, "--reinterview", 100)
    assert "batches 1, forms 2" in more.err
    assert "asked again 0" in more.err
    assert accounts(hailong) == [("ho-mau-001", 1), ("ho-mau-002", 2)]
    assert pages(out) == 4 + 2 * 4
    assert hailong(*each, "--batch", "ho-mau-001").code == 0
    assert pages(out) == 4 + 4


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ((), 1, "No sample is drawn for the wave Khảo sát mức độ hài lòng của người dân"),
        (("--batch", "ho-mau-009"), 1, "No forms are numbered here yet"),
        (("--village", "V9", "--per-village", 1), 1, "Not in the sample of this wave: V9"),
        (("--unit", "06652", "--village", "V1"), 2, "Give one of --unit"),
        (("--more", 3), 2, "Say for which village"),
        (("--double", 101), 2, "--double"),
    ],
)
def test_what_can_not_be_printed_is_refused_and_leaves_no_file(
    hailong: Program, tmp_path: Path, how: tuple[Any, ...], code: int, words: str
) -> None:
    out = tmp_path / "phieu.pdf"
    ended = hailong("forms", "print", "--wave", "ho-mau", "--out", out, *how)
    assert ended.code == code
    assert words in ended.err
    assert not out.exists()
    assert accounts(hailong) == []


def test_forms_are_void_by_command_and_stored_ones_only_for_who_is_sure(
    hailong: Program, province: Database, typed: dict[str, str]
) -> None:
    forms = [serial_numbers.numbered(1_000_001 + place) for place in range(3)]
    with province.writing() as session:
        for number, code in enumerate(("B1", "B2", "B2")):
            if session.get(Batch, code) is None:
                session.add(Batch(code=code, wave="ho-mau", psu="V1", printed=dates.today()))
                session.flush()
            session.add(Sheet(serial=forms[number], batch=code, place=number, state=SheetState.WAITING))
        session.flush()
        double_entry.finish(session, forms[0], sheet_locks.FIRST, "keyer", typed | {"ho_thay_the": "1"})

    def states() -> list[SheetState]:
        with province.reading() as session:
            return [session.get_one(Sheet, form).state for form in forms]

    void = ("forms", "void", *forms[:2], "--wave", "ho-mau", "--by", "Lan", "--reason")
    asked = hailong(*void, "twice")
    assert (asked.code, "entered: 1;" in asked.err, "--sure" in asked.err) == (1, True, True)
    assert states() == [SheetState.ENTERED, SheetState.WAITING, SheetState.WAITING]  # all or none
    assert hailong(*void, "lost").code == 2
    assert hailong("forms", "void", "99", *void[2:], "twice", "--sure").code == 1
    done = hailong(*void, "twice", "--sure")
    assert (done.code, "Void: 2 forms." in done.err) == (0, True)
    assert states() == [SheetState.VOID, SheetState.VOID, SheetState.WAITING]
    with province.reading() as session:
        [(decision, sheet)] = keying_decisions.listed(session, "ho-mau")
        assert (decision.person, sheet.serial) == ("Lan", forms[0])
        assert (sheet.adults, sheet.replaced) == (None, None)  # its head is rejected with it
        [answer] = reviews.newest(session, "ho-mau").values()
        assert answer.state is ReviewState.REJECTED

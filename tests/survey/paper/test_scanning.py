"""Scanned pages become a keying: once all are in and nothing is doubtful; else a person settles what is."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import filled_sheets
import numpy as np
import pytest
from sqlalchemy import select, update

from forms import Questionnaire, shipped
from survey.fieldwork import double_entry, keying, serial_numbers, sheet_locks
from survey.paper import batches, printing, scanning
from survey.paper.layout import layout
from survey.paper.pages import find
from survey.paper.scan_images import Grey, pictures
from survey.paper.scanning import Page
from survey.storage.database import Database
from survey.storage.models import (
    Batch,
    Keying,
    Mode,
    Response,
    ResponseText,
    Scan,
    Sheet,
    SheetState,
    Village,
    WaveKind,
)
from survey.system.dates import today
from survey.waves import questionnaires, waves
from translations import Conflict, Refusal

[SHORT] = [one for one in shipped() if one.name == "noi_phuc_vu@1"]
FIRST, SECOND, OTHER = (serial_numbers.numbered(number) for number in (2_000_001, 2_000_002, 2_000_003))


@cache
def blank(serial: str) -> list[Grey]:
    return filled_sheets.printed(SHORT, serial)


@pytest.fixture
def batch(province: Database, assigned: Callable[..., None]) -> Database:
    """Wave `giay` on the short form, with the forms FIRST (keyed once) and SECOND (keyed twice); OTHER is of
    another wave."""
    with province.writing() as session:
        found = waves.find(session, "gop-y")
        for code, forms in (("giay", (FIRST, SECOND)), ("giay-2", (OTHER,))):
            short = questionnaires.find(session, "noi_phuc_vu@1")
            made = waves.create(session, code, short, WaveKind.SAMPLE, found.opens, found.closes)
            session.add(Village(wave=made.code, psu="V1", unit="06652", stratum="06652", name="Thôn 1"))
            session.flush()
            session.add(Batch(code=f"{code}-001", wave=code, psu="V1", printed=today()))
            session.flush()
            session.add_all(
                Sheet(serial=serial, batch=f"{code}-001", place=place, double=serial == SECOND)
                for place, serial in enumerate(forms, start=1)
            )
        assigned(session, "lan", Mode.PAPER)
    return province


def choices(questionnaire: Questionnaire) -> dict[str, list[str]]:
    """What can be typed of each question with circles."""
    codes: dict[str, list[str]] = {}
    for box in layout(questionnaire).boxes:
        if box.kind == "mark":
            codes.setdefault(box.item, []).append(str(box.code))
    return codes


def sure() -> dict[str, str]:
    """What is typed of a form on which every question has its second answer, and nothing is written."""
    return {item: codes[1] for item, codes in choices(SHORT).items()}


def pages(serial: str, typed: dict[str, str]) -> list[bytes]:
    rng = np.random.default_rng(4)
    return [
        filled_sheets.packed(filled_sheets.filled(page, layout(SHORT), number, typed, "cross", rng)).tobytes()
        for number, page in enumerate(blank(serial), start=1)
    ]


def scan(database: Database, *files: bytes, wave: str = "giay") -> list[Page]:
    return list(
        scanning.take_in(database, wave, [(f"trang-{n}.jpg", file) for n, file in enumerate(files, start=1)])
    )


def sheet(database: Database, serial: str) -> Sheet:
    with database.reading() as session:
        return session.get_one(Sheet, serial)


def a_line() -> str:
    """A line of the short form on which something may be written."""
    return next(box.item for box in layout(SHORT).boxes if box.kind == "line")


def test_a_form_whose_marks_are_all_clear_is_keyed_when_its_last_page_is_in(batch: Database) -> None:
    first, last = pages(FIRST, sure())
    assert scan(batch, last) == [Page("trang-1.jpg", 1, FIRST, 2, 0, stored=False)]
    assert sheet(batch, FIRST).state is SheetState.WAITING
    assert scan(batch, first) == [Page("trang-1.jpg", 1, FIRST, 1, 0, stored=True)]
    assert sheet(batch, FIRST).state is SheetState.ENTERED
    with batch.reading() as session:
        [row] = session.scalars(select(Keying))
        [response] = session.scalars(select(Response).where(Response.wave == "giay"))
        scans = list(session.scalars(select(Scan)))
    assert (row.source, row.keyer, row.turn) == ("scan", scanning.SCANNER, 1)
    assert row.typed == keying.fields(SHORT, sure())
    assert response.answers == keying.keyed(SHORT, sure()).answers
    assert not scans  # the answers stand in the keying alone


def test_what_is_doubtful_waits_for_a_person_and_the_picture_goes_when_it_is_settled(batch: Database) -> None:
    single = next(code for code in sure() if SHORT.items.get(code) and SHORT.items[code].kind.is_scale)
    found = scan(batch, *pages(FIRST, sure() | {single: "*", a_line(): "x"}))
    assert [page.stored for page in found] == [False, False]
    assert sum(page.doubtful for page in found) == 2
    with batch.reading() as session:
        [waits] = scanning.waiting(session, "giay")
        doubts = scanning.doubts(session, "giay", FIRST)
        picture = cv2.imdecode(np.frombuffer(scanning.clip(session, "giay", FIRST, single), np.uint8), 0)
        with pytest.raises(Conflict):
            scanning.clip(session, "giay", FIRST, "hl_nothing")
    assert (waits.doubtful, waits.missing) == (2, ())
    assert {doubt.item.code: doubt.likeliest for doubt in doubts} == {
        single: keying.two_marks(SHORT.items[single])[0],
        a_line(): "",
    }
    assert picture is not None
    assert picture.shape[1] > 8 * picture.shape[0]  # the rows of one question, not the page
    with batch.writing() as session, pytest.raises(Refusal):
        scanning.settle(session, "giay", FIRST, "lan", {a_line(): "Chờ lâu"})
    with batch.writing() as session:
        assert scanning.settle(session, "giay", FIRST, "lan", {single: "3", a_line(): "Chờ lâu"}).stored
    with batch.reading() as session:
        [response] = session.scalars(select(Response).where(Response.wave == "giay"))
        assert response.answers[single] == 3
        assert session.get(ResponseText, response.id) is not None
        assert session.scalars(select(Keying.keyer)).all() == ["lan"]
        assert not session.scalars(select(Scan)).all()
        assert not scanning.waiting(session, "giay")
        with pytest.raises(Conflict):
            scanning.clip(session, "giay", FIRST, single)


def test_a_scan_is_one_of_two_keyings_and_never_both(batch: Database) -> None:
    files = pages(SECOND, sure())
    assert scan(batch, *files)[-1].stored
    assert sheet(batch, SECOND).state is SheetState.WAITING
    assert all(page.fault for page in scan(batch, *files))
    with batch.writing() as session:
        assert sheet_locks.acquire(session, SECOND, "lan").turn == sheet_locks.SECOND
    with batch.writing() as session:
        assert double_entry.finish(session, SECOND, 2, "lan", sure()).stored


def test_a_scan_may_be_the_second_keying_of_a_form_that_a_person_keyed(batch: Database) -> None:
    with batch.writing() as session:
        double_entry.finish(session, SECOND, 1, "lan", sure())
    assert scan(batch, *pages(SECOND, sure()))[-1].stored
    assert sheet(batch, SECOND).state is SheetState.ENTERED


def test_a_page_scanned_twice_is_kept_once_and_a_better_one_replaces_a_worse(batch: Database) -> None:
    first, _last = pages(FIRST, sure())
    single = next(iter(sure()))
    [worse, _rest] = pages(FIRST, sure() | {single: "*"})
    assert scan(batch, worse)[0].doubtful == 1
    assert scan(batch, worse)[0].fault
    assert scan(batch, first) == [Page("trang-1.jpg", 1, FIRST, 1, 0)]
    with batch.reading() as session:
        assert [scan.marks["doubtful"] for scan in session.scalars(select(Scan))] == [{}]
        [waits] = scanning.waiting(session, "giay")
    assert waits.missing == (2,)


def test_pages_that_are_not_of_this_wave_are_told_and_change_nothing(batch: Database) -> None:
    strange = filled_sheets.packed(blank(OTHER)[0]).tobytes()
    unknown = filled_sheets.packed(filled_sheets.printed(SHORT, "99999999")[0]).tobytes()
    beyond = blank(FIRST)[0].copy()
    rng = np.random.default_rng(1)
    empty = filled_sheets.packed(rng.integers(200, 255, (800, 600)).astype(np.uint8)).tobytes()
    with batch.writing() as session:
        session.execute(update(Sheet).where(Sheet.serial == SECOND).values(state=SheetState.VOID, reason="blank"))
    void = filled_sheets.packed(blank(SECOND)[0]).tobytes()
    corner = beyond.copy()
    corner[-300:, :300] = 255
    torn = filled_sheets.packed(corner).tobytes()
    found = scan(batch, strange, unknown, empty, void, torn, b"no picture", pages(FIRST, sure())[0])
    assert [bool(page.fault) for page in found] == [True] * 6 + [False]
    assert [page.serial for page in found] == [OTHER, "99999999", None, SECOND, FIRST, None, FIRST]
    assert sheet(batch, OTHER).state is SheetState.OUT
    with batch.reading() as session:
        assert [scan.sheet for scan in session.scalars(select(Scan))] == [FIRST]


def test_a_form_that_somebody_is_keying_is_not_taken_from_them(batch: Database) -> None:
    with batch.writing() as session:
        sheet_locks.acquire(session, FIRST, "lan")
    assert "lan" in scan(batch, pages(FIRST, sure())[0])[0].fault


def test_a_scanned_form_can_be_keyed_by_hand_instead(batch: Database) -> None:
    scan(batch, pages(FIRST, sure())[0])
    with batch.writing() as session:
        assert sheet_locks.take_next(session, "giay-001", "lan") is None
        scanning.forget(session, "giay", FIRST)
        opened = sheet_locks.take_next(session, "giay-001", "lan")
        assert opened is not None
        assert opened.sheet == FIRST


def test_the_pages_of_a_closed_fieldwork_are_refused(batch: Database) -> None:
    with batch.writing() as session:
        waves.find(session, "giay").closed = today()
    with pytest.raises(Refusal):
        scan(batch, pages(FIRST, sure())[0])


def test_a_form_without_any_mark_is_left_to_a_person(batch: Database) -> None:
    files = [filled_sheets.packed(page).tobytes() for page in blank(FIRST)]
    *_before, last = scan(batch, *files)
    assert last.fault
    assert not last.stored
    with batch.writing() as session:
        assert not session.scalars(select(Scan)).all()
        assert not scanning.waiting(session, "giay")
        opened = sheet_locks.take_next(session, "giay-001", "lan")
        assert opened is not None
        sheet_locks.set_aside(session, FIRST, opened.turn, "lan", "blank")


def test_a_form_as_it_is_printed_is_read_from_a_scan_of_its_batch(province: Database) -> None:
    with province.writing() as session:
        batches.issue(session, "ho-mau", forms=1, villages=["V1"], double=0, again=0)
        given = printing.prepared(session, "ho-mau")
        [serial] = session.scalars(select(Sheet.serial))
    file = io.BytesIO()
    printing.write(given, file)
    rng = np.random.default_rng(9)
    here = layout(given.questionnaire)
    typed = {code: texts[0] for code, texts in choices(given.questionnaire).items()}
    pages = []
    for page in pictures(file.getvalue()):
        assert not isinstance(page, Refusal)
        found = find(page)
        if found is not None:  # a page of the form, and not of the cover
            page = filled_sheets.filled(page, here, found.page, typed, "cross", rng)
        pages.append(
            np.asarray(cv2.rotate(filled_sheets.photographed(page, "turned", rng), cv2.ROTATE_180), np.uint8)
        )
    done, tiff = cv2.imencodemulti(".tiff", pages)
    assert done
    taken = list(scanning.take_in(province, "ho-mau", [("tap.tiff", tiff.tobytes())]))
    assert [page.page for page in taken if page.serial == serial] == [1, 2, 3, 4]
    assert [page.stored for page in taken if page.serial == serial] == [False, False, False, True]
    with province.reading() as session:
        [row] = session.scalars(select(Keying))
    assert row.typed == keying.fields(given.questionnaire, typed)


def test_nothing_is_left_of_the_scan_of_a_form_that_a_person_keyed_meanwhile(batch: Database) -> None:
    scan(batch, pages(FIRST, sure())[0])
    with batch.writing() as session:
        opened = sheet_locks.acquire(session, FIRST, "lan")
        assert double_entry.finish(session, FIRST, opened.turn, "lan", sure()).stored
        assert not session.scalars(select(Scan)).all()


def test_what_was_scanned_lies_in_no_file_of_the_data_folder(batch: Database, tmp_path: Path) -> None:
    single = next(code for code in sure() if SHORT.items.get(code) and SHORT.items[code].kind.is_scale)
    files = pages(FIRST, sure() | {single: "*", a_line(): "x"})
    assert sum(page.doubtful for page in scan(batch, *files)) == 2
    with batch.reading() as session:
        pictures = [scan.picture for scan in session.scalars(select(Scan)) if scan.picture]
    lying = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert pictures
    for known in (*files, *pictures):
        assert known.startswith(b"\xff\xd8\xff")  # a JPEG
        assert known[:20] not in lying
        assert known[-1000:] not in lying
    assert b'"confidence"' not in lying


def test_a_page_in_large_print_is_for_a_keyer(batch: Database) -> None:
    with batch.reading() as session:
        given = printing.prepared(session, "giay", serial=FIRST, large=True)
    file = io.BytesIO()
    printing.write(given, file)
    found = scan(batch, file.getvalue())
    assert all("chữ to: nhập tay" in page.fault for page in found[: given.pages])
    assert sheet(batch, FIRST).state is SheetState.OUT

"""The report's lines on the fieldwork, read back from its files: they add up, and are those of the accounting."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import uuid4

import docx
import openpyxl
import pytest

from analysis.response_rates import Dispositions
from survey.fieldwork import accounting, reviews
from survey.reports import report
from survey.responses import submission
from survey.results import releases, summary
from survey.results.collection import Households
from survey.results.summary import Summary
from survey.storage.database import Database
from survey.storage.models import Batch, Keying, Mode, ReviewState, Sheet, SheetState, Wave
from survey.system import dates
from survey.waves import waves

UNITS = {"V1": "06652", "V3": "06658"}
VOID, OUT, WAITING, ENTERED = SheetState.VOID, SheetState.OUT, SheetState.WAITING, SheetState.ENTERED
# Sheets of each batch: entered, waiting, void for reasons, missing without and with a reason.
BATCHES = {
    "V1": [(ENTERED, None)] * 6
    + [(WAITING, None), (VOID, "refused"), (VOID, "blank"), (OUT, None), (OUT, "Lost in the flood")],
    "V3": [(ENTERED, None)] * 5 + [(VOID, "refused"), (OUT, None), (OUT, None)],
}


@pytest.fixture
def surveyed(province: Database) -> Database:
    """19 forms in two batches, 11 entered, of which one is rejected; another response came from no village."""
    entered = []
    with province.writing() as session:
        for psu, sheets in BATCHES.items():
            session.add(Batch(code=f"B-{psu}", wave="ho-mau", psu=psu, printed=date(2026, 1, 1)))
            session.flush()
            for place, (state, reason) in enumerate(sheets, start=1):
                sheet = Sheet(serial=f"{psu}-{place}", batch=f"B-{psu}", place=place, state=state, reason=reason)
                if state is ENTERED:
                    sheet.response = uuid4()
                    entered.append(sheet.response)
                    where = waves.place(session, "ho-mau", UNITS[psu])
                    submission.submit(
                        session.connection(), where, sheet.response, Mode.PAPER, {"C4": 1, "C5": 1}, psu=psu
                    )
                session.add(sheet)
        submission.submit(
            session.connection(), waves.place(session, "ho-mau", "06652"), uuid4(), Mode.PHONE, {"C4": 1}
        )
        reviews.decide(session, "ho-mau", entered[:1], ReviewState.REJECTED, "made up", "p")
    return province


def gathered(database: Database) -> Summary:
    with database.reading() as session:
        return summary.gather(session, "ho-mau")


def tables(made: bytes) -> Iterator[dict[str, str]]:
    for table in docx.Document(io.BytesIO(made)).tables:
        yield {row.cells[0].text: row.cells[-1].text for row in table.rows}


def test_the_letters_lines_add_up(surveyed: Database) -> None:
    said = gathered(surveyed)
    found = list(tables(report.write(said, "docx")))
    [paper] = [table for table in found if "Thu về, đã nhập" in table]
    assert list(paper.items())[1:] == [
        ("Phát ra", "19"),
        ("Thu về, đã nhập", "11"),
        ("Thu về, chờ nhập", "1"),
        ("Hủy", "3"),
        ("– Từ chối", "2"),
        ("– Thu về còn trắng", "1"),
        ("Thiếu", "4"),
        ("– trong đó đã ghi lý do", "1"),
    ]
    assert 11 + 1 + 3 + 4 == 19
    [forms] = [table for table in found if "Thu về" in table and "Phát ra" in table]
    counted = {name: int(text) for name, text in forms.items() if text.isdigit()}
    assert counted["Phát ra"] == 19
    assert counted["Thu về"] == 12 == 10 + 1 + 1
    assert (counted["Hợp lệ, tính vào số liệu"], counted["Không theo mẫu"]) == (10, 1)
    assert counted["Bị loại khi rà soát, không tính vào số liệu"] == 1
    rates = next(table for table in found if any(name.startswith("RR1") for name in table))
    assert rates["REF1: từ chối, trên mọi hộ có thể còn ở đó"] == "63,16%", "10 broken off, 2 refused, of 19"


def test_answers_beyond_the_households_drawn_are_told_and_in_no_rate(surveyed: Database) -> None:
    with surveyed.writing() as session:
        for _person in range(9):  # V3: 8 forms, 5 entered and 1 void as refused
            place = waves.place(session, "ho-mau", UNITS["V3"])
            submission.submit(session.connection(), place, uuid4(), Mode.INTERVIEWER, {"C4": 1, "C5": 1}, psu="V3")
    words = "\n".join(
        part.text for part in docx.Document(io.BytesIO(report.write(gathered(surveyed), "docx"))).paragraphs
    )
    assert "Trong 19 hộ được chọn" in words
    assert "Có 7 phiếu trả lời nhiều hơn số hộ được chọn. Các phiếu ấy không vào tỷ lệ nào" in words


def test_partial_interviews_stand_in_the_sentence_of_the_complete_ones(province: Database) -> None:
    """A file of fewer questions leaves every interview partial: “0% in full” alone is no account of it."""
    said = gathered(province)
    households = Households(Dispositions(partial=300, refused=24), None)
    made = report.write(replace(said, collection=replace(said.collection, households=households)), "docx")
    words = " ".join(part.text for part in docx.Document(io.BytesIO(made)).paragraphs)
    assert "Trong 324 hộ được chọn, 0,0% trả lời đủ (RR1); tính cả " in words
    assert "trả lời một phần là 92,6% (RR2)." in words
    rates = next(table for table in tables(made) if any(name.startswith("RR1") for name in table))
    assert rates["RR2: như trên, tính cả trả lời một phần"] == "92,59%"


def test_the_workbook_has_a_row_for_each_batch_and_their_sum(surveyed: Database) -> None:
    said = gathered(surveyed)
    book = openpyxl.load_workbook(io.BytesIO(report.write(said, "xlsx")))
    rows = [row for row in book["Đối chiếu phiếu"].iter_rows(values_only=True) if isinstance(row[4], int)]
    with surveyed.reading() as session:
        lines = accounting.lines(session, "ho-mau")
    whole = accounting.total(lines)
    assert [row[4:] for row in rows] == [
        (line.issued, line.entered, line.waiting, line.void, line.missing, line.explained)
        for line in (lines[1], lines[0], whole)
    ]
    assert [row[:4] for row in rows][:2] == [
        ("06658", "Cao Xanh", "Thôn V3", "B-V3"),
        ("06652", "Hà Tu", "Thôn V1", "B-V1"),
    ]
    assert all(row[4] == sum(row[5:9]) for row in rows)
    forms = {row[0]: row[1] for row in book["Phiếu"].iter_rows(values_only=True)}
    assert (forms["Phát ra"], forms["Thiếu"], forms["Bị loại khi rà soát, không tính vào số liệu"]) == (19, 4, 1)


def test_the_errors_of_keying_are_told_with_their_interval(surveyed: Database) -> None:
    """Two forms of three fields each, both keyed twice, with one error in the second keying of one."""
    assert gathered(surveyed).collection.keying is None
    with surveyed.writing() as session:
        for serial in ("V1-1", "V1-2"):
            session.get_one(Sheet, serial).double = True
            for turn, answer in ((1, "1"), (2, "2" if serial == "V1-1" else "1"), (3, "1")):
                if turn < 3 or serial == "V1-1":
                    typed = {"C4": answer, "C5": "1", "C6": "1"}
                    session.add(
                        Keying(
                            sheet=serial,
                            turn=turn,
                            keyer=f"k{turn}",
                            source="person",
                            typed=typed,
                            day=date(2026, 1, 2),
                        )
                    )
    said = gathered(surveyed)
    assert said.collection.keying is not None
    assert (said.collection.keying.errors, said.collection.keying.fields) == (1, 12)
    words = [paragraph.text for paragraph in docx.Document(io.BytesIO(report.write(said, "docx"))).paragraphs]
    [line] = [text for text in words if text.startswith("Nhập hai lần")]
    assert "83,33 lỗi trên 1.000 ô [" in line
    assert "1 lỗi trong 12 ô của 2 phiếu" in line
    book = openpyxl.load_workbook(io.BytesIO(report.write(said, "xlsx")))
    assert line in [row[0] for row in book["Phiếu"].iter_rows(values_only=True)]


def test_what_is_counted_back_afterwards_shows_at_once(surveyed: Database) -> None:
    before = gathered(surveyed).collection
    with surveyed.writing() as session:
        accounting.take_back(session, "ho-mau", "B-V3", dates.today(), 8)
    after = gathered(surveyed).collection
    assert before.paper is not None
    assert after.paper is not None
    assert (before.paper.total.waiting, after.paper.total.waiting) == (1, 3)


def test_a_release_counts_what_it_froze_and_the_forms_as_they_are(surveyed: Database) -> None:
    with surveyed.writing() as session:
        frozen = releases.freeze(session, session.get_one(Wave, "ho-mau"), "p")
        submission.submit(
            session.connection(), waves.place(session, "ho-mau", "06652"), uuid4(), Mode.PAPER, {"C4": 1}, psu="V1"
        )
        came = summary.gather(session, "ho-mau", release=frozen).collection
    assert (came.collected, came.in_sample, came.outside, came.rejected) == (12, 10, 1, 1)
    assert came.issued == 19


def test_without_paper_there_is_no_account(province: Database) -> None:
    came = gathered(province).collection
    assert (came.paper, came.households, came.issued) == (None, None, None)
    assert "Đối chiếu phiếu" not in openpyxl.load_workbook(io.BytesIO(report.write(gathered(province), "xlsx")))

"""A print: every batch with its cover and slip, every page with the number and code of its sheet."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from numpy.typing import NDArray

from forms import load
from survey.fieldwork import serial_numbers
from survey.paper import batches, printing
from survey.paper.layout import layout
from survey.paper.printing import Print
from survey.pdf import joining
from survey.sampling import draws, plans
from survey.sampling.plans import Plan
from survey.storage.database import Database
from survey.storage.models import Sheet, Village
from survey.waves import units, waves
from translations import Conflict, NotFound

WAVE = "ho-mau"
DOTS = 6  # to the millimetre


@pytest.fixture
def issued(province: Database) -> Database:
    """Two villages drawn in each of two communes, two households in each; one of two is asked again."""
    with province.writing() as session:
        for village in waves.villages(session, WAVE):
            village.households = 60
        session.flush()
        wave = draws.locked(session, WAVE)
        draws.keep(session, wave, draws.drawn(plans.frame(session, wave), Plan(2, 2, "unit"), "2026"))
        batches.issue(session, WAVE, again=0.5)
    return province


def prepared(database: Database, **which: str) -> Print:
    with database.reading() as session:
        return printing.prepared(session, WAVE, **which)


def written(given: Print) -> bytes:
    file = io.BytesIO()
    printing.write(given, file)
    return file.getvalue()


def rendered(page: pypdfium2.PdfPage) -> NDArray[np.uint8]:
    picture = page.render(scale=DOTS * 25.4 / 72, grayscale=True).to_numpy().squeeze()
    return np.ascontiguousarray(picture)


def text_of(page: pypdfium2.PdfPage) -> str:
    return " ".join(page.get_textpage().get_text_bounded().split())


def test_each_page_of_each_sheet_has_its_code_and_number_and_each_sheet_begins_on_a_leaf(issued: Database) -> None:
    given = prepared(issued, unit="06652")
    assert [batch.unit for batch in given.batches] == ["phường Hà Tu"] * 2
    pages = layout(given.questionnaire).pages
    found = []
    done: list[int] = []
    file = io.BytesIO()
    printing.write(given, file, done.append)
    with pypdfium2.PdfDocument(file.getvalue()) as document:
        assert len(document) == sum(4 + pages * len(batch.sheets) for batch in given.batches)
        assert {document[number].get_size() for number in range(len(document))} == {document[0].get_size()}
        for number, page in enumerate(document):
            picture = rendered(page)
            for barcode in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode):
                found.append((number, barcode.text))
                if barcode.text.startswith("HL1:"):
                    serial = serial_numbers.serial(barcode.text)
                    assert f"{serial[:4]}{serial[4:]}" in text_of(page).replace(" ", "")
    assert done == [1, 2]
    expected = []
    start = 0
    for batch in given.batches:
        expected.append((start, batch.code))
        start += 4
        for sheet in batch.sheets:
            expected += [(start + page, f"HL1:{sheet.serial}:{page + 1}") for page in range(pages)]
            start += pages
    assert found == expected
    assert all(number % 2 == 0 for number, text in found if text.endswith(":1"))


def test_nothing_stands_around_the_code_and_the_circles_are_where_the_layout_says(issued: Database) -> None:
    given = prepared(issued, batch="ho-mau-001")
    where = layout(given.questionnaire)
    x, y, side = where.qr
    with pypdfium2.PdfDocument(written(given)) as document:
        for number in range(4, 4 + where.pages):
            picture = rendered(document[number])
            reach = side / 2 + 3  # nearly four modules, which the standard asks for
            around = picture[
                round((y - reach) * DOTS) : round((y + reach) * DOTS),
                round((x - reach) * DOTS) : round((x + reach) * DOTS),
            ].copy()
            edge = round(2.8 * DOTS)
            assert around[edge:-edge, edge:-edge].min() < 50
            around[edge:-edge, edge:-edge] = 255
            assert around.min() > 250
            for box in where.boxes:
                if box.page == number - 3 and box.kind == "mark":
                    left, right = round((box.x - 1) * DOTS), round((box.x + 1) * DOTS)
                    column = round(box.x * DOTS)
                    assert picture[round(box.y * DOTS), left:right].min() > 250
                    top = round((box.y - box.height / 2) * DOTS)
                    assert picture[top - 2 : top + 3, column].min() < 150


def test_the_cover_names_village_numbers_and_households_and_the_slip_stands_there_twice(issued: Database) -> None:
    given = prepared(issued, batch="ho-mau-001")
    [batch] = given.batches
    with pypdfium2.PdfDocument(written(given)) as document:
        cover, blank, slip, other_blank = (text_of(document[number]) for number in range(4))
        sheets = [text_of(document[number]) for number in range(4, len(document))]
    first, last = batch.sheets[0].serial, batch.sheets[-1].serial
    for words in ("ho-mau-001", "phường Cao Xanh", batch.village, f"từ {first} đến {last}", "Tổng số phiếu 2"):
        assert words in cover
    assert ", ".join(map(str, batch.households)) in cover
    assert ", ".join(map(str, batch.spare)) in cover
    assert slip.count(f"từ {first} đến {last}") == slip.count("Người nhận") / 2 == 2
    assert (blank, other_blank) == ("", "")
    assert [("có thể được đến hỏi lại" in text) for text in sheets[::4]] == [s.again for s in batch.sheets]


def test_a_household_that_may_be_visited_again_stands_on_the_cover_and_on_no_form(issued: Database) -> None:
    given = prepared(issued)
    assert sum(sheet.again for batch in given.batches for sheet in batch.sheets) == 4
    batch = next(batch for batch in given.batches if any(sheet.again for sheet in batch.sheets))
    bound = [sheet for sheet in batch.sheets if sheet.again]
    assert all(sheet.household in batch.households for sheet in bound)
    with pypdfium2.PdfDocument(written(prepared(issued, batch=batch.code))) as document:
        cover = text_of(document[0])
        forms = [text_of(document[number]) for number in range(4, len(document))]
    assert all(f"Hộ số {sheet.household}" in cover for sheet in bound)
    assert not any("Hộ số" in text for text in forms)


def test_nothing_on_paper_says_which_form_is_keyed_twice(issued: Database) -> None:
    given = prepared(issued, batch="ho-mau-001")
    once = written(given)
    with issued.writing() as session:
        for sheet in session.query(Sheet):
            sheet.double = not sheet.double
    assert prepared(issued, batch="ho-mau-001") == given
    assert len(written(given)) == len(once)


def test_a_further_batch_of_a_village_has_no_list_of_households(issued: Database) -> None:
    first = prepared(issued, batch="ho-mau-001").batches[0]
    with issued.writing() as session:
        psu = session.query(Village).filter_by(wave=WAVE, name=first.village).one().psu
        code = batches.issue_more(session, WAVE, psu, 1).code
    [batch] = prepared(issued, batch=code).batches
    assert (batch.village, batch.households, batch.spare, len(batch.sheets)) == (first.village, (), (), 1)


def test_what_is_not_numbered_can_not_be_printed(province: Database) -> None:
    with pytest.raises(NotFound, match="chưa có phiếu nào được cấp số"):
        prepared(province)
    with province.reading() as session:
        elsewhere = units.communes(session)[0].code
    with province.writing() as session:
        batches.issue(session, WAVE, forms=1, villages=["V1"])
    for which in ({"batch": "ho-mau-002"}, {"unit": elsewhere}):
        with pytest.raises(NotFound):
            prepared(province, **which)
    assert len(prepared(province, unit="06652").batches) == 1


def test_a_short_form_without_a_draw_is_printed_too(province: Database) -> None:
    with province.writing() as session:
        short = waves.find(session, "gop-y").questionnaire
        waves.find(session, WAVE).questionnaire = short
        batches.issue(session, WAVE, forms=2, villages=["V1"], again=1)
    given = prepared(province)
    assert given.batches[0].households == ()
    with pypdfium2.PdfDocument(written(given)) as document:
        assert len(document) == 4 + 2 * 2
        assert "Hộ số" not in text_of(document[0])  # it asks nothing again, so nobody must find the household
        assert "Ý KIẾN VỀ LẦN LÀM THỦ TỤC" in text_of(document[4])


def test_a_form_in_large_print_has_the_number_of_its_form_and_no_page_that_is_scanned(issued: Database) -> None:
    [batch] = prepared(issued, batch="ho-mau-001").batches
    serial = batch.sheets[0].serial
    with issued.reading() as session:
        given = printing.prepared(session, WAVE, serial=serial, large=True)
    with pypdfium2.PdfDocument(written(given)) as document:
        texts = [text_of(page) for page in document]
        # A page of A4: no cover, and the question's letters are 16 points high and not 10.5.
        assert document[0].get_size() == pytest.approx((595.3, 841.9), abs=0.1)
        assert len(document) == given.pages + given.pages % 2
        text = document[0].get_textpage()
        heights = [text.get_charbox(place, loose=True) for place in range(text.count_chars())]
        assert max(top - bottom for _l, bottom, _r, top in heights) > 16
        codes = [
            barcode.text
            for page in document
            for barcode in zxingcpp.read_barcodes(rendered(page), formats=zxingcpp.BarcodeFormat.QRCode)
        ]
    assert codes == [f"HL1:{serial}:0"] * given.pages
    assert all("Nhập tay, không quét" in text for text in texts[: given.pages])
    assert serial_numbers.serial(codes[0]) == serial


ONE_PAGE = """
code: thu
version: 1
title: {vi: Phiếu thử, en: Trial}
purpose: {vi: Để thử, en: To try}
consent: {vi: Gửi là đồng ý, en: Sending is consent}
pages:
  - code: viec
    title: {vi: Việc, en: Business}
    items:
      - {code: lan, kind: number, minimum: 0, maximum: 50, label: {vi: Mấy lần?, en: How often?}}
      - code: qua
        kind: multiple
        label: {vi: Qua đâu?, en: How?}
        choices: {1: {vi: Loa, en: Radio}, 2: {vi: Báo, en: Press}}
"""


def test_a_form_of_one_page_has_a_blank_back_and_a_number_a_cell_for_each_digit(
    issued: Database, tmp_path: Path
) -> None:
    (tmp_path / "thu.yaml").write_text(ONE_PAGE, encoding="utf-8")
    given = replace(prepared(issued, batch="ho-mau-001"), questionnaire=load(tmp_path / "thu.yaml"))
    where = layout(given.questionnaire)
    assert where.pages == 1
    cells = [box for box in where.boxes if box.kind == "digit"]
    assert [(box.item, box.code) for box in cells] == [("lan", 1), ("lan", 2)]
    assert cells[0].x + cells[0].width == pytest.approx(cells[1].x)
    with pypdfium2.PdfDocument(written(given)) as document:
        texts = [text_of(page) for page in document]
    assert ["Mấy lần?" in text for text in texts[4:]] == [True, False, True, False]
    assert texts[5] == texts[7] == ""


def test_who_prints_while_another_does_waits_and_is_told_so(
    issued: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "PATIENCE", 0.01)
    given = prepared(issued, batch="ho-mau-001")
    refused = []

    def second(_done: int) -> None:
        with pytest.raises(Conflict, match="đang in"):
            written(given)
        refused.append(True)

    printing.write(given, io.BytesIO(), second)
    assert refused
    assert written(given).startswith(b"%PDF")

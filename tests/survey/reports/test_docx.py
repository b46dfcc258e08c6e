"""The Word document is one that a clerk can work on."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import docx
import pytest
from docx.enum.text import WD_TAB_LEADER
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from survey.reports import report
from survey.results.summary import Summary


@pytest.fixture(scope="module")
def document(kept: Summary) -> Any:
    return docx.Document(io.BytesIO(report.write(kept, "docx")))


def test_headings_are_headings_and_black(document: Any) -> None:
    levels = [
        paragraph.style.name for paragraph in document.paragraphs if paragraph.style.name.startswith("Heading")
    ]
    assert levels.count("Heading 1") == 3
    assert levels.count("Heading 2") == 12
    for paragraph in document.paragraphs:
        if paragraph.style.name.startswith("Heading"):  # Word counts it, no typed number does
            assert paragraph._p.pPr.numPr is not None
            assert not re.match(r"[IVX\d]+\.", paragraph.text)
    captions = [paragraph for paragraph in document.paragraphs if paragraph.style.name == "Caption"]
    assert all("SEQ Table" in paragraph._p.xml for paragraph in captions)


def test_what_the_clerk_writes_has_dotted_lines(document: Any) -> None:
    dotted = [paragraph for paragraph in document.paragraphs if paragraph.text == "\t"]
    assert len(dotted) == 7
    assert all(stop.leader == WD_TAB_LEADER.DOTS for one in dotted for stop in one.paragraph_format.tab_stops)
    assert dotted[-1].paragraph_format.keep_with_next


def test_styles_are_those_of_the_decree(document: Any) -> None:
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Caption", "Table Text"):
        style = document.styles[name]
        assert (style.font.name, str(style.font.color.rgb)) == ("Times New Roman", "000000"), name
        fonts = style.element.rPr.rFonts
        assert not [key for key in fonts.attrib if key.endswith("Theme")], name
    assert document.styles["Normal"].font.size == Pt(14)


def test_the_page_is_that_of_the_decree(document: Any) -> None:
    section = document.sections[0]
    close = [
        (section.page_width, 210), (section.page_height, 297), (section.left_margin, 30),
        (section.right_margin, 18), (section.top_margin, 20), (section.bottom_margin, 20),
    ]  # fmt: skip
    assert all(abs(length - Mm(wanted)) < Mm(0.1) for length, wanted in close)


def test_the_page_number_stands_from_page_two_and_the_marks_on_every_page(document: Any) -> None:
    section = document.sections[0]
    assert section.different_first_page_header_footer
    assert "PAGE" in section.header._element.xml
    assert "PAGE" not in section.first_page_header._element.xml
    for footer in (section.footer, section.first_page_footer):
        assert footer.paragraphs[0].text == "DỰ THẢO – Dữ liệu mô phỏng"


def test_an_issued_report_has_no_marks(opened: Summary) -> None:
    document = docx.Document(io.BytesIO(report.write(opened, "docx")))
    assert document.sections[0].footer.paragraphs[0].text == ""


def test_table_heads_repeat_and_rows_stay_whole(document: Any) -> None:
    ruled = [table for table in document.tables if table.style.name == "Table Grid"]
    assert len(ruled) == 10
    for table in ruled:
        heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows]
        assert heads == [True] + [False] * (len(heads) - 1)
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
        groups = [row for row in table.rows if len(row._tr.tc_lst) == 1]
        for row in (table.rows[0], *groups):  # no head is the last line of a page
            assert row.cells[0].paragraphs[0].paragraph_format.keep_with_next


def test_a_table_that_fills_much_of_a_page_is_parted_but_leaves_no_row_alone(document: Any) -> None:
    first = next(table for table in document.tables if table.style.name == "Table Grid")
    stays = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in first.rows]
    assert stays[:3] == [True, True, None]  # its head and two rows, then it may go on overleaf
    assert stays[-1]  # its note goes with the last row


def test_who_signs_and_who_gets_it_stay_on_one_page(document: Any) -> None:
    table = next(one for one in document.tables if one.rows[0].cells[0].text.startswith("Nơi nhận:"))
    left, right = table.rows[0].cells
    assert left.paragraphs[0].text == "Nơi nhận:"
    assert [paragraph.text for paragraph in right.paragraphs if paragraph.text] == ["GIÁM ĐỐC", "(Họ và tên)"]
    assert table.rows[0]._tr.trPr.find(qn("w:cantSplit")) is not None
    assert all(paragraph.paragraph_format.keep_with_next for paragraph in (*left.paragraphs, *right.paragraphs))
    closing = table._tbl.getprevious()  # the last sentence goes with them
    assert closing.pPr.find(qn("w:keepNext")) is not None


def test_title_and_language_are_set(document: Any, summary: Summary) -> None:
    assert document.core_properties.title.startswith("BÁO CÁO Kết quả hài lòng 2025")
    assert document.core_properties.created.date() == summary.data_day
    assert 'w:val="vi-VN"' in document.styles["Normal"].element.xml


def test_a_name_that_looks_like_markup_stays_text(make: Callable[..., Summary], summary: Summary) -> None:
    unit = summary.units[6].unit
    unit.name = "<b>Thôn & {{ 1 }}</b> #strong[*]"
    document = docx.Document(io.BytesIO(report.write(summary, "docx")))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert any("<b>Thôn & {{ 1 }}</b> #strong[*]" in text for text in cells)

"""The PDF is an official one: its own typeface, tags, title, language."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from pypdfium2 import raw

from survey.pdf import typeface
from survey.reports import pdf, report
from survey.reports.contents import contents
from survey.reports.structure import Column, Row, Table
from survey.results.summary import Summary
from translations import Refusal

LETTERS = "ÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬĐÈẺẼÉẸÊỀỂỄẾỆÌỈĨÍỊÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢÙỦŨÚỤƯỪỬỮỨỰỲỶỸÝỴ"


@pytest.fixture(scope="module")
def document(kept: Summary) -> Iterator[pypdfium2.PdfDocument]:
    opened = pypdfium2.PdfDocument(report.write(kept, "pdf"))
    yield opened
    opened.close()


def text(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    words = page.get_textpage()
    found: str = words.get_text_range()
    words.close()
    page.close()
    return " ".join(found.split())


def typefaces(document: pypdfium2.PdfDocument) -> dict[str, bool]:
    """The names of the fonts of all text, and whether they are embedded."""
    found = {}
    for page in document:
        for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            font = raw.FPDFTextObj_GetFont(thing.raw)
            name = ctypes.create_string_buffer(200)
            raw.FPDFFont_GetBaseFontName(font, name, 200)
            found[name.value.decode()] = raw.FPDFFont_GetIsEmbedded(font) == 1
        page.close()
    return found


def test_vietnamese_letters_are_letters(document: pypdfium2.PdfDocument) -> None:
    words = " ".join(text(document, number) for number in range(len(document)))
    assert "phiền hà, sách nhiễu" in words
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in words
    assert "Độc lập - Tự do - Hạnh phúc" in words


def test_no_line_runs_into_the_margin(document: pypdfium2.PdfDocument) -> None:
    """Not the command either that names 39 questions without a space."""
    for page in document:
        for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            assert thing.get_bounds()[2] <= page.get_width() - 40
        page.close()


def test_every_letter_is_of_the_official_typeface_and_in_the_file(document: pypdfium2.PdfDocument) -> None:
    found = typefaces(document)
    assert found
    assert all(found.values())
    family = typeface.typeface()[0].replace(" ", "")
    assert {name.partition("+")[2].partition("-")[0] for name in found} == {family}


def test_the_head_of_a_group_goes_to_the_page_of_its_rows(summary: Summary) -> None:
    pairs = [row for n in range(60) for row in (Row((f"Nhóm {n}",), strong=True), Row((f"dòng {n}", "1")))]
    for rows in (pairs, pairs[1:]):  # in one of them a page would end with a head
        table = Table("Bảng", (Column("Tên", 50), Column("Số", 50)), tuple(rows), ())
        made = pypdfium2.PdfDocument(
            pdf.write(replace(contents(summary), blocks=(table,), annex=()), summary.data_day)
        )
        pages = [text(made, number) for number in range(len(made))]
        made.close()
        assert len(pages) > 2
        assert all(page.rindex("dòng") > page.rindex("Nhóm") for page in pages)


def test_the_typeface_is_the_one_that_setup_makes() -> None:
    assert typeface.typeface() == ("Tinos", typeface.TINOS)


def test_the_typeface_has_all_letters_of_vietnamese_and_all_signs(summary: Summary) -> None:
    """A letter without a shape would be refused, for PDF/A asks for one."""
    summary.province.name = LETTERS + LETTERS.lower() + "0123456789–−…“”†*%[];·"
    assert report.write(summary, "pdf").startswith(b"%PDF")


@pytest.mark.parametrize("letter", ["廣", "≥"])  # Typst has the second in a typeface of its own
def test_a_letter_without_a_shape_is_refused_and_named(summary: Summary, letter: str) -> None:
    summary.province.name = f"Quảng Ninh {letter}"
    with pytest.raises(Refusal, match=letter):
        report.write(summary, "pdf")


def test_without_the_typeface_there_is_no_pdf(
    summary: Summary, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Tinos-Regular.ttf").write_bytes((typeface.TINOS / "Tinos-Regular.ttf").read_bytes())
    monkeypatch.setattr(typeface, "FAMILIES", {"Tinos": tmp_path, "Liberation Serif": tmp_path / "nothing"})
    with pytest.raises(Refusal, match="make setup"):
        report.write(summary, "pdf")


def test_it_is_tagged_and_has_title_and_language(document: pypdfium2.PdfDocument) -> None:
    assert document.is_tagged()
    assert document.get_metadata_value("Title").startswith("BÁO CÁO Kết quả hài lòng 2025")
    assert document.get_metadata_value("CreationDate").startswith("D:20260205")  # the day of the data
    length = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
    language = ctypes.create_string_buffer(length)
    raw.FPDFCatalog_GetLanguage(document.raw, ctypes.cast(language, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    assert language.raw.decode("utf-16-le").rstrip("\0").startswith("vi")


def test_it_declares_what_it_keeps_to(summary: Summary) -> None:
    made = report.write(summary, "pdf")
    assert b"pdfuaid:part" in made
    assert b"pdfaid:part" in made


def test_every_page_but_the_first_bears_its_number_and_each_the_marks(document: pypdfium2.PdfDocument) -> None:
    for number in range(len(document)):
        words = text(document, number)
        assert "DỰ THẢO – Dữ liệu mô phỏng" in words
        assert words.startswith(f"{number + 1} ") == (number > 0)
        width, height = document.get_page_size(number)
        assert (round(width), round(height)) == (595, 842)


def test_an_issued_report_bears_no_mark(opened: Summary) -> None:
    document = pypdfium2.PdfDocument(report.write(opened, "pdf"))
    assert not any("mô phỏng" in text(document, number) for number in range(len(document)))
    document.close()


def test_the_signature_is_never_alone_on_its_page(document: pypdfium2.PdfDocument) -> None:
    pages = [text(document, number) for number in range(len(document))]
    (signed,) = (page for page in pages if "GIÁM ĐỐC" in page)
    for words in ("3. Kiến nghị", "xem xét, chỉ đạo./.", "Nơi nhận:"):
        assert words in signed
    assert pages.index(signed) <= 2  # two or three pages are signed
    assert "Phụ lục 1." in pages[pages.index(signed) + 1]


def test_text_that_looks_like_markup_stays_text(summary: Summary) -> None:
    summary.units[6].unit.name = "#strong[*] $x$ <b>"
    document = pypdfium2.PdfDocument(report.write(summary, "pdf"))
    words = " ".join(text(document, number) for number in range(len(document)))
    document.close()
    assert "#strong[*] $x$ <b>" in words

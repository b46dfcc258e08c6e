"""The report as a Word document that can be edited: real styles, real headings, table heads that repeat.

Its look is that of the province's template where there is one, else the one below.
"""

from __future__ import annotations

import io
from datetime import date, datetime, time
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from survey.reports import plot, word_template
from survey.reports.structure import (
    LEFT,
    Blank,
    Block,
    Command,
    Figure,
    Heading,
    Notice,
    Paragraph,
    Report,
    Row,
    Table,
)

TYPEFACE = "Times New Roman"
LOCALES = {"vi": "vi-VN", "en": "en-GB"}
TEXT_WIDTH = 162  # mm: A4 without margins of 30 and 18; widths below are parts of it, whatever the page is
HEAD_WIDTHS = (64, 98)  # the right one holds "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" on one line
FOOT_WIDTHS = (81, 81)
SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
CENTRED = WD_ALIGN_PARAGRAPH.CENTER


def write(report: Report, day: date) -> bytes:
    """The report as a file whose own date is `day`, that of the data."""
    document = word_template.own() or shipped()
    _language(document, report)
    _marks(document, report)
    _head(document, report)
    for block in report.blocks:
        _block(document, block)
    _foot(document, report)
    if report.annex:
        document.add_page_break()
    for block in report.annex:
        _block(document, block)
    properties = document.core_properties
    properties.title, properties.author = report.title, report.issuer
    properties.language = LOCALES[report.language]
    properties.created = properties.modified = datetime.combine(day, time())
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


# Styles and page


def shipped() -> Any:
    """An empty document in the look of Nghị định 30: what a province begins its own template with."""
    document = Document()
    _styles(document)
    _page(document)
    return document


def _language(document: Any, report: Report) -> None:
    properties = document.styles["Normal"].element.get_or_add_rPr()
    for old in properties.findall(qn("w:lang")):
        properties.remove(old)
    language = OxmlElement("w:lang")
    for name in ("w:val", "w:eastAsia"):
        language.set(qn(name), LOCALES[report.language])
    properties.append(language)


def _marks(document: Any, report: Report) -> None:
    """What must stand on every page, at the foot, below what a template has there."""
    if not report.marks:
        return
    section = document.sections[0]
    footers = [section.footer]
    if section.different_first_page_header_footer:
        footers.append(section.first_page_footer)
    if document.settings.odd_and_even_pages_header_footer:
        footers.append(section.even_page_footer)
    for footer in footers:
        last = footer.paragraphs[-1] if footer.paragraphs else None
        paragraph = last if last is not None and not last.text and not len(last.runs) else footer.add_paragraph()
        paragraph.style = document.styles["Table Note"]
        paragraph.alignment = CENTRED
        paragraph.add_run(" – ".join(report.marks))


def _styles(document: Any) -> None:
    """Every look is a style, so that the whole document changes with one of them."""
    normal = document.styles["Normal"]
    _typeface(normal, 14)
    shape = normal.paragraph_format
    shape.space_after, shape.space_before = Pt(6), Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.MULTIPLE, 1.1
    shape.widow_control = True

    body = _style(document, "Body Text", 14)
    body.paragraph_format.first_line_indent = Mm(12.7)
    body.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    for level in (1, 2):
        heading = _style(document, f"Heading {level}", 14, bold=True)
        heading.paragraph_format.first_line_indent = Mm(12.7)
        heading.paragraph_format.space_before = Pt(12 if level == 1 else 8)
        heading.paragraph_format.keep_with_next = True
    caption = _style(document, "Caption", 13, bold=True, centred=True)
    caption.paragraph_format.space_before = Pt(8)
    caption.paragraph_format.keep_with_next = True
    _style(document, "Title", 14, bold=True, centred=True, after=0)
    for name, strong in (("Table Text", False), ("Table Head", True)):
        cell = _style(document, name, 12, bold=strong, centred=strong, after=2, spacing=1.0)
        cell.paragraph_format.space_before = Pt(2)
    note = _style(document, "Table Note", 11.5, italic=True, after=2)
    note.paragraph_format.space_before = Pt(2)
    _style(document, "Notice", 14, bold=True, centred=True)
    command = _style(document, "Command", 12)
    command.paragraph_format.left_indent = Mm(12.7)
    _style(document, "Letterhead", 13, centred=True, after=0, spacing=1.0)
    _style(document, "Copies", 11, after=0, spacing=1.0)


def _style(
    document: Any,
    name: str,
    size: float,
    *,
    centred: bool = False,
    after: float = 6,
    spacing: float = 1.1,
    **look: bool,
) -> Any:
    names = {style.name for style in document.styles}
    style = document.styles[name] if name in names else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if name not in names:
        style.base_style = document.styles["Normal"]
    _typeface(style, size, **look)
    shape = style.paragraph_format
    shape.space_before, shape.space_after, shape.line_spacing = Pt(0), Pt(after), spacing
    shape.alignment = CENTRED if centred else WD_ALIGN_PARAGRAPH.LEFT
    # The default Title has a rule below it.
    for border in style.element.get_or_add_pPr().findall(qn("w:pBdr")):
        style.element.get_or_add_pPr().remove(border)
    return style


def _typeface(style: Any, size: float, *, bold: bool = False, italic: bool = False) -> None:
    font = style.font
    font.name, font.size, font.bold, font.italic = TYPEFACE, Pt(size), bold, italic
    font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
        fonts.set(qn(name), TYPEFACE)
    for spacing in style.element.get_or_add_rPr().findall(qn("w:spacing")):
        style.element.get_or_add_rPr().remove(spacing)


def _page(document: Any) -> None:
    """A4 and the margins of Nghị định 30; the number at the head from page 2."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(20), Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(18)
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = CENTRED
    run = paragraph.add_run()
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        element.text = text
        run._r.append(element)


# Head and foot


def _head(document: Any, report: Report) -> None:
    left, right = _pair(document, HEAD_WIDTHS)
    size = None if report.language == "vi" else Pt(11)  # the English names are long
    _line(left, "Letterhead", report.authority, size=size)
    _line(left, "Letterhead", report.issuer, bold=True, size=size)
    _rule(left, 22)
    _line(left, "Letterhead", report.number)
    _line(right, "Letterhead", report.state, bold=True, size=Pt(12.5))
    _line(right, "Letterhead", report.motto, bold=True, size=Pt(13.5))
    _rule(right, 53)
    _line(right, "Letterhead", report.place_and_day, italic=True, size=Pt(13.5))
    kind = document.add_paragraph(report.kind, style="Title")
    kind.paragraph_format.space_before = Pt(18)
    for line in report.subject:
        document.add_paragraph(line, style="Title")
    rule = document.add_paragraph(style="Letterhead")
    rule.paragraph_format.space_before, rule.paragraph_format.line_spacing = Pt(5), Pt(8)
    _border(rule, "top", between=word_template.text_width(document) - 50)
    addressee = document.add_paragraph(report.addressee)
    addressee.alignment = CENTRED


def _foot(document: Any, report: Report) -> None:
    left, right = _pair(document, FOOT_WIDTHS)
    _line(left, "Copies", report.copies_title, bold=True, italic=True, size=Pt(12))
    for line in report.copies:
        _line(left, "Copies", line)
    _line(right, "Letterhead", report.signatory, bold=True, size=Pt(14))
    space = _line(right, "Letterhead", "")
    space.paragraph_format.space_before = Mm(26)
    _line(right, "Letterhead", report.signer, bold=True, size=Pt(14))
    for cell in (left, right):
        for paragraph in cell.paragraphs:
            paragraph.paragraph_format.keep_with_next = True


def _pair(document: Any, widths: tuple[int, int]) -> tuple[Any, Any]:
    """Two cells side by side without a border, in a row that is never parted."""
    table = document.add_table(rows=1, cols=2)
    scale = word_template.text_width(document) / TEXT_WIDTH
    wide = [Mm(width * scale) for width in widths]
    _grid(table, wide)
    _whole(table.rows[0])
    left, right = table.rows[0].cells
    left.width, right.width = wide
    return left, right


def _line(cell: Any, style: str, text: str, *, bold: bool = False, italic: bool = False, size: Any = None) -> Any:
    """A paragraph of a cell; the one that each cell is born with is used first."""
    fresh = len(cell.paragraphs) == 1 and not cell.paragraphs[0].text and cell.paragraphs[0].style.name == "Normal"
    paragraph = cell.paragraphs[0] if fresh else cell.add_paragraph()
    paragraph.style = style
    if text:
        run = paragraph.add_run(text)
        run.bold, run.italic = bold or None, italic or None
        if size is not None:
            run.font.size = size
    return paragraph


def _rule(cell: Any, length: int) -> None:
    """A line of this length (mm) in the middle of the cell: an underline would strike through the dots below."""
    paragraph = _line(cell, "Letterhead", "")
    paragraph.paragraph_format.space_before = Pt(4)
    paragraph.paragraph_format.line_spacing = Pt(5)
    _border(paragraph, "top", between=cell.width.mm - 4 - length)


def _border(paragraph: Any, side: str, between: float) -> None:
    """Draws one side of the paragraph, shortened by `between` mm, in the middle."""
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(between / 2)
    borders, line = OxmlElement("w:pBdr"), OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


# Blocks


def _block(document: Any, block: Block) -> None:
    match block:
        case Heading(0, text):
            document.add_paragraph(text, style="Title")
        case Heading(level, text):
            document.add_paragraph(text, style=f"Heading {level}")
        case Paragraph(text, leads):
            paragraph = document.add_paragraph(text, style="Body Text")
            paragraph.paragraph_format.keep_with_next = leads or None
        case Blank(lines):
            for _line_of_it in range(lines):
                document.add_paragraph(style="Body Text")
        case Notice(text):
            _frame(document.add_paragraph(text, style="Notice"))
        case Command(text):
            document.add_paragraph(text, style="Command")
        case Table():
            _table(document, block)
        case Figure():
            _figure(document, block)


def _frame(paragraph: Any) -> None:
    borders = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "6"), ("space", "4"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _table(document: Any, block: Table) -> None:
    document.add_paragraph(block.caption, style="Caption")
    table = document.add_table(rows=0, cols=len(block.columns))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    whole = word_template.text_width(document)
    widths = [Mm(whole * column.width / 100) for column in block.columns]
    _grid(table, widths)
    # Named by their ids: looking a style up for each of a thousand cells took most of the time.
    text_style, head_style = (document.styles[name].style_id for name in ("Table Text", "Table Head"))
    head = Row(tuple(column.title for column in block.columns), strong=True)
    for place, line in enumerate((head, *block.rows)):
        row = table.add_row()
        _whole(row)
        if place == 0:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        cells = row.cells
        if len(line.cells) == 1 < len(block.columns):
            cells = (cells[0].merge(cells[-1]),)
        for cell, text, column, width in zip(cells, line.cells, block.columns, widths, strict=False):
            if len(cells) > 1:
                cell.width = width
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            paragraph = cell.paragraphs[0]
            paragraph._p.style = text_style if place else head_style
            if place and column.align != LEFT:
                paragraph.alignment = CENTRED
            # A short table stays whole: each of its rows is kept with the next. A head never stands alone.
            heads = place == 0 or len(cells) == 1
            if (block.short or heads) and place < len(block.rows):
                paragraph.paragraph_format.keep_with_next = True
            run = paragraph.add_run(text)
            if line.strong and place:
                run.bold = True
    _notes(document, block.notes)


def _figure(document: Any, block: Figure) -> None:
    paragraph = document.add_paragraph()
    paragraph.alignment = CENTRED
    paragraph.paragraph_format.keep_with_next = True
    picture = paragraph.add_run().add_picture(
        io.BytesIO(plot.png(block)), width=Mm(word_template.text_width(document))
    )
    for side in ("distT", "distB", "distL", "distR"):  # other programs than Word take no value for some space
        picture._inline.set(side, "0")
    description = picture._inline.docPr
    description.set("descr", block.alt)
    description.set("title", block.caption)
    caption = document.add_paragraph(block.caption, style="Caption")
    caption.paragraph_format.keep_with_next = bool(block.notes)
    _notes(document, block.notes)


def _notes(document: Any, notes: tuple[str, ...]) -> None:
    for note in notes:
        document.add_paragraph(note, style="Table Note")
    last = document.paragraphs[-1] if notes else document.add_paragraph(style="Table Note")
    last.paragraph_format.space_after = Pt(8 if notes else 0)


def _whole(row: Any) -> None:
    """The row is not parted at the end of a page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _grid(table: Any, widths: list[Any]) -> None:
    """The widths of the columns; the cells say theirs too, for Word reads one and other programs the other."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width

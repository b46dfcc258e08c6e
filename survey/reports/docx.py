"""The report as a Word document that can be edited: real styles, real headings, table heads that repeat.

Its look is that of the province's template where there is one, else the one below.
"""

from __future__ import annotations

import io
from datetime import date, datetime, time
from html import escape
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from survey.reports import word_numbering, word_template
from survey.reports.structure import (
    LEFT,
    Blank,
    Block,
    Command,
    Heading,
    Notice,
    Paragraph,
    Report,
    Row,
    Table,
)
from translations import gettext as _

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
    if report.dense:
        _make_dense(document)
    _language(document, report)
    _marks(document, report)
    _head(document, report)
    page = _Page(document, counting=word_numbering.of(document, roman=not report.dense))
    for block in report.blocks:
        page.add(block)
    _foot(document, report)
    for block in report.annex:
        page.add(block)
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
    word_numbering.define(document)
    _page(document)
    return document


def _make_dense(document: Any) -> None:
    """Letters and spaces so small that a notice stands on one page: 13 points, as the decree allows."""
    for name, size, after in (("Normal", 13, 2), ("Body Text", 13, 2), ("Heading 1", 13, 2), ("Title", 13, 0)):
        style = document.styles[name]
        style.font.size, style.paragraph_format.space_after = Pt(size), Pt(after)
        style.paragraph_format.line_spacing = 1.0
    document.styles["Heading 1"].paragraph_format.space_before = Pt(3)
    for name in ("Table Text", "Table Head"):
        style = document.styles[name]
        style.font.size = Pt(10.5)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0.5)
    document.styles["Caption"].font.size = Pt(12)
    document.styles["Caption"].paragraph_format.space_before = Pt(3)
    document.styles["Table Note"].font.size = Pt(10.5)
    notice = document.styles["Notice"]
    notice.font.size, notice.paragraph_format.space_after = Pt(11), Pt(4)


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
    annex = _style(document, "Annex Title", 14, bold=True, centred=True, after=8)
    annex.paragraph_format.keep_with_next = True
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
    _field(paragraph, "PAGE", "2")


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
    kind.paragraph_format.space_before = Pt(6 if report.dense else 18)
    for line in report.subject:
        document.add_paragraph(line, style="Title")
    rule = document.add_paragraph(style="Letterhead")
    rule.paragraph_format.space_before, rule.paragraph_format.line_spacing = Pt(5), Pt(8)
    _border(rule, "top", between=word_template.text_width(document) - 50)
    if report.addressee:
        document.add_paragraph(report.addressee).alignment = CENTRED


def _foot(document: Any, report: Report) -> None:
    left, right = _pair(document, FOOT_WIDTHS)
    _line(left, "Copies", report.copies_title, bold=True, italic=True, size=Pt(12))
    for line in report.copies:
        _line(left, "Copies", line)
    _line(right, "Letterhead", report.signatory, bold=True, size=Pt(14))
    space = _line(right, "Letterhead", "")
    space.paragraph_format.space_before = Mm(12 if report.dense else 24)
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


class _Page:
    """The document while its blocks are added. `counting`: None where the template's headings don't count."""

    def __init__(self, document: Any, counting: word_numbering.Counting | None) -> None:
        self.document, self.counting = document, counting

    def add(self, block: Block) -> None:
        """A block at the end of the document."""
        match block:
            case Heading(0, text):
                title = self.document.add_paragraph(text, style="Annex Title" if self._has_annexes else "Title")
                title.paragraph_format.page_break_before = True
                if self.counting:
                    self.counting.begin_again()
            case Heading(level, text, number):
                heading = self.document.add_paragraph(style=f"Heading {level}")
                heading.add_run(text if self.counting else f"{number} {text}")
                if self.counting:
                    self.counting.count(heading, level)
            case Paragraph(text, leads):
                paragraph = self.document.add_paragraph(text, style="Body Text")
                paragraph.paragraph_format.keep_with_next = leads or None
            case Blank(lines, dotted, leads):
                for _each in range(lines):
                    _empty(self.document, dotted, leads)
            case Notice(text):
                _frame(self.document.add_paragraph(text, style="Notice"))
            case Command(text):
                self.document.add_paragraph(text, style="Command")
            case Table():
                _table(self.document, block)

    @property
    def _has_annexes(self) -> bool:
        return any(style.name == "Annex Title" for style in self.document.styles)


def _empty(document: Any, dotted: bool, leads: bool) -> None:
    """An empty line; a dotted one is a tabulator with a leader, which goes when somebody writes there."""
    paragraph = document.add_paragraph(style="Body Text")
    paragraph.paragraph_format.keep_with_next = leads or None
    if dotted:
        paragraph.paragraph_format.first_line_indent = Mm(0)
        room = Mm(word_template.text_width(document))
        paragraph.paragraph_format.tab_stops.add_tab_stop(room, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        paragraph.add_run("\t")


def _frame(paragraph: Any) -> None:
    borders = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "6"), ("space", "4"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _table(document: Any, block: Table) -> None:
    """A ruled table whose head repeats. It is written as text and read once: cell by cell took seconds."""
    _caption(document, block)
    whole = word_template.text_width(document)
    widths = [round(whole * column.width / 100 * 56.6929) for column in block.columns]  # twentieths of a point
    names = {name: document.styles[name].style_id for name in ("Table Grid", "Table Text", "Table Head")}
    head = Row(tuple(column.title for column in block.columns), strong=True)
    rows = (head, *block.rows)
    last = len(block.rows) if block.notes else len(block.rows) - 1  # a note is never alone, nor the last row
    written = "".join(
        _row(line, place, block, widths, names, leads=place <= last and (block.short or place in (0, 1, last)))
        for place, line in enumerate(rows)
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    table = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{names["Table Grid"]}"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar>'
        f'<w:tblLook w:val="0020" w:firstRow="1"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{written}</w:tbl>'
    )
    document.element.body._insert_tbl(table)
    _notes(document, block.notes)


def _row(line: Row, place: int, block: Table, widths: list[int], names: dict[str, str], *, leads: bool) -> str:
    """A row that is never parted. `place` 0: the head; one cell in many columns heads the rows below it."""
    spans = len(line.cells) == 1 < len(widths)
    style = names["Table Text" if place else "Table Head"]
    cells = []
    for text, column, width in zip(line.cells, block.columns, widths, strict=False):
        span = f'<w:gridSpan w:val="{len(widths)}"/>' if spans else ""
        centred = '<w:jc w:val="center"/>' if place and column.align != LEFT else ""
        stays = "<w:keepNext/>" if leads or spans else ""
        bold = "<w:rPr><w:b/></w:rPr>" if line.strong and place else ""
        words = "<w:br/>".join(
            f'<w:t xml:space="preserve">{escape(part, quote=False)}</w:t>' for part in text.split("\n")
        )
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{sum(widths) if spans else width}" w:type="dxa"/>{span}'
            f'<w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="{style}"/>{stays}{centred}</w:pPr>'
            f"<w:r>{bold}{words}</w:r></w:p></w:tc>"
        )
    repeats = "" if place else "<w:tblHeader/>"
    return f"<w:tr><w:trPr><w:cantSplit/>{repeats}</w:trPr>{''.join(cells)}</w:tr>"


def _caption(document: Any, block: Table) -> None:
    """The caption with its number as a field, so that tables that are added or taken out are counted anew."""
    if not block.caption:
        return
    paragraph = document.add_paragraph(style="Caption")
    if block.number:
        before, _number, after = _("Table %(no)s. ", no="\0").partition("\0")
        paragraph.add_run(before)
        _field(paragraph, "SEQ Table \\* ARABIC", str(block.number))
        paragraph.add_run(after)
    paragraph.add_run(block.caption)


def _field(paragraph: Any, instruction: str, result: str = "") -> None:
    """A field with what it last came to."""
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("result", result), ("end", "")):
        run = paragraph.add_run(text if kind == "result" else "")
        if kind == "result":
            continue
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.set(qn("xml:space"), "preserve")
            element.text = f" {text} "
        run._r.append(element)


def _notes(document: Any, notes: tuple[str, ...]) -> None:
    for place, note in enumerate(notes, 1):
        paragraph = document.add_paragraph(note, style="Table Note")
        paragraph.paragraph_format.keep_with_next = place < len(notes) or None  # none is alone on a page
    shape = (document.paragraphs[-1] if notes else document.add_paragraph(style="Table Note")).paragraph_format
    shape.space_after = Pt(8 if notes else 0)
    if not notes:  # what must stand between two tables
        shape.space_before, shape.line_spacing = Pt(0), Pt(6)


def _whole(row: Any) -> None:
    """The row is not parted at the end of a page."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _grid(table: Any, widths: list[Any]) -> None:
    """The widths of the columns; the cells say theirs too, for Word reads one and other programs the other."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width

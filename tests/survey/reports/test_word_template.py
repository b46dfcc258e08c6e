"""A province gives the Word report its own look; nothing of what the report says depends on it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.section import WD_SECTION
from docx.shared import Mm, Pt, RGBColor

from survey.commands import main
from survey.operations import installation
from survey.reports import commune_bundle, report, word_template
from survey.reports import docx as word
from survey.results.summary import Summary
from translations import Refusal, speak

BLUE = RGBColor(0x1F, 0x38, 0x64)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("HAILONG_DATABASE_URL", raising=False)
    return tmp_path


def changed(path: Path) -> Path:
    """The shipped template in blue Arial, narrower, with words in its head and body."""
    document = word.shipped()
    for level in (1, 2):
        font = document.styles[f"Heading {level}"].font
        font.name, font.color.rgb = "Arial", BLUE
    section = document.sections[0]
    section.left_margin = Mm(40)
    section.first_page_header.paragraphs[0].text = "SỞ NỘI VỤ QUẢNG NINH"
    document.add_paragraph("Chữ mẫu trong thân")
    document.save(path)
    return path


def made(summary: Summary) -> Any:
    return docx.Document(io.BytesIO(report.write(summary, "docx")))


def hailong(*arguments: str) -> int:
    """Runs `hailong template` within this process; its exit code."""
    try:
        main(["template", *arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        speak("vi")
    return 0


def words(document: Any) -> list[str]:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [*(paragraph.text for paragraph in document.paragraphs), *cells]


def test_the_look_of_the_template_is_the_look_of_the_report(kept: Summary, tmp_path: Path) -> None:
    before = made(kept)
    word_template.use(changed(tmp_path / "cua-tinh.docx"))
    after = made(kept)
    for level in (1, 2):
        font = after.styles[f"Heading {level}"].font
        assert (font.name, font.color.rgb) == ("Arial", BLUE)
    section = after.sections[0]
    assert section.first_page_header.paragraphs[0].text == "SỞ NỘI VỤ QUẢNG NINH"
    assert abs(section.left_margin - Mm(40)) < Mm(0.1)
    assert words(after) == words(before)
    for footer in (section.footer, section.first_page_footer):
        assert footer.paragraphs[0].text == "DỰ THẢO – Dữ liệu mô phỏng"


def test_tables_keep_within_the_margins_of_the_template(kept: Summary, tmp_path: Path) -> None:
    word_template.use(changed(tmp_path / "cua-tinh.docx"))
    document = made(kept)
    room = Mm(210 - 40 - 18 + 0.5)
    for table in document.tables:
        assert sum(column.width for column in table.columns) <= room


def test_marks_stand_below_what_the_foot_of_the_template_says(kept: Summary, tmp_path: Path) -> None:
    document = word.shipped()
    document.sections[0].footer.paragraphs[0].text = "Số 1 Đường Một"
    document.save(tmp_path / "cua-tinh.docx")
    word_template.use(tmp_path / "cua-tinh.docx")
    foot = [paragraph.text for paragraph in made(kept).sections[0].footer.paragraphs]
    assert foot == ["Số 1 Đường Một", "DỰ THẢO – Dữ liệu mô phỏng"]


def test_a_template_without_the_styles_is_refused_and_says_which(folder: Path, tmp_path: Path) -> None:
    docx.Document().save(tmp_path / "trang.docx")
    with pytest.raises(Refusal) as refused:
        word_template.use(tmp_path / "trang.docx")
    said = str(refused.value)
    for name in ("Letterhead", "Table Head", "Notice"):
        assert name in said
    assert "Heading 1" not in said
    assert "hailong template save" in said
    assert not (folder / word_template.FILE).exists()


def test_a_template_put_there_by_hand_is_checked_too(kept: Summary, folder: Path) -> None:
    (folder / "templates").mkdir()
    docx.Document().save(folder / word_template.FILE)
    with pytest.raises(Refusal, match="Letterhead"):
        report.write(kept, "docx")
    assert report.write(kept, "pdf").startswith(b"%PDF")


def test_several_sections_a_narrow_page_and_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sai.docx"
    document = word.shipped()
    document.add_section(WD_SECTION.NEW_PAGE)
    document.save(path)
    with pytest.raises(Refusal, match="phần"):
        word_template.use(path)
    document = word.shipped()
    document.sections[0].left_margin = Mm(90)
    document.save(path)
    with pytest.raises(Refusal, match="120 mm"):
        word_template.use(path)
    for content in (b"", b"PK\x03\x04", b"%PDF-1.7"):
        path.write_bytes(content)
        with pytest.raises(Refusal, match="Word"):
            word_template.use(path)


def test_kept_reports_of_all_communes_are_made_anew_with_another_template(kept: Summary, tmp_path: Path) -> None:
    before = commune_bundle._path(kept, "vi")
    word_template.use(changed(tmp_path / "cua-tinh.docx"))
    assert commune_bundle._path(kept, "vi") != before


def test_the_program_saves_uses_and_drops_a_template(kept: Summary, tmp_path: Path) -> None:
    file = str(tmp_path / "mau.docx")
    database = installation.made()
    installation.prepare(database)
    database.engine.dispose()
    assert hailong("save", file) == 0
    document = docx.Document(file)
    document.styles["Normal"].font.size = Pt(13)
    document.save(file)
    assert hailong("use", file) == 0
    assert made(kept).styles["Normal"].font.size == Pt(13)
    assert hailong("drop") == 0
    assert made(kept).styles["Normal"].font.size == Pt(14)


# What a template may not bring along

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def packed(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The shipped template with its parts changed by hand, as Word or somebody else would."""
    word.shipped().save(path)
    with zipfile.ZipFile(path) as kept:
        parts = {name: kept.read(name) for name in kept.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w") as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return path


def related(kind: str, target: str, outside: bool = True, of: str = "word/document.xml") -> Any:
    """Adds a relationship to a part, and the part where it leads to one inside."""
    folder, _slash, name = of.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels"

    def change(parts: dict[str, bytes]) -> None:
        empty = (
            b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
        )
        mode = ' TargetMode="External"' if outside else ""
        line = f'<Relationship Id="rIdX" Type="{OFFICE}/{kind}" Target="{target}"{mode}/></Relationships>'
        parts[rels] = parts.get(rels, empty).replace(b"</Relationships>", line.encode())
        if not outside:
            parts[f"word/{target}"] = b"x"
            types = b'<Default Extension="bin" ContentType="application/octet-stream"/></Types>'
            parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", types)

    return change


def within(xml: str, of: str = "word/document.xml") -> Any:
    def change(parts: dict[str, bytes]) -> None:
        parts[of] = parts[of].replace(b"<w:sectPr", xml.encode() + b"<w:sectPr", 1)

    return change


def field(*pieces: str) -> str:
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{piece}</w:instrText></w:r>' for piece in pieces)
    return (
        f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs}'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )


REACHING = {
    "a template elsewhere": related("attachedTemplate", "https://example.org/t.dotm", of="word/settings.xml"),
    "a picture elsewhere": related("image", "https://example.org/p.png"),
    "a picture on another machine": related("image", "file://///example/p.png"),
    "an object elsewhere": related("oleObject", "https://example.org/o"),
    "a link to a file": related("hyperlink", "file:///C:/x.exe"),
    "a link to a neighbour": related("hyperlink", "x.docx"),
    "a kind that nobody knows": related("khac", "https://example.org/"),
    "an object within": related("oleObject", "o.bin", outside=False),
    "a workbook within": related("package", "o.bin", outside=False),
    "a control within": related("control", "o.bin", outside=False),
    "macros": related("vbaProject", "o.bin", outside=False),
    "a web page within": related("aFChunk", "o.bin", outside=False),
    "DDE": within(field("DDEAUTO c:\\\\windows\\\\cmd.exe")),
    "DDE in pieces, in small letters": within(field(" d", "de", "auto x")),
    "a picture by a field": within(field(' INCLUDEPICTURE "https://example.org/p.png" \\d')),
    "a text by a field": within('<w:p><w:fldSimple w:instr=" INCLUDETEXT https://example.org/t "/></w:p>'),
    "a field around another": within(
        field("PAGE").replace("</w:p>", "") + field("LINK Excel.Sheet x").replace("<w:p>", "")
    ),
    "letters by a database": within("<w:p><w:pPr><w:mailMerge/></w:pPr></w:p>"),
    "an old picture": within(
        '<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:imagedata src="//example/p.png"/>'
        "</v:shape></w:pict></w:r></w:p>"
    ),
}


@pytest.mark.parametrize("what", REACHING)
def test_what_fetches_or_runs_something_is_refused(tmp_path: Path, what: str) -> None:
    with pytest.raises(Refusal, match="tải về hoặc chạy"):
        word_template.use(packed(tmp_path / "xau.docx", REACHING[what]))
    assert word_template.version() == ""


def test_page_numbers_and_links_to_a_website_stay(tmp_path: Path) -> None:
    def change(parts: dict[str, bytes]) -> None:
        within(field(" PAGE ") + field(" NUMPAGES \\* MERGEFORMAT") + field(' DATE \\@ "dd/MM/yyyy"'))(parts)
        related("hyperlink", "https://quangninh.gov.vn")(parts)

    word_template.use(packed(tmp_path / "tot.docx", change))
    assert word_template.version()


def test_a_part_that_is_no_xml_is_refused_by_words(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="không phải là văn bản Word"):
        word_template.use(
            packed(tmp_path / "hong.docx", lambda parts: parts.update({"word/document.xml": b"<w:x"}))
        )

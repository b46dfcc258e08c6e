"""The Word document that a report is written into: the shipped look, or one that the province put in its place.

A template gives the styles, the page with its margins, and the head and foot of the pages (a logo, say). What its
body says is left out. The PDF is set by Typst and keeps the look of Nghị định 30.

Every report carries what lies in the template, to whoever opens it. So it may fetch nothing (a template or picture
elsewhere tells that server who reads the report, and on Windows gives the password's hash away), run nothing
(macros, embedded objects, controls, DDE) and take in nothing else: fields are those that say where one is. Links
to a website, which open when somebody presses them, stay.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.opc.oxml import parse_xml
from docx.oxml.ns import qn

from survey.system import settings
from survey.system.atomic_file import atomic_write
from translations import Refusal, reason

FILE = "templates/report.docx"  # in the data folder
NEEDED = (
    "Normal", "Title", "Heading 1", "Heading 2", "Body Text", "Caption", "Letterhead", "Copies", "Notice",
    "Command", "Table Text", "Table Head", "Table Note",
)  # fmt: skip
TABLES = ("Table Grid",)
NARROWEST = 120  # mm of text: below, the tables of the report have no room
LINK = "hyperlink"  # the one kind of relationship that may lead outside, to a website or a mailbox
WEBSITE = re.compile(r"https?://|mailto:", re.IGNORECASE)
# Kinds of relationships that bring something along that runs, or is taken in as it is.
RUNNING = frozenset(
    {
        *("oleObject", "package", "control", "activeXControlBinary", "vbaProject", "wordVbaData", "aFChunk"),
        *("subDocument", "attachedToolbars", "keyMapCustomizations", "attachedTemplate", "mailMergeSource"),
    }
)
FIELDS = frozenset(
    {
        *("PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "STYLEREF", "REF", "PAGEREF", "SEQ", "TOC", "="),
        *("TITLE", "SUBJECT", "DATE", "TIME", "CREATEDATE", "SAVEDATE", "PRINTDATE", "DOCPROPERTY"),
    }
)
LARGEST, LARGEST_UNPACKED = 10_000_000, 100_000_000  # bytes


def path() -> Path:
    """Where the province's template lies."""
    return settings.data_folder() / FILE


def own() -> Any:
    """The province's template as an empty document; None if there is none. Refused where it can't be used."""
    return opened(path()) if path().exists() else None


def version() -> str:
    """What tells one template from another; empty for the shipped look."""
    return hashlib.sha256(path().read_bytes()).hexdigest() if path().exists() else ""


def use(file: Path) -> None:
    """Checks a template and puts it in the place of the one before."""
    opened(file)
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with atomic_write(path()) as kept:
        kept.write(file.read_bytes())


def drop() -> bool:
    """Goes back to the shipped look; whether there was another."""
    existed = path().exists()
    path().unlink(missing_ok=True)
    return existed


def opened(file: Path) -> Any:
    """A template without its body; refused with what is missing."""
    document = _read(file)
    kinds = {(style.name, style.type) for style in document.styles}
    missing = [name for name in NEEDED if (name, WD_STYLE_TYPE.PARAGRAPH) not in kinds]
    missing += [name for name in TABLES if (name, WD_STYLE_TYPE.TABLE) not in kinds]
    if missing:
        raise Refusal(
            "The template %(file)s lacks these styles: %(styles)s. Begin with the shipped one, which has them "
            "all: hailong template save mau.docx",
            file=file.name,
            styles=", ".join(missing),
        )
    if len(document.sections) > 1:
        raise Refusal(
            "The template %(file)s has several sections. Keep one: its page, its head and its foot.",
            file=file.name,
        )
    if text_width(document) < NARROWEST:
        raise Refusal(
            "The template %(file)s leaves less than %(least)s mm for the text. Make its margins smaller.",
            file=file.name,
            least=NARROWEST,
        )
    body = document.element.body
    for element in list(body):
        if element is not document.sections[0]._sectPr:
            body.remove(element)
    return document


def text_width(document: Any) -> float:
    """The room between the margins, in mm."""
    section = document.sections[0]
    return float((section.page_width - section.left_margin - section.right_margin) / 36_000)


def _reaching(document: Any) -> Iterator[str]:
    """What of a document leads outside or runs, each as Word calls it: a kind of relationship, a field."""
    package = document.part.package
    for relationship in package.iter_rels():
        kind = relationship.reltype.rpartition("/")[2]
        outside = relationship.is_external and not (kind == LINK and WEBSITE.match(relationship.target_ref))
        if outside or kind in RUNNING:
            yield f"{kind} {relationship.target_ref[:60]}" if relationship.is_external else kind
    for part in package.iter_parts():
        if part.content_type.endswith("xml"):
            yield from _fields(parse_xml(part.blob))


def _fields(root: Any) -> Iterator[str]:
    """The fields of a part that are none of `FIELDS`, and what fetches without a relationship."""
    open_fields: list[str] = []
    for element in root.iter():
        if element.tag == qn("w:fldChar"):
            if element.get(qn("w:fldCharType")) == "begin":
                open_fields.append("")
            elif open_fields:
                yield from _unknown(
                    open_fields.pop() if element.get(qn("w:fldCharType")) == "end" else open_fields[-1]
                )
        elif element.tag in (qn("w:instrText"), qn("w:delInstrText")):
            if open_fields:
                open_fields[-1] += element.text or ""
            else:
                yield from _unknown(element.text or "")
        elif element.tag == qn("w:fldSimple"):
            yield from _unknown(element.get(qn("w:instr")) or "")
        elif element.tag == qn("w:mailMerge"):
            yield "mailMerge"
        elif "vml" in str(element.tag) and "src" in element.attrib:
            yield f"{element.tag.rpartition('}')[2]} {element.get('src')[:60]}"


def _unknown(field: str) -> Iterator[str]:
    words = field.split()
    if words and words[0].upper() not in FIELDS and not words[0].startswith("="):
        yield words[0].upper()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refusal(
            "%(file)s can't be read (%(reason)s). Name another file.", file=file, reason=reason(error)
        ) from error


def _read(file: Path) -> Any:
    content = _content(file)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if len(content) > LARGEST or unpacked > LARGEST_UNPACKED:
            raise Refusal("%(file)s is too large for a template. Make its pictures smaller.", file=file.name)
        document = Document(io.BytesIO(content))
        reaching = sorted(set(_reaching(document)))
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError, SyntaxError) as error:  # of XML, too
        raise Refusal("%(file)s is no Word document. Save it as .docx.", file=file.name) from error
    if reaching:
        raise Refusal(
            "The template %(file)s fetches or runs something when it is opened: %(what)s. Remove that in "
            "Word and save it again.",
            file=file.name,
            what=", ".join(reaching),
        )
    return document

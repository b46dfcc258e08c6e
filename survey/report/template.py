"""The Word document that a report is written into: the shipped look, or one that the province put in its place.

A template gives the styles, the page with its margins, and the head and foot of the pages (a logo, say). What its
body says is left out. The PDF is set by Typst and keeps the look of Nghị định 30.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.exceptions import PackageNotFoundError

from survey import settings
from survey.files.exporting import replacing
from translations import Refusal, reason

FILE = "templates/report.docx"  # in the data folder
NEEDED = (
    "Normal", "Title", "Heading 1", "Heading 2", "Body Text", "Caption", "Letterhead", "Copies", "Notice",
    "Command", "Table Text", "Table Head", "Table Note",
)  # fmt: skip
TABLES = ("Table Grid",)
NARROWEST = 120  # mm of text: below, the tables of the report have no room
LARGEST, LARGEST_UNPACKED = 10_000_000, 100_000_000  # bytes


def path() -> Path:
    """Where the province's template lies."""
    return settings.data_folder() / FILE


def own() -> Any:
    """The province's template as an empty document; None where there is none. Refused where it can't be used."""
    return opened(path()) if path().exists() else None


def version() -> str:
    """What tells one template from another; empty for the shipped look."""
    return hashlib.sha256(path().read_bytes()).hexdigest() if path().exists() else ""


def use(file: Path) -> None:
    """Checks a template and puts it in the place of the one before."""
    opened(file)
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path()) as kept:
        kept.write(file.read_bytes())


def drop() -> bool:
    """Goes back to the shipped look; whether there was another."""
    there = path().exists()
    path().unlink(missing_ok=True)
    return there


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


def _read(file: Path) -> Any:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refusal(
            "%(file)s can't be read (%(reason)s). Name another file.", file=file, reason=reason(error)
        ) from error
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if len(content) > LARGEST or unpacked > LARGEST_UNPACKED:
            raise Refusal("%(file)s is too large for a template. Make its pictures smaller.", file=file.name)
        return Document(io.BytesIO(content))
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError) as error:
        raise Refusal("%(file)s is no Word document. Save it as .docx.", file=file.name) from error

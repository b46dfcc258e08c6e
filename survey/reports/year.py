"""The year's document as a file: Word, PDF, Excel, JSON. Each prints what was gathered, and computes nothing."""

from __future__ import annotations

from survey.reports import docx, json, pdf, year_xlsx
from survey.reports.year_contents import contents
from survey.year.document import YearDocument
from translations import Refusal, speaking

LETTERS = {"docx": docx.write, "pdf": pdf.write}
FORMATS = (*LETTERS, "xlsx", "json")


def write(document: YearDocument, format: str, approved: bool = False) -> bytes:
    """The document in one of `FORMATS`, in its own language; a draft on each page until it is approved."""
    if format not in FORMATS:
        raise Refusal(
            "There is no report in the format %(format)s. Choose one of: %(formats)s",
            format=format,
            formats=", ".join(FORMATS),
        )
    if format == "json":
        return json.array(document.records())
    with speaking(document.language):
        report = contents(document, approved)
        if format == "xlsx":
            return year_xlsx.write(document, approved, report.title)
        return LETTERS[format](report, document.day)

"""The report of a wave as a file. Each format prints `contents` or the records, and computes nothing."""

from __future__ import annotations

from collections.abc import Callable

from survey.report import csv, docx, json, pdf, xlsx
from survey.summary import Summary
from translations import LANGUAGES, Refusal, speaking

FORMATS: dict[str, Callable[[Summary], bytes]] = {
    "docx": docx.write,
    "pdf": pdf.write,
    "xlsx": xlsx.write,
    "csv": csv.write,
    "json": json.write,
}


def write(summary: Summary, format: str, language: str = "vi") -> bytes:
    """The report of a wave in one of `FORMATS`, in Vietnamese or English; csv and json speak neither."""
    if format not in FORMATS:
        raise Refusal(
            "There is no report in the format %(format)s. Choose one of: %(formats)s",
            format=format,
            formats=", ".join(FORMATS),
        )
    if language not in LANGUAGES:
        raise Refusal(
            "There is no report in the language %(language)s. Choose one of: %(languages)s",
            language=language,
            languages=", ".join(LANGUAGES),
        )
    with speaking(language):
        return FORMATS[format](summary)

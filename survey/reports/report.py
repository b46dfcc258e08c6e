"""The report of a wave as a file. Each format prints `contents` or the records, and computes nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Collection
from typing import IO

from survey.integrity.account import Account
from survey.reports import commune, csv, docx, json, pdf, xlsx
from survey.reports.contents import contents
from survey.reports.structure import Report
from survey.results.summary import Summary, UnitLine
from translations import LANGUAGES, Refusal, speaking
from translations.unicode import fold

TABLES: dict[str, Callable[[Summary], bytes]] = {"xlsx": xlsx.write, "csv": csv.write, "json": json.write}
LETTERS = {"docx": docx.write, "pdf": pdf.write}
FORMATS = (*LETTERS, *TABLES)


def write(summary: Summary, format: str, language: str = "vi", account: Account | None = None) -> bytes:
    """The report of a wave in one of `FORMATS`, in Vietnamese or English; csv and json speak neither.

    account  what is told of its integrity, the annex of a letter
    """
    _known(format, language, FORMATS)
    with speaking(language):
        if format in TABLES:
            return TABLES[format](summary)
        return _letter(contents(summary, account), format, summary)


def write_unit(summary: Summary, line: UnitLine, format: str, language: str = "vi") -> bytes:
    """The report of one commune, as Word or PDF."""
    _known(format, language, LETTERS)
    with speaking(language):
        return _letter(commune.contents(summary, line), format, summary)


def write_units(
    summary: Summary, file: IO[bytes], language: str = "vi", progress: Callable[[int], None] = lambda done: None
) -> None:
    """The reports of all communes in the sample, Word and PDF, as a zip file; the same data, the same bytes.

    progress  is called with the number of communes that are done
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as bundle:  # both formats are compressed already
        for done, line in enumerate(summary.sampled, start=1):
            for format in LETTERS:
                name = f"{line.unit.code}-{fold(line.unit.name).replace(' ', '-')}.{format}"
                entry = zipfile.ZipInfo(name, (*summary.data_day.timetuple()[:3], 0, 0, 0))
                bundle.writestr(entry, write_unit(summary, line, format, language))
            progress(done)


def _letter(report: Report, format: str, summary: Summary) -> bytes:
    return LETTERS[format](report, summary.data_day)


def _known(format: str, language: str, formats: Collection[str]) -> None:
    if format not in formats:
        raise Refusal(
            "There is no report in the format %(format)s. Choose one of: %(formats)s",
            format=format,
            formats=", ".join(formats),
        )
    if language not in LANGUAGES:
        raise Refusal(
            "There is no report in the language %(language)s. Choose one of: %(languages)s",
            language=language,
            languages=", ".join(LANGUAGES),
        )

"""The year's document, gathered once: every number of it is a line with its source or its interval.

Every format prints these lines and computes nothing. A release keeps them in each language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.results import releases
from survey.storage.models import Unit, Wave, YearRole
from survey.system import dates
from survey.waves import units, waves
from survey.year import document_duties, document_figures, document_lines, year_waves
from survey.year.document_lines import Line
from translations import LANGUAGES, language, speaking


@dataclass(frozen=True)
class YearDocument:
    """What is said of a year, in one language.

    day        on which it was gathered
    offices    the names of those that answer for something, by code
    missing    of PAR INDEX, SIPAS and PAPI those that are not entered
    simulated  the made-up waves that it rests on
    """

    year: int
    language: str
    province: str
    day: date
    lines: tuple[Line, ...]
    offices: dict[str, str]
    missing: tuple[str, ...]
    simulated: tuple[str, ...]

    def of(self, section: str) -> list[Line]:
        """The lines of a section, in its order."""
        return [line for line in self.lines if line.section == section]

    def records(self) -> list[dict[str, Any]]:
        """Each line with exactly the fields that `hailong report --format json` has."""
        return [line.record() for line in self.lines]

    def stored(self) -> dict[str, Any]:
        """As a release keeps it."""
        return {
            "year": self.year,
            "language": self.language,
            "province": self.province,
            "day": self.day.isoformat(),
            "lines": [line.record() | {"note": line.note} for line in self.lines],
            "offices": self.offices,
            "missing": list(self.missing),
            "simulated": list(self.simulated),
        }


def restored(stored: dict[str, Any]) -> YearDocument:
    """The document that a release kept."""
    lines = tuple(document_lines.of_record(line) for line in stored["lines"])
    rest = {name: tuple(stored[name]) for name in ("missing", "simulated")}
    return YearDocument(**(stored | rest | {"day": date.fromisoformat(stored["day"]), "lines": lines}))


def gather(session: Session, year: int) -> YearDocument:
    """The present state of a year, in the language of the moment."""
    names = {unit.code: units.named(unit) for unit in session.scalars(select(Unit))}
    lines = (
        *document_figures.indices(session, year),
        *document_figures.lost(session, year),
        *document_figures.survey(session, year),
        *document_figures.papi(session, year),
        *document_duties.done(session, year, names),
        *document_duties.said(session, year, names),
        *document_duties.promised(session, year, names),
        *document_duties.method(session, year),
    )
    used = {line.office for line in lines if line.office}
    return YearDocument(
        year,
        language(),
        units.province(session).name,
        dates.today(),
        lines,
        {code: name for code, name in names.items() if code in used},
        tuple(document_figures.missing(session, year)),
        tuple(wave.code for wave in behind(session, year) if wave.simulated),
    )


def in_every_language(session: Session, year: int) -> dict[str, YearDocument]:
    """The present state of a year, by language."""
    gathered = {}
    for code in LANGUAGES:
        with speaking(code):
            gathered[code] = gather(session, year)
    return gathered


def behind(session: Session, year: int) -> list[Wave]:
    """The waves that a year's document rests on: its surveys, and those whose remarks became cases."""
    named = [wave for role in YearRole if (wave := year_waves.find(session, year, role)) is not None]
    heard = {line.wave for line in document_duties.of_year(session, year)} - {wave.code for wave in named}
    return [*named, *(waves.find(session, code) for code in sorted(heard))]


def unreleased(session: Session, year: int) -> list[Wave]:
    """Of these the ones that are not released."""
    return [wave for wave in behind(session, year) if releases.newest(session, wave.code) is None]

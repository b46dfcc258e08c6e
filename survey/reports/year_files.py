"""The files of a year: those of an approved release byte for byte as they went out, or a draft."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey.integrity import releasing
from survey.reports import year
from survey.results import releases
from survey.storage.models import YearFile, YearRelease
from survey.year import document, year_releases
from translations import LANGUAGES, NotFound, speaking


def approve(session: Session, release: YearRelease, person: str) -> None:
    """Approves a release, and makes and keeps its files: each format in each language. Refused while something in
    the survey that it rests on waits for a decision."""
    for wave in document.behind(session, release.year):
        shown = releases.newest(session, wave.code)
        if shown is not None:
            releasing.refuse_undecided(session, wave, shown)
    year_releases.approve(session, release, person)
    for language in LANGUAGES:
        gathered = year_releases.content(release, language)
        for format in year.FORMATS:
            made = year.write(gathered, format, approved=True)
            session.add(YearFile(release=release.id, format=format, language=language, content=made))
    session.flush()


def issued(session: Session, release: YearRelease, format: str, language: str) -> bytes:
    """A file of an approved release as it went out."""
    file = session.get(YearFile, (release.id, format, language))
    if file is None:
        raise NotFound("There is no such file of this release. Choose one from its list.")
    return file.content


def draft(session: Session, number: int, format: str, language: str) -> bytes:
    """The present state of a year, marked as a draft."""
    with speaking(language):
        return year.write(document.gather(session, number), format)


def of_release(session: Session, release: YearRelease, format: str, language: str) -> bytes:
    """What a release says: as it went out, or, before it is approved, marked as a draft."""
    if release.approved is not None:
        return issued(session, release, format, language)
    return year.write(year_releases.content(release, language), format)

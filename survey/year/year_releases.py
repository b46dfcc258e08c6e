"""Releases of the year's document: frozen, checked by one person, approved by another, and the same ever after.

A release keeps what the document says in each language, and the ids of the rows that it rests on. What is entered
later changes nothing in it and stands in the draft.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from survey.results import release_steps, release_words, releases
from survey.storage import audit
from survey.storage.models import (
    CaseReply,
    CitizenCase,
    Duty,
    Progress,
    PublishedFigure,
    Score,
    Unit,
    YearRelease,
    YearWave,
)
from survey.system import dates
from survey.waves import units
from survey.year import document
from survey.year.document import YearDocument
from translations import LANGUAGES, Conflict, NotFound


def list_all(session: Session, year: int) -> list[YearRelease]:
    """The releases of a year, the newest first."""
    query = select(YearRelease).where(YearRelease.year == year).order_by(YearRelease.number.desc())
    return list(session.scalars(query))


def newest(session: Session, year: int) -> YearRelease | None:
    """The release that is given out: the newest approved one."""
    return next((one for one in list_all(session, year) if one.approved is not None), None)


def find(session: Session, year: int, number: int) -> YearRelease:
    """A release of a year by its number."""
    release = session.scalars(
        select(YearRelease).where(YearRelease.year == year, YearRelease.number == number)
    ).first()
    if release is None:
        raise NotFound("Year %(year)s has no release %(number)s. Look at its list.", year=year, number=number)
    return release


def content(release: YearRelease, language: str) -> YearDocument:
    """What a release says, in a language; in Vietnamese where it has no such one."""
    return document.restored(release.content.get(language, release.content["vi"]))


def obstacles(session: Session, year: int) -> list[Conflict]:
    """What keeps the present state from being frozen: a wave whose data aren't released, or are made up."""
    found = [
        Conflict("Wave %(wave)s is made-up data: no document of a year rests on it.", wave=wave.title)
        for wave in document.behind(session, year)
        if wave.simulated
    ]
    found += [
        Conflict(
            "Wave %(wave)s %(why)s. Release it first, then freeze the document of the year.",
            wave=wave.title,
            why=release_words.unshown(releases.newest_public(session, wave.code).withdrawn),
        )
        for wave in document.unreleased(session, year)
        if not wave.simulated
    ]
    return found


def freeze(session: Session, year: int, person: str) -> YearRelease:
    """Keeps the present document of a year as its next release, still to be checked and approved.

    Refused: data that aren't released or are made up, a year of which there is nothing, and what an unapproved
    release says already.
    """
    # Of two who freeze at once, one waits.
    province = units.province(session).code
    session.execute(select(Unit.code).where(Unit.code == province).with_for_update(key_share=True))
    for obstacle in obstacles(session, year):
        raise obstacle
    gathered = document.in_every_language(session, year)
    if not gathered["vi"].lines:
        raise Conflict("There is nothing of year %(year)s yet. Enter its figures first.", year=year)
    stored = {code: one.stored() for code, one in gathered.items()}
    former = next(iter(list_all(session, year)), None)
    if former is not None and former.approved is None and _says(former.content) == _says(stored):
        raise Conflict(
            "Release %(number)s has the same data and is not approved yet. Continue with that one.",
            number=former.number,
        )
    release = YearRelease(
        year=year,
        number=former.number + 1 if former else 1,
        content=stored,
        rows=_rows(session, year),
        frozen=dates.today(),
        frozen_by=person,
    )
    release_steps.mark_operator(release, "frozen")
    session.add(release)
    session.flush()
    audit.annotate(year=year, release=release.number, step="freeze")
    return release


def approve(session: Session, release: YearRelease, person: str) -> None:
    """Makes a checked release the one that is given out. Its files are made with it: `reports/year_files.py`."""
    release_steps.approve(release, list_all(session, release.year)[0], person)
    audit.annotate(year=release.year)


def _says(content: dict[str, Any]) -> dict[str, Any]:
    """What a content says, on whatever day it was gathered."""
    return {code: content[code] | {"day": None} for code in LANGUAGES if code in content}


def _rows(session: Session, year: int) -> dict[str, list[Any]]:
    """The ids of the rows that the document of a year rests on, former versions too, by table; the two years whose
    figures and duties it names."""
    kept: dict[str, tuple[Any, ColumnElement[bool]]] = {
        "published_figure": (PublishedFigure.id, PublishedFigure.year.in_((year - 1, year))),
        "score": (Score.id, Score.year.in_((year - 1, year))),
        "duty": (Duty.id, Duty.year.in_((year, year + 1))),
        "progress": (Progress.id, Progress.year.in_((year, year + 1))),
        "year_wave": (YearWave.id, YearWave.year == year),
        "citizen_case": (CitizenCase.id, CitizenCase.quarter.startswith(f"{year}Q")),
    }
    rows = {table: sorted(map(str, session.scalars(select(key).where(of)))) for table, (key, of) in kept.items()}
    replies = select(CaseReply.id).join(CitizenCase).where(CitizenCase.quarter.startswith(f"{year}Q"))
    shown = [releases.newest(session, wave.code) for wave in document.behind(session, year)]
    return rows | {
        "case_reply": sorted(map(str, session.scalars(replies))),
        "release": [str(one.id) for one in shown if one is not None],
    }

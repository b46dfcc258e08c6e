"""Releases: a wave's data are frozen, checked and approved before anybody outside Home Affairs sees a figure.

A release keeps the ids of its responses with the weights, the draw and the codings of that day. Rows never change,
so every table of a release can be computed again at any time and comes out the same.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey import audit, waves
from survey.columns import packed, places, unpacked
from survey.models import Release, Wave, WaveKind
from survey.results import disclosure, remarks
from survey.sample import Bools, Sample, everyone, rejected, sample
from translations import Conflict, NotFound
from translations.formats import day as written_day

NEW_ANSWERS = 30  # of a unit, before an open wave's newer figure of it is shown
A_WEEK = timedelta(days=7)  # between two releases of an open wave


def every(session: Session, wave: str) -> list[Release]:
    """The releases of a wave, the newest first."""
    return list(session.scalars(select(Release).where(Release.wave == wave).order_by(Release.number.desc())))


def newest_number(session: Session, wave: str) -> int | None:
    """The number of the release that is shown: the newest approved one."""
    found = select(func.max(Release.number)).where(Release.wave == wave, Release.approved.is_not(None))
    return session.scalar(found)


def newest(session: Session, wave: str) -> Release | None:
    """The release that is shown."""
    number = newest_number(session, wave)
    return None if number is None else find(session, wave, number)


def find(session: Session, wave: str, number: int) -> Release:
    """A release of a wave by its number."""
    found = session.scalars(select(Release).where(Release.wave == wave, Release.number == number)).first()
    if found is None:
        raise NotFound("Wave %(wave)s has no release %(number)s. Look at its list.", wave=wave, number=number)
    return found


def freeze(session: Session, wave: Wave, person: str) -> Release:
    """Freezes the present data of a wave as its next release, still to be checked and approved.

    In an open wave anybody may answer and look again at the figures, so what one answer changes must never show:
    what changes in a unit comes in together, once it is enough (`_in_company`), and else waits; and releases lie
    a week apart. Refused where that is not over, and where there is nothing to show.
    """
    # Of two who freeze at once, one waits; forms go on coming.
    session.execute(select(Wave.code).where(Wave.code == wave.code).with_for_update(key_share=True))
    shown = newest(session, wave.code)
    open_to_all = wave.kind is WaveKind.OPEN
    if open_to_all and shown is not None and waves.today() < shown.frozen + A_WEEK:
        raise Conflict(
            "Release %(number)s is of %(day)s. An open wave is released at most once a week: freeze again later.",
            number=shown.number,
            day=written_day(shown.frozen),
        )
    gone = rejected(session, wave.code)
    people = everyone(session, wave)
    ids = people.responses.ids[people.rows]
    there = places(ids, np.sort(packed(list(gone)))) < 0
    kept = ids[_in_company(people, there, shown) if open_to_all else there]
    if not len(kept):
        raise Conflict("There is nothing to release yet: a release needs forms, an open wave 30 of a commune.")
    last = session.scalar(select(func.max(Release.number)).where(Release.wave == wave.code))
    release = Release(
        wave=wave.code,
        number=(last or 0) + 1,
        responses=kept.tobytes(),
        rejected=len(gone),
        data="",
        weights=wave.weights,
        draw=wave.draw,
        remarks=remarks.frozen(session, wave, set(unpacked(kept))),
        frozen=waves.today(),
        frozen_by=person,
    )
    session.add(release)
    session.flush()
    release.data = sample(session, wave, release).version
    audit.tell(release=release.number, step="freeze")
    return release


def _in_company(people: Sample, there: Bools, shown: Release | None) -> Bools:
    """(N,) which responses of an open wave a new release may hold: of a unit all that are there, or those shown.

    Whoever takes the shown figures off the newer ones is left with those of the people who came, less those of
    the people whom a review took out. So they must be 30, and must not be so few of a question, or so alike, that
    a table of them alone would hide it, where the shown figure and the newer one are both to be seen.

    there  (N,) that no review rejected
    """
    ids = people.responses.ids[people.rows]
    before = (
        np.zeros(len(people), bool) if shown is None else places(ids, np.frombuffer(shown.responses, "S16")) >= 0
    )
    changed = before != there
    many = np.bincount(people.unit.codes[changed], minlength=len(people.unit.levels))
    few = disclosure.hidden_units(people, changed)
    seen = few - disclosure.hidden_units(people, before) - disclosure.hidden_units(people, there)
    waiting = {unit for _item, unit in seen if before[people.unit.having(unit)].any()}
    waits = np.array([unit in waiting for unit in people.unit.levels], bool) | (many < NEW_ANSWERS)
    return np.where(waits[people.unit.codes], before, there)


def size(release: Release) -> int:
    """How many responses it holds."""
    return len(release.responses) // 16


def hands(release: Release) -> list[tuple[date, str]]:
    """Through whose hands it went, and when: frozen, checked, approved."""
    steps = (
        (release.frozen, release.frozen_by),
        (release.checked, release.checked_by),
        (release.approved, release.approved_by),
    )
    return [(day, person) for day, person in steps if day is not None and person is not None]


def check(session: Session, release: Release, person: str) -> None:
    """Notes that somebody checked the figures of a release; refused where that is done."""
    if release.checked is not None:
        raise Conflict("Release %(number)s is checked already, by %(person)s.", **_by(release.checked_by, release))
    release.checked, release.checked_by = waves.today(), person
    audit.tell(release=release.number, step="check")


def approve(session: Session, release: Release, person: str) -> None:
    """Lets a release be seen. It is checked before, and somebody else approves it than who checked."""
    if release.approved is not None:
        raise Conflict(
            "Release %(number)s is approved already, by %(person)s.", **_by(release.approved_by, release)
        )
    if release.checked is None:
        raise Conflict("Release %(number)s is not checked yet. Check its figures first.", number=release.number)
    if release.checked_by == person:
        raise Conflict("%(person)s checked release %(number)s: somebody else approves it.", **_by(person, release))
    last = every(session, release.wave)[0]
    if last.number > release.number:  # it was frozen beside what was shown then; both may be another by now
        raise Conflict(
            "Release %(newer)s is newer than release %(number)s. Approve that one, or freeze a new one.",
            newer=last.number,
            number=release.number,
        )
    release.approved, release.approved_by = waves.today(), person
    audit.tell(release=release.number, step="approve")


def _by(person: str | None, release: Release) -> dict[str, object]:
    return {"number": release.number, "person": person}

"""The steps of a wave's release past what is still open: each matter with a reason, and no approval at all while
something that would change its figures waits for a decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.integrity.matters import Matter, blocking, usually
from survey.responses import lot_steps
from survey.responses.columns import Ids, packed, places
from survey.responses.respondents import everyone
from survey.results import release_matters, release_steps, releases
from survey.results.release_matters import Open
from survey.storage.models import MatterState, Release, Response, Wave
from survey.waves import units, waves
from translations import Conflict
from translations.formats import number
from translations.unicode import spelling

NOTHING: Mapping[str, str] = {}


def freeze(
    session: Session,
    wave: Wave,
    person: str,
    open_: Collection[Open] = (),
    ticked: Mapping[str, str] = NOTHING,
    correction: str = "",
    sure: bool = False,
) -> Release:
    """Freezes the present data of a wave (`releases.freeze`) past what is open.

    open_   `open_matters.listed`, of now; whoever asks looks before, for patterns take seconds
    ticked  the reason for each, by its subject, as `release_matters.note` takes them
    sure    the reason of the correction may stand though it seems to name a person
    """
    release_matters.refuse_unsettled(open_, ticked)
    release = releases.freeze(session, wave, person, correction, sure)
    release_matters.note(session, release, "frozen", open_, ticked, person)
    return release


def check(
    session: Session,
    release: Release,
    person: str,
    open_: Collection[Open] = (),
    ticked: Mapping[str, str] = NOTHING,
) -> None:
    """Notes that somebody checked the figures of a release, past what stood open at its freeze.

    open_   `open_matters.at_freeze`
    ticked  as `freeze` takes it; an empty reason agrees with the one that was given before
    """
    release_steps.check(release, person)
    release_matters.note(session, release, "checked", open_, ticked, person)


def approve(
    session: Session,
    release: Release,
    person: str,
    open_: Collection[Open] = (),
    ticked: Mapping[str, str] = NOTHING,
) -> None:
    """Lets the newest release of a wave be seen, once it is checked and nothing in it waits for a decision; past
    what stood open, as `check` takes it. Whoever let unusual forms in it stay counted does not approve it: two
    people answer for them."""
    refuse_undecided(session, waves.find(session, release.wave), release, person)
    releases.approve(session, release, person)
    release_matters.note(session, release, "approved", open_, ticked, person)


def refuse_undecided(session: Session, wave: Wave, release: Release, person: str = "") -> None:
    """Refuses a release that holds the forms of a flood, or identical forms, of which nothing was decided, or only
    by this person, or so many that were set aside since it was frozen that a new one would leave them out."""
    people = everyone(session, wave)
    held = np.frombuffer(release.responses, "S16")
    inside = places(people.responses.ids[people.rows], held) >= 0
    for matter in blocking(session, wave):
        if not (matter.blocks_release and isinstance(matter.about, Flood | AlikeForms)):
            continue
        if not (inside & matter.about.rows(people)).any():
            continue
        if matter.is_open:
            raise Conflict(
                "%(unit)s: %(count)s forms came where %(usual)s forms are usual, and nobody has decided what "
                "becomes of them. Decide first: page “Open matters” of wave %(wave)s, or hailong integrity "
                "decide.",
                **_told(session, matter.about),
                wave=wave.title,
            )
        _refuse_own(matter, person)
        if (
            matter.state is MatterState.SET_ASIDE
            and _aside_inside(session, wave, matter, held) >= releases.NEW_ANSWERS
        ):
            raise Conflict(
                "Release %(number)s holds forms that were set aside since. Freeze the present data again.",
                number=release.number,
            )


def _refuse_own(matter: Matter, person: str) -> None:
    decision = matter.decision
    if matter.state is MatterState.EXPLAINED and decision and spelling(decision.person) == spelling(person):
        raise Conflict(
            "%(person)s decided that unusual forms stay counted. Somebody else approves the release.",
            person=decision.person,
        )


def _aside_inside(session: Session, wave: Wave, matter: Matter, held: Ids) -> int:
    """How many forms of its lots that are set aside now a release holds."""
    aside = lot_steps.aside(session, wave.code) & set(matter.lots)
    ids = list(session.scalars(select(Response.id).where(Response.lot.in_(aside)))) if aside else []
    return int((places(packed(sorted(ids)), held) >= 0).sum())


def _told(session: Session, about: Flood | AlikeForms) -> dict[str, str]:
    return {
        "unit": units.named(units.find(session, about.unit)),
        "count": number(about.count),
        "usual": usually(about.usual),
    }

"""Releases: a wave's data are frozen, checked and approved before anybody outside Home Affairs sees a figure.

A release keeps the ids of its responses with the weights, the draw, the codings and the targets of that day. Rows
never change, so every table of a release can be computed again at any time and comes out the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.design import Bools, Labels
from survey.responses.columns import Ids, packed, places, unpacked
from survey.responses.left_out import left_out
from survey.responses.respondents import Respondents, everyone, of, sample
from survey.results import disclosure, public_reasons, release_steps, remarks, wave_duties
from survey.storage import audit
from survey.storage.models import Release, Wave, WaveKind
from survey.system import dates
from survey.system.cache import FIGURE_BYTES, cached, database_key
from survey.waves import waves
from translations import Conflict, Gone, NotFound, Refusal
from translations.formats import day as written_day
from translations.formats import ended

NEW_ANSWERS = 30  # that changed in a unit, before a newer figure of it is shown
A_WEEK = timedelta(days=7)  # between two releases of an open wave


def list_all(session: Session, wave: str) -> list[Release]:
    """The releases of a wave, the newest first."""
    return list(session.scalars(select(Release).where(Release.wave == wave).order_by(Release.number.desc())))


@dataclass(frozen=True)
class Publication:
    """What of a wave outsiders are shown.

    release    the newest approved one; None where none is, or where it was withdrawn
    withdrawn  that one, where it was withdrawn: its `withdrawal` (why) and day stand instead of figures
    former     the one that was shown before it, if any; `release.correction` says why few forms changed since.
               One that is withdrawn itself is named with its reason, and leads to no figures
    """

    release: Release | None
    withdrawn: Release | None
    former: Release | None


def newest_public(session: Session, wave: str) -> Publication:
    """What of a wave everybody is shown, by its code: figures of `release` alone, computed by
    `respondents.sample(session, wave, release)`; without one the reason of `withdrawn`, else that nothing is
    released yet. None of before comes back by itself: it is known to be out of date.

    Whether the wave is one that the public is told of is not asked here.
    """
    approved = select(Release).where(Release.wave == wave, Release.approved.is_not(None))
    last, former = [*session.scalars(approved.order_by(Release.number.desc()).limit(2)), None, None][:2]
    if last is not None and last.withdrawn is not None:
        return Publication(None, last, former)
    return Publication(last, None, former)


def newest_approved(session: Session, wave: str) -> Release | None:
    """The release that was approved last, withdrawn or not: what others know of a wave."""
    approved = select(Release).where(Release.wave == wave, Release.approved.is_not(None))
    return session.scalars(approved.order_by(Release.number.desc()).limit(1)).first()


def newest_number(session: Session, wave: str) -> int | None:
    """The number of the release that is shown: the newest approved one, unless it was withdrawn."""
    query = select(Release.number, Release.withdrawn).where(Release.wave == wave, Release.approved.is_not(None))
    number, withdrawn = session.execute(query.order_by(Release.number.desc()).limit(1)).first() or (None, None)
    return number if withdrawn is None else None


def states(session: Session) -> tuple[tuple[object, ...], ...]:
    """The approved releases of every wave, withdrawn or not: one wave stands beside another."""
    query = (
        select(Release.id, Release.withdrawn, Release.withdrawal)
        .where(Release.approved.is_not(None))
        .order_by(Release.id)
    )
    return tuple(map(tuple, session.execute(query)))


def newest(session: Session, wave: str) -> Release | None:
    """The release that is shown."""
    number = newest_number(session, wave)
    return None if number is None else find(session, wave, number)


def require(session: Session, wave: str) -> Release:
    """The release that is shown, for whoever asks for its figures; without one refused, with the reason where it
    was withdrawn."""
    release = newest(session, wave)
    if release is not None:
        return release
    if (withdrawn := withdrawal(session, wave)) is not None:
        raise withdrawn
    raise NotFound("Nothing of this wave is released yet. Come back once Home Affairs has approved it.")


def withdrawal(session: Session, wave: str) -> Gone | None:
    """What whoever asks for a released figure is told where the release of that wave was withdrawn; else None."""
    withdrawn = newest_public(session, wave).withdrawn
    if withdrawn is None:
        return None
    return Gone(
        "Release %(number)s was withdrawn on %(day)s: %(reason)s",
        number=withdrawn.number,
        day=written_day(withdrawn.withdrawn),
        reason=ended(withdrawn.withdrawal),
    )


def is_current(session: Session, wave: Wave, release: Release) -> bool:
    """Whether nothing came since a release was frozen: it holds the present forms with their weights, what was
    read of the remarks, and the targets."""
    if (wave.weights, wave.draw) != (release.weights, release.draw):
        return False
    shown = sample(session, wave, release)
    present = sample(session, wave).after(shown.former)  # what a release is shown after is part of its digest
    return present.version == shown.version and _besides(session, wave, release)


@cached(
    lambda session, wave, release: (database_key(session), release.id, audit.last_change(session)),
    lambda _same: FIGURE_BYTES,
)
def _besides(session: Session, wave: Wave, release: Release) -> bool:
    frozen = set(unpacked(np.frombuffer(release.responses, "S16")))
    targets = sorted(one.id for one in wave_duties.targets(session, wave.code))
    return release.remarks == remarks.frozen(session, wave, frozen) and (release.targets or []) == targets


def withdraw(session: Session, release: Release, reason: str, person: str, sure: bool = False) -> None:
    """Takes back the release of a wave that is shown; refused of any other, and without a reason."""
    release_steps.withdraw(release, newest(session, release.wave), reason, person, sure)


def find(session: Session, wave: str, number: int) -> Release:
    """A release of a wave by its number."""
    release = session.scalars(select(Release).where(Release.wave == wave, Release.number == number)).first()
    if release is None:
        title = waves.find(session, wave).title
        raise NotFound("Wave %(wave)s has no release %(number)s. Look at its list.", wave=title, number=number)
    return release


def claim(session: Session, wave: str, number: int) -> Release:
    """A release that somebody takes a step with: until the transaction ends nobody else does, and nobody changes
    its wave. Forms go on coming."""
    waves.find(session, wave, lock={"key_share": True})
    return find(session, wave, number)


def freeze(session: Session, wave: Wave, person: str, correction: str = "", sure: bool = False) -> Release:
    """Freezes the present data of a wave as its next release, still to be checked and approved.

    Whoever holds two releases takes one off the other. So what changed in a unit since the one approved last comes
    in together, once it is enough (`_in_company`), and else waits, in the province's figures too; in an open wave,
    which anybody may answer, that holds for the first release as well, and releases lie a week apart.

    correction  why few forms of a sample wave must come in all the same; its report says so
    sure        that reason may stand though it seems to name a person
    Refused: an open wave within the week, or corrected; a correction of nothing that is shown; nothing to show.
    """
    # Of two who freeze at once, one waits; forms go on coming.
    session.execute(select(Wave.code).where(Wave.code == wave.code).with_for_update(key_share=True))
    public_reasons.refuse_names(correction, sure)
    frozen, rejected, aside = _candidate(session, wave, correction := correction.strip())
    last = session.scalar(select(func.max(Release.number)).where(Release.wave == wave.code))
    release = Release(
        wave=wave.code,
        number=(last or 0) + 1,
        responses=frozen.tobytes(),
        rejected=rejected,
        aside=aside,
        data="",
        weights=wave.weights,
        draw=wave.draw,
        remarks=remarks.frozen(session, wave, set(unpacked(frozen))),
        targets=sorted(one.id for one in wave_duties.targets(session, wave.code)),
        frozen=dates.today(),
        frozen_by=person,
        correction=correction or None,
    )
    release_steps.mark_operator(release, "frozen")
    session.add(release)
    session.flush()
    release.data = sample(session, wave, release).version
    former = None if last is None else find(session, wave.code, last)
    if former is not None and former.approved is None and _says(former) == _says(release):
        raise Conflict(
            "Release %(number)s has the same data and is not approved yet. Continue with that one.",
            number=former.number,
        )
    audit.annotate(release=release.number, step="correction" if correction else "freeze")
    return release


def candidate(session: Session, wave: Wave) -> Respondents:
    """Whose forms `freeze` would keep now, hidden beside what others know; refused as it refuses, except for what
    an unapproved release says already."""
    frozen, *out = _candidate(session, wave, "")
    people = of(session, wave, frozen, (out[0], out[1]))
    known = newest_approved(session, wave.code)
    return people if known is None else people.after(sample(session, wave, known))


def _candidate(session: Session, wave: Wave, correction: str) -> tuple[Ids, int, int]:
    """The forms of the next release; how many of those outside were rejected, and how many set aside."""
    shown = newest_approved(session, wave.code)  # others hold it, though it were withdrawn
    open_to_all = wave.kind is WaveKind.OPEN
    if correction and (open_to_all or shown is None):
        raise Refusal("Only a sample wave that was released before is corrected. Freeze it without a reason.")
    if len(correction) > (most := release_steps.LONGEST_REASON):
        raise Refusal("Say in at most %(most)s characters why it must be corrected.", most=most)
    if open_to_all and shown is not None and dates.today() < shown.frozen + A_WEEK:
        raise Conflict(
            "Release %(number)s is of %(day)s. An open wave is released at most once a week: freeze again later.",
            number=shown.number,
            day=written_day(shown.frozen),
        )
    gone = left_out(session, wave.code)
    people = everyone(session, wave)
    ids = people.responses.ids[people.rows]
    remaining = ~gone.among(ids)
    if open_to_all or (shown is not None and not correction):
        remaining = _in_company(session, people, remaining, shown)
    frozen = ids[remaining]
    if not len(frozen):
        raise Conflict("There is nothing to release yet: a release needs forms, an open wave 30 of a commune.")
    came = gone.rejected - gone.replaced, gone.aside - gone.replaced
    return frozen, _outside(came[0], frozen), _outside(came[1], frozen)


def aside_since(session: Session, release: Release) -> int:
    """How many of its forms lie in lots that were set aside after it was frozen: the next one leaves them out."""
    now = left_out(session, release.wave).aside
    return len(now) - _outside(now, np.frombuffer(release.responses, "S16"))


def _outside(gone: set[UUID], frozen: Ids) -> int:
    """How many of these a release does not hold."""
    return int(np.count_nonzero(places(packed(list(gone)), frozen) < 0))


def _says(release: Release) -> tuple[object, ...]:
    """What a release shows, whoever froze it."""
    return (
        release.data,
        release.weights,
        release.draw,
        release.remarks,
        release.targets,
        release.rejected,
        release.aside,
        release.correction,
    )


def _in_company(session: Session, people: Respondents, mask: Bools, last: Release | None) -> Bools:
    """(N,) which responses a new release may hold: of a unit all that are there, or those shown.

    Whoever takes the shown figures off the newer ones is left with those of the people who came, less those of the
    people whom a review or the setting aside of a lot took out. So in each table that is declared these must be 30
    of a group, and must not be so few of a question, or so alike, that a table of them alone would hide it, where
    the shown figure and the newer one are both to be seen. Where they are not, the units that they live in wait.
    And so do the units of which both tell together what either hides, however much of the newer one were hidden
    (`disclosure.exposed`).

    people  everybody of the wave
    there   (N,) neither rejected nor set aside; those outside the sample change no figure, and are no company
    """
    wave = people.wave
    ids = people.responses.ids[people.rows]
    present = sample(session, wave)
    former = None if last is None else sample(session, wave, last)
    now, before = (np.zeros(len(people), bool) for _sample in range(2))
    stratum = Labels([], np.full(len(people), -1, np.int64))
    for one, among in ((former, before), (present, now)):
        if one is not None:
            at = places(one.responses.ids[one.rows], ids)
            among[at] = True
            levels = [*dict.fromkeys((*stratum.levels, *one.stratum.levels))]
            codes = stratum.codes.copy()
            codes[at] = np.array([levels.index(name) for name in one.stratum.levels], np.int64)[one.stratum.codes]
            stratum = Labels(levels, codes)
    tables = {"unit": people.unit, "stratum": stratum, "mode": people.mode}
    if wave.kind is WaveKind.OPEN:
        tables = {"unit": people.unit}
    changed = before != now
    waits = np.bincount(people.unit.codes[changed], minlength=len(people.unit.levels)) < NEW_ANSWERS
    while True:
        after = np.where(waits[people.unit.codes], before, now)
        coming = before != after
        alone = np.zeros(len(people), bool)
        for groups in tables.values():
            for label in _seen_alone(people, before, after, groups):
                alone |= coming & groups.having(label)
        if former is not None and coming.any() and not alone.any():
            candidate = of(session, wave, ids[after])
            exposed = disclosure.exposed(session, candidate.after(former))
            for column, label in exposed:
                alone |= coming & tables[column].having(label)
            if exposed and not alone.any():  # of units in which nothing changed: it can be any of the others
                alone = coming
        if not alone.any():
            break
        waits[np.unique(people.unit.codes[alone])] = True
    return np.where(now | before, after, mask)


def _seen_alone(people: Respondents, before: Bools, after: Bools, groups: Labels) -> set[str]:
    """The groups in which too few people, or too much alike, changed between two figures that are seen."""
    coming = before != after
    if not coming.any():
        return set()
    many = np.bincount(groups.codes[coming & (groups.codes >= 0)], minlength=len(groups.levels))
    few = {str(label) for label, count in zip(groups.levels, many, strict=True) if 0 < count < NEW_ANSWERS}
    hidden = [disclosure.hidden_in(people, who, groups) for who in (coming, before, after)]
    labels = {label for _item, label in hidden[0] - hidden[1] - hidden[2]}
    return few | {label for label in labels if before[groups.having(label)].any()}


@dataclass(frozen=True)
class Changed:
    """How many forms of a unit came in and went out between two states of a wave's sample."""

    unit: str
    came: int
    went: int


def before(session: Session, release: Release) -> Release | None:
    """The release that was approved last before this one, withdrawn or not."""
    return session.scalars(
        select(Release)
        .where(Release.wave == release.wave, Release.number < release.number, Release.approved.is_not(None))
        .order_by(Release.number.desc())
        .limit(1)
    ).first()


def differences(session: Session, release: Release) -> list[Changed]:
    """What the figures of a release rest on otherwise than those of the one that was shown before; by unit."""
    former = before(session, release)
    if former is None:
        return []
    wave = waves.find(session, release.wave)
    return changed(sample(session, wave, former), sample(session, wave, release))


def waiting(session: Session, release: Release) -> list[Changed]:
    """What the present data have otherwise than a release; by unit."""
    wave = waves.find(session, release.wave)
    return changed(sample(session, wave, release), sample(session, wave))


def changed(old: Respondents, new: Respondents) -> list[Changed]:
    """How many forms of each unit one sample has and another has not; by unit."""
    counts = []
    for one, other in ((new, old), (old, new)):
        apart = places(one.responses.ids[one.rows], other.responses.ids[other.rows]) < 0
        units = one.unit.codes[apart]
        names = [str(unit) for unit in one.unit.levels]
        counts.append(dict(zip(names, np.bincount(units, minlength=len(names)).tolist(), strict=True)))
    return [
        Changed(unit, came, went)
        for unit in sorted({*counts[0], *counts[1]})
        if (came := counts[0].get(unit, 0)) + (went := counts[1].get(unit, 0))
    ]


def refuse_step(session: Session, release: Release, step: str, person: str) -> None:
    """Refuses a step (check, approve, withdraw, reword) that this person can't take now, whatever they say."""
    if step == "check":
        release_steps.refuse_check(release)
    elif step == "approve":
        release_steps.refuse_approval(release, list_all(session, release.wave)[0], person)
    elif step == "reword":
        release_steps.refuse_rewording(release)
    else:
        release_steps.refuse_withdrawal(release, newest(session, release.wave))


def size(release: Release) -> int:
    """How many responses it holds."""
    return len(release.responses) // 16


def approve(session: Session, release: Release, person: str) -> None:
    """Lets the newest release of a wave be seen, once it is checked."""
    release_steps.approve(release, list_all(session, release.wave)[0], person)

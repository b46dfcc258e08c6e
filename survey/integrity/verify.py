"""Whether all that counts in a wave still agrees with its daily digests, counted again from the rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.integrity import contents, digests
from survey.integrity.contents import KINDS, RESPONSES
from survey.integrity.digest_file import Kept
from survey.responses.columns import places
from survey.storage import audit
from survey.storage.models import AuditEntry, DayDigest, Wave
from survey.waves import waves
from translations import N_, NotFound, Refusal


class Sign(StrEnum):
    """What shows that something was done afterwards."""

    CHANGED = "changed"  # rows don't give the digest again that is over them
    REMOVED = "removed"  # rows that it covers are gone
    ADDED = "added"  # rows that it should have covered, had they been there
    CHAIN = "chain"  # a digest doesn't follow from its parts and the one before
    TRAIL = "trail"  # the audit trail is broken
    ANCHOR = "anchor"  # the audit trail has another entry where the digest is anchored
    NOTED = "noted"  # the audit trail notes other digests than there are
    SETTING = "setting"  # a field of the wave, or the units, changed, and the trail knows of no change
    KEPT = "kept"  # the digest that somebody kept is another one
    SHORT = "short"  # somebody kept digests that are no longer here
    GONE = "gone"  # the wave itself is no longer there
    UNREADABLE = "unreadable"  # something isn't what its column holds: it was put there past the program


OF_WAVE = "setting:"
# By the kind of a fault: what it is about, as people read it.
NAMES = {
    **contents.NAMES,
    "wave": N_("the entry of the wave itself"),
    "digests": N_("the digests"),
    "trail": N_("the audit trail"),
    **{f"{OF_WAVE}{column}": words for column, words in digests.SETTING.items()},
    f"{OF_WAVE}units": N_("names of the communes"),
}


@dataclass(frozen=True)
class Fault:
    """Something that doesn't agree. It names no answer and no response.

    day    that the digest covers; None where it concerns no day
    kind   a key of `NAMES`, or empty
    count  of `changed` the rows that the digest covers, of `removed` and `added` those concerned, of `short` the
           digests
    """

    sign: Sign
    day: date | None = None
    kind: str = ""
    count: int = 0


def verify(session: Session, wave: str, kept: Kept | None = None) -> list[Fault]:
    """Counts everything again; what doesn't agree, in the order of the days. Nothing is changed.

    kept  a file of digests that somebody had; without it, whoever recounted every digest in the database isn't
          found
    """
    if kept is not None and kept.wave != wave:
        raise Refusal("The file is of wave %(kept)s, not of %(wave)s.", kept=kept.wave, wave=wave)
    try:
        row = waves.find(session, wave)
    except NotFound:
        if kept is None and wave not in noted(session):
            raise
        return [Fault(Sign.GONE, count=len(kept.digests) if kept else 0)]
    except contents.ODD:
        return [Fault(Sign.UNREADABLE, kind="wave")]
    try:
        chain = digests.whole_chain(session, wave)
        faults = [*_chain(chain)]
        for one in chain:
            digests.ids_of(one)
    except contents.ODD:
        return [Fault(Sign.UNREADABLE, kind="digests")]
    faults += [
        *_read(_trail(session, wave, chain), "trail"),
        *_read(_responses(session, wave, chain), RESPONSES),
        *(fault for kind in KINDS for fault in _read(_rows(session, row, chain, kind), kind)),
        *_read(_setting(session, row, chain), "wave"),
        *(_against(chain, kept) if kept is not None else ()),
    ]
    return sorted(faults, key=lambda fault: fault.day or date.max)


def noted(session: Session) -> set[str]:
    """The waves of which the audit trail has noted a digest: none of them can be removed by the program."""
    entries = select(AuditEntry.subject).where(AuditEntry.what == digests.NOTED)
    return {told.partition(" ")[0].removeprefix("wave=") for told in session.scalars(entries)}


def _read(faults: Iterator[Fault], kind: str) -> Iterator[Fault]:
    """The faults of a kind; where one of its rows can't even be read, that too, so that the others are counted."""
    try:
        yield from faults
    except contents.ODD:
        yield Fault(Sign.UNREADABLE, kind=kind)


def _chain(chain: Sequence[DayDigest]) -> Iterator[Fault]:
    before = ""
    for number, one in enumerate(chain, 1):
        if (one.number, one.content["before"], one.digest) != (number, before, digests.digest(one)):
            yield Fault(Sign.CHAIN, one.day)
        before = one.digest


def _trail(session: Session, wave: str, chain: Sequence[DayDigest]) -> Iterator[Fault]:
    if audit.verify(session).broken is not None:
        yield Fault(Sign.TRAIL)
    anchors = dict(session.execute(select(AuditEntry.number, AuditEntry.digest)).all())
    for one in chain:
        number, digest = one.content["trail"]
        if number and anchors.get(number) != digest:
            yield Fault(Sign.ANCHOR, one.day)
    noted = select(AuditEntry.subject).where(
        AuditEntry.what == digests.NOTED, AuditEntry.subject.startswith(f"wave={wave} ", autoescape=True)
    )
    told = session.scalars(noted.order_by(AuditEntry.number)).all()
    for place, one in enumerate(chain):
        if place >= len(told) or told[place] != digests.note(one):
            yield Fault(Sign.NOTED, one.day)
    if len(told) > len(chain):
        yield Fault(Sign.SHORT, count=len(told) - len(chain))


def _responses(session: Session, wave: str, chain: Sequence[DayDigest]) -> Iterator[Fault]:
    covered = [digests.ids_of(one) for one in chain]
    ids = np.concatenate([np.zeros(0, "S16"), *covered])
    order = np.argsort(ids, kind="stable")
    owner = np.repeat(np.arange(len(chain)), [len(own) for own in covered])[order]
    ids = ids[order]
    present, lots = contents.members(session, wave)
    own_digests = contents.digests_of_responses(contents.responses(session, wave), ids, owner, len(chain))
    gone = np.bincount(owner[places(ids, present) < 0], minlength=len(chain)).tolist()
    for one, own, digest, missing in zip(chain, covered, own_digests, gone, strict=True):
        if missing:
            yield Fault(Sign.REMOVED, one.day, RESPONSES, missing)
        elif len(own) != digests.forms(one) or (len(own) and digest != one.content["parts"][RESPONSES]["digest"]):
            yield Fault(Sign.CHANGED, one.day, RESPONSES, digests.forms(one))
    late = places(present, ids) < 0
    for one in chain:  # a lot that is closed takes nothing more
        inside = late & np.isin(lots, np.array(digests.keys(one, "lots"), np.int64))
        if inside.any():
            yield Fault(Sign.ADDED, one.day, RESPONSES, int(inside.sum()))


def _rows(session: Session, wave: Wave, chain: Sequence[DayDigest], kind: str) -> Iterator[Fault]:
    present = {row.key: row for row in KINDS[kind].rows(session, wave)}
    known = set()
    for one in chain:
        own = digests.keys(one, kind)
        known.update(own)
        there = [present[key] for key in own if key in present]
        part = one.content["parts"].get(kind)
        if part is None:
            continue
        if len(there) < len(own):
            yield Fault(Sign.REMOVED, one.day, kind, len(own) - len(there))
        elif len(own) != part["count"] or contents.digest_of(there) != part["digest"]:
            yield Fault(Sign.CHANGED, one.day, kind, part["count"])
    late = [row for key, row in present.items() if key not in known and row.day and chain]
    late = [row for row in late if row.day and row.day < chain[-1].day]
    if late:
        yield Fault(Sign.ADDED, min(row.day for row in late if row.day), kind, len(late))


def _setting(session: Session, wave: Wave, chain: Sequence[DayDigest]) -> Iterator[Fault]:
    """What differs from one digest to the next, or from the last to now, and the trail knows of no change."""
    marks = audit.marks(session, chain[0].content["trail"][0]) if chain else []
    settings = [one.content["setting"] for one in chain] + [digests.setting(session, wave)]
    anchors = [one.content["trail"][0] for one in chain] + [sys.maxsize]
    for place, one in enumerate(chain):
        before, after = settings[place : place + 2]
        changed = [name for name, value in before.items() if after.get(name, value) != value]
        if "title" not in before:  # it was made before the trail marked what is changed
            known = place + 1 < len(chain) or audit.last_change(session) > anchors[place]
            told = set(before) if known else set()
        else:
            of = (own for number, own in marks if anchors[place] < number <= anchors[place + 1])
            told = {mark.removeprefix(f"wave:{wave.code}:") for mark in set().union(*of)}
        yield from (Fault(Sign.SETTING, one.day, f"{OF_WAVE}{name}") for name in changed if name not in told)


def _against(chain: Sequence[DayDigest], kept: Kept) -> Iterator[Fault]:
    for ours, theirs in zip(chain, kept.digests, strict=False):
        if ours.digest != theirs.digest:  # and so every later one
            yield Fault(Sign.KEPT, theirs.day)
            return
    if len(kept.digests) > len(chain):
        yield Fault(Sign.SHORT, kept.digests[len(chain)].day, count=len(kept.digests) - len(chain))

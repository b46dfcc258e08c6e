"""The audit trail: who did what to what, append-only, each entry chained to the one before.

Whatever somebody of the staff or a command writes into the database stands here too: an entry is added in the same
transaction by `Database.writing`, under the act that `acting` names, so that neither is there without the other.
It holds no answer, and nothing of a single form: keying and interviewing are left out.

A changed or missing entry breaks the chain. An end that was cut off does not: only a digest that was kept outside,
such as the one printed in a report, shows that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import event, func, inspect, select
from sqlalchemy.orm import Session

from survey.storage.models import AuditEntry, Unit, Wave
from translations import N_

# Parts of an address that an entry may name. Never a form, a sheet or a response.
NAMED = ("wave", "unit", "batch", "name", "format", "id", "number")
LOCK = 7_404_531  # of PostgreSQL, held to the end of a transaction: two entries never get one number
COMMAND = N_("Ran a command on the server")
SET = "set="  # before what an act changed of a wave or of the units, at the end of what it was on
LONGEST = 300  # characters of what an act was on


@dataclass(frozen=True)
class Act:
    """Who does what to what, in the moment."""

    who: str
    what: str
    on: str
    changes_figures: bool


_act: ContextVar[Act | None] = ContextVar("act", default=None)


@contextmanager
def acting(
    who: str, what: str, on: Mapping[str, object] | str = "", *, changes_figures: bool = False
) -> Iterator[None]:
    """What is written inside the block goes into the trail under this act.

    what             an English sentence of the catalogue; who reads the trail sees it translated
    on               the parts of an address, of which those in `NAMED` are stored, or a text
    changes_figures  figures that were made before are stale
    """
    if not isinstance(on, str):
        on = " ".join(f"{name}={on[name]}" for name in NAMED if name in on)
    token = _act.set(Act(who, what, on[:LONGEST], changes_figures))
    try:
        yield
    finally:
        _act.reset(token)


@contextmanager
def single_response() -> Iterator[None]:
    """What is written inside the block is about one response, and leaves no entry."""
    token = _act.set(None)
    try:
        yield
    finally:
        _act.reset(token)


def annotate(**parts: object) -> None:
    """Adds to the present act what it is on, where the address alone doesn't say it: a name, a version."""
    act = _act.get()
    if act is not None:
        note = " ".join(f"{name}={value}" for name, value in parts.items())
        _act.set(replace(act, on=f"{act.on} {note}".strip()[:LONGEST]))


def discard() -> None:
    """Leaves the present act out of the trail: nothing came of it."""
    _act.set(None)


def by_operator() -> bool:
    """Whether a command acts: then the name of who does it is what whoever works on the server told."""
    act = _act.get()
    return act is not None and act.what == COMMAND


def append(session: Session) -> bool:
    """Adds the entry of the present act to its transaction; False if nobody of the staff acts."""
    act = _act.get()
    if act is None:
        return False
    session.flush()  # what is changed is marked then
    changed = session.info.pop(SET, None)
    marks = f" {SET}{';'.join(sorted(changed))}" if changed else ""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    last = newest(session)
    entry = AuditEntry(
        number=last.number + 1 if last else 1,
        at=datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).isoformat(timespec="seconds"),
        who=act.who,
        what=act.what,
        # What somebody typed is no mark.
        subject=f"{act.on.replace(SET, 'set:')[: max(0, LONGEST - len(marks))]}{marks}".strip()[:LONGEST],
        changes_figures=act.changes_figures,
    )
    entry.digest = digest(last.digest if last else "", entry)
    session.add(entry)
    session.flush()
    return True


@event.listens_for(Session, "before_flush")
def _mark(session: Session, *_flush: object) -> None:
    """Keeps for the entry which fields of a wave, or that units, are changed: what a digest rests on and the trail
    doesn't tell was changed past the program."""
    for row in session.dirty:
        if isinstance(row, Wave):
            changed = [one.key for one in inspect(row).attrs if one.history.has_changes()]
            if changed:
                session.info.setdefault(SET, set()).add(f"wave:{row.code}:{','.join(sorted(changed))}")
    touched = (*session.new, *session.deleted, *filter(session.is_modified, session.dirty))
    if any(isinstance(row, Unit) for row in touched):
        session.info.setdefault(SET, set()).add("units")


def marks(session: Session, after: int) -> list[tuple[int, set[str]]]:
    """The entries after a number by which something changed that digests rest on: `wave:CODE:field`, `units`."""
    rows = select(AuditEntry.number, AuditEntry.subject).where(
        AuditEntry.number > after, AuditEntry.subject.contains(SET, autoescape=True)
    )
    found = []
    for number, subject in session.execute(rows.order_by(AuditEntry.number)):
        told: set[str] = set()
        for part in subject.rpartition(SET)[2].split(";"):
            what, _colon, fields = part.rpartition(":")
            told.update(f"{what}:{field}" if what else field for field in fields.split(","))
        found.append((number, told))
    return found


def subjects(session: Session, having: str) -> list[str]:
    """What acts were on, the oldest first, where a text stands in it."""
    found = select(AuditEntry.subject).where(AuditEntry.subject.contains(having, autoescape=True))
    return list(session.scalars(found.order_by(AuditEntry.number)))


def newest(session: Session) -> AuditEntry | None:
    """The last entry, whose digest stands for the whole trail."""
    return next(iter(last_entries(session, 1)), None)


def last_entries(session: Session, count: int) -> Sequence[AuditEntry]:
    """The last entries, the newest first."""
    return session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(count)).all()


def last_change(session: Session) -> int:
    """The number of the last entry by which figures or their names may have changed; 0 if none was."""
    numbers = select(AuditEntry.number).where(AuditEntry.changes_figures).order_by(AuditEntry.number.desc())
    return session.scalar(numbers.limit(1)) or 0


def digest(before: str, entry: AuditEntry) -> str:
    """SHA-256 over the digest before and everything that the entry says to people."""
    content = [before, entry.number, entry.at, entry.who, entry.what, entry.subject]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, default=repr).encode()).hexdigest()


@dataclass(frozen=True)
class Verified:
    """How far the chain holds.

    entries  the number of the last entry
    digest   its digest; keep it outside, and a cut-off end is found too
    broken   the first entry that does not follow from the ones before; None if all do
    kept     whether the digest that was kept outside stands in the chain; None if none was given
    """

    entries: int
    digest: str
    broken: int | None
    kept: bool | None


def verify(session: Session, kept: str | None = None) -> Verified:
    """Counts the chain again from its beginning; `kept` is a digest of before, from a report for instance."""
    before, number, known_stands = "", 0, False
    query = select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=1_000)
    with closing(session.scalars(query)) as entries:
        for entry in entries:
            if entry.digest != digest(before, entry):
                return Verified(number, before, number + 1, None if kept is None else known_stands)
            before, number = entry.digest, entry.number
            if kept is not None and before.startswith(kept):
                known_stands = True
    return Verified(number, before, None, None if kept is None else known_stands)

"""The chain of daily digests of a wave: each is over what was stored since the one before, and over that one.

Whoever keeps a digest can have everything before it checked (`survey/integrity/verify.py`). A digest takes
responses by whole lots, once their day is over and they are closed: so that it covers a response says no more of
it than its lot says. Each is anchored in the audit trail, whose newest digest stands in it, and is noted there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, defer

from survey.integrity import contents
from survey.integrity.contents import FRAME, KINDS, RESPONSES
from survey.responses import lot_joining
from survey.responses.columns import Ids, places
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import AuditEntry, DayDigest, Draw, Lot, Unit, Wave
from survey.system import dates
from survey.waves import waves
from translations import N_

LEAST = 5  # responses that are new in a digest; fewer wait for the next one
WHO = "@hailong"  # in the audit trail: nobody, the platform by itself
NOTED = N_("Noted the digest of a day")
LOCK = 7_404_533  # of PostgreSQL, while its connection lives: of all processes one makes digests
# What is never final of a wave, by its column, as people read it.
SETTING = {
    "weights": N_("weights in use"),
    "draw": N_("draw in use"),
    "questionnaire": N_("questionnaire of the wave"),
    "title": N_("name of the wave"),
    "kind": N_("kind of the wave"),
    "public": N_("whether everybody sees the wave"),
    "contact": N_("contact of the wave"),
    **dict.fromkeys(("opens", "closes", "stopped"), N_("days of the wave")),
    "single_psu": N_("rule for lone villages of the wave"),
    "villages": N_("whether villages are kept"),
    "simulated": N_("mark of made-up data"),
    "closed": N_("day on which the fieldwork was closed"),
}
UNIT = (Unit.code, Unit.name, Unit.kind, Unit.parent)
SOON, AFTER_MIDNIGHT = 60.0, time(0, 5)
AGAIN = 600.0  # seconds, after a fault of the database
SHORTEST, LONGEST_PASTED = 16, 200  # hex digits of a digest that tell it; characters that are looked at


def close_days(database: Database, now: datetime, wave: str | None = None) -> None:
    """Makes the digest of what is new, of one wave or of all: each night, before a release is frozen, and before a
    file goes out. Where nothing is new there is none, but that a running wave has one for each day."""
    today = dates.day_of(now)
    with database.reading() as session:
        codes = waves.codes(session) if wave is None else [wave]
    with alone(database, LOCK):
        for code in codes:
            try:
                _close(database, code, today)
            except contents.ODD:  # a row that no column holds: of other waves there is one
                logging.getLogger("hailong").exception("no digest of wave %s: hailong integrity verify", code)


@contextmanager
def alone(database: Database, lock: int) -> Iterator[None]:
    """A block in which no other process does the same work; on SQLite there is one process that serves."""
    if database.is_sqlite:
        yield
        return
    with closing(database.apart()) as connection:
        connection.driver_connection.execute("SELECT pg_advisory_lock(%s)", [lock])
        yield


def _close(database: Database, code: str, today: date) -> None:
    with audit.single_response(), database.writing() as session:  # no act of anybody
        lot_joining.join_small(session, code, today)
    with database.reading() as session:
        following = _following(session, waves.find(session, code), today)
    if following is None:
        return
    # All of it is read by now: whoever sends a form waits only for one row.
    with audit.acting(WHO, NOTED), database.writing() as session:
        last = newest(session, code)
        if (last.number if last else 0) != following.number - 1:  # a command was quicker
            audit.discard()
            return
        anchor = audit.newest(session)
        trail = [anchor.number, anchor.digest] if anchor else [0, ""]
        now = setting(session, waves.find(session, code))  # of the moment of the anchor
        following.content = {**following.content, "setting": now, "trail": trail}
        following.digest = digest(following)
        session.add(following)
        audit.annotate(wave=code, number=following.number, digest=following.digest)


def _following(session: Session, wave: Wave, today: date) -> DayDigest | None:
    """The next digest of a wave, without its anchor; None where nothing is new."""
    before = whole_chain(session, wave.code)
    last = before[-1] if before else None
    ids, of_today = _new_responses(session, wave, before, today)
    parts: dict[str, Any] = {}
    if len(ids):
        rows = contents.responses(session, wave.code, ids)
        (own,) = contents.digests_of_responses(rows, ids, np.zeros(len(ids), np.int64), 1)
        parts[RESPONSES] = {"count": len(ids), "digest": own}
    known = {kind: {key for one in before for key in keys(one, kind)} for kind in KINDS}
    # Until forms or a draw rest on it, a frame may be taken back whole.
    rests = bool(len(ids)) or any(one.responses for one in before) or _is_drawn(session, wave)
    for kind, rows_of in KINDS.items():
        new = [row for row in rows_of.rows(session, wave) if row.key not in known[kind]]
        if new and (rests or kind != FRAME):
            of_today |= rows_of.decision and any(row.day == today for row in new)
            own = contents.digest_of(new)
            parts[kind] = {"count": len(new), "digest": own, "keys": sorted(row.key for row in new)}
    yesterday = today - timedelta(1)
    quiet = last is not None and last.day >= yesterday
    if not parts and (quiet or not wave.opens <= yesterday <= wave.closes):
        return None
    content = {"before": last.digest if last else "", "parts": parts}
    return DayDigest(
        wave=wave.code,
        number=len(before) + 1,
        day=today if of_today else yesterday,
        responses=ids.tobytes(),
        content=content,
    )


def _new_responses(session: Session, wave: Wave, before: list[DayDigest], today: date) -> tuple[Ids, bool]:
    """The sorted ids of responses that no digest covers and whose lots are closed, and whether any came today;
    none where they are fewer than `LEAST` and others may still come."""
    ids, lots = contents.members(session, wave.code)
    growing = session.scalars(select(Lot.number).where(Lot.wave == wave.code, Lot.closed.is_(None)))
    covered = np.sort(np.concatenate([np.zeros(0, "S16"), *map(ids_of, before)]))
    new = (places(ids, covered) < 0) & ~np.isin(lots, list(growing.all()))
    over = wave.closed is not None or wave.closes < today
    if np.count_nonzero(new) < LEAST and not over:
        new[:] = False
    closed_today = session.scalars(select(Lot.number).where(Lot.wave == wave.code, Lot.day == today))
    return ids[new], bool(np.isin(lots[new], list(closed_today.all())).any())


def _is_drawn(session: Session, wave: Wave) -> bool:
    return bool(session.scalar(select(exists().where(Draw.wave == wave.code))))


def setting(session: Session, wave: Wave) -> dict[str, Any]:
    """What is never final of a wave, and its figures or what they are called rest on now; the units too. The first
    digests have `weights`, `draw` and `questionnaire` alone."""
    units = sorted(contents.canonical(list(row)) for row in session.execute(select(*UNIT)))
    fields = {name: getattr(wave, name) for name in SETTING}
    plain: dict[str, Any] = json.loads(contents.canonical(fields))
    return {**plain, "units": hashlib.sha256(b"\n".join(units)).hexdigest()}


def note(one: DayDigest) -> str:
    """How the audit trail names a digest."""
    return f"wave={one.wave} number={one.number} digest={one.digest}"


def digest(one: DayDigest) -> str:
    """SHA-256 over the digest before, the anchor, and the count and digest of each part, hex."""
    own = one.content
    parts = {kind: [part["count"], part["digest"]] for kind, part in own["parts"].items()}
    said = [one.wave, one.number, one.day, own["before"], own["trail"], own["setting"], parts]
    return hashlib.sha256(contents.canonical(said)).hexdigest()


def chain(session: Session, wave: str) -> list[DayDigest]:
    """The digests of a wave, the first one first; without the ids that they cover."""
    query = select(DayDigest).where(DayDigest.wave == wave).order_by(DayDigest.number)
    return list(session.scalars(query.options(defer(DayDigest.responses, raiseload=True))))


def whole_chain(session: Session, wave: str) -> list[DayDigest]:
    """The same, with the ids that they cover."""
    return list(session.scalars(select(DayDigest).where(DayDigest.wave == wave).order_by(DayDigest.number)))


def newest(session: Session, wave: str) -> DayDigest | None:
    """The last digest of a wave."""
    query = select(DayDigest).where(DayDigest.wave == wave).order_by(DayDigest.number.desc()).limit(1)
    return session.scalars(query.options(defer(DayDigest.responses))).first()


def are_anchored(session: Session) -> bool:
    """Whether the audit trail still has each entry in which a digest is anchored."""
    entries = dict(session.execute(select(AuditEntry.number, AuditEntry.digest)).all())
    try:
        anchors = [content["trail"] for content in session.scalars(select(DayDigest.content))]
        return all(not number or entries.get(number) == own for number, own in anchors)
    except contents.ODD:  # it was put there past the program
        return False


def ids_of(one: DayDigest) -> Ids:
    """(N,) the sorted ids of the responses that a digest covers."""
    return np.frombuffer(one.responses, "S16")


def keys(one: DayDigest, kind: str) -> list[str]:
    """The rows of a kind that a digest covers."""
    found: list[str] = one.content["parts"].get(kind, {}).get("keys", [])
    return found


def forms(one: DayDigest) -> int:
    """How many responses a digest adds."""
    return int(one.content["parts"].get(RESPONSES, {}).get("count", 0))


def decisions(one: DayDigest) -> int:
    """How many decisions of people a digest adds: on lots, open matters, forms, weights, draws, releases."""
    return sum(
        part["count"] for kind, part in one.content["parts"].items() if kind in KINDS and KINDS[kind].decision
    )


def compare(session: Session, wave: str, day: date, pasted: str) -> str:
    """Whether a digest that somebody kept of a day is ours: `agrees`, `differs`, or `unknown` where there is no
    digest of this day or what was pasted is none. At least its first 16 digits; blanks don't matter."""
    digits = re.sub(r"[\s:.-]", "", pasted[:LONGEST_PASTED]).lower()
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST},64}}", digits):
        return "unknown"
    query = select(DayDigest.digest).where(DayDigest.wave == wave, DayDigest.day == day)
    ours = session.scalars(query).all()
    if not ours:
        return "unknown"
    return "agrees" if any(one.startswith(digits) for one in ours) else "differs"


def by_the_clock(
    database: Database, wait: Callable[[float], bool], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Closes the days a minute after the start, for the server may have been off at midnight, and then each night.

    wait  waits for so many seconds; True if the server ends meanwhile, as `threading.Event.wait` does
    """
    pause = SOON
    while not wait(pause):
        try:
            close_days(database, clock())
        except SQLAlchemyError as error:
            logging.getLogger("hailong").warning("the digest of the day is not made yet: %s", error)
            pause = AGAIN
        else:
            pause = until_night(clock())


def until_night(now: datetime) -> float:
    """Seconds until the next night's work, shortly after midnight in Việt Nam: what was begun before is stored."""
    here = now.astimezone(ZoneInfo("Asia/Ho_Chi_Minh"))
    night = here.replace(hour=AFTER_MIDNIGHT.hour, minute=AFTER_MIDNIGHT.minute, second=0, microsecond=0)
    return (night - here if here < night else night + timedelta(1) - here).total_seconds()

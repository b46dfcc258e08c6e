"""What was looked at in a wave for patterns: counted beside whoever asks, and told again for a while where answers
still come in."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from survey.integrity import patterns
from survey.integrity.patterns import A_PATTERN, Pattern
from survey.responses.respondents import sample
from survey.storage.database import Database
from survey.storage.models import Wave
from survey.system.cache import LARGE, VIETNAM, Busy, CachedValue, StaleCache, database_key
from survey.waves import waves

PATIENCE = 1.0  # seconds for which a page waits before it says that they are being counted
SUBJECT = re.compile(r"pattern:(.+?):(village|commune|interviewer|keyer|device|mode):(.*)", re.DOTALL)
NOTHING = float("nan")


@dataclass(frozen=True)
class Looked:
    """All that was looked at, the strongest first, and of how many people."""

    patterns: tuple[Pattern, ...]
    people: int

    def having(self, sign: str) -> list[Pattern]:
        """Those with one sign."""
        return [one for one in self.patterns if one.sign == sign]


_looked: StaleCache[Looked] = StaleCache(lambda one: one.people, lambda one: A_PATTERN * len(one.patterns))


def look(session: Session, wave: Wave) -> Looked:
    """What was looked at, now or a while ago; who asks waits for it."""
    return _waiting(session, wave).value


def ready(database: Database, code: str) -> CachedValue[Looked] | None:
    """The same for a page: None while those of a large wave are still being counted, in a thread of its own. The
    page says so, and finds them later."""
    with database.reading() as session:
        wave = waves.find(session, code)
        if waves.collected(session, code) < LARGE:
            return _waiting(session, wave)
    told: list[CachedValue[Looked]] = []
    thread = threading.Thread(target=_beside, args=(database, code, told), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return told[0] if told else None


def _beside(database: Database, code: str, told: list[CachedValue[Looked]]) -> None:
    with suppress(Busy), database.reading() as session:  # another thread makes it
        told.append(_get(session, waves.find(session, code)))


def _waiting(session: Session, wave: Wave) -> CachedValue[Looked]:
    try:
        return _get(session, wave)
    except Busy:  # another thread makes it: `patterns` waits for that
        return CachedValue(_make(session, wave), datetime.now(VIETNAM), None, 0.0)


def _get(session: Session, wave: Wave) -> CachedValue[Looked]:
    return _looked.get((database_key(session), wave.code), lambda: _make(session, wave))


def _make(session: Session, wave: Wave) -> Looked:
    return Looked(tuple(patterns.patterns(session, wave)), len(sample(session, wave)))


def named(subject: str) -> Pattern | None:
    """A pattern of which nothing is known any more but its subject; None if the subject is no pattern's."""
    found = SUBJECT.fullmatch(subject)
    if found is None:
        return None
    return Pattern(found[1], found[2], found[3], NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, "")

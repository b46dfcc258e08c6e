"""The daily digests of a wave as everybody sees them, and whether one that somebody kept is among them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.integrity import digest_file, digests
from survey.integrity.digest_file import KeptDigest
from survey.storage.models import DayDigest
from survey.system.cache import FIGURE_BYTES, cached, database_key
from translations.formats import nfc

LONGEST = 400  # characters of what is pasted: two lines of the file
DAY = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b|\b(\d{4})-(\d{2})-(\d{2})\b")
# Groups of four as the file and the page have them, or all digits together.
DIGITS = re.compile(r"(?:\b[0-9a-f]{4}\s+){3,15}[0-9a-f]{4}\b|\b[0-9a-f]{16,64}\b")


@dataclass(frozen=True)
class Answer:
    """What is said of a digest that somebody kept.

    found  `agrees`; `differs` from that of its day; `no day` where there is no digest of it; `unknown` where none
           begins like it and no day was given; `unread`
    ours   the digest of the day, where it differs
    """

    found: str
    day: date | None = None
    ours: str = ""


def lines(session: Session, wave: str) -> list[KeptDigest]:
    """The digests of a wave, the newest first."""
    return list(_lines(session, wave))


def _newest(session: Session, wave: str) -> tuple[object, ...]:
    """A digest never changes: their number names their state."""
    number = session.scalar(select(func.max(DayDigest.number)).where(DayDigest.wave == wave))
    return database_key(session), wave, number


@cached(_newest, lambda found: FIGURE_BYTES * (1 + len(found)))
def _lines(session: Session, wave: str) -> tuple[KeptDigest, ...]:
    every = digests.chain(session, wave)
    return tuple(
        KeptDigest(one.number, one.day, digest_file.told_forms(one), digests.decisions(one), one.digest)
        for one in reversed(every)
    )


def compare(session: Session, wave: str, pasted: str) -> Answer:
    """Whether a digest with its day, as the page and the file write them, is ours. Nothing is kept of it."""
    text = nfc(pasted[:LONGEST]).lower()
    day, digits = _day(text), DIGITS.search(DAY.sub(" / ", text))
    if digits is None or (day is None and DAY.search(text)):  # or a day that no calendar has
        return Answer("unread")
    own = re.sub(r"\s", "", digits[0])
    every = lines(session, wave)
    if day is None:
        same = next((one for one in every if one.digest.startswith(own)), None)
        return Answer("agrees", same.day) if same else Answer("unknown")
    of_day = [one.digest for one in every if one.day == day]
    if not of_day:
        return Answer("no day", day)
    if any(one.startswith(own) for one in of_day):
        return Answer("agrees", day)
    return Answer("differs", day, of_day[0])


def _day(text: str) -> date | None:
    found = DAY.search(text)
    if found is None:
        return None
    day, month, year = found.group(1, 2, 3) if found[1] else found.group(6, 5, 4)
    with suppress(ValueError):
        return date(int(year), int(month), int(day))
    return None

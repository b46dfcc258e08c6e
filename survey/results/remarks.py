"""What people said in their own words, by theme: how many of those who wrote, and the paraphrases of it.

These are counts, never estimates: who writes something chose to, and no weight knows why the others did not
(docs/quyet-dinh/0021-remarks.md).
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cachetools import LRUCache, cached
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.disclosure import Mark, hide_counts
from forms import Text
from survey.models import Coding, Paraphrase, Release, Response, Theme, Wave
from survey.remarks import codings, paraphrases, themes
from survey.sample import ids_of, rejected


@dataclass(frozen=True)
class ThemeLine:
    """How many people of a place wrote about a theme: `count` is None where it is hidden, and `mark` says how.

    share  of those who wrote, None where either count is hidden
    told   paraphrases; none where the count is hidden
    """

    code: str
    name: Text
    count: int | None
    mark: Mark | None
    share: float | None
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """What was said in one place. `asked`: all whose forms count there; `written`: those of them whose remark was
    read, None where that is hidden."""

    asked: int
    written: int | None
    mark: Mark | None
    lines: tuple[ThemeLine, ...]


@dataclass(frozen=True)
class Remarks:
    """The themes of a wave's remarks in the whole province and in each of its units.

    unread  remarks that nobody had read when the data were frozen, or now
    """

    whole: Said
    units: dict[str, Said]
    unread: int


def frozen(session: Session, wave: Wave, kept: Collection[UUID]) -> dict[str, Any] | None:
    """What a release of these responses keeps: by their ids, the codings and paraphrases that hold today.

    None where nothing is coded.
    """
    held = codings.newest(session, wave.code)
    mine = sorted(coding.id for response, coding in held.items() if response in kept)
    if not mine:
        return None
    return {
        "codings": mine,
        "paraphrases": [one.id for one in paraphrases.every(session, wave.code)],
        "unread": _unread(session, wave, kept, held),
    }


def gather(session: Session, wave: Wave, release: Release | None = None) -> Remarks | None:
    """The themes of a wave's present remarks, or of those of a release; None where nothing was coded by then.

    A paraphrase that was withdrawn since is in no release any more.
    """
    if release is None:
        if session.scalar(select(func.count()).select_from(Coding).where(Coding.wave == wave.code)) == 0:
            return None
        return _made(session, wave, None)
    return None if release.remarks is None else _made(session, wave, release)


def destroy_unshown(session: Session, wave: Wave, shown: Release | None) -> int:
    """Empties the paraphrases of a wave that the release in sight does not show; says how many."""
    found = gather(session, wave, shown) if shown is not None else None
    lines = [(unit, line) for unit, own in found.units.items() for line in own.lines] if found else []
    seen = {(unit, line.code, words) for unit, line in lines for words in line.told}
    left = [one for one in paraphrases.every(session, wave.code) if (one.unit, one.theme, one.words) not in seen]
    for one in left:
        one.words = ""
    session.flush()
    return len(left)


def _state(session: Session, wave: Wave, release: Release | None) -> tuple[object, ...]:
    """What tells one state of the remarks from another: rows are only added, and paraphrases emptied."""
    counted = [
        session.scalar(select(func.count()).select_from(table).where(table.wave == wave.code))
        for table in (Response, Coding, Paraphrase)
    ]
    told = len(paraphrases.every(session, wave.code))
    out = 0 if release is not None else len(rejected(session, wave.code))
    where = str(session.get_bind().engine.url)
    return where, wave.code, release.id if release else None, *counted, told, out, codings.state(session, wave)


@cached(LRUCache(maxsize=16), key=_state, lock=threading.Lock())
def _made(session: Session, wave: Wave, release: Release | None) -> Remarks:
    rows = session.execute(select(Response.id, Response.unit).where(Response.wave == wave.code)).all()
    kept = ids_of(release) if release else {row.id for row in rows} - rejected(session, wave.code)
    unit_of = {row.id: row.unit for row in rows if row.id in kept}
    if release is None or release.remarks is None:
        held = {one: coding for one, coding in codings.newest(session, wave.code).items() if one in kept}
        told, unread = paraphrases.every(session, wave.code), _unread(session, wave, kept, held)
    else:
        then = {name: set(release.remarks[name]) for name in ("codings", "paraphrases")}
        chosen = session.scalars(select(Coding).where(Coding.wave == wave.code))
        held = {coding.response: coding for coding in chosen if coding.id in then["codings"]}
        told = [one for one in paraphrases.every(session, wave.code) if one.id in then["paraphrases"]]
        unread = release.remarks["unread"]
    return _table(unit_of, held, themes.every(session, wave.code), told, unread)


def _unread(session: Session, wave: Wave, kept: Collection[UUID], held: Collection[UUID]) -> int:
    return sum(one in kept and one not in held for one in codings.every(session, wave))


def _table(
    unit_of: dict[UUID, str], held: dict[UUID, Coding], there: list[Theme], told: list[Paraphrase], unread: int
) -> Remarks:
    """Counts by theme and unit, with what must be hidden hidden."""
    asked = Counter(unit_of.values())
    units = sorted(asked)
    wrote = Counter(unit_of[one] for one in held)
    about = Counter((unit_of[one], code) for one, coding in held.items() for code in coding.themes)
    marks, all_mark = hide_counts([wrote[unit] for unit in units], [math.inf] * len(units))
    lines: dict[str, list[ThemeLine]] = {unit: [] for unit in units}
    whole: list[ThemeLine] = []
    for theme in there:
        counts = [about[unit, theme.code] for unit in units]
        if theme.closed and not sum(counts):
            continue
        # A hidden number of remarks bounds a theme by nothing that a reader knows.
        most = [math.inf if mark else wrote[unit] for unit, mark in zip(units, marks, strict=True)]
        found, sum_mark = hide_counts(counts, most)
        whole.append(_line(theme, sum(counts), sum_mark, None if all_mark else len(held), ()))
        for unit, count, mark, hidden in zip(units, counts, found, marks, strict=True):
            own = tuple(sorted(one.words for one in told if (one.unit, one.theme) == (unit, theme.code)))
            lines[unit].append(_line(theme, count, mark, None if hidden else wrote[unit], own))
    return Remarks(
        whole=Said(len(unit_of), None if all_mark else len(held), all_mark, tuple(whole)),
        units={
            unit: Said(asked[unit], None if mark else wrote[unit], mark, tuple(lines[unit]))
            for unit, mark in zip(units, marks, strict=True)
        },
        unread=unread,
    )


def _line(theme: Theme, count: int, mark: Mark | None, of: int | None, told: tuple[str, ...]) -> ThemeLine:
    if mark is not None:
        return ThemeLine(theme.code, themes.name(theme), None, mark, None)
    return ThemeLine(theme.code, themes.name(theme), count, None, count / of if of else None, told)

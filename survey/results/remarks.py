"""What people said in their own words, by theme: how many of those who wrote, and the paraphrases of it.

These are counts, never estimates: who writes something chose to, and no weight knows why the others did not
(docs/decisions/0024-remarks.md).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.disclosure import Mark
from analysis.hidden_counts import hide_counts
from forms import Text
from survey.remarks import codings, paraphrases, themes
from survey.responses.left_out import left_out
from survey.responses.respondents import everyone, ids_of
from survey.storage.models import Coding, LotStep, Paraphrase, Release, Response, Review, Theme, Wave
from survey.system.cache import FIGURE_BYTES, cached, database_key


@dataclass(frozen=True)
class ThemeLine:
    """How many people of a place wrote about a theme: `count` is None if it is hidden, and `mark` says how.

    share        of those who wrote, None if either count is hidden
    paraphrases  none where the count is hidden
    """

    code: str
    name: Text
    count: int | None
    mark: Mark | None
    share: float | None
    paraphrases: tuple[str, ...] = ()


@dataclass(frozen=True)
class ThemeCounts:
    """What was said in one place. `asked`: all whose forms count there; `written`: those of them whose remark was
    read, None if that is hidden."""

    asked: int
    written: int | None
    mark: Mark | None
    lines: tuple[ThemeLine, ...]


@dataclass(frozen=True)
class Remarks:
    """The themes of a wave's remarks in the whole province and in each of its units.

    unread  remarks that nobody had read when the data were frozen, or now
    """

    whole: ThemeCounts
    units: dict[str, ThemeCounts]
    unread: int


def frozen(session: Session, wave: Wave, responses: Collection[UUID]) -> dict[str, Any] | None:
    """What a release of these responses keeps: by their ids, the codings and paraphrases that hold today, and the
    themes that stand in its table.

    None if nothing is coded.
    """
    codings_ = codings.newest(session, wave.code)
    mine = [coding for response, coding in codings_.items() if response in responses]
    if not mine:
        return None
    return {
        "codings": sorted(coding.id for coding in mine),
        "themes": [theme.code for theme in _standing(session, wave, mine)],
        "paraphrases": [one.id for one in paraphrases.list_all(session, wave.code)],
        "unread": sum(one in responses and one not in codings_ for one in codings.list_all(session, wave)),
    }


def gather(session: Session, wave: Wave, release: Release | None = None) -> Remarks | None:
    """The themes of a wave's present remarks, or of those of a release; None if nothing was coded by then. A
    paraphrase that was withdrawn since is in no release any more."""
    if release is None:
        if session.scalar(select(func.count()).select_from(Coding).where(Coding.wave == wave.code)) == 0:
            return None
        return _made(session, wave, None)
    return None if release.remarks is None else _made(session, wave, release)


def destroy_unshown(session: Session, wave: Wave, release: Release | None) -> int:
    """Empties the paraphrases of a wave that the release in sight does not show; says how many."""
    published = gather(session, wave, release) if release is not None else None
    lines = [(unit, line) for unit, own in published.units.items() for line in own.lines] if published else []
    quoted = {(unit, line.code, words) for unit, line in lines for words in line.paraphrases}
    left = [
        one for one in paraphrases.list_all(session, wave.code) if (one.unit, one.theme, one.words) not in quoted
    ]
    for one in left:
        one.words = ""
    session.flush()
    return len(left)


def _state(session: Session, wave: Wave, release: Release | None) -> tuple[object, ...]:
    """What tells one state of the remarks from another: rows are only added, a text with its response, themes
    opened and closed, paraphrases emptied. In a release nothing moves but the last."""
    paraphrase_ids = tuple(one.id for one in paraphrases.list_all(session, wave.code))
    here = database_key(session), wave.code, paraphrase_ids
    if release is not None:
        return *here, release.id
    tables = (Response, Coding, Review, LotStep)
    counts = (session.scalar(select(func.count()).where(table.wave == wave.code)) for table in tables)
    theme_states = tuple((theme.code, theme.closed) for theme in themes.list_all(session, wave.code))
    return *here, *counts, theme_states, codings.text_key(session, wave.code)


@cached(_state, lambda found: FIGURE_BYTES * len(found.whole.lines) * (1 + len(found.units)))
def _made(session: Session, wave: Wave, release: Release | None) -> Remarks:
    quotes = paraphrases.list_all(session, wave.code)
    if release is None or release.remarks is None:
        gone = left_out(session, wave.code)
        out = gone.all
        codings_ = {one: coding for one, coding in codings.newest(session, wave.code).items() if one not in out}
        unread = sum(one not in codings_ for one in codings.list_all(session, wave))
        counts = Counter({str(unit): count for unit, count in everyone(session, wave).unit.counts().items()})
        for unit in session.scalars(select(Response.unit).where(Response.id.in_(out - gone.replaced))):
            counts[unit] -= 1
        standing = _standing(session, wave, codings_.values())
    else:
        codes, sentences = (set(release.remarks[name]) for name in ("codings", "paraphrases"))
        chosen = session.scalars(select(Coding).where(Coding.wave == wave.code))
        codings_ = {coding.response: coding for coding in chosen if coding.id in codes}
        quotes = [one for one in quotes if one.id in sentences]
        standing = [
            theme for theme in themes.list_all(session, wave.code) if theme.code in release.remarks["themes"]
        ]
        unread, inside = release.remarks["unread"], ids_of(release)
        rows = session.execute(select(Response.id, Response.unit).where(Response.wave == wave.code))
        counts = Counter(unit for id, unit in rows if id in inside)
    coded = select(Response.id, Response.unit).join(Coding).where(Coding.wave == wave.code)
    unit_of = dict(session.execute(coded.distinct()).all())
    return _table(counts, unit_of, codings_, standing, quotes, unread)


def _standing(session: Session, wave: Wave, codings_: Iterable[Coding]) -> list[Theme]:
    """The themes that a table of these codings counts: a closed one only where one of them names it."""
    codes = {code for coding in codings_ for code in coding.themes}
    return [theme for theme in themes.list_all(session, wave.code) if not theme.closed or theme.code in codes]


def _table(
    forms: Mapping[str, int],
    unit_of: Mapping[UUID, str],
    codings_: Mapping[UUID, Coding],
    standing: Sequence[Theme],
    quotes: Sequence[Paraphrase],
    unread: int,
) -> Remarks:
    """Counts by theme and unit, with what must be hidden hidden."""
    units = sorted(unit for unit, count in forms.items() if count)
    wrote = Counter(unit_of[one] for one in codings_)
    about = Counter((unit_of[one], code) for one, coding in codings_.items() for code in coding.themes)
    marks, all_mark = hide_counts([wrote[unit] for unit in units], [math.inf] * len(units))
    said: dict[tuple[str, str], list[str]] = {}
    for one in quotes:
        said.setdefault((one.unit, one.theme), []).append(one.words)
    lines: dict[str, list[ThemeLine]] = {unit: [] for unit in units}
    whole: list[ThemeLine] = []
    for theme in standing:
        counts = [about[unit, theme.code] for unit in units]
        # A hidden number of remarks bounds a theme by nothing that a reader knows.
        most = [math.inf if mark else wrote[unit] for unit, mark in zip(units, marks, strict=True)]
        cells, sum_mark = hide_counts(counts, most)
        whole.append(_line(theme, sum(counts), sum_mark, None if all_mark else len(codings_), ()))
        for unit, count, mark, hidden in zip(units, counts, cells, marks, strict=True):
            own = tuple(sorted(said.get((unit, theme.code), ())))
            lines[unit].append(_line(theme, count, mark, None if hidden else wrote[unit], own))
    return Remarks(
        whole=ThemeCounts(sum(forms.values()), None if all_mark else len(codings_), all_mark, tuple(whole)),
        units={
            unit: ThemeCounts(forms[unit], None if mark else wrote[unit], mark, tuple(lines[unit]))
            for unit, mark in zip(units, marks, strict=True)
        },
        unread=unread,
    )


def _line(theme: Theme, count: int, mark: Mark | None, of: int | None, quotes: tuple[str, ...]) -> ThemeLine:
    if mark is not None:
        return ThemeLine(theme.code, themes.name(theme), None, mark, None)
    return ThemeLine(theme.code, themes.name(theme), count, None, count / of if of else None, quotes)

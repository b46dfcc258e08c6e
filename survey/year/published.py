"""Figures that others published: cited with their source, by year and index, never with an interval.

They stand beside own figures and are never joined to them: the ministry's SIPAS, say, is another survey than the
province's own. A correction is a new row; the former can still be listed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.storage import audit
from survey.storage.models import PublishedFigure
from survey.system import dates
from survey.waves import units
from survey.year import rows
from survey.year.rows import Cells, Unfit
from translations import Lazy

COLUMNS = ("year", "place", "index", "part", "value", "unit", "max", "rank", "of", "group", "source", "note")
REQUIRED = ("year", "place", "index", "part", "value", "unit", "source")
FIELDS = (*COLUMNS, "current", "flags")
KEY = ("year", "place", "index", "part")
UNITS = ("percent", "points")
INDEX = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
PART = re.compile(r"[A-Za-z0-9_.=,:-]{0,40}")
LARGEST = 100_000  # of points
TOLERANCE = 0.05  # between a whole and the sum of its parts, which are published rounded
NUMBERED = re.compile(r"[0-9]+(\.[0-9]+)*")
MAIN = ("PAR_INDEX", "SIPAS", "PAPI")  # the three that the country looks at, first in every list
# The index of ours that a published one stands beside.
BESIDE = {"index": ("SIPAS", "")}


@dataclass(frozen=True)
class Outcome:
    """Figures of a file: new, in the place of another value, and there alike."""

    stored: int
    changed: int
    unchanged: int


def load(session: Session, path: Path) -> Outcome:
    """Stores the figures of a CSV or Excel file, all or nothing; what is there alike stores nothing."""
    seen: set[tuple[object, ...]] = set()

    def store(cells: Cells) -> str:
        figure = read(cells)
        if key_of(figure) in seen:
            raise Unfit("part", Lazy("This figure (year, place, index, part) stands in the file twice."))
        seen.add(key_of(figure))
        return put(session, figure)

    stored = rows.load(path, COLUMNS, REQUIRED, store)
    audit.annotate(figures=len(stored))
    return Outcome(*(stored.count(word) for word in ("stored", "changed", "unchanged")))


def read(cells: Cells) -> PublishedFigure:
    """A figure as a row or a form gives it, not stored yet. Raises `Unfit` for what can't be meant.

    Without value, rank and group nothing was published, and the note says why.
    """
    if not INDEX.fullmatch(cells["index"]):
        raise Unfit("index", Lazy("Name the index in capitals: PAR_INDEX, SIPAS, PAPI"))
    if not PART.fullmatch(cells["part"]):
        raise Unfit("part", Lazy("Leave it blank for the whole, or write a number or an item: 8, 8.3, C5=3"))
    unit = rows.one_of(cells, "unit", UNITS)
    largest = _largest(cells, unit)
    of = rows.whole(cells, "of", 1, 1000) if cells["of"] else None
    figure = PublishedFigure(
        year=rows.year(cells),
        place=rows.words(cells, "place", 80),
        index=cells["index"],
        part=cells["part"],
        value=rows.number(cells, "value", 0, largest or LARGEST) if cells["value"] else None,
        unit=unit,
        max=largest,
        rank=rows.whole(cells, "rank", 1, of or 1000) if cells["rank"] else None,
        of=of,
        group=rows.whole(cells, "group", 1, 4) if cells["group"] else None,
        source=rows.words(cells, "source", 500),
        note=rows.words(cells, "note", 500, needed=False),
    )
    if not is_published(figure) and not figure.note:
        raise Unfit("note", Lazy("Without value, rank and group: say why nothing was published."))
    return figure


def _largest(cells: Cells, unit: str) -> float | None:
    if unit == "percent":
        if cells["max"] not in ("", "100"):
            raise Unfit("max", Lazy("The maximum of a percentage is 100: leave it blank."))
        return 100.0
    if cells["max"]:
        return rows.number(cells, "max", 0.000001, LARGEST)
    if cells["value"]:
        raise Unfit("max", Lazy("Give the maximum: points mean nothing without it."))
    return None


def put(session: Session, figure: PublishedFigure) -> str:
    """Keeps a figure as the newest of its key; `stored`, `changed`, or `unchanged` where it is there alike."""
    there = find(session, *key_of(figure))
    if there is not None and all(getattr(there, name) == getattr(figure, name) for name in COLUMNS):
        return "unchanged"
    figure.stored_on = dates.today()
    session.add(figure)
    session.flush()
    return "stored" if there is None else "changed"


def key_of(figure: PublishedFigure) -> tuple[Any, ...]:
    """Year, place, index and part: of each the newest row holds."""
    return tuple(getattr(figure, name) for name in KEY)


def is_published(figure: PublishedFigure) -> bool:
    """Whether anything was published: a value, a rank or a group."""
    return any(getattr(figure, name) is not None for name in ("value", "rank", "group"))


def list_all(
    session: Session, year: int | None = None, index: str | None = None, place: str | None = None
) -> list[PublishedFigure]:
    """All rows, former ones too, by index, place, year and part, the newest of a key last."""
    query = select(PublishedFigure)
    for column, value in (
        (PublishedFigure.year, year),
        (PublishedFigure.index, index),
        (PublishedFigure.place, place),
    ):
        if value is not None:
            query = query.where(column == value)
    return sorted(
        session.scalars(query), key=lambda one: (one.index, one.place, one.year, _order(one.part), one.id)
    )


def _order(part: str) -> tuple[object, ...]:
    numbered = NUMBERED.fullmatch(part)
    return (0, *map(int, part.split("."))) if numbered else (-1 if not part else 1, part)


def current(
    session: Session, year: int | None = None, index: str | None = None, place: str | None = None
) -> list[PublishedFigure]:
    """The newest row of each key, by index, place, year and part."""
    return list({key_of(one): one for one in list_all(session, year, index, place)}.values())


def find(session: Session, year: int, place: str, index: str, part: str = "") -> PublishedFigure | None:
    """The figure that holds; None if nobody entered one."""
    values = dict(zip(KEY, (year, place, index, part), strict=True))
    query = select(PublishedFigure).filter_by(**values).order_by(PublishedFigure.id.desc())
    return session.scalars(query.limit(1)).first()


def year_before(session: Session, figure: PublishedFigure) -> PublishedFigure | None:
    """The same figure a year before, if it is measured alike: same unit, same maximum, and published."""
    former = find(session, figure.year - 1, figure.place, figure.index, figure.part)
    alike = (
        former is not None and former.value is not None and (former.unit, former.max) == (figure.unit, figure.max)
    )
    return former if alike else None


def change(session: Session, figure: PublishedFigure) -> float | None:
    """The difference to the year before, in the figure's own unit and places; no test: others measured it."""
    former = year_before(session, figure)
    if former is None or former.value is None or figure.value is None:
        return None
    return round(figure.value - former.value, 6)


def index_order(index: str) -> tuple[int, str]:
    """PAR INDEX, SIPAS and PAPI, then the others by name."""
    return (MAIN.index(index) if index in MAIN else len(MAIN)), index


def own_place(session: Session) -> str:
    """What figures of the own province are filed under: its name."""
    return units.province(session).name


def beside(session: Session, measure: str) -> list[PublishedFigure]:
    """The published figures that stand beside a measure of the own survey, the newest first; none beside most."""
    index, part = BESIDE.get(measure, ("SIPAS", measure))
    figures = [one for one in current(session, index=index) if one.part == part and one.value is not None]
    return sorted(figures, key=lambda one: (-one.year, one.place))


def flags(figures: Iterable[PublishedFigure]) -> dict[int, tuple[str, ...]]:
    """`does_not_add_up` by the id of a whole whose numbered parts, all of them there, come to something else."""
    parts: dict[tuple[object, ...], list[PublishedFigure]] = defaultdict(list)
    figures = list(figures)
    for one in figures:
        if NUMBERED.fullmatch(one.part) and one.unit == "points" and one.value is not None:
            parts[one.year, one.place, one.index, one.part.rpartition(".")[0]].append(one)
    return {
        one.id: ("does_not_add_up",)
        for one in figures
        if one.value is not None and one.max is not None and not _adds_up(one, parts.get(key_of(one), ()))
    }


def _adds_up(whole: PublishedFigure, parts: Sequence[PublishedFigure]) -> bool:
    """Of parts that are not all there, which their maxima show, only what is more than the whole is wrong."""
    if not parts or whole.max is None or whole.value is None:
        return True
    gap = whole.value - sum(one.value or 0 for one in parts)
    are_all = abs(whole.max - sum(one.max or 0 for one in parts)) <= TOLERANCE
    return abs(gap) <= TOLERANCE if are_all else gap >= -TOLERANCE


def records(figures: Sequence[PublishedFigure]) -> list[dict[str, Any]]:
    """Each with exactly `FIELDS`; of several rows of a key the last is the current one."""
    newest = {key_of(one): one.id for one in figures}
    marks = flags(one for one in figures if newest[key_of(one)] == one.id)
    return [
        {name: getattr(one, name) for name in COLUMNS}
        | {"current": newest[key_of(one)] == one.id, "flags": list(marks.get(one.id, ()))}
        for one in figures
    ]

"""A figure over the years: where waves, the province and published figures lie on a drawing with a time axis.

Everything lies in hundredths of the drawing, from its upper left corner; `charts.html`, `reports/chart.py` draw.
A wave stands at the day on which it opened, so years are to scale; what is published of a year, in its middle.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from survey.results import charts, wording
from survey.results.charts import Scale, Tick
from survey.results.series import Point
from survey.storage.models import PublishedFigure
from translations import gettext as _
from translations.formats import number

LEFT, RIGHT = 13.0, 97.0  # where the first year begins and the last one ends: the numbers of the axis stand before
TOP, BOTTOM = 8.0, 87.0  # the ends of the scale: the years stand below
ASIDE = 1.4  # of the province's marks, so that those of a commune on the same day stay to be seen
MOST_YEARS = 8  # with a label each, on the narrowest screen


@dataclass(frozen=True)
class Mark:
    """A figure: `own` of a wave, of the `province` beside it, or `published` by others.

    low, high  the ends of its whisker; None where there is none
    label      the figure as it is written beside the mark
    below      whether the label stands below, for another one is above
    """

    kind: str
    x: float
    y: float
    low: float | None
    high: float | None
    label: str
    below: bool = False


@dataclass(frozen=True)
class Link:
    """A line between two waves: of the `own` figures, of the `province`, a `gap` with the word of what lacks,
    or a `break` between two that were measured differently."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float
    word: str = ""


@dataclass(frozen=True)
class Timeline:
    """The drawing: `levels` are the lines of the grid with their numbers, `years` the words below."""

    levels: tuple[Tick, ...]
    years: tuple[Tick, ...]
    bounds: tuple[float, ...]
    links: tuple[Link, ...]
    marks: tuple[Mark, ...]
    hidden: tuple[Tick, ...]  # the word where a wave's figure is not to be seen

    @property
    def kinds(self) -> set[str]:
        """The kinds of marks that there are, for the legend."""
        return {mark.kind for mark in self.marks}


def draw(
    points: Sequence[Point], province: Sequence[Point] = (), published: Iterable[PublishedFigure] = ()
) -> Timeline | None:
    """The figures of waves, those of the province beside a commune's, and published ones; None if none is seen.

    published  with a value and a maximum
    """
    cited = [(one.year, (one.value or 0.0) / one.max) for one in published if one.value is not None and one.max]
    records = [one.record for one in (*points, *province)]
    if not cited and not any(one.estimate is not None for one in records):
        return None
    years = [one.wave.opens.year for one in (*points, *province)] + [year for year, _share in cited]
    axis = _Axis(
        min(years), max(years) + 1, charts.scale(records, fewest=4, more=[share for _year, share in cited])
    )
    whole = {one.wave.code: one.record.estimate for one in province}
    own = [axis.mark("own", one, _is_lower(one.record.estimate, whole.get(one.wave.code))) for one in points]
    figures = {one.wave.code: one.record.estimate for one in points}
    beside = [
        axis.mark("province", one, not _is_lower(figures.get(one.wave.code), one.record.estimate))
        for one in province
    ]
    seen = [mark for mark in own if mark is not None]
    marks = [mark for mark in beside if mark is not None] + [axis.cited(*one, seen) for one in cited] + seen
    return Timeline(
        levels=axis.levels,
        years=axis.years,
        bounds=tuple(axis.x(float(year)) for year in range(axis.first, axis.last + 1)),
        links=(*_links("province", province, beside), *_links("own", points, own)),
        marks=tuple(marks),
        hidden=tuple(
            Tick(axis.at(one.wave.opens), wording.figure(one.record))
            for one, mark in zip(points, own, strict=True)
            if mark is None
        ),
    )


def _is_lower(share: float | None, than: float | None) -> bool:
    return share is not None and than is not None and share < than


@dataclass(frozen=True)
class _Axis:
    first: int
    last: int  # the year after the last one
    scale: Scale

    def x(self, year: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (year - self.first) / (self.last - self.first), 2)

    def at(self, day: date) -> float:
        return self.x(day.year + (day.timetuple().tm_yday - 0.5) / 366)

    def y(self, share: float) -> float:
        return self._down(self.scale.x(share))

    def _down(self, x: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (x - charts.MARGIN) / (100 - 2 * charts.MARGIN), 2)

    @property
    def levels(self) -> tuple[Tick, ...]:
        return tuple(Tick(self._down(tick.x), tick.label) for tick in self.scale.ticks)

    @property
    def years(self) -> tuple[Tick, ...]:
        step = math.ceil((self.last - self.first) / MOST_YEARS)
        return tuple(Tick(self.x(year + 0.5), str(year)) for year in range(self.first, self.last, step))

    def mark(self, kind: str, point: Point, below: bool) -> Mark | None:
        record = point.record
        if record.estimate is None:
            return None
        x = self.at(point.wave.opens) + (ASIDE if kind == "province" else 0.0)
        low, high = (None if end is None else self.y(end) for end in (record.low, record.high))
        label = number(100 * record.estimate, 1)
        return Mark(kind, round(x, 2), self.y(record.estimate), low, high, label, below)

    def cited(self, year: int, share: float, own: Sequence[Mark]) -> Mark:
        """Its label stands on the side on which no wave of nearly that day is."""
        x, y = self.x(year + 0.5), self.y(share)
        near = [mark.y for mark in own if abs(mark.x - x) < 100 / MOST_YEARS]
        return Mark("published", x, y, None, None, number(100 * share, 2), bool(near) and min(near) < y)


def _links(kind: str, points: Sequence[Point], marks: Sequence[Mark | None]) -> Iterable[Link]:
    """A line from each wave that is seen to the next one; dashed where a year, or the figure of a wave, lacks.
    Where it was measured otherwise a break stands instead."""
    shown = [(place, mark) for place, mark in enumerate(marks) if mark is not None]
    for (before, one), (after, other) in pairwise(shown):
        between = points[before + 1 : after + 1]
        if any(point.breaks for point in between):
            middle = round((one.x + other.x) / 2, 2)
            if kind == "own":
                yield Link("break", middle, TOP, middle, BOTTOM, _("not comparable"))
            continue
        word = ""
        if len(between) > 1:
            word = _("not seen")
        elif points[after].wave.opens.year - points[before].wave.opens.year > 1:
            word = _("no wave")
        yield Link("gap" if word else kind, one.x, one.y, other.x, other.y, word if kind == "own" else "")

"""Dot-and-whisker drawings: where a figure and its interval lie on a scale, in hundredths of the drawing's width.

Hundredths let one drawing serve a screen of any width, a printed page and a picture; `charts.html` draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from analysis import Difference, Estimate
from translations.formats import number

MARGIN = 5.0  # left free at both ends, so that a dot and a label at the edge are whole
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
MOST_TICKS = 6
LABEL = 20.0  # the room that the label of the reference needs on both sides, in the narrowest drawing (240 px)


@dataclass(frozen=True)
class Tick:
    """A line of the grid; `label` is empty where the province's label stands in the way."""

    x: float
    label: str


@dataclass(frozen=True)
class Whisker:
    """A figure (`x`) and its interval (`left` … `right`); None if there is none to draw."""

    x: float | None
    left: float | None
    right: float | None

    @property
    def span(self) -> float | None:
        """The width of the interval."""
        return None if self.left is None or self.right is None else round(self.right - self.left, 2)


NOTHING = Whisker(None, None, None)


@dataclass(frozen=True)
class Scale:
    """A stretch of shares from `low` to `high`, its grid, and the figure that all others are compared with."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    reference: Whisker | None
    reference_label: str

    def x(self, share: float) -> float:
        """Where a share lies."""
        return _place(share, self.low, self.high)

    def whisker(self, record: Estimate | Difference) -> Whisker:
        """A record on this scale, or a change. Where only the upper limit may be known, it begins at nothing."""
        low = 0.0 if record.low is None and record.high is not None else record.low
        return Whisker(
            None if record.estimate is None else self.x(record.estimate),
            None if low is None else self.x(low),
            None if record.high is None else self.x(record.high),
        )


def scale(
    records: Iterable[Estimate],
    reference: Estimate | None = None,
    name: str = "",
    fewest: int = 2,
    more: Iterable[float] = (),
) -> Scale:
    """A scale with round ends that holds all the records and their intervals.

    reference  the figure that the others are compared with, drawn as a line and a band through all rows
    name       what it is called on the axis, before its value
    fewest     lines of the grid; more room is left on both sides until there are as many
    more       shares without an interval that it holds too
    """
    lines = [*records, *([reference] if reference else [])]
    ends = [end for record in lines for end in (record.low, record.estimate, record.high) if end is not None]
    ends += more
    least, most = max(0.0, min(ends, default=0.0)), min(1.0, max(ends, default=1.0))
    if reference is None or reference.estimate is None:
        return _grid(least, most, (0, 1), fewest)
    label = f"{name} {number(100 * reference.estimate, 1)}".strip()
    axis = _grid(least, most, (0, 1), fewest, reference.estimate)
    return replace(axis, reference=axis.whisker(reference), reference_label=label)


def change_scale(differences: Iterable[Difference], name: str) -> Scale:
    """A scale of changes, from falls on the left to rises on the right; `name`: what no change is called."""
    ends = [end for one in differences for end in (one.low, one.estimate, one.high) if end is not None]
    axis = _grid(min([0.0, *ends]), max([0.0, *ends]), (-1, 1), 3, 0.0, "+")
    return replace(axis, reference=Whisker(axis.x(0.0), None, None), reference_label=name)


def _grid(
    least: float, most: float, ends: tuple[int, int], fewest: int, middle: float | None = None, plus: str = ""
) -> Scale:
    """Lines at round numbers around all that lies between `least` and `most`, never beyond the `ends`.

    middle  where a label of its own stands   plus  what stands before numbers above 0
    """
    step = next((step for step in STEPS if (most - least) / step <= MOST_TICKS - 1), STEPS[-1])
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    while last - first + 1 < fewest:
        first, last = max(round(ends[0] / step), first - 1), min(round(ends[1] / step), last + 1)
    low, high = first * step, last * step
    decimals = max(0, -math.floor(math.log10(step * 100) + 1e-9))
    at = None if middle is None else _place(middle, low, high)
    ticks = []
    for place in range(first, last + 1):
        x = _place(place * step, low, high)
        free = at is None or abs(x - at) > LABEL
        label = (plus if place > 0 else "") + number(place * step * 100, decimals)
        ticks.append(Tick(x, label if free else ""))
    return Scale(low, high, tuple(ticks), None, "")


def _place(share: float, low: float, high: float) -> float:
    inside = min(max(share, low), high)
    return round(MARGIN + (100 - 2 * MARGIN) * (inside - low) / (high - low), 2)

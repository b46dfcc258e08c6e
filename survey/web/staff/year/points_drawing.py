"""Drawings of points: where they were lost, and each criterion as long as its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from survey.year.scores import PartValue

POINT = 21.0  # pixels of a point
WIDEST = 168.0  # of the longest criterion
WIDTH = 1216.0  # of the bar of all points lost, in its own units
GAP = 5.0


@dataclass(frozen=True)
class Segment:
    """Points lost in one place; `name` blank: it isn't known where."""

    name: str
    points: float
    x: float
    width: float


def segments(lost: Sequence[tuple[str, float]], unknown: float) -> list[Segment]:
    """The bar of what was lost, in the order given, what is unknown last."""
    parts = [*lost, ("", unknown)] if unknown > 0 else [*lost]
    whole = sum(points for _name, points in parts)
    room = WIDTH - GAP * (len(parts) - 1)
    found, x = [], 0.0
    for name, points in parts:
        width = room * points / whole
        found.append(Segment(name, points, round(x, 1), round(width, 1)))
        x += width + GAP
    return found


def pixels(values: Sequence[PartValue]) -> float:
    """How long a point is drawn, in pixels: 21, less where a criterion would be too long."""
    longest = max((value.part.max or 0.0 for value in values), default=0.0)
    return min(POINT, WIDEST / longest) if longest else POINT


@dataclass(frozen=True)
class Whisker:
    """A measured value between the least and the most points, 0…160."""

    dot: float
    low: float | None
    high: float | None


def whisker(value: PartValue) -> Whisker:
    """The dot and whisker of a measured part, on its own range of points."""
    part = value.part
    points = value.measured.points if value.measured else None

    def at(number: float | None) -> float | None:
        return None if number is None or part.max is None else 160 * (number - part.min) / (part.max - part.min)

    return Whisker(at(points.value if points else None) or 0.0, at(value.low), at(value.high))

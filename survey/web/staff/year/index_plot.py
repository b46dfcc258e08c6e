"""The years of a published index as a small drawing: a hollow diamond a year, no line, and a gap where none is."""

from __future__ import annotations

from dataclasses import dataclass

from survey.year.overview import IndexView

WIDTH, HEIGHT, TOP, FLOOR = 340, 104, 14, 54


@dataclass(frozen=True)
class Mark:
    """A year: where it stands, and its value; without one, whether it was not published or only not entered."""

    year: int
    x: float
    y: float | None
    value: float | None
    entered: bool


@dataclass(frozen=True)
class Plot:
    """The marks of a plot; `goal` where the target's flag stands."""

    marks: tuple[Mark, ...]
    goal: float | None
    target: float | None
    width: int = WIDTH
    height: int = HEIGHT


def plot(view: IndexView) -> Plot:
    """The plot of an index; its scale holds the values and a target on the value."""
    target = view.target.value if view.target and view.target.measure.startswith("published:") else None
    values = [one.value for _year, one in view.years if one is not None and one.value is not None]
    every = [*values, *([] if target is None else [target])]
    low, high = (min(every), max(every)) if every else (0.0, 1.0)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        return round(FLOOR - (FLOOR - TOP) * (value - low) / span, 1)

    step = WIDTH / len(view.years)
    marks = tuple(
        Mark(
            year,
            round(step * (at + 0.5), 1),
            place(one.value) if one is not None and one.value is not None else None,
            one.value if one is not None else None,
            one is not None,
        )
        for at, (year, one) in enumerate(view.years)
    )
    return Plot(marks, None if target is None else place(target), target)

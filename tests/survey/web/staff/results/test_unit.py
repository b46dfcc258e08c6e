"""What a commune's page shows first."""

from __future__ import annotations

import dataclasses

from analysis import Estimate
from analysis.contrast import Group
from survey.results.summary import Line
from survey.web.staff.results import unit
from survey.web.staff.results.unit import Compared


def compared(own: float, group: Group, level: str = "item", province: float = 0.6) -> Compared:
    """A line with nothing but what its place rests on."""
    empty = {one.name: None for one in dataclasses.fields(Estimate)}
    figures = [Estimate(**{**empty, "estimate": share}) for share in (own, province)]  # type: ignore[arg-type]
    return Compared(Line(f"q{own}", "", figures[0]), figures[1], level, group)


def test_what_differs_most_from_the_province_stands_first() -> None:
    lines = [compared(0.81, "above"), compared(0.95, "above"), compared(0.2, "below"), compared(0.65, "not_apart")]
    lines.append(compared(0.1, "below", "factor"))
    assert [row.line.code for row in unit.apart(lines)] == ["q0.2", "q0.95", "q0.81"]


def test_of_many_that_differ_the_farthest_are_shown_and_conclusions_before_signs() -> None:
    lines = [compared(0.81 + place / 100, "above") for place in range(10)] + [compared(0.1, "signs_below")]
    shown = unit.shown_apart(unit.apart(lines))
    assert [row.line.code for row in shown] == [f"q{0.81 + place / 100}" for place in range(9, 1, -1)]

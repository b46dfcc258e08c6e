"""Years to scale, a line only between own waves, and a word wherever one lacks."""

from __future__ import annotations

from datetime import date

import pytest

from survey.results import timeline
from survey.results.series import Point
from survey.storage.models import PublishedFigure, Wave
from tests.survey.results.test_charts import record
from translations import Lazy, speaking


def point(year: int, share: float | None, month: int = 5, breaks: tuple[Lazy, ...] = ()) -> Point:
    limits = (None, None) if share is None else (share - 0.02, share + 0.02)
    return Point(Wave(code=f"nam-{year}", opens=date(year, month, 1)), None, record(share, *limits), breaks)


def cited(year: int, value: float) -> PublishedFigure:
    return PublishedFigure(year=year, index="SIPAS", value=value, max=100.0)


def test_years_lie_to_scale_and_what_is_published_in_their_middle() -> None:
    chart = timeline.draw([point(2022, 0.8), point(2026, 0.9)], published=[cited(2024, 85.0)])
    assert chart is not None
    published, one, other = chart.marks
    assert (published.kind, published.low, published.high) == ("published", None, None)
    assert published.x == pytest.approx((one.x + other.x) / 2, abs=0.5 * (chart.bounds[1] - chart.bounds[0]))
    steps = [after - before for before, after in zip(chart.bounds, chart.bounds[1:], strict=False)]
    assert len(steps) == 5
    assert max(steps) - min(steps) < 0.05
    assert other.y < published.y < one.y  # the higher the share, the nearer to the top
    assert one.high is not None
    assert one.low is not None
    assert one.high < one.y < one.low
    assert {link.kind for link in chart.links} == {"gap"}


def test_a_line_joins_own_waves_alone_and_says_what_lacks() -> None:
    with speaking("en"):
        chart = timeline.draw(
            [point(2022, 0.8), point(2023, 0.81), point(2025, 0.82), point(2026, None), point(2027, 0.85)],
            published=[cited(2024, 85.0)],
        )
        assert chart is not None
        assert [(link.kind, link.word) for link in chart.links] == [
            ("own", ""),
            ("gap", "no wave"),
            ("gap", "not seen"),
        ]
        assert [one.label for one in chart.hidden] == ["no answer"]
        places = {(mark.x, mark.y) for mark in chart.marks if mark.kind == "published"}
        assert not places & {end for link in chart.links for end in ((link.x1, link.y1), (link.x2, link.y2))}


def test_measured_differently_is_a_break_and_no_line() -> None:
    chart = timeline.draw([point(2025, 0.8), point(2026, 0.9, breaks=(Lazy("The index follows another rule."),))])
    assert chart is not None
    assert [link.kind for link in chart.links] == ["break"]


def test_a_communes_figures_stand_beside_the_provinces() -> None:
    chart = timeline.draw([point(2025, 0.6), point(2026, 0.95)], [point(2025, 0.8), point(2026, 0.8)])
    assert chart is not None
    own, whole = ([mark for mark in chart.marks if mark.kind == kind] for kind in ("own", "province"))
    assert [mark.below for mark in own] == [True, False]
    assert [mark.below for mark in whole] == [False, True]
    assert all(after.x > before.x for before, after in zip(own, whole, strict=True))


def test_nothing_to_be_seen_is_no_chart() -> None:
    assert timeline.draw([point(2026, None)]) is None

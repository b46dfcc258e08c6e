"""Where a figure and its interval lie on a drawing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import Estimate
from survey.results import charts
from translations import speaking


def record(estimate: float | None, low: float | None = None, high: float | None = None) -> Estimate:
    values: dict[str, Any] = {
        "item": "index", "value": None, "domain": None, "statistic": "index", "standard_error": None, "df": 54,
        "deff": None, "n": 100, "n_eff": None, "variance": "direct", "flags": (), "events": 1, "weight_sum": 1.0,
    }  # fmt: skip
    return Estimate(estimate=estimate, low=low, high=high, **values)


def interval() -> st.SearchStrategy[Estimate]:
    shares = st.lists(st.floats(0, 1), min_size=3, max_size=3)
    return shares.map(sorted).map(lambda three: record(three[1], three[0], three[2]))


@given(st.lists(interval(), max_size=60), interval())
def test_all_that_is_shown_lies_on_the_scale_in_its_order(records: list[Estimate], whole: Estimate) -> None:
    scale = charts.scale(records, whole, "Tỉnh")
    assert 0 <= scale.low < scale.high <= 1 + 1e-9
    for one in (*records, whole):
        drawn = scale.whisker(one)
        assert drawn.left is not None
        assert drawn.x is not None
        assert drawn.right is not None
        assert charts.MARGIN <= drawn.left <= drawn.x <= drawn.right <= 100 - charts.MARGIN
        assert (one.low or 0) >= scale.low - 1e-9
        assert (one.high or 0) <= scale.high + 1e-9
    places = [tick.x for tick in scale.ticks]
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (charts.MARGIN, 100 - charts.MARGIN)


def test_ticks_are_round_and_written_as_the_reader_writes_them() -> None:
    records = [record(0.78, 0.72, 0.84), record(0.95, 0.91, 0.97)]
    assert [tick.label for tick in charts.scale(records).ticks] == ["70", "75", "80", "85", "90", "95", "100"]
    with speaking("vi"):
        ticks = charts.scale([record(0.9012, 0.899, 0.9034)]).ticks
    assert [tick.label for tick in ticks] == ["89,9", "90,0", "90,1", "90,2", "90,3", "90,4"]


def test_no_interval_is_a_dot_and_nothing_is_nothing() -> None:
    scale = charts.scale([record(0.9, 0.8, 0.95), record(0.85), record(None)])
    assert scale.whisker(record(0.85)).span is None
    assert scale.whisker(record(0.85)).x is not None
    assert scale.whisker(record(None)) == charts.Whisker(None, None, None)


def test_without_any_figure_the_scale_is_the_whole_range() -> None:
    scale = charts.scale([])
    assert (scale.low, scale.high, scale.reference) == (0.0, 1.0, None)


def test_the_whole_is_named_and_no_tick_is_written_over_it() -> None:
    with speaking("vi"):
        scale = charts.scale([record(0.8, 0.7, 0.9)], record(0.8012, 0.79, 0.81), "Tỉnh")
    assert scale.reference_label == "Tỉnh 80,1"
    assert scale.reference is not None
    assert scale.reference.x is not None
    near = [tick for tick in scale.ticks if abs(tick.x - scale.reference.x) <= charts.LABEL]
    assert near
    assert not any(tick.label for tick in near)


@pytest.mark.parametrize("share", [-0.5, 0.0, 1.0, 1.5])
def test_what_lies_beyond_the_scale_is_drawn_at_its_end(share: float) -> None:
    scale = charts.scale([record(0.5, 0.4, 0.6)])
    assert scale.x(share) in (charts.MARGIN, 100 - charts.MARGIN)

"""Runs of one level, and forms that resemble another one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.patterns import fence, longest_run, nearest

tables = st.integers(1, 6).flatmap(
    lambda items: st.lists(st.lists(st.integers(0, 3), min_size=items, max_size=items), min_size=1, max_size=8)
)


def test_a_run_passes_over_blanks_and_ends_at_another_level() -> None:
    run, answered = longest_run([[4, 4, 0, 4, 5, 5], [0, 0, 0, 0, 0, 0], [1, 2, 1, 2, 1, 2]])
    assert run.tolist() == [3, 0, 1]
    assert answered.tolist() == [5, 0, 6]


def test_the_nearest_form_is_sought_in_its_own_group_over_what_both_answered() -> None:
    codes = [[1, 2, 3, 0], [1, 2, 4, 4], [1, 2, 3, 4], [1, 2, 3, 0]]
    share, other = nearest(codes, ["a", "a", "a", "b"], 3)
    assert share.tolist()[:3] == [1.0, 0.75, 1.0]
    assert other.tolist() == [2, 2, 0, -1]
    assert np.isnan(share[3])


def test_rows_without_a_group_or_with_too_little_in_common_are_compared_with_nobody() -> None:
    share, other = nearest([[1, 1, 0], [1, 1, 0], [1, 1, 1]], [None, None, "a"], 1)
    assert np.isnan(share).all()
    share, other = nearest([[1, 1, 0], [1, 1, 0]], ["a", "a"], 3)
    assert np.isnan(share).all()
    assert other.tolist() == [-1, -1]


@given(table=tables, least=st.integers(1, 3))
def test_it_is_what_loops_find(table: list[list[int]], least: int) -> None:
    group = [row % 2 for row in range(len(table))]
    share, other = nearest(table, group, least)
    for i, one in enumerate(table):
        best = -1.0
        for j, two in enumerate(table):
            both = [(a, b) for a, b in zip(one, two, strict=True) if a and b]
            if i != j and group[i] == group[j] and len(both) >= least:
                best = max(best, sum(a == b for a, b in both) / len(both))
        assert share[i] == pytest.approx(best) if best >= 0 else np.isnan(share[i])
        assert bool(other[i] >= 0) is (best >= 0)


def test_a_large_group_is_compared_the_same_way_and_up_to_a_limit() -> None:
    draw = np.random.default_rng(7)
    codes = draw.integers(0, 4, size=(150, 12))
    share, other = nearest(codes, np.zeros(150, int), 6)
    for row in range(0, 150, 17):
        both = (codes[row] > 0) & (codes > 0)
        match = np.where(both.sum(1) >= 6, ((codes[row] == codes) & both).sum(1) / np.maximum(both.sum(1), 1), -1)
        match[row] = -1
        assert share[row] == pytest.approx(match.max())
    few, _other = nearest(codes, np.zeros(150, int), 2, most=100)
    assert np.isnan(few[100:]).all()
    assert not np.isnan(few[:100]).any()


def test_the_fence_is_that_of_the_box_plot() -> None:
    """By hand: quartiles of 1 … 9 are 3 and 7, so the fence is 7 + 1.5 · 4."""
    assert fence([*range(1, 10), float("nan")]) == 13
    assert np.isnan(fence([float("nan")]))

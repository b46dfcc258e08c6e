"""Microdata in which nobody stands alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import anonymity
from analysis.anonymity import BLANK, classes, masked_units, microaggregate, suppress

ROWS = st.lists(st.tuples(*[st.integers(-1, 2)] * 3), min_size=4, max_size=60)


@given(ROWS, st.integers(2, 4))
def test_every_row_is_like_k_others_and_safe_ones_stay_as_they_are(rows: list[tuple[int, ...]], k: int) -> None:
    keys = np.array(rows, np.int64)
    hidden = suppress(keys, k)
    made = np.where(hidden, BLANK, keys)
    alike = [sum(bool((row == other).all()) for other in made) for row in made]  # as the definition says it
    assert min(alike) >= k
    assert classes(made)[1].tolist() == alike
    assert not hidden[keys == BLANK].any()
    before = classes(keys)[1]
    if hidden[before >= k].any():  # only to keep those company whom nothing else saved
        assert (made[hidden.any(axis=1)] == BLANK).all(axis=1).any()


def test_the_last_key_is_blanked_first_and_one_where_one_is_enough() -> None:
    keys = np.array([[1, 1, 1]] * 2 + [[1, 1, 2], [1, 1, 3]] + [[2, 2, 1]] * 2)
    assert suppress(keys, 2).tolist() == [[False] * 3] * 2 + [[False, False, True]] * 2 + [[False] * 3] * 2


def test_a_key_that_saves_nobody_stays() -> None:
    keys = np.array([[1, 1, 1]] * 2 + [[1, 2, 1], [1, 3, 1]])
    assert suppress(keys, 2).tolist() == [[False] * 3] * 2 + [[False, True, False]] * 2


def test_whom_nothing_saves_somebody_of_the_largest_class_keeps_company() -> None:
    keys = np.array([[1, 1]] * 3 + [[2, 2]])
    assert suppress(keys, 2).tolist() == [[True, True], [False, False], [False, False], [True, True]]


def test_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="3-anonymous"):
        suppress(np.ones((2, 2), np.int64), 3)


VILLAGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1)), min_size=1, max_size=60)


@given(VILLAGES)
def test_a_variance_unit_has_villages_of_three_communes_of_one_area(villages: list[tuple[int, int]]) -> None:
    numbers = masked_units(villages)
    for number in set(numbers):
        members = [village for village, own in zip(villages, numbers, strict=True) if own == number]
        areas = {area for _unit, area in members}
        assert len(areas) == 1
        there = len({unit for unit, area in villages if area in areas})
        assert len({unit for unit, _area in members}) >= min(there, anonymity.FEWEST_UNITS)


@given(st.lists(st.tuples(st.floats(0.5, 500), st.integers(0, 7)), min_size=1, max_size=80), st.integers(1, 15))
def test_a_weight_is_that_of_many_rows_of_three_communes_and_the_sum_stays(
    rows: list[tuple[float, int]], least: int
) -> None:
    weights, units = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    made = microaggregate(weights, units, np.zeros(len(rows), np.int64), least)
    assert made.sum() == pytest.approx(weights.sum())
    order = np.argsort(weights, kind="stable")
    assert (np.diff(made[order]) >= -1e-9).all()
    groups = [list(group) for _value, group in itertools.groupby(order, key=lambda row: round(made[row], 9))]
    if len(groups) > 1:
        assert min(map(len, groups)) >= least
        assert min(len({int(units[row]) for row in group}) for group in groups) >= anonymity.FEWEST_UNITS

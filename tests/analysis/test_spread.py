"""Spreads of people, villages, digits, and neighbours in a pile: what theory says of each."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from analysis.along import along
from analysis.spread import between, digits, normal_scores, within


def test_normal_scores_are_blom_s_and_ties_share() -> None:
    assert normal_scores([3.0, 1.0, 2.0, np.nan]) == pytest.approx(
        [0.8694, -0.8694, 0, np.nan], abs=1e-4, nan_ok=True
    )
    assert normal_scores([1.0, 1.0, 2.0])[0] == normal_scores([1.0, 1.0, 2.0])[1]


def test_spread_within_villages_is_relative_to_that_of_all_and_nearly_normal() -> None:
    draw = np.random.default_rng(1)
    group = np.arange(5400) // 27
    found = within(draw.normal(0, 2, 5400) + group * 0.1, group, group, 8)
    assert found.df.tolist() == [26.0] * 200
    assert found.ratio.mean() == pytest.approx(1, abs=0.02)
    assert np.std(found.root) == pytest.approx(np.sqrt(2 / (9 * 26)), rel=0.15)
    assert found.variance[0] == pytest.approx(2 / (9 * 26), rel=0.15)


def test_spread_between_villages_leaves_out_what_communes_differ_by() -> None:
    value = [1.0, 1, 3, 3, 10, 10, 10, 10]
    place, group = list("aabbccdd"), list("xxxxyyyy")
    found = between(value, group, place, 1)
    # village means 2 ± 1 with 2 people each: 4/1; 0 in the other; on average 2
    assert found.ratio == pytest.approx([2, 0])
    assert np.isnan(between(value, group, place, 2).ratio).all()


def test_digits_of_a_group_are_heaped_or_too_even() -> None:
    draw = np.random.default_rng(2)
    digit, group = draw.integers(0, 10, 2000), np.arange(2000) // 100
    digit[:100] = np.where(draw.random(100) < 0.5, 0, digit[:100])
    digit[100:200] = np.arange(100) % 10
    found = digits(digit, group, 40)
    assert found.ratio[0] > 5
    assert found.ratio[1] < 0.2
    assert found.ratio[2:].mean() == pytest.approx(1, abs=0.25)


def test_the_moments_along_a_pile_are_those_of_all_its_orders() -> None:
    value = np.array([0.0, 1, 1, 4, 9, -2])
    deviations = value - value.mean()
    all_orders = np.array(
        [(np.array(order)[1:] * np.array(order)[:-1]).sum() for order in permutations(deviations)]
    )
    found = along(value, ["p"] * 6, np.arange(6), ["g"] * 6)
    as_it_lies = (deviations[1:] * deviations[:-1]).sum()
    assert found.z[0] == pytest.approx((as_it_lies - all_orders.mean()) / all_orders.std())
    assert found.neighbours.tolist() == [5]


def test_neighbours_in_a_pile_that_know_each_other_are_told() -> None:
    draw = np.random.default_rng(3)
    pile, order = np.arange(600) // 20, np.arange(600) % 20
    value = draw.normal(0, 1, 600)
    value[100:200] = np.repeat(draw.normal(0, 1, 25), 4)
    found = along(value, pile, order, pile // 5)
    assert found.z[1] > 4
    assert np.abs(np.delete(found.z, 1)).max() < 3

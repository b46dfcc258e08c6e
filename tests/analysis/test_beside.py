"""A group beside the others of the same places: by hand, and as far as chance goes."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.beside import beside


def test_a_group_beside_the_others_of_its_places_by_hand() -> None:
    value = [1.0, 3, 5, 8, 9, 7, 4, np.nan, 100]
    group = ["a", "a", "b", "a", "b", "b", "b", "a", "b"]
    place = ["x", "x", "x", "y", "y", "y", "y", "y", "z"]  # in z there is no a
    village = ["1", "1", "1", "1", "1", "1", "2", "2", "1"]
    found = beside(value, group, place, village)
    # x: a 2 of 3 people, mean 2, others 5; y: a 8, others 20/3, of 4 people
    assert (found.own[0], found.others[0]) == (3, 4)
    assert found.mean[0] == pytest.approx((3 * 2 + 4 * 8) / 7)
    assert found.usual[0] == pytest.approx((3 * 5 + 4 * 20 / 3) / 7)
    assert found.mean[1] == pytest.approx(found.usual[0])
    # σ² = (4 + 0 + 4 + 1 + 1 + 0)/(… 8 people − 4 villages): deviations −2 0 2 | 0 1 −1 | 0 | 0
    within = 10 / 4
    between = max(0, 3 * (8 - 7) ** 2 + 1 * (4 - 7) ** 2 - 1 * within) / (4 - 10 / 4)
    alone = (3 / 7) ** 2 * (1 / 2 + 1) + (4 / 7) ** 2 * (1 + 1 / 3)
    leaning = (4 / 7) ** 2 * ((1 - 2 / 3) ** 2 + (0 - 1 / 3) ** 2)
    assert found.variance[0] == pytest.approx(within * alone + between * leaning)


def test_chance_goes_as_far_as_the_variance_says() -> None:
    draw = np.random.default_rng(1)
    village = np.arange(5400) // 27
    place, asker = village // 4, (village // 3) % 40
    asker = np.where(draw.random(5400) < 0.2, (asker + 1) % 40, asker)
    z = []
    for _round in range(60):
        found = beside(draw.normal(0, 2, 5400) + draw.normal(0, 1, 200)[village], asker, place, village)
        z.append((found.mean - found.usual) / np.sqrt(found.variance))
    assert np.nanstd(np.concatenate(z)) == pytest.approx(1, abs=0.06)


def test_who_meets_nobody_is_beside_nobody() -> None:
    found = beside([1.0, 2, 3], ["a", "a", ""], ["x", "x", "x"], ["1", "1", "1"])
    assert found.own.tolist() == [0]
    assert np.isnan(found.variance).all()
    assert beside([], [], [], []).own.tolist() == []

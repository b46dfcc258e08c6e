"""Draws against hand calculation, and what must hold of any draw."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import DesignError
from analysis.sampling import every_kth, in_random_order, inclusion_probabilities, pps, srs, stream, systematic

SIZES = st.lists(st.integers(1, 900), min_size=1, max_size=60)


def test_rows_too_large_for_the_interval_are_certain_and_the_rest_shares_what_is_left() -> None:
    # By hand. n = 3, Σx = 20: 3·10/20 = 1.5, certain. Then 2·6/10 = 1.2, certain. Then 1·2/4, 1·1/4, 1·1/4.
    assert inclusion_probabilities([10, 6, 2, 1, 1], 3).tolist() == [1, 1, 0.5, 0.25, 0.25]


def test_systematic_takes_the_row_in_whose_stretch_a_point_lies() -> None:
    # Probabilities of the example of R's sampling::UPsystematic; cumulated 0.2 0.9 1.7 2.2 2.6 3.0. By hand, the
    # points 0.5, 1.5, 2.5 lie in the 2nd, 3rd and 5th stretch, the points 0.95, 1.95, 2.95 in the 3rd, 4th, 6th.
    pik = [0.2, 0.7, 0.8, 0.5, 0.4, 0.4]
    assert systematic(pik, 0.5).tolist() == [1, 2, 4]
    assert systematic(pik, 0.95).tolist() == [2, 3, 5]
    assert systematic(pik, 0.0).tolist() == [0, 2, 3]


def test_each_row_is_taken_for_just_its_share_of_the_starts() -> None:
    # Exact: between two ends of stretches the draw is constant, so the starts are summed up piece by piece.
    sizes = [3, 1, 4, 1, 5, 9, 2, 6]
    n, whole = 3, sum(sizes)
    ends = sorted({Fraction(n * sum(sizes[:k]), whole) % 1 for k in range(len(sizes))} | {Fraction(1)})
    taken = [Fraction(0)] * len(sizes)
    for low, high in zip([Fraction(0), *ends], ends, strict=False):
        for row in systematic(inclusion_probabilities(sizes, n), float((low + high) / 2)):
            taken[row] += high - low
    assert taken == [Fraction(n * size, whole) for size in sizes]


@given(SIZES, st.data())
def test_probabilities_add_up_to_the_number_drawn_and_are_proportional_to_size(
    sizes: list[int], data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, len(sizes)))
    probability = inclusion_probabilities(sizes, n)
    assert probability.sum() == pytest.approx(n)
    assert ((probability >= 0) & (probability <= 1)).all()
    rest = probability < 1
    if rest.any() and n:
        per_household = probability[rest] / np.array(sizes)[rest]
        assert per_household.max() == pytest.approx(per_household.min())
        # A certain row is larger than any other, and would pass 1 at the others' rate.
        assert (np.array(sizes)[~rest] * per_household.max() >= 1 - 1e-6).all()


@given(SIZES, st.data(), st.text(max_size=8))
def test_as_many_different_rows_are_taken_as_asked_for(sizes: list[int], data: st.DataObject, seed: str) -> None:
    n = data.draw(st.integers(0, len(sizes)))
    for chosen in (
        pps(sizes, n, stream(seed)),
        srs(len(sizes), n, stream(seed)),
        every_kth(len(sizes), n, stream(seed)),
    ):
        assert len(set(chosen.rows.tolist())) == len(chosen.probability) == n
        assert chosen.rows.tolist() == sorted(chosen.rows)
        assert all(0 <= row < len(sizes) for row in chosen.rows)


def test_every_kth_row_is_as_far_from_the_next() -> None:
    rows = every_kth(270, 27, stream("a")).rows
    assert set(np.diff(rows).tolist()) == {10}
    assert every_kth(270, 27, stream("a")).probability.tolist() == [0.1] * 27


def test_the_weights_of_many_draws_add_up_to_the_list() -> None:
    # Unbiased: over 2,000 draws of 5 out of 40 the mean of Σ 1/π is 40, with standard error below 0.2 for PPS.
    sizes = np.arange(20, 60)
    sums = [(1 / pps(sizes, 5, stream(str(k))).probability).sum() for k in range(2000)]
    assert np.mean(sums) == pytest.approx(40, abs=1)
    # srs: each of 10 rows is in 3/10 of the draws; standard error √(.21/2000) = 0.01.
    counts = np.bincount(np.concatenate([srs(10, 3, stream(str(k))).rows for k in range(2000)]), minlength=10)
    assert counts / 2000 == pytest.approx(np.full(10, 0.3), abs=0.045)


def test_a_seed_gives_the_same_rows_for_good() -> None:
    """These stand in no book: they keep a release of NumPy, or a change here, from moving draws already made."""
    assert stream("2026").random(3).tolist() == [0.4813417314113997, 0.1554522364248715, 0.40643926842349365]
    assert pps(range(1, 41), 4, stream("2026")).rows.tolist() == [13, 24, 31, 37]
    assert in_random_order(10, 10, stream("2026")).tolist() == [3, 1, 8, 4, 2, 5, 0, 7, 9, 6]
    assert in_random_order(100, 4, stream("2026")).tolist() == [48, 15, 40, 13]


def test_a_random_number_is_53_bits_of_the_generator_itself() -> None:
    raw = stream("2026").bit_generator.random_raw(3)
    assert stream("2026").random(3).tolist() == [(int(bits) >> 11) * 2.0**-53 for bits in raw]


def test_every_order_of_a_list_is_alike() -> None:
    # The first two of 5 in 4,000 draws: each of the 20 pairs 200 times, standard error √(4000·.05·.95) = 14.
    pairs = [tuple(in_random_order(5, 2, stream(str(k))).tolist()) for k in range(4000)]
    counts = [pairs.count(pair) for pair in sorted(set(pairs))]
    assert len(counts) == 20
    assert all(abs(count - 200) < 65 for count in counts)


@given(st.integers(1, 10**9), st.integers(1, 60), st.text(max_size=4))
def test_a_long_list_costs_no_more_than_a_short_one(count: int, n: int, seed: str) -> None:
    n = min(n, count)
    rows = every_kth(count, n, stream(seed)).rows
    assert len(set(rows.tolist())) == n
    assert 0 <= rows.min() <= rows.max() < count
    assert rows.max() - rows.min() >= (n - 1) * count // n - 1
    if count > 200:
        assert len(set(in_random_order(count, n, stream(seed)).tolist())) == n


def test_what_is_drawn_in_one_place_does_not_move_another() -> None:
    assert stream("1", "a").random() != stream("1", "b").random()
    assert stream("1", "a", "b").random() != stream("1", "ab").random()


def test_more_than_there_are_can_not_be_drawn() -> None:
    with pytest.raises(DesignError, match="3 can't be drawn from a list of 2"):
        inclusion_probabilities([1, 0, 5], 3)
    with pytest.raises(DesignError, match="3 can't be drawn from a list of 2"):
        srs(2, 3, stream(""))
    with pytest.raises(ValueError, match="from 0 up"):
        inclusion_probabilities([1, -1], 1)

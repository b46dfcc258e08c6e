"""Differences, groups and ranks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis import (
    REST,
    Design,
    Difference,
    Measure,
    against_rest,
    difference,
    estimate,
    groups,
    holm,
    ranks,
)
from analysis.effective import effective
from analysis.ranks import joint_ranks
from analysis.totals import psu_totals


def province(seed: int, units: int = 6, villages: int = 4, people: int = 15, spread: float = 0.1) -> Any:
    """Communes as strata, villages as PSUs, one 0/1 item."""
    r = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), villages * people)
    village = np.tile(np.repeat(np.arange(villages), people), units)
    p = np.clip(0.7 + spread * (unit - units / 2) / units, 0.02, 0.98)
    y = (r.random(len(unit)) < p).astype(np.int8) + 1
    return Design(r.uniform(1, 4, len(unit)), unit, village), Measure.share("q", "2", y, {2}, 0), unit


def test_a_difference_is_to_minus_from_and_turns_with_its_sides() -> None:
    design, share, unit = province(1)
    there, back = difference(design, share, unit, 0, 1), difference(design, share, unit, 1, 0)
    a, b = estimate(design, [share], unit)[:2]
    assert there.estimate == pytest.approx((b.estimate or 0) - (a.estimate or 0))
    assert back.estimate == pytest.approx(-(there.estimate or 0))
    assert back.low == pytest.approx(-(there.high or 0))
    assert (there.from_, there.to, there.n) == (0, 1, a.n + b.n)


def test_communes_with_villages_of_their_own_are_independent() -> None:
    design, share, unit = province(2)
    one = difference(design, share, unit, 0, 1)
    a, b = estimate(design, [share], unit)[:2]
    assert one.standard_error == pytest.approx(math.hypot(a.standard_error or 0, b.standard_error or 0))
    assert one.df == a.df + b.df


def test_the_rest_is_all_other_rows() -> None:
    design, share, unit = province(3)
    one = difference(design, share, unit, REST, 2)
    rest, own = estimate(design, [share], unit == 2)
    assert one.estimate == pytest.approx((own.estimate or 0) - (rest.estimate or 0))
    assert one.from_ == "rest"
    (same,) = [found for found in against_rest(design, [share], unit, variance="direct") if found.to == 2]
    assert same == one


def test_part_against_whole_is_part_against_rest() -> None:
    """D = (1 − W)(A − rest): the same test, statistics 10c."""
    design, share, unit = province(4)
    whole = estimate(design, [share])[0]
    a = estimate(design, [share], unit)[1]
    rest = difference(design, share, unit, REST, 1)
    W = a.weight_sum / whole.weight_sum
    assert (a.estimate or 0) - (whole.estimate or 0) == pytest.approx((1 - W) * (rest.estimate or 0))


def test_within_keeps_the_design() -> None:
    design, share, unit = province(5)
    wave = np.arange(len(unit)) % 2
    one = difference(design, share, wave, 0, 1, within=unit == 3)
    crossed = np.where(unit == 3, wave, -1)
    two = difference(design, share, [None if label < 0 else label for label in crossed.tolist()], 0, 1)
    assert one == two


def test_a_variance_of_0_has_neither_limits_nor_p() -> None:
    """Nobody of 60 against everybody of 60 has no variance of its own, and nothing says how far chance goes."""
    unit = np.repeat([0, 1], 60)
    for answers, distance, flags in (
        (np.repeat([1, 2], 60), 1, ("no_interval",)),
        (np.ones(120, int), 0, ("no_interval", "none")),
        (np.full(120, 2), 0, ("no_interval", "all")),
    ):
        one = difference(Design(np.ones(120), unit), Measure.share("q", "2", answers, {2}, 0), unit, 0, 1)
        assert (one.estimate, one.low, one.high, one.p, one.flags) == (distance, None, None, None, flags)


def test_rounding_is_no_difference() -> None:
    one = Difference("q", None, "a", "b", 1e-12, 1e-14, 1e-13, 2e-12, 40, 1e-9, 100, "direct")
    assert groups([one, replace(one, estimate=-1e-12), replace(one, estimate=1e-6)]) == [
        "not_apart",
        "not_apart",
        "above",
    ]


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, None, 0.03]) == pytest.approx([0.03, 0.06, None, 0.06])
    assert holm([0.01], family=5) == pytest.approx([0.05])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_domains_without_a_village_in_common_share_a_direct_covariance_only() -> None:
    """Both cross the two strata, so that the direct covariance isn't 0; of effective answers it is."""
    r = np.random.default_rng(9)
    village = np.repeat(np.arange(16), 12)
    stratum, unit = village % 2, village // 2 % 2
    y = (r.random(len(village)) < 0.3 + 0.4 * stratum).astype(np.int8) + 1
    design, share = Design(np.ones(len(village)), stratum, village), Measure.share("q", "2", y, {2}, 0)
    a, b = estimate(design, [share], unit)
    one = difference(design, share, unit, 0, 1)
    assert one.standard_error != pytest.approx(math.hypot(a.standard_error or 0, b.standard_error or 0))
    assert not effective(psu_totals(design, [share], unit)).shared(np.array([0]), np.array([1])).any()


def test_a_unit_without_events_is_not_told_apart_for_that_alone() -> None:
    """0 of 10 says little: 9 of 60 isn't above it, though t·se of 9/60 alone would say so."""
    y, unit = np.r_[np.repeat([2, 1], [9, 51]), np.ones(10, int)], np.repeat([0, 1], [60, 10])
    found = ranks(Design(np.ones(70), unit), Measure.share("q", "2", y, {2}, 0), unit)
    assert [(rank.low, rank.high) for rank in found] == [(1, 2), (1, 2)]


def test_ranks_of_klein_wright_and_wieczorek() -> None:
    """Four communes .90 [.86,.93], .85 [.80,.89], .80 [.74,.85], .60 [.50,.69]; the second and third touch."""
    low, high = np.array([0.86, 0.80, 0.74, 0.50]), np.array([0.93, 0.89, 0.85, 0.69])
    assert joint_ranks(low, high) == [(1, 2), (1, 3), (2, 3), (4, 4)]
    assert joint_ranks(np.array([np.nan, 0.8]), np.array([np.nan, 0.9])) == [(1, 2), (1, 2)]


@given(some.integers(0, 10**6), some.sampled_from(["direct", "pooled", "auto"]))
def test_a_rank_interval_holds_the_rank_of_the_estimate(seed: int, variance: Any) -> None:
    design, share, unit = province(seed, spread=0.8)
    estimates = [one.estimate or 0 for one in estimate(design, [share], unit)]
    for method in ("pairwise", "joint"):
        found = ranks(design, share, unit, variance=variance, method=method)
        for rank, p in zip(found, estimates, strict=True):
            assert 1 <= rank.low <= 1 + sum(other > p for other in estimates) <= rank.high <= len(estimates)


@pytest.mark.parametrize("variance", ["direct", "auto", "pooled"])
def test_no_difference_is_so_large_that_chance_is_nothing(variance: Any) -> None:
    """Nearly nobody of 20 000 against nearly everybody: a computer's 0 is still no certainty."""
    answers = np.r_[np.ones(19_990, int), np.full(20_020, 2), np.ones(10, int)]
    unit = np.repeat([0, 1], [20_000, 20_020])
    one = difference(
        Design(np.ones(len(unit))), Measure.share("q", "2", answers, {2}, 0), unit, 0, 1, variance=variance
    )
    assert one.p is not None
    assert 0 < one.p < 1e-200


def test_a_lone_commune_has_no_rest_and_the_first_rank() -> None:
    design, share, unit = province(10, units=1)
    assert [(rank.low, rank.high) for rank in ranks(design, share, unit)] == [(1, 1)]
    (one,) = against_rest(design, [share], unit)
    assert (one.estimate, one.p, one.flags, groups([one])) == (None, None, ("no_interval",), [None])


def test_communes_far_apart_have_ranks_of_their_own() -> None:
    design, share, unit = province(7, units=3, villages=10, people=30, spread=1.5)
    assert [(rank.low, rank.high) for rank in ranks(design, share, unit)] == [(3, 3), (2, 2), (1, 1)]


def test_an_index_may_be_compared_too() -> None:
    design, _, unit = province(8)
    r = np.random.default_rng(1)
    base = r.integers(0, 5, len(unit)).astype(float)
    index = Measure.numbers("index", None, "index", np.floor(base * r.random(len(unit))), base)
    assert all(one.p is not None for one in against_rest(design, [index], unit))


def test_what_nobody_is_to_know_moves_no_other_verdict() -> None:
    design, share, unit = province(3, spread=0.6)
    withheld = np.arange(6)[:, None] == 2
    otherwise = Measure.share("q", "2", np.where(unit == 2, 2, share.codes), {2}, 0)
    one, other = (against_rest(design, [answers], unit, withheld=withheld) for answers in (share, otherwise))
    assert [found.p is None for found in one] == [False, False, True, False, False, False]
    for mine, theirs in zip(one, other, strict=True):
        assert [mine.p, mine.rho, mine.least, mine.n] == pytest.approx(
            [theirs.p, theirs.rho, theirs.least, theirs.n]
        )
    assert one[0].p != pytest.approx(against_rest(design, [share], unit)[0].p)

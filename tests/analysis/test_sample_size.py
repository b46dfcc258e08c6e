"""Sample sizes and what they tell, against hand calculation and the figures people quote."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.sample_size import (
    cluster_effect,
    half_width,
    needed,
    normal,
    slovin,
    smallest_change,
    standard_error,
)


def test_slovin_gives_the_handbooks_figure() -> None:
    assert slovin(10_000, 0.05) == 385  # 10000/26 = 384.6
    assert slovin(1_000_000, 0.05) == 400  # 399.8
    assert slovin(500, 0.1) == 84  # 500/6 = 83.3


def test_slovin_is_the_proper_size_with_what_it_leaves_out_put_in() -> None:
    # z = 2 is 95.45 % sure. n₀ = 4·.25/e² = 1/e², and n₀/(1 + (n₀ − 1)/N) ≈ N/(1 + N e²).
    two = math.erf(2 / math.sqrt(2))
    for population, margin in ((10_000, 0.05), (1_000_000, 0.05), (380_000, 0.03)):
        assert needed(margin, level=two, population=population).answers == slovin(population, margin)
    # With villages of 27 who are alike by 0.05 and 95 of 100 forms back: 1.96²·.25/.05² = 384.15, times 2.3, and
    # ÷ 0.95 after rounding up to 884.
    size = needed(0.05, deff=cluster_effect(27, 0.05), response=0.95)
    assert (size.answers, size.forms) == (884, 931)


def test_the_size_of_a_textbook() -> None:
    # Cochran 1977, § 4.4: p = .5, d = .05, t = 2, N = 4,000: n₀ = 400, n = 400/(1 + 399/4000) = 364.
    assert needed(0.05, level=math.erf(2 / math.sqrt(2)), population=4_000).answers == 364


def test_two_waves_of_580_tell_3_5_to_6_9_points_apart() -> None:
    # 1.96·√(2·.9·.1/580) = .03453 and, with design effect 4, twice that: what must show to be significant.
    for deff, told, found in ((1, 0.03453, 0.04935), (4, 0.06906, 0.09871)):
        error = standard_error(580, 0.9, deff)
        assert smallest_change(error) == pytest.approx(told, abs=5e-6)
        # (1.95996 + 0.84162)/1.95996 times as much is found four times in five.
        assert smallest_change(error, power=0.8) == pytest.approx(found, abs=5e-6)


def test_a_change_between_waves_of_few_villages_must_be_larger() -> None:
    """As often as promised: two waves of 4 villages each (3 degrees of freedom), nothing changed between them."""
    dice = np.random.default_rng(4)
    waves = dice.normal(size=(20_000, 2, 4))
    error = waves.std(axis=2, ddof=1) / 2
    told = np.array([smallest_change(one, 3) for one in np.sqrt((error**2).mean(axis=1))])
    apart = np.abs(waves.mean(axis=2) @ [1, -1])
    assert (apart > told).mean() == pytest.approx(0.05, abs=0.005)
    assert smallest_change(0.05, 3) == pytest.approx(2.4469 * math.sqrt(2) * 0.05, abs=1e-5)
    assert smallest_change(0.05, 3, power=0.8) == pytest.approx((2.4469 + 0.9057) * math.sqrt(2) * 0.05, abs=1e-5)
    assert math.isnan(smallest_change(0.05, 0))


def test_a_standard_error_knows_the_design_effect_and_the_end_of_the_list() -> None:
    assert standard_error(100, 0.5) == pytest.approx(0.05)
    assert standard_error(100, 0.5, 4) == pytest.approx(0.1)
    assert standard_error(100, 0.5, population=100) == 0
    assert standard_error(100, 0.5, population=201) == pytest.approx(0.05 * math.sqrt(101 / 200))
    assert standard_error(0, 0.5) == math.inf


def test_a_half_width_takes_t_where_villages_are_few() -> None:
    assert half_width(0.02) == pytest.approx(0.0392, abs=1e-5)
    assert half_width(0.02, 14) == pytest.approx(2.144787 * 0.02)  # t of 14 degrees, any table
    assert half_width(0.2, 1) == 1  # 12.7 × 0.2: nothing is known, and no more than that
    assert math.isnan(half_width(0.2, 0))


def test_people_of_one_village_are_alike() -> None:
    assert cluster_effect(27, 0.05) == pytest.approx(2.3)
    assert cluster_effect(1, 0.3) == 1
    assert cluster_effect(27, 0) == 1


@given(
    st.floats(0.01, 0.2),
    st.floats(0.02, 0.98),
    st.floats(1, 6),
    st.one_of(st.none(), st.integers(2_000, 10**7)),
)
def test_the_size_that_is_needed_is_the_smallest_that_keeps_the_margin(
    margin: float, share: float, deff: float, population: int | None
) -> None:
    n = needed(margin, share=share, deff=deff, population=population).answers
    if population is not None and n >= population:
        return
    assert half_width(standard_error(n, share, deff, population)) <= margin * (1 + 1e-6)
    if n > 1:
        assert half_width(standard_error(n - 1, share, deff, population)) > margin * (1 - 1e-6)


def test_normal_quantile() -> None:
    assert normal(0.95) == pytest.approx(1.959963985)


@pytest.mark.parametrize("wrong", [{"margin": 0}, {"margin": 1}, {"share": 0}, {"response": 0}, {"deff": 0}])
def test_a_size_is_not_computed_from_nonsense(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        needed(**{"margin": 0.05, **wrong})

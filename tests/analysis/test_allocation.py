"""Allocation against hand calculation, and what must hold of any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import DesignError
from analysis.allocation import RULES, Rule, allocate, shares


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("equal", [0.25, 0.25, 0.25, 0.25]),
        ("proportional", [0.1, 0.2, 0.3, 0.4]),
        # √100 : √200 : √300 : √400 = 1 : 1.41421 : 1.73205 : 2, sum 6.14626
        ("sqrt", [0.1627005, 0.2300933, 0.2818055, 0.3254007]),
        # 100·.5, 200·.4, 300·.3, 400·.2 = 50, 80, 90, 80, sum 300
        ("neyman", [1 / 6, 4 / 15, 0.3, 4 / 15]),
    ],
)
def test_each_rule_shares_as_its_book_says(rule: Rule, wanted: list[float]) -> None:
    assert shares(rule, [100, 200, 300, 400], [0.5, 0.4, 0.3, 0.2]).tolist() == pytest.approx(wanted, abs=1e-6)


def test_neyman_gives_the_smallest_error_of_all_shares() -> None:
    # Var of the whole ∝ Σ W² S²/n. Neyman 1934: (ΣWS)² at its own shares, less than at any other.
    size, deviation = np.array([100, 200, 300, 400.0]), np.array([0.5, 0.4, 0.3, 0.2])

    def variance(share: object) -> float:
        return float(((size * deviation) ** 2 / np.asarray(share)).sum())

    best = variance(shares("neyman", size, deviation))
    assert best == pytest.approx((size @ deviation) ** 2)
    r = np.random.default_rng(5)
    assert all(variance(r.dirichlet([3, 3, 3, 3])) > best for _ in range(200))


def test_nothing_known_to_vary_is_shared_as_the_size() -> None:
    assert shares("neyman", [1, 3], [0, 0]).tolist() == [0.25, 0.75]
    with pytest.raises(ValueError, match="standard deviations"):
        shares("neyman", [1, 3])


def test_the_largest_remainders_get_one_more() -> None:
    # 10 seats over 47, 16, 15.8, 12, 6.1, 3.1 % (the usual example of Hamilton's rule): 4.7 1.6 1.58 1.2 .61 .31;
    # whole parts 4 1 1 1 0 0, and the three largest remainders .7 .61 .6 get the rest.
    assert allocate(10, [0.47, 0.16, 0.158, 0.12, 0.061, 0.031]).tolist() == [5, 2, 1, 1, 1, 0]


def test_limits_are_kept_and_the_others_share_what_is_left() -> None:
    # .5 of 10 is 5, held at 3; 7 are left for .3 : .2 = 4.2 : 2.8.
    assert allocate(10, [0.5, 0.3, 0.2], 2, [3, 10, 10]).tolist() == [3, 4, 3]
    # .02 of 20 is .4, raised to 2; 18 over .58 : .4 = 10.65 : 7.35.
    assert allocate(20, [0.02, 0.58, 0.4], 2).tolist() == [2, 11, 7]
    assert allocate(3, [0.0, 1.0], 0, [2, 2]).tolist() == [1, 2]


def test_of_equal_remainders_the_earlier_stratum_gets_one() -> None:
    assert allocate(7, [1 / 3, 1 / 3, 1 / 3], 2).tolist() == [3, 2, 2]


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 50)), min_size=1, max_size=54),
    st.sampled_from(RULES),
    st.data(),
)
def test_an_allocation_adds_up_within_its_limits(
    strata: list[tuple[int, int]], rule: Rule, data: st.DataObject
) -> None:
    size, most = [s for s, _m in strata], np.array([m for _s, m in strata])
    least = np.minimum(2, most)
    total = data.draw(st.integers(int(least.sum()), int(most.sum())))
    share = shares(rule, size, np.linspace(0.1, 0.5, len(size)))
    given_out = allocate(total, share, 2, most)
    assert given_out.sum() == total
    assert (given_out >= least).all()
    assert (given_out <= most).all()
    free = (given_out > least) & (given_out < most)
    # Who is worth more gets no less, and who is worth the same at most one less.
    more = share[free][:, None] - share[free][None, :]
    gap = given_out[free][:, None] - given_out[free][None, :]
    assert (gap[more > 1e-9] >= 0).all()
    assert (gap >= -1)[more > -1e-12].all()


def test_limits_that_leave_no_way_are_told() -> None:
    with pytest.raises(DesignError, match="5 can't be shared out: the strata need 6 and have 30"):
        allocate(5, [0.5, 0.3, 0.2], 2, 10)
    with pytest.raises(DesignError, match="the strata need 4 and have 5"):
        allocate(6, [0.5, 0.5], 2, [3, 2])

"""The share of differences that goes with a group: numbers from a paper, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.interviewer_effects import between, beyond

# Shrout & Fleiss 1979, table 2: six targets rated by four judges. ICC(1,1) = 0.17; R's irr::icc(model = "oneway")
# gives 0.166 with limits −0.133 and 0.723. Here a limit below 0 is cut.
RATINGS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

groups = st.lists(st.tuples(st.floats(-9, 9), st.integers(0, 4), st.integers(0, 2)), min_size=4, max_size=60)


def test_the_ratings_of_the_paper() -> None:
    values = np.array(RATINGS, float).ravel()
    found = between(values, np.repeat(np.arange(6), 4))
    assert (found.groups, found.n) == (6, 24)
    assert found.share == pytest.approx(0.166, abs=5e-4)
    assert found.low == 0
    assert found.high == pytest.approx(0.723, abs=5e-4)


def test_unequal_groups_by_hand() -> None:
    """Groups 0 1 | 2 3 4 with means 1/2 and 3: W = (1/2 + 2) ÷ 3 = 5/6; B = 2·(3/2)² + 3·1² = 15/2 (mean 2);
    m = 5 − 13/5 = 12/5; rho = (15/2 − 5/6) ÷ (15/2 + 7/5 · 5/6) = (20/3) ÷ (26/3) = 10/13."""
    found = between([0, 1, 2, 3, 4], ["a", "a", "b", "b", "b"])
    assert found.share == pytest.approx(10 / 13)


@given(rows=groups)
def test_the_share_lies_within_its_limits_unless_it_is_below_0(rows: list[tuple[float, int, int]]) -> None:
    values, labels, _places = zip(*rows, strict=True)
    found = between(values, labels)
    if found.share is None or found.low is None or found.high is None:
        return
    assert 0 <= found.low <= max(found.share, 0) + 1e-9
    assert max(found.share, 0) <= found.high + 1e-9 <= 1 + 2e-9


@given(rows=groups, shift=st.floats(-5, 5), scale=st.floats(0.1, 9))
def test_the_unit_of_the_values_is_immaterial(
    rows: list[tuple[float, int, int]], shift: float, scale: float
) -> None:
    values, labels, _places = (np.array(column) for column in zip(*rows, strict=True))
    values = np.round(values, 3)
    one, two = between(values, labels), between(values * scale + shift, labels)
    if one.share is not None and two.share is not None:
        assert one.share == pytest.approx(two.share, abs=1e-6)


def test_blanks_are_left_out_and_too_little_says_nothing() -> None:
    nan = float("nan")
    assert between([1, 2, nan, 4], ["a", "a", "a", None]).n == 2
    for values, labels in (
        ([1, 2], ["a", "b"]),
        ([1, 2], ["a", "a"]),
        ([], []),
        ([1, 1, 2, 2], ["a", "a", "b", "b"]),
    ):
        found = between(values, labels)
        assert (found.share, found.low, found.high) == (None, None, None)


def test_who_has_one_village_cannot_be_told_from_it() -> None:
    values = [0, 1, 1, 1, 0, 0]
    assert beyond(values, ["a", "a", "a", "b", "b", "b"], ["1", "1", "1", "2", "2", "2"]).share is None
    assert beyond([], [], []).groups == 0


def test_what_only_villages_make_does_not_go_to_who_asks() -> None:
    """Interviewers of four villages each, of which only the villages differ: the interval reaches down to 0."""
    draw = np.random.default_rng(11)
    village = np.repeat(np.arange(48), 27)
    values = draw.normal(0, 1, 48)[village] + draw.normal(0, 3, len(village))
    asked = village // 4
    found = beyond(values, asked, village)
    assert found.low == 0
    more = beyond(values + 3 * draw.normal(0, 1, 12)[asked], asked, village)
    assert more.low is not None
    assert more.low > 0.3


@pytest.mark.soak
def test_the_interval_covers_the_truth_for_yes_and_no_in_unequal_groups() -> None:
    """Beta-binomial groups of 9 to 81 with rho 0.05 about a share of 0.8."""
    draw = np.random.default_rng(20261125)
    rho, share, covered, rounds = 0.05, 0.8, 0, 1000
    a, b = share * (1 / rho - 1), (1 - share) * (1 / rho - 1)
    for _round in range(rounds):
        size = draw.integers(9, 82, 40)
        group = np.repeat(np.arange(40), size)
        found = between(draw.random(len(group)) < draw.beta(a, b, 40)[group], group)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= rho <= found.high
    assert covered / rounds >= 0.9

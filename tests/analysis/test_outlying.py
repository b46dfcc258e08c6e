"""Groups unlike the others: exact where theory is, calibrated where it isn't, not blinded by several at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import stdtr

from analysis.outlying import outlying

RNG = np.random.default_rng


def test_with_equal_variances_it_is_the_studentised_residual_of_a_regression() -> None:
    draw = RNG(5)
    y, x = draw.normal(0, 3, 12), draw.normal(0, 1, 12)
    found = outlying(y, np.full(12, 1e-9), x)
    for g in range(12):  # by fitting the other eleven
        others = np.arange(12) != g
        design = np.column_stack([np.ones(12), x])
        beta, square = np.linalg.lstsq(design[others], y[others], rcond=None)[:2]
        inverse = np.linalg.inv(design[others].T @ design[others])
        error = np.sqrt(square[0] / 9 * (1 + design[g] @ inverse @ design[g]))
        assert found.expected[g] == pytest.approx(design[g] @ beta, abs=1e-6)
        assert found.error[g] == pytest.approx(error, rel=1e-6)
        assert found.above[g] == pytest.approx(stdtr(9, (design[g] @ beta - y[g]) / error), rel=1e-5)


@pytest.mark.parametrize(("groups", "between"), [(20, 0.0), (20, 2.0), (108, 0.5)])
def test_honest_groups_are_called_unusual_as_often_as_they_should(groups: int, between: float) -> None:
    draw = RNG(groups)
    p = np.concatenate(
        [
            outlying(draw.normal(0, np.sqrt(v + between**2)), v).either
            for v in draw.uniform(0.5, 1.5, (8000 // groups, groups))
        ]
    )
    assert (p < 0.05).mean() <= 0.06
    assert (p < 0.001).mean() <= 0.003


def test_several_odd_groups_do_not_hide_each_other() -> None:
    y = RNG(3).normal(0, 1, 60)
    y[:6] += 9
    found = outlying(y, np.full(60, 0.2))
    assert (found.above[:6] < 1e-6).all()
    assert found.above[6:] == pytest.approx(outlying(y[6:], np.full(54, 0.2)).above)


def test_chance_alone_is_never_taken_for_less_than_it_is() -> None:
    found = outlying(np.zeros(30) + 1e-3 * np.arange(30), np.ones(30))
    assert (found.error >= 1).all()
    assert found.either.min() > 0.9


def test_what_is_unknown_or_too_few_is_not_tested() -> None:
    y = np.array([1.0, 2, np.nan, 3, 4, 5, 6, 7, 8])
    assert np.isnan(outlying(y, np.ones(9)).above).tolist() == [place == 2 for place in range(9)]
    assert np.isnan(outlying(y[:8], np.ones(8)).above).all()

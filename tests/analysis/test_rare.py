"""Exact tails of shares: those of the binomial, also where the share is 0 or 1."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.rare import binomial


@pytest.mark.parametrize(
    ("k", "n", "usual"), [(0, 27, 0.286), (27, 27, 0.9), (5, 27, 0.1), (1, 40, 0.0), (3, 10, 1)]
)
def test_both_tails_are_those_of_the_binomial(k: int, n: int, usual: float) -> None:
    above, below = binomial(np.array([k / n]), np.array([n]), np.array([usual]))
    assert above[0] == pytest.approx(stats.binom.sf(k - 1, n, usual))
    assert below[0] == pytest.approx(stats.binom.cdf(k, n, usual))


def test_nobody_has_no_tail() -> None:
    above, below = binomial(np.array([np.nan, 0.5]), np.array([0, 2]), np.array([0.3, 0.5]))
    assert np.isnan([above[0], below[0]]).all()
    assert (above[1], below[1]) == pytest.approx((0.75, 0.75))

"""Cronbach's alpha: by hand, by the formula of books, and by the jackknife."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import Design
from analysis.reliability import alpha

# Four people, two items. By hand, dividing by n: variances 1.25 and 0.5, of the sums 3, 4, 7, 6 it is 2.5;
# alpha = 2 · (1 − 1.75/2.5) = 0.6.
FOUR = np.array([[1.0, 2.0], [2.0, 2.0], [3.0, 4.0], [4.0, 2.0]])


def test_two_items_by_hand() -> None:
    totals = FOUR.sum(1).var()
    found = alpha(Design(np.ones(4)), FOUR)
    assert found is not None
    assert found.alpha == pytest.approx(2 * (1 - FOUR.var(0).sum() / totals))
    assert found.n == 4
    blank = np.vstack([FOUR, [5.0, np.nan]])
    again = alpha(Design(np.ones(5)), blank)
    assert again is not None
    assert (again.alpha, again.n) == (pytest.approx(found.alpha), 4)


def test_the_interval_is_that_of_villages_left_out_in_turn() -> None:
    draw = np.random.default_rng(7)
    village = np.repeat(np.arange(60), 12)
    alike = draw.normal(size=60)[village] + draw.normal(size=720)
    levels = np.clip(np.round(3 + alike[:, None] + draw.normal(size=(720, 4))), 1, 5)
    found = alpha(Design(np.ones(720), psu=village), levels)
    assert found is not None
    assert found.low is not None
    assert found.high is not None

    def of(rows: np.ndarray) -> float:
        return 4 / 3 * (1 - rows.var(0).sum() / rows.sum(1).var())

    without = np.array([of(levels[village != one]) for one in range(60)])
    error = (59 / 60 * ((without - without.mean()) ** 2).sum()) ** 0.5
    away = 2.0009954 * error / (1 - found.alpha)  # t(59)
    assert found.alpha == pytest.approx(of(levels))
    assert found.low == pytest.approx(1 - (1 - found.alpha) * np.exp(away), abs=0.003)
    assert found.high == pytest.approx(1 - (1 - found.alpha) * np.exp(-away), abs=0.003)


def test_where_nothing_varies_there_is_none() -> None:
    assert alpha(Design(np.ones(9)), np.full((9, 3), 4.0)) is None
    with pytest.raises(ValueError, match="two items"):
        alpha(Design(np.ones(9)), np.ones((9, 1)))

"""Shares of groups: never surer than their number of people allows."""

from __future__ import annotations

import numpy as np

from analysis.design import Labels
from survey.integrity.pattern_tests import EITHER, MORE, shares


def villages(people: int = 27, count: int = 60) -> Labels:
    return Labels([f"V{k:02d}" for k in range(count)], np.arange(people * count) % count)


def test_nobody_of_27_where_a_third_is_usual_is_as_rare_as_that_and_no_rarer() -> None:
    """By angles alone it would be forty times as rare: 0 is at the end of the scale."""
    labels = villages()
    value = (np.random.default_rng(1).random(len(labels.codes)) < 0.3).astype(np.float64)
    value[labels.codes == 7] = 0
    found = shares("blank", "village", labels, value, EITHER)
    usual = value[labels.codes != 7].mean()
    assert 2 * (1 - usual) ** 27 * 0.5 < found.p[7] < 2 * (1 - usual) ** 27 * 2
    assert found.seen[7] == 0


def test_who_has_more_than_the_others_is_found_and_who_has_fewer_is_not_where_only_more_counts() -> None:
    labels = villages(100)
    value = (np.random.default_rng(2).random(len(labels.codes)) < 0.3).astype(np.float64)
    value[labels.codes == 3] = np.arange(100) < 70
    value[labels.codes == 4] = 0
    found = shares("odd", "village", labels, value, MORE)
    assert found.p[3] < 1e-9
    assert found.p[4] > 0.9


def test_where_nobody_differs_nothing_is_tested() -> None:
    labels = villages()
    found = shares("straight", "village", labels, np.zeros(len(labels.codes)), MORE)
    assert np.isnan(found.p).all()

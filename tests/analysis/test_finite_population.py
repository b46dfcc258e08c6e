"""People of groups whose sizes are known, each with all that it rated: the finite population correction."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np
import pytest

from analysis import estimate
from analysis.design import Design
from analysis.estimate import VARIANCES, Estimate, Variance
from analysis.measure import Measure

N = 46


def chance(found: int, cases: int) -> float:
    """That among 40 of the group so many cases are found, where there are so many in it (hypergeometric)."""
    return math.comb(cases, found) * math.comb(N - cases, 40 - found) / math.comb(N, 40)


def group(worth: list[float], size: int | None, variance: Variance = "direct", **design: Any) -> list[Estimate]:
    """The mean, and the share of 1s, of people of a group of `size`; None: as if it were without end."""
    n = len(worth)
    whole = {"fpc": np.full(n, float(size)), "single_stage": True} if size else {}
    drawn = Design(np.full(n, N / n), ["db"] * n, np.arange(n), **whole, **design)
    numbers = Measure.numbers("diem", None, "mean", np.array(worth), np.ones(n, bool))
    ones = Measure.share("diem", "1", (np.array(worth) == 1).astype(np.int64), frozenset([1]), blank=-1)
    return estimate(drawn, [numbers, ones], variance=variance)


WORTH = [(i * 3 % 5) / 4 for i in range(N)]


@pytest.mark.parametrize("variance", VARIANCES)
def test_forty_of_forty_six_have_the_root_of_six_forty_sixths_of_the_error(variance: Variance) -> None:
    """Cochran 1977, eq. 2.20: v = (1 − n/N) s²/n. Known without the code: s of 40 numbers."""
    for own, without in zip(group(WORTH[:40], N, variance), group(WORTH[:40], None, variance), strict=True):
        assert own.estimate == without.estimate
        assert own.standard_error is not None
        assert without.standard_error is not None
        assert own.standard_error / without.standard_error == pytest.approx(math.sqrt(6 / 46), abs=1e-12)
    mean = group(WORTH[:40], N, variance)[0]
    assert mean.standard_error == pytest.approx(statistics.stdev(WORTH[:40]) / math.sqrt(40) * math.sqrt(6 / 46))


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("worth", [WORTH, [1.0] * N, [0.0] * N])
def test_where_everybody_answered_nothing_is_left_to_chance(worth: list[float], variance: Variance) -> None:
    for figure in group(worth, N, variance):
        assert figure.standard_error == 0
        assert figure.low == figure.estimate == figure.high
        assert "wide" not in figure.flags
        assert "no_interval" not in figure.flags


def test_no_case_has_a_limit_that_hypergeometric_chance_allows() -> None:
    """None among 40 of 46 has the chance 6/46 = 0.13 if there is one in the group, above α/2 = 0.025, and
    C(6, 2)/C(46, 2) = 0.014 if there are two: the limit is 1/46 or a little more; of 40 of many it is 0.088."""
    none = group([0.0] * 40, N)[1]
    assert chance(0, 1) > 0.025 > chance(0, 2)
    assert none.high is not None
    assert 1 / N <= none.high <= 2 / N
    assert none.high == pytest.approx(1 - math.exp(math.log(0.025) / (N * math.log(46 / 6))), rel=0.05)


@pytest.mark.parametrize("cases", range(1, 40))
def test_the_limits_of_a_share_hold_all_that_hypergeometric_chance_allows(cases: int) -> None:
    share = group([1.0] * cases + [0.0] * (40 - cases), N)[1]
    allowed = [
        K / N
        for K in range(cases, cases + 7)
        if sum(chance(fewer, K) for fewer in range(cases + 1)) >= 0.025
        and sum(chance(more, K) for more in range(cases, min(K, 40) + 1)) >= 0.025
    ]
    assert share.low is not None
    assert share.high is not None
    assert share.low <= min(allowed)
    assert max(allowed) <= share.high


def test_a_person_with_several_rated_units_counts_once() -> None:
    """Four persons of ten rate up to three units; by hand as a ratio of totals of persons (Cochran 1977, § 2.11).

    Totals of worth 2, 1, 1, 0 over 3, 2, 1, 2 ratings: R = 4/8. Residuals 0.5, 0, 0.5, −1; their mean is 0, the
    sum of squares 1.5. v = (1 − 4/10) · 4/3 · 1.5/8² = 0.01875.
    """
    person = [1, 1, 1, 2, 2, 3, 4, 4]
    worth = np.array([1.0, 1, 0, 1, 0, 1, 0, 0])
    drawn = Design(np.full(8, 2.5), ["a"] * 8, person, np.full(8, 10.0), single_stage=True)
    [mean] = estimate(drawn, [Measure.numbers("diem", None, "mean", worth, np.ones(8, bool))])
    assert mean.estimate == pytest.approx(0.5)
    assert mean.standard_error == pytest.approx(math.sqrt(0.01875), rel=1e-12)
    assert (mean.n, mean.df) == (4, 3)


def test_villages_that_were_drawn_within_stay_uncertain_though_all_are_there() -> None:
    """With an fpc of villages alone (`--fpc`), the people within them are still a sample."""
    worth = np.array([1, 0] * 10)
    drawn = Design(np.ones(20), ["a"] * 20, np.repeat(np.arange(10), 2), np.full(20, 10.0))
    [share] = estimate(drawn, [Measure.share("x", "1", worth, frozenset([1]), blank=-1)])
    assert share.standard_error == 0
    assert share.low is not None
    assert share.high is not None
    assert share.low < 0.5 < share.high

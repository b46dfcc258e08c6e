"""Points from anchored figures: the error of a sum is that of all figures together, within villages."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis import Design, Estimate, Measure, mean, proportion
from analysis.points import Anchored, Spread, independent, points, spread
from analysis.weights import post_stratify

# Four villages in two strata, equal weights; two questions, everybody answered both.
STRATUM = ["A"] * 4 + ["B"] * 4
PSU = [1, 1, 2, 2, 1, 1, 2, 2]
ONE = np.array([1, 1, 1, 0, 1, 0, 0, 0])
TWO = np.array([1, 0, 1, 1, 0, 0, 1, 0])


def shares(design: Design, *values: np.ndarray) -> tuple[list[Measure], list[Estimate]]:
    measures = [Measure.share(str(k), "1", one, {1}, -1) for k, one in enumerate(values)]
    return measures, [proportion(design, one, {1})[0] for one in values]


def test_a_sum_has_the_error_that_hand_and_book_give() -> None:
    """r = 4/8 and 4/8; T_c of 5 r₁ + 4 r₂, in eighths: the sums of 5(y₁ − ½) + 4(y₂ − ½) in the four villages are
    5·1 + 4·0 = 5, 5·0 + 4·1 = 4, 5·0 − 4·1 = −4, −5·1 + 4·0 = −5. In each stratum two villages:
    v = Σ_h 2/1 · Σ (T − T̄)² = 2 · [2 · (0.5/8)² + 2 · (0.5/8)²] = 0.03125. df = 4 − 2."""
    design = Design(np.ones(8), stratum=STRATUM, psu=PSU)
    measures, figures = shares(design, ONE, TWO)
    found = spread(design, measures, [5.0, 4.0])
    assert found.variance == pytest.approx(0.03125, rel=1e-12)
    assert found.df == pytest.approx(2)
    made = points(1.0, [Anchored(figures[0], 0, 1, 5), Anchored(figures[1], 0, 1, 4)], found)
    assert made.value == pytest.approx(1 + 4.5)
    assert made.standard_error == pytest.approx(math.sqrt(0.03125))
    half = 4.302652729911275 * math.sqrt(0.03125)  # 0.95 · √(2 / 0.0975), the 97.5 % point of t with 2 df
    assert (made.low, made.high) == (pytest.approx(5.5 - half), pytest.approx(5.5 + half))


@pytest.mark.parametrize("calibrated", [False, True])
def test_it_is_the_error_of_the_mean_of_what_each_person_gives(calibrated: bool) -> None:
    rng = np.random.default_rng(5)
    answers = rng.random((120, 3)) < 0.6
    design = Design(rng.uniform(1, 3, 120), stratum=np.repeat(["A", "B"], 60), psu=np.repeat(np.arange(20), 6))
    group = np.tile(["m", "f"], 60)
    if calibrated:
        design = design.calibrated(post_stratify(design, group, {"m": 500.0, "f": 700.0}))
    unit = np.tile(["x", "y", "y"], 40)
    measures = [Measure.numbers(str(k), None, "mean", answers[:, k], np.ones(120)) for k in range(3)]
    slopes = [2.0, -3.0, 0.5]
    (whole,) = mean(design, answers @ slopes)
    (_x, y) = mean(design, answers @ slopes, unit)
    assert math.sqrt(spread(design, measures, slopes).variance) == pytest.approx(whole.standard_error, rel=1e-9)
    assert math.sqrt(spread(design, measures, slopes, unit, "y").variance) == pytest.approx(
        y.standard_error, rel=1e-9
    )


def test_one_figure_keeps_its_own_limits_and_less_may_be_better() -> None:
    design = Design(np.ones(8), stratum=STRATUM, psu=PSU)
    _measures, (figure, _other) = shares(design, ONE, TWO)
    assert figure.low is not None
    assert figure.high is not None
    assert figure.standard_error is not None
    made = points(1, [Anchored(figure, 0, 1, 9)])
    assert (made.low, made.high) == (1 + 9 * figure.low, 1 + 9 * figure.high)
    assert made.standard_error == 9 * figure.standard_error
    less = points(1, [Anchored(replace(figure, estimate=0.1, low=0.05, high=0.6), 0.5, 0, 9)])
    assert (less.value, less.low, less.high) == pytest.approx((1 + 9 * 0.8, 1, 1 + 9 * 0.9))


def test_all_or_none_is_never_without_a_limit() -> None:
    """Everybody gave the best answer: no villages differ, but others may."""
    design = Design(np.ones(8), stratum=STRATUM, psu=PSU)
    measures, figures = shares(design, np.ones(8, int), np.ones(8, int))
    terms = [Anchored(one, 0, 1, 5) for one in figures]
    made = points(0, terms, spread(design, measures, [5, 5]))
    assert (made.value, made.standard_error, made.high) == (10, 0, 10)
    assert made.low is not None
    assert made.low < 8
    census = Design(np.ones(8), stratum=STRATUM, psu=range(8), fpc=np.full(8, 4), single_stage=True)
    measures, figures = shares(census, np.ones(8, int), np.ones(8, int))
    terms = [Anchored(one, 0, 1, 5) for one in figures]
    made = points(0, terms, spread(census, measures, [5, 5]))
    assert (made.low, made.high) == (10, 10)


def test_a_figure_near_an_anchor_still_moves_the_sum() -> None:
    design = Design(np.ones(8), stratum=STRATUM, psu=PSU)
    _measures, (figure, _other) = shares(design, ONE, TWO)
    beyond = replace(figure, estimate=0.55, low=0.45, high=0.65)
    assert Anchored(beyond, 0.5, 0, 9).points == 0
    assert Anchored(beyond, 0.5, 0, 9).slope == -18
    assert Anchored(replace(beyond, low=0.52), 0.5, 0, 9).slope == 0


def test_two_samples_add_their_variances() -> None:
    found = independent([Spread(2.0, 10.0), Spread(1.0, 4.0)])
    assert found == Spread(3.0, 9 / (4 / 10 + 1 / 4))
    assert independent([Spread(0.0, 7.0)]).variance == 0


def test_the_interval_of_a_sum_covers() -> None:
    """Three related questions in villages that are alike: the interval of their sum holds the truth in about 95 of
    100 samples; without covariances, as if three samples were drawn apart, far less often."""
    rng = np.random.default_rng(2026)
    held, apart, runs, truth = 0, 0, 300, 4 * 0.5 + 3 * 0.5 + 2 * 0.5
    for _run in range(runs):
        mood = np.repeat(rng.normal(0, 0.5, 40), 10) + rng.normal(0, 1, 400)
        answers = [(mood + rng.normal(0, 0.8, 400) > 0).astype(int) for _item in range(3)]
        design = Design(np.ones(400), stratum=np.repeat(np.arange(4), 100), psu=np.repeat(np.arange(40), 10))
        measures, figures = shares(design, *answers)
        terms = [Anchored(one, 0, 1, weight) for one, weight in zip(figures, (4, 3, 2), strict=True)]
        slopes = [one.slope for one in terms]
        made = points(0, terms, spread(design, measures, slopes))
        assert made.low is not None
        assert made.high is not None
        held += made.low <= truth <= made.high
        alone = sum((slope * (one.standard_error or 0)) ** 2 for one, slope in zip(figures, slopes, strict=True))
        narrow = points(0, terms, Spread(alone, 36))
        assert narrow.low is not None
        assert narrow.high is not None
        apart += narrow.low <= truth <= narrow.high
    assert 0.925 <= held / runs <= 0.975
    assert apart / runs < 0.9

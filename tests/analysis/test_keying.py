"""The error rate of keying: its limits hold where errors are few, and where they come together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betaincinv

from analysis.keying import error_rates


def test_the_rate_is_that_of_all_fields_and_its_limits_are_exact_where_forms_are_alike() -> None:
    # One error on each of two forms of 86 fields, one on none: 2 of 258. The variance between the forms is that of
    # chance (effect 1), so the limits are Clopper and Pearson's, at n* = n (t_257 / t_2)² fields.
    [found] = error_rates([1, 1, 0], [86, 86, 86], ["a", "b", "c"])
    assert (found.forms, found.fields, found.errors) == (3, 258, 2)
    assert found.rate == pytest.approx(2 / 258)
    assert found.effect == 1
    size = 258 * (1.9692 / 4.3027) ** 2  # t_257 and t_2 of 97,5 %
    events = size * 2 / 258
    assert found.low == pytest.approx(betaincinv(events, size - events + 1, 0.025), rel=1e-3)
    assert found.high == pytest.approx(betaincinv(events + 1, size - events, 0.975), rel=1e-3)


def test_errors_that_come_together_are_less_certain() -> None:
    forms = np.arange(40)
    spread = np.where(forms < 12, 1, 0)
    together = np.where(forms == 0, 12, 0)
    [one] = error_rates(spread, np.full(40, 86), forms)
    [two] = error_rates(together, np.full(40, 86), forms)
    assert one.rate == two.rate
    assert one.low is not None
    assert two.low is not None
    assert two.low < one.low
    # F/(F−1) · Σ(e − r n)² / n² over r(1 − r)/n: 40/39 · (11,7² + 39 · 0,3²) / 12 · 3440/3428
    assert two.effect == pytest.approx(40 / 39 * (11.7**2 + 39 * 0.3**2) / 12 / (1 - 12 / 3440), rel=1e-9)


def test_no_error_leaves_an_upper_limit_and_a_single_form_none() -> None:
    [none] = error_rates(np.zeros(30), np.full(30, 86), np.arange(30))
    assert (none.rate, none.low) == (0, 0)
    assert none.high is not None
    assert none.high > 1 - 0.025 ** (1 / 2580)  # wider than of so many fields: the forms are thirty
    [single] = error_rates([0, 1], [86, 86], ["a", "a"])
    assert (single.forms, single.fields, single.errors) == (1, 172, 1)
    assert (single.rate, single.low, single.high) == (None, None, None)


def test_a_group_with_few_errors_has_at_least_the_design_effect_of_all() -> None:
    wrong = [0] * 20 + [9] + [0] * 19
    found = error_rates(wrong, [86] * 40, range(40), ["Lan"] * 20 + ["Minh"] * 20)
    lan, minh = found
    assert [one.group for one in found] == ["Lan", "Minh"]
    assert lan.errors == 0
    assert lan.effect is not None
    assert lan.effect > 5
    alone = error_rates(wrong[:20], [86] * 20, range(20))[0]
    assert lan.high is not None
    assert alone.high is not None
    assert lan.high > alone.high
    assert minh.rate == pytest.approx(9 / 1720)
    absent = error_rates(wrong, [86] * 40, range(40), ["Lan"] * 40, groups=["Ba", "Lan"])
    assert (absent[0].forms, absent[0].rate, absent[1].fields) == (0, None, 3440)


@pytest.mark.parametrize("wrong", [[-1], [87]])
def test_more_errors_than_fields_are_no_count(wrong: list[int]) -> None:
    with pytest.raises(ValueError, match="between 0"):
        error_rates(wrong, [86], ["a"])
    with pytest.raises(ValueError, match="level"):
        error_rates([1], [86], ["a"], level=1)


def coverage(forms: int, rate: float, clump: float, times: int) -> float:
    """How often the interval holds the rate, where each form errs at a rate of its own (gamma, `clump` times its
    squared mean as variance)."""
    chance = np.random.default_rng(7)
    covered = 0
    for _time in range(times):
        own = rate * chance.gamma(1 / clump, clump, forms) if clump else np.full(forms, rate)
        wrong = chance.binomial(86, np.minimum(own, 1))
        [found] = error_rates(wrong, np.full(forms, 86), np.arange(forms))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= rate <= found.high
    return covered / times


@pytest.mark.parametrize(("forms", "rate", "clump"), [(30, 0.003, 0.0), (30, 0.003, 4.0), (290, 0.001, 1.0)])
def test_the_interval_covers_the_truth(forms: int, rate: float, clump: float) -> None:
    assert coverage(forms, rate, clump, 400) >= 0.92


@pytest.mark.soak
def test_the_interval_covers_the_truth_for_the_table_of_the_document() -> None:
    for forms in (10, 30, 100, 290):
        for rate in (0.001, 0.003, 0.01):
            found = [coverage(forms, rate, clump, 2_000) for clump in (0.0, 1.0, 4.0)]
            assert min(found) >= (0.93 if (forms, rate) != (10, 0.01) else 0.87), (forms, rate, found)

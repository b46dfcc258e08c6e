"""Agreement of two answers: numbers of books and of other software, and what must hold for any answers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analysis.agreement import agreement, pooled

Pairs = tuple[list[int], list[int]]

# Fleiss, Levin & Paik 2003, table 18.1: 100 patients, two raters, three diagnoses. By hand: equal 0.75 + 0.04
# + 0.10; chance 0.80·0.80 + 0.10·0.05 + 0.10·0.15 = 0.66; kappa (0.89 − 0.66) ÷ 0.34. Standard error by
# statsmodels 0.14: inter_rater.cohens_kappa(table).std_kappa.
DIAGNOSES = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
# Fleiss, Cohen & Everitt 1969: 200 patients, kappa 0.429 with variance 0.002885. With linear weights statsmodels
# 0.14, cohens_kappa(table, wt="linear"), gives 0.4923076923, variance 0.0025723772.
PATIENTS = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]

answers = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=60)


def pairs(table: list[list[int]]) -> Pairs:
    """The pairs that a table counts, levels 1, 2 …"""
    both = [cell for cell in product(range(len(table)), repeat=2) for _one in range(table[cell[0]][cell[1]])]
    return [row + 1 for row, _column in both], [column + 1 for _row, column in both]


def split(both: list[tuple[int, int]]) -> Pairs:
    return [one for one, _two in both], [two for _one, two in both]


def test_the_diagnoses_of_the_textbook() -> None:
    found = agreement(*pairs(DIAGNOSES), [1, 2, 3])
    assert (found.n, found.equal) == (100, 0.89)
    assert found.chance == pytest.approx(0.66)
    assert found.kappa == pytest.approx(0.23 / 0.34)
    assert found.standard_error == pytest.approx(0.0877029535)
    # Exact limits of 89 among 100: R's binom.test(89, 100).
    assert (found.equal_low, found.equal_high) == pytest.approx((0.8116989, 0.9437930), abs=1e-7)


def test_the_patients_of_the_paper_that_gave_the_variance() -> None:
    found = agreement(*pairs(PATIENTS), [1, 2, 3])
    assert found.kappa == pytest.approx(0.429, abs=5e-4)
    assert found.standard_error == pytest.approx(0.002885**0.5, abs=5e-5)
    weighted = agreement(*pairs(PATIENTS), [1, 2, 3], weighted=True)
    assert (weighted.kappa, weighted.standard_error) == pytest.approx((0.4923076923, 0.0025723772**0.5))


def test_the_limits_are_those_of_the_logarithm_of_what_lacks() -> None:
    """By hand: 1 − kappa = 11/34; t(99) = 1.984217; reach = exp(1.984217 · 0.0877029535 · 34/11) = 1.712382."""
    found = agreement(*pairs(DIAGNOSES), [1, 2, 3])
    assert (found.low, found.high) == pytest.approx((1 - 11 / 34 * 1.712382, 1 - 11 / 34 / 1.712382), abs=1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_variance_is_that_of_small_changes_of_the_table(weighted: bool) -> None:
    """The delta method in numbers: the gradient of kappa over the cells, with the multinomial's covariance."""
    table = np.array(PATIENTS) / 200
    weights = np.array([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]) if weighted else np.eye(3)

    def kappa(cells: np.ndarray) -> float:
        chance = cells.sum(1) @ weights @ cells.sum(0)
        return float(((weights * cells).sum() - chance) / (1 - chance))

    gradient = np.zeros(9)
    for cell in range(9):
        step = np.zeros(9)
        step[cell] = 1e-6
        gradient[cell] = (kappa(table + step.reshape(3, 3)) - kappa(table - step.reshape(3, 3))) / 2e-6
    flat = table.ravel()
    variance = gradient @ (np.diag(flat) - np.outer(flat, flat)) @ gradient / 200
    assert agreement(*pairs(PATIENTS), [1, 2, 3], weighted=weighted).standard_error == pytest.approx(variance**0.5)


@given(both=answers, weighted=st.booleans())
@example(both=[(1, 3), (3, 1)], weighted=True)  # −1 but for rounding
def test_kappa_and_its_limits_stay_in_bounds_and_in_order(both: list[tuple[int, int]], weighted: bool) -> None:
    found = agreement(*split(both), [1, 2, 3, 4], weighted=weighted)
    assert found.equal_low is not None
    assert found.equal_high is not None
    assert found.equal is not None
    assert 0 <= found.equal_low <= found.equal <= found.equal_high <= 1
    if found.kappa is None:
        assert found.low is None
        return
    assert -1 <= found.kappa <= 1
    if found.low is not None and found.high is not None:
        assert -1 <= found.low <= found.kappa + 1e-12
        assert found.kappa - 1e-12 <= found.high <= 1


@given(both=answers, weighted=st.booleans())
def test_it_does_not_matter_who_was_asked_first(both: list[tuple[int, int]], weighted: bool) -> None:
    first, second = split(both)
    one = agreement(first, second, [1, 2, 3, 4], weighted=weighted)
    two = agreement(second, first, [1, 2, 3, 4], weighted=weighted)
    assert (one.n, one.equal, one.flags) == (two.n, two.equal, two.flags)
    for name in ("kappa", "standard_error"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), abs=1e-9)


@given(first=st.lists(st.integers(1, 4), min_size=2, max_size=60), weighted=st.booleans())
def test_equal_answers_agree_wholly_and_still_have_a_lower_limit(first: list[int], weighted: bool) -> None:
    found = agreement(first, first, [1, 2, 3, 4], weighted=weighted)
    assert found.equal == 1
    assert "all" in found.flags
    if len(set(first)) == 1:
        assert (found.kappa, found.flags[-1]) == (None, "same")
        return
    assert (found.kappa, found.high, found.standard_error) == (1, 1, None)
    assert found.low is not None
    assert -1 <= found.low < 1


@given(both=answers)
def test_of_two_levels_the_weights_change_nothing(both: list[tuple[int, int]]) -> None:
    first, second = ([min(code, 2) for code in side] for side in split(both))
    plain, weighted = (agreement(first, second, [1, 2], weighted=how) for how in (False, True))
    assert plain.kappa == pytest.approx(weighted.kappa)


def test_a_pair_with_a_blank_or_another_code_is_left_out() -> None:
    assert agreement([1, 2, 0, 99], [1, 0, 2, 1], [1, 2]).n == 1
    nobody = agreement([0, 1], [1, 0], [1, 2])
    assert (nobody.n, nobody.equal, nobody.kappa, nobody.flags) == (0, None, None, ("few",))


def test_always_one_answer_against_always_another_is_no_certainty() -> None:
    found = agreement([1] * 40, [2] * 40, [1, 2])
    assert (found.equal, found.kappa, found.low, found.high) == (0, 0, None, None)


def test_over_items_kappa_is_pooled_with_the_chance_of_all_forms() -> None:
    """By hand, two items, four forms; Lan has the first two forms. Item 1: first 1122, second 1121: chance
    1/2·3/4 + 1/2·1/4 = 1/2. Item 2: first 1212, second 1212: chance 1/2. Lan: 4 of 4 equal; Minh: 3 of 4, so
    (3/4 − 1/2) ÷ (1 − 1/2) = 1/2."""
    first = [[1, 1], [1, 2], [2, 1], [2, 2]]
    second = [[1, 1], [1, 2], [2, 1], [1, 2]]
    lan, minh = pooled(first, second, [[1, 2], [1, 2]], ["Lan", "Lan", "Minh", "Minh"])
    assert (lan.domain, lan.forms, lan.pairs, lan.equal, lan.kappa) == ("Lan", 2, 4, 1, 1)
    assert (minh.domain, minh.forms, minh.pairs, minh.equal) == ("Minh", 2, 4, 0.75)
    assert minh.kappa == pytest.approx(0.5)
    assert lan.equal_low is not None
    assert lan.equal_low < 1
    assert lan.low == pytest.approx((lan.equal_low - 0.5) / 0.5)


def test_forms_without_a_name_are_a_domain_of_their_own() -> None:
    first, second = [[1], [2], [1], [0]], [[1], [1], [2], [0]]
    found = pooled(first, second, [[1, 2]], ["", "", "Lan", "Minh"])
    assert [(one.domain, one.forms, one.equal) for one in found] == [("", 2, 0.5), ("Lan", 1, 0)]


def test_one_form_has_a_share_and_no_interval() -> None:
    (alone,) = pooled([[1, 2]], [[1, 1]], [[1, 2], [1, 2]], ["Lan"])
    assert (alone.equal, alone.equal_low, alone.equal_high) == (0.5, None, None)
    assert pooled([[0]], [[1]], [[1, 2]], ["Lan"]) == []


@pytest.mark.soak
@pytest.mark.parametrize(("share", "n"), [(0.95, 40), (0.8, 20), (0.8, 40), (0.8, 73), (0.5, 73)])
def test_the_interval_of_kappa_covers_the_truth(share: float, n: int) -> None:
    """The second answer repeats the first with chance `share`, else it is drawn anew: kappa is `share`."""
    draw = np.random.default_rng(20261125)
    margin = np.array([0.05, 0.1, 0.2, 0.45, 0.2])
    cells = (share * np.diag(margin) + (1 - share) * np.outer(margin, margin)).ravel()
    rounds, covered, plain = 2000, 0, 0
    for _round in range(rounds):
        taken = draw.choice(25, size=n, p=cells)
        found = agreement(taken // 5 + 1, taken % 5 + 1, [1, 2, 3, 4, 5])
        assert found.low is not None
        assert found.high is not None
        assert found.kappa is not None
        covered += found.low <= share <= found.high
        plain += abs(found.kappa - share) <= 1.959964 * (found.standard_error or 0)
    assert 0.92 <= covered / rounds <= 0.98
    assert plain < covered  # the textbook's kappa ± 1.96 se: docs/statistics.md has the figures

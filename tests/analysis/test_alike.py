"""Forms that agree more than people who feel alike do, and answers that hang together as nobody's."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.alike import Pairs, disjoint, fit, habits, more_than, near, omega, pairs, strangers

ITEMS = 40


def answers(people: int, seed: int, mood: float = 1.3) -> np.ndarray:
    """Levels 1 … 5 of people who have one mood each."""
    draw = np.random.default_rng(seed)
    feeling = (
        draw.normal(1.5, mood, (people, 1)) + draw.normal(0, 0.4, ITEMS) + draw.logistic(0, 1, (people, ITEMS))
    )
    return (np.searchsorted([-3.0, -1.5, 0.0, 2.0], feeling) + 1).astype(np.int8)


def test_omega_is_what_its_formula_says() -> None:
    table = answers(60, 1)
    table[3, 5] = 0
    made = habits(table, [np.arange(ITEMS)])
    likely = np.zeros((60, ITEMS, 6))
    for w, (k, level) in enumerate(zip(made.column, made.level, strict=True)):
        likely[:, k, level] = made.probability[made.stratum[:, 0], w]
    found = omega(made, np.array([3, 9]))

    def one_way(c: int, s: int) -> float:
        both = (table[c] > 0) & (table[s] > 0)
        p = likely[c, np.arange(ITEMS), table[s]][both]
        return float(((table[c] == table[s])[both].sum() - p.sum()) / np.sqrt(max((p * (1 - p)).sum(), 1)))

    assert found[0, 1] == pytest.approx((one_way(3, 9) + one_way(9, 3)) / 2, abs=1e-4)
    assert found[0, 1] == found[1, 0]


@pytest.mark.parametrize("cut", [-1.0, 0.5, 2.5, float("inf")])
def test_the_bound_rules_out_no_pair_that_reaches_the_cut(cut: float) -> None:
    """Of many people at once only some pairs are worked out: also where much is blank, and a few copied."""
    table, draw = answers(600, 7), np.random.default_rng(7)
    table[draw.random(table.shape) < 0.05] = 0
    table[40:80, 10:] = 0
    table[300:310] = table[290:300]
    made = habits(table, [np.arange(30), np.arange(30, ITEMS)])
    rows = draw.permutation(600)[:500]
    found = near(made, rows, cut)
    assert (found == (np.nan_to_num(omega(made, rows), nan=-np.inf) >= cut)).all()
    assert found.any() == np.isfinite(cut)


def test_the_probabilities_of_a_level_add_up_and_none_is_certain() -> None:
    made = habits(answers(500, 2), [np.arange(ITEMS)])
    for k in range(ITEMS):
        here = made.probability[:, made.column == k]
        assert here.sum(1) == pytest.approx(1, abs=1e-4)
        assert 0 < here.min() < here.max() < 1


def test_people_who_say_the_best_throughout_are_no_copies_of_each_other() -> None:
    table = answers(600, 3)
    table[:40] = 5
    made = habits(table, [np.arange(ITEMS)])
    alike = omega(made, np.arange(40))
    assert np.nanmax(alike) < strangers(made).cut


def test_copies_are_found_in_their_group_though_some_answers_differ() -> None:
    table, draw = answers(1350, 4), np.random.default_rng(4)
    group = np.arange(1350) // 27
    for row in range(271, 277):
        table[row] = np.where(draw.random(ITEMS) < 0.1, table[row], table[270])
    made = habits(table, [np.arange(ITEMS)])
    found = pairs(made, group, strangers(made).cut)
    assert found.compared.tolist() == [27 * 26 // 2] * 50
    assert found.close[10] >= 15
    assert found.member[270:277].all()
    assert np.delete(found.close, 10).sum() <= 5


def test_strangers_seldom_agree_so_much() -> None:
    made = habits(answers(1500, 5), [np.arange(ITEMS)])
    assert strangers(made).rate < 1e-4


def test_counts_of_pairs_are_told_on_the_scale_of_a_standard_deviation() -> None:
    draw = np.random.default_rng(6)
    y, expected, alpha = more_than(draw.poisson(9, 400), np.full(400, 351))
    assert alpha < 0.03
    assert expected == pytest.approx(9, rel=0.1)
    assert np.std(y) == pytest.approx(1, abs=0.1)
    clumped = draw.poisson(draw.gamma(2, 4.5, 400))
    y, _expected, alpha = more_than(clumped, np.full(400, 351))
    assert 0.2 < alpha < 0.8
    assert np.std(y) < 1.4


def test_where_nobody_answered_nothing_is_said_of_anybody() -> None:
    blank = habits(np.zeros((80, ITEMS), np.int64), [np.arange(ITEMS)])
    assert np.isnan(fit(blank)).all()
    assert strangers(blank).rate == 0.0


def test_random_answers_fit_nobody() -> None:
    table, draw = answers(1000, 7), np.random.default_rng(7)
    table[:50] = draw.integers(1, 6, (50, ITEMS))
    found = fit(habits(table, [np.arange(ITEMS)]))
    assert np.median(found[:50]) < np.quantile(found[50:], 0.02)
    assert abs(np.median(found[50:])) < 0.7


def test_one_person_who_resembles_many_is_one_pair_and_copies_are_many() -> None:
    star = np.zeros((9, 9), bool)
    star[0, 1:] = star[1:, 0] = True
    assert disjoint(star) == 1
    copies = ~np.eye(9, dtype=bool)
    assert disjoint(copies) == 4
    path = np.zeros((6, 6), bool)
    for a in range(5):
        path[a, a + 1] = path[a + 1, a] = True
    assert disjoint(path) == 3
    assert disjoint(np.zeros((3, 3), bool)) == 0


def test_a_group_with_one_odd_person_is_no_surer_than_one_pair() -> None:
    """Where the other keyers have no close pair at all, seven pairs of one person are no miracle."""
    compared, close = np.full(12, 9000), np.zeros(12, np.int64)
    close[3] = 7
    found = Pairs(compared, close, (close > 0).astype(np.int64), close, np.zeros(1, bool))
    assert 0.01 < found.above[3] < 0.1
    assert (np.delete(found.above, 3) == 1).all()
    four = Pairs(compared, close, 4 * (close > 0), close, np.zeros(1, bool))
    assert four.above[3] < 1e-6

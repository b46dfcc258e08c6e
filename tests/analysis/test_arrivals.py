"""Floods of forms, and forms that are alike: honest waves are seldom told of, a burst is found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.arrivals import LEAST, floods, rhythm, stretches, upper_tail, usual
from analysis.identical import identical

COMMUNES, DAYS = 54, 42
WEEKDAYS = np.array([1, 1.1, 1, 0.9, 1.2, 0.5, 0.2])


def honest(chance: np.random.Generator, usually: float = 6, days: int = DAYS) -> Any:
    """(U, D) an open wave: communes of all sizes, weeks with a rhythm, growth, a day on which all were asked, and
    days that differ by more than chance."""
    level = usually * np.exp(chance.normal(-0.32, 0.8, COMMUNES))
    day = WEEKDAYS[(np.arange(days) + chance.integers(7)) % 7] * np.linspace(0.7, 1.5, days)
    day[chance.integers(days)] *= 5
    return chance.poisson(np.outer(level, day) * chance.gamma(5, 1 / 5, (COMMUNES, days)))


def test_of_a_hundred_honest_waves_at_most_five_are_told_of() -> None:
    told = [bool(floods([honest(np.random.default_rng(seed))])) for seed in range(100)]
    assert sum(told) <= 5


def test_a_burst_of_140_where_6_are_usual_is_found_with_what_is_usual() -> None:
    for seed in range(10):
        wave = honest(np.random.default_rng(seed))
        place = int(np.argsort(np.abs(wave.mean(1) - 6))[0])
        before = wave[place, 20]
        wave[place, 20] += 134
        [flood] = [one for one in floods([wave]) if (one.place, one.first, one.days) == (place, 20, 1)]
        assert flood.count == before + 134
        assert flood.mean < 35
        assert flood.p_adjusted <= 0.05


def test_a_burst_of_several_days_hides_neither_itself_nor_another_one() -> None:
    wave = honest(np.random.default_rng(4))
    wave[7, 10:15] += 150
    wave[30, 12] += 500
    found = {(one.place, one.first) for one in floods([wave]) if one.days == 1}
    assert found == {(30, 12), *((7, day) for day in range(10, 15))}


def test_three_times_as_many_over_four_weeks_are_found_and_days_that_were_told_are_no_part_of_weeks() -> None:
    found = 0
    for seed in range(10):
        wave = honest(np.random.default_rng(seed), days=70)
        wave[5, 28:56] += np.random.default_rng(seed).poisson(2 * wave[5, 28:56].mean(), 28)
        found += any(one.place == 5 and one.days > 1 for one in floods([wave]))
    assert found >= 6
    wave = honest(np.random.default_rng(1), days=70)
    wave[5, 30] += 400
    assert [(one.place, one.first, one.days) for one in floods([wave])] == [(5, 30, 1)]


def test_a_day_on_which_all_were_asked_at_once_is_no_flood_of_each() -> None:
    wave = honest(np.random.default_rng(3))
    wave[:, 25] *= 8
    assert floods([wave]) == []


@pytest.mark.parametrize("waves", [10, pytest.param(200, marks=pytest.mark.soak)])
def test_on_the_first_day_a_flood_is_told_by_the_other_communes_and_an_honest_day_is_not(waves: int) -> None:
    told = found = 0
    for seed in range(waves):
        wave = honest(np.random.default_rng(seed), days=1)
        told += bool(floods([wave]))
        place = int(np.argsort(np.abs(wave[:, 0] - wave.mean()))[0])
        wave[place, 0] = 60 * wave.mean()
        found += [(one.place, one.first) for one in floods([wave]) if one.place == place] == [(place, 0)]
    assert (told, found) == (round(waves * 0.005), waves)


def test_where_few_communes_have_begun_the_first_day_tells_nothing() -> None:
    wave = np.zeros((COMMUNES, 1), int)
    wave[:9, 0] = [1] * 8 + [900]
    assert floods([wave]) == []


def test_the_modes_are_corrected_together() -> None:
    wave = honest(np.random.default_rng(2))
    wave[5, 20] = 80
    alone, many = (floods([wave, *[np.zeros_like(wave)] * more]) for more in (0, 9))
    assert [one.p for one in many] == [one.p for one in alone]
    assert many[0].p_adjusted == pytest.approx(10 * alone[0].p_adjusted, rel=1e-6)


@pytest.mark.parametrize("shape", [(0, 10), (54, 0), (54, 1), (1, 1)])
def test_where_nothing_can_be_compared_nothing_is_told(shape: tuple[int, int]) -> None:
    assert floods([np.full(shape, 100)]) == []


def test_a_burst_in_a_wave_that_is_nearly_empty_is_found() -> None:
    wave = np.zeros((COMMUNES, 10), int)
    wave[9, 4] = 140
    assert [(one.place, one.first) for one in floods([wave])] == [(9, 4)]
    wave[9, 4] = LEAST - 1
    assert floods([wave]) == []


def test_the_tail_is_that_of_the_negative_binomial() -> None:
    # k = 1/ρ = 2, mean 3: P(X = 0) = (2/5)², P(X = 1) = 2 · (2/5)² · 3/5
    tail = upper_tail(np.array([0.0, 1.0, 2.0]), np.full(3, 3.0), np.full(3, 0.5))
    assert tail == pytest.approx([1, 1 - 0.16, 1 - 0.16 - 0.192])
    assert upper_tail(np.array([1.0]), np.array([2.0]), np.array([0.0])) == pytest.approx(
        1 - np.exp(-2)
    )  # Poisson


def test_a_rhythm_is_the_level_times_the_weekday() -> None:
    weeks = np.tile([10.0, 10, 10, 10, 10, 5, 1], 6)
    middle = rhythm(weeks)[14:28]
    assert middle == pytest.approx(weeks[14:28], rel=0.1)
    assert stretches(weeks, 7).tolist() == [56] * 6
    assert stretches(weeks[:10], 7).tolist() == [56]


def test_an_empty_wave_has_nothing_unusual() -> None:
    assert (usual(np.zeros((3, 5))).p == 1).all()


def forms(chance: np.random.Generator, people: int = 4000) -> tuple[Any, Any]:
    """(N, 4) answers of people who are content or not throughout, and (N,) their communes, which differ too."""
    place = chance.choice(COMMUNES, people, p=chance.dirichlet(np.full(COMMUNES, 2.0)))
    content = chance.normal(0, 1, people) + chance.normal(0, 0.5, COMMUNES)[place]
    levels = [np.digitize(1.5 * content + chance.logistic(0, 1, people) + 1, [-3, -2, 0, 2]) for _item in range(2)]
    met, paid = (content * way + chance.logistic(0, 1, people) > least for way, least in ((0.3, 0), (-1, 3)))
    return np.stack([*levels, met, paid], axis=1).astype(int), place


def numbered(answers: Any) -> Any:
    return np.unique(answers, axis=0, return_inverse=True)[1].ravel()


def test_of_fifty_honest_waves_of_a_short_form_few_have_forms_that_are_too_much_alike() -> None:
    """A third of all press the same throughout: 85% alike proves nothing."""
    told = [
        bool(identical(numbered(answers), place))
        for answers, place in map(forms, map(np.random.default_rng, range(50)))
    ]
    assert sum(told) <= 2


def test_sixty_times_the_worst_form_in_one_commune_is_found_with_what_is_usual() -> None:
    for seed in range(5):
        answers, place = forms(np.random.default_rng(seed))
        answers, place = np.vstack([answers, np.tile([0, 0, 0, 1], (60, 1))]), np.append(place, np.full(60, 3))
        [found] = identical(numbered(answers), place)
        assert (found.place, found.count >= 60, found.mean < 10) == (3, True, True)


def test_of_three_places_nothing_shows_how_much_they_differ() -> None:
    assert identical(np.zeros(300, int), np.repeat([0, 1, 2], 100)) == []
    assert identical(np.arange(50), np.arange(50)) == []

"""What the trials of steering found is told as it was counted."""

from __future__ import annotations

import pytest
import steering
from _steering_words import DOCUMENT, written
from scipy.special import bdtr

from survey.integrity import trials


def test_the_tables_of_the_document_are_those_of_the_file() -> None:
    """`python benchmarks/steering.py 100 --write` makes both."""
    text = DOCUMENT.read_text("utf-8")
    assert written(text) == text


def test_the_file_has_each_honest_world_and_each_steering_that_is_tried() -> None:
    worlds = {(one.name, one.villages) for one in steering.worlds()}
    assert {(one.world, one.villages) for one in trials.honest()} == worlds
    tried = {(one.villages, one.steering, one.where, one.share) for one in trials.trials() if one.steering}
    assert tried == {
        (world.villages, one.code, one.where, one.share)
        for world in steering.STEERED
        for one in steering.steerings(world)
    }


@pytest.mark.parametrize("one", trials.honest(), ids=lambda one: f"{one.world}, {one.villages}")
def test_no_kind_of_honest_wave_is_flagged_more_often_than_five_times_in_a_hundred_allows(
    one: trials.Trial,
) -> None:
    assert 1 - bdtr(one.passes - 1, one.waves, 0.05) > 0.002 if one.passes else True


def test_the_limits_of_a_share_are_exact() -> None:
    # of none in 20: 1 − 0.025^(1/20)
    none = trials.Trial("usual", 2, "", "", 0.0, 20, 0, 0, 0.0, 0.0)
    assert none.interval() == pytest.approx((0, 1 - 0.025 ** (1 / 20)))


def test_a_trial_that_was_not_made_is_not_told() -> None:
    with pytest.raises(KeyError):
        trials.find("best", "wave", 0.99)

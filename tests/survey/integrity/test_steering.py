"""Honest waves are seldom flagged, gross steering is found; `make soak` tries all."""

from __future__ import annotations

import numpy as np
import pytest
import steering
from _plants import by_one_hand
from scipy.special import bdtr

WORLDS = {(world.name, world.villages): world for world in steering.worlds()}


def most(waves: int) -> int:
    """As many waves as are flagged where 5 % are, but for two in a thousand times."""
    return next(k for k in range(waves + 1) if bdtr(k, waves, 0.05) >= 0.998)


def test_honest_waves_are_seldom_flagged() -> None:
    tried = [WORLDS["usual", 2], WORLDS["neighbours very alike", 2], WORLDS["people ask very differently", 2]]
    flagged = sum(steering.tried(world, 2, [])[0].passes for world in tried)
    assert flagged <= most(2 * len(tried))


@pytest.mark.parametrize("fill", ["best", "copied", "sensible"])
def test_one_interviewer_who_fills_a_fifth_of_the_wave_is_found(fill: str) -> None:
    wave = steering.made(WORLDS["usual", 2], 1)
    planted = by_one_hand(wave, fill, "wave", 0.2, np.random.default_rng(1))
    passes, _signs = steering.named(steering.findings(planted.forms), planted.groups)
    assert passes


@pytest.mark.soak
@pytest.mark.parametrize("world", steering.worlds(), ids=lambda world: f"{world.name}, {world.villages}")
def test_the_whole_table(world: steering.World) -> None:
    row = steering.tried(world, 60, [])[0]
    assert row.passes <= most(60), row

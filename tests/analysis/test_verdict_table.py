"""Where nothing differs, at most 5 % of waves are told that something does; `make soak` runs the whole table."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from scipy.special import bdtr

PATH = Path(__file__).parents[2] / "benchmarks" / "verdicts.py"
# Where ρ itself differs much between communes, what the test leans on isn't so: up to 7 % (docs/verdicts.md).
HARSH = {"item 0.9, ρ log-normal": 0.07, "province changes, unequal communes (sd 1)": 0.07}


@pytest.fixture(scope="module")
def table() -> Any:
    spec = importlib.util.spec_from_file_location("verdicts_benchmark", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def most(tests: int, share: float) -> float:
    """The share of so many tests that a true share stays below, but for two in a thousand times."""
    return next(k for k in range(tests + 1) if bdtr(k, tests, share) >= 0.998) / tests


def kept(world: Any, one: Any, waves: int) -> None:
    """The promise: 5 % of waves, 4 % on either side."""
    tests = 54 * max(2, waves // 50) if world.kind == "standouts" else waves
    assert one.either <= most(tests, HARSH.get(world.name, 0.05)), world
    assert max(one.above, one.below) <= most(tests, HARSH.get(world.name, 0.04)), world


@pytest.mark.parametrize("villages", [2, 4, 9])
def test_no_commune_is_named_where_none_differs_and_those_that_do_are_found(table: Any, villages: int) -> None:
    """Of six communes that are lower by .19 to .06 a tenth, half and two and more are found."""
    world = table.World("", villages, truth=True)
    one = table.outcome(world, 100)
    kept(world, one, 100)
    assert one.lower >= {2: 0.0, 4: 0.4, 9: 1.8}[villages]


def test_kept_villages_do_not_make_a_change(table: Any) -> None:
    """By Wald and the degrees of freedom of everybody one wave in two was told a change that isn't there."""
    for world in (table.World("", 4, kind="kept", truth=True), table.World("", 4, kind="new")):
        one = table.outcome(world, 100)
        kept(world, one, 100)
        assert one.lower is None or one.lower >= 0.4


@pytest.mark.parametrize("kind", ["standouts", "two"])
def test_nor_do_items_or_two_domains_stand_out_by_chance(table: Any, kind: str) -> None:
    world = table.World("", 4, kind=kind)
    kept(world, table.outcome(world, 100), 100)


@pytest.mark.soak
def test_the_whole_table(table: Any) -> None:
    for world in table.worlds():
        kept(world, table.outcome(world, 300), 300)

"""Two waves beside each other: differences that know what the waves share, and say what the test says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from analysis import Design, Share, difference
from survey import questionnaires, responses, waves
from survey.database import Database
from survey.models import Mode, Unit, Village, WaveKind
from survey.results import comparison
from survey.results.comparison import Comparison
from survey.sample import sample

HOME, OTHER = "06652", "06658"
VILLAGES = {"V1": HOME, "V2": HOME, "V3": OTHER, "V4": OTHER}


@pytest.fixture
def two(province: Database) -> Database:
    """The waves `truoc` and `nay`, 30 days apart, in villages of the same names."""
    with province.writing() as session:
        household = questionnaires.find(session, "ho_gia_dinh@1")
        for back, code, kept in ((60, "truoc", "new"), (30, "nay", "new"), (29, "giu", "kept")):
            start = waves.today() - timedelta(back)
            waves.create(session, code, household, WaveKind.SAMPLE, start, start + timedelta(90), villages=kept)
            for psu, unit in VILLAGES.items():
                session.add(Village(wave=code, psu=psu, unit=unit, stratum=unit))
    return province


def answer(database: Database, wave: str, levels: dict[str, list[int]], item: str = "C5") -> None:
    with database.writing() as session:
        for psu, given in levels.items():
            place = waves.place(session, wave, VILLAGES[psu])
            for level in given:
                responses.submit(session, place, uuid4(), Mode.PAPER, {item: level}, psu=psu)


def compared(database: Database, new: str = "nay", **options: Any) -> Comparison:
    with database.reading() as session:
        old, now = (sample(session, waves.find(session, code)) for code in ("truoc", new))
        return comparison.compare(session, old, now, **options)


def drawn(chance: np.random.Generator, share: float) -> dict[str, list[int]]:
    return {psu: np.where(chance.random(20) < share + chance.normal(0, 0.08), 1, 2).tolist() for psu in VILLAGES}


@pytest.mark.parametrize("kept", [False, True])
def test_a_change_is_the_difference_of_the_stacked_file(two: Database, kept: bool) -> None:
    """The same as `analysis.difference` of one file: strata crossed with the wave where villages are new."""
    chance = np.random.default_rng(3)
    levels = {code: drawn(chance, share) for code, share in (("truoc", 0.8), ("nay", 0.5))}
    new = "giu" if kept else "nay"
    answer(two, "truoc", levels["truoc"])
    answer(two, new, levels["nay"])
    [change] = compared(two, new, items=["C5=1"]).changes
    rows = [
        (code, f"{VILLAGES[psu]}" if kept else f"{code}{VILLAGES[psu]}", psu, value)
        for code, by_village in levels.items()
        for psu, values in by_village.items()
        for value in values
    ]
    wave, stratum, psu, value = (np.array(column, object) for column in zip(*rows, strict=True))
    design = Design(np.ones(len(rows)), stratum, psu, single_psu="centered")
    share = Share("C5", "1", (value == 1).astype(np.uint8) + 1, frozenset({2}), 0, "proportion")
    wanted = difference(design, share, wave, "truoc", "nay", variance="auto")
    assert change.difference is not None
    for name in ("estimate", "standard_error", "low", "high", "p"):
        assert getattr(change.difference, name) == pytest.approx(getattr(wanted, name), rel=1e-12), name
    assert compared(two, new, items=["C5=1"]).kept is kept


def test_the_same_answers_twice_are_no_change(two: Database) -> None:
    levels = drawn(np.random.default_rng(1), 0.7)
    answer(two, "truoc", levels)
    answer(two, "nay", levels)
    [change] = compared(two, items=["C5=1"]).changes
    assert (change.difference and change.difference.estimate, change.verdict) == (0, "same")


def test_what_the_interval_can_not_tell_is_neither_up_nor_down(two: Database) -> None:
    chance = np.random.default_rng(5)
    answer(two, "truoc", drawn(chance, 0.70))
    answer(two, "nay", drawn(chance, 0.74))
    [change] = compared(two, items=["C5=1"]).changes
    assert change.difference is not None
    assert change.difference.low < 0 < change.difference.high  # type: ignore[operator]
    assert change.verdict == "same"


def test_a_large_change_is_told(two: Database) -> None:
    answer(two, "truoc", {psu: [1] * 19 + [2] for psu in VILLAGES})
    answer(two, "nay", {psu: [1] * 4 + [2] * 16 for psu in VILLAGES})
    comparison_ = compared(two, items=["C5=1", "C5=2"])
    assert [change.verdict for change in comparison_.changes] == ["down", "up"]


def test_a_hidden_figure_has_no_difference(two: Database) -> None:
    answer(two, "truoc", {"V1": [1] * 15, "V2": [2] * 15})
    answer(two, "nay", {"V1": [1, 1, 2]})
    [change] = compared(two, items=["C5=1"]).changes
    assert (change.difference, change.verdict) == (None, None)
    assert change.new.estimate is None


def test_old_records_are_counted_in_the_unit_that_took_theirs_in(two: Database) -> None:
    """A merger: the old figure of the new unit rests on the old records of all that it took in."""
    answer(two, "truoc", {"V1": [1] * 30, "V3": [2] * 10})
    answer(two, "nay", {"V1": [1] * 30})
    with two.writing() as session:
        session.get_one(Unit, HOME).replaces = OTHER
    found = compared(two, items=["C5=1"], by_unit=True)
    [change] = [one for one in found.changes if one.unit == HOME]
    assert (change.old.n, change.old.estimate) == (40, pytest.approx(0.75))
    assert [unit.code for unit in found.merged] == [HOME]


def test_a_part_of_a_unit_comes_over_with_its_share(two: Database) -> None:
    answer(two, "truoc", {"V1": [1] * 30, "V3": [2] * 30})
    with two.writing() as session:
        session.get_one(Unit, HOME).replaces = f"{OTHER}:0.5"
    with two.reading() as session:
        old = sample(session, waves.find(session, "truoc"))
        moved, _merged = comparison.rehoused(session, old, waves.find(session, "nay"))
    assert moved.weight[moved.unit == HOME].sum() == pytest.approx(30 + 15)


def test_waves_of_one_questionnaire_and_kind_can_be_compared(two: Database) -> None:
    with two.reading() as session:
        found = comparison.earlier(session, waves.find(session, "nay"))
    assert [wave.code for wave in found] == ["truoc"]


def test_all_that_both_asked_is_compared(two: Database) -> None:
    answer(two, "truoc", {psu: [4, 5, 3, 4] * 5 for psu in VILLAGES}, "gt_day_du")
    answer(two, "nay", {psu: [5, 5, 3, 4] * 5 for psu in VILLAGES}, "gt_day_du")
    found = compared(two)
    items = {change.item for change in found.changes}
    assert {"index", "index:CS", "gt_day_du", "C5"} <= items
    assert (found.only_old, found.only_new) == ((), ())
    assert found.modes == {"paper": (1.0, 1.0)}

"""Each check names what is unlike the others; a share is never surer than the number of people allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from analysis.design import Labels
from survey.integrity import patterns
from survey.integrity.pattern_columns import of as columns_of
from survey.integrity.pattern_groups import Turned
from survey.integrity.pattern_tests import EITHER, MORE, shares
from survey.responses.columns import Columns
from survey.responses.respondents import Respondents
from tests.survey.integrity.test_patterns import honest


def villages(people: int = 27, count: int = 60) -> Labels:
    return Labels([f"V{k:02d}" for k in range(count)], np.arange(people * count) % count)


def test_nobody_of_27_where_a_third_is_usual_is_as_rare_as_that_and_no_rarer() -> None:
    """By angles alone it would be forty times as rare: 0 is at the end of the scale."""
    labels = villages()
    value = (np.random.default_rng(1).random(len(labels.codes)) < 0.3).astype(np.float64)
    value[labels.codes == 7] = 0
    found = shares("blank", "village", labels, value, EITHER)
    usual = value[labels.codes != 7].mean()
    assert 2 * (1 - usual) ** 27 * 0.5 < found.p[7] < 2 * (1 - usual) ** 27 * 2
    assert found.seen[7] == 0


def test_who_has_more_than_the_others_is_found_and_who_has_fewer_is_not_where_only_more_counts() -> None:
    labels = villages(100)
    value = (np.random.default_rng(2).random(len(labels.codes)) < 0.3).astype(np.float64)
    value[labels.codes == 3] = np.arange(100) < 70
    value[labels.codes == 4] = 0
    found = shares("odd", "village", labels, value, MORE)
    assert found.p[3] < 1e-9
    assert found.p[4] > 0.9


def test_where_nobody_differs_nothing_is_tested() -> None:
    labels = villages()
    found = shares("straight", "village", labels, np.zeros(len(labels.codes)), MORE)
    assert np.isnan(found.p).all()


@dataclass(frozen=True)
class Steered:
    """A wave in which one group is unlike the others, and what else `patterns.of` takes."""

    people: Respondents
    group: tuple[str, str]
    more: dict[str, Any] = field(default_factory=dict)


def asker(people: Respondents, count: int = 19) -> Labels:
    """Three villages each, in as many communes, where others ask in the other village."""
    return Labels([f"A{k}" for k in range(count)], people.psu.codes % count)


def answered(people: Respondents, rows: Any, change: Callable[[Any], Any], only: str = "scaled") -> Respondents:
    """The same people, where some rows have other answers: of the items of the index, or of sensitive ones."""
    index = people.questionnaire.index
    assert index is not None
    scaled = set(index.codes()["index"])
    table = {code: column.copy() for code, column in people.responses.items.items()}
    for code, column in table.items():
        if (code in scaled) if only == "scaled" else people.questionnaire.items[code].sensitive:
            column[rows] = change(column[rows])
    columns = Columns("w", people.questionnaire)
    columns.ids, columns.adults, columns.about = (
        getattr(people.responses, name) for name in ("ids", "adults", "about")
    )
    columns.items = table
    return replace(people, responses=columns, version=people.version + "*")


def of_village(change: Callable[[Any], Any], only: str = "scaled") -> Steered:
    people = honest(4)
    return Steered(answered(people, people.psu.codes == 12, change, only), ("village", "V012"))


def of_asker(change: Callable[[Any], Any], only: str = "scaled") -> Steered:
    people = honest(5)
    who = asker(people)
    changed = answered(people, who.codes == 3, change, only)
    return Steered(changed, ("interviewer", "A3"), {"groups": {"interviewer": who}})


def of_days() -> Steered:
    people = honest(6)
    who = asker(people, 10)
    return Steered(
        replace(people, day=Labels(people.day.levels, np.where(who.codes == 3, 7, people.day.codes))),
        ("interviewer", "A3"),
        {"groups": {"interviewer": who}},
    )


def of_order() -> Steered:
    people = honest(7)
    keyer, level = asker(people), columns_of(people).level
    place = np.random.default_rng(1).permutation(len(level)).astype(np.float64)
    place[keyer.codes == 3] = np.nan_to_num(level, nan=4.0)[keyer.codes == 3]
    more = {"groups": {"keyer": keyer}, "pile": people.psu, "place": place}
    return Steered(people, ("keyer", "A3"), more)


def of_jump() -> Steered:
    people = honest(8)
    before = answered(people, people.unit.codes == 5, lambda levels: np.where(levels > 0, 2, levels))
    return Steered(people, ("commune", "C005"), {"before": before})


def of_turned() -> Steered:
    twice = Turned([f"K{k}" for k in range(6)], np.full(6, 60), np.array([0, 1, 0, 12, 0, 1]))
    return Steered(honest(9), ("keyer", "K3"), {"twice": twice})


def chance(levels: Any) -> Any:
    return np.random.default_rng(int(abs(levels.sum()))).integers(1, 6, len(levels)).astype(np.int8)


CHECKS: dict[str, Callable[[], Steered]] = {
    "odd": lambda: of_village(chance),
    "straight": lambda: of_village(lambda levels: np.full_like(levels, 4)),
    "scatter": lambda: of_asker(lambda levels: np.where(levels > 3, 4, levels)),
    "blank": lambda: of_village(lambda levels: np.where(np.arange(len(levels)) % 3 > 0, -1, levels)),
    "silent": lambda: of_asker(lambda levels: np.full_like(levels, -1), "sensitive"),
    "spread": lambda: of_village(lambda levels: 4 + chance(levels) % 2),
    "level": lambda: of_asker(lambda levels: np.where(levels > 0, 1, levels)),
    "cases:C5": lambda: of_asker(lambda levels: np.where(levels > 1, 1, levels), "sensitive"),
    "days": of_days,
    "order": of_order,
    "jump": of_jump,
    "turned": of_turned,
}


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_names_the_group_that_is_unlike_the_others(check: str) -> None:
    steered = CHECKS[check]()
    found = patterns.of(steered.people, **steered.more)
    passed = {(one.check, one.group_kind, one.group) for one in found if one.sign == "passes"}
    assert (check, *steered.group) in passed

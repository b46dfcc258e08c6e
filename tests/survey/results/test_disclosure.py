"""A solver tries to work hidden figures out of all that is released, with the sums between the tables."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as some

from analysis.design import code
from analysis.disclosure import FEWEST, hide
from survey.operations import demo
from survey.responses.respondents import Respondents, sample
from survey.results import breakdowns, result_groups, result_table, wording
from survey.results.answer_counts import Count, count_answers
from survey.results.hidden_tables import decide, of_groups
from survey.waves import units, waves
from tests.survey.results.reader import (
    TABLES,
    VALUES,
    Cell,
    Reader,
    Same,
    Told,
    leaks,
    released,
)
from translations import Refusal


@pytest.mark.parametrize("item", ["C5", "C6"])
def test_nothing_hidden_follows_from_all_tables_of_the_demo(made_up: Flask, item: str) -> None:
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        tables = released(people, session, item)
        area = breakdowns.areas(session, people)
    assert sum(told.mark is not None for told in tables["unit",]) > 10
    areas = [[unit for unit in area if area[unit] == one] for one in (1, 2)]
    assert leaks(tables, ["2", "3"], len(people), areas=areas) == []


@pytest.mark.parametrize("lie", ["each commune one stratum", "across communes"])
def test_what_is_hidden_does_not_hang_on_which_table_was_asked_for_first(made_up: Flask, lie: str) -> None:
    """It is decided once for the same people, so whoever asks for a crossing first must read no other marks."""
    groupings = [*TABLES, ("hoc_van",), ("unit", "hoc_van"), ("unit", "mode")]
    read = []
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        labels = people.unit if lie == "each commune one stratum" else code(strata(people, lie)[0])
        for order in (groupings, groupings[::-1]):
            own = replace(people, stratum=labels, version=f"{lie} {order}", designs={})
            asked = {"items": ["th_dien", "C4"], "released": True}
            read.append({by: result_table.table(session, own, by=by, **asked) for by in order})  # type: ignore[arg-type]
    assert {"hidden", "hidden_with"} <= {flag for one in read[0]["unit", "hoc_van"] for flag in one.flags}
    assert read[0] == read[1]


def test_a_stratum_that_is_one_commune_stands_once_in_the_table(made_up: Flask) -> None:
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        alone = people.unit.levels[0]
        labels = code(["alone" if unit == alone else "others" for unit in people.unit])
        people = replace(people, stratum=labels, version="one alone", designs={})
        counts = decide(of_groups(session, people, ["stratum"]), "C5").counts
    domains = [one.domain for one in counts if one.value == "1"]
    assert sorted(domains) == sorted({*domains})
    assert len(domains) == len(people.unit.levels) + 1


def test_a_commune_that_becomes_a_ward_counts_to_the_towns_at_once(made_up_copy: Flask) -> None:
    """Whoever adds up open rows knows the sum of the communes of each area: what is hidden knows today's areas."""
    with made_up_copy.extensions["database"].writing() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        before = decide(of_groups(session, people, ["unit"]), "C5").table.sums
        unit = units.find(session, before[0][0][1])
        unit.kind = "phường" if unit.kind == "xã" else "xã"
        after = decide(of_groups(session, people, ["unit"]), "C5").table.sums
    assert [len(one) for one in after] != [len(one) for one in before]


def test_no_question_can_be_taken_out_of_a_part_of_the_index(made_up: Flask) -> None:
    """Whoever knows a part of a commune and all its questions but one knows the last."""
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.OPEN))
        assert people.questionnaire.index is not None
        parts = people.questionnaire.index.codes()
        asked = [*parts, *parts["index"]]
        shown = result_table.table(session, people, items=asked, by=["unit"], released=True)
        where = result_groups.domains(session, people, ["unit"])
        n = {(count.item, count.domain): count.n for count in count_answers(people, parts["index"], where)}
    hidden = {(one.item, one.domain) for one in shown if wording.is_hidden(one)}
    knows = Reader()
    for (item, unit), count in n.items():
        seen = (item, unit) not in hidden
        knows.knows((item, unit), count if seen else 0, count if seen else len(people))
    for item in parts["index"]:
        whole: Cell = (item, "province")
        knows.knows(whole, true := sum(n[item, unit] for unit in where.wanted), true)
        knows.adds_up([(item, unit) for unit in where.wanted], whole)
    for part, items in parts.items():
        for unit in where.wanted:
            if (part, unit) not in hidden:
                knows.knows((part, unit), true := sum(n[item, unit] for item in items), true)
                knows.adds_up([(item, unit) for item in items], (part, unit))
    few = {key: count for key, count in n.items() if 0 < count < FEWEST}
    assert len(few) > 10
    assert any(0 < n[item, unit] < FEWEST <= sum(n[one, unit] for one in parts["index"]) for item, unit in few)
    assert knows.sure_of(few) == []


def test_nobody_is_grouped_by_a_delicate_answer_in_what_is_released(made_up: Flask) -> None:
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        assert result_table.table(session, people, items=["gioi_tinh"], by=["C5"])
        with pytest.raises(Refusal, match="C5"):
            result_table.table(session, people, items=["gioi_tinh"], by=["unit", "C5"], released=True)


def strata(people: Respondents, lie: str) -> tuple[list[str], Same]:
    """A stratum for each person, and what everybody knows of how communes and strata lie to each other."""
    communes = sorted(set(people.unit.tolist()))
    region = {unit: f"vung-{at // 9}" for at, unit in enumerate(communes)}
    of_region = {name: [unit for unit in communes if region[unit] == name] for name in region.values()}
    first = {unit: min(people.psu[people.unit.having(unit)].tolist()) for unit in communes}
    half = ["a" if psu == first[unit] else "b" for unit, psu in zip(people.unit, people.psu, strict=True)]
    match lie:
        case "unions of communes":
            return [region[unit] for unit in people.unit], [(units, [name]) for name, units in of_region.items()]
        case _:
            labels = [f"{region[unit]} {side}" for unit, side in zip(people.unit, half, strict=True)]
            return labels, [(units, [f"{name} a", f"{name} b"]) for name, units in of_region.items()]


@pytest.mark.variants(2)
@pytest.mark.parametrize(
    ("item", "lie"),
    [("C5", "unions of communes"), ("C6", "unions of communes"), ("C5", "across communes")],
)
def test_communes_and_strata_together_give_nothing_hidden_away(made_up: Flask, item: str, lie: str) -> None:
    """Whoever holds both tables can subtract the communes of a stratum from it, and the other way."""
    with made_up.extensions["database"].reading() as session:
        people = sample(session, waves.find(session, demo.SAMPLE))
        silent = np.arange(len(people)) % 3 == 0  # fewer answers in each commune, so that more is to be hidden
        labels, same = strata(people, lie)
        people = replace(people, stratum=code(labels), silent=silent, version=lie, designs={})
        tables = released(people, session, item, [(), ("unit",), ("stratum",)])
    assert sum(told.mark is not None for told in tables["unit",]) > 10
    assert leaks(tables, ["2", "3"], len(people), same) == []


COUNTS = some.tuples(some.integers(0, 60), some.integers(0, 4), some.integers(0, 4))


# With one commune that has answered its figure is the province's, which stands at the head of every report.
COMMUNES = some.lists(COUNTS, min_size=2, max_size=6).filter(lambda communes: sum(map(any, communes)) > 1)


def values(of: str, by_domain: dict[Hashable, list[tuple[int, int, int]]]) -> list[Count]:
    """The counts of a table by domain, of each all who are in it."""
    return [
        Count("C5", value, (of, domain) if of else None, sum(map(sum, parts)), sum(one[at] for one in parts))
        for at, value in enumerate(VALUES)
        for domain, parts in by_domain.items()
    ]


@given(some.lists(some.tuples(COUNTS, some.sampled_from("abc")), min_size=3, max_size=7), some.booleans())
def test_nothing_hidden_follows_from_communes_and_strata_of_a_small_province(
    communes: list[tuple[tuple[int, int, int], str]], are_unions: bool
) -> None:
    """Strata that are unions of communes; and by the same counts communes that are unions of strata."""
    if len({group for counts, group in communes if any(counts)}) < 2:  # one that has answered is the province
        return
    small: dict[Hashable, list[tuple[int, int, int]]] = {f"{at}": [one] for at, (one, _) in enumerate(communes)}
    large: dict[Hashable, list[tuple[int, int, int]]] = {}
    for counts, group in communes:
        large.setdefault(group, []).append(counts)
    pairs = [
        ([f"{at}" for at, (_, one) in enumerate(communes) if one == group], [group])
        for group in "abc"
        if group in large
    ]
    names = ("unit", "stratum") if are_unions else ("stratum", "unit")
    figures = [*values(names[0], small), *values(names[1], large)]
    same = [
        tuple(tuple((name, label) for label in side) for name, side in zip(names, pair, strict=True))
        for pair in pairs
    ]
    marks = hide(figures, {"C5"}, {"C5": {"1"}}, [one if are_unions else one[::-1] for one in same])
    tables: dict[tuple[str, ...], list[Told]] = {("unit",): [], ("stratum",): []}
    for count, mark in zip(figures, marks, strict=True):
        tables[(count.domain[0],)].append(Told(count._replace(domain=count.domain[1]), mark))
    whole = values("", {None: [counts for counts, _group in communes]})
    tables[()] = [Told(one, mark) for one, mark in zip(whole, hide(whole, {"C5"}, {"C5": {"1"}}), strict=True)]
    told = [(one, other) if are_unions else (other, one) for one, other in pairs]
    assert leaks(tables, ["2", "3"], sum(sum(counts) for counts, _group in communes), told) == []


@given(COMMUNES)
def test_nothing_hidden_follows_in_a_small_province(communes: list[tuple[int, int, int]]) -> None:
    counts = [
        Count("C5", value, None, sum(map(sum, communes)), sum(one[at] for one in communes))
        for at, value in enumerate(VALUES)
    ]
    by_unit = [
        Count("C5", value, f"u{place}", sum(one), one[at])
        for at, value in enumerate(VALUES)
        for place, one in enumerate(communes)
    ]
    tables = {}
    for by, figures in (((), counts), (("unit",), by_unit)):
        marks = hide(figures, {"C5"}, {"C5": {"1"}})
        tables[by] = [Told(count, mark) for count, mark in zip(figures, marks, strict=True)]
    assert leaks(tables, ["2", "3"], sum(map(sum, communes))) == []

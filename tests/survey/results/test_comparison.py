"""Two waves beside each other: differences that know what the waves share, and say what the test says."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import delete, update

from analysis import Design, Measure, difference
from forms import crosswalk, parse
from survey.responses import crosswalks, submission
from survey.responses.respondents import sample
from survey.results import comparison, divided_units, release_steps, releases, result_table, series
from survey.results.comparison import Comparison
from survey.storage.database import Database
from survey.storage.models import Mode, Unit, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Refusal, speaking

HOME, OTHER = "06652", "06658"
VILLAGES = {"V1": HOME, "V2": HOME, "V3": OTHER, "V4": OTHER}


@pytest.fixture
def two(province: Database) -> Database:
    """The waves `truoc` and `nay`, 30 days apart, in villages of the same names."""
    with province.writing() as session:
        household = questionnaires.find(session, "ho_gia_dinh@1")
        for back, code, kept in ((60, "truoc", "new"), (30, "nay", "new"), (29, "giu", "kept")):
            start = dates.today() - timedelta(back)
            waves.create(session, code, household, WaveKind.SAMPLE, start, start + timedelta(90), villages=kept)
            for psu, unit in VILLAGES.items():
                session.add(Village(wave=code, psu=psu, unit=unit, stratum=unit))
    return province


def answer(database: Database, wave: str, levels: dict[str, list[int]], item: str = "C5") -> None:
    with database.writing() as session:
        for psu, given in levels.items():
            place = waves.place(session, wave, VILLAGES[psu])
            for level in given:
                submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {item: level}, psu=psu)


def released(database: Database, wave: str) -> int:
    """Releases the present data of a wave, and says how many answered."""
    with database.writing() as session:
        made = releases.freeze(session, waves.find(session, wave), "Lan")
        release_steps.check(made, "Lan")
        releases.approve(session, made, "Minh")
        return releases.size(made)


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
    share = Measure.share("C5", "1", (value == 1).astype(np.uint8) + 1, {2}, 0, "proportion")
    wanted = difference(design, share, wave, "truoc", "nay", variance="auto")
    assert change.difference is not None
    for name in ("estimate", "standard_error", "low", "high", "p"):
        assert getattr(change.difference, name) == pytest.approx(getattr(wanted, name), rel=1e-12), name
    assert compared(two, new, items=["C5=1"]).kept is kept


def test_a_wave_before_is_compared_as_it_was_released(two: Database) -> None:
    answer(two, "truoc", {"V1": [1] * 15})
    answered = released(two, "truoc")
    answer(two, "truoc", {"V2": [2] * 5})
    with two.reading() as session:
        assert len(comparison.before(session, waves.find(session, "truoc"))) == answered == 15
        assert len(comparison.before(session, waves.find(session, "nay"))) == 0


def test_the_same_answers_twice_are_no_change(two: Database) -> None:
    levels = drawn(np.random.default_rng(1), 0.7)
    answer(two, "truoc", levels)
    answer(two, "nay", levels)
    [change] = compared(two, items=["C5=1"]).changes
    assert (change.difference and change.difference.estimate, change.verdict) == (0, "not_apart")


PLACES = "People answered in {} places then and in {} now, and {} of these are the same: "


def placed(database: Database, *here: str, stratum: str = "") -> tuple[Comparison, Comparison]:
    """`truoc` answered in both communes, of other levels, `nay` the same in some villages; also by commune."""
    if stratum:
        with database.writing() as session:
            session.execute(update(Village).values(stratum=stratum))
    levels = {"V1": [1] * 20, "V2": [1] * 20, "V3": [1] * 12 + [2] * 8, "V4": [1] * 10 + [2] * 10}
    answer(database, "truoc", levels)
    answer(database, "nay", {psu: levels[psu] for psu in here})
    return compared(database, items=["C5=1"]), compared(database, items=["C5=1"], by_unit=True)


@pytest.mark.parametrize("stratum", ["", "tinh"])
def test_the_same_answers_in_fewer_places_are_no_change(two: Database, stratum: str) -> None:
    whole, by_unit = placed(two, "V1", "V2", stratum=stratum)
    [line] = whole.changes
    assert (line.difference, line.verdict) == (None, None)
    with speaking("en"):
        assert [str(one).startswith(PLACES.format(2, 1, 1)) for one in line.breaks] == [True]
    assert whole.places == line.breaks
    home = next(one for one in by_unit.changes if one.unit == HOME)
    assert (by_unit.places, home.breaks) == ((), ())
    assert home.difference is not None
    released(two, "truoc")
    with two.reading() as session:
        nay = waves.find(session, "nay")
        assert bool(series.of(session, nay, "C5=1")[1].breaks)
        assert series.of(session, nay, "C5=1", unit=HOME)[1].breaks == ()


@pytest.mark.parametrize(("stratum", "is_told"), [("tinh", True), ("", False)])
def test_a_commune_that_the_lot_left_out_is_spoken_for_by_its_stratum(
    two: Database, stratum: str, is_told: bool
) -> None:
    with two.writing() as session:
        session.execute(delete(Village).where(Village.wave == "nay", Village.unit == OTHER))
    whole, _by_unit = placed(two, "V1", "V2", stratum=stratum)
    assert (whole.places == (), whole.changes[0].difference is not None) == (is_told, is_told)


def test_waves_are_named_as_they_are_now(two: Database) -> None:
    answer(two, "truoc", {"V1": [1] * 12})
    answer(two, "nay", {"V1": [1] * 12})
    for title in ("Một", "Hai"):
        with two.writing() as session:
            waves.find(session, "truoc").title = title
        assert compared(two, items=["C5=1"]).old.title == title


def test_what_the_interval_can_not_tell_is_neither_up_nor_down(two: Database) -> None:
    chance = np.random.default_rng(5)
    answer(two, "truoc", drawn(chance, 0.70))
    answer(two, "nay", drawn(chance, 0.74))
    [change] = compared(two, items=["C5=1"]).changes
    assert change.difference is not None
    assert change.difference.low < 0 < change.difference.high  # type: ignore[operator]
    assert change.verdict == "not_apart"


def test_a_large_change_is_told(two: Database) -> None:
    answer(two, "truoc", {psu: [1] * 19 + [2] for psu in VILLAGES})
    answer(two, "nay", {psu: [1] * 4 + [2] * 16 for psu in VILLAGES})
    comparison_ = compared(two, items=["C5=1", "C5=2"])
    assert [change.verdict for change in comparison_.changes] == ["below", "above"]


def test_a_hidden_figure_has_no_difference(two: Database) -> None:
    answer(two, "truoc", {"V1": [1] * 15, "V2": [2] * 15})
    answer(two, "nay", {"V1": [1, 1, 2]})
    [change] = compared(two, items=["C5=1"]).changes
    assert (change.difference, change.verdict) == (None, None)
    assert change.new.estimate is None


def test_old_records_are_counted_in_the_unit_that_took_theirs_in(two: Database) -> None:
    """A merger: the old figure of the new unit rests on the old records of all that it took in."""
    answer(two, "truoc", {"V1": [1] * 30, "V3": [1, 2] * 15})
    answer(two, "nay", {"V1": [1] * 30})
    with two.writing() as session:
        session.get_one(Unit, HOME).replaces = OTHER
    found = compared(two, items=["C5=1"], by_unit=True)
    [change] = [one for one in found.changes if one.unit == HOME]
    assert (change.old.n, change.old.estimate) == (60, pytest.approx(0.75))
    assert [unit.code for unit in found.merged] == [HOME]


def test_a_figure_that_was_hidden_can_not_be_subtracted_out_of_the_unit_that_took_it_in(two: Database) -> None:
    """Of the ten answers of 06658 nothing was told, nor of the 35 hidden with them; 50 − 40 would tell it."""
    far, farther = "06673", "06676"
    with two.writing() as session:
        session.get_one(Unit, HOME).replaces = OTHER
        for psu, unit in (("V5", far), ("V6", farther)):
            session.add(Village(wave="truoc", psu=psu, unit=unit, stratum=unit))
            session.add(Village(wave="nay", psu=psu, unit=unit, stratum=unit))
        session.execute(update(Village).values(stratum="all"))  # a stratum of 06658 alone would be hidden with it
    given = {"V1": [1] * 36 + [2] * 4, "V3": [1] * 7 + [2] * 3, "V5": [1] * 31 + [2] * 4, "V6": [1] * 56 + [2] * 4}
    with two.writing() as session:
        for psu, levels in given.items():
            unit = {**VILLAGES, "V5": far, "V6": farther}[psu]
            for wave in ("truoc", "nay"):
                place = waves.place(session, wave, unit)
                for level in levels:
                    submission.submit(session.connection(), place, uuid4(), Mode.PAPER, {"C5": level}, psu=psu)
    released(two, "truoc")
    with two.reading() as session:
        old = sample(session, waves.find(session, "truoc"))
        own = result_table.table(session, old, items=["C5=2"], by=["unit"], released=True)
        assert series.of(session, waves.find(session, "nay"), "C5=2", unit=HOME)[0].record.n is None
    there = {one.domain: one.n for one in own}
    found = {one.unit: one.old for one in compared(two, items=["C5=2"], by_unit=True).changes}
    assert (there[HOME], there[OTHER], there[far], there[farther]) == (40, None, None, 60)
    assert (found[HOME].n, found[HOME].estimate, found[far].n, found[farther].n) == (None, None, None, 60)


def test_the_index_is_told_the_same_alone_and_among_its_parts(two: Database) -> None:
    """The director reads it on the overview and in the table of all changes."""
    for wave, satisfied in (("truoc", (10, 12, 13, 11)), ("nay", (16, 16, 17, 15))):
        levels = {psu: [5] * many + [2] * (20 - many) for psu, many in zip(VILLAGES, satisfied, strict=True)}
        answer(two, wave, levels, "th_dien")
    [alone] = compared(two, items=["index"]).changes
    index, *parts = compared(two, items=["index", "index:CS", "index:CS.C", "th_dien"]).changes
    assert alone.difference is not None
    assert 0.05 / 3 < alone.difference.p < 0.05
    assert (alone.verdict, index.verdict) == ("above", "above")
    assert {one.verdict for one in parts} == {"signs_above"}  # of three lines together


def test_a_part_of_a_unit_comes_over_with_its_share(two: Database) -> None:
    answer(two, "truoc", {"V1": [1, 2] * 15, "V3": [1, 2] * 15})
    with two.writing() as session:
        session.get_one(Unit, HOME).replaces = f"{OTHER}:0.5"
    released(two, "truoc")
    with two.reading() as session:
        old = sample(session, waves.find(session, "truoc"))
        moved = divided_units.rehoused(session, old, waves.find(session, "nay")).people
        points = series.of(session, waves.find(session, "nay"), "C5=1", unit=HOME)
    assert moved.weight[moved.unit.having(HOME)].sum() == pytest.approx(30 + 15)
    assert [(point.record.n, point.divided) for point in points] == [(45, True)]
    answer(two, "nay", {"V1": [1, 2] * 16, "V3": [1, 2] * 17})
    found = compared(two, items=["C5=1"], by_unit=True)
    people = {change.unit: (change.old.n, change.new.n) for change in found.changes}
    assert (people[HOME], people[OTHER]) == ((45, 32), (15, 34))  # nobody twice: 30 + 30 forms were there
    [few] = [change.old for change in found.changes if change.unit == OTHER]
    assert "few" in few.flags
    assert {one.code for one in found.divided} == {HOME, OTHER}


def test_a_merger_in_two_steps_is_followed_and_what_nobody_took_stays(two: Database) -> None:
    """Cao Xanh went into a third commune, a quarter of it, and that one into Hà Tu."""
    third = "06673"
    answer(two, "truoc", {"V1": [1] * 30, "V3": [2] * 40})
    with two.writing() as session:
        session.get_one(Unit, third).replaces = f"{OTHER}:0.25"
        session.get_one(Unit, HOME).replaces = third
    with two.reading() as session:
        old = sample(session, waves.find(session, "truoc"))
        result_table.table(session, old, items=["C5=1"])  # what was computed of the old wave stays its own
        found = divided_units.rehoused(session, old, waves.find(session, "nay"))
        moved = found.people
        assert {code: moved.weight[moved.unit.having(code)].sum() for code in (HOME, OTHER)} == {
            HOME: 40,
            OTHER: 30,
        }
        assert found.grown >= {HOME}
        [record] = result_table.table(session, moved, items=["C5=1"])
        assert record.estimate == pytest.approx(30 / 70)
        assert result_table.table(session, old, items=["C5=1"])[0].n == 70


def test_what_had_happened_when_the_wave_opened_is_in_its_records_already(two: Database) -> None:
    answer(two, "truoc", {"V3": [2] * 40})
    for days, expected in ((61, 0), (59, 20), (-1, 0)):  # before the old wave, between the two, still to come
        with two.writing() as session:
            day = dates.today() - timedelta(days)
            session.get_one(Unit, HOME).replaces = f"{OTHER}:0.5@{day}"
        with two.reading() as session:
            old, new = (waves.find(session, code) for code in ("truoc", "nay"))
            moved = divided_units.rehoused(session, sample(session, old), new).people
            assert moved.weight[moved.unit.having(HOME)].sum() == expected
            assert divided_units.rehoused(session, sample(session, new), new).homes == {}


def test_units_can_not_take_in_more_than_there_was(two: Database) -> None:
    answer(two, "truoc", {"V3": [2] * 10})
    with two.writing() as session:
        session.get_one(Unit, HOME).replaces = OTHER
        session.get_one(Unit, "06673").replaces = f"{OTHER}:0.5"
    answer(two, "nay", {"V1": [1] * 10})
    with pytest.raises(Refusal, match="replaces"):
        compared(two, by_unit=True)


CODES = {"C5": "C5a", "gt_day_du": "gt_du"}


def opened(database: Database, wave: str, document: dict[str, Any]) -> None:
    """A wave as `nay`, on a further version of the household questionnaire."""
    with database.writing() as session:
        asked = parse(document)
        questionnaires.publish(session, asked, date(2026, 1, 1))
        start = waves.find(session, "nay").opens
        waves.create(session, wave, asked, WaveKind.SAMPLE, start, start + timedelta(90))
        for psu, unit in VILLAGES.items():
            session.add(Village(wave=wave, psu=psu, unit=unit, stratum=unit))


def household(database: Database, version: int) -> dict[str, Any]:
    """The document of the first version, to be published as another one."""
    with database.reading() as session:
        return questionnaires.find(session, "ho_gia_dinh@1").document | {"version": version}


@pytest.fixture
def renamed(two: Database) -> Database:
    """A wave `doi-ma`, as `nay` but on a version that asks C5 and an item of the index under other codes."""
    text = json.dumps(household(two, 7))
    for was, code in CODES.items():
        text = text.replace(f'"{was}"', f'"{code}"')
    opened(two, "doi-ma", json.loads(text))
    chance = np.random.default_rng(11)
    levels = {
        item: {code: drawn(chance, 0.7 - 0.2 * (code == "nay")) for code in ("truoc", "nay")} for item in CODES
    }
    for item, code in CODES.items():
        answer(two, "truoc", levels[item]["truoc"], item)
        answer(two, "nay", levels[item]["nay"], item)
        answer(two, "doi-ma", levels[item]["nay"], code)
    return two


def publish(database: Database, new: str, *items: dict[str, Any]) -> None:
    """A crosswalk from the first version."""
    with database.writing() as session:
        written = {"from": "ho_gia_dinh@1", "to": new, "items": list(items)}
        found = crosswalk.parse(written, lambda name: questionnaires.find(session, name))
        crosswalks.publish(session, found, date(2026, 2, 1))


@pytest.mark.variants(1)
@pytest.mark.parametrize("by_unit", [False, True])
def test_a_renamed_item_has_exactly_the_figure_that_it_has_under_its_own_code(
    renamed: Database, by_unit: bool
) -> None:
    publish(renamed, "ho_gia_dinh@7", *({"item": code, "was": was} for was, code in CODES.items()))
    plain, found = (compared(renamed, new, by_unit=by_unit) for new in ("nay", "doi-ma"))
    there = {(change.item, change.value, change.unit): change for change in found.changes}
    assert len(there) == len(plain.changes)
    told = 0
    for change in plain.changes:
        other = there[CODES.get(change.item, change.item), change.value, change.unit]
        assert (other.was, other.breaks) == (change.item if change.item in CODES else None, ())
        assert (other.old.estimate, other.new.estimate) == (change.old.estimate, change.new.estimate)
        assert other.verdict == change.verdict
        if change.difference is not None and change.difference.estimate is not None:
            told += 1
            for name in ("estimate", "standard_error", "low", "high", "p"):
                assert getattr(other.difference, name) == getattr(change.difference, name), (change.item, name)
    assert told > 3
    assert (found.only_old, found.only_new, found.otherwise) == ((), (), ())


def test_without_a_crosswalk_an_index_of_renamed_items_is_another_measurement(renamed: Database) -> None:
    found = compared(renamed, "doi-ma")
    assert (set(CODES), set(CODES.values())) == (set(found.only_old), set(found.only_new))
    [index] = [change for change in found.changes if change.item == "index"]
    assert (index.difference, [one.message for one in index.breaks]) == (
        None,
        ["The index is made of other questions."],
    )


def test_other_choices_are_not_compared_until_it_is_said_what_they_became(renamed: Database) -> None:
    document = household(renamed, 3)
    item = next(item for page in document["pages"] for item in page["items"] if item["code"] == "C5")
    del item["choices"]["2"]
    opened(renamed, "hai-muc", document)
    answer(renamed, "hai-muc", {psu: [1] * 12 + [3] * 8 for psu in VILLAGES})
    found = compared(renamed, "hai-muc", items=["C5=1"])
    assert (found.otherwise, found.changes) == (("C4", "C5", "hoc_van"), ())
    publish(renamed, "ho_gia_dinh@3", {"item": "C5", "was": "C5", "choices": {1: 1, 2: 3, 3: 3}})
    [before] = compared(renamed, "nay", items=["C5=1"]).changes
    [now] = compared(renamed, "hai-muc", items=["C5=1"]).changes
    assert now.old.estimate == before.old.estimate
    assert now.new.estimate == pytest.approx(0.6)
    assert now.difference is not None


def test_an_index_by_another_rule_has_no_change(renamed: Database) -> None:
    document = household(renamed, 3)
    rule = next(rule for rule in document["index"]["rules"] if rule["name"] == document["index"]["rule"])
    rule["scores"]["3"] = 1
    opened(renamed, "quy-tac", document)
    answer(renamed, "quy-tac", {"V1": [3] * 10, "V3": [3] * 10}, "gt_day_du")
    found = compared(renamed, "quy-tac", items=["index"])
    [index] = found.changes
    assert ([one.message for one in index.breaks], index.difference) == (["The index follows another rule."], None)
    then, now = found.rules
    assert then is not None
    assert now is not None
    assert then.tables.keys() != now.tables.keys()


def test_waves_of_one_questionnaire_and_kind_can_be_compared_those_that_open_on_one_day_too(two: Database) -> None:
    with two.writing() as session:
        household, now = questionnaires.find(session, "ho_gia_dinh@1"), waves.find(session, "nay")
        waves.create(session, "z-cung-luc", household, WaveKind.SAMPLE, now.opens, now.closes)
        found = {
            code: [one.code for one in comparison.earlier(session, waves.find(session, code))]
            for code in ("ho-mau", "nay", "z-cung-luc")  # the first ends earlier
        }
        former = comparison.former(session, waves.find(session, "z-cung-luc"))
    assert found == {"ho-mau": ["truoc"], "nay": ["ho-mau", "truoc"], "z-cung-luc": ["nay", "ho-mau", "truoc"]}
    assert (former and former.code) == "truoc"


def test_all_that_both_asked_is_compared(two: Database) -> None:
    answer(two, "truoc", {psu: [4, 5, 3, 4] * 5 for psu in VILLAGES}, "gt_day_du")
    answer(two, "nay", {psu: [5, 5, 3, 4] * 5 for psu in VILLAGES}, "gt_day_du")
    found = compared(two)
    items = {change.item for change in found.changes}
    assert {"index", "index:CS", "gt_day_du", "C5"} <= items
    assert (found.only_old, found.only_new) == ((), ())
    assert found.modes == {"paper": (1.0, 1.0)}

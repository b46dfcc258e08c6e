"""The one test of differences: as its reference computes it, without certainty from few answers, false seldom."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.special import ndtr

from analysis import (
    REST,
    Design,
    Measure,
    against_rest,
    benjamini_hochberg,
    difference,
    estimate,
    groups,
    holm,
)
from analysis.contrast import Difference, contrasts
from analysis.effective import effective, tail
from analysis.totals import psu_totals

FOLDER = Path(__file__).parent / "reference" / "verdicts"
PARTS = [("good", "asked", "proportion"), ("rare", "asked", "proportion"), ("index", "answers", "index")]
MEAN = ("days", "asked", "mean")


def people(name: str, only: str = "") -> dict[str, Any]:
    """The columns of a reference file, a person a row."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["domain"].startswith(only)]
    times = np.array([int(row["times"]) for row in rows])
    words = ("domain", "stratum", "village")
    return {
        key: np.repeat(np.array([row[key] if key in words else float(row[key]) for row in rows]), times)
        for key in rows[0]
    }


def design_of(data: dict[str, Any]) -> Design:
    return Design(data["weight"], data["stratum"], data["village"], single_psu="centered")


def measures_of(data: dict[str, Any], parts: Sequence[tuple[str, str, Any]]) -> list[Measure]:
    return [Measure.numbers(name, None, kind, data[name], data[base]) for name, base, kind in parts]


def expected(data: str) -> dict[tuple[str, str], dict[str, str]]:
    with (FOLDER / "expected.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["item"], row["domain"]): row for row in csv.DictReader(stream) if row["data"] == data}


def agree(found: Sequence[Difference], wanted: dict[str, dict[str, str]]) -> int:
    """How many records agree with the reference, to 1e-7."""
    told = zip(found, holm([one.p for one in found]), groups(found), strict=True)
    agreed = 0
    for one, adjusted, group in told:
        if str(one.to) not in wanted:
            assert (one.p, group, one.low, one.n) == (None, None, None, found[0].n), "nobody answered"
            continue
        row = wanted[str(one.to)]
        assert (one.p, adjusted) == (
            pytest.approx(float(row["p"]), abs=1e-7),
            pytest.approx(float(row["holm"]), abs=1e-7),
        )
        assert (one.estimate, one.df, one.rho) == tuple(
            pytest.approx(float(row[name]), abs=1e-7) for name in ("D", "df", "rho")
        )
        assert group == row["verdict"]
        agreed += 1
    return agreed


def test_each_commune_against_the_rest_is_as_in_the_reference() -> None:
    """60 p, Holm and words: communes of 1 to 6 villages, some across strata; one that nobody answered."""
    data, wanted = people("one_wave"), expected("one_wave")
    found = against_rest(design_of(data), measures_of(data, [*PARTS, MEAN]), data["domain"])
    for k, (item, _, _) in enumerate([*PARTS, MEAN]):
        rows = {domain: row for (of, domain), row in wanted.items() if of == item}
        assert agree(found[16 * k : 16 * k + 16], rows) == len(rows) == 15


def test_changes_in_kept_half_kept_and_new_villages_are_as_in_the_reference() -> None:
    data, wanted = people("two_waves"), expected("two_waves")
    totals = psu_totals(design_of(data), measures_of(data, PARTS[:1]), data["domain"])
    found = contrasts(totals, [(f"old x{g}", f"new x{g}") for g in range(10)], 0.95, "auto")
    assert agree(found, {domain: row for (_, domain), row in wanted.items()}) == 10


@pytest.mark.parametrize("villages", ["kept", "new"])
def test_two_domains_alone_are_as_in_the_reference(villages: str) -> None:
    """One case more in each of two villages of 27 is nothing, however alike the two villages are."""
    data = people("two_domains", villages)
    design, [good] = design_of(data), measures_of(data, PARTS[:1])
    sides = f"{villages} a", f"{villages} b"
    one = difference(design, good, data["domain"], *sides, variance="auto")
    assert agree([one], {sides[1]: expected("two_domains")["good", sides[1]]}) == 1
    assert one.low is not None
    assert one.high is not None
    assert one.low < -0.29
    assert one.high > 0.37
    assert (one.variance, one.flags, one.villages, one.pool) == (
        "pooled",
        (),
        (2, 2),
        2 if villages == "kept" else 4,
    )
    plain = difference(design, good, data["domain"], *sides)
    assert (plain.standard_error, plain.low, plain.high, plain.p) == (0, None, None, None)
    assert "no_interval" in plain.flags


def test_neither_scale_nor_order_nor_the_opposite_question_change_p() -> None:
    data = people("one_wave")
    measures = measures_of(data, PARTS)
    p = [one.p for one in against_rest(design_of(data), measures, data["domain"])]

    scaled = data | {"weight": data["weight"] * 250}
    assert [one.p for one in against_rest(design_of(scaled), measures, data["domain"])] == pytest.approx(p)

    order = np.random.default_rng(1).permutation(len(data["weight"]))
    mixed = {name: column[order] for name, column in data.items()}
    again = against_rest(design_of(mixed), measures_of(mixed, PARTS), mixed["domain"])
    assert [one.p for one in again] == pytest.approx(p)

    opposite = data | {
        "good": 1 - data["good"],
        "rare": 1 - data["rare"],
        "index": data["answers"] - data["index"],
    }
    found = against_rest(design_of(data), measures_of(opposite, PARTS), data["domain"])
    assert [one.p for one in found] == pytest.approx(p, abs=1e-9)


def test_a_change_and_its_way_back_have_one_p() -> None:
    data = people("two_waves")
    totals = psu_totals(design_of(data), measures_of(data, PARTS[:1]), data["domain"])
    there = [(f"old x{g}", f"new x{g}") for g in range(10)]
    p = [one.p for one in contrasts(totals, there, 0.95, "auto")]
    assert [one.p for one in contrasts(totals, [(b, a) for a, b in there], 0.95, "auto")] == pytest.approx(p)


def test_where_nothing_differs_p_is_1_whichever_way_one_asks() -> None:
    """At z = 0 the two sides of a skew tail are not alike; there p must not depend on which question is asked."""
    assert tail(np.zeros(2), np.array([0.5, -0.5])).tolist() == [0.5, 0.5]


def communes(r: Any, villages: Sequence[int], size: int = 9) -> tuple[Any, Any, Design]:
    unit = np.repeat(np.arange(len(villages)), villages)
    place = np.repeat(np.arange(len(unit)), size)
    row = unit[place]
    return row, place, Design(np.ones(len(row)), row, place, single_psu="centered")


@given(some.integers(0, 10**6), some.sampled_from([0.0, 0.03, 0.5, 1.0]), some.sampled_from(["auto", "pooled"]))
def test_there_is_no_certainty_from_few_answers(seed: int, share: float, variance: Any) -> None:
    """All events or none, one village, one answer, nobody: no p of 0, no width of 0, a flag for each None."""
    r = np.random.default_rng(seed)
    row, _, design = communes(r, r.integers(1, 4, r.integers(2, 6)).tolist())
    answered = r.random(len(row)) < r.choice([0.05, 0.5, 1.0], 6)[row]
    yes = (r.random(len(row)) < share) & answered
    measures = [
        Measure.share("q", "2", answered.astype(np.int8) + yes, {2}, 0),
        Measure.numbers("mean", None, "mean", np.where(yes, 3.0, 1.0), answered),
        Measure.numbers("index", None, "index", np.where(yes, 4.0, 1.0), np.where(answered, 4.0, 0.0)),
    ]
    totals = psu_totals(design, measures, row)
    pairs: list[Any] = [(REST, unit) for unit in totals.domains]
    pairs += [(totals.domains[0], unit) for unit in totals.domains[1:]]
    for one in contrasts(totals, pairs, 0.95, variance):
        if one.p is None:
            assert one.low is None
        else:
            assert 0 < one.p <= 1
            assert one.n > 0
        if one.low is None or one.high is None:
            assert "no_interval" in one.flags
        else:
            assert one.low < one.high
        if one.n and one.item == "q" and not yes.any():
            assert "none" in one.flags


def test_one_village_is_tested_on_what_all_share() -> None:
    """ν = 0 and k = 1: its variance is φ (ρ + (1 − ρ)/n) of the pool."""
    data = people("one_wave")
    found = effective(psu_totals(design_of(data), measures_of(data, PARTS[:1]), data["domain"]))
    g = found.totals.domains.index("x05")
    assert found.k[g, 0] == 1
    assert found.df[g, 0] == pytest.approx(found.d0[0])
    n = found.whole.count[g, 0]
    assert found.e[g, 0] == pytest.approx(found.phi[0] * (found.rho[0] + (1 - found.rho[0]) / n))


def test_without_likeness_the_answers_count_one_by_one() -> None:
    """ρ = 0, k ≤ 1, equal weights: e = φ/n, never less, although the villages happen to agree with each other."""
    row = np.repeat(np.arange(4), 40)
    place, yes = np.repeat(np.arange(16), 10), np.tile([1.0] * 8 + [0.0] * 2, 16)  # every village says the same
    totals = psu_totals(
        Design(np.ones(160), row, place), [Measure.numbers("q", None, "proportion", yes, np.ones(160))], row
    )
    found = effective(totals)
    assert found.rho[0] == 0
    assert found.e[:, 0] == pytest.approx([found.phi[0] / 40] * 4)


def test_rows_that_are_their_own_psus_have_their_own_variance() -> None:
    """ρ = 0, e = v/u(p): the p of two simple samples is nearly that of the score test of two proportions."""
    r = np.random.default_rng(5)
    unit = np.repeat(["a", "b", "c"], [200, 300, 400])
    yes = (r.random(900) < 0.3).astype(float)
    measure, design = Measure.numbers("q", None, "proportion", yes, np.ones(900)), Design(np.ones(900), unit)
    found = effective(psu_totals(design, [measure], unit))
    alone = estimate(design, [measure], unit)
    for g, one in enumerate(alone):
        assert one.estimate is not None
        assert one.standard_error is not None
        assert found.e[g, 0] == pytest.approx(one.standard_error**2 / (one.estimate * (1 - one.estimate)))
        assert found.df[g, 0] == one.df
    one = difference(design, measure, unit, "a", "b", variance="auto")
    p_a, p_b = yes[:200].mean(), yes[200:500].mean()
    p = yes[:500].mean()
    z = (p_b - p_a) / np.sqrt(p * (1 - p) * (1 / 199 + 1 / 299))
    assert one.p == pytest.approx(2 * ndtr(-abs(z)), abs=0.01)
    assert (one.rho, one.pool, one.villages) == (0, 0, (200, 300))


def test_a_long_pair_of_many_strata_has_satterthwaites_degrees_of_freedom() -> None:
    """Two villages in each of 12 strata, one of which weighs nearly all: R's 24 − 12, in truth about 1."""
    r = np.random.default_rng(2)
    stratum, place = np.repeat(np.arange(12), 2 * 40), np.repeat(np.arange(24), 40)
    weight = np.where(stratum == 0, 200.0, 1.0)
    wave = np.tile(["old", "new"], 480)
    lean = r.normal(0, 0.15, (24, 2))[place, (wave == "new").astype(int)]
    yes = (r.random(960) < 0.5 + lean).astype(float)
    measure, design = Measure.numbers("q", None, "proportion", yes, np.ones(960)), Design(weight, stratum, place)
    direct = difference(design, measure, wave, "old", "new")
    auto = difference(design, measure, wave, "old", "new", variance="auto")
    assert (direct.df, auto.variance) == (12, "direct")
    assert auto.standard_error == direct.standard_error
    assert 1 <= auto.df < 1.5
    alike = difference(Design(np.ones(960), stratum, place), measure, wave, "old", "new", variance="auto")
    assert 6 < alike.df <= 12


def made(estimate: float | None, p: float | None) -> Difference:
    return Difference("q", None, "rest", "a", estimate, 0.1, None, None, 9, p, 50, "direct")


def test_the_five_words_and_none() -> None:
    differences = [
        made(0.2, 0.001),
        made(-0.2, 0.001),
        made(0.1, 0.04),
        made(-0.1, 0.05),
        made(0.1, 0.9),
        made(0, 0.9),
    ]
    assert groups([*differences, made(None, None)]) == [
        "above", "below", "signs_above", "signs_below", "not_apart", "not_apart", None
    ]  # fmt: skip
    assert groups(differences[:1], family=100) == ["signs_above"]
    assert groups(differences[:1], family=1000) == ["not_apart"]
    assert groups([made(0.2, 0.02)], level=0.99) == ["signs_above"]


def test_benjamini_and_hochberg_by_hand() -> None:
    """.2·rank/4: .05, .10, .15, .20. The second lies above its own line; the third below, so both are marked."""
    assert benjamini_hochberg([0.14, 0.01, None, 0.12, 0.9]) == [True, True, False, True, False]
    assert benjamini_hochberg([0.14, 0.01, None, 0.12, 0.9], family=8) == [False, True, False, False, False]
    assert benjamini_hochberg([]) == []


def test_many_domains_stand_together_however_many_villages_they_have() -> None:
    """12 villages each: alone, two of them would be left direct; beside others they share what all tell."""
    r = np.random.default_rng(3)
    row, place, design = communes(r, [12, 12, 12])
    yes = (r.random(len(row)) < 0.6).astype(float)
    measure = Measure.numbers("q", None, "proportion", yes, np.ones(len(row)))
    assert difference(design, measure, row, 0, 1, variance="auto").variance == "pooled"
    assert difference(design, measure, row, 0, 1, within=row < 2, variance="auto").variance == "direct"
    two = np.where(row == 2, 1, row)
    assert (
        difference(design, measure, two, REST, 1, variance="auto").p
        == difference(design, measure, two, 0, 1, variance="auto").p
    ), "of two the rest is the other one"


def test_totals_stay_direct() -> None:
    data = people("one_wave")
    total = Measure.numbers("days", None, "total", data["days"], data["asked"])
    auto, direct = (
        contrasts(psu_totals(design_of(data), [total], data["domain"]), [("x00", "x01")], 0.95, variance)
        for variance in ("auto", "direct")
    )
    assert auto == direct

"""Weights, replicates, association and parts: against R, and against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis import Design, DesignError, Measure, Share, estimate, proportion, ratio
from analysis.association import association
from analysis.design import Labels, code
from analysis.estimate import tabulate
from analysis.parts import Gathering, part
from analysis.replicates import bootstrap, jackknife
from analysis.weights import base_weight, calibrate, design_effect, linear, post_stratify, rake, trim

# The figures of R come from reference/make_others.R: R 4.5.0, survey 4.4-2.
SEX = {"1": 28855.82, "2": 31260.46}
AGE = {"1": 7213.95, "2": 13225.58, "3": 16832.56, "4": 13225.58, "5": 9618.61}


@pytest.mark.parametrize(
    ("file", "design", "rows", "columns", "f", "df", "denominator", "p"),
    [
        ("nhanes.csv", ("WTMEC2YR", "SDMVSTRA", "SDMVPSU"), "race", "HI_CHOL",
         3.1513386217122803, 1.9229766794436725, 30.7676268710987593, 0.0586747436854518),
        ("nhanes.csv", ("WTMEC2YR", "SDMVSTRA", "SDMVPSU"), "RIAGENDR", "agecat",
         6.7671424711250419, 2.6623231404345589, 42.5971702469529419, 0.0011757032737488),
        ("sipas_a.csv", ("w", "vung", "thon"), "gioi_tinh", "c9_01",
         1.261748656874045, 2.983876795087793, 149.193839754389671, 0.289700028070185),
    ],
)  # fmt: skip
def test_association_is_that_of_svychisq(
    data: Any, file: str, design: Any, rows: str, columns: str, f: float, df: float, denominator: float, p: float
) -> None:
    table = data(file)
    weight, stratum, psu = design
    sample = Design(table.number(weight), table.text(stratum), table.text(psu))
    found = association(sample, table.text(rows), table.text(columns))
    assert (found.statistic, found.df, found.df_denominator) == pytest.approx((f, df, denominator))
    assert found.p == pytest.approx(p)


def test_an_association_needs_two_values() -> None:
    with pytest.raises(DesignError, match="two values"):
        association(Design([1.0] * 4), [1, 1, 1, 1], [1, 2, 1, 2])


def test_the_jackknife_is_that_of_r(data: Any) -> None:
    table = data("sipas_a.csv")
    sample = jackknife(Design(table.number("w"), table.text("vung"), table.text("thon")))
    c9 = table.number("c9_01")
    y, x = np.nan_to_num(c9) >= 4, ~np.isnan(c9)
    assert np.sqrt(sample.ratio_variance(y, x)) == pytest.approx(0.0287180455150044)
    late, visits = table.number("so_lan_tre"), table.number("so_lan")
    both = ~np.isnan(late) & ~np.isnan(visits)
    error = np.sqrt(sample.ratio_variance(np.where(both, late, 0), np.where(both, visits, 0)))
    assert error == pytest.approx(0.021034423723335)
    table = data("sipas_fpc_a.csv")
    sample = jackknife(Design(table.number("w"), table.text("vung"), table.text("thon"), table.number("so_thon")))
    c9 = table.number("c9_01")
    assert sample.variance(lambda w: w @ (np.nan_to_num(c9) >= 4) / (w @ ~np.isnan(c9))) == pytest.approx(
        0.0275406515182559**2
    )


def test_the_bootstrap_agrees_with_the_formula(data: Any) -> None:
    table = data("sipas_a.csv")
    design = Design(table.number("w"), table.text("vung"), table.text("thon"))
    c9 = table.number("c9_01")
    (formula,) = proportion(design, table.text("c9_01"), of={"4", "5"})
    error = np.sqrt(bootstrap(design, 2000, seed=1).ratio_variance(np.nan_to_num(c9) >= 4, ~np.isnan(c9)))
    assert error == pytest.approx(formula.standard_error, rel=0.06)
    again = bootstrap(design, 20, seed=1).factor
    assert (again == bootstrap(design, 20, seed=1).factor).all()


def test_bounded_linear_calibration_is_that_of_r(data: Any) -> None:
    table = data("sipas_a.csv")
    design = Design(table.number("w"), table.text("vung"), table.text("thon"))
    labels = {"gioi_tinh": table.text("gioi_tinh"), "do_tuoi": table.text("do_tuoi")}
    fitted = calibrate(design, labels, {"gioi_tinh": SEX, "do_tuoi": AGE}, "linear", bounds=(0.7, 1.6))
    assert (fitted.factor.min(), fitted.factor.max()) == pytest.approx((0.899785854918277, 1.331713763036631))
    (one,) = proportion(design.calibrated(fitted), table.text("c9_01"), of={"4", "5"})
    assert (one.estimate, one.standard_error) == pytest.approx((0.7423217606657, 0.0281915862624434))
    with pytest.raises(DesignError, match="bounds"):
        calibrate(design, labels, {"gioi_tinh": SEX, "do_tuoi": AGE}, "linear", bounds=(0.95, 1.05))


def test_raked_weights_agree_with_all_margins(data: Any) -> None:
    table = data("sipas_a.csv")
    design = Design(table.number("w"), table.text("vung"), table.text("thon"))
    labels = {"gioi_tinh": table.text("gioi_tinh"), "do_tuoi": table.text("do_tuoi")}
    weight = design.calibrated(rake(design, labels, {"gioi_tinh": SEX, "do_tuoi": AGE})).final_weight
    for name, margin in (("gioi_tinh", SEX), ("do_tuoi", AGE)):
        for value, wanted in margin.items():
            assert weight[np.array(labels[name]) == value].sum() == pytest.approx(wanted, rel=1e-11)


def test_an_impossible_margin_is_named() -> None:
    design = Design([1.0] * 4)
    sex, age = ["m", "m", "f", "f"], ["y", "y", "o", "o"]
    with pytest.raises(DesignError, match="Nobody in the sample has cell = x"):
        post_stratify(design, sex, {"m": 5, "f": 5, "x": 2})
    with pytest.raises(DesignError, match="value f, for which the margins give no total"):
        post_stratify(design, sex, {"m": 5})
    with pytest.raises(DesignError, match="disagree"):
        rake(design, {"s": sex, "a": age}, {"s": {"m": 5, "f": 5}, "a": {"y": 5, "o": 6}})
    with pytest.raises(DesignError, match="doesn't converge"):  # all men are young: 6 men can't be 4 young ones
        rake(design, {"s": sex, "a": age}, {"s": {"m": 6, "f": 4}, "a": {"y": 4, "o": 6}})
    with pytest.raises(DesignError, match="one variable"):
        calibrate(design, {"s": sex, "a": age}, {"s": {"m": 6, "f": 4}, "a": {"y": 6, "o": 4}}, "post")


def test_linear_calibration_takes_any_variables() -> None:
    r = np.random.default_rng(3)
    design, x = Design(r.uniform(1, 3, 50)), np.column_stack([np.ones(50), r.normal(10, 2, 50)])
    fitted = design.calibrated(linear(design, x, [120, 1260])).final_weight
    assert fitted @ x == pytest.approx([120, 1260])


def test_a_mean_of_a_calibration_variable_has_no_error() -> None:
    design, sex = Design([1.0] * 20, psu=list(range(20))), ["m", "f"] * 10
    (men,) = proportion(design.calibrated(post_stratify(design, sex, {"m": 70, "f": 30})), sex, of={"m"})
    assert men.estimate == pytest.approx(0.7)
    assert men.standard_error == pytest.approx(0, abs=1e-9)


def test_trimmed_weights_keep_their_sum() -> None:
    weight = trim([1, 1, 1, 17], high=8)
    assert weight.tolist() == pytest.approx([4, 4, 4, 8])
    with pytest.raises(DesignError, match="can't add up"):
        trim([1, 1], high=0.5)


def test_base_weights_and_what_unequal_ones_cost() -> None:
    assert base_weight([0.5, 0.1], [0.2, 0.5]).tolist() == pytest.approx([10, 20])
    assert design_effect([2, 2, 2]) == 1
    assert design_effect([1, 3]) == pytest.approx(2 * 10 / 16)


@given(some.integers(0, 10**6), some.integers(1, 5), some.booleans())
def test_parts_add_up_to_the_whole(seed: int, pieces: int, calibrated: bool) -> None:
    r = np.random.default_rng(seed)
    n = 60
    stratum, psu, unit = r.integers(1, 4, n), r.integers(1, 5, n), r.integers(0, 4, n)
    weight, answer, sex = r.uniform(0, 3, n), r.integers(0, 4, n).astype(np.int8), r.integers(1, 3, n)
    design = Design(weight, stratum, psu, single_psu="centered")
    margins = {"sex": {1: 40.0, 2: 50.0}}
    if calibrated:
        design = design.calibrated(rake(design, {"sex": sex}, margins))
    measures = [Share("q", "2", answer, frozenset({2})), Share("q", "2", answer, frozenset({2, 3}), 0, "total")]
    whole = estimate(design, measures, [None if label == 0 else f"u{label}" for label in unit], variance="auto")

    gathering = Gathering([("q", "2", "proportion"), ("q", "2", "total")], "centered")
    for rows in np.array_split(r.permutation(n), pieces):
        labels = code([None if label == 0 else f"u{label}" for label in unit[rows]])
        mine = [
            Share("q", "2", answer[rows], frozenset({2})),
            Share("q", "2", answer[rows], frozenset({2, 3}), 0, "total"),
        ]
        groups = code([(one,) for one in sex[rows].tolist()]) if calibrated else None
        gathering.add(part(weight[rows], code(stratum[rows]), code(psu[rows]), labels, mine, groups))
    parts = tabulate(gathering.totals(None, margins if calibrated else None), variance="auto").records()
    assert len(whole) == len(parts)
    for one, other in zip(whole, parts, strict=True):
        assert (one.domain, one.n, one.df, one.flags) == (other.domain, other.n, other.df, other.flags)
        for name in ("estimate", "standard_error", "low", "high"):
            a, b = getattr(one, name), getattr(other, name)
            assert a == b or a == pytest.approx(b, rel=1e-8, abs=1e-12)


def test_ratios_of_parts_are_shifted_alike() -> None:
    r = np.random.default_rng(5)
    n = 80
    psu, y, x = r.integers(0, 8, n), r.normal(1000, 5, n), r.normal(10, 1, n)
    (whole,) = ratio(Design(np.ones(n), psu=psu), y, x)
    gathering = Gathering([("", None, "ratio")])
    for rows in (np.arange(30), np.arange(30, n)):
        size = len(rows)
        whole_file = Labels([None], np.zeros(size, np.int64))
        measure = Measure("", None, "ratio", y[rows], x[rows], np.ones(size, bool))
        gathering.add(part(np.ones(size), code(["all"] * size), code(psu[rows]), whole_file, [measure]))
    (parts,) = tabulate(gathering.totals()).records()
    assert (parts.standard_error, parts.deff) == pytest.approx((whole.standard_error, whole.deff))

"""Calibration against R, and what is told when it cannot be done."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Design, DesignError, proportion
from analysis.weights import calibrate, design_effect, linear, post_stratify, rake

# The figures of R come from reference/make_others.R: R 4.5.0, survey 4.4-2.
SEX = {"1": 28855.82, "2": 31260.46}
AGE = {"1": 7213.95, "2": 13225.58, "3": 16832.56, "4": 13225.58, "5": 9618.61}


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


def test_what_unequal_weights_cost() -> None:
    assert design_effect([2, 2, 2]) == 1
    assert design_effect([1, 3]) == pytest.approx(2 * 10 / 16)


# Two of each kind, 25 people each: rows and columns 60 to 40. By symmetry the logit factors within 0.5 and 1.5
# are 1 on the diagonal (1.5 − g = g − 0.5), so 25 (a + 1) = 60 gives a = 1.4, c = 0.6; raking gives the products
# 100 x 0.6 x 0.6 / 25 = 1.44, 0.96 and 0.64.
SQUARE = {"s": ["m", "m", "f", "f"], "a": ["y", "o", "y", "o"]}
SQUARE_TOTALS = {"s": {"m": 60, "f": 40}, "a": {"y": 60, "o": 40}}


def test_raking_within_bounds_is_the_logit_method() -> None:
    design = Design([25.0] * 4)

    def factors(bounds: tuple[float, float] | None) -> Any:
        fitted = calibrate(design, SQUARE, SQUARE_TOTALS, "raking", bounds)
        return (fitted.factor[fitted.cell]).tolist()

    assert factors((0.5, 1.5)) == pytest.approx([1.4, 1, 1, 0.6])
    assert factors(None) == pytest.approx([1.44, 0.96, 0.96, 0.64])
    assert factors((0, 1e9)) == pytest.approx([1.44, 0.96, 0.96, 0.64])  # without bounds to speak of: raking
    with pytest.raises(DesignError, match="between 0.8 and 1.2"):
        factors((0.8, 1.2))
    with pytest.raises(ValueError, match="hold 1"):
        factors((1.1, 2))


def test_bounds_are_of_the_product_with_the_factors_that_weights_bear() -> None:
    # Two cells of 50 to a total of 112, one of which bears a factor of 2 already. In the product F with bounds L
    # and U, F = L + (U − L) expit(A u + log((c − L)/(U − c))) with c the factor before and
    # A = c (U − L)/((c − L)(U − c)), so that F = c and F' = c at u = 0; u is the same for both.
    low, high, before = 0.5, 2.3, np.array([1.0, 2.0])
    fitted = calibrate(
        Design([50.0, 50.0]), {"s": ["m", "m"]}, {"s": {"m": 112}}, "raking", (low, high), start=before
    )
    product = before * fitted.factor[fitted.cell]
    assert 50 * fitted.factor.sum() == pytest.approx(112)
    assert ((product > low) & (product < high)).all()
    steep = before * (high - low) / ((before - low) * (high - before))
    u = (np.log((product - low) / (high - product)) - np.log((before - low) / (high - before))) / steep
    assert u[0] == pytest.approx(u[1])
    with pytest.raises(DesignError, match="between 0.5 and 2.3"):  # 50 (2,3 + 1,15) is the most there is
        calibrate(Design([50.0, 50.0]), {"s": ["m", "m"]}, {"s": {"m": 173}}, "raking", (low, high), start=before)
    for method in ("raking", "linear"):
        with pytest.raises(ValueError, match="bear already"):
            calibrate(Design([5.0, 5.0]), {"s": [1, 1]}, {"s": {1: 9}}, method, (0.5, 1.9), start=before)  # type: ignore[arg-type]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_bounded_weights_hit_the_margins_within_the_bounds(seed: int) -> None:
    r = np.random.default_rng(seed)
    labels = {"s": r.integers(0, 2, 200), "a": r.integers(0, 4, 200)}
    design = Design(r.uniform(1, 3, 200))
    target = design.weight * r.uniform(
        0.8, 1.25, 200
    )  # somebody's weights within the bounds: the totals are in reach
    margins: Any = {
        name: {int(v): float(target[column == v].sum()) for v in np.unique(column)}
        for name, column in labels.items()
    }
    fitted = calibrate(design, labels, margins, "raking", (0.5, 2.5))
    weight, g = design.calibrated(fitted).final_weight, fitted.factor
    for name, column in labels.items():
        for value, total in margins[name].items():
            assert weight[column == value].sum() == pytest.approx(total, rel=1e-8)
    assert ((g > 0.5) & (g < 2.5)).all()
    link = np.log((g - 0.5) / (2.5 - g))  # what makes it logit: additive in the calibration variables
    assert link - fitted.x @ np.linalg.pinv(fitted.x) @ link == pytest.approx(0, abs=1e-6)


def test_post_stratification_has_no_choice_within_bounds() -> None:
    design = Design([1.0] * 4)
    with pytest.raises(DesignError, match="factor of cell = m would be 4.5"):
        calibrate(design, {"cell": ["m", "m", "f", "f"]}, {"cell": {"m": 9, "f": 2}}, "post", (0.5, 2))


def test_all_values_that_nobody_has_are_named() -> None:
    with pytest.raises(DesignError, match=r"these values of a, .*: x, z\."):
        rake(Design([1.0] * 2), {"a": ["y", "y"]}, {"a": {"x": 1, "y": 2, "z": 3}})

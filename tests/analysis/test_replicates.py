"""Replicate variances against R and against the formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis import Design, proportion
from analysis.replicates import bootstrap, jackknife

# The figures of R come from reference/make_others.R: R 4.5.0, survey 4.4-2.


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


def test_the_bootstrap_knows_the_fpc() -> None:
    """Half of the PSUs drawn: half of the variance (Rao & Wu 1988)."""
    r = np.random.default_rng(2)
    y = (r.random(40) < 0.4).astype(float)
    errors = [
        bootstrap(Design(np.ones(40), fpc=fpc), 4000, seed=3).ratio_variance(y, np.ones(40))
        for fpc in (None, np.full(40, 80.0))
    ]
    assert errors[1] / errors[0] == pytest.approx(0.5, rel=0.01)

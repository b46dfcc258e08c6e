"""A file in parts is the file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis import Design, Measure, Share, estimate, ratio
from analysis.design import Labels, code
from analysis.estimate import tabulate
from analysis.parts import Gathering, part
from analysis.weights import rake


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

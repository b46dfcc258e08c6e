"""A file in parts is the file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from analysis import Design, Measure, estimate, ratio
from analysis.contrast import REST, contrasts
from analysis.design import Floats, Labels, code
from analysis.estimate import Variance, tabulate
from analysis.measure import Measures
from analysis.parts import Gathering, part
from analysis.totals import Totals, psu_totals
from analysis.variance import covariance, scores, wholes
from analysis.weights import Method, calibrate, rake


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
    measures = [Measure.share("q", "2", answer, {2}, 0), Measure.share("q", "2", answer, {2, 3}, 0, "total")]
    whole = estimate(design, measures, [None if label == 0 else f"u{label}" for label in unit], variance="auto")

    gathering = Gathering([("q", "2", "proportion"), ("q", "2", "total")], "centered")
    for rows in np.array_split(r.permutation(n), pieces):
        labels = code([None if label == 0 else f"u{label}" for label in unit[rows]])
        mine = [
            Measure.share("q", "2", answer[rows], {2}, 0),
            Measure.share("q", "2", answer[rows], {2, 3}, 0, "total"),
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
        measure = Measure.numbers("", None, "ratio", y[rows], x[rows], np.ones(size, bool))
        gathering.add(part(np.ones(size), code(["all"] * size), code(psu[rows]), whole_file, [measure]))
    (parts,) = tabulate(gathering.totals()).records()
    assert (parts.standard_error, parts.deff) == pytest.approx((whole.standard_error, whole.deff))


RULES = some.sampled_from(["centered", "average", "certainty"])
VARIANCES = some.sampled_from(["direct", "pooled", "auto"])


@example(563, 1, "centered", "pooled", False, None)  # everybody in the only domain gave one answer
@given(
    some.integers(0, 10**6), some.integers(1, 4), RULES, VARIANCES, some.booleans(),
    some.sampled_from([None, "raking", "linear"]),
)  # fmt: skip
def test_rows_that_are_psus_are_summed_by_stratum(
    seed: int, pieces: int, rule: Any, variance: Variance, has_fpc: bool, method: Method | None
) -> None:
    """Sums and sums of squares say what the rows one by one say; strata of one row and weights of 0 among them."""
    r = np.random.default_rng(seed)
    n = int(r.integers(4, 50))
    stratum, unit = r.integers(0, 5, n), r.integers(0, 4, n)
    weight = r.choice([0.0, 1.0, 2.5, 7.25], n) if seed % 2 else r.uniform(0, 3, n)
    weight[:4] = 1.0
    sex, age = np.arange(n) % 2, np.arange(n) // 2 % 2
    margins = {"sex": {0: 40.0, 1: 50.0}, "age": {0: 65.0, 1: 25.0}} if method else None
    answer, score = r.integers(0, 4, n).astype(np.int8), r.choice([np.nan, 0.0, 3.0, 10.0], n) + r.uniform(0, 1, n)
    base, place = r.uniform(0, 5, n), [None if label == 0 else f"u{label}" for label in unit]
    fpc = (np.bincount(stratum, minlength=5) + r.integers(0, 3, 5))[stratum] if has_fpc else None

    def measures(rows: Any) -> Measures:
        there, y = ~np.isnan(score[rows]), np.nan_to_num(score[rows])
        return [
            Measure.share("q", "2", answer[rows], {2}, 0),
            Measure.share("q", "2", answer[rows], {2, 3}, 0, "total"),
            Measure.numbers("y", None, "mean", y, there),
            Measure.numbers("y", None, "total", y, there),
            Measure.numbers("y", None, "ratio", y, base[rows], there),
        ]

    design = Design(weight, stratum, None, fpc, rule)
    if method and margins:
        design = design.calibrated(calibrate(design, {"sex": sex, "age": age}, margins, method))
    whole = psu_totals(design, measures(slice(None)), place)
    gathering = Gathering([(one.item, one.value, one.statistic) for one in measures(slice(None))], rule)
    for rows in np.array_split(r.permutation(n), pieces):
        labels, strata = code([place[row] for row in rows]), code(stratum[rows])
        fpcs = {} if fpc is None else dict(zip(stratum[rows].tolist(), fpc[rows].tolist(), strict=True))
        groups = code(list(zip(sex[rows].tolist(), age[rows].tolist(), strict=True))) if method else None
        gathering.add(part(weight[rows], strata, None, labels, measures(rows), groups, fpcs))
    parts = gathering.totals(None, margins, method or "raking")
    assert len(parts.frame.stratum) == len(set(stratum.tolist()))
    one, other = (_told(totals, variance) for totals in (whole, parts))
    assert one[0] == other[0]
    np.testing.assert_allclose(one[1], other[1], rtol=1e-6, atol=1e-6)
    for k in range(5):
        matrices = [covariance(scores(totals, wholes(totals)), k) for totals in (whole, parts)]
        np.testing.assert_allclose(*matrices, rtol=1e-6, atol=1e-9)


def _told(totals: Totals, variance: Variance) -> tuple[list[Any], Floats]:
    """What is counted and what is computed: of each domain, and of each domain beside the others."""
    found = tabulate(totals, variance=variance).records()
    pairs = [(label, REST) for label in totals.domains]
    apart = contrasts(totals, pairs, 0.95, variance) if len(pairs) > 1 else []
    counted = [(x.domain, x.n, x.df, x.flags, x.variance) for x in found] + [
        (x.from_, x.n, x.flags, x.villages, x.variance) for x in apart
    ]
    seen = [x.deff is not None and x.deff > 1e-12 for x in found]  # a variance of mere rounding tells nothing
    figures = [
        (x.estimate, x.standard_error, x.low, x.high, *((x.deff, x.n_eff) if there else (None, None)))
        for x, there in zip(found, seen, strict=True)
    ]
    figures += [(x.estimate, x.standard_error, x.low, x.high, x.p, x.df) for x in apart]
    return counted, np.array(figures, np.float64)

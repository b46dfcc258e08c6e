"""What must hold for every sample, and what a textbook says of simple ones."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analysis import Design, DesignError, Estimate, Measure, estimate, mean, proportion, ratio, total
from analysis.design import Labels

SAME = 1e-9


@some.composite
def samples(draw: Any) -> dict[str, Any]:
    """Rows of a small stratified, clustered sample: weights, labels, answers on 1…3 with blanks (0)."""
    rows = draw(
        some.lists(
            some.tuples(
                some.integers(1, 3),  # stratum
                some.integers(1, 4),  # village, its number restarts in each stratum
                some.integers(0, 3),  # answer
                some.sampled_from(["a", "b", "c", None]),  # commune
                some.sampled_from([0.0, 1.0, 2.5, 7.0]),
            ),
            min_size=2,
            max_size=40,
        )
    )
    stratum, psu, answer, unit, weight = (list(column) for column in zip(*rows, strict=True))
    return {
        "weight": [*weight, 1.0],
        "stratum": [*stratum, 1],
        "psu": [*psu, 1],
        "answer": np.array([*answer, 1], np.int8),
        "unit": [*unit, "a"],
    }


def design(sample: dict[str, Any], scale: float = 1.0, order: Any = None, **options: Any) -> Design:
    order = np.arange(len(sample["weight"])) if order is None else order
    weight = np.array(sample["weight"])[order] * scale
    stratum = [sample["stratum"][row] for row in order]
    psu = [sample["psu"][row] for row in order]
    return Design(weight, stratum, psu, single_psu=options.pop("single_psu", "centered"), **options)


def share(sample: dict[str, Any], of: set[int], order: Any = None, statistic: Any = "proportion") -> Measure:
    answer = sample["answer"] if order is None else sample["answer"][order]
    return Measure.share("q", None, answer, frozenset(of), 0, statistic)


def close(one: list[Estimate], two: list[Estimate], but: tuple[str, ...] = ()) -> None:
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        for name, value in asdict(a).items():
            other = asdict(b)[name]
            if name in but:
                continue
            if isinstance(value, float) and isinstance(other, float):
                assert math.isclose(value, other, rel_tol=1e-7, abs_tol=1e-9), name
            else:
                assert value == other, name


@given(samples(), some.sampled_from(["direct", "pooled", "auto"]), some.floats(0.01, 1e6))
def test_the_scale_of_the_weights_changes_nothing(sample: dict[str, Any], variance: Any, scale: float) -> None:
    one, two = (
        estimate(design(sample, by), [share(sample, {2, 3})], sample["unit"], variance=variance)
        for by in (1.0, scale)
    )
    close(one, two, but=("weight_sum",))


@given(samples(), some.randoms())
def test_the_order_of_the_rows_changes_nothing(sample: dict[str, Any], random: Any) -> None:
    order = list(range(len(sample["weight"])))
    random.shuffle(order)
    shuffled = estimate(
        design(sample, order=order), [share(sample, {2, 3}, order)], [sample["unit"][row] for row in order]
    )
    close(estimate(design(sample), [share(sample, {2, 3})], sample["unit"]), shuffled)


@given(samples())
def test_rows_of_a_psu_may_be_split(sample: dict[str, Any]) -> None:
    """A row of weight w is two alike rows of w/2: the same estimate and error; only n changes."""
    rows = np.repeat(np.arange(len(sample["weight"])), 2)
    half = design(sample, 0.5, rows)
    split = estimate(half, [share(sample, {2, 3}, rows)], [sample["unit"][row] for row in rows])
    for a, b in zip(estimate(design(sample), [share(sample, {2, 3})], sample["unit"]), split, strict=True):
        assert b.n == 2 * a.n
        for name in ("estimate", "standard_error", "df", "weight_sum"):
            one, other = getattr(a, name), getattr(b, name)
            assert one == other or one == pytest.approx(other, rel=1e-7, abs=1e-9)


@given(samples(), some.sampled_from(["korn-graubard", "beta", "logit", "wilson"]), some.sampled_from([0.8, 0.95]))
def test_a_share_lies_within_0_and_1_and_within_its_interval(
    sample: dict[str, Any], interval: Any, level: float
) -> None:
    for variance in ("direct", "pooled", "auto"):
        for one in estimate(
            design(sample), [share(sample, {2})], sample["unit"], interval=interval, level=level, variance=variance
        ):
            if one.estimate is None:
                assert one.n == 0
                continue
            assert 0 <= one.estimate <= 1
            if one.low is None:
                assert "no_interval" in one.flags
            else:
                assert one.high is not None
                assert 0 - SAME <= one.low <= one.estimate + SAME
                assert one.estimate - SAME <= one.high <= 1 + SAME


@given(samples())
def test_a_share_and_its_complement_are_one(sample: dict[str, Any]) -> None:
    yes, no = (estimate(design(sample), [share(sample, of)], sample["unit"]) for of in ({2}, {1, 3}))
    for a, b in zip(yes, no, strict=True):
        if a.estimate is None or b.estimate is None or a.standard_error is None or b.standard_error is None:
            assert a.estimate == b.estimate
            continue
        assert a.estimate + b.estimate == pytest.approx(1)
        assert a.standard_error == pytest.approx(b.standard_error, abs=SAME)
        if a.low is not None and b.high is not None:
            assert a.low == pytest.approx(1 - b.high, abs=1e-7)


@given(samples(), some.sampled_from(["proportion", "total"]))
def test_codes_and_scores_are_two_ways_to_say_the_same(sample: dict[str, Any], statistic: Any) -> None:
    answer = sample["answer"]
    scores = Measure.numbers("q", None, statistic, np.isin(answer, (1, 3)), answer > 0)
    for variance in ("direct", "pooled"):
        two = [
            estimate(design(sample), [one], sample["unit"], variance=variance)
            for one in (share(sample, {1, 3}, statistic=statistic), scores)
        ]
        close(*two)


@given(samples())
def test_the_error_is_its_definition_written_in_loops(sample: dict[str, Any]) -> None:
    d = design(sample, single_psu="certainty")
    for one in estimate(d, [share(sample, {2, 3})], sample["unit"]):
        if one.estimate is None or one.standard_error is None:
            continue
        inside = [unit == one.domain for unit in sample["unit"]]
        X = sum(w for w, here, y in zip(sample["weight"], inside, sample["answer"], strict=True) if here and y)
        totals: dict[int, dict[int, float]] = {}
        for row, w in enumerate(sample["weight"]):
            village = totals.setdefault(sample["stratum"][row], {})
            village.setdefault(sample["psu"][row], 0.0)
            if inside[row] and sample["answer"][row]:
                village[sample["psu"][row]] += w * ((sample["answer"][row] >= 2) - one.estimate) / X
        variance = 0.0
        for villages in totals.values():
            m = len(villages)
            if m > 1:
                middle = sum(villages.values()) / m
                variance += m / (m - 1) * sum((t - middle) ** 2 for t in villages.values())
        assert one.standard_error**2 == pytest.approx(variance, rel=1e-7, abs=1e-15)


def test_a_simple_random_sample_is_the_textbook() -> None:
    y = [1] * 30 + [0] * 70
    (one,) = proportion(Design([40.0] * 100), y, of={1}, interval="wald")
    assert one.estimate == pytest.approx(0.3)
    assert one.standard_error == pytest.approx(math.sqrt(0.3 * 0.7 / 99))
    assert (one.df, one.n, one.deff) == (99, 100, pytest.approx(1))
    numbers = [3.0, 5.0, 9.0, 11.0]
    (average,) = mean(Design([10.0] * 4), numbers)
    assert (average.estimate, average.standard_error) == (7, pytest.approx(np.std(numbers, ddof=1) / 2))
    (whole,) = total(Design([10.0] * 4), numbers)
    assert (whole.estimate, whole.standard_error) == (280, pytest.approx(40 * np.std(numbers, ddof=1) / 2))
    (part,) = ratio(Design([1.0] * 4), [1, 2, 3, 4], [2, 4, 6, 8])
    assert (part.estimate, part.standard_error) == (0.5, 0)


def test_an_fpc_shrinks_the_error_by_the_part_not_drawn() -> None:
    y = [1, 0, 1, 1, 0]
    (without,) = proportion(Design([1.0] * 5), y, of={1})
    for fpc in ([20.0] * 5, [0.25] * 5):
        (with_fpc,) = proportion(Design([1.0] * 5, fpc=fpc), y, of={1})
        assert with_fpc.standard_error == pytest.approx((without.standard_error or 0) * math.sqrt(0.75))


def test_no_event_among_111_is_at_most_3_3_percent() -> None:
    (one,) = proportion(Design([1.0] * 111), Labels([0, 1], np.zeros(111, np.int64)), of={1})
    assert (one.estimate, one.low, one.standard_error) == (0, 0, 0)
    assert one.high == pytest.approx(1 - 0.025 ** (1 / 111))
    assert "none" in one.flags
    (every,) = proportion(Design([1.0] * 111), [1] * 111, of={1})
    assert (every.estimate, every.high) == (1, 1)
    assert every.low == pytest.approx(0.025 ** (1 / 111))
    assert "all" in every.flags


def test_one_village_has_no_interval_and_says_so() -> None:
    (one,) = proportion(Design([1.0] * 4, psu=[7] * 4, single_psu="certainty"), [1, 0, 1, 1], of={1})
    assert (one.low, one.high, one.df) == (None, None, 0)
    assert {"few", "check", "no_interval"} <= set(one.flags)


def test_a_domain_without_answers_keeps_its_record() -> None:
    (a, b) = proportion(
        Design([1.0] * 4, psu=[1, 1, 2, 2]),
        [1, 2, 1, None],
        of={1},
        domain=["a", "a", "a", None],
        domains=["a", "z"],
    )
    assert (a.domain, a.n, b.domain, b.n) == ("a", 3, "z", 0)
    assert (b.estimate, b.standard_error, b.low, b.high, b.deff, b.n_eff) == (None,) * 6
    assert {"few", "no_interval"} <= set(b.flags)


def test_the_index_is_pooled_over_answers_and_takes_the_logit() -> None:
    """Three people with 4, 2 and 1 valid answers: a ratio of totals, never a mean of shares."""
    score, base, village = np.array([4.0, 1, 0, 2]), np.array([4.0, 2, 1, 3]), [1, 1, 2, 3]
    (one,) = estimate(Design([1.0] * 4, psu=village), [Measure.numbers("index", None, "index", score, base)])
    assert one.estimate == pytest.approx(7 / 10)
    assert one.n == 4
    p, se = 0.7, one.standard_error or 0
    half = 4.302652729911275 * se / (p * (1 - p))  # t, 2 degrees of freedom (Student's table)
    assert one.low == pytest.approx(1 / (1 + math.exp(-(math.log(p / (1 - p)) - half))))


def test_a_mean_far_from_0_loses_no_digits() -> None:
    r = np.random.default_rng(1)
    y, psu = r.normal(size=200), np.arange(200) % 20
    near, far = (mean(Design(np.ones(200), psu=psu), y + shift)[0] for shift in (0, 1e9))
    assert far.standard_error == pytest.approx(near.standard_error, rel=1e-5)
    assert far.deff == pytest.approx(near.deff, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"weight": [1, -2]}, "row 2"),
        ({"weight": [1, float("nan")]}, "row 2"),
        ({"weight": [0, 0]}, "All weights are 0"),
        ({"weight": [1, 1], "psu": ["a", None]}, "row 2"),
        ({"weight": [1, 1], "stratum": [1, ""]}, "row 2"),
        ({"weight": [1, 1, 1], "stratum": ["x", "x", "y"], "psu": [1, 2, 1]}, "single sampling unit: y"),
        ({"weight": [1, 1], "fpc": [1.5, 1.5]}, "2 sampled units"),
        ({"weight": [1, 1], "fpc": [9, 8]}, "varies"),
        ({"weight": [1, 1], "fpc": [9, None]}, "row 2 is blank"),
    ],
)
def test_a_wrong_design_is_told(arguments: dict[str, Any], says: str) -> None:
    if "fpc" in arguments:
        arguments["fpc"] = np.array(arguments["fpc"], dtype=float)
    with pytest.raises(DesignError, match=says):
        Design(**arguments)


def test_a_stratum_taken_whole_is_not_lonely() -> None:
    d = Design([1.0] * 3, ["x", "x", "y"], [1, 2, 1], fpc=[10, 10, 1])
    assert not d.frame.lonely.any()


@settings(max_examples=25)
@given(some.integers(0, 2**32 - 1))
def test_pooled_agrees_with_its_definition_in_loops(seed: int) -> None:
    """statistics 6b for communes as strata: v_g, s_g, m_g, ρ, D_g by hand."""
    r = np.random.default_rng(seed)
    rows = 120
    unit, village = r.integers(0, 4, rows), r.integers(0, 3, rows)
    y = (r.random(rows) < 0.6).astype(int)
    found = estimate(
        Design(np.ones(rows), unit, village, single_psu="centered"),
        [Measure.numbers("q", None, "proportion", y, np.ones(rows))],
        unit,
        variance="pooled",
    )
    top = bottom = 0.0
    df, parts = 0, []
    for g in range(4):
        here = unit == g
        n, p = here.sum(), y[here].mean()
        sizes = np.array([(here & (village == c)).sum() for c in range(3)])
        T = np.array([(y[here & (village == c)] - p).sum() / n for c in range(3)])[sizes > 0]
        m = len(T)
        v = m / (m - 1) * ((T - T.mean()) ** 2).sum() if m > 1 else 0.0
        s, take = p * (1 - p) / (n - 1), (sizes**2).sum() / n
        parts.append((s, take))
        if 0 < p < 1 and m > 1:
            top, bottom, df = top + v - s, bottom + s * (take - 1), df + m - 1
    rho = max(0.0, top / bottom)
    for one, (s, take) in zip(found, parts, strict=True):
        assert one.df == df
        assert one.standard_error == pytest.approx(math.sqrt((1 + (take - 1) * rho) * s))


@pytest.mark.parametrize("rows", [60, 4_000])  # too few for a table of codes by cell, and enough
def test_a_measure_of_few_values_gives_what_it_gives_row_by_row(rows: int) -> None:
    chance = np.random.default_rng(7)
    base = chance.integers(0, 4, rows)
    score = np.minimum(chance.integers(0, 4, rows), base)
    psu = chance.integers(0, 12, rows)
    design = Design(chance.uniform(1, 3, rows), psu // 4, psu)
    unit = chance.integers(0, 5, rows)
    score[unit == 0] = base[unit == 0]  # a unit in which all are satisfied with all
    y, x = np.arange(16) // 4 * 1.0, np.arange(16) % 4 * 1.0
    coded = Measure("index", None, "index", score * 4 + base, y, x, x > 0)
    by_row = Measure.numbers("index", None, "index", score, base)
    found, expected = (estimate(design, [one], unit, variance="auto") for one in (coded, by_row))
    for one, other in zip(found, expected, strict=True):
        assert (one.n, one.events, one.flags) == (other.n, other.events, other.flags)
        for name in ("estimate", "standard_error", "low", "high", "deff", "weight_sum"):
            told, true = getattr(one, name), getattr(other, name)
            assert told == (true if true is None else pytest.approx(true, rel=SAME, abs=SAME)), name


def test_a_province_whose_strata_weigh_unequally_has_fewer_degrees_of_freedom() -> None:
    """Two villages in each of 20 strata, of which one holds nearly everybody: it alone speaks, df about 1.

    "direct" keeps R's 40 − 20.
    """
    r = np.random.default_rng(4)
    stratum, village = np.repeat(np.arange(20), 60), np.repeat(np.arange(40), 30)
    yes = (r.random(1200) < r.beta(9, 9, 40)[village]).astype(np.int8) + 1
    share = Measure.share("q", "2", yes, {2}, 0)
    for weight, few in ((np.where(stratum == 0, 500.0, 1.0), 1.5), (np.ones(1200), 20)):
        design = Design(weight, stratum, village)
        (direct,), (auto,) = estimate(design, [share]), estimate(design, [share], variance="auto")
        assert (direct.df, auto.variance, auto.standard_error) == (20, "direct", direct.standard_error)
        assert few / 2 < auto.df <= few
        assert (auto.high or 0) - (auto.low or 0) >= (direct.high or 0) - (direct.low or 0)


@pytest.mark.parametrize("of", [{44}, {4, 44}, {"4"}])
def test_a_value_that_occurs_nowhere_is_refused_by_its_name(of: Any) -> None:
    """It would be a share of 0, or of less than was meant."""
    with pytest.raises(
        DesignError, match=f"There is no value {sorted(of, key=str)[-1]!r}. The values are: 2, 4, 5."
    ):
        proportion(Design([1.0] * 4), [5, 4, 2, 4], of=of)


def test_a_share_names_its_blank() -> None:
    """A code of 0 is an answer in one file and a blank in another: no default reads it as either."""
    with pytest.raises(TypeError, match="blank"):
        Measure.share("q", "1", np.array([0, 1], np.int8), {1})  # type: ignore[call-arg]


class Missing:
    """As pandas' NA: compared with anything it is neither equal nor unequal."""

    def __eq__(self, other: object) -> Any:
        return self

    __ne__ = __eq__

    def __hash__(self) -> int:
        return 1

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


class Column:
    """As a column of pandas: an array of objects, some of them missing."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        array = np.empty(len(self.values), object)
        array[:] = self.values
        return array if dtype is None else array.astype(dtype)


def test_a_missing_value_of_pandas_is_a_blank_wherever_it_stands() -> None:
    """In the answers, in the domain, in a number; in the design it is refused by its row."""
    na, design = Missing(), Design([1.0] * 5)
    shares = proportion(design, Column("a", na, "b", "a", "b"), {"a"}, Column("x", "x", "x", na, "y"))
    assert [(one.domain, one.n, one.estimate) for one in shares] == [("x", 2, 0.5), ("y", 1, 0)]
    (average,) = mean(design, Column(1, na, 3.0, 2, None))
    assert (average.n, average.estimate) == (3, 2)
    with pytest.raises(DesignError, match="psu of row 2 is blank"):
        Design([1.0] * 2, psu=Column("a", na))


def test_no_case_is_bounded_though_each_domain_has_one_psu() -> None:
    """Four communes, one day each: t of 3 degrees, so 60 answers tell as much as 60 (2.001/3.182)² = 23.7."""
    psus = [f"d{commune}" for commune in range(4) for _person in range(60)]
    one_each = Design(np.ones(240), stratum=psus, psu=psus, single_psu="certainty")
    measure = Measure.share("G1", "1", np.zeros(240, np.int64), frozenset({1}), blank=-1)
    for one in estimate(one_each, [measure], psus, variance="auto"):
        assert (one.n, one.low) == (60, 0)
        assert one.high == pytest.approx(0.144, abs=0.001)
        assert "no_interval" not in one.flags

"""Response rates against figures worked out by hand from the formulas of AAPOR's Standard Definitions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.response_rates import Dispositions, response_rates

counts = st.builds(Dispositions, *[st.integers(0, 500)] * 7)
ORDERS = (("RR1", "RR3", "RR5"), ("RR2", "RR4", "RR6"), ("REF1", "REF2", "REF3"), ("CON1", "CON2", "CON3"))


def shares(found: Dispositions, e: float | None = None) -> dict[str, float | None]:
    return {name: rate.share for name, rate in response_rates(found, e).items()}


def test_the_rates_are_those_worked_out_by_hand() -> None:
    """486 households: 400 complete, 20 partial, 30 refused, 15 not met, 5 ill, 10 unknown, 6 not there any more.

    Known to be there: 400 + 20 + 30 + 15 + 5 = 470, of 476 known; e = 470/476. Met: 455; of these not ill: 450.
    """
    some = 470 + Fraction(470, 476) * 10
    exact = {
        "RR1": Fraction(400, 480), "RR2": Fraction(420, 480),
        "RR3": 400 / some, "RR4": 420 / some,
        "RR5": Fraction(400, 470), "RR6": Fraction(420, 470),
        "COOP1": Fraction(400, 455), "COOP2": Fraction(420, 455),
        "COOP3": Fraction(400, 450), "COOP4": Fraction(420, 450),
        "REF1": Fraction(30, 480), "REF2": 30 / some, "REF3": Fraction(30, 470),
        "CON1": Fraction(455, 480), "CON2": 455 / some, "CON3": Fraction(455, 470),
    }  # fmt: skip
    found = response_rates(Dispositions(400, 20, 30, 15, 5, 10, 6))
    assert {name: rate.share for name, rate in found.items()} == pytest.approx(
        {name: float(rate) for name, rate in exact.items()}
    )
    assert (found["RR1"].part, found["RR1"].base) == (400, 480)


def test_the_share_taken_to_be_there_may_be_given() -> None:
    """Half of 10 unknown ones: the base is 90 + 5."""
    assert shares(Dispositions(90, unknown=10), 0.5)["RR3"] == pytest.approx(90 / 95)
    assert shares(Dispositions(90, unknown=10), 0.0)["RR3"] == 1.0
    with pytest.raises(ValueError, match="share"):
        response_rates(Dispositions(90), 1.5)


def test_nothing_drawn_or_nobody_met_has_no_rate() -> None:
    assert set(shares(Dispositions()).values()) == {None}
    assert set(shares(Dispositions(not_eligible=9)).values()) == {None}
    away = shares(Dispositions(no_contact=2))
    assert (away["RR1"], away["RR5"], away["COOP1"], away["CON1"]) == (0.0, 0.0, None, 0.0)
    unknown = shares(Dispositions(unknown=5))
    assert (unknown["RR1"], unknown["RR3"], unknown["RR5"]) == (0.0, None, None)
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="negative"):
            Dispositions(complete=wrong)


def test_weighted_counts_give_weighted_rates() -> None:
    """A village that answered wholly, of weight 3, and one that half refused, of weight 1: 30 + 5 of 30 + 10."""
    whole = Dispositions(10) * 3 + Dispositions(5, refused=5)
    assert (whole, whole.drawn) == (Dispositions(35, refused=5), 40)
    assert shares(whole)["RR1"] == pytest.approx(0.875)


@given(counts, counts)
def test_rates_are_fractions_in_their_order_and_a_sum_lies_between_its_parts(
    one: Dispositions, other: Dispositions
) -> None:
    e = (one + other).e
    first, second, both = shares(one, e), shares(other, e), shares(one + other, e)
    for rates in (first, second, both):
        for names in ORDERS:
            known = [rate for name in names if (rate := rates[name]) is not None]
            assert all(low <= high + 1e-12 for low, high in zip(known, known[1:], strict=False))
        assert all(0 <= rate <= 1 + 1e-12 for rate in rates.values() if rate is not None)
        if rates["RR2"] is not None and rates["REF1"] is not None:
            assert rates["RR2"] + rates["REF1"] <= 1 + 1e-12
    for name, middle in both.items():
        low, high = first[name], second[name]
        if low is not None and high is not None and middle is not None:
            assert min(low, high) - 1e-12 <= middle <= max(low, high) + 1e-12

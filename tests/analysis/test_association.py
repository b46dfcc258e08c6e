"""The Rao–Scott test against R."""

from __future__ import annotations

from typing import Any

import pytest

from analysis import Design, DesignError
from analysis.association import association

# The figures of R come from reference/make_others.R: R 4.5.0, survey 4.4-2.


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


def test_units_that_answer_alike_say_nothing_of_chance() -> None:
    """Every village has the same two-by-two table: a variance of 0, and so neither F nor p."""
    rows, columns = [1, 1, 1, 2, 2, 2] * 6, [1, 1, 2, 2, 2, 1] * 6
    villages = [village for village in range(6) for _ in range(6)]
    with pytest.raises(DesignError, match="in the same shares"):
        association(Design([1.0] * 36, psu=villages), rows, columns)

"""The list of communes: what is asked for, in groups by verdict, and nothing about what is hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from analysis import Difference
from analysis.contrast import Group
from survey.results import unit_table, wording
from survey.results.comparison import Change, Comparison
from survey.results.result_table import Record
from survey.results.since import Since
from survey.results.unit_table import Figure, UnitRow
from survey.storage.models import Unit, Wave, WaveKind

OLD, NEW = (
    Wave(code=code, kind=WaveKind.SAMPLE, opens=date(year, 1, 1)) for code, year in (("cu", 2025), ("moi", 2026))
)
SINCE = Since(NEW, OLD, is_released=True)


def difference(estimate: float, p: float = 1e-9) -> Difference:
    return Difference(
        "index", None, "a", "b", estimate, 0.01, estimate - 0.02, estimate + 0.02, 40, p, 90, "pooled"
    )


def row(name: str, share: float | None, group: Group | None, moved: float | None, word: Group | None) -> UnitRow:
    flags = () if share is not None else ("hidden",)
    rest: Any = difference(0.1) if group else None
    low, high = (None, None) if share is None else (share - 0.05, min(1.0, share + 0.05))
    record = Record(
        "index", None, name, "index", share, 0.01, low, high, 40, 1.5, None if share is None else 100, 60.0,
        "pooled", flags, 90, 100.0, rest=rest, standing=group,
    )  # fmt: skip
    change = None if moved is None else Change("index", None, name, record, record, difference(moved), word)
    return UnitRow(Unit(code=name, name=name, kind="xã"), record, change)


ROWS = (
    row("A", 0.9, "above", 0.03, "not_apart"),
    row("B", 0.5, "below", -0.2, "below"),
    row("C", 0.7, "not_apart", -0.05, "signs_below"),
    row("D", 0.8, "signs_above", 0.2, "above"),
    row("E", None, None, None, None),
)
FIGURE = Figure("index", "index", "Chỉ số", replace(ROWS[0].record, domain=None), False, ROWS)


def titles(by: str = "", among: str = "", moved: str = "", figure: Figure = FIGURE) -> list[tuple[str, str]]:
    asked = unit_table.read(figure, by, among, moved, None, False)
    rows = unit_table.rows(figure, asked)
    return [
        (one.title, "".join(row.unit.name for row in one.rows)) for one in unit_table.sections(figure, asked, rows)
    ]


@pytest.mark.parametrize(
    ("by", "among", "moved", "groups"),
    [
        ("", "", "", ["B", "CD", "A", "E"]),
        ("-uoc-luong", "", "", ["A", "DC", "B", "E"]),
        ("doi", "", "", ["B", "C", "A", "D", "E"]),
        ("-doi", "", "", ["D", "A", "C", "B", "E"]),
        ("", "", "giam", ["B"]),  # what filters changes is ordered and drawn by them
        ("", "dau-hieu", "", ["D"]),
        ("", "khong-so", "", ["E"]),
        ("", "", "khong-so", ["E"]),
        ("ten", "", "", ["ABCDE"]),
        ("-nguoi", "", "", ["ABCDE"]),
        ("nonsense", "nonsense", "nonsense", ["B", "CD", "A", "E"]),
    ],
)
def test_rows_stand_in_groups_by_the_verdict_of_the_column_they_are_ordered_by(
    by: str, among: str, moved: str, groups: list[str]
) -> None:
    assert [names for _title, names in titles(by, among, moved) if names] == groups


def test_an_empty_group_is_told_and_one_commune_alone_has_no_groups() -> None:
    figure = replace(FIGURE, rows=ROWS[1:3])
    assert titles(figure=figure)[-1][1] == ""
    assert titles(figure=replace(FIGURE, rows=ROWS[1:2])) == [("", "B")]


def test_a_hidden_commune_has_no_place_among_those_that_are_seen() -> None:
    """Wherever it may lie: it stands at the end, is in no count but that of what isn't compared, has no change."""
    for by in ("uoc-luong", "-uoc-luong", "doi", "-doi", "nguoi", "-nguoi"):
        asked = unit_table.read(FIGURE, by, "", "", None, False)
        assert unit_table.rows(FIGURE, asked)[-1].unit.name == "E"
    for of_change in (False, True):
        *told, (code, _words, groups, count) = unit_table.counts(FIGURE, of_change)
        assert (sum(one[3] for one in told), code, groups, count) == (4, "khong-so", (None,), 1)


def test_the_filters_add_up_to_all_communes() -> None:
    for figure in (FIGURE, replace(FIGURE, rows=ROWS[:4])):
        for of_change in (False, True):
            told = unit_table.counts(figure, of_change)
            assert sum(count for *_one, count in told) == len(figure.rows)
            assert all(count for code, *_one, count in told if code == "khong-so")


def test_a_change_without_an_interval_is_not_told() -> None:
    assert ROWS[1].change is not None
    bare = replace(ROWS[1].change, difference=replace(difference(-0.2), low=None, high=None))
    found = replace(ROWS[1], change=bare)
    assert (found.difference, found.moved) == (None, None)


def test_the_finding_counts_both_and_says_when_there_is_none() -> None:
    both = unit_table.finding(FIGURE, SINCE)
    assert both == "1 nơi thấp hơn mức chung, 1 nơi cao hơn. So với năm 2025: 1 nơi giảm, 1 nơi tăng"
    none = replace(FIGURE, rows=(ROWS[2], row("F", 0.7, "not_apart", 0.0, "not_apart")))
    assert unit_table.finding(none, SINCE) == (
        "Chưa nơi nào phân biệt được với mức chung. So với năm 2025: chưa nơi nào thay đổi rõ"
    )


def test_a_change_is_written_with_its_sign() -> None:
    assert wording.signed(difference(-0.089)) == "−8,9"
    assert wording.change_limits(difference(0.026)) == "+0,6 đến +4,6"
    assert wording.signed(difference(0.0)) == "0,0"


def test_words_of_a_figure_are_of_all_communes_together_and_those_of_a_commune_of_its_items() -> None:
    small, large = difference(-0.05, 0.01), difference(-0.2, 1e-9)
    changes = tuple(
        Change(item, None if item == "index" else "4,5", unit, ROWS[0].record, ROWS[0].record, one, None)
        for item, unit, one in [
            *(("index", f"u{place}", difference(0.0, 0.5)) for place in range(20)),
            ("index", "X", small),
            ("C1", "X", large),
            ("C2", "X", small),
        ]
    )
    units = Comparison(OLD, NEW, (None, None), changes, (), (), (), {}, (), (), kept=False)
    found = replace(SINCE, units=units)
    assert found.of_figure("index")["X"].verdict == "not_apart"  # one of 21
    assert {item: one.verdict for item, one in found.of_unit("X", ["C1", "C2"]).items()} == {
        "C1": "below",
        "C2": "below",  # one of two
    }

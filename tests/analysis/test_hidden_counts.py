"""Counts of one thing in several places: nothing that must stay hidden follows from what is shown."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from analysis.disclosure import FEWEST, Mark
from analysis.hidden_counts import hide_counts


def possible(marks: list[Mark | None], counts: list[int], of: list[float]) -> list[tuple[int, ...]]:
    """Every table that fits what a reader sees: the words, the shown counts, the sum."""
    whole = sum(counts)
    choices = [
        range(FEWEST)
        if mark == "hidden"
        else range(FEWEST, int(min(most, whole)) + 1)
        if mark == "hidden_with"
        else [count]
        for mark, count, most in zip(marks, counts, of, strict=True)
    ]
    return [table for table in itertools.product(*choices) if sum(table) == whole]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.booleans()), min_size=1, max_size=5),
)
def test_whoever_knows_the_sum_can_tell_no_few_and_no_everybody(rows: list[tuple[int, int, bool]]) -> None:
    counts = [count for count, _more, _known in rows]
    of = [count + more if known else math.inf for count, more, known in rows]
    marks, whole = hide_counts(counts, of)
    assert all((mark == "hidden") == (count < FEWEST) for mark, count in zip(marks, counts, strict=True))
    if whole is not None:
        return
    tables = possible(marks, counts, of)
    assert tuple(counts) in tables
    for place, (count, most) in enumerate(zip(counts, of, strict=True)):
        if 0 < count < FEWEST or count == most >= FEWEST:
            assert len({table[place] for table in tables}) > 1
    rest = sum(count for count, mark in zip(counts, marks, strict=True) if mark)
    assert rest == 0 or rest >= FEWEST


def test_one_hidden_count_takes_the_smallest_shown_one_along_and_nothing_more() -> None:
    assert hide_counts([3, 7, 9, 6], [math.inf] * 4) == (["hidden", None, None, "hidden_with"], None)
    assert hide_counts([7, 9, 6], [math.inf] * 3) == ([None, None, None], None)
    assert hide_counts([0, 9, 6], [math.inf] * 3) == (["hidden", None, None], None)


def test_where_nothing_can_be_hidden_with_it_the_sum_is_withheld() -> None:
    assert hide_counts([2, 1], [math.inf] * 2) == (["hidden", "hidden"], "hidden")
    assert hide_counts([4, 4], [math.inf] * 2)[1] == "hidden_with"  # 8 of two below 5 are 4 and 4
    assert hide_counts([6, 6, 0], [6, 6, math.inf]) == (["hidden_with", "hidden_with", "hidden"], None)

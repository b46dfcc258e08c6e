"""Nothing hidden can be subtracted out of what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from analysis.disclosure import Past, Published, Suppression, hidden_for_itself, hide, hide_after
from analysis.suppression import determined, suppress


@dataclass(frozen=True)
class Figure:
    item: str
    value: str | None
    domain: Any
    n: int
    events: int


def shares(counts: dict[Any, tuple[int, int]], item: str = "c9") -> list[Figure]:
    return [Figure(item, "4,5", domain, n, events) for domain, (n, events) in counts.items()]


def test_fewer_than_five_answers_are_hidden_and_the_next_smallest_with_them() -> None:
    assert hide(shares({"a": (3, 1), "b": (40, 20), "c": (30, 9), "d": (100, 70)})) == [
        "hidden", None, "hidden_with", None,
    ]  # fmt: skip


def test_two_hidden_ones_that_are_together_too_few_need_a_third() -> None:
    assert hide(shares({"a": (2, 1), "b": (2, 2), "c": (30, 9), "d": (100, 70)})) == [
        "hidden", "hidden", "hidden_with", None,
    ]  # fmt: skip


def test_five_answers_are_shown_and_a_domain_without_answers_has_nothing_to_hide() -> None:
    assert hide(shares({"a": (5, 1), "b": (0, 0), "c": (30, 9)})) == [None, None, None]


def test_a_sensitive_item_needs_thirty_answers() -> None:
    counts = {"a": (29, 5), "b": (40, 20), "c": (50, 9)}
    assert hide(shares(counts)) == [None, None, None]
    assert hide(shares(counts), sensitive={"c9"}) == ["hidden", "hidden_with", None]


def test_a_group_that_all_gave_the_event_is_hidden() -> None:
    counts = {"a": (60, 60), "b": (70, 20), "c": (90, 9)}
    assert hide(shares(counts), sensitive={"c9"}) == ["hidden", "hidden_with", None]
    assert hide(shares(counts), sensitive={"c9"}, harmless={"c9": {"4,5"}}) == [None, None, None]


def test_one_event_is_masked_and_another_commune_with_it() -> None:
    counts = {"a": (60, 1), "b": (70, 20), "c": (90, 9), "d": (90, 0)}
    assert hide(shares(counts), sensitive={"c9"}) == ["under_3", None, "hidden_with", None]


def test_the_other_value_would_tell_the_masked_one() -> None:
    counts = {"a": (60, 1), "b": (70, 2), "c": (90, 9)}
    yes = [Figure("bribe", "2", domain, n, events) for domain, (n, events) in counts.items()]
    no = [Figure("bribe", "1", domain, n, n - events) for domain, (n, events) in counts.items()]
    marks = hide(yes + no, sensitive={"bribe"}, harmless={"bribe": {"1"}})
    assert marks == ["under_3", "under_3", None, "hidden_with", "hidden_with", None]


def test_the_whole_is_no_part_of_itself() -> None:
    figures = [Figure("c9", None, None, 143, 30), *shares({"a": (3, 1), "b": (40, 20), "c": (100, 9)})]
    assert hide(figures) == [None, "hidden", "hidden_with", None]
    assert hide([Figure("c9", None, None, 4, 1)]) == ["hidden"]


def test_in_a_crossed_table_rows_and_columns_are_known_too() -> None:
    counts = {(unit, sex): (40, 20) for unit in "abc" for sex in (1, 2)}
    counts["a", 1] = (2, 1)
    marks = dict(zip(counts, hide(shares(counts)), strict=True))
    hidden = {domain for domain, mark in marks.items() if mark}
    assert marks["a", 1] == "hidden"
    assert marks["a", 2] == "hidden_with"
    assert len({unit for unit, sex in hidden if sex == 1}) > 1
    assert len({unit for unit, sex in hidden if sex == 2}) > 1


def sums(*lines: str) -> list[dict[str, int]]:
    return [dict.fromkeys(line, 1) for line in lines]


def test_a_cell_follows_from_sums_that_no_single_line_gives_away() -> None:
    # x + y, y + z and x + z together give all three; each line alone hides two
    assert determined({"x", "y", "z"}, sums("xy", "yz", "xz")) == {"x", "y", "z"}
    assert determined({"x", "y", "z"}, sums("xy", "yz")) == set()


def test_what_only_several_sums_together_give_away_is_hidden_too() -> None:
    lines = sums("xya", "yzb", "xzc")
    hidden = suppress({"x", "y", "z"}, lines, lambda cells, _line: len(cells) == 1, key=str)
    assert "a" in hidden
    assert not determined(hidden, lines) & {"x", "y", "z"}


@given(
    some.dictionaries(
        some.tuples(some.sampled_from("abcde"), some.integers(1, 3)),
        some.integers(0, 60).flatmap(lambda n: some.tuples(some.just(n), some.integers(0, n))),
        min_size=2,
    ),
    some.booleans(),
)
def test_no_hidden_count_follows_from_the_shown_ones(counts: dict[Any, tuple[int, int]], sensitive: bool) -> None:
    figures = shares(counts)
    delicate = {"c9"} if sensitive else set()
    marks = hide(figures, delicate)
    assert hidden_for_itself(figures, delicate) == {place for place, mark in enumerate(marks) if mark == "hidden"}
    here = [place for place, figure in enumerate(figures) if figure.n > 0]
    lines = [here]
    for at in (0, 1):
        for label in {figures[place].domain[at] for place in here}:
            lines.append([place for place in here if figures[place].domain[at] == label])
    gone = {place for place in here if marks[place] in ("hidden", "hidden_with")}
    least = 30 if sensitive else 5
    for line in lines:  # what a line leaves over is a group that could itself be shown
        rest = gone.intersection(line)
        if rest and len(rest) < len(line):
            assert sum(figures[place].n for place in rest) >= least
    if all(gone & set(line) != set(line) or not gone & set(line) for line in lines):
        assert not {
            place
            for place in determined(gone, [dict.fromkeys(line, 1) for line in lines])
            if marks[place] == "hidden"
        }
    for place in here:
        assert marks[place] is not None or figures[place].n >= least


@given(some.lists(some.integers(0, 6), min_size=2, max_size=9))
def test_one_or_two_events_never_follow_from_the_total(events: list[int]) -> None:
    figures = [Figure("s", "2", place, 50, count) for place, count in enumerate(events)]
    marks = hide(figures, sensitive={"s"}, harmless={"s": {"1"}})
    masked = [place for place, mark in enumerate(marks) if mark]
    assert all(marks[place] for place, count in enumerate(events) if count in (1, 2))
    if masked and len(masked) < len(events):
        assert len(masked) > 1
        assert sum(events[place] for place in masked) >= 3 or not np.sum(
            [count for place, count in enumerate(events) if place not in masked]
        )


def after(events: int) -> tuple[list[str | None], Suppression]:
    """What was said of three communes, and what is once 31 people came to the first, so many of them with the
    event."""
    old = {"a": (60, 1), "b": (70, 2), "c": (90, 9), "d": (90, 20)}
    marks = hide(shares(old), sensitive={"c9"})
    told = Published(shares({"a before": old.pop("a"), **old}), marks, set())
    past = Past([told], shares({"who came": (31, events)}), [{"a": 1, "a before": -1, "who came": -1}])
    return list(marks), hide_after(past, shares({"a": (91, 1 + events), **old}), sensitive={"c9"})


def test_what_was_shown_or_hidden_of_a_domain_in_which_nothing_changed_stays_so() -> None:
    for events in (0, 1, 5):
        old, new = after(events)
        assert new.marks[1:] == old[1:]


def test_a_difference_that_all_tables_tell_gives_one_away_from_two_or_is_hidden_away() -> None:
    _old, same = after(0)
    assert (same.marks[0], same.exposed) == ("under_3", set())
    _old, one_more = after(1)  # one and then two, as both sums are known
    assert one_more.exposed & {"a", "a before"}
    _old, many_more = after(5)  # six are shown nowhere: they would say that it was one
    assert (many_more.marks[0], many_more.exposed) == ("hidden_with", set())

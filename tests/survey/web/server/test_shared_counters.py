"""Counts under names that say nothing, in memory of one size."""

from __future__ import annotations

from survey.web.server.shared_counters import GROUP, PLACES, SharedCounters


def test_in_a_full_group_the_count_that_stood_still_longest_gives_way() -> None:
    tally = SharedCounters()
    names = [1 + place * (PLACES // GROUP) for place in range(GROUP + 1)]  # all of one group
    for at, name in enumerate(names[:GROUP]):
        tally.put(name, 1, at)
    tally.put(names[0], 2, 99)
    tally.put(names[GROUP], 1, 100)
    assert tally.get(names[0]) == (2, 99)
    assert tally.get(names[1]) is None
    assert tally.get(names[GROUP]) == (1, 100)
    assert len(tally) == GROUP
    tally.drop(names[0])
    tally.forget(lambda _count, at: at < 7)
    assert len(tally) == 2

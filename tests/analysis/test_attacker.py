"""The attacker's problem is solved, and nothing but the answer is told."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from analysis.attacker import Attacker

LINES = [{(0, 0): 1, (0, 1): 1, (0, 2): 1}]


def attacker(hidden: set[tuple[int, int]]) -> Attacker:
    events = np.array([[2.0, 7.0, 4.0]])
    return Attacker(events, LINES, hidden, masked={(0, 0)}, strict={(0, 1), (0, 2)})


def test_one_hidden_count_follows_from_the_sum_and_two_do_not() -> None:
    assert attacker({(0, 0)}).certain({(0, 0)}) == {(0, 0)}
    assert attacker({(0, 0), (0, 2)}).certain({(0, 0)}) == set()


def test_the_smaller_of_two_shown_counts_is_hidden_with_it_and_none_where_both_stay() -> None:
    assert attacker({(0, 0)}).opening((0, 0), []) == {(0, 0), (0, 2)}
    assert attacker({(0, 0)}).opening((0, 0), [(0, 2)]) == {(0, 0), (0, 1)}
    assert attacker({(0, 0)}).opening((0, 0), [(0, 1), (0, 2)]) is None


def test_the_solver_writes_nothing_into_what_a_command_prints() -> None:
    program = "from tests.analysis.test_attacker import attacker; print(attacker({(0, 0)}).certain({(0, 0)}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("{(0, 0)}\n", "")

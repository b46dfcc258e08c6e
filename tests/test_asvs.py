"""docs/asvs.md: every requirement has one line, and what is said to hold names a test that is there and runs."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
LINE = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (met|partly|not met|not applicable) \| (.+) \|$", re.M)
NAMED = re.compile(r"`(tests/[a-z_/]+\.py)::(\w+)`")
# Requirements of levels 1 and 2 by chapter, counted in the standard's own list (5.0.0).
CHAPTERS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9}
CHAPTERS |= {15: 13, 16: 16, 17: 7}


def defined(path: Path) -> set[str]:
    """The tests that a file defines and `make test` or `make soak` runs: none that is skipped outright."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = [ast.unparse(one) for one in node.decorator_list]
            if not any(mark.startswith(("pytest.mark.skip(", "pytest.mark.xfail")) for mark in marks):
                found.add(node.name)
    return found


def test_every_requirement_of_levels_1_and_2_has_one_line() -> None:
    numbers = [number for number, *_rest in LINE.findall(TEXT)]
    assert len(set(numbers)) == len(numbers)
    assert Counter(int(number.split(".")[0]) for number in numbers) == CHAPTERS


def test_what_is_said_to_hold_names_a_test_that_is_there() -> None:
    wrong = []
    for number, _level, state, reason in LINE.findall(TEXT):
        named = NAMED.findall(reason)
        if (state == "met") != bool(named):
            wrong.append(f"{number}: {state}, {len(named)} tests")
        wrong += [
            f"{number}: {file}::{name}"
            for file, name in named
            if not (ROOT / file).is_file() or name not in defined(ROOT / file)
        ]
    assert not wrong


def test_the_sums_are_those_of_the_lines() -> None:
    states = ("met", "partly", "not met", "not applicable")
    count = Counter((number.split(".")[0], state) for number, _level, state, _reason in LINE.findall(TEXT))
    for chapter in CHAPTERS:
        sums = re.search(rf"^\| V{chapter} .*?\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.M)
        assert sums is not None
        assert [int(one) for one in sums.groups()] == [count[str(chapter), state] for state in states], chapter

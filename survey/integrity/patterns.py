"""Patterns that people seldom make by themselves: which groups of forms are unlike the others, and how surely.

Every group is compared with the others of its kind in the same wave: honest villages, communes and people who
ask differ too, and by how much is known from the wave itself. A pattern accuses nobody: it says where to look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.contrast import benjamini_hochberg, holm
from analysis.design import Labels
from analysis.outlying import FEWEST
from survey.integrity import pattern_levels, pattern_tests
from survey.integrity.pattern_tests import LEAST, Material, Tests
from survey.responses.respondents import Floats, Respondents

LEVEL = 0.05  # of all tests of a wave together
Sign = Literal["passes", "signs", ""]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One test of one group.

    check, group_kind, group  what was looked at, of which kind of group, and which of them
    n, expected, seen  forms (or what the check counts), what is usual elsewhere, what was seen
    p, p_adjusted  by itself, and by Holm's rule for all tests of the wave together
    sign   "passes" the corrected test; "signs" passes only Benjamini and Hochberg's 20%; "" neither
    """

    check: str
    group_kind: str
    group: str
    n: float
    expected: float
    seen: float
    p: float
    p_adjusted: float
    sign: Sign
    lots: tuple[int, ...] = ()

    @property
    def subject(self) -> str:
        """The same in each run."""
        return f"pattern:{self.check}:{self.group_kind}:{self.group}"


def of(
    people: Respondents,
    groups: Mapping[str, Labels] | None = None,
    before: Respondents | None = None,
    pile: Labels | None = None,
    place: Floats | None = None,
) -> list[Pattern]:
    """All patterns that were looked at, the strongest first. It needs no database.

    groups  further kinds of groups by their names: `interviewer`, `keyer`, `device` -> (N,) labels, blank where
            there is none
    before  the people of the wave before, in the codes and communes of this one
    pile, place  (N,) the pile of paper that a form lay in, and where in it

    Fewer than 80 people: nothing can be tested.
    """
    if len(people) < FEWEST * LEAST:
        return []
    by = {"village": people.psu, "commune": people.unit, "mode": people.mode, **(groups or {})}
    material = Material(people, by, pile, place)
    tests = [*pattern_tests.of_groups(material), *pattern_levels.of_others(material)]
    if before is not None and len(before):
        tests.append(pattern_levels.jump(material, before))
    return _judged(tests)


def _judged(tests: Sequence[Tests]) -> list[Pattern]:
    """Corrected for all that are looked at together, by the same rule as the verdicts of figures."""
    rows = [(one, g) for one in tests for g in np.flatnonzero(np.isfinite(one.p)).tolist()]
    p = [float(one.p[g]) for one, g in rows]
    adjusted, signs = holm(p), benjamini_hochberg(p)
    found = [
        Pattern(
            one.check,
            one.kind,
            str(one.groups[g]),
            float(one.n[g]),
            float(one.expected[g]),
            float(one.seen[g]),
            value,
            corrected or 0.0,
            "passes" if corrected is not None and corrected <= LEVEL else "signs" if sign else "",
        )
        for (one, g), value, corrected, sign in zip(rows, p, adjusted, signs, strict=True)
    ]
    return sorted(found, key=lambda one: (one.p, one.subject))

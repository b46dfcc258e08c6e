"""Patterns that people seldom make by themselves: which groups of forms are unlike the others, and how surely.

Every group is compared with the others of its kind in the same wave: honest villages, communes and people who
ask differ too, and by how much is known from the wave itself. A pattern accuses nobody: it says where to look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.contrast import benjamini_hochberg, holm
from analysis.design import Floats, Ints, Labels
from analysis.outlying import FEWEST
from analysis.rare import more_than_others
from survey.integrity import pattern_groups, pattern_levels, pattern_tests
from survey.integrity.pattern_groups import Turned
from survey.integrity.pattern_tests import LEAST, Material, Tests
from survey.responses import crosswalks
from survey.responses.respondents import Respondents, sample
from survey.results import comparison
from survey.results.divided_units import rehoused
from survey.storage.models import Batch, Keying, Lot, Release, Sheet, Wave, WaveKind
from survey.system.cache import cached, database_key

LEAST_PEOPLE = FEWEST * LEAST  # in a wave, below which nothing can be tested
A_PATTERN = 600  # bytes of one in memory
LEVEL = 0.05  # of all tests of a wave together
Sign = Literal["passes", "signs", ""]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One test of one group.

    check, group_kind, group  what was looked at, of which kind of group, and which of them
    n, expected, seen  forms (or what the check counts), what is usual elsewhere, what was seen
    p, p_adjusted  by itself, and by Holm's rule for all tests of the wave together
    sign   "passes" the corrected test; "signs" passes only Benjamini and Hochberg's 20%; "" neither
    lots   of which its forms are more than half
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
    twice: Turned | None = None,
) -> list[Pattern]:
    """All patterns that were looked at, the strongest first. It needs no database.

    groups  further kinds of groups by their names: `interviewer`, `keyer`, `device` -> (N,) labels, blank where
            there is none
    before  the people of the wave before, in the codes and communes of this one
    pile, place  (N,) the pile of paper that a form lay in, and where in it
    twice   what double keying says of keyers

    Fewer than 80 people: nothing can be tested.
    """
    if len(people) < LEAST_PEOPLE:
        return []
    by = {kind: labels for kind, labels in {**_places(people), **(groups or {})}.items() if labels.levels}
    material = Material(people, by, pile, place)
    tests = [*pattern_tests.of_groups(material), *pattern_levels.of_others(material)]
    if before is not None and len(before):
        tests.append(pattern_levels.jump(material, before))
    if twice is not None:
        tests.append(_turned(twice))
    return _judged(tests)


def _places(people: Respondents) -> dict[str, Labels]:
    """Kind of group -> labels, as far as the responses themselves say it. The PSU of an open wave is a day."""
    village = {"village": people.psu} if people.wave.kind is WaveKind.SAMPLE else {}
    return {**village, "commune": people.unit, "mode": people.mode}


def _turned(twice: Turned) -> Tests:
    """Answers that became "not satisfied" and were typed as satisfied, beside those of the other keyers."""
    others, whole = twice.events.sum() - twice.events, twice.chances.sum() - twice.chances
    usual = (others + 0.5) / (whole + 1)
    seen = twice.events / np.maximum(twice.chances, 1)
    p = more_than_others(twice.events, twice.chances)
    return Tests("turned", "keyer", list(twice.keyers), twice.chances.astype(np.float64), seen, usual, p)


@cached(lambda session, wave: _state(session, wave), lambda found: A_PATTERN * len(found))
def patterns(session: Session, wave: Wave) -> list[Pattern]:
    """All patterns of a wave that were looked at, the strongest first; of leaders, who are few, none.

    Without villages (an open wave) communes and ways of answering alone are looked at.
    """
    people = sample(session, wave)
    if not people.questionnaire.population.in_field:
        return []
    groups = pattern_groups.of(session, wave, people)
    former = comparison.former(session, wave) if wave.kind is WaveKind.SAMPLE else None
    before = None
    if former is not None:
        then = crosswalks.translated(session, comparison.before(session, former), people.questionnaire).people
        before = rehoused(session, then, wave).people
    twice = pattern_groups.turned(session, wave, people.questionnaire)
    found = of(people, groups.by, before, groups.pile, groups.place, twice)
    labels = {**_places(people), **groups.by}
    return [replace(one, lots=_lots(labels, groups.lot, one)) if one.sign else one for one in found]


def _state(session: Session, wave: Wave) -> tuple[object, ...]:
    """Responses never change, but lots are joined, sheets keyed, batches handed over and waves released."""
    people = sample(session, wave)
    of_batch = session.execute(select(Batch.code, Batch.interviewer).where(Batch.wave == wave.code)).all()
    keyed = select(func.max(Keying.id)).join(Sheet, Sheet.serial == Keying.sheet).join(Batch)
    joined = select(func.count(Sheet.response)).join(Batch).where(Batch.wave == wave.code)
    closed = select(func.count(), func.count(Lot.closed)).where(Lot.wave == wave.code)
    released = select(func.max(Release.id)).where(Release.approved.is_not(None))
    return (
        database_key(session),
        wave.code,
        people.version,
        hash(tuple(sorted(map(str, of_batch)))),
        session.scalar(keyed.where(Batch.wave == wave.code)),
        session.scalar(joined),
        tuple(session.execute(closed).one()),
        session.scalar(released),
    )


def _lots(labels: Mapping[str, Labels], lot: Ints, pattern: Pattern) -> tuple[int, ...]:
    """The lots of which the group's forms are more than half: to set another aside would be about others."""
    if pattern.group_kind not in labels:
        return ()
    here = labels[pattern.group_kind].having(pattern.group)
    numbers, place = np.unique(lot[lot >= 0], return_inverse=True)
    own, whole = (np.bincount(place[rows[lot >= 0]], minlength=len(numbers)) for rows in (here, lot >= 0))
    return tuple(numbers[2 * own > whole].tolist())


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

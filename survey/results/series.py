"""A figure over the waves of one survey, each with its interval; where the way of measuring changed, a break."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis import Estimate
from survey import questionnaires
from survey.models import Release, Wave
from survey.results import comparison, releases, result_table, targets
from survey.sample import Sample, sample
from translations import Lazy


@dataclass(frozen=True)
class Point:
    """A wave's figure. `breaks`: what was done otherwise in the wave before; the two are then no series.

    release  that the figure is of; None for the present data
    """

    wave: Wave
    release: Release | None
    record: Estimate
    breaks: tuple[Lazy, ...]


def of(session: Session, wave: Wave, measure: str, release: Release | None = None) -> list[Point]:
    """The figure of a wave and of those before it that asked for it, the oldest first.

    A wave before is shown as it was released; one without a release by its present data.
    """
    points: list[Point] = []
    last: Sample | None = None
    for one in [*reversed(comparison.earlier(session, wave)), wave]:
        shown = release if one.code == wave.code else releases.newest(session, one.code)
        if not targets.is_single(questionnaires.by_digest(session, one.questionnaire), measure):
            continue
        people = sample(session, one, shown)
        if not len(people):
            continue
        [record] = result_table.table(session, people, items=[measure], released=True)
        points.append(Point(one, shown, record, breaks(last, people, measure) if last else ()))
        last = people
    return points


def breaks(old: Sample, new: Sample, measure: str) -> tuple[Lazy, ...]:
    """What makes two figures of one name two measurements: other items, another rule, weights in one alone."""
    found = []
    if measure.startswith("index"):
        before, after = (people.questionnaire.index for people in (old, new))
        if before is not None and after is not None:
            if set(before.codes()[measure]) != set(after.codes()[measure]):
                found.append(Lazy("The index is made of other questions."))
            if before.rules[before.rule].scores != after.rules[after.rule].scores:
                found.append(Lazy("The index follows another rule."))
    else:
        code = measure.partition("=")[0]
        if old.questionnaire.items[code].choices != new.questionnaire.items[code].choices:
            found.append(Lazy("The question has other choices."))
    if (old.wave.weights is None) != (new.wave.weights is None):
        found.append(Lazy("One wave is weighted, the other one is not."))
    return tuple(found)

"""A figure over the waves of one survey, each with its interval; where the way of measuring changed, a break."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis import Estimate
from forms import Rule
from survey.responses import crosswalks
from survey.responses.respondents import Respondents, sample
from survey.results import comparison, divided_units, releases, result_table, scores, targets
from survey.storage.models import Release, Wave
from survey.waves import questionnaires, waves
from translations import Lazy


@dataclass(frozen=True)
class Point:
    """A wave's figure. `breaks`: what was done otherwise in the wave before; the two are then no series.

    release  that the figure is of; None for the present data of the newest wave
    rule     that it follows; None for a figure of no index
    was      the code of the question in that wave, where it had another one
    grown    whether the unit took in others since: their old records are counted with its own
    divided  whether it has a part of another one: whose people count by that share
    """

    wave: Wave
    release: Release | None
    record: Estimate
    breaks: tuple[Lazy, ...]
    rule: Rule | None = None
    was: str | None = None
    grown: bool = False
    divided: bool = False


def of(
    session: Session, wave: Wave, measure: str, release: Release | None = None, unit: str | None = None
) -> list[Point]:
    """The figure of a wave and of those before it that asked for it, the oldest first.

    A wave before stands as it was released; one whose figures nobody is shown is left out (`left_out`).

    unit  a commune; the whole province without it
    """
    points: list[Point] = []
    last: tuple[Respondents, Rule | None] | None = None
    code = measure.partition("=")[0]
    now = questionnaires.by_digest(session, wave.questionnaire)
    for one in [*reversed(comparison.earlier(session, wave)), wave]:
        shown = release if one.code == wave.code else releases.newest(session, one.code)
        if shown is None and one.code != wave.code:
            continue
        people_then = crosswalks.translated(session, sample(session, one, shown), now)
        homed = divided_units.Rehoused(people_then.people, {})
        if unit is not None:  # the whole province is the same people, wherever its borders run
            homed = divided_units.rehoused(session, people_then.people, wave)
        people = homed.people
        if not len(people) or not targets.is_single(people.questionnaire, measure):
            continue
        rule = scores.scoring_rule(people.questionnaire, None)
        by = () if unit is None else ("unit",)
        table: list[Estimate] = list(result_table.released(session, people, (measure,), by, None))
        if homed.homes:
            own = result_table.released(session, people_then.people, (measure,), by, None)
            measures = scores.measures(people, scores.MeasureRequest.read(measure), rule)
            table = homed.counted(homed.hidden(table, own), measures)
        record = next((record for record in table if record.domain == unit), None)
        if record is None:  # the unit did not exist then
            continue
        points.append(
            Point(
                one,
                shown,
                record,
                breaks(session, last, (people, rule), measure, unit) if last else (),
                rule if code not in people.questionnaire.items else None,
                people_then.was.get(code),
                unit in homed.grown,
                unit in homed.divided,
            )
        )
        last = people, rule
    return points


def left_out(session: Session, wave: Wave, measure: str) -> list[tuple[Wave, Release | None]]:
    """The waves before this one that asked people for the figure and whose figures nobody is shown, the oldest
    first; with the release of each that was withdrawn."""
    now = questionnaires.by_digest(session, wave.questionnaire)

    def asked(one: Wave) -> bool:
        people = crosswalks.translated(session, sample(session, one), now).people
        return targets.is_single(people.questionnaire, measure)

    known = [(one, releases.newest_public(session, one.code)) for one in comparison.earlier(session, wave)]
    return [
        (one, told.withdrawn)
        for one, told in reversed(known)
        if told.release is None and waves.collected(session, one.code) and asked(one)
    ]


def breaks(
    session: Session,
    old: tuple[Respondents, Rule | None],
    new: tuple[Respondents, Rule | None],
    measure: str,
    unit: str | None,
) -> tuple[Lazy, ...]:
    """What makes two figures of one name two measurements: other questions, another rule, weights in one alone; of
    all together, other places."""
    (before, then), (after, now) = old, new
    differences = comparison.breaks(before.questionnaire, after.questionnaire, measure, (then, now))
    if (before.wave.weights is None) != (after.wave.weights is None):
        differences += (Lazy("One wave is weighted, the other one is not."),)
    if unit is None:
        differences += comparison.places_apart(session, before, after)
    return differences

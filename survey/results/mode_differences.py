"""How the ways of answering differ within a wave, once the people who chose them are made alike in what is known.

Who answers on a phone is another person than who answers on paper, so a plain difference of two modes says little.
Here each mode's people are weighted so that they are composed like all people of the wave (direct standardisation
over the cells of `composition`; Kalton & Flores-Cervantes 2003, on cell weighting). What is left is a difference
between modes, not their effect: nobody was given a mode at random, and people differ in more than is known of
them. The interval takes these weights as given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from analysis import DesignError, Difference, Estimate
from analysis.contrast import Group, contrasts
from analysis.design import Floats, Ints, Labels
from analysis.totals import psu_totals
from survey.responses.respondents import Respondents
from survey.results import result_table, scores, targets, verdicts
from survey.results.comparison import LEVEL
from survey.results.wording import is_hidden
from survey.storage.models import Mode, WaveKind
from survey.system.cache import FIGURE_BYTES, cached, database_key
from translations import Refusal, language

ABOUT = ("gioi_tinh", "do_tuoi")  # the items by which people are made alike, where a questionnaire asks for them
FEWEST = 30  # answers in a mode, below which it is not compared


@dataclass(frozen=True)
class Line:
    """A figure in the two modes as they came, and their difference once made alike; None if it can't be told.

    verdict  the word of the difference (`verdicts`), of all lines together: the other mode against the first; of
             an open wave None, and its differences have no limits
    """

    measure: str
    name: str
    first: Estimate
    other: Estimate
    difference: Difference | None
    verdict: Group | None


@dataclass(frozen=True)
class Compared:
    """The most frequent mode beside another one.

    alike    the items by which people were made alike, and the unit in an open wave; empty where nothing is known
    covered  the share of the people (weighted) in cells that both modes have; the others can't be made alike
    """

    first: Mode
    other: Mode
    alike: tuple[str, ...]
    covered: float
    lines: tuple[Line, ...]


def compare(session: Session, people: Respondents, measures: Sequence[str]) -> list[Compared]:
    """The most frequent mode against each other one that at least 30 people chose; empty where there is one mode.

    measures  as `targets` names them
    """
    return _made(session, people, tuple(measures))


@cached(
    lambda session, people, measures: (
        database_key(session),
        people.wave.code,
        people.version,
        people.wave.single_psu,
        measures,
        language(),
    ),
    lambda found: 2 * FIGURE_BYTES * sum(len(pair.lines) for pair in found),
)
def _made(session: Session, people: Respondents, measures: Sequence[str]) -> list[Compared]:
    counts = Counter({str(mode): rows for mode, rows in people.mode.counts().items()})
    modes = [mode for mode, count in counts.most_common() if count >= FEWEST]
    tables = {
        measure: {
            record.domain: record
            for record in result_table.table(session, people, items=[measure], by=["mode"], released=True)
        }
        for measure in (measures if len(modes) > 1 else ())
    }
    return [_pair(people, measures, tables, Mode(modes[0]), Mode(other)) for other in modes[1:]]


def composition(people: Respondents) -> tuple[tuple[str, ...], Ints]:
    """By what people are made alike, and the cell of each (N,); in an open wave the unit is part of it."""
    items = tuple(name for name in ABOUT if name in people.questionnaire.items)
    columns = [people.answers(people.questionnaire.items[name]).codes for name in items]
    if people.wave.kind is WaveKind.OPEN:
        items, columns = (*items, "unit"), [*columns, people.unit.codes]
    cells = np.zeros(len(people), np.int64)
    for column in columns:
        _codes, place = np.unique(column, return_inverse=True)
        cells = cells * (int(place.max(initial=0)) + 1) + place
    return items, np.unique(cells, return_inverse=True)[1]


def made_alike(weight: Floats, mode: Labels, cells: Ints, pair: tuple[str, str]) -> Floats:
    """(N,) weights under which each mode of the pair has in each cell the weight that both have there together. 0
    for people of other modes, and in cells that one of the two lacks."""
    sides = [mode.having(one) for one in pair]
    size = int(cells.max(initial=0)) + 1
    totals = [np.bincount(cells[side], weight[side], size) for side in sides]
    both = np.where((totals[0] > 0) & (totals[1] > 0), totals[0] + totals[1], 0.0)
    adjusted = np.zeros(len(weight))
    for side, own in zip(sides, totals, strict=True):
        here = side & (both[cells] > 0)
        adjusted[here] = weight[here] * both[cells[here]] / own[cells[here]]
    return adjusted


def _pair(
    people: Respondents,
    measures: Sequence[str],
    tables: Mapping[str, Mapping[Hashable, Estimate]],
    first: Mode,
    other: Mode,
) -> Compared:
    alike, cells = composition(people)
    weight = made_alike(people.weight, people.mode, cells, (first.value, other.value))
    inside = people.mode.having(first.value) | people.mode.having(other.value)
    covered = float(people.weight[weight > 0].sum() / people.weight[inside].sum())
    differences = _differences(people, weight, measures, first, other)
    tested = []
    for measure in measures:
        sides = [tables[measure].get(mode.value) for mode in (first, other)]
        one = differences.get(measure)
        if not all(side is not None and not is_hidden(side) and side.estimate is not None for side in sides):
            one = None
        if one is not None and people.wave.kind is WaveKind.OPEN:
            one = verdicts.untested(one)
        tested.append((measure, sides, one))
    groups = verdicts.concluded(people.wave, [one for _measure, _sides, one in tested])
    return Compared(
        first,
        other,
        alike,
        covered,
        tuple(
            Line(measure, targets.name_of(people.questionnaire, measure), sides[0], sides[1], one, group)
            for (measure, sides, one), group in zip(tested, groups, strict=True)
            if sides[0] is not None and sides[1] is not None
        ),
    )


def _differences(
    people: Respondents, weight: Floats, measures: Sequence[str], first: Mode, other: Mode
) -> dict[str, Difference]:
    """Of people made alike: the other mode minus the first."""
    rule = scores.scoring_rule(people.questionnaire, None)
    keys = {}
    for name in measures:
        [keys[name]] = scores.measures(people, scores.MeasureRequest.read(name), rule)
    design = replace(result_table.design(people), weight=weight, calibration=None)
    mode = Labels(people.mode.levels, np.where(weight == 0, -1, people.mode.codes))
    try:
        totals = psu_totals(design, list(keys.values()), mode)
        tests = contrasts(totals, [(first.value, other.value)], LEVEL, "auto")
    except DesignError as error:
        raise Refusal(error.message, **error.values) from error
    return dict(zip(keys, tests, strict=True))

"""The tests of patterns in which a group stands against the others of the same communes, or against a year before.

The differences are those of the one test (`analysis.contrast`). Where a kind has many groups, one is unusual by
how far the others differ among themselves; where it has few, by what chance explains. Who asks has an effect on
honest answers, by presence and voice (Tourangeau & Yan 2007, Psychological Bulletin 133), so that among few a
difference counts only beyond a margin; who keys has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtr

from analysis import Design, Difference, Measure
from analysis.beside import beside
from analysis.contrast import contrasts
from analysis.design import Bools, Floats, Labels
from analysis.estimate import Variance
from analysis.outlying import FEWEST, outlying
from analysis.rare import binomial
from analysis.totals import psu_totals
from survey.integrity import pattern_columns as columns
from survey.integrity.pattern_tests import LEAST, Material, Tests
from survey.responses.respondents import Respondents
from survey.results.mode_differences import made_alike

LEVEL = 0.95
SMALL = 0.2  # standard deviations of people: what is called a small effect (Cohen 1988, § 2.2)
ODDS = 3.0  # by which a mode may have fewer cases of what is sensitive
OWN, OTHERS, THEN, NOW = "own", "others", "then", "now"


@dataclass(frozen=True)
class Against:
    """A group against the others of the same communes: the difference, and the answers and mean of both sides."""

    difference: Difference
    n: tuple[int, int]
    mean: tuple[float, float]


def of_others(material: Material) -> Iterator[Tests]:
    """Levels and sensitive cases of modes and of whoever brought forms; among few keyers all that has a mean."""
    plain = _values(material)
    for kind, labels in material.by.items():
        if kind in ("village", "commune"):
            continue
        few = int((_sizes(labels) >= LEAST).sum()) < FEWEST
        yield from (_of_few if few else _of_many)(material, kind, labels, plain)


def _of_few(material: Material, kind: str, labels: Labels, plain: Mapping[str, Floats]) -> Iterator[Tests]:
    values = {**plain, **_further(material)} if kind == "keyer" else plain
    found = [_against(material, kind, labels, g, values) for g in range(len(labels.levels))]
    for check in values:
        told = [one.get(check) for one in found]
        if kind == "keyer":
            yield _by_chance(check, kind, labels, told)
        else:
            yield _beyond(check, kind, labels, told, values[check])


def _of_many(material: Material, kind: str, labels: Labels, plain: Mapping[str, Floats]) -> Iterator[Tests]:
    people = material.people
    for check, value in plain.items():
        found = beside(value, labels, people.unit, people.psu)
        enough = np.minimum(found.own, found.others) >= LEAST
        test = outlying(np.where(enough, found.mean - found.usual, np.nan), found.variance)
        p, expected = test.either, found.usual + test.expected
        if check.startswith("cases"):
            above, below = binomial(found.mean, found.own, np.clip(expected, 0, 1))
            p = np.maximum(p, np.minimum(1, 2 * np.minimum(above, below)))
        yield Tests(check, kind, labels.levels, found.own, found.mean, expected, p)


def _values(material: Material) -> dict[str, Floats]:
    """Check -> (N,): the level of satisfaction, and for each headline whether it is a case at all."""
    people = material.people
    values = {"level": material.person.level}
    for headline in people.questionnaire.headlines:
        item = people.questionnaire.items[headline.item]
        column = people.answers(item)
        valid = column.given & np.isin(column.codes, list(item.valid))
        values[f"cases:{item.code}"] = np.where(valid, column.codes != headline.none, np.nan)
    return values


def _further(material: Material) -> dict[str, Floats]:
    """What is told of few keyers in this way: the means of what else is looked at."""
    person = material.person
    scores = columns.rank_within(person.scatter, columns.strata(person.level))
    apart = np.abs(person.level - columns.mean_of(person.level, material.people.psu))
    usual = float(np.nanmean(apart)) if np.isfinite(apart).any() else 0.0
    further = {"straight": person.straight, "scatter": scores, "odd": material.odd}
    further["spread"] = apart / (usual or 1.0)  # times that of the whole wave, as where there are many groups
    for check in ("blank", "unsure", "silent"):
        further[check] = columns.more(getattr(person, check))
    return {check: value for check, value in further.items() if len(np.unique(value[np.isfinite(value)])) > 1}


def _against(
    material: Material, kind: str, labels: Labels, g: int, values: Mapping[str, Floats]
) -> dict[str, Against]:
    """Weighted so that both sides are as many in each commune; nothing without 10 forms on both there.

    A mode is that of whole villages: pooled, what villages differ by would hold what the mode does to its cases.
    """
    people = material.people
    own, others = labels.codes == g, (labels.codes >= 0) & (labels.codes != g)
    communes = len(people.unit.levels)
    both = np.bincount(people.unit.codes[own], minlength=communes) > 0
    both &= np.bincount(people.unit.codes[others], minlength=communes) > 0
    rows = np.flatnonzero((own | others) & both[people.unit.codes])
    sides = Labels([OTHERS, OWN], own[rows].astype(np.int64))
    if min(np.bincount(sides.codes, minlength=2)) < LEAST:
        return {}
    weight = made_alike(np.ones(len(rows)), sides, people.unit.codes[rows], (OTHERS, OWN))
    design = Design(weight, people.unit.codes[rows], people.psu.codes[rows], single_psu="centered")
    measures, told = [], {}
    for check, value in values.items():
        here = value[rows]
        known = np.isfinite(here)
        measures.append(Measure.numbers(check, None, "mean", np.where(known, here, 0.0), known))
        told[check] = tuple(known & (sides.codes == side) for side in (1, 0))
    ways: dict[bool, Variance] = {False: "auto", True: "auto" if kind == "keyer" else "direct"}
    found: list[Difference] = []
    for cases, variance in ways.items():
        some = [measure for measure in measures if measure.item.startswith("cases") == cases]
        if some:
            found += contrasts(psu_totals(design, some, sides), [(OTHERS, OWN)], LEVEL, variance)
    return {
        one.item: Against(
            one,
            (int(told[one.item][0].sum()), int(told[one.item][1].sum())),
            (
                _mean(values[one.item][rows], weight, told[one.item][0]),
                _mean(values[one.item][rows], weight, told[one.item][1]),
            ),
        )
        for one in found
        if one.p is not None and min(told[one.item][side].sum() for side in (0, 1)) >= LEAST
    }


def _mean(value: Floats, weight: Floats, rows: Bools) -> float:
    return float(np.average(value[rows], weights=weight[rows])) if rows.any() else float("nan")


def _tests(check: str, kind: str, labels: Labels, told: list[Against | None], p: Floats) -> Tests:
    n, seen, expected = (
        np.array([np.nan if one is None else part(one) for one in told])
        for part in (lambda one: one.n[0], lambda one: one.mean[0], lambda one: one.mean[1])
    )
    return Tests(check, kind, labels.levels, n, seen, expected, p)


def _by_chance(check: str, kind: str, labels: Labels, told: list[Against | None]) -> Tests:
    p = np.array([np.nan if one is None else one.difference.p for one in told], np.float64)
    return _tests(check, kind, labels, told, p)


def _beyond(check: str, kind: str, labels: Labels, told: list[Against | None], value: Floats) -> Tests:
    """Beyond the margin: levels of either side, cases fewer alone."""
    margin = SMALL * float(np.nanstd(value)) if np.isfinite(value).any() else 0.0
    tail = _fewer if check.startswith("cases") else lambda one: _further_than(one, margin)
    return _tests(check, kind, labels, told, np.array([np.nan if one is None else tail(one) for one in told]))


def _further_than(one: Against, margin: float) -> float:
    error, away = one.difference.standard_error, one.difference.estimate
    if not error or away is None:
        return float("nan")
    return float(min(1.0, 2 * stdtr(max(one.difference.df, 1.0), -(abs(away) - margin) / error)))


def _fewer(one: Against) -> float:
    """P(so few cases | odds a third of the others'), by angles, with the design effect that the test found.

    z = (asin √p − asin √m)/√(deff/4 (1/n + 1/n_o)),  m = p_o/(p_o + 3 (1 − p_o)),
    deff = v(p − p_o)/(p(1 − p)/n + p_o(1 − p_o)/n_o): where there is no case, that of the others
    """
    (n, others), (share, usual), error = one.n, one.mean, one.difference.standard_error
    spread = share * (1 - share) / n + usual * (1 - usual) / others
    if not error or not spread:
        return float("nan")
    deff = max(1.0, error**2 / spread)
    margin = usual / (usual + ODDS * (1 - usual))
    size, size_others = n / deff, others / deff
    angle = np.arcsin(np.sqrt((size * share + 0.375) / (size + 0.75)))
    limit = np.arcsin(np.sqrt((size * margin + 0.375) / (size + 0.75)))
    return float(ndtr((angle - limit) / np.sqrt(0.25 * (1 / size + 1 / size_others))))


def _sizes(labels: Labels) -> Floats:
    return np.bincount(labels.codes[labels.codes >= 0], minlength=len(labels.levels)).astype(np.float64)


def jump(material: Material, before: Respondents) -> Tests:
    """The change of each commune's level from the wave before, beside the changes of the others.

    before  in the codes and communes of this wave. Villages of one label are the same ones where they were kept
    """
    now, then = material.people, before
    same = now.wave.villages == "kept"
    units = sorted({*map(str, now.unit.levels)} & {*map(str, then.unit.levels)})
    stratum, psu, sides, values = [], [], [], []
    for side, people, level in ((THEN, then, columns.of(then).level), (NOW, now, material.person.level)):
        of_wave = "" if same else f"{side} "
        stratum += [f"{of_wave}{one}" for one in people.stratum.tolist()]
        psu += [f"{of_wave}{one}" for one in people.psu.tolist()]
        sides += [(side, str(one)) for one in people.unit.tolist()]
        values.append(level)
    level = np.concatenate(values)
    known = np.isfinite(level)
    design = Design(np.ones(len(level)), stratum, psu, single_psu="centered")
    measure = Measure.numbers("level", None, "mean", np.where(known, level, 0.0), known)
    found = contrasts(
        psu_totals(design, [measure], sides), [((THEN, unit), (NOW, unit)) for unit in units], LEVEL, "auto"
    )
    y, error = (
        np.array([getattr(one, name) for one in found], np.float64) for name in ("estimate", "standard_error")
    )
    n = np.array([one.n for one in found], np.float64)
    test = outlying(np.where(n >= 2 * LEAST, y, np.nan), error**2)
    return Tests("jump", "commune", list(units), n, y, test.expected, test.either)

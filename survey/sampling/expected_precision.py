"""What a plan or a drawn sample will be able to tell, before anybody goes to the field."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from analysis.sample_size import cluster_effect, half_width, smallest_change, standard_error
from analysis.sampling import inclusion_probabilities
from survey.sampling.draws import Drawn
from survey.sampling.plans import Frame, FrameVillage, Part, Plan, parts
from survey.storage.models import Unit, Wave
from survey.waves import units
from translations import Lazy, Refusal, gettext
from translations.formats import number, percent

FEW = 30  # answers, or as many singly drawn people: below, a figure is marked (statistics of NCHS)
NOTHING = 0.5  # a half-width that leaves every share possible
POOLED_BELOW = 8  # degrees of freedom, as in `estimate --variance auto`


@dataclass(frozen=True)
class Expected:
    """What is assumed of the field.

    share     the share that is estimated
    rho       how alike the people of a village are: the intraclass correlation
    response  the part of the forms that comes back answered
    cost      of a form, in whatever money; None: not asked
    """

    share: float = 0.9
    rho: float = 0.05
    response: float = 1.0
    cost: float | None = None

    def deff(self, per_village: float) -> float:
        """The design effect of asking so many people in each village."""
        return cluster_effect(per_village * self.response, self.rho)

    @classmethod
    def of(cls, deff: float | None, per_village: int, **known: float | None) -> Expected:
        """With the ρ that gives this design effect; its own unless one is given. Refused: a design effect below 1,
        and one above it where a village gives no two people who could be alike."""
        values = cls(**{name: value for name, value in known.items() if value is not None})
        if deff is None or deff == 1:
            return values if deff is None else replace(values, rho=0.0)
        if deff < 1:
            raise Refusal("Give a design effect of 1 or more.")
        if per_village * values.response <= 1:
            raise Refusal(
                "People asked one a village can't be alike: leave the design effect out, or ask more people."
            )
        return replace(values, rho=(deff - 1) / (per_village * values.response - 1))


@dataclass(frozen=True)
class Cell:
    """The villages drawn, or expected to be, in one commune of one stratum of the plan."""

    stratum: str
    part: str
    unit: str
    villages: float
    forms: float


@dataclass(frozen=True)
class Line:
    """A domain: what it gets, its standard error, and half the width of its 95 % interval, None if it has none.

    few  whether its figures will be marked as resting on too few
    """

    label: str
    villages: float
    forms: float
    error: float
    half_width: float | None
    few: bool


@dataclass(frozen=True)
class Outlook:
    """All that is told before the field.

    reached             communes with a village, `unreached` without one; of these chance can't reach the `missed`
    beyond              communes without a village in the frame: no figure is of them
    significant_change  the smallest between two such waves that is significant where they show it
    detected_change     the smallest that they find four times in five
    """

    expected: Expected
    deff: float
    villages: float
    forms: float
    province: Line
    strata: tuple[Line, ...]
    communes: tuple[Line, ...]
    reached: int
    unreached: int
    missed: tuple[Unit, ...]
    beyond: int
    significant_change: float
    detected_change: float

    @property
    def aimed_at(self) -> int:
        """Communes, with and without a village."""
        return self.reached + self.unreached

    @property
    def whole(self) -> Lazy:
        """Whom its figures of all together are of."""
        if not self.beyond:
            return Lazy("the province")
        return Lazy(
            "the %(covered)s of %(communes)s communes in the frame",
            covered=number(self.aimed_at - self.beyond),
            communes=number(self.aimed_at),
        )

    @property
    def cost(self) -> float | None:
        """Of all forms."""
        return None if self.expected.cost is None else self.forms * self.expected.cost

    @property
    def few(self) -> int:
        """Communes whose figures will be marked as resting on too few."""
        return sum(line.few for line in self.communes)


def of_drawn(session: Session, wave: Wave, drawn: Drawn, expected: Expected) -> Outlook:
    """What a sample will tell, by the villages that it has."""
    cells = [Cell(one.stratum, one.part, one.village.unit, 1, len(one.households)) for one in drawn.taken]
    return _outlook(drawn.frame, drawn.plan, cells, expected, communes(session, wave, drawn.frame))


def of_plan(session: Session, wave: Wave, frame: Frame, plan: Plan, expected: Expected) -> Outlook:
    """What a plan may be expected to tell, whichever villages chance gives it."""
    cells = []
    for part in parts(frame, plan):
        probability = _probability(part, plan)
        by_unit: dict[str, list[float]] = {}
        for village, chance in zip(part.villages, probability, strict=True):
            sums = by_unit.setdefault(village.unit, [0.0, 0.0])
            sums[0] += chance
            sums[1] += chance * min(plan.per_village, village.households)
        cells += [Cell(part.stratum, part.label, unit, *sums) for unit, sums in by_unit.items()]
    return _outlook(frame, plan, cells, expected, communes(session, wave, frame))


def _probability(part: Part, plan: Plan) -> list[float]:
    if plan.method == "srs":
        return [part.take / len(part.villages)] * len(part.villages)
    probabilities: list[float] = inclusion_probabilities([v.households for v in part.villages], part.take).tolist()
    return probabilities


def communes(session: Session, wave: Wave, frame: Frame) -> list[Unit]:
    """The communes that a wave should reach: those of its first day, and what else the frame has."""
    every = units.communes(session, wave.opens)
    known = {unit.code for unit in every}
    return every + [units.find(session, code) for code in frame.by("unit") if code not in known]


def _outlook(
    frame: Frame, plan: Plan, cells: Sequence[Cell], expected: Expected, domains: Sequence[Unit]
) -> Outlook:
    households = {part.label: part.households for part in parts(frame, plan)}
    spread = {part.label: _spread(part.villages, plan) for part in parts(frame, plan)}

    def error(some: Iterable[Cell]) -> float:
        """Of the weighted mean of the strata that the cells belong to, each as if it were drawn alone."""
        by_part: dict[str, list[Cell]] = {}
        for cell in some:
            by_part.setdefault(cell.part, []).append(cell)
        weight = np.array([households[part] for part in by_part], dtype=float)
        errors = np.array([_error(group, expected, spread[part]) for part, group in by_part.items()])
        return float(np.sqrt((weight**2 * errors**2).sum()) / weight.sum()) if len(weight) else math.inf

    strata = _grouped(cells, "stratum")
    by_unit = _grouped(cells, "unit")
    pooled_df = sum(max(_villages(group) - 1, 0) for group in strata.values())
    communes_df = sum(max(_villages(group) - 1, 0) for group in by_unit.values())
    province, covered = error(cells), frame.by("unit")
    reached = round(sum(min(_villages(by_unit[unit.code]), 1) for unit in domains if unit.code in by_unit))
    return Outlook(
        expected=expected,
        deff=expected.deff(plan.per_village),
        villages=_villages(cells),
        forms=sum(cell.forms for cell in cells),
        province=_line("", cells, province, pooled_df, expected),
        strata=tuple(_domain(label, group, error(group), pooled_df, expected) for label, group in strata.items()),
        communes=tuple(
            _domain(label, group, _error(group, expected, spread[group[0].part]), communes_df, expected)
            for label, group in ((label, _if_reached(group)) for label, group in by_unit.items())
        ),
        reached=reached,
        unreached=len(domains) - reached,
        missed=tuple(unit for unit in domains if not _villages(by_unit.get(unit.code, []))),
        beyond=sum(unit.code not in covered for unit in domains),
        significant_change=smallest_change(province, pooled_df),
        detected_change=smallest_change(province, pooled_df, power=0.8),
    )


def _if_reached(cells: Sequence[Cell]) -> Sequence[Cell]:
    """The cells of a commune, where chance gives it less than a village: as if it gave it one."""
    villages = _villages(cells)
    if not 0 < villages < 1:
        return cells
    return [replace(cell, villages=cell.villages / villages, forms=cell.forms / villages) for cell in cells]


def _error(cells: Sequence[Cell], expected: Expected, spread: float) -> float:
    """Of people who weigh alike, but for `spread`."""
    villages, forms = _villages(cells), sum(cell.forms for cell in cells)
    if not villages:
        return math.inf
    deff = expected.deff(forms / villages) * spread
    return standard_error(forms * expected.response, expected.share, deff)


def _spread(villages: Sequence[FrameVillage], plan: Plan) -> float:
    """What weights as unequal as the villages cost: 1 + cv² where each is drawn alike (Kish 1965, § 11.7)."""
    if plan.method == "pps":
        return 1.0
    sizes = np.array([village.households for village in villages], dtype=float)
    return float(1 + sizes.var() / sizes.mean() ** 2)


def _domain(label: str, cells: Sequence[Cell], error: float, pooled_df: float, expected: Expected) -> Line:
    """Like `estimate --variance auto`: with few villages, how alike people are is taken from all domains."""
    own = _villages(cells) - 1
    return _line(label, cells, error, own if own >= POOLED_BELOW else pooled_df, expected)


def _line(label: str, cells: Sequence[Cell], error: float, df: float, expected: Expected) -> Line:
    half = half_width(error, df) if df > 0 and math.isfinite(error) else math.nan
    answers = sum(cell.forms for cell in cells) * expected.response
    alone = expected.share * (1 - expected.share) / error**2 if error else math.inf
    return Line(
        label,
        _villages(cells),
        sum(cell.forms for cell in cells),
        error,
        half if half < NOTHING else None,
        min(answers, alone) < FEW,
    )


def _villages(cells: Iterable[Cell]) -> float:
    return sum(cell.villages for cell in cells)


def _grouped(cells: Iterable[Cell], label: str) -> dict[str, list[Cell]]:
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(getattr(cell, label), []).append(cell)
    return dict(sorted(groups.items()))


def sentences(outlook: Outlook) -> Iterator[Lazy]:
    """What is told before a sample is kept, in the order in which it matters."""
    expected = outlook.expected
    yield Lazy(
        "%(villages)s villages in %(reached)s of %(communes)s communes; %(forms)s forms.",
        villages=number(outlook.villages),
        reached=number(outlook.reached),
        communes=number(outlook.aimed_at),
        forms=number(outlook.forms),
    )
    yield from _missed(outlook)
    yield Lazy(
        "Expected on a share of %(share)s, with a design effect of %(deff)s and %(response)s of the forms back, "
        "in points at 95%% confidence: %(whole)s %(province)s; strata %(strata)s; communes %(communes)s.",
        whole=outlook.whole,
        share=percent(expected.share, 0),
        deff=number(outlook.deff, 1),
        response=percent(expected.response, 0),
        province=points([outlook.province]),
        strata=points(outlook.strata),
        communes=points(outlook.communes),
    )
    yield from _few(outlook)
    yield _change(outlook)
    if outlook.cost is not None:
        yield Lazy("The forms cost %(cost)s.", cost=number(outlook.cost))


def cautions(outlook: Outlook) -> Iterator[Lazy]:
    """What a sample will not tell, and the change that it will."""
    yield from _missed(outlook)
    yield from _few(outlook)
    yield _change(outlook)


def whole(count: float) -> str:
    """A number of villages or forms: whole where it is, else to a tenth, for it is an expectation."""
    return number(count, 0 if abs(count - round(count)) < 1e-9 else 1)


def _missed(outlook: Outlook) -> Iterator[Lazy]:
    if outlook.missed:
        names = ", ".join(unit.name for unit in outlook.missed)
        yield Lazy("Communes without a village: %(names)s. Nothing will be known of them alone.", names=names)
    elif outlook.unreached:
        yield Lazy(
            "Chance leaves about %(count)s of %(communes)s communes without a village: nothing will be known of "
            "them alone.",
            count=number(outlook.unreached),
            communes=number(outlook.aimed_at),
        )


def _few(outlook: Outlook) -> Iterator[Lazy]:
    if outlook.few:
        yield Lazy(
            "In %(few)s of %(communes)s communes the sample is too small for a figure of their own: it tells less "
            "than %(least)s people drawn singly would. Their figures will be marked so.",
            few=number(outlook.few),
            communes=number(len(outlook.communes)),
            least=FEW,
        )


def _change(outlook: Outlook) -> Lazy:
    return Lazy(
        "Two such waves can show a change of %(told)s points; a true change of %(found)s points is found "
        "four times in five.",
        told=in_points(outlook.significant_change),
        found=in_points(outlook.detected_change),
    )


def bought(
    session: Session, wave: Wave, frame: Frame, plan: Plan, expected: Expected, counts: Sequence[int] = (2, 3, 4)
) -> list[tuple[Plan, Outlook]]:
    """What so many villages in each commune would buy, all else as in the plan; a commune with fewer gives all."""
    plans = [replace(plan, villages=count, per="unit", allocation="equal", collapse=True) for count in counts]
    return [(one, of_plan(session, wave, frame, one, expected)) for one in plans]


def bought_sentences(offers: Sequence[tuple[Plan, Outlook]]) -> Iterator[Lazy]:
    """The offers of `bought`, one a line."""
    for plan, outlook in offers:
        yield Lazy(
            "%(villages)s villages a commune: %(forms)s forms; communes %(communes)s points, %(few)s of them too "
            "small for a figure of their own; %(whole)s %(province)s.",
            whole=outlook.whole,
            villages=plan.villages,
            forms=number(outlook.forms),
            communes=points(outlook.communes),
            few=number(outlook.few),
            province=points([outlook.province]),
        )


def in_points(share: float) -> str:
    """A fraction in percentage points: 1,7; a dash where too few villages tell none."""
    return number(None if math.isnan(share) else 100 * share, 1)


def points(lines: Sequence[Line]) -> str:
    """The half-widths of some domains: ±1,7; ±4,2–9,8."""
    widths = sorted(line.half_width for line in lines if line.half_width is not None)
    if not widths:
        return gettext("no interval")
    first, last = in_points(widths[0]), in_points(widths[-1])
    return f"±{first}" if first == last else f"±{first}–{last}"

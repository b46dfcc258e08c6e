"""The result table of a wave: estimates from its responses, marked, and released with what must be hidden hidden.

Everything that shows a figure (page, file, API, command line) prints these records and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict, Unpack, cast

import numpy as np
from sqlalchemy.orm import Session

from analysis import Design, DesignError, Difference, Estimate, against_rest, estimate
from analysis.contrast import Group
from analysis.design import SinglePSU
from analysis.disclosure import Mark
from analysis.estimate import Variance
from analysis.interval import Interval
from analysis.totals import psu_totals
from analysis.variance import wholes
from survey.responses.respondents import Respondents, sample
from survey.results import disclosure, releases, verdicts
from survey.results.breakdowns import TOGETHER, grouped
from survey.results.result_groups import domains
from survey.results.scores import MeasureRequest, everything, measures, scoring_rule
from survey.storage.models import WaveKind
from survey.system.cache import FIGURE_BYTES, cached
from survey.waves import units, waves
from translations import Refusal

FIELDS = (
    "item", "value", "domain", "statistic", "estimate", "standard_error", "low", "high", "df", "deff", "n",
    "n_eff", "variance", "flags", "standing",
)  # fmt: skip
SILENCED = frozenset((*disclosure.GRAVEST_LAST, "not_a_sample"))  # flags of a record that bears no standing


@dataclass(frozen=True, slots=True)
class Record(Estimate):
    """A figure of the result table.

    rest      a commune's difference from the rest of the province
    standing  its word by the test corrected for all communes that are seen (`verdicts`); None if there is none
    overall   the overall figure, beside which it is drawn

    All are of communes alone, and None beside a figure that is hidden or masked, whoever hid it, that has no
    interval, or that no sample gave.
    """

    rest: Difference | None = None
    standing: Group | None = None
    overall: float | None = None

    def __post_init__(self) -> None:
        if not _is_told(self):
            object.__setattr__(self, "rest", None)
            object.__setattr__(self, "standing", None)
            object.__setattr__(self, "overall", None)


OF_ESTIMATE = tuple(field.name for field in fields(Estimate))


def _is_told(figure: Estimate) -> bool:
    """Whether it may be said where a figure stands."""
    return SILENCED.isdisjoint(figure.flags) and figure.low is not None and figure.high is not None


class Options(TypedDict, total=False):
    """How a table is asked for.

    items       as `MeasureRequest.read` takes them; all items and the index if none is named
    by          unit, stratum, mode or items; several cross
    rule        of the index: share or mean; the questionnaire's own unless given
    released    what must be hidden has lost its figures; else it is only marked
    interval, level, variance  as `analysis.estimate`; variance is "auto" unless given
    single_psu  what a stratum with one village means; the wave's own rule unless given
    without     marks: people with one of them count as blank, as those whom an official helped
    asked       shares of all who were asked, a blank being none of the values; else of all who answered
    """

    items: Sequence[str]
    by: Sequence[str]
    rule: str | None
    released: bool
    interval: Interval
    level: float
    variance: Variance
    single_psu: SinglePSU | None
    without: Sequence[str]
    asked: bool


def estimates(session: Session, wave: str, release: int | None = None, **options: Unpack[Options]) -> list[Record]:
    """The records of a wave: by item and value, then by domain; those of a release as they were released. Refused:
    an unknown item, value, rule, column or release; a design as `analysis` refuses it."""
    found_wave = waves.find(session, wave)
    shown = None if release is None else releases.find(session, wave, release)
    if shown is not None:
        options["released"] = True
    return table(session, sample(session, found_wave, shown), **options)


def table(session: Session, people: Respondents, **options: Unpack[Options]) -> list[Record]:
    """The records of a sample that was read already."""
    by = options.get("by", ())
    if options.get("released"):
        disclosure.refuse(people, by)
    if options.get("without"):
        people = people.without(options["without"])
    wanted = [MeasureRequest.read(text) for text in options.get("items", ())] or everything(people.questionnaire)
    scoring = scoring_rule(people.questionnaire, options.get("rule"))
    asked = {
        (measure.item, measure.value): measure
        for one in wanted
        for measure in measures(people, one, scoring, options.get("asked", False))
    }
    where = domains(session, people, by) if by else None
    own = grouped(by)
    tables = {} if where is None else {own: domains(session, people, by, blanks=True)}
    if own in TOGETHER:
        tables = {column: domains(session, people, [column]) for column in TOGETHER}
    marks = disclosure.marks(session, people, asked, by, tables)
    labels = None if where is None else where.labels
    listed = [None] if where is None else where.wanted
    withheld = np.array([[(*measure, domain) in marks for measure in asked] for domain in listed], bool)
    drawn = design(people, options.get("single_psu"))
    try:
        figures = estimate(
            drawn,
            list(asked.values()),
            labels,
            domains=None if where is None else listed,
            interval=options.get("interval", "korn-graubard"),
            level=options.get("level", 0.95),
            variance=options.get("variance", "auto"),
            withheld=withheld if marks and options.get("released") else None,
        )
    except DesignError as error:
        raise Refusal(error.message, **error.values) from error
    figures = [_flagged(people, one, marks.get((one.item, one.value, one.domain))) for one in figures]
    if len(by) > 1:
        figures = [replace(one, domain=_columns(by, one.domain)) for one in figures]
    if options.get("released"):
        figures = [disclosure.released(one) for one in figures]
        if people.some_wait and "unit" in by:
            figures = [_waiting(people, one) for one in figures]
    if people.sampled is not None and "unit" in by:
        figures = [one if people.asks_in(_unit(one)) else disclosure.not_sampled(one) for one in figures]
    if own == "unit" and people.wave.kind is WaveKind.SAMPLE and len(people):
        tested = against_rest(drawn, list(asked.values()), people.unit, domains=listed, withheld=withheld)
        [overall] = wholes(psu_totals(drawn, list(asked.values()))).estimate.tolist()
        return _standing(people, figures, tested, dict(zip(asked, overall, strict=True)))
    return [_record(one) for one in figures]


def _flagged(people: Respondents, figure: Estimate, mark: Mark | None) -> Estimate:
    """The figure with what must be said of it: that it comes from no sample, that it must be hidden."""
    marks = (*(("not_a_sample",) if people.wave.kind is WaveKind.OPEN else ()), *((mark,) if mark else ()))
    return replace(figure, flags=(*figure.flags, *marks)) if marks else figure


def _unit(figure: Estimate) -> str:
    """The commune of a figure in a table by communes."""
    return str(figure.domain["unit"] if isinstance(figure.domain, dict) else figure.domain)


def _waiting(people: Respondents, figure: Estimate) -> Estimate:
    """The released figure; that of a commune of which nothing is released says that its forms wait."""
    if _unit(figure) in people.unit.levels or disclosure.is_marked(figure):
        return figure
    return disclosure.waiting(figure)


def _standing(
    people: Respondents,
    figures: Sequence[Estimate],
    differences: Iterable[Difference],
    overall: Mapping[tuple[str, str | None], float],
) -> list[Record]:
    """The records of communes, with the standing of each among all communes whose figure is seen."""
    rest = {(one.item, one.value, one.to): one for one in differences}
    own = [rest.get((one.item, one.value, one.domain)) if _is_told(one) else None for one in figures]
    by_measure: dict[tuple[str, str | None], list[int]] = {}
    for place, one in enumerate(figures):
        by_measure.setdefault((one.item, one.value), []).append(place)
    records: dict[int, Record] = {}
    for measure, places in by_measure.items():
        line = overall[measure]
        for place, group in zip(
            places, verdicts.concluded(people.wave, [own[place] for place in places]), strict=True
        ):
            word = verdicts.reconcile(group, figures[place], line)
            records[place] = _record(figures[place], own[place], word, line)
    return [records[place] for place in range(len(figures))]


def _record(
    one: Estimate, rest: Difference | None = None, standing: Group | None = None, overall: float | None = None
) -> Record:
    told = {name: getattr(one, name) for name in OF_ESTIMATE}
    return Record(**told, rest=rest, standing=standing, overall=overall)


def _state(
    session: Session, people: Respondents, items: tuple[str, ...], by: tuple[str, ...], rule: str | None
) -> tuple[object, ...]:
    """What tells one table from another: the data, the communes that there are, and what is asked."""
    wave = people.wave
    answered = [str(code) for code in people.unit.levels]
    listed = tuple(unit.code for unit in units.asked_about(session, answered, wave.opens))
    return people.version, people.some_wait, wave.code, wave.single_psu, wave.weights, listed, items, by, rule


@cached(_state, lambda records: FIGURE_BYTES * (1 + len(records) + sum(one.rest is not None for one in records)))
def released(
    session: Session, people: Respondents, items: tuple[str, ...], by: tuple[str, ...], rule: str | None
) -> tuple[Record, ...]:
    """The records of a sample as they may go out, made once."""
    return tuple(table(session, people, items=items, by=by, rule=rule, released=True))


def design(people: Respondents, single_psu: SinglePSU | None = None) -> Design:
    """The design of the wave; with one village in a stratum, by the wave's own rule unless another is named. Its
    variances know the calibration that the weights come from, where there is one."""
    rule = single_psu or cast(SinglePSU, people.wave.single_psu)
    if rule not in people.designs:  # the people stay the same, and so does what is known of their villages
        fitted = people.calibration
        base = people.weight if fitted is None else people.weight / fitted.factor[fitted.cell]
        people.designs[rule] = Design(
            base,
            people.stratum,
            people.psu,
            people.group_size,
            single_psu=rule,
            calibration=fitted,
            single_stage=people.group_size is not None,
        )
    return people.designs[rule]


def _columns(by: Sequence[str], domain: Any) -> Any:
    """A cell of several columns, as the contract writes it: {column: value}."""
    return dict(zip(by, domain, strict=True))


def as_records(found: Iterable[Record]) -> list[dict[str, Any]]:
    """The records as the command line, the files and the API print them."""
    return [
        {field: list(record.flags) if field == "flags" else getattr(record, field) for field in FIELDS}
        for record in found
    ]


def as_row(record: dict[str, Any]) -> dict[str, Any]:
    """A record for a CSV file: flags joined by `;`, a domain of several columns as column=value joined by `;`."""
    domain = record["domain"]
    if isinstance(domain, dict):
        domain = ";".join(f"{column}={value}" for column, value in domain.items())
    return {**record, "flags": ";".join(record["flags"]), "domain": domain}

"""The result table of a wave: estimates from its responses, marked, and released with what must be hidden hidden.

Everything that shows a figure (page, file, API, command line) prints these records and computes nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict, Unpack, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analysis import Design, DesignError, Difference, Estimate, Measure, against_rest, estimate
from analysis.contrast import Group
from analysis.design import Labels, SinglePSU, compact, crossed
from analysis.estimate import Variance
from analysis.interval import Interval
from forms import Index, Item, Questionnaire, Rule
from survey.responses.respondents import Floats, Sample, sample
from survey.results import answer_counts, disclosure, releases, verdicts
from survey.results.answer_counts import Domains
from survey.results.breakdowns import TOGETHER, grouped
from survey.storage.models import WaveKind
from survey.system.cache import FIGURE_BYTES, cached
from survey.system.csv_table import LIKE, NONE, nearest
from survey.waves import units, waves
from translations import Refusal

FIELDS = (
    "item", "value", "domain", "statistic", "estimate", "standard_error", "low", "high", "df", "deff", "n",
    "n_eff", "variance", "flags", "standing",
)  # fmt: skip
COLUMNS = ("unit", "stratum", "mode")
SILENCED = frozenset((*disclosure.GRAVEST_LAST, "not_a_sample"))  # flags of a record that bears no standing
SILENT = -2  # was asked and left it blank, where this counts as an answer that is none of the values


@dataclass(frozen=True, slots=True)
class Record(Estimate):
    """A figure of the result table.

    rest      a commune's difference from the rest of the province
    standing  its word by the test corrected for all communes that are seen (`verdicts`); None if there is none

    Both are of communes alone, and None beside a figure that is hidden or masked, whoever hid it, that has no
    interval, or that no sample gave.
    """

    rest: Difference | None = None
    standing: Group | None = None

    def __post_init__(self) -> None:
        if not SILENCED.isdisjoint(self.flags) or self.low is None or self.high is None:
            object.__setattr__(self, "rest", None)
            object.__setattr__(self, "standing", None)


@dataclass(frozen=True)
class MeasureRequest:
    """One thing asked for: an item, perhaps with values, or a part of the index (`index:CS.A`)."""

    item: str
    values: tuple[int, ...] | None = None

    @classmethod
    def read(cls, text: str) -> MeasureRequest:
        """From the command line or an address: C5, C5=3, C2=5,6, index, index:CS.A."""
        code, equals, values = text.partition("=")
        try:
            return cls(code, tuple(int(value) for value in values.split(",")) if equals else None)
        except ValueError:
            raise Refusal("Write the values of %(item)s as its codes: %(item)s=4,5", item=code) from None


class Options(TypedDict, total=False):
    """How a table is asked for.

    items       as `Wanted.read` takes them; all items and the index where none is named
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
    """The records of a wave: by item and value, then by domain; those of a release as they were released.

    Refused: an unknown item, value, rule, column or release; a design as `analysis` refuses it.
    """
    found = waves.find(session, wave)
    shown = None if release is None else releases.find(session, wave, release)
    if shown is not None:
        options["released"] = True
    return table(session, sample(session, found, shown), **options)


def table(session: Session, people: Sample, **options: Unpack[Options]) -> list[Record]:
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
    tables = {} if where is None else {own: where}
    if own in TOGETHER:
        tables = {column: domains(session, people, [column]) for column in TOGETHER}
    marks = disclosure.marks(session, people, asked, by, tables)
    there = [None] if where is None else where.wanted
    withheld = np.array([[(*measure, domain) in marks for measure in asked] for domain in there], bool)
    drawn = design(people, options.get("single_psu"))
    try:
        found = estimate(
            drawn,
            list(asked.values()),
            None if where is None else where.labels,
            domains=None if where is None else where.wanted,
            interval=options.get("interval", "korn-graubard"),
            level=options.get("level", 0.95),
            variance=options.get("variance", "auto"),
            withheld=withheld if marks and options.get("released") else None,
        )
    except DesignError as error:
        raise Refusal(error.message, **error.values) from error
    if people.wave.kind is WaveKind.OPEN:
        found = [replace(record, flags=(*record.flags, "not_a_sample")) for record in found]
    found = [
        replace(record, flags=(*record.flags, mark))
        if (mark := marks.get((record.item, record.value, record.domain)))
        else record
        for record in found
    ]
    if len(by) > 1:
        found = [replace(record, domain=_crossed(by, record.domain)) for record in found]
    if options.get("released"):
        found = [disclosure.released(record) for record in found]
    if own == "unit" and people.wave.kind is WaveKind.SAMPLE and len(people):
        tested = against_rest(drawn, list(asked.values()), people.unit, domains=there, withheld=withheld)
        return _standing(people, found, tested)
    return [_record(one) for one in found]


def _standing(people: Sample, found: Sequence[Estimate], differences: Iterable[Difference]) -> list[Record]:
    """The records of communes, with the standing of each among all communes whose figure is seen."""
    rest = {(one.item, one.value, one.to): one for one in differences}
    records = [_record(one, rest.get((one.item, one.value, one.domain))) for one in found]
    figures: dict[tuple[str, str | None], list[int]] = {}
    for place, record in enumerate(records):
        figures.setdefault((record.item, record.value), []).append(place)
    for places in figures.values():
        told = verdicts.concluded(people.wave, [records[place].rest for place in places])
        for place, standing in zip(places, told, strict=True):
            records[place] = replace(records[place], standing=standing)
    return records


def _record(one: Estimate, rest: Difference | None = None) -> Record:
    return Record(**{field.name: getattr(one, field.name) for field in fields(Estimate)}, rest=rest)


def _state(
    session: Session, people: Sample, items: tuple[str, ...], by: tuple[str, ...], rule: str | None
) -> tuple[object, ...]:
    """What tells one table from another: the data, the communes that there are, and what is asked."""
    wave = people.wave
    there = tuple(unit.code for unit in units.communes(session, wave.opens))
    return people.version, wave.code, wave.single_psu, wave.weights, there, items, by, rule


@cached(_state, lambda records: FIGURE_BYTES * (1 + len(records) + sum(one.rest is not None for one in records)))
def released(
    session: Session, people: Sample, items: tuple[str, ...], by: tuple[str, ...], rule: str | None
) -> tuple[Record, ...]:
    """The records of a sample as they may go out, made once."""
    return tuple(table(session, people, items=items, by=by, rule=rule, released=True))


def design(people: Sample, single_psu: SinglePSU | None = None) -> Design:
    """The design of the wave; with one village in a stratum, by the wave's own rule unless another is named.

    Its variances know the calibration that the weights come from, where there is one.
    """
    rule = single_psu or cast(SinglePSU, people.wave.single_psu)
    if rule not in people.designs:  # the people stay the same, and so does what is known of their villages
        fitted = people.calibration
        base = people.weight if fitted is None else people.weight / fitted.factor[fitted.cell]
        made = Design(base, people.stratum, people.psu, single_psu=rule, calibration=fitted)
        people.designs[rule] = made
    return people.designs[rule]


def everything(questionnaire: Questionnaire) -> list[MeasureRequest]:
    """All that can be estimated: the index and its parts, then every item but the texts, in the form's order."""
    parts = list(questionnaire.index.codes()) if questionnaire.index else []
    items = [item.code for item in questionnaire.items.values() if item.kind != "text"]
    return [MeasureRequest(code) for code in (*parts, *items)]


def scoring_rule(questionnaire: Questionnaire, name: str | None) -> Rule | None:
    """The rule of the index by this name, the questionnaire's own without one; None if it has no index."""
    if questionnaire.index is None:
        if name is not None:
            raise Refusal("%(name)s has no index, so there is no rule to choose.", name=questionnaire.name)
        return None
    rules = questionnaire.index.rules
    if name is not None and name not in rules:
        raise Refusal("There is no rule %(rule)s. Choose one of: %(rules)s", rule=name, rules=", ".join(rules))
    return rules[name or questionnaire.index.rule]


def measures(people: Sample, wanted: MeasureRequest, rule: Rule | None, asked: bool = False) -> list[Measure]:
    """What is to be estimated, as scores: an item of the index gives its satisfied share (or its mean score), a
    part of the index one ratio of totals, any other item a share per value, a number its mean.

    asked  shares of such another item are of all who were asked, whether they answered or not
    """
    index = people.questionnaire.index
    if wanted.item == "index" or wanted.item.startswith("index:"):
        codes = index.codes() if index else {}
        if index is None or rule is None or wanted.item not in codes or wanted.values is not None:
            raise Refusal(
                "There is no index %(code)s here. Choose one of: %(codes)s",
                code=wanted.item,
                codes=", ".join(codes) or "–",
            )
        return [_pooled(people, index, wanted.item, rule)]
    item = _item(people.questionnaire, wanted.item)
    if wanted.values is None and index is not None and rule is not None and item.code in index.codes()["index"]:
        told, scores = _levels(people, item), rule.scores[item.code]
        if rule.is_share:
            full = rule.satisfied(item.code)
            return [Measure.share(item.code, ",".join(map(str, full)), told, full, blank=-1)]
        return [Measure.numbers(item.code, None, "mean", _worth(told, scores), told >= 0)]
    column = people.answers(item)
    if item.kind == "number":
        if wanted.values is not None:
            raise Refusal("%(item)s is a number: ask for it without values.", item=item.code)
        return [Measure.numbers(item.code, None, "mean", np.where(column.given, column.codes, 0.0), column.given)]
    sets = [(code,) for code in item.choices] if wanted.values is None else [wanted.values]
    for value in sorted(set().union(*sets) - set(item.choices)):
        raise Refusal(
            "%(item)s has no value %(value)s. Its values are: %(values)s",
            item=item.code,
            value=value,
            values=", ".join(str(code) for code in item.choices),
        )
    counted = column.asked if asked else column.given
    if column.chosen is None:
        told = np.where(column.given, column.codes, np.where(counted, SILENT, -1)).astype(column.codes.dtype)
        return [Measure.share(item.code, ",".join(map(str, values)), told, values, -1) for values in sets]
    return [
        Measure.share(
            item.code,
            ",".join(map(str, values)),
            counted.astype(np.int8) + column.any_of(item, values),
            {2},
            blank=0,
        )
        for values in sets
    ]


@cached(lambda people, _index, part, rule: (people.wave.code, people.version, part, *rule.tables.items()))
def _pooled(people: Sample, index: Index, part: str, rule: Rule) -> Measure:
    """A part of the index: of each person the sum of their scores in its items, and in how many they have one."""
    areas = {f"index:{area.code}": [f"index:{factor.code}" for factor in area.factors] for area in index.areas}
    parts = {"index": [*areas], **areas}.get(part, [])  # that it is made of; a factor of its items alone
    items = index.codes()[part]
    score: NDArray[Any] = np.zeros(len(people), np.uint16 if rule.is_share else np.float64)
    base: NDArray[Any] = np.zeros(len(people), np.uint16)
    for smaller in parts:
        one = _pooled(people, index, smaller, rule)
        score += one.score.astype(score.dtype)[one.codes]
        base += one.base.astype(base.dtype)[one.codes]
    for code in () if parts else items:
        levels = _levels(people, people.questionnaire.items[code])
        score += _worth(levels, rule.scores[code]).astype(score.dtype, copy=False)
        base += levels >= 0
    if rule.is_share:
        there, place = compact(score.astype(np.int64), len(items) + 1)
        scores = there.astype(np.float64)
    else:  # sums of the same scores in another order may differ in their last bit
        _rounded, first, place = np.unique(np.round(score, 9), return_index=True, return_inverse=True)
        scores = score[first]
    pairs, codes = compact(place * (len(items) + 1) + base, len(scores) * (len(items) + 1))
    base = (pairs % (len(items) + 1)).astype(np.float64)
    return Measure(
        part,
        None,
        "index",
        codes.astype(np.min_scalar_type(len(pairs))),
        scores[pairs // (len(items) + 1)],
        base,
        base > 0,
    )


def _levels(people: Sample, item: Item) -> NDArray[Any]:
    """(N,) the levels of a scale, −1 without; a code that is no level (98, 99) is no answer here."""
    column = people.answers(item)
    level = np.full(max(item.choices) + 2, -1, column.codes.dtype)  # the last one is that of −1
    level[list(item.valid)] = item.valid
    found: NDArray[Any] = level[np.where(column.given, column.codes, -1)]
    return found


def _worth(levels: NDArray[Any], scores: Mapping[int, float]) -> Floats:
    """(N,) the score of each level, 0 where there is none."""
    worth = np.zeros(max(scores, default=0) + 2)  # the last one is that of −1
    worth[list(scores)] = list(scores.values())
    found: Floats = worth[levels]
    return found


def _item(questionnaire: Questionnaire, code: str) -> Item:
    item = questionnaire.items.get(code)
    if item is None:
        near = nearest(code, [*questionnaire.items, "index"], least=LIKE)
        if near != NONE:
            raise Refusal("There is no item %(code)s. Did you mean %(near)s?", code=code, near=near)
        raise Refusal("There is no item %(code)s in %(name)s.", code=code, name=questionnaire.name)
    if item.kind == "text":
        raise Refusal("%(item)s was answered in words: there is nothing to estimate.", item=code)
    return item


def domains(session: Session, people: Sample, by: Sequence[str]) -> Domains:
    """The labels of one column, or of several crossed as tuples; all communes are listed, with those nobody
    answered for."""
    parts = [_column(session, people, column) for column in by]
    if len(parts) == 1:
        return parts[0]
    labels = crossed([part.labels for part in parts])
    return Domains(labels, list(itertools.product(*(part.wanted for part in parts))))


def _column(session: Session, people: Sample, column: str) -> Domains:
    if column in COLUMNS:
        return answer_counts.domains(session, people, column)
    if column == "psu":
        raise Refusal("A village is too small for a figure of its own. Choose unit, stratum, mode or an item.")
    if column not in people.questionnaire.items:
        raise Refusal(
            "There is no item %(code)s to group by. Choose unit, stratum, mode or the code of an item.",
            code=column,
        )
    item = _item(people.questionnaire, column)
    if not item.choices or item.kind == "multiple":
        raise Refusal("People can't be grouped by %(item)s: choose an item with one answer.", item=column)
    labels = by_choice(people, item)
    return Domains(labels, list(labels.levels))


def by_choice(people: Sample, item: Item) -> Labels:
    """(N,) the code that each chose, written; blank where there is none."""
    column = people.answers(item)
    place = np.full(max(item.choices) + 2, -1, np.int64)  # the last one is that of −1
    place[list(item.choices)] = np.arange(len(item.choices))
    return Labels([str(code) for code in item.choices], np.where(column.given, place[column.codes], -1))


def _crossed(by: Sequence[str], domain: Any) -> Any:
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

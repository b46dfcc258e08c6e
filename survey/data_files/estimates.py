"""From the chunks of a data file to estimates: what a request asks for, summed, and told as records."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.contrast import REST, Difference, Rest, contrasts, groups, holm
from analysis.design import DesignError as DesignError  # which the command turns into a refusal
from analysis.design import Floats, Labels, crossed
from analysis.estimate import Variance, tabulate
from analysis.interval import Interval
from analysis.measure import Measure, Measures
from analysis.parts import Gathering, Part, part
from analysis.totals import Totals
from survey.data_files.estimate_request import Index, Item, Request, levels, natural
from survey.data_files.table_reader import Chunk, DataFile, canonical
from survey.system.csv_table import NONE, nearest
from translations import Refusal

Record = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """The rows of a chunk as the statistics want them."""

    weight: Floats
    stratum: Labels
    psu: Labels | None
    fpc: Floats | None
    domain: Labels
    groups: Labels | None
    measures: Measures


def _weights(request: Request, chunk: Chunk) -> Floats:
    weight = chunk.numbers(request.weights)
    for row in np.flatnonzero(~(weight >= 0)):
        if np.isnan(weight[row]):
            raise _blank(chunk, row, request.weights)
        raise Refusal(
            "Row %(row)s, column %(column)s: the weight is negative. Weights are numbers from 0 up.",
            row=chunk.first + int(row),
            column=request.weights,
        )
    return weight


def rows_of(request: Request, chunk: Chunk) -> Rows:
    """Reads a chunk; Refusal names the first row that is wrong, and its column."""
    whole = Labels(["all"], np.zeros(chunk.rows, np.int64))
    return Rows(
        _weights(request, chunk),
        _filled(chunk, request.strata) if request.strata else whole,
        _filled(chunk, request.psu) if request.psu else None,
        _fpc(chunk, request.fpc) if request.fpc else None,
        _domain(request, chunk),
        crossed([_canonical(_filled(chunk, name)) for name in request.margins]) if request.margins else None,
        [_measure(request, item, chunk) for item in request.items]
        + [_pooled(index, chunk) for index in request.indices],
    )


def _filled(chunk: Chunk, name: str) -> Labels:
    levels, codes = chunk.labels(name)
    for row in np.flatnonzero(codes < 0):
        raise _blank(chunk, row, name)
    return Labels(levels, codes)


def _fpc(chunk: Chunk, name: str) -> Floats:
    values = chunk.numbers(name)
    for row in np.flatnonzero(np.isnan(values)):
        raise _blank(chunk, row, name)
    return values


def _blank(chunk: Chunk, row: Any, name: str) -> Refusal:
    return Refusal("Row %(row)s, column %(column)s is blank. Fill it in.", row=chunk.first + int(row), column=name)


def _canonical(labels: Labels) -> Labels:
    levels = [canonical(level) for level in labels.levels]
    distinct = list(dict.fromkeys(levels))
    place = {level: rank for rank, level in enumerate(distinct)}
    return Labels(list(distinct), np.array([place[level] for level in levels], np.int64)[labels.codes])


def _domain(request: Request, chunk: Chunk) -> Labels:
    """The domain of each row: the label of the one column, or the tuple of several; −1 where one is blank."""
    if not request.by:
        domain = Labels([None], np.zeros(chunk.rows, np.int64))
    elif len(request.by) == 1:
        domain = Labels(*chunk.labels(request.by[0]))
    else:
        domain = crossed([Labels(*chunk.labels(name)) for name in request.by])
    if request.within is None:
        return domain
    levels, codes = chunk.labels(request.within.column)
    inside = np.array([canonical(level) in request.within.wanted for level in levels] + [False])[codes]
    return Labels(domain.levels, np.where(inside, domain.codes, -1))


def _measure(request: Request, item: Item, chunk: Chunk) -> Measure:
    if request.counted:
        column = chunk.codes(item.column)
        of = column.matching(item.wanted)
        return Measure.share(item.column, item.value, column.codes, of, column.blank, request.statistic)
    score = chunk.numbers(item.column)
    if request.denominator is None:
        return Measure.numbers(item.column, None, request.statistic, np.nan_to_num(score), ~np.isnan(score))
    base = chunk.numbers(request.denominator)
    both = ~(np.isnan(score) | np.isnan(base))
    return Measure.numbers(item.column, None, request.statistic, np.nan_to_num(score), np.nan_to_num(base), both)


def _pooled(index: Index, chunk: Chunk) -> Measure:
    """Of each person how many of the answers are wanted, of how many that are valid."""
    score, base = np.zeros(chunk.rows), np.zeros(chunk.rows)
    for name in index.columns:
        column = chunk.codes(name)
        answered = column.codes != column.blank
        if index.valid is not None:
            answered &= np.isin(column.codes, list(column.matching(index.valid)))
        score += answered & np.isin(column.codes, list(column.matching(index.wanted)))
        base += answered
    return Measure.numbers(index.name, None, "index", score, base)


def totals(request: Request, chunks: Iterable[Chunk]) -> Totals:
    """The totals of a file, read once, chunk by chunk."""
    return gathered(request, (_part(request, rows_of(request, chunk)) for chunk in chunks))


def gathered(request: Request, parts: Iterable[Part]) -> Totals:
    """The totals of parts, wherever they were summed."""
    gathering = Gathering(request.names, request.single_psu)
    for one in parts:
        gathering.add(one)
    return gathering.totals(None, request.margins, request.method)


def _part(request: Request, rows: Rows) -> Part:
    fpc: dict[Hashable, float] = {}
    if rows.fpc is not None:
        for h, label in enumerate(rows.stratum.levels):
            values = np.unique(rows.fpc[rows.stratum.codes == h])
            if len(values) > 1:
                raise DesignError(
                    "The fpc varies within stratum %(stratum)s. A stratum has one.", stratum=str(label)
                )
            if len(values):
                fpc[label] = float(values[0])
    return part(rows.weight, rows.stratum, rows.psu, rows.domain, rows.measures, rows.groups, fpc)


def _natural_domain(domain: Hashable) -> list[tuple[int, float, str]]:
    return [natural(str(part)) for part in (domain if isinstance(domain, tuple) else (domain,))]


def refuse_unknown_values(request: Request, file: DataFile, sums: Totals) -> None:
    """Refuses a value that occurs nowhere: it is a slip of the pen rather than a share of 0 or an empty domain."""
    within = request.within
    if within is not None and not sums.sums.count.any():
        there_is = levels(file, [within.column])[within.column]
        if not within.wanted.intersection(there_is):
            raise _no_value(within.column, within.value, there_is)
    events = sums.sums.events.sum(0)
    doubtful = [item for item, count in zip(request.items, events, strict=False) if count == 0]
    for index, count in zip(request.indices, events[len(request.items) :], strict=True):
        found_in = levels(file, index.columns) if count == 0 else {}
        there_are = sorted({value for values in found_in.values() for value in values}, key=natural)
        if there_are and not index.wanted.intersection(there_are):
            raise _no_value(", ".join(index.columns), index.value, there_are)
    if not request.counted or not doubtful:
        return
    distinct = levels(file, list(dict.fromkeys(item.column for item in doubtful)))
    for item in doubtful:
        if distinct[item.column] and not item.wanted.intersection(distinct[item.column]):
            raise _no_value(item.column, item.value, distinct[item.column])


def estimates(
    request: Request, sums: Totals, interval: Interval, level: float, variance: Variance
) -> list[Record]:
    """The records of `hailong estimate`, in the order of the items and of the domains' names."""
    if not sums.domains:
        raise Refusal("Column %(column)s is blank in every row. Choose another.", column=", ".join(request.by))
    table = tabulate(sums, interval, level, variance).records()
    many = len(sums.domains)
    order = sorted(range(many), key=lambda g: _natural_domain(sums.domains[g]))
    records: list[Record] = []
    for estimate in (table[start + g] for start in range(0, len(table), many) for g in order):
        domain: Any = estimate.domain
        if isinstance(domain, tuple):
            domain = dict(zip(request.by, domain, strict=True))
        record = {name: getattr(estimate, name) for name in ESTIMATE_FIELDS}
        records.append(record | {"domain": domain, "flags": list(estimate.flags)})
    return records


ESTIMATE_FIELDS = (
    "item", "value", "domain", "statistic", "estimate", "standard_error", "low", "high", "df", "deff", "n",
    "n_eff", "variance", "flags",
)  # fmt: skip
COMPARE_FIELDS = (
    "item", "value", "domain", "from", "to", "estimate", "standard_error", "low", "high", "df", "p", "n", "flags",
)  # fmt: skip
STANDING_FIELDS = (*COMPARE_FIELDS, "p_adjusted", "group")


def comparison(
    request: Request, sums: Totals, pair: tuple[str, str], level: float, variance: Variance
) -> list[Record]:
    """The records of `hailong compare`: `to` minus `from`."""
    sides = (_side(request, sums, pair[0]), _side(request, sums, pair[1]))
    return [_compared(one) for one in contrasts(sums, [sides], level, variance)]


def standings(request: Request, sums: Totals, level: float, variance: Variance) -> list[Record]:
    """The records of `hailong compare --each rest`: item by item each group minus the rest, judged together. A
    verdict is always by effective answers, whatever the variance of a comparison would be."""
    pairs = [(REST, label) for label in sorted(sums.domains, key=_natural_domain)]
    tests = contrasts(sums, pairs, level, "pooled" if variance == "pooled" else "auto")
    records: list[Record] = []
    for k in range(len(request.names)):
        differences = tests[k :: len(request.names)]
        adjusted, words = holm([one.p for one in differences]), groups(differences, level)
        for one, p, word in zip(differences, adjusted, words, strict=True):
            unbounded = {"low": None, "high": None, "flags": sorted({*one.flags, "no_interval"})}
            records.append(_compared(one) | unbounded | {"p_adjusted": p, "group": word})
    return records


def _compared(one: Difference) -> Record:
    record = {name: getattr(one, "from_" if name == "from" else name, None) for name in COMPARE_FIELDS}
    return record | {"flags": list(one.flags)}


def _side(request: Request, sums: Totals, text: str) -> Hashable | Rest:
    by_text = {canonical(label): label for label in sums.domains}
    if canonical(text) in by_text:
        return by_text[canonical(text)]
    if text == "rest":
        return REST
    labels = [str(label) for label in sums.domains]
    if (near := nearest(text, labels, least=0.5)) != NONE:
        raise Refusal(
            "Column %(column)s has no value %(value)s. Did you mean %(near)s?",
            column=request.by[0],
            value=text,
            near=near,
        )
    raise _no_value(request.by[0], text, labels)


def _no_value(column: str, value: str | None, values: Sequence[str]) -> Refusal:
    return Refusal(
        "Column %(column)s has no value %(value)s. It has: %(values)s.",
        column=column,
        value=value,
        values=", ".join(values[:20]) + (", …" if len(values) > 20 else ""),
    )

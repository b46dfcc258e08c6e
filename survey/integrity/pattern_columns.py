"""What the tests of patterns need of each person: a row of levels, and a few numbers made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.design import Bools, Floats, Ints, Labels
from analysis.patterns import longest_run
from forms import Item, Questionnaire
from survey.responses.respondents import Respondents

LEAST_SCALE = 5  # items of one scale, from which on it tells how a person feels on the whole
LONG = 10  # items of the main scale, below which runs and spreads say nothing
STRAIGHT = 0.9  # of the answers of the main scale, the share in one run: the same as in the review of forms


@dataclass(frozen=True)
class Person:
    """Of N people; every float is NaN where there is too little to say.

    table      (N, K) levels of the items with one answer from 1 on, 0 for a blank
    scales     the columns of each scale of at least 5 items, the longest scale first; all columns if there is none
    level      (N,) mean level of the main scale
    scatter    (N,) standard deviation of a person's own answers to it
    straight   (N,) 1 if nine answers of ten to it are one run, else 0
    blank      (N,) how many of the items asked were left blank, texts apart
    unsure     (N,) how many answers are "don't know" or the like, where some item offers it
    silent     (N,) how many sensitive items were left blank or refused, where some are asked
    """

    table: NDArray[np.int8]
    scales: list[Ints]
    level: Floats
    scatter: Floats
    straight: Floats
    blank: Floats
    unsure: Floats
    silent: Floats


def of(people: Respondents) -> Person:
    """One column after the other, so that a million people take little more than their table."""
    items = [item for item in people.questionnaire.items.values() if item.kind.is_single_choice]
    table = np.zeros((len(people), len(items)), np.int8)
    counts = {name: np.zeros(len(people), np.int16) for name in ("asked", "blank", "offered", "unsure")}
    of_sensitive, left = np.zeros(len(people), np.int16), np.zeros(len(people), np.int16)
    for item in people.questionnaire.items.values():
        if not item.kind.is_estimated:
            continue
        column = people.answers(item)
        counts["asked"] += column.asked
        counts["blank"] += column.asked & ~column.given
        away = column.any_of(item, item.missing) if item.missing else np.zeros(len(people), bool)
        if item.missing:
            counts["offered"] += column.given
            counts["unsure"] += away
        if item.sensitive:
            of_sensitive += column.asked
            left += (column.asked & ~column.given) | away
        if item.kind.is_single_choice:
            place = np.zeros(max(item.choices) + 2, np.int8)  # the last one is that of −1
            place[list(item.choices)] = np.arange(1, len(item.choices) + 1)
            table[:, items.index(item)] = place[np.where(column.given, column.codes, -1)]
    scales = _scales(people.questionnaire, items)
    main = table[:, scales[0]] if len(scales[0]) >= LONG else table[:, :0]
    first = items[scales[0][0]]
    missing = [place for place, code in enumerate(first.choices, 1) if code in first.missing]
    level, scatter, straight = _of_scale(np.where(np.isin(main, missing), 0, main))
    return Person(
        table,
        scales,
        level,
        scatter,
        straight,
        *(
            np.where(of_all > 0, part, np.nan)
            for part, of_all in (
                (counts["blank"], counts["asked"]),
                (counts["unsure"], counts["offered"]),
                (left, of_sensitive),
            )
        ),
    )


def _scales(questionnaire: Questionnaire, items: list[Item]) -> list[Ints]:
    """The columns of each scale; that of the index, which stands for satisfaction, before longer ones."""
    columns: dict[tuple[str | None, tuple[int, ...]], list[int]] = {}
    for place, item in enumerate(items):
        if item.kind.is_scale:
            columns.setdefault((item.scale, tuple(item.choices)), []).append(place)
    rated = set(questionnaire.index.codes()["index"]) if questionnaire.index else set()
    long = [np.array(places) for places in columns.values() if len(places) >= LEAST_SCALE]
    long.sort(key=lambda places: (-sum(items[at].code in rated for at in places.tolist()), -len(places)))
    return long or [np.arange(len(items))]


def main_scale(questionnaire: Questionnaire) -> tuple[int, int]:
    """How many questions a person's level of satisfaction is the mean of, and from 1 to which level they go."""
    items = [item for item in questionnaire.items.values() if item.kind.is_single_choice]
    main = [items[at] for at in _scales(questionnaire, items)[0].tolist()]
    return len(main), max((len(set(one.choices) - set(one.missing)) for one in main), default=0)


def _of_scale(main: NDArray[np.int8]) -> tuple[Floats, Floats, Floats]:
    given = (main > 0).sum(1)
    enough: Bools = given >= LONG
    with np.errstate(all="ignore"):
        mean = main.sum(1, dtype=np.int64) / given
        square = np.einsum("nk,nk->n", main, main, dtype=np.int64) / given
        scatter = np.sqrt(np.maximum(square - mean**2, 0))
    run, answered = longest_run(main)
    straight = (run >= STRAIGHT * answered).astype(np.float64)
    return tuple(np.where(enough, part, np.nan) for part in (mean, scatter, straight))  # type: ignore[return-value]


def strata(level: Floats, count: int = 20) -> Ints:
    """(N,) people of about the same mean level, in so many parts; −1 where it isn't known."""
    known = np.isfinite(level)
    if not known.any():
        return np.full(len(level), -1, np.int64)
    edges = np.unique(np.quantile(level[known], np.arange(1, count) / count))
    return np.where(known, np.searchsorted(edges, np.where(known, level, 0.0), side="right"), -1)


def rank_within(value: Floats, stratum: Ints) -> Floats:
    """(N,) the share of the people of the same stratum below one's own value, ties half: 0.5 on average."""
    ranks = np.full(len(value), np.nan)
    for s in np.unique(stratum[stratum >= 0]).tolist():
        rows = np.flatnonzero((stratum == s) & np.isfinite(value))
        _levels, place, count = np.unique(value[rows], return_inverse=True, return_counts=True)
        ranks[rows] = ((np.cumsum(count) - count / 2) / max(len(rows), 1))[place]
    return ranks


def more(value: Floats) -> Floats:
    """(N,) 1 for who has more than half of all people have, else 0."""
    usual = np.nanmedian(value) if np.isfinite(value).any() else 0.0
    return np.where(np.isfinite(value), value > usual, np.nan)


def mean_of(value: Floats, labels: Labels) -> Floats:
    """(N,) the mean of the group of each."""
    known = np.isfinite(value) & (labels.codes >= 0)
    count = np.bincount(labels.codes[known], minlength=len(labels.levels) + 1)  # the last one is that of a blank
    with np.errstate(all="ignore"):
        means = np.bincount(labels.codes[known], value[known], minlength=len(labels.levels) + 1) / count
    return means[labels.codes]

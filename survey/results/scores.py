"""From answers to scores: what is asked for, as measures of the people of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import Measure
from analysis.design import Floats, compact
from forms import Index, Item, Questionnaire, Rule
from survey.responses.respondents import Respondents
from survey.system.cache import cached
from survey.system.csv_table import LIKE, NONE, nearest
from translations import Refusal

SILENT = -2  # was asked and left it blank, if this counts as an answer that is none of the values


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


def everything(questionnaire: Questionnaire) -> list[MeasureRequest]:
    """All that can be estimated: the index and its parts, then every item but the texts, in the form's order."""
    parts = list(questionnaire.index.codes()) if questionnaire.index else []
    items = [item.code for item in questionnaire.items.values() if item.kind.is_estimated]
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


def measures(people: Respondents, wanted: MeasureRequest, rule: Rule | None, asked: bool = False) -> list[Measure]:
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
        return [_index(people, index, wanted.item, rule)]
    item = item_of(people.questionnaire, wanted.item)
    if wanted.values is None and index is not None and rule is not None and item.code in index.codes()["index"]:
        levels = levels_of(people, item)
        if rule.is_share:
            return [_share(item, rule.satisfied(item.code), levels, blank=-1)]
        return [Measure.numbers(item.code, None, "mean", _worth(levels, rule.scores[item.code]), levels >= 0)]
    column = people.answers(item)
    if item.kind.is_number:
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
    base = column.asked if asked else column.given
    if column.chosen is None:
        answers = np.where(column.given, column.codes, np.where(base, SILENT, -1)).astype(column.codes.dtype)
        return [_share(item, values, answers, blank=-1) for values in sets]
    return [
        _share(item, values, base.astype(np.int8) + column.any_of(item, values), blank=0, of=(2,))
        for values in sets
    ]


def _share(
    item: Item, values: tuple[int, ...], codes: Any, blank: int, of: tuple[int, ...] | None = None
) -> Measure:
    """The share of these values, whose codes are `of`, the values themselves unless given."""
    return Measure.share(item.code, ",".join(map(str, values)), codes, values if of is None else of, blank)


@cached(lambda people, _index, part, rule: (people.wave.code, people.version, part, *rule.tables.items()))
def _index(people: Respondents, index: Index, part: str, rule: Rule) -> Measure:
    """A part of the index: of each person the sum of their scores in its items, and in how many they have one."""
    areas = {f"index:{area.code}": [f"index:{factor.code}" for factor in area.factors] for area in index.areas}
    parts = {"index": [*areas], **areas}.get(part, [])  # a factor has items alone
    items = index.codes()[part]
    score: NDArray[Any] = np.zeros(len(people), np.uint16 if rule.is_share else np.float64)
    base: NDArray[Any] = np.zeros(len(people), np.uint16)
    for smaller in parts:
        one = _index(people, index, smaller, rule)
        score += one.score.astype(score.dtype)[one.codes]
        base += one.base.astype(base.dtype)[one.codes]
    for code in () if parts else items:
        levels = levels_of(people, people.questionnaire.items[code])
        score += _worth(levels, rule.scores[code]).astype(score.dtype, copy=False)
        base += levels >= 0
    if rule.is_share:
        values, place = compact(score.astype(np.int64), len(items) + 1)
        scores = values.astype(np.float64)
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


def levels_of(people: Respondents, item: Item) -> NDArray[Any]:
    """(N,) the levels of a scale, −1 without; a code that is no level (98, 99) is no answer here."""
    column = people.answers(item)
    level = np.full(max(item.choices) + 2, -1, column.codes.dtype)  # the last one is that of −1
    level[list(item.valid)] = item.valid
    levels: NDArray[Any] = level[np.where(column.given, column.codes, -1)]
    return levels


def _worth(levels: NDArray[Any], scores: Mapping[int, float]) -> Floats:
    """(N,) the score of each level, 0 if there is none."""
    worth = np.zeros(max(scores, default=0) + 2)  # the last one is that of −1
    worth[list(scores)] = list(scores.values())
    by_person: Floats = worth[levels]
    return by_person


def item_of(questionnaire: Questionnaire, code: str) -> Item:
    item = questionnaire.items.get(code)
    if item is None:
        near = nearest(code, [*questionnaire.items, "index"], least=LIKE)
        if near != NONE:
            raise Refusal("There is no item %(code)s. Did you mean %(near)s?", code=code, near=near)
        raise Refusal("There is no item %(code)s in %(name)s.", code=code, name=questionnaire.name)
    if not item.kind.is_estimated:
        raise Refusal("%(item)s was answered in words: there is nothing to estimate.", item=code)
    return item

"""How many people of each domain answered an item, and how many of them with each value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from analysis.design import Bools, Ints, Labels
from analysis.disclosure import FEWEST_SENSITIVE
from forms import Item
from survey.responses.respondents import Respondents
from survey.storage.models import Mode
from survey.waves import units
from translations.formats import order


@dataclass(frozen=True)
class Domains:
    """N people's labels, and every label that is wanted, with those that nobody has."""

    labels: Labels
    wanted: list[Any]


class Count(NamedTuple):
    """How many people of a domain answered an item (`n`), and how many of them with this value (`events`)."""

    item: str
    value: str
    domain: Any
    n: int
    events: int


def domains(session: Session, people: Respondents, column: str) -> Domains:
    """The labels of unit, stratum or mode; units that nobody answered for are listed too."""
    if column == "unit" and people.questionnaire.population.rates_units:  # those that somebody rated
        return Domains(people.unit, list(people.unit.levels))
    if column == "unit":
        listed = units.asked_about(session, [str(code) for code in people.unit.levels], people.wave.opens)
        return Domains(people.unit, [unit.code for unit in listed])
    if column == "stratum":
        return Domains(people.stratum, sorted(people.stratum.levels, key=order))
    return Domains(people.mode, [mode.value for mode in Mode])


def count_answers(people: Respondents, codes: Iterable[str], where: Domains | None) -> list[Count]:
    """Everybody's answers to some items, counted by item, value and domain."""
    labels = [None] if where is None else where.wanted
    own = Labels([None], np.zeros(len(people), np.int64)) if where is None else where.labels
    codes_of = own.among(labels).codes
    rows = np.where(codes_of < 0, len(labels), codes_of)
    counts: list[Count] = []
    for item in (people.questionnaire.items[code] for code in codes):
        n, values = _counted(people, item, rows, len(labels))
        if people.person is not None:
            n, values = _by_person(people, item, rows, n, values)
        counts += [
            Count(item.code, value, label, answered, events)
            for value, chosen in values
            for label, answered, events in zip(labels, n, chosen, strict=True)
        ]
    return counts


def _by_person(
    people: Respondents, item: Item, rows: Ints, n: list[int], values: list[tuple[str, list[int]]]
) -> tuple[list[int], list[tuple[str, list[int]]]]:
    """The counts where one person gave several of them: a domain of few persons counts as these few, whatever else
    they rated, so that they are hidden; of many, all answers count, which add up."""
    given = people.answers(item).given
    persons = [people.persons(given & (rows == domain)) for domain in range(len(n))]
    n = [few if few < FEWEST_SENSITIVE else all_of_them for few, all_of_them in zip(persons, n, strict=True)]
    return n, [(value, [min(pair) for pair in zip(events, n, strict=True)]) for value, events in values]


def _counted(
    people: Respondents, item: Item, rows: Ints, domains: int
) -> tuple[list[int], list[tuple[str, list[int]]]]:
    """How many people of each domain answered an item, and how many of them with each of its values.

    rows  (N,) the domain of each; those of a last one more are dropped
    """
    column = people.answers(item)
    if column.chosen is None and item.choices:
        places = max(item.choices) + 2  # the first one is that of −1, for no answer
        cell = rows * places
        cell += np.where(column.given, column.codes, -1)
        cell += 1
        counts = np.bincount(cell, minlength=(domains + 1) * places).reshape(-1, places)[:-1]
        # "Không biết" is no answer to an item of the index, so the smaller count decides.
        answers = item.valid if item.kind.is_scale and item.missing else item.choices
        n: list[int] = counts[:, [value + 1 for value in answers]].sum(1).tolist()
        return n, [(str(value), counts[:, value + 1].tolist()) for value in item.choices]

    def by_domain(who: Bools) -> list[int]:
        counts: list[int] = np.bincount(rows[who], minlength=domains + 1)[:-1].tolist()
        return counts

    n = by_domain(column.given)
    return n, [(str(value), by_domain(column.any_of(item, (value,)))) for value in item.choices] or [("", n)]

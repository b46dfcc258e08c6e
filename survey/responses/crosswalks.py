"""Crosswalks between versions of questionnaires: publishing them, and reading an old wave in later codes."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Item, Questionnaire, crosswalk
from forms.crosswalk import Crosswalk
from survey.responses.answers import Answers
from survey.responses.respondents import Respondents
from survey.storage.models import PublishedCrosswalk
from survey.system.cache import cached
from survey.waves import questionnaires


@dataclass(frozen=True)
class Translated:
    """A wave's people as if they had answered a later questionnaire. `was`: later code -> its own, where they
    differ."""

    people: Respondents
    was: dict[str, str]

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return self.people.nbytes


def publish(session: Session, new: Crosswalk, today: date) -> bool:
    """Stores a crosswalk; of two between the same versions the later one holds. False if it holds already."""
    current = _published(session).get((new.old.name, new.new.name))
    if current is not None and current.written == new.written:
        return False
    session.add(PublishedCrosswalk(old=new.old.digest, new=new.new.digest, document=new.document, published=today))
    session.flush()
    return True


def publish_shipped(session: Session, today: date) -> None:
    """Stores the crosswalks that come with the platform, where no other one leads from the same version to it."""
    there = _published(session)
    for path in sorted(crosswalk.SHIPPED.glob("*.yaml")):
        one = crosswalk.load(path, lambda name: questionnaires.find(session, name))
        if (one.old.name, one.new.name) not in there:
            publish(session, one, today)


def between(session: Session, old: Questionnaire, new: Questionnaire) -> list[Crosswalk] | None:
    """The crosswalks that lead from one version to another, the fewest; None if the two can't be compared.

    Where none was published versions of one questionnaire are matched by code. A crosswalk between versions that
    lie between counts too: 1 to 2 and 2 to 3 lead from 1 to 3.
    """
    steps: dict[str, list[tuple[str, Crosswalk | None]]] = {}
    crosswalks = _published(session)
    for (before, after), one_step in crosswalks.items():
        steps.setdefault(before, []).append((after, one_step))
    for one, next_ in pairwise(questionnaires.published(session)):
        if one.code == next_.code and (one.name, next_.name) not in crosswalks:
            steps.setdefault(one.name, []).append((next_.name, None))
    way = _shortest(steps, old.name, new.name)
    return [] if way is None and old.code == new.code else way  # the later wave may ask the earlier version


def _shortest(
    steps: Mapping[str, Sequence[tuple[str, Crosswalk | None]]], start: str, end: str
) -> list[Crosswalk] | None:
    ways: deque[tuple[str, list[Crosswalk]]] = deque([(start, [])])
    seen = {start}
    while ways:
        name, way = ways.popleft()
        if name == end:
            return way
        for after, step in steps.get(name, ()):
            if after not in seen:
                seen.add(after)
                ways.append((after, way if step is None else [*way, step]))
    return None


def _published(session: Session) -> dict[tuple[str, str], Crosswalk]:
    """The crosswalk that holds between two versions, by their names."""

    def find(name: str) -> Questionnaire:
        return questionnaires.find(session, name)

    rows = session.scalars(select(PublishedCrosswalk).order_by(PublishedCrosswalk.id))
    crosswalks = (crosswalk.parse(row.document, find) for row in rows)
    return {(one.old.name, one.new.name): one for one in crosswalks}


def translated(session: Session, people: Respondents, new: Questionnaire) -> Translated:
    """A wave's people in the codes and choices of a later questionnaire, as far as crosswalks lead to it."""
    way = between(session, people.questionnaire, new)
    if not way:
        return Translated(people, {})
    translation = _translated(people, tuple(way))
    former = None if people.former is None else translated(session, people.former, new).people
    return Translated(replace(translation.people, wave=people.wave, former=former), translation.was)


@cached(lambda people, way: (people.wave.code, people.version, *(step.written for step in way)))
def _translated(people: Respondents, way: tuple[Crosswalk, ...]) -> Translated:
    was = {code: code for code in people.questionnaire.items}
    digest = hashlib.sha256(people.version.encode())
    for step in way:
        asked = step.questionnaire(people.questionnaire)
        was = {now: own for code, own in was.items() if (now := step.code(code)) is not None}
        digest.update(step.written.encode())
        people = replace(
            people,
            questionnaire=asked,
            columns={
                code: _column(people.answers(item), item, asked.items[code], step.choices(item.code))
                for item in people.questionnaire.items.values()
                if item.kind.is_estimated and (code := step.code(item.code)) is not None
            },
        )
    return Translated(
        replace(people, version=digest.hexdigest()), {code: own for code, own in was.items() if code != own}
    )


def _ticked(chosen: NDArray[Any], item: Item, now: Item, choices: Mapping[int, int]) -> NDArray[Any]:
    columns = list(now.choices)
    ticked = np.zeros((len(chosen), len(columns)), bool)
    for place, code in enumerate(item.choices):
        ticked[:, columns.index(choices[code])] |= chosen[:, place]
    return ticked


def _column(told: Answers, item: Item, now: Item, choices: Mapping[int, int] | None) -> NDArray[Any]:
    """The answers to an item as answers to what it is now; one that was not asked is left out.

    choices  old code -> new; None if all stayed
    """
    if item.kind.is_number:
        return np.where(told.asked, told.codes, np.nan)
    if told.chosen is not None:
        chosen = told.chosen & told.asked[:, None]
        return chosen if choices is None else _ticked(chosen, item, now, choices)
    codes = np.where(told.asked, told.codes, -1).astype(told.codes.dtype)
    if choices is None:
        return codes
    table = np.full(max(choices) + 2, -1, np.int16)  # the last one is that of −1
    table[list(choices)] = list(choices.values())
    recoded: NDArray[Any] = table[codes]
    return recoded

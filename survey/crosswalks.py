"""Crosswalks between versions of questionnaires: publishing them, and reading an old wave in later codes."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from cachetools import LRUCache, cached
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Questionnaire, crosswalk
from forms.crosswalk import Crosswalk
from survey import questionnaires
from survey.models import PublishedCrosswalk
from survey.sample import Sample


@dataclass(frozen=True)
class Translated:
    """A wave's people as if they had answered a later questionnaire. `was`: later code -> its own, where they
    differ."""

    people: Sample
    was: dict[str, str]


def publish(session: Session, found: Crosswalk, today: date) -> bool:
    """Stores a crosswalk; of two between the same versions the later one holds. False where it holds already."""
    kept = _published(session).get((found.old.name, found.new.name))
    if kept is not None and kept.written == found.written:
        return False
    session.add(
        PublishedCrosswalk(old=found.old.digest, new=found.new.digest, document=found.document, published=today)
    )
    session.flush()
    return True


def between(session: Session, old: Questionnaire, new: Questionnaire) -> list[Crosswalk] | None:
    """The crosswalks that lead from one version to another, the fewest; None where the two can't be compared.

    Where none was published versions of one questionnaire are matched by code. A crosswalk between versions that
    lie between counts too: 1 to 2 and 2 to 3 lead from 1 to 3.
    """
    steps: dict[str, list[tuple[str, Crosswalk | None]]] = {}
    there = _published(session)
    for (before, after), found in there.items():
        steps.setdefault(before, []).append((after, found))
    for one, next_ in pairwise(questionnaires.published(session)):
        if one.code == next_.code and (one.name, next_.name) not in there:
            steps.setdefault(one.name, []).append((next_.name, None))
    ways: deque[tuple[str, list[Crosswalk]]] = deque([(old.name, [])])
    seen = {old.name}
    while ways:
        name, way = ways.popleft()
        if name == new.name:
            return way
        for after, step in steps.get(name, ()):
            if after not in seen:
                seen.add(after)
                ways.append((after, way if step is None else [*way, step]))
    return [] if old.code == new.code else None  # the later wave may ask the earlier version


def _published(session: Session) -> dict[tuple[str, str], Crosswalk]:
    """The crosswalk that holds between two versions, by their names."""

    def find(name: str) -> Questionnaire:
        return questionnaires.find(session, name)

    rows = session.scalars(select(PublishedCrosswalk).order_by(PublishedCrosswalk.id))
    found = (crosswalk.parse(row.document, find) for row in rows)
    return {(one.old.name, one.new.name): one for one in found}


def translated(session: Session, people: Sample, new: Questionnaire) -> Translated:
    """A wave's people in the codes and choices of a later questionnaire, as far as crosswalks lead to it."""
    way = between(session, people.questionnaire, new)
    if not way:
        return Translated(people, {})
    made = _translated(people, tuple(way))
    return Translated(replace(made.people, wave=people.wave), made.was)


@cached(
    LRUCache(maxsize=4),
    key=lambda people, way: (people.wave.code, people.version, *(step.written for step in way)),
    lock=threading.Lock(),
)
def _translated(people: Sample, way: tuple[Crosswalk, ...]) -> Translated:
    was = {code: code for code in people.questionnaire.items}
    digest = hashlib.sha256(people.version.encode())
    for step in way:
        answers = step.answers(people.questionnaire)
        was = {now: own for code, own in was.items() if (now := step.code(code)) is not None}
        digest.update(step.written.encode())
        people = replace(
            people,
            questionnaire=step.questionnaire(people.questionnaire),
            documents=tuple(answers(document) for document in people.documents),
            columns={},
        )
    return Translated(
        replace(people, version=digest.hexdigest()), {code: own for code, own in was.items() if code != own}
    )

"""Forms of a sample wave that were answered before, came twice, or are all alike: what no check of one group
beside others can see, since it is so in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from analysis.design import Ints
from survey.integrity.alike_forms import Prints, blank_print, prints
from survey.responses.respondents import Respondents, sample
from survey.results import comparison
from survey.storage.models import Wave, WaveKind
from survey.system.cache import FIGURE_BYTES, cached, database_key

FEWEST = 5  # forms of a commune that stood there in the wave before: of fewer nothing is said
LONG = 10  # questions of an index, from which on many people answering all of them alike is unusual
MANY = 100  # people
HALF = 0.5


@dataclass(frozen=True)
class Repeated:
    """How many of a sample's people gave what somebody of the same commune gave in the wave before (`former`),
    question by question; how many what somebody else of their commune gave (`twice`); and how many gave the same
    answers to all questions of the index (`alike`). 0 where that is not unusual."""

    before: int
    twice: int
    alike: int
    people: int
    former: Wave | None

    @property
    def kinds(self) -> list[str]:
        """What of it is unusual: `copied`, `twice`, `uniform`."""
        counts = {"copied": self.before, "twice": self.twice, "uniform": self.alike}
        return [kind for kind, count in counts.items() if count]


def _state(session: Session, wave: Wave, former: Wave | None) -> tuple[object, ...]:
    return database_key(session), *(sample(session, one).version for one in (wave, former) if one is not None)


def find(session: Session, wave: Wave) -> Repeated:
    """What of a sample wave was answered before, or twice, or is all alike; of an open wave nothing: what is
    unusual there is told commune by commune (`alike_forms`)."""
    if wave.kind is not WaveKind.SAMPLE:
        return Repeated(0, 0, 0, 0, None)
    return _found(session, wave, comparison.former(session, wave))


@cached(_state, lambda _found: FIGURE_BYTES)
def _found(session: Session, wave: Wave, former: Wave | None) -> Repeated:
    people = sample(session, wave)
    before = 0 if former is None else repeated(people, sample(session, former))
    return Repeated(before, twice(people), alike(people), len(people), former)


def repeated(people: Respondents, before: Respondents) -> int:
    """How many forms stood in the same commune before; a form that several communes have is what people often
    answer, and doesn't count. 0 where they are too few, or other communes had as many of them by chance."""
    now, then = _of_one_place(people), _of_one_place(before)
    same = sum(then.get(form) == unit for form, unit in now.items())
    elsewhere = sum(form in then for form in now) - same
    return same if same >= FEWEST and same > elsewhere else 0


def twice(people: Respondents) -> int:
    """How many forms stand in their commune more than once; 0 where they are too few, or by chance as many stand
    in another commune, too."""
    form = prints(people)
    answered = form != blank_print(people)
    own = np.stack((form[answered], people.unit.codes[answered].astype(np.uint64)))
    here, there = (_times(one) for one in (own, own[:1]))
    same, elsewhere = int((here > 1).sum()), int((there > here).sum())
    return same if same >= 2 * FEWEST and same > elsewhere else 0


def _times(columns: Prints) -> Ints:
    """(N,) how often the column stands among these, which are (K, N)."""
    _known, place, count = np.unique(columns, axis=1, return_inverse=True, return_counts=True)
    times: Ints = count[place.ravel()]
    return times


def _of_one_place(people: Respondents) -> dict[int, str]:
    """The forms that one commune alone has, with that commune."""
    form: Prints = prints(people)
    answered = form != blank_print(people)
    units = people.unit.codes[answered]
    pairs = np.unique(np.stack((form[answered], units.astype(np.uint64))), axis=1)
    known, first, count = np.unique(pairs[0], return_index=True, return_counts=True)
    places = pairs[1][first].astype(np.int64)
    alone = count == 1
    return {int(f): str(people.unit.levels[u]) for f, u in zip(known[alone], places[alone], strict=True)}


def alike(people: Respondents) -> int:
    """How many people gave the commonest answers to all questions of the index; 0 unless they are half
    of many. Who left all of it blank answered nothing."""
    index = people.questionnaire.index
    codes = index.codes()["index"] if index else []
    if len(codes) < LONG or len(people) < MANY:
        return 0
    given = [people.answers(people.questionnaire.items[code]) for code in codes]
    answers = np.stack([np.where(one.given, one.codes, -1) for one in given])
    answers = answers[:, (answers >= 0).any(0)]
    count = int(np.unique(answers, axis=1, return_counts=True)[1].max(initial=0))
    return count if count >= max(MANY, len(people)) * HALF else 0

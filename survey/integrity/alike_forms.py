"""Identical forms: one and the same form that came from a commune more often than chance and other communes
give."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analysis.design import Bools
from analysis.identical import identical
from survey.integrity.arrivals import OPEN_WAYS
from survey.responses import form_counts
from survey.responses.respondents import Respondents, everyone
from survey.storage.models import Mode, Wave, WaveKind
from survey.system.cache import FIGURE_BYTES, cached

Prints = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class AlikeForms:
    """Identical forms of a commune and mode.

    form   a number for what is in them; it names no answer
    whole  forms of the commune and mode on which something is answered
    usual  how often the form would have come, by its share in other communes
    p, p_adjusted  of so many or more; adjusted for all forms, communes and modes of the wave
    """

    unit: str
    mode: Mode
    form: int
    count: int
    whole: int
    usual: float
    p: float
    p_adjusted: float

    @property
    def subject(self) -> str:
        """The same in each run."""
        return f"alike:{self.unit}:{self.mode}:{self.form:016x}"

    def rows(self, people: Respondents) -> Bools:
        """(N,) which of these people's forms are it."""
        same: Bools = prints(people) == self.form
        return same & people.unit.having(self.unit) & people.mode.having(self.mode.value)


def alike_forms(session: Session, wave: Wave) -> list[AlikeForms]:
    """Identical forms of an open wave, the surest first; of a sample wave the patterns tell."""
    return list(_found(session, wave)) if wave.kind is WaveKind.OPEN else []


def _state(session: Session, wave: Wave) -> tuple[object, ...]:
    return form_counts.state(session, wave.code)


@cached(_state, lambda found: FIGURE_BYTES * (1 + len(found)))
def _found(session: Session, wave: Wave) -> tuple[AlikeForms, ...]:
    return tuple(of(everyone(session, wave)))


def of(people: Respondents) -> list[AlikeForms]:
    """Identical forms among the people of an open wave, the surest first; it needs no database. A form on which
    nothing is answered is none."""
    form, blank = prints(people), blank_print(people)
    found = []
    for mode in OPEN_WAYS:
        rows = np.flatnonzero(people.mode.having(mode.value) & (form != blank))
        known, number = np.unique(form[rows], return_inverse=True)
        found += [
            AlikeForms(
                str(people.unit.levels[one.place]),
                mode,
                int(known[one.form]),
                one.count,
                int((people.unit.codes[rows] == one.place).sum()),
                one.mean,
                one.p,
                one.p_adjusted * len(OPEN_WAYS),
            )
            for one in identical(number.ravel(), people.unit.codes[rows])
        ]
    return sorted((one for one in found if one.p_adjusted <= 0.05), key=lambda one: (one.p, one.subject))


def prints(people: Respondents) -> Prints:
    """(N,) a number of all that is answered in a form, the same for equal forms: sums of random odd multiples, so
    that two different forms have the same one by a chance of one in 2 to the 63rd (Carter & Wegman 1979)."""
    total = np.zeros(len(people), np.uint64)
    for code, column in people.responses.items.items():
        answers = column[people.rows]
        columns = answers.T if answers.ndim == 2 else answers[None]
        for place, one in enumerate(columns):
            total += _multiple(code, place) * _whole(one)
    return total


def blank_print(people: Respondents) -> np.uint64:
    """What `prints` gives of a form on which nothing is answered."""
    total = np.uint64(0)
    with np.errstate(over="ignore"):
        for code, column in people.responses.items.items():
            for place in range(column.shape[1] if column.ndim == 2 else 1):
                empty = np.array([False if column.dtype == bool else np.nan if column.dtype.kind == "f" else -1])
                total += _multiple(code, place) * _whole(empty)[0]
    return total


def _whole(column: NDArray[np.generic]) -> Prints:
    """(N,) an answer as a whole number from 0 on, 0 for none."""
    if column.dtype.kind == "f":
        return np.where(np.isnan(column), np.uint64(0), column.astype(np.float64).view(np.uint64) | np.uint64(1))
    return (column.astype(np.int64) + 1).astype(np.uint64)


def _multiple(code: str, place: int) -> np.uint64:
    digest = hashlib.sha256(f"{code} {place}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "big") | 1)

"""Floods: days, weeks or months in which a commune got more forms by an open way than is usual there.

Looked at is what anybody can send or press: phones and kiosks, without a village. In an open wave these make the
figures; in a sample wave such forms are in none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy.orm import Session

from analysis import arrivals
from analysis.design import Bools, Ints
from survey.responses import form_counts
from survey.responses.respondents import Respondents, everyone
from survey.storage.models import Mode, Wave, WaveKind
from survey.system import dates
from survey.system.cache import FIGURE_BYTES, cached

OPEN_WAYS = (Mode.PHONE, Mode.KIOSK)
COMMUNES = 54  # those from which nothing came are places too: at least so many


@dataclass(frozen=True, slots=True)
class Flood:
    """More forms of a commune and mode than usual, from the first to the last day.

    usual  how many would have come in these days
    p, p_adjusted  of so many or more; adjusted for all communes, days and modes of the wave
    counts  whether its forms enter the figures: in a sample wave they do not
    """

    unit: str
    mode: Mode
    first: date
    last: date
    count: int
    usual: float
    p: float
    p_adjusted: float
    counts: bool

    @property
    def subject(self) -> str:
        """The same in each run."""
        days = (self.last - self.first).days + 1
        return f"flood:{self.unit}:{self.mode}:{self.first}" + (f"/{days}" if days > 1 else "")

    def rows(self, people: Respondents) -> Bools:
        """(N,) which of these people sent its forms."""
        days = np.array([self.first <= date.fromisoformat(str(day)) <= self.last for day in people.day.levels])
        inside = np.append(days, False)[people.day.codes]
        rows: Bools = inside & people.unit.having(self.unit) & people.mode.having(self.mode.value)
        return rows & (people.psu.codes < 0) if not self.counts else rows


def floods(session: Session, wave: Wave) -> list[Flood]:
    """Floods of a wave, the surest first."""
    return list(_found(session, wave))


def _state(session: Session, wave: Wave) -> tuple[object, ...]:
    return *form_counts.state(session, wave.code), dates.today()


@cached(_state, lambda found: FIGURE_BYTES * (1 + len(found)))
def _found(session: Session, wave: Wave) -> tuple[Flood, ...]:
    return tuple(of(everyone(session, wave), dates.today()))


def of(people: Respondents, today: date | None = None) -> list[Flood]:
    """Floods among the people of a wave, the surest first; it needs no database.

    today  the last day that is looked at, where the wave still runs; the last one with a form unless given
    """
    if not people.questionnaire.population.in_field or not len(people):
        return []
    counts = people.wave.kind is WaveKind.OPEN
    days = [date.fromisoformat(str(day)) for day in people.day.levels]
    first = min(days)
    last = max(*days, min(today or first, people.wave.closes))
    open_rows = np.ones(len(people), bool) if counts else people.psu.codes < 0
    tables = [_table(people, open_rows & people.mode.having(mode.value), days, first, last) for mode in OPEN_WAYS]
    found = [
        Flood(
            str(people.unit.levels[one.place]),
            OPEN_WAYS[one.table],
            first + timedelta(one.first),
            first + timedelta(one.first + one.days - 1),
            one.count,
            one.mean,
            one.p,
            one.p_adjusted,
            counts,
        )
        for one in arrivals.floods(tables)
    ]
    return sorted(found, key=lambda one: (one.p, one.subject))


def _table(people: Respondents, rows: Bools, days: list[date], first: date, last: date) -> Ints:
    """(U, D) how many of these rows came from each commune on each day; empty for a way that nobody took."""
    length, places = (last - first).days + 1, max(len(people.unit.levels), COMMUNES)
    if not rows.any():
        return np.zeros((places, 0), np.int64)
    at = np.array([(day - first).days for day in days], np.int64)
    cells = people.unit.codes[rows] * length + at[people.day.codes[rows]]
    return np.bincount(cells, minlength=places * length).reshape(places, length)

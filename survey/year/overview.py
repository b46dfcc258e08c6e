"""Where the province stands in a year: the published indices over the years, and its own figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis import Estimate
from forms.scorecard import Scorecard
from survey.storage.models import PublishedFigure, Wave, YearRole
from survey.year import document_figures, published, scores, survey_figures, year_waves
from survey.year.duties import DutyLine
from survey.year.scores import PartValue

BACK = 4  # years before that are drawn
ABOUT = ("published", "rank", "group")
MEANS = ("Việt Nam", "Trung bình")  # how places begin whose figure is that of all provinces


@dataclass(frozen=True)
class IndexView:
    """A published index up to a year.

    years   each with its figure; None: nobody entered one
    figure  the newest that has a value, up to that year; `former` the one before it, measured alike
    means   of all provinces in its year
    target  of the year on it: its value, its rank or its group
    """

    index: str
    years: tuple[tuple[int, PublishedFigure | None], ...]
    figure: PublishedFigure | None
    former: PublishedFigure | None
    means: tuple[PublishedFigure, ...]
    target: DutyLine | None

    @property
    def change(self) -> float | None:
        """Against the figure before it, which may be years older; a difference, without a test."""
        if self.figure is None or self.former is None:
            return None
        return round((self.figure.value or 0) - (self.former.value or 0), 6)

    @property
    def missing(self) -> float | None:
        """What a target on its value is short of; less than nothing where it is passed."""
        target = self.target
        if self.figure is None or target is None or target.value is None:
            return None
        own = target.measure.startswith("published:")
        return round(target.value - (self.figure.value or 0), 6) if own else None


@dataclass(frozen=True)
class CardView:
    """How far a scorecard is: leaves with a value, of how many; self-scores that wait to be appraised."""

    card: Scorecard
    total: PartValue
    known: int
    leaves: int
    waiting: int
    measured: tuple[PartValue, ...]

    @property
    def lowest(self) -> PartValue | None:
        """The measured part with the lowest share of its maximum."""
        return min(self.measured, key=lambda line: (line.value or 0) / (line.part.max or 1), default=None)


def indices(session: Session, year: int, duties: Sequence[DutyLine]) -> list[IndexView]:
    """PAR INDEX, SIPAS and PAPI, whether or not anything of them is there."""
    place, every = published.own_place(session), published.current(session)
    views = []
    for index in published.MAIN:
        wholes = [one for one in every if one.index == index and not one.part and one.year <= year]
        own = {one.year: one for one in wholes if one.place == place}
        known = [one for one in own.values() if one.value is not None]
        newest = max(known, key=lambda one: one.year, default=None)
        before = [one for one in known if newest and one.year < newest.year and _alike(one, newest)]
        target = next((line for line in duties if _is_about(line, index)), None)
        views.append(
            IndexView(
                index,
                tuple((one, own.get(one)) for one in range(year - BACK, year + 1)),
                newest,
                max(before, key=lambda one: one.year, default=None),
                tuple(one for one in wholes if newest and one.year == newest.year and one.place.startswith(MEANS)),
                target,
            )
        )
    return views


def _alike(one: PublishedFigure, other: PublishedFigure) -> bool:
    return (one.unit, one.max) == (other.unit, other.max)


def _is_about(line: DutyLine, index: str) -> bool:
    return line.kind == "target" and line.measure in {f"{source}:{index}" for source in ABOUT}


def survey_index(session: Session, year: int) -> tuple[Estimate | None, Wave | None]:
    """The index of the province's own survey; None where none is named, or the figure is hidden."""
    return survey_figures.estimate(session, year, YearRole.SURVEY, "index")


def cards(session: Session, year: int) -> list[CardView]:
    """The scorecards of the province of which the year has a value."""
    views = []
    for card in document_figures.cards(session, year):
        total, *parts = scores.lines(session, year, card.code)
        leaves = [line for line in parts if not line.part.parts]
        waiting = [line for line in leaves if line.self_ and not line.assessed and not line.official]
        views.append(
            CardView(
                card,
                total,
                sum(line.value is not None for line in leaves),
                len(leaves),
                len(waiting),
                tuple(line for line in leaves if line.value_of == scores.MEASURED),
            )
        )
    return views


def waves_named(session: Session, year: int) -> dict[str, str]:
    """The codes of the waves that a year means, by role."""
    found = {role.value: year_waves.find(session, year, role) for role in YearRole}
    return {role: wave.code for role, wave in found.items() if wave is not None}

"""The years of the province: what there is of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from survey.storage.models import Duty, PublishedFigure, Score, YearRelease, YearWave
from survey.system import dates


@dataclass(frozen=True)
class YearLine:
    """How much there is of a year.

    figures, scores, duties  rows that hold: published figures, points of parts, targets and tasks
    release                  the newest of its document
    """

    year: int
    figures: int = 0
    scores: int = 0
    duties: int = 0
    release: YearRelease | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered."""
        return not (self.figures or self.scores or self.duties)


def lines(session: Session) -> list[YearLine]:
    """The years of which there is something, the present one, and the one whose indices come out in it, that
    before; the newest first."""
    figure, score, this = PublishedFigure, Score, dates.today().year
    keys: dict[str, Select[*tuple[Any, ...]]] = {
        "figures": select(figure.year, figure.place, figure.index, figure.part),
        "scores": select(score.year, score.scorecard, score.unit, score.part, score.kind),
        "duties": select(Duty.year, Duty.code),
    }
    counted = {name: _by_year(session, key) for name, key in keys.items()}
    releases = {one.year: one for one in session.scalars(select(YearRelease).order_by(YearRelease.number))}
    named = set(session.scalars(select(YearWave.year)))
    years = {this, this - 1, *named, *releases, *(year for counts in counted.values() for year in counts)}
    return [
        YearLine(
            year, **{name: counts.get(year, 0) for name, counts in counted.items()}, release=releases.get(year)
        )
        for year in sorted(years, reverse=True)
    ]


def _by_year(session: Session, key: Select[*tuple[Any, ...]]) -> dict[int, int]:
    """How many rows of a key, corrections and all, there are in each year."""
    rows = key.distinct().subquery()
    counted = session.execute(select(rows.c.year, func.count()).group_by(rows.c.year))
    return dict(counted.all())

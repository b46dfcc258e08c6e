"""Points that surveys of a year give to the parts of a scorecard, with the error of each and of each sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis import Estimate
from analysis.points import Anchored, Points, independent, points
from forms.scorecard import Measure, Scorecard, ScorecardPart
from survey.storage.models import Wave
from survey.year import survey_figures, year_waves

Figures = dict[str, tuple[Wave, dict[str, Estimate]]]  # by source: the wave, and its figures by item
Terms = list[tuple[Measure, Anchored]]


@dataclass(frozen=True)
class Measured:
    """Points computed from surveys of the year; `waves`: from which. Never without the document's caution."""

    points: Points
    waves: tuple[Wave, ...]

    @property
    def is_simulated(self) -> bool:
        """Whether any of it is of a made-up wave."""
        return any(wave.simulated for wave in self.waves)


def measured(session: Session, year: int, card: Scorecard, unit: str | None) -> dict[str, Measured]:
    """The measured points by part: of a leaf with measures, and of a part whose leaves all have them.

    unit  of whom the figures are; None: all of the province
    Without: a part whose maximum isn't known, or of which a figure isn't there or is hidden.
    """
    figures = _figures(session, year, card, unit)
    found = {}
    for part in card.whole.walk() if figures else ():
        terms = _terms(part, figures)
        if terms:
            found[part.code] = _sum(session, part, terms, figures, unit)
    return found


def _figures(session: Session, year: int, card: Scorecard, unit: str | None) -> Figures:
    items = defaultdict(list)
    for leaf in card.whole.leaves:
        for measure in leaf.measures:
            items[measure.source].append(measure.item)
    waves = {source: year_waves.find(session, year, source) for source in items}
    return {
        source: (wave, survey_figures.estimates(session, wave, items[source], unit))
        for source, wave in waves.items()
        if wave is not None
    }


def _terms(part: ScorecardPart, figures: Figures) -> Terms:
    """Each measure under a part with its figure; none where any is missing."""
    terms: Terms = []
    for leaf in part.leaves:
        if leaf.max is None or part.max is None or not leaf.measures:
            return []
        weight = (leaf.max - leaf.min) / len(leaf.measures)
        for measure in leaf.measures:
            figure = figures[measure.source][1].get(measure.item) if measure.source in figures else None
            if figure is None:
                return []
            terms.append((measure, Anchored(figure, measure.floor, measure.ceiling, weight)))
    return terms


def _sum(
    session: Session,
    part: ScorecardPart,
    terms: Sequence[tuple[Measure, Anchored]],
    figures: Figures,
    unit: str | None,
) -> Measured:
    slopes: dict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for measure, term in terms:
        slopes[measure.source][measure.item] += term.slope
    waves = {source: figures[source][0] for source in slopes}
    spread = None
    if len(terms) > 1:
        spread = independent(
            [survey_figures.combined(session, waves[source], slopes[source], unit) for source in slopes]
        )
    base = sum(leaf.min for leaf in part.leaves)
    return Measured(points(base, [term for _measure, term in terms], spread), tuple(waves.values()))

"""The table of a scorecard in a year: each part with its scores, what was lost, and who answers for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from forms.scorecard import Scorecard, ScorecardPart
from survey.storage.models import DutyKind, Unit
from survey.year import duties, score_rows, scores
from survey.year.duties import DutyLine
from survey.year.scores import PartValue

FIELDS = (
    "unit", "part", "level", "label", "by", "max", "self", "assessed", "official", "measured", "standard_error",
    "low", "high", "value", "value_of", "lost", "previous", "evidence", "explanation", "office", "head",
    "deadline", "flags",
)  # fmt: skip


@dataclass(frozen=True)
class ScorecardLine:
    """A part in a year, and the target on it: who answers for it; None where nobody does yet."""

    value: PartValue
    duty: DutyLine | None

    @property
    def part(self) -> ScorecardPart:
        """The part of the document."""
        return self.value.part

    @property
    def is_scored(self) -> bool:
        """Whether its value is somebody's score, and no sum or survey's."""
        return self.value.score is not None

    @property
    def by_most_lost(self) -> tuple[bool, float]:
        """What can be won back most comes first, what isn't known last."""
        return self.value.lost is None, -(self.value.lost or 0.0)


@dataclass(frozen=True)
class ScorecardTable:
    """A document in a year for a unit; the total first, then its parts in the order of the document."""

    year: int
    card: Scorecard
    unit: Unit
    lines: Sequence[ScorecardLine]

    @property
    def total(self) -> ScorecardLine:
        """The whole."""
        return self.lines[0]

    @property
    def leaves(self) -> list[ScorecardLine]:
        """The parts that are scored themselves, most lost first."""
        return sorted((line for line in self.lines if not line.part.parts), key=lambda line: line.by_most_lost)

    @property
    def lost(self) -> list[ScorecardLine]:
        """The leaves whose score shows what was lost; what a survey simulates is not among them."""
        return [line for line in self.leaves if line.is_scored and line.value.lost]

    @property
    def known_lost(self) -> float:
        """The points that their scores show to be lost."""
        return round(sum(line.value.lost or 0.0 for line in self.lost), 9)


def table(session: Session, year: int, code: str, unit: str | None = None) -> ScorecardTable:
    """The table of a document. Who answers is the target of the year's plan, or of the next year's: what was lost
    in a year is won back by the plan that follows it."""
    card = scores.version_of(session, year, code, unit)
    place = score_rows.rated(session, card, unit)
    answering = {
        (duty.measure, duty.unit): duty
        for planned in (year + 1, year)
        for duty in duties.lines(session, planned)
        if duty.kind == DutyKind.TARGET
    }
    of_unit = None if card.rates == "province" else place.code
    lines = [
        ScorecardLine(line, answering.get((measure_of(code, line.part.code), of_unit)))
        for line in scores.lines(session, year, code, unit)
    ]
    return ScorecardTable(year, card, place, lines)


def measure_of(code: str, part: str) -> str:
    """The measure that a target on a part names."""
    return f"score:{code}:{part}" if part else f"score:{code}"


def records(found: ScorecardTable, by_lost: bool = False) -> list[dict[str, Any]]:
    """The table with exactly the fields of `FIELDS`; by points lost the leaves alone."""
    lines = found.leaves if by_lost else found.lines
    return [_record(found.card, line) for line in lines]


def _record(card: Scorecard, line: ScorecardLine) -> dict[str, Any]:
    value, part, duty = line.value, line.part, line.duty
    given = {kind: score.value if (score := value.of(kind)) else None for kind in ("self", "assessed", "official")}
    said = [value.score.explanation] if value.score else []
    if value.measured is not None:  # a measured value never stands without it
        said.append(str(card.caution))
    return {
        "unit": value.unit,
        "part": part.code,
        "level": part.level,
        "label": str(part.label),
        "by": part.by or None,
        "max": part.max,
        **given,
        "measured": value.measured.points.value if value.measured else None,
        "standard_error": value.standard_error,
        "low": value.low,
        "high": value.high,
        "value": value.value,
        "value_of": value.value_of,
        "lost": value.lost,
        "previous": value.previous,
        "evidence": value.score.evidence if value.score else "",
        "explanation": "; ".join(filter(None, said)),
        "office": duty.office if duty else None,
        "head": duty.head if duty else None,
        "deadline": duty.deadline.isoformat() if duty else None,
        "flags": list(value.flags),
    }

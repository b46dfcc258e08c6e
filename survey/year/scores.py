"""Scores of a scorecard in a year, and what follows from them: values, points lost, sums with their error.

A score is append-only: of a part, a unit and a kind the newest holds. What a survey gives is computed, never
typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms.scorecard import Scorecard, ScorecardPart
from survey.storage import audit
from survey.storage.models import PublishedScorecard, Score, ScoreKind, Unit
from survey.waves import units
from survey.year import measured_parts, rows, score_rows, scorecards
from survey.year.measured_parts import Measured
from survey.year.rows import Cells, Unfit
from translations import Lazy

MEASURED = "measured"
# Which value holds: the first that is there.
ORDER = ("official", "assessed", MEASURED, "self")


@dataclass(frozen=True)
class PartValue:
    """A part of a scorecard in a year: the scores that hold, and what they come to.

    value     of a leaf by `value_of`: official, assessed, measured, self; of a sum where nothing of it is unknown
    lost      max − value
    previous  the value of a year before under the same code and maximum
    """

    part: ScorecardPart
    unit: str
    self_: Score | None = None
    assessed: Score | None = None
    official: Score | None = None
    measured: Measured | None = None
    value: float | None = None
    value_of: str | None = None
    previous: float | None = None

    @property
    def lost(self) -> float | None:
        """What it could have had more."""
        if self.value is None or self.part.max is None:
            return None
        return _exact(self.part.max - self.value)

    @property
    def score(self) -> Score | None:
        """The score that its value is of; None of a measured one, of a sum, and without any."""
        return self.of(self.value_of or "")

    def of(self, kind: str) -> Score | None:
        """The score of a kind that holds."""
        return {"self": self.self_, "assessed": self.assessed, "official": self.official}.get(kind)

    @property
    def standard_error(self) -> float | None:
        """Of the measured points."""
        return self.measured.points.standard_error if self.measured else None

    @property
    def low(self) -> float | None:
        """The lower limit of the measured points."""
        return self.measured.points.low if self.measured else None

    @property
    def high(self) -> float | None:
        """The upper limit of the measured points."""
        return self.measured.points.high if self.measured else None

    @property
    def flags(self) -> tuple[str, ...]:
        """incomplete: no value; no_evidence: its score has an explanation only; simulated: of a made-up wave."""
        flags = {
            "incomplete": self.value is None,
            "no_evidence": self.score is not None and not self.score.evidence,
            "simulated": self.measured is not None and self.measured.is_simulated,
        }
        return tuple(name for name, holds in flags.items() if holds)


def version_of(session: Session, year: int, code: str, unit: str | None = None) -> Scorecard:
    """The version of a document that a year uses (for a unit), by its scores; without any, the newest."""
    query = (
        select(Score.scorecard)
        .join(PublishedScorecard, PublishedScorecard.digest == Score.scorecard)
        .where(Score.year == year, PublishedScorecard.code == code)
    )
    if unit is not None:
        query = query.where(Score.unit == unit)
    digest = session.scalars(query.order_by(Score.id.desc()).limit(1)).first()
    return scorecards.newest(session, code) if digest is None else scorecards.by_digest(session, digest)


def load(session: Session, path: Path, year: int, name: str, kind: ScoreKind | str, person: str) -> list[bool]:
    """Stores the scores of a file, all or nothing; of each row whether it was new, or there alike.

    name    the document, par_tinh@1
    person  who gives them
    """
    card = scorecards.find(session, name)
    seen: set[tuple[str, str]] = set()

    def store(cells: Cells) -> bool:
        key = "" if card.rates == "province" else units.settled(cells["unit"]), cells["part"]
        if key in seen:
            raise Unfit("part", Lazy("Take out the second row of %(part)s: a part stands once.", part=key[1]))
        seen.add(key)
        return put(session, year, card, kind, cells, person)

    stored = rows.load(path, score_rows.COLUMNS, score_rows.REQUIRED, store)
    audit.annotate(year=year, scorecard=card.name, kind=ScoreKind(kind).value, scores=sum(stored))
    return stored


def put(session: Session, year: int, card: Scorecard, kind: ScoreKind | str, cells: Cells, person: str) -> bool:
    """Stores one score as a row of a file or a form gives it; False if the one that holds is alike.

    cells  of `score_rows.COLUMNS`, each of them
    Unfit: what `score_rows` refuses of a row, of a second version in a year, and of one name for both scores.
    """
    score = score_rows.read(session, year, card, ScoreKind(kind), cells, person)
    # Of two who score a unit at once, one waits: else neither would see that both are the same person.
    session.execute(select(Unit.code).where(Unit.code == score.unit).with_for_update(key_share=True))
    before = _given(session, year, card, score.unit)
    score_rows.one_version(session, card, before)
    of_part = [one for one in before if one.part == score.part]
    score_rows.four_eyes(score, of_part)
    last = next((one for one in reversed(of_part) if one.kind is score.kind), None)
    if last is not None and all(
        getattr(last, name) == getattr(score, name) for name in ("value", "evidence", "explanation")
    ):
        return False
    session.add(score)
    session.flush()
    return True


def _given(session: Session, year: int, card: Scorecard, unit: str) -> Sequence[Score]:
    """All scores of a document, whatever its version, in a year for a unit, in the order in which they came."""
    query = select(Score).join(PublishedScorecard, PublishedScorecard.digest == Score.scorecard)
    of_unit = query.where(Score.year == year, Score.unit == unit, PublishedScorecard.code == card.code)
    return session.scalars(of_unit.order_by(Score.id)).all()


def rated_units(session: Session, year: int, code: str) -> set[str]:
    """The units that have a score by any version of a document in a year."""
    query = select(Score.unit).join(PublishedScorecard, PublishedScorecard.digest == Score.scorecard)
    return {*session.scalars(query.where(Score.year == year, PublishedScorecard.code == code))}


def history(session: Session, year: int, code: str, part: str, unit: str | None = None) -> list[Score]:
    """Every score that was given of a part, the newest first."""
    card = version_of(session, year, code, unit)
    given = _given(session, year, card, score_rows.rated(session, card, unit).code)
    return [score for score in reversed(given) if score.part == part]


def part_value(session: Session, year: int, code: str, part: str, unit: str | None = None) -> PartValue | None:
    """One part of `lines`; None if the document has no such part."""
    return next((line for line in lines(session, year, code, unit) if line.part.code == part), None)


def lines(session: Session, year: int, code: str, unit: str | None = None) -> list[PartValue]:
    """A scorecard in a year: the total first, then its parts in the order of the document."""
    card = version_of(session, year, code, unit)
    place = score_rows.rated(session, card, unit)
    former = version_of(session, year - 1, code, unit)
    before = {}
    if former.rates == card.rates:
        before = {line.part.code: line for line in _lines(session, year - 1, former, place)}
    return [_after(line, before.get(line.part.code)) for line in _lines(session, year, card, place)]


def _after(line: PartValue, before: PartValue | None) -> PartValue:
    """A line with the value of the year before, if that is one of as many points."""
    if before is None or before.part.max != line.part.max:
        return line
    return replace(line, previous=before.value)


def _lines(session: Session, year: int, card: Scorecard, place: Unit) -> list[PartValue]:
    given = {(score.part, score.kind): score for score in _given(session, year, card, place.code)}
    measured = measured_parts.measured(session, year, card, None if card.rates == "province" else place.code)
    found: dict[str, PartValue] = {}
    for part in reversed([*card.whole.walk()]):  # a sum after its parts
        own = {kind.value: given.get((part.code, kind)) for kind in ScoreKind}
        line = PartValue(
            part, place.code, own["self"], own["assessed"], own["official"], measured.get(part.code)
        )  # fmt: skip
        value, value_of = _sum(line, found) if part.parts else _of_leaf(line)
        found[part.code] = replace(line, value=value, value_of=value_of)
    return [found[part.code] for part in card.whole.walk()]


def _of_leaf(line: PartValue) -> tuple[float | None, str | None]:
    for kind in ORDER:
        if kind == MEASURED and line.measured is not None:
            return line.measured.points.value, MEASURED
        if (score := line.of(kind)) is not None:
            return score.value, kind
    return None, None


def _sum(line: PartValue, found: Mapping[str, PartValue]) -> tuple[float | None, None]:
    values = [found[leaf.code].value for leaf in line.part.leaves]
    known = [value for value in values if value is not None]
    complete = line.part.max is not None and len(known) == len(values)
    return (_exact(fsum(known)) if complete else None), None


def _exact(value: float) -> float:
    """Points are typed with at most six decimals: 7 − 2.57 is 4.43."""
    return round(value, 12)

"""A score as a row of a file or a form gives it: what of it can be meant, and what is refused, by column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from forms.scorecard import Scorecard, ScorecardPart
from survey.storage.models import Score, ScoreKind, Unit
from survey.system import dates
from survey.waves import units
from survey.year import rows, scorecards
from survey.year.rows import Cells, Unfit
from translations import Lazy, Refusal
from translations.formats import nfc

COLUMNS = ("part", "value", "evidence", "explanation", "unit")
REQUIRED = ("part", "value")
APART = {ScoreKind.SELF: ScoreKind.ASSESSED, ScoreKind.ASSESSED: ScoreKind.SELF}  # by different persons


def read(session: Session, year: int, card: Scorecard, kind: ScoreKind, cells: Cells, person: str) -> Score:
    """The score of a row, not stored yet.

    Unfit: a part that isn't a leaf or whose maximum isn't known, a value outside of its range or step, no proof
    and no explanation, a unit that the document doesn't rate. Refusal: a year or a name that can't be meant.
    """
    if year not in rows.YEARS:
        raise Refusal("Give a year from %(first)s to %(last)s.", first=rows.YEARS[0], last=rows.YEARS[-1])
    part = _leaf(card, cells)
    score = Score(
        year=year,
        scorecard=card.digest,
        unit=_unit(session, card, cells).code,
        part=part.code,
        kind=kind,
        value=_value(part, cells),
        evidence=rows.reference(cells, "evidence", needed=kind is ScoreKind.OFFICIAL),
        explanation=rows.words(cells, "explanation", 1000, needed=False),
        by=_person(person),
        given_on=dates.today(),
    )
    if not score.evidence and not score.explanation:
        raise Unfit("evidence", Lazy("Name the documents that prove it, or fill in explanation."))
    return score


def rated(session: Session, card: Scorecard, code: str | None) -> Unit:
    """The unit that is rated: the province, else a commune or office by its code, refused if it is neither."""
    if card.rates == "province":
        return units.province(session)
    if not code:
        raise Refusal("%(name)s rates units: name one, --unit CODE.", name=card.name)
    unit = units.find(session, code)
    if not is_of_kind(card, unit):
        raise Refusal("%(name)s doesn't rate %(unit)s.", name=card.name, unit=unit.name)
    return unit


def is_of_kind(card: Scorecard, unit: Unit) -> bool:
    is_commune = unit.kind in units.COMMUNE_KINDS
    kinds = {"province": unit.parent is None and not is_commune, "commune": is_commune}
    return kinds.get(card.rates, unit.parent is not None and not is_commune)


def _person(name: str) -> str:
    person = " ".join(nfc(name).split())
    if not person or len(person) > 80 or not person.isprintable():
        raise Refusal("Say who gives these scores, in at most %(most)s characters.", most=80)
    return person


def _unit(session: Session, card: Scorecard, cells: Cells) -> Unit:
    if card.rates == "province" and not cells.get("unit"):
        return units.province(session)
    unit = rows.unit(session, {"unit": cells.get("unit", "")}, "unit")
    if not is_of_kind(card, unit):
        raise Unfit("unit", Lazy("%(name)s doesn't rate %(unit)s.", name=card.name, unit=unit.name))
    return unit


def _leaf(card: Scorecard, cells: Cells) -> ScorecardPart:
    part = card.parts.get(cells["part"]) if cells["part"] else None
    if part is None:
        raise Unfit("part", Lazy("%(name)s has no such part.", name=card.name))
    if part.parts:
        below = ", ".join(one.code for one in part.parts)
        raise Unfit("part", Lazy("Score the parts of %(part)s: %(below)s.", part=part.code, below=below))
    if part.max is None:
        raise Unfit(
            "part",
            Lazy(
                "The maximum of %(part)s is not known. Publish a version of the document that has it.",
                part=part.code,
            ),
        )
    return part


def _value(part: ScorecardPart, cells: Cells) -> float:
    value = rows.number(cells, "value", part.min, part.max or 0.0)
    if not part.allows(value):
        raise Unfit("value", Lazy("Give a multiple of %(step)g.", step=part.step))
    return value


def one_version(session: Session, card: Scorecard, before: Sequence[Score]) -> None:
    """Refuses scores by another version of the document than that of the scores before."""
    if before and before[-1].scorecard != card.digest:
        used = scorecards.by_digest(session, before[-1].scorecard)
        raise Unfit(
            "part",
            Lazy("This year is scored by %(used)s already: a year and unit use one version.", used=used.name),
        )


def four_eyes(score: Score, of_part: Iterable[Score]) -> None:
    """Refuses that one name scores a part and appraises it, in whatever order."""
    other = APART.get(score.kind)
    names = {one.by.casefold() for one in of_part if one.kind is other}
    if score.by.casefold() in names:
        raise Unfit(
            "part",
            Lazy(
                "%(person)s gave the other score of %(part)s: somebody else appraises it.",
                person=score.by,
                part=score.part,
            ),
        )

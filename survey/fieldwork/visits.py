"""What tablets note of the drawn households of a village: in which order they are asked, what became of each.

Nothing joins a household to a response. A visit comes in a request of its own, carries no day, and the visits of a
village are written anew as a whole, by the numbers of its households: not even the order on disk says when a
household was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from survey.sampling.outcome_words import ON_THE_SHEET, Outcome
from survey.storage.models import DrawnHousehold, DrawnVillage, Visit, Wave
from survey.waves import waves
from translations import Conflict, NotFound, Refusal


@dataclass(frozen=True)
class Household:
    """A drawn household, by its number in the list of its village. `place`: 1, 2 … among its like."""

    number: int
    place: int
    is_replacement: bool
    outcome: Outcome


def households(session: Session, wave: Wave, psu: str) -> list[Household]:
    """The households of a village in the order in which they are asked, replacements last; none without a draw."""
    rows = session.execute(
        select(DrawnHousehold, Visit.outcome)
        .outerjoin(
            Visit,
            (Visit.draw == DrawnHousehold.draw)
            & (Visit.psu == DrawnHousehold.psu)
            & (Visit.household == DrawnHousehold.household),
        )
        .where(DrawnHousehold.draw == wave.draw, DrawnHousehold.psu == psu)
        .order_by(DrawnHousehold.replacement, DrawnHousehold.place)
    )
    return [
        Household(row.household, row.place, row.replacement, Outcome(outcome or Outcome.UNKNOWN))
        for row, outcome in rows
    ]


def open_replacements(households: Iterable[Household]) -> int:
    """How many replacements may be asked: one for each household, or replacement before it, that gave no answers.

    households  of one village, in their order
    """
    silent = 0
    for household in households:
        if household.is_replacement and household.place > silent:
            break
        silent += household.outcome in ON_THE_SHEET
    return silent


def record(session: Session, code: str, psu: str, outcomes: Mapping[int, Outcome]) -> list[Household]:
    """Notes what became of households of a village; those not named stay. Call inside `writing()`.

    told  by the number of the household; UNKNOWN takes back what was noted

    Refused: households that were not drawn; a replacement without the reason of the one that it stands in for; a
    wave whose fieldwork is closed. Gives the households as they are then.
    """
    wave = waves.find(session, code)
    if wave.draw is None:
        raise NotFound(
            "No sample is drawn for the wave %(wave)s: there are no households to visit.", wave=wave.title
        )
    if wave.closed is not None:
        raise Conflict("The fieldwork of wave %(wave)s is closed: no visit is noted any more.", wave=wave.title)
    # Two tablets in one village: the second waits, and adds to what the first noted.
    session.execute(
        select(DrawnVillage.psu).where(DrawnVillage.draw == wave.draw, DrawnVillage.psu == psu).with_for_update()
    )
    every = households(session, wave, psu)
    strange = outcomes.keys() - {household.number for household in every}
    if strange:
        raise Refusal(
            "Household %(number)s is not one of those drawn in village %(psu)s. Open its list again.",
            number=min(strange),
            psu=psu,
        )
    visited = [replace(one, outcome=outcomes.get(one.number, one.outcome)) for one in every]
    used = [one.place for one in visited if one.is_replacement and one.outcome is not Outcome.UNKNOWN]
    if max(used, default=0) > open_replacements(visited):
        raise Conflict(
            "A replacement stands in for a household that gave no answers: note first why that one did not."
        )
    session.execute(delete(Visit).where(Visit.draw == wave.draw, Visit.psu == psu))
    rows = [
        {"draw": wave.draw, "psu": psu, "household": one.number, "outcome": one.outcome.value}
        for one in sorted(visited, key=lambda one: one.number)
        if one.outcome is not Outcome.UNKNOWN
    ]
    if rows:
        session.execute(insert(Visit), rows)
    session.flush()
    return visited


def done(session: Session, wave: Wave) -> dict[str, tuple[int, int]]:
    """By village: households of which a visit tells, and households drawn, both without replacements."""
    rows = session.execute(
        select(DrawnHousehold.psu, func.count(Visit.household), func.count())
        .outerjoin(
            Visit,
            (Visit.draw == DrawnHousehold.draw)
            & (Visit.psu == DrawnHousehold.psu)
            & (Visit.household == DrawnHousehold.household),
        )
        .where(DrawnHousehold.draw == wave.draw, DrawnHousehold.replacement.is_(False))
        .group_by(DrawnHousehold.psu)
    )
    return {psu: (known, drawn) for psu, known, drawn in rows}

"""What became of the households drawn, village by village, for the response rates.

Three lists say it, and no key joins them: the responses of the village, its paper forms (void with a reason; or
filled in by a replacement, with the reason of the household that it replaces), the visits that tablets noted. So
they are counted, never matched. A household of which none of them says anything is unknown; one that was replaced
counts as what became of it, and its replacement does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.response_rates import Dispositions
from survey.fieldwork import checks
from survey.responses.left_out import left_out
from survey.responses.respondents import Respondents
from survey.sampling.outcome_words import Outcome
from survey.storage.models import (
    Batch,
    DrawnHousehold,
    DrawnVillage,
    Response,
    Sheet,
    SheetState,
    Visit,
    Wave,
)
from survey.waves import waves

# AAPOR's usual bounds: more than 80% of the questions asked were answered, complete; from 50% on, partial; fewer,
# broken off, which counts as a refusal.
PARTIAL = 0.5
ANSWERED = ("complete", "partial", "refused")
GROUPS = {
    Outcome.REFUSED: "refused",
    Outcome.AWAY: "no_contact",
    Outcome.UNABLE: "other",
    Outcome.NOT_THERE: "not_eligible",
}
# A form that is void for itself. One that came back blank or spoiled tells nothing of the household.
PAPER = {"unreadable": "other", "twice": "other"}


@dataclass(frozen=True)
class VillageOutcomes:
    """What became of the households drawn in a village.

    weight    households that each of them stands for; None if no draw holds and the forms printed are the base
    counts    the households drawn, each once
    replaced  interviews with households that stand in for others; they are not in `counts`
    waiting   forms that are back and not entered yet: of their households nothing is known so far
    beyond    answers beyond the households drawn, of whom nobody noted that they replace one; not in `counts`
    """

    psu: str
    unit: str
    stratum: str
    weight: float | None
    counts: Dispositions
    replaced: int = 0
    waiting: int = 0
    beyond: int = 0


@dataclass(frozen=True)
class _Issued:
    stratum: str
    households: int
    weight: float | None


@dataclass
class _Lists:
    """The lists of one village."""

    answered: Counter[str]
    on_paper: Counter[str]
    visited: Counter[str]
    replaced: int = 0
    waiting: int = 0


def villages(session: Session, wave: Wave, people: Respondents) -> list[VillageOutcomes]:
    """What became of the households of each village that was drawn or has forms, by code.

    people  the wave's sample as its estimates take it; what was rejected or set aside is no interview
    """
    issued = _issued(session, wave)
    if not issued:
        return []
    lists = {psu: _Lists(Counter(), Counter(), Counter()) for psu in issued}
    instead = _paper(session, wave, lists)
    _answers(session, wave, people, lists, instead)
    _visits(session, wave, lists)
    units = {village.psu: village.unit for village in waves.villages(session, wave.code)}
    return [_told(psu, units[psu], issued[psu], lists[psu]) for psu in sorted(issued)]


def replacements(session: Session, wave: Wave) -> dict[str, tuple[int, int]]:
    """By village whose households were drawn: how many stored forms say that they are of a replacement household,
    and how many such households were drawn. A tablet offers those drawn alone."""
    if wave.draw is None:
        return {}
    drawn = session.execute(
        select(DrawnHousehold.psu, func.count().filter(DrawnHousehold.replacement))
        .where(DrawnHousehold.draw == wave.draw)
        .group_by(DrawnHousehold.psu)
        .order_by(DrawnHousehold.psu)
    )
    noted = session.execute(
        select(Batch.psu, func.count())
        .join(Sheet, Sheet.batch == Batch.code)
        .where(Batch.wave == wave.code, Sheet.state == SheetState.ENTERED, Sheet.replaced.is_not(None))
        .group_by(Batch.psu)
    )
    forms = dict(noted.all())
    return {psu: (forms.get(psu, 0), spare) for psu, spare in drawn}


def beyond_reserve(session: Session, wave: Wave) -> dict[str, tuple[int, int]]:
    """The villages of `replacements` where more forms say so than households were drawn."""
    every = replacements(session, wave)
    return {psu: (noted, spare) for psu, (noted, spare) in every.items() if noted > spare}


def total(villages: Iterable[VillageOutcomes], weighted: bool = False) -> Dispositions:
    """The sum over villages; `weighted`: of the households that the drawn ones stand for."""
    total_ = Dispositions()
    for one in villages:
        total_ += one.counts * (one.weight or 1.0) if weighted else one.counts
    return total_


def _issued(session: Session, wave: Wave) -> dict[str, _Issued]:
    """The households drawn in each village; without a draw the forms that were printed for it."""
    if wave.draw is not None:
        strata = dict(
            session.execute(
                select(DrawnVillage.psu, DrawnVillage.stratum).where(DrawnVillage.draw == wave.draw)
            ).all()
        )
        rows = session.execute(
            select(DrawnHousehold.psu, func.count(), func.max(DrawnHousehold.weight))
            .where(DrawnHousehold.draw == wave.draw, DrawnHousehold.replacement.is_(False))
            .group_by(DrawnHousehold.psu)
        )
        return {psu: _Issued(strata[psu], count, weight) for psu, count, weight in rows}
    return _printed(session, wave)


def _printed(session: Session, wave: Wave) -> dict[str, _Issued]:
    strata = {village.psu: village.stratum for village in waves.villages(session, wave.code)}
    printed = session.execute(
        select(Batch.psu, func.count(Sheet.serial))
        .join(Sheet, Sheet.batch == Batch.code)
        .where(Batch.wave == wave.code)
        .group_by(Batch.psu)
    )
    return {psu: _Issued(strata[psu], count, None) for psu, count in printed}


def _paper(session: Session, wave: Wave, lists: dict[str, _Lists]) -> set[UUID]:
    """Counts what the forms say; gives the responses of replacements."""
    instead = set()
    rows = session.execute(
        select(Batch.psu, Sheet.state, Sheet.reason, Sheet.replaced, Sheet.response)
        .join(Sheet, Sheet.batch == Batch.code)
        .where(Batch.wave == wave.code)
    )
    groups = {outcome.value: group for outcome, group in GROUPS.items()}
    for psu, state, reason, replaced, response in rows:
        if (village := lists.get(psu)) is None:
            continue
        village.waiting += state is SheetState.WAITING
        if replaced is not None:
            village.on_paper[groups.get(replaced, "other")] += 1
            if response is not None:
                instead.add(response)
        elif state is SheetState.VOID and (group := (groups | PAPER).get(reason or "")):
            village.on_paper[group] += 1
    return instead


def _answers(
    session: Session, wave: Wave, people: Respondents, lists: dict[str, _Lists], instead: set[UUID]
) -> None:
    questions, blank = checks.blanks(people)
    kind = np.where(blank < checks.BLANK * questions, 0, np.where(blank <= PARTIAL * questions, 1, 2))
    place = people.place_of(instead)
    kind[place[place >= 0]] = 3
    counts = np.bincount(people.psu.codes * 4 + kind, minlength=4 * len(people.psu.levels)).reshape(-1, 4)
    for psu, (*answered, replaced) in zip(people.psu.levels, counts.tolist(), strict=True):
        if psu in lists:
            lists[str(psu)].replaced += replaced
            lists[str(psu)].answered += Counter(dict(zip(ANSWERED, answered, strict=True)))
    gone = left_out(session, wave.code)
    out = gone.all - gone.replaced
    responded = select(Response.id, Response.psu).where(Response.wave == wave.code, Response.psu.in_(lists))
    for id, psu in session.execute(responded) if out else ():
        if id in out and id not in instead:
            lists[str(psu)].answered["other"] += 1


def _visits(session: Session, wave: Wave, lists: dict[str, _Lists]) -> None:
    """Counts what the tablets noted; a replacement that answered is taken out of the complete interviews."""
    of_village = (DrawnHousehold.draw == Visit.draw) & (DrawnHousehold.psu == Visit.psu)
    rows = session.execute(
        select(Visit.psu, Visit.outcome, DrawnHousehold.replacement)
        .join(DrawnHousehold, of_village & (DrawnHousehold.household == Visit.household))
        .where(Visit.draw == wave.draw)
    )
    groups = {outcome.value: group for outcome, group in GROUPS.items()}
    for psu, outcome, is_replacement in rows:
        village = lists[psu]
        if is_replacement and outcome == Outcome.COMPLETE.value:
            for group in ("complete", "partial", "refused"):
                if village.answered[group]:
                    village.answered[group] -= 1
                    village.replaced += 1
                    break
        elif not is_replacement and (result := groups.get(outcome)):
            village.visited[result] += 1


def _told(psu: str, unit: str, issued: _Issued, lists: _Lists) -> VillageOutcomes:
    # A household may be told of by its form and by a visit: the longer of the two lists holds.
    counts = lists.answered + (lists.on_paper | lists.visited)
    # Each household drawn counts once: a reason noted for one holds, so the answers left over came from elsewhere.
    left = issued.households - counts.total()
    surplus = max(0, -left)
    for group in (*ANSWERED, *counts):
        moved = min(counts[group], surplus)
        counts[group] -= moved
        surplus -= moved
    return VillageOutcomes(
        psu=psu,
        unit=unit,
        stratum=issued.stratum,
        weight=issued.weight,
        counts=Dispositions(**{group: float(count) for group, count in counts.items()}, unknown=max(0, left)),
        replaced=lists.replaced,
        waiting=lists.waiting,
        beyond=max(0, -left),
    )

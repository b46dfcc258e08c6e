"""The villages of a wave as those who run its fieldwork see them: who is assigned, how many forms, what waits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.responses import assignments, form_counts, holding, village_steps
from survey.sampling import draws
from survey.storage.models import (
    Mode,
    QuarantineDecision,
    QuarantinedResponse,
    Response,
    Unit,
    Village,
    VillageStep,
    VillageStepKind,
    Wave,
)
from translations.formats import order


@dataclass(frozen=True)
class VillageLine:
    """A village of the sample.

    people      the accounts that are assigned to interview there
    forms       how many are stored, by whatever way they came
    households  how many were drawn, those in reserve not counted; None where none is known
    held        forms that wait for a decision
    step        who closed it or opened it again last
    """

    village: Village
    unit: Unit
    people: tuple[str, ...]
    forms: int
    households: int | None
    held: int
    step: VillageStep | None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.village.name or self.village.psu

    @property
    def is_closed(self) -> bool:
        """Whether it takes no more forms."""
        return self.step is not None and self.step.step is VillageStepKind.CLOSE


def lines(session: Session, wave: Wave) -> list[VillageLine]:
    """The villages of the sample: communes with a village that nobody is assigned to first, and these first."""
    people = _people(session, wave.code)
    forms, held = _forms(session, wave.code), _held(session, wave.code)
    households, steps = holding.drawn(session, wave), village_steps.newest(session, wave.code)
    names = {unit.code: unit for unit in session.scalars(select(Unit))}
    found = [
        VillageLine(
            one,
            names[one.unit],
            tuple(people[one.psu]),
            forms.get(one.psu, 0),
            households.get(one.psu),
            held.get(one.psu, 0),
            steps.get(one.psu),
        )
        for one in draws.villages(session, wave)
    ]
    lacking = {one.village.unit for one in found if not one.people}
    return sorted(
        found,
        key=lambda one: (
            one.village.unit not in lacking,
            order(one.unit.name),
            bool(one.people),
            order(one.name),
            one.village.psu,
        ),
    )


def _people(session: Session, wave: str) -> dict[str, list[str]]:
    people: dict[str, list[str]] = defaultdict(list)
    for one in assignments.list_all(session, wave):
        if one.ended is None and one.mode is Mode.INTERVIEWER and one.psu is not None:
            people[one.psu].append(one.account)
    return people


def _forms(session: Session, wave: str) -> dict[str | None, int]:
    counts = select(Response.psu, func.count()).where(
        form_counts.counting(session, wave), Response.psu.is_not(None)
    )
    return dict(session.execute(counts.group_by(Response.psu)).all())


def _held(session: Session, wave: str) -> dict[str | None, int]:
    decided = select(QuarantineDecision.quarantined)
    waiting = QuarantinedResponse.digest.not_in(decided) & (QuarantinedResponse.wave == wave)
    counts = select(QuarantinedResponse.psu, func.count()).where(waiting).group_by(QuarantinedResponse.psu)
    return dict(session.execute(counts).all())

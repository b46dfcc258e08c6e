"""The lots of a wave that are set aside, as outsiders are told of them: neither who sent them nor where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.responses import lot_steps
from survey.responses.columns import packed, places
from survey.responses.lot_steps import LotState
from survey.storage.models import Lot, LotStepKind, Release, Response, Wave


@dataclass(frozen=True)
class AsideLot:
    """A lot that is set aside, by the roles of who proposed and who confirmed it; empty where no account is known
    or a command did it, for whoever works on the server may tell any name.
    Of an import that was taken back (`recalled`) both are who took it back.

    kind     a `LotKind`
    shown    whether its forms stand in the figures that everybody sees: it was set aside after these were frozen
    """

    kind: str
    forms: int
    reason: str
    proposed: str
    confirmed: str
    day: date
    shown: bool
    recalled: bool = False


def aside(session: Session, wave: Wave, release: Release | None, roles: Mapping[str, str]) -> tuple[AsideLot, ...]:
    """All of them by the day on which it was confirmed, within a day by their numbers, which are chance.

    roles  of the accounts, by their names
    """
    standing = lot_steps.state(session, wave.code)
    gone = sorted(number for number, state in standing.items() if state.is_aside)
    told = [_told(session, session.get_one(Lot, number), standing[number], release, roles) for number in gone]
    # Only an import that was taken back may be smaller; of so few nothing is said alone.
    return tuple(sorted((one for one in told if one.forms >= lot_steps.LEAST), key=lambda one: one.day))


def _told(
    session: Session, lot: Lot, state: LotState, release: Release | None, roles: Mapping[str, str]
) -> AsideLot:
    step = next(one for one in reversed(state.steps) if one.step in (LotStepKind.ASIDE, LotStepKind.RECALL))
    proposal = step if state.is_recalled else next(one for one in reversed(state.steps) if one.id < step.id)
    ids = list(session.scalars(select(Response.id).where(Response.lot == lot.number)))
    frozen = np.frombuffer(release.responses if release else b"", "S16")
    return AsideLot(
        str(lot.kind.value),
        len(ids),
        step.reason,
        "" if proposal.by_operator else roles.get(proposal.person, ""),
        "" if step.by_operator else roles.get(step.person, ""),
        step.day,
        bool((places(packed(ids), frozen) >= 0).any()) if len(frozen) else False,
        state.is_recalled,
    )

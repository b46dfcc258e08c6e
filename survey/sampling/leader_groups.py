"""The groups of a wave that asks leaders, and who of them answered."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.responses import lot_steps
from survey.responses.left_out import left_out
from survey.storage.models import LeaderGroup, Response


def groups(session: Session, wave: str) -> dict[str, LeaderGroup]:
    """The groups of a wave by code, in the order of the codes; none where it asks citizens."""
    chosen = select(LeaderGroup).where(LeaderGroup.wave == wave).order_by(LeaderGroup.stratum)
    return {group.stratum: group for group in session.scalars(chosen)}


def persons(session: Session, wave: str, besides: Collection[int] = ()) -> dict[str, set[str]]:
    """Who of each group answered: the label of each person, of one without a label the id of its response. Those
    whose response enters no figure, rejected or set aside, or is of a lot `besides`, may answer again."""
    gone = left_out(session, wave, frozenset(lot_steps.aside(session, wave).union(besides))).all
    there: dict[str, set[str]] = {}
    answered = select(Response.stratum, Response.person, Response.id).where(Response.wave == wave)
    for stratum, person, id in session.execute(answered):
        if id not in gone:
            there.setdefault(str(stratum), set()).add(person or str(id))
    return there

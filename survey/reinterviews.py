"""Phúc tra: some households are asked a few questions again by a supervisor who does not see the first answers."""

from __future__ import annotations

from sqlalchemy import func, null, select, update
from sqlalchemy.orm import Session

from survey.models import Agreement, Reinterview, Wave


def blind(session: Session, wave: Wave, sheet: str) -> bool:
    """Whether nobody may see the first answers of a form, because it is still to be asked again."""
    if session.get(Reinterview, sheet) is None or wave.closed is not None:
        return False
    return session.scalar(select(Agreement.id).where(Agreement.wave == wave.code).limit(1)) is None


def links(session: Session, wave: str) -> int:
    """How many forms of a wave still lead to a household."""
    held = select(func.count()).where(Reinterview.wave == wave, Reinterview.household.is_not(None))
    return int(session.scalar(held) or 0)


def destroy(session: Session, wave: str) -> int:
    """Empties what leads from a form of the wave to a household, and the second answers; says how many led there.

    The rows stay and say which forms had been chosen. A second time there is nothing left to destroy.
    """
    session.flush()
    found = links(session, wave)
    session.execute(
        update(Reinterview)
        .where(Reinterview.wave == wave)
        .values(household=None, answers=null())  # None would be written as JSON's null, and stay in the column
        .execution_options(synchronize_session="fetch")
    )
    return found

"""Decisions on responses: approved, on hold, rejected. A decision is a new row, and the newest one holds.

And what of a response may be read by whoever decides.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Item, Page
from survey.fieldwork import reinterviews
from survey.storage.models import KeyingDecision, Mode, Response, Review, ReviewState, Sheet, Wave
from survey.system.dates import today
from survey.waves import questionnaires
from translations import N_, Conflict, NotFound, Refusal

STATES: dict[ReviewState, str] = {
    ReviewState.NEW: N_("New"),
    ReviewState.APPROVED: N_("Approved"),
    ReviewState.ON_HOLD: N_("On hold"),
    ReviewState.REJECTED: N_("Rejected"),
}
LONGEST = 400
MOST = 500  # responses of one decision
# The modes that are reviewed: staff had the form in hand. What people send alone nobody decides on one by one: who
# knows what somebody answered could find that form, and strike it out. Lots of them are set aside by two people.
REVIEWED = (Mode.PAPER, Mode.INTERVIEWER)


@dataclass(frozen=True)
class Decision:
    """What somebody decided of a response, on which day, and why."""

    state: ReviewState
    reason: str
    person: str
    day: date


UNDECIDED = Decision(ReviewState.NEW, "", "", date.min)


def decide(
    session: Session, wave: str, responses: Collection[UUID], state: ReviewState, reason: str, person: str
) -> int:
    """Adds a decision on each of the responses; says how many. Where the same one holds already, nothing is added.

    reason  needed for all but an approval: who reads it later knows nothing of this day
    """
    reason = " ".join(reason.split())[:LONGEST]
    if not responses:
        raise Refusal("Tick the forms that you have decided on.")
    if len(responses) > MOST:
        raise Refusal("Decide on at most %(most)s forms at once.", most=MOST)
    if not reason and state is not ReviewState.APPROVED:
        raise Refusal("Say why, for whoever reads this next year.")
    ids = list(responses)
    brought = Response.wave == wave, Response.mode.in_(REVIEWED), Response.id.in_(ids)
    known = set(session.scalars(select(Response.id).where(*brought)))
    if len(known) < len(set(ids)):
        raise NotFound("One of these forms does not belong to this wave. Open the list again.")
    if state is not ReviewState.REJECTED:
        _refuse_replaced(session, ids)
    before = newest(session, wave, ids)
    added = [
        Review(wave=wave, response=response, state=state, reason=reason, person=person, day=today())
        for response in sorted(known)
        if (last := before.get(response, UNDECIDED)).state is not state or last.reason != reason
    ]
    session.add_all(added)
    session.flush()
    return len(added)


def _refuse_replaced(session: Session, responses: Sequence[UUID]) -> None:
    """What a form held before it was keyed once more can't count beside what holds now."""
    replaced = session.scalar(select(KeyingDecision.sheet).where(KeyingDecision.response.in_(responses)).limit(1))
    if replaced is not None:
        raise Conflict(
            "Form %(serial)s is keyed again from the paper: what was keyed before stays rejected.", serial=replaced
        )


def newest(session: Session, wave: str, responses: Sequence[UUID] | None = None) -> dict[UUID, Decision]:
    """The decision that holds, of each response of a wave on which there is one."""
    rows = select(Review).where(Review.wave == wave).order_by(Review.id)
    if responses is not None:
        rows = rows.where(Review.response.in_(responses))
    return {row.response: Decision(row.state, row.reason, row.person, row.day) for row in session.scalars(rows)}


def history(session: Session, wave: str, response: UUID) -> list[Decision]:
    """All decisions on a response, the newest first."""
    rows = select(Review).where(Review.wave == wave, Review.response == response).order_by(Review.id.desc())
    return [Decision(row.state, row.reason, row.person, row.day) for row in session.scalars(rows)]


# Why the answers of a form are not shown.
WITHHELD: dict[str, str] = {
    "again": N_(
        "This form is chosen for a re-interview: its answers are shown only when the agreement has been "
        "computed, so that the second ones are given without the first."
    ),
}


@dataclass(frozen=True)
class Readable:
    """The answers of a response that may be read, by page; `value` is None if the item was left blank.

    withheld  a key of `WITHHELD` where nothing of the response is shown, else ""
    """

    pages: tuple[tuple[Page, tuple[tuple[Item, Any], ...]], ...]
    withheld: str = ""


def readable(session: Session, wave: Wave, response: UUID) -> Readable:
    """What of a response may be read by those who review it.

    All but sensitive items and free texts; and nothing of a form that is being asked again.
    """
    row = session.get_one(Response, response)
    replaced = select(KeyingDecision.sheet).where(KeyingDecision.response == response)
    serial = session.scalar(select(Sheet.serial).where(Sheet.response == response).union(replaced))
    if serial is not None and reinterviews.blind(session, wave, serial):
        return Readable((), "again")
    lines = []
    for page in questionnaires.by_digest(session, row.questionnaire).paper:
        items = [item for item in page.items if not item.sensitive and item.kind.is_estimated]
        if items:
            lines.append((page, tuple((item, row.answers.get(item.code)) for item in items)))
    return Readable(tuple(lines))

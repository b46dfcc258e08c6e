"""Why a form that somebody sends for another person is held for a supervisor's decision instead of counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.responses import assignments, form_counts, lots, village_steps
from survey.storage.models import (
    Assignment,
    Device,
    DrawnHousehold,
    Lot,
    Mode,
    Response,
    SenderCount,
    Village,
    Wave,
)
from translations import N_

# What its sender is told; the reasons are among `sealed_responses.REASONS`.
TOLD: dict[str, str] = {
    "assignment": N_(
        "The form is kept, and waits for your supervisor's decision: you are not assigned here. Ask to be."
    ),
    "closed": N_("The form is kept, and waits for your supervisor's decision: this village is closed."),
    "beyond": N_(
        "The form is kept, and waits for your supervisor's decision: as many forms are here already as households"
        " were drawn or assigned to you."
    ),
}


# What the interviewer is told before asking anybody; as `at_village`.
AHEAD: dict[str, str] = {
    "closed": N_("This village is closed: a further form is held until your supervisor decides."),
    "beyond": N_(
        "As many forms are here already as households were drawn or assigned to you: a further one is held until"
        " your supervisor decides."
    ),
}


def reason(session: Session, wave: Wave, account: str | None, mode: Mode, psu: str | None, day: date) -> str:
    """Why a form of this sender, village and day is held: `assignment`, `closed`, `beyond`, or "" where it counts.

    account  who sends it, or whose tablet; None: nobody is known

    It locks the village until the transaction ends, so that two at once can't both be its last form. Call inside
    `writing()`.
    """
    mine = [] if account is None else assignments.of_account(session, wave.code, account, mode, day)
    here = [one for one in mine if one.batch is None and one.psu in (None, psu)]
    if account is None or not here:
        return "assignment"
    if psu is None:
        return ""
    village = (Village.wave == wave.code, Village.psu == psu)
    session.execute(select(Village.psu).where(*village).with_for_update(key_share=True))
    return at_village(session, wave, account, mode, psu, here)


def at_village(
    session: Session, wave: Wave, account: str, mode: Mode, psu: str, here: Collection[Assignment]
) -> str:
    """Why one more form of a village is held even of a sender who is assigned there: `closed`, `beyond` or "". It
    locks nothing.

    here  what the sender is assigned in the village
    """
    if village_steps.is_closed(session, wave.code, psu):
        return "closed"
    households = drawn(session, wave, psu).get(psu)
    if households is not None and counted(session, wave.code, psu) >= households:
        return "beyond"
    own = limit(here)
    return "beyond" if own is not None and sent(session, wave.code, account, mode, psu) >= own else ""


def is_stored(session: Session, id: UUID) -> bool:
    """Whether a form of this number counts already: sent again, it is fine whatever changed since."""
    return session.scalar(select(Response.wave).where(Response.id == id)) is not None


def drawn(session: Session, wave: Wave, psu: str | None = None) -> dict[str, int]:
    """By village, or of this one alone, how many households were drawn, those in reserve not counted: each of them
    stands in for one that gave no answers. Empty where nothing was drawn."""
    of_draw = (DrawnHousehold.draw == wave.draw, DrawnHousehold.replacement.is_(False))
    of_village = () if psu is None else (DrawnHousehold.psu == psu,)
    counts = select(DrawnHousehold.psu, func.count()).where(*of_draw, *of_village).group_by(DrawnHousehold.psu)
    return dict(session.execute(counts).all())


def beyond(
    session: Session, wave: Wave, new: Mapping[str, int], besides: Collection[int] = ()
) -> dict[str, tuple[int, int]]:
    """The villages that would hold more forms than households were drawn if so many came to each: how many forms,
    and how many households. `besides`: lots whose forms are to go."""
    households = drawn(session, wave)
    all_forms = select(Response.psu, func.count()).where(Response.wave == wave.code, Response.psu.is_not(None))
    stored: dict[str | None, int] = dict(session.execute(all_forms.group_by(Response.psu)).all())
    full = [psu for psu in new if psu in households and stored.get(psu, 0) + new[psu] > households[psu]]
    there = counts(session, wave.code, full, besides)
    forms = {psu: there[psu] + new[psu] for psu in sorted(full)}
    return {psu: (count, households[psu]) for psu, count in forms.items() if count > households[psu]}


def counted(session: Session, wave: str, psu: str) -> int:
    """How many forms of a village count: neither rejected in the review nor in a lot that is set aside."""
    return counts(session, wave, [psu])[psu]


def counts(
    session: Session, wave: str, psus: Collection[str], besides: Collection[int] = ()
) -> Counter[str | None]:
    """How many forms count of each of these villages, as `counted`, but for those of the lots `besides`."""
    here = form_counts.counting(session, wave, besides), Response.psu.in_(psus)
    rows = session.execute(select(Response.psu, func.count()).where(*here).group_by(Response.psu))
    return Counter(dict(rows.all()))


def limit(here: Collection[Assignment]) -> int | None:
    """How many forms of a village somebody may send who is assigned some of its households alone; None: any
    number, being assigned the whole village, or nothing there."""
    named: set[int] = set()
    for one in here:
        if not one.households:
            return None
        named.update(one.households)
    return len(named) or None


def sent(session: Session, wave: str, account: str, mode: Mode, psu: str) -> int:
    """How many forms of a village an account and its devices brought: by days that are over, and since."""
    owned = session.scalars(select(Device.id).where(Device.owner == account))
    senders = [account, *map(lots.of_device, owned)]
    past = select(func.sum(SenderCount.count)).where(
        SenderCount.wave == wave,
        SenderCount.psu == psu,
        SenderCount.mode == mode,
        SenderCount.sender.in_(senders),
    )
    growing = (
        select(func.count())
        .select_from(Response)
        .join(Lot, Lot.number == Response.lot)
        .where(Response.wave == wave, Response.psu == psu, Response.mode == mode)
        .where(Lot.closed.is_(None), Lot.sender.in_(senders))
    )
    return (session.scalar(past) or 0) + (session.scalar(growing) or 0)

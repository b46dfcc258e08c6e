"""The lots of a wave as people see them: which there are, what they hold, and what each sender brought."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.responses import lot_steps
from survey.responses.lot_steps import LotState
from survey.storage.models import Lot, LotKind, Mode, Response, SenderCount
from survey.system.cache import cached, database_key
from survey.waves import waves
from translations import N_

KINDS: dict[LotKind, str] = {
    LotKind.IMPORT: N_("An imported file"),
    LotKind.KEYER: N_("What an account keyed on a day"),
    LotKind.INTERVIEWER: N_("An interviewer's day in a village"),
    LotKind.TABLET: N_("A tablet's day in a village"),
    LotKind.KIOSK: N_("A kiosk's day"),
    LotKind.LETTER: N_("Codes of letters, a day"),
    LotKind.LINK: N_("The open page, a day"),
    LotKind.PROGRAM: N_("Sent by programs, a day"),
    LotKind.EARLIER: N_("Stored before lots were kept"),
    LotKind.JOINED: N_("Several small lots together"),
}


@dataclass(frozen=True)
class LotLine:
    """A lot, its responses by unit, and where it stands."""

    lot: Lot
    units: dict[str, int]
    state: LotState

    @property
    def count(self) -> int:
        """How many responses it holds."""
        return sum(self.units.values())


@dataclass(frozen=True)
class SenderLine:
    """How many responses a sender brought on a day, of a village or commune."""

    kind: LotKind
    unit: str
    psu: str | None
    mode: Mode
    day: date
    count: int


def lines(session: Session, wave: str) -> list[LotLine]:
    """The lots of a wave that are closed and hold anything: first what waits for somebody, then what is set aside,
    then the newest day."""
    found = session.scalars(select(Lot).where(Lot.wave == wave, Lot.closed.is_not(None))).all()
    held, states = _held(session, wave), lot_steps.state(session, wave)
    rows = [
        LotLine(lot, held[lot.number], states.get(lot.number, LotState())) for lot in found if lot.number in held
    ]
    return sorted(rows, key=_place)


def line(session: Session, lot: Lot) -> LotLine:
    """One lot, which may still grow."""
    counts = select(Response.unit, func.count()).where(Response.lot == lot.number).group_by(Response.unit)
    states = lot_steps.state(session, lot.wave)
    return LotLine(lot, dict(session.execute(counts).all()), states.get(lot.number, LotState()))


def growing(session: Session, wave: str) -> dict[LotKind, int]:
    """How many responses lie in lots that may still grow, by what brings them: no lot of them is told alone."""
    rows = session.execute(
        select(Lot.kind, func.count())
        .join(Response, Response.lot == Lot.number)
        .where(Lot.wave == wave, Lot.closed.is_(None))
        .group_by(Lot.kind)
    )
    counts = dict(rows.all())
    return {kind: counts[kind] for kind in KINDS if kind in counts}


def senders(session: Session, wave: str) -> list[str]:
    """Everybody who brought anything, by name."""
    counted = select(SenderCount.sender).where(SenderCount.wave == wave)
    present = select(Lot.sender).where(Lot.wave == wave, Lot.sender.is_not(None))
    return sorted(name for name in session.scalars(counted.union(present)) if name is not None)


def brought(session: Session, wave: str, sender: str) -> list[SenderLine]:
    """What a sender brought, the newest day first: what was counted when its day was over, and what came since."""
    about = (SenderCount.kind, SenderCount.unit, SenderCount.psu, SenderCount.mode, SenderCount.day)
    past = (
        select(*about, func.sum(SenderCount.count))
        .where(SenderCount.wave == wave, SenderCount.sender == sender)
        .group_by(*about)
    )
    place = (Lot.kind, Response.unit, Response.psu, Response.mode, Lot.day)
    present = (
        select(*place, func.count())
        .join(Response, Response.lot == Lot.number)
        .where(Lot.wave == wave, Lot.sender == sender, Lot.closed.is_(None))
        .group_by(*place)
    )
    counts: Counter[tuple[LotKind, str, str | None, Mode, date]] = Counter()
    for kind, unit, psu, mode, day, count in (*session.execute(past), *session.execute(present)):
        counts[kind, unit, psu, mode, day] += count
    rows = [SenderLine(*key, count) for key, count in counts.items()]
    return sorted(rows, key=lambda row: (-row.day.toordinal(), row.unit, row.psu or ""))


def _place(one: LotLine) -> tuple[bool, bool, int, str, str, int]:
    lot = one.lot
    where = lot.unit or "", lot.psu or ""
    return (not one.state.is_proposed, not one.state.is_aside, -lot.day.toordinal(), *where, lot.number)


def _state(session: Session, wave: str) -> tuple[object, ...]:
    """What tells one state of the closed lots from another: none of them changes, others come."""
    closed = select(func.count()).where(Lot.wave == wave, Lot.closed.is_not(None))
    return database_key(session), wave, waves.collected(session, wave), session.scalar(closed)


@cached(_state, lambda held: 200 * (1 + len(held)))
def _held(session: Session, wave: str) -> dict[int, dict[str, int]]:
    """By lot and unit, how many responses a wave's lots hold; not to be written into."""
    held: dict[int, dict[str, int]] = {}
    counts = (
        select(Response.lot, Response.unit, func.count())
        .where(Response.wave == wave, Response.lot.is_not(None))
        .group_by(Response.lot, Response.unit)
    )
    for number, unit, count in session.execute(counts):
        held.setdefault(number or 0, {})[unit] = count
    return held

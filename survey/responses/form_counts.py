"""How many forms of a wave count: not rejected in the review, nor in a lot that is set aside or recalled."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from survey.responses import lot_steps
from survey.storage.models import LotStep, Mode, Response, Review, ReviewState
from survey.system.cache import cached, database_key


def rejects() -> ColumnElement[bool]:
    """Of a review: it is the newest of its response, and rejects it."""
    later = aliased(Review)
    return and_(
        Review.state == ReviewState.REJECTED,
        ~exists().where(later.response == Review.response, later.id > Review.id),
    )


def counting(session: Session, wave: str, besides: Collection[int] = ()) -> ColumnElement[bool]:
    """Of a response: it is one of the wave's that count, but for those of the lots `besides`."""
    gone = lot_steps.aside(session, wave).union(besides)
    return and_(
        Response.wave == wave,
        or_(Response.lot.is_(None), Response.lot.not_in(gone)),
        ~exists().where(Review.response == Response.id, rejects()),
    )


def state(session: Session, wave: str) -> tuple[object, ...]:
    """What tells one state of a wave's forms, and of what is left out of them, from another: rows never change, so
    it is enough to count them."""
    tables = (Response, Review, LotStep)
    counts = (session.scalar(select(func.count()).where(table.wave == wave)) for table in tables)
    return database_key(session), wave, *counts


@cached(state, lambda found: 500 * len(found))
def by_unit(session: Session, wave: str) -> dict[str, dict[str, int]]:
    """The forms of a wave that count, by unit and mode: {unit: {mode: count}}; not to be written into."""
    found: dict[str, dict[str, int]] = {}
    columns = Response.unit, Response.mode
    rows = session.execute(select(*columns, func.count()).where(counting(session, wave)).group_by(*columns))
    for unit, mode, count in rows:
        found.setdefault(unit, {})[mode.value] = count
    return found


def by_village(session: Session, wave: str, mode: Mode) -> dict[str, int]:
    """The forms of a wave that count and came in one way, by village: {psu: count}."""
    here = counting(session, wave), Response.mode == mode, Response.psu.is_not(None)
    rows = session.execute(select(Response.psu, func.count()).where(*here).group_by(Response.psu))
    return {str(psu): count for psu, count in rows}

"""Lots that are too small are joined: with the whole database in hand nobody narrows a form to fewer than five."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.responses import lots
from survey.responses.lot_joining import join_small
from survey.storage.database import Database
from survey.storage.models import Lot, LotKind, Mode, Response, SenderCount
from survey.system import dates
from survey.waves import waves

pytestmark = pytest.mark.both_databases

WAVE = "ho-mau"
TODAY = dates.today()
UNITS = {"V1": "06652", "V2": "06652", "V3": "06658", None: "06652"}
MODES = {
    LotKind.INTERVIEWER: Mode.INTERVIEWER,
    LotKind.TABLET: Mode.INTERVIEWER,
    LotKind.KEYER: Mode.PAPER,
    LotKind.IMPORT: Mode.PAPER,
    LotKind.LINK: Mode.PHONE,
    LotKind.PROGRAM: Mode.PHONE,
}
SENDERS = {
    LotKind.INTERVIEWER: ("an", "binh"),
    LotKind.TABLET: ("device:1", "device:2"),
    LotKind.KEYER: ("chi", "dung"),
    LotKind.IMPORT: ("phieu.csv",),
}


class Brought(NamedTuple):
    """Forms that somebody brought of a village, on some day before today (of 0: today)."""

    kind: LotKind
    sender: str | None
    psu: str | None
    ago: int
    count: int


def kinds_and_senders() -> st.SearchStrategy[tuple[LotKind, str | None]]:
    return st.sampled_from([(kind, sender) for kind in MODES for sender in SENDERS.get(kind, (None,))])


BROUGHT = st.builds(
    lambda who, *rest: Brought(*who, *rest),
    kinds_and_senders(),
    st.sampled_from(list(UNITS)),
    st.integers(0, 3),
    st.integers(1, 7),
)


def bring(session: Session, brought: Iterable[Brought]) -> None:
    questionnaire = waves.find(session, WAVE).questionnaire
    for kind, sender, psu, ago, count in brought:
        day, unit = TODAY - timedelta(ago), UNITS[psu]
        # A keyer's day and a file know no village: their forms bear days of their own.
        place = {} if kind in (LotKind.KEYER, LotKind.IMPORT) else {"unit": unit, "psu": psu}
        about = {"mode": MODES[kind], "sender": sender, **place}
        lot = (lots.begin if kind is LotKind.IMPORT else lots.number)(session, WAVE, kind, day, **about)
        answered = day - timedelta(1) if kind is LotKind.KEYER else day
        session.add_all(
            Response(
                id=uuid4(),
                wave=WAVE,
                unit=unit,
                psu=psu,
                mode=MODES[kind],
                day=answered,
                questionnaire=questionnaire,
                answers={},
                marks=[],
                lot=lot,
            )
            for _form in range(count)
        )
        session.flush()


def sizes(session: Session, *columns: object) -> Counter[tuple[object, ...]]:
    counted = select(*columns, func.count()).where(Response.wave == WAVE).group_by(*columns)  # type: ignore[call-overload]
    return Counter({tuple(row[:-1]): row[-1] for row in session.execute(counted)})


CELL = (Response.unit, Response.psu, Response.mode, Response.day)


class Undone(Exception):
    """Ends a transaction without keeping anything of it."""


def held(session: Session) -> dict[object, tuple[object, ...]]:
    """Every lot and which responses it holds."""
    inside = dict(session.execute(select(Response.id, Response.lot)).all())
    return inside | {
        lot.number: (lot.kind, lot.sender, lot.unit, lot.psu, lot.mode, lot.day, lot.closed, lot.joined)
        for lot in session.scalars(select(Lot))
    }


def look(session: Session, brought: list[Brought]) -> None:
    """What must hold after the lots of the days before today were joined."""
    grow = set(session.scalars(select(Lot.number).where(Lot.closed.is_(None))))
    closed = {lot: count for (lot,), count in sizes(session, Response.lot).items() if lot not in grow}
    assert all(count >= 5 for count in closed.values())
    # What waits is fewer than five, or of today.
    waits = {
        lot: count
        for (lot,), count in sizes(session, Response.lot).items()
        if lot in grow and session.get_one(Lot, lot).day < TODAY
    }
    assert sum(waits.values()) < 5
    assert all(session.get_one(Lot, lot).sender is None for lot in waits)
    # In no lot is a form one of fewer than five of its village, mode and day, unless no other lot has any of them.
    over = sizes(session, *CELL, Response.lot)
    of_today = {lot for lot in grow if session.get_one(Lot, lot).day == TODAY}
    cells: Counter[tuple[object, ...]] = Counter()
    for (*cell, lot), count in over.items():
        cells[tuple(cell)] += 0 if lot in of_today else count
    assert not [
        (cell, lot)
        for (*cell, lot), count in over.items()
        if lot not in of_today and count < 5 and count < cells[tuple(cell)]
    ]
    # Each form was counted once for who sent it, and none of today's but those of a file, which is read whole.
    counts = session.execute(select(SenderCount.sender, func.sum(SenderCount.count)).group_by(SenderCount.sender))
    expected: Counter[str] = Counter()
    for one in brought:
        if one.sender is not None and (one.ago or one.kind is LotKind.IMPORT):
            expected[one.sender] += one.count
    assert dict(counts.all()) == dict(expected)


@pytest.mark.variants(1)
@given(st.lists(BROUGHT, max_size=14))
@example([Brought(LotKind.INTERVIEWER, "an", "V1", 1, 4), Brought(LotKind.INTERVIEWER, "binh", "V1", 1, 3)])
@example([Brought(LotKind.TABLET, "device:1", "V1", 2, 2), Brought(LotKind.LINK, None, "V3", 1, 2)])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_no_lot_narrows_a_form_to_fewer_than_five(province: Database, brought: list[Brought]) -> None:
    with suppress(Undone), province.writing() as session:
        bring(session, brought)
        before = sizes(session, *CELL)
        join_small(session, WAVE, TODAY)
        session.expire_all()
        look(session, brought)
        assert sizes(session, *CELL) == before
        once = held(session)
        join_small(session, WAVE, TODAY)
        session.expire_all()
        assert held(session) == once  # again: nothing changes
        # The next day, with what came meanwhile: no closed lot gained or lost a form.
        bring(session, [one._replace(count=one.count % 3 + 1) for one in brought])
        join_small(session, WAVE, TODAY + timedelta(1))
        session.expire_all()
        later = held(session)
        settled = {number for number, about in once.items() if isinstance(about, tuple) and about[6]}
        assert {key: later[key] for key, lot in once.items() if key in settled or lot in settled} == {
            key: lot for key, lot in once.items() if key in settled or lot in settled
        }
        raise Undone

"""Lots that are too small are joined when their day is over: none narrows a response to fewer than five."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from survey.responses import lot_steps
from survey.responses.lot_steps import LEAST
from survey.storage.models import Lot, LotKind, Mode, Response, SenderCount, Wave

WAITS = timedelta(days=31)  # after the last day of a wave, for more forms to a lot that is too small alone


class Cell(NamedTuple):
    """What tells responses of a wave from each other, beside their answers and their lot."""

    unit: str
    psu: str | None
    mode: Mode
    day: date


@dataclass
class _Heap:
    """A lot while it is joined: its responses by cell, and the lots that went into it whole.

    own  how many of its responses its sender brought
    """

    lot: Lot
    cells: Counter[Cell]
    own: int
    whole: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.cells.total()


class _Move(NamedTuple):
    """Responses of one cell that go from one lot to another."""

    lot: int
    cell: Cell
    to: int


def join_small(session: Session, wave: str, today: date) -> None:
    """Counts what each sender brought on the days that are over, joins what is too small, and closes those lots.
    Call inside `writing()`; again as often as wanted, a kill midway loses nothing.

    Of the lots that are over and not closed yet (of files at once: they are read whole, or not at all),
    - an import of five or more stays by itself: it can be taken back whole, and who sent it has the file anyhow;
    - those of one sender, kind, place and day are one;
    - the forms of a lot that are fewer than five of their cell, and not all of it, go to the lot with most of it;
    - a lot of fewer than five goes whole to a neighbour: of the same sender, else of the same village, unit, mode,
      else to any.
    If fewer than five are left of all, they wait for those of the next days, without a sender; not for ever
    (`WAITS`). A closed lot never changes: what comes later of its day is a lot of its own, for the next night.
    """
    whole = (Lot.day < today) | (Lot.kind == LotKind.IMPORT)
    over = (Lot.wave == wave, Lot.closed.is_(None), whole)
    # Whoever brings a late form to one of them waits, and then begins another.
    lots = select(Lot).where(*over).order_by(Lot.day, Lot.number).with_for_update()
    found = session.scalars(lots, execution_options={"populate_existing": True}).all()
    if not found:
        return
    heaps = _heaps(session, found, over)
    _count_senders(session, wave, heaps)
    recalled = lot_steps.recalled(session, wave)
    for heap in heaps:
        if _is_whole(heap, recalled):
            heap.lot.closed = today
    heaps = _each([heap for heap in heaps if heap.lot.closed is None], _same)
    moves = list(_into_the_largest_of_each_cell(heaps))
    heaps = [heap for heap in heaps if heap.cells]
    for neighbours in NEIGHBOURS:
        heaps = _each(heaps, neighbours, small_only=True)
    _move(session, moves, heaps)
    ended = session.get_one(Wave, wave)
    waits = ended.closed is None and today <= ended.closes + WAITS
    for heap in heaps:
        if heap.count >= LEAST or not waits:
            heap.lot.closed = today
        else:
            heap.lot.kind, heap.lot.sender, heap.lot.joined = LotKind.JOINED, None, heap.count
    session.flush()
    # What is empty goes a day later: a form that came about midnight may just be on its way to it.
    left = exists().where(Response.lot == Lot.number)
    session.execute(
        delete(Lot).where(Lot.wave == wave, Lot.closed.is_(None), Lot.day < today - timedelta(days=1), ~left),
        execution_options={"synchronize_session": False},
    )


def _heaps(session: Session, lots: Iterable[Lot], over: Iterable[ColumnElement[bool]]) -> list[_Heap]:
    """The lots that hold any response, each with how many of which cell."""
    heaps = {lot.number: _Heap(lot, Counter(), 0) for lot in lots}
    columns = (Response.lot, Response.unit, Response.psu, Response.mode, Response.day)
    counts = select(*columns, func.count()).join(Lot, Lot.number == Response.lot).where(*over).group_by(*columns)
    for lot, unit, psu, mode, day, count in session.execute(counts):
        heap = heaps[lot or 0]
        heap.cells[Cell(unit, psu, mode, day)] = count
        heap.own += count
    for heap in heaps.values():
        heap.own -= heap.lot.joined
    return [heap for heap in heaps.values() if heap.cells]


def _count_senders(session: Session, wave: str, heaps: Iterable[_Heap]) -> None:
    counts: Counter[tuple[object, ...]] = Counter()
    for heap in heaps:
        lot = heap.lot
        if lot.sender is not None:
            for cell, count in heap.cells.items():
                counts[lot.sender, lot.kind, cell.unit, cell.psu, cell.mode, lot.day] += count
    names = ("sender", "kind", "unit", "psu", "mode", "day")
    rows = [
        {"wave": wave, **dict(zip(names, key, strict=True)), "count": counts[key]}
        for key in sorted(counts, key=repr)
    ]
    if rows:
        session.execute(insert(SenderCount), rows)


def _is_whole(heap: _Heap, recalled: set[int]) -> bool:
    """Whether nothing comes to a lot from others, nor goes to them."""
    lot = heap.lot
    return lot.kind is LotKind.IMPORT and (heap.count >= LEAST or lot.number in recalled)


def _same(heap: _Heap) -> Hashable:
    """What lots share that are one; None of a lot that stays by itself."""
    lot = heap.lot
    if lot.kind in (LotKind.IMPORT, LotKind.JOINED):
        return None
    return lot.kind, lot.sender, lot.unit, lot.psu, lot.mode, lot.day


def _of_sender(heap: _Heap) -> Hashable:
    return heap.lot.sender and (heap.lot.kind, heap.lot.sender)


def _of_village(heap: _Heap) -> Hashable:
    return heap.lot.psu and (heap.lot.unit, heap.lot.psu)


NEIGHBOURS: tuple[Callable[[_Heap], Hashable], ...] = (
    _of_sender,
    _of_village,
    lambda heap: heap.lot.unit,
    lambda heap: heap.lot.mode,
    lambda _heap: "the wave",
)


def _each(heaps: Iterable[_Heap], key: Callable[[_Heap], Hashable], small_only: bool = False) -> list[_Heap]:
    """The lots after those were joined that share a key; of several days the one before takes what is small."""
    groups: dict[Hashable, list[_Heap]] = defaultdict(list)
    alone = []
    for heap in heaps:
        shared = key(heap)
        if shared is None:
            alone.append(heap)
            continue
        kept = groups[shared]
        if kept and not (small_only and kept[-1].count >= LEAST and heap.count >= LEAST):
            kept.append(_joined(kept.pop(), heap))
        else:
            kept.append(heap)
    return sorted((*alone, *(one for kept in groups.values() for one in kept)), key=_order)


def _order(heap: _Heap) -> tuple[date, int]:
    return heap.lot.day, heap.lot.number


def _joined(one: _Heap, other: _Heap) -> _Heap:
    """Two lots as one: the larger one with what was the other's. Its kind and sender stay while at least five of
    its responses are theirs."""
    large, small = sorted((one, other), key=lambda heap: (-heap.count, heap.lot.number))
    lot, gone = large.lot, small.lot
    if (lot.kind, lot.sender) == (gone.kind, gone.sender):
        large.own += small.own
    elif large.own < LEAST:
        lot.kind, lot.sender, large.own = LotKind.JOINED, None, 0
    for name in ("unit", "psu", "mode"):
        if getattr(lot, name) != getattr(gone, name):
            setattr(lot, name, None)
    lot.day = min(lot.day, gone.day)
    large.cells += small.cells
    large.whole += [gone.number, *small.whole]
    lot.joined = large.count - large.own
    return large


def _into_the_largest_of_each_cell(heaps: Iterable[_Heap]) -> Iterable[_Move]:
    """The parts of cells that go to another lot, because each is fewer than five and others are there."""
    of_cell: dict[Cell, list[_Heap]] = defaultdict(list)
    for heap in heaps:
        for cell in heap.cells:
            of_cell[cell].append(heap)
    for cell, parts in of_cell.items():
        largest, *others = sorted(parts, key=lambda heap: (-heap.cells[cell], heap.lot.number))
        for heap in others:
            if heap.cells[cell] < LEAST:
                yield from _given(heap, cell, largest)


def _given(heap: _Heap, cell: Cell, to: _Heap) -> Iterable[_Move]:
    moved = heap.cells.pop(cell)
    to.cells[cell] += moved
    same = (heap.lot.kind, heap.lot.sender) == (to.lot.kind, to.lot.sender)
    heap.own = max(heap.own - moved, 0)
    to.own += moved if same else 0
    if to.own < LEAST and not same:
        to.lot.kind, to.lot.sender, to.own = LotKind.JOINED, None, 0
    to.lot.day = min(to.lot.day, heap.lot.day)
    to.lot.joined, heap.lot.joined = to.count - to.own, heap.count - heap.own
    for number in (heap.lot.number, *heap.whole):
        yield _Move(number, cell, to.lot.number)


def _move(session: Session, moves: Iterable[_Move], heaps: Iterable[_Heap]) -> None:
    """Lets the responses know their lot: first those that go by cells, then those whose lot went whole."""
    of_cell = {
        name: getattr(Response, name).is_not_distinct_from(bindparam(f"of_{name}")) for name in Cell._fields
    }
    of_lot = update(Response).where(Response.lot == bindparam("from_lot")).values(lot=bindparam("to_lot"))
    by_cell = [
        {"from_lot": lot, "to_lot": to, **{f"of_{name}": value for name, value in cell._asdict().items()}}
        for lot, cell, to in moves
    ]
    whole = [{"from_lot": number, "to_lot": heap.lot.number} for heap in heaps for number in heap.whole]
    for order, rows in ((of_lot.where(*of_cell.values()), by_cell), (of_lot, whole)):
        if rows:
            session.connection().execute(order, rows)

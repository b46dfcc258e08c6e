"""The stored responses of a wave as columns in memory: each is read once, and later only what came since."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from numpy.typing import NDArray
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from analysis.design import Ints, Labels
from forms import Item, Questionnaire
from survey.storage.models import Response
from survey.waves import waves

AT_ONCE = 10_000  # responses that are text at one time, on the way from the database to the columns
NAMED_AT_ONCE = 500  # ids in one question to the database
ABOUT = ("unit", "psu", "mode", "day", "marks")
OF_LEADERS = ("stratum", "person")  # what is known of leaders besides

# A response's id as its 16 bytes, as a release keeps them; the order of bytes is that of the database.
Ids = NDArray[np.bytes_]


def packed(ids: Sequence[UUID]) -> Ids:
    """(N,) ids as bytes."""
    return np.frombuffer(b"".join(id.bytes for id in ids), "S16")


def unpacked(ids: Ids) -> list[UUID]:
    """(N,) ids as they are written."""
    content = ids.tobytes()
    return [UUID(bytes=content[at : at + 16]) for at in range(0, len(content), 16)]


def places(ids: Ids, among: Ids) -> Ints:
    """(N,) where each id stands among sorted ones; −1 where it doesn't."""
    if not len(among):
        return np.full(len(ids), -1, np.int64)
    at = np.minimum(np.searchsorted(among, ids), len(among) - 1)
    return np.where(among[at] == ids, at, -1)


class Columns:
    """All responses of a wave, those that no estimate counts among them, in the order in which they were read.

    A response never changes, so neither does its row, and a sample is no more than the numbers of its rows. An
    answer is no Python object: a code is a byte or two, a label a number.

    ids     (N,)
    about   unit, psu, mode, day and marks, of leaders stratum and person: the labels, and (N,) which of them; −1
            for no psu, no person
    adults  (N,) in the household, −1 where nobody noted it
    items   by code: (N,) the code chosen, −1 for none; of `number` the number, NaN for none; of `multiple` (N, C)
            which of the choices. Texts are not here
    """

    def __init__(self, wave: str, questionnaire: Questionnaire) -> None:
        self.wave = wave
        self.asked = [item for item in questionnaire.items.values() if item.kind.is_estimated]
        self.ids: Ids = np.zeros(0, "S16")
        self.about: dict[str, tuple[list[str], NDArray[np.int32]]] = {
            name: ([], np.zeros(0, np.int32))
            for name in (*ABOUT, *(OF_LEADERS if questionnaire.population.in_groups else ()))
        }
        self.adults: NDArray[np.int16] = np.zeros(0, np.int16)
        self.items: dict[str, NDArray[Any]] = {item.code: _empty(item) for item in self.asked}
        self._schema = pa.schema([(item.code, _arrow(item)) for item in self.asked])
        self._order: Ints = np.zeros(0, np.int64)  # of the ids
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        arrays = [self.ids, self.adults, self._order, *self.items.values()]
        return sum(array.nbytes for array in (*arrays, *(codes for _levels, codes in self.about.values())))

    def rows(self, session: Session) -> Ints:
        """(N,) the rows of the responses that this session sees, in the order of their ids.

        Those that are not here yet are read; others stay as they are, also where this session doesn't see them:
        it may be older than another. As rows never change, as many as before are the same as before. Not for a
        session that added responses and may still take them back.
        """
        with self._lock:
            if not len(self):
                self._add(session)
                return self._order
            if waves.collected(session, self.wave) == len(self):
                return self._order
            known = self._ids(session)
            missing = known[places(known, self.ids[self._order]) < 0]
            self._add(session, missing)
            return self._order[places(known, self.ids[self._order])]

    def labels(self, name: str, rows: Ints) -> Labels:
        """What is known of these rows besides their answers, by one of the names of `about`."""
        levels, codes = self.about[name]
        own = codes[rows]
        present = np.flatnonzero(np.bincount(own + 1, minlength=len(levels) + 1)[1:])
        order = sorted(present.tolist(), key=levels.__getitem__)
        table = np.full(len(levels) + 1, -1, np.int64)  # the last one is that of −1
        table[order] = np.arange(len(order))
        return Labels([levels[place] for place in order], table[own])

    def _ids(self, session: Session) -> Ids:
        chosen = select(cast(Response.id, String)).where(Response.wave == self.wave).order_by(Response.id)
        return read_ids(session.scalars(chosen).all())

    def _add(self, session: Session, ids: Ids | None = None) -> None:
        """Reads these responses, or all of the wave, some at a time; the documents go as they came."""
        asked = select(
            cast(Response.id, String),
            Response.unit,
            Response.psu,
            cast(Response.mode, String),
            cast(Response.day, String),
            cast(Response.marks, String),
            *(getattr(Response, name) for name in self.about if name in OF_LEADERS),
            Response.adults,
            cast(Response.answers, String),
        )
        parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ("", "adults", *self.about, *self.items)}
        if ids is None:
            whole = asked.where(Response.wave == self.wave).order_by(Response.id)
            for some in session.execute(whole, execution_options={"yield_per": AT_ONCE}).partitions():
                self._take(some, parts)
        else:
            named = unpacked(ids)
            for start in range(0, len(named), NAMED_AT_ONCE):
                chosen = Response.id.in_(named[start : start + NAMED_AT_ONCE])
                self._take(session.execute(asked.where(chosen)).all(), parts)
        if not parts[""]:
            return
        # One column after the other, each gone from `parts` as it is done: the memory is not needed twice.
        items = {code: np.concatenate([old, *parts.pop(code)]) for code, old in self.items.items()}
        about = {
            name: (levels, np.concatenate([old, *parts.pop(name)])) for name, (levels, old) in self.about.items()
        }
        adults = np.concatenate([self.adults, *parts.pop("adults")])
        ids = np.concatenate([self.ids, *parts.pop("")])
        order = np.argsort(ids, kind="stable")
        self.items, self.about, self.adults, self.ids, self._order = items, about, adults, ids, order

    def _take(self, rows: Sequence[Any], parts: dict[str, list[NDArray[Any]]]) -> None:
        if not rows:
            return
        id, *about, adults, answers = zip(*rows, strict=True)
        parts[""].append(read_ids(id))
        for name, texts in zip(self.about, about, strict=True):
            parts[name].append(self._coded(name, texts))
        parts["adults"].append(np.array([-1 if count is None else count for count in adults], np.int16))
        if self.asked:
            table = _parsed("\n".join(answers).encode(), self._schema)
            for item in self.asked:
                parts[item.code].append(_column(item, table.column(item.code)))

    def _coded(self, name: str, texts: Sequence[str | None]) -> NDArray[np.int32]:
        levels, _codes = self.about[name]
        place: dict[str | None, int] = {level: at for at, level in enumerate(levels)} | {None: -1}
        for label in dict.fromkeys(texts):
            if label is not None and label not in place:
                place[label] = len(levels)
                levels.append(label)
        return np.fromiter((place[label] for label in texts), np.int32, len(texts))


def read_ids(written: Sequence[str]) -> Ids:
    """(N,) ids that the database gave as texts."""
    return np.frombuffer(bytes.fromhex("".join(written).replace("-", "")), "S16")


def _parsed(lines: bytes, schema: pa.Schema) -> pa.Table:
    """Answers documents, one a line, as columns."""
    return pyarrow.json.read_json(
        pa.BufferReader(lines),
        pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
        pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )


def _arrow(item: Item) -> pa.DataType:
    if item.kind.is_number:
        return pa.float64()
    return pa.list_(pa.int32()) if item.kind.several else pa.int32()


def _empty(item: Item) -> NDArray[Any]:
    """A column without rows, as narrow as the item's codes allow."""
    if item.kind.is_number:
        return np.zeros(0, np.float64)
    if item.kind.several:
        return np.zeros((0, len(item.choices)), bool)
    return np.zeros(0, np.min_scalar_type(-1 - max(item.choices, default=0)))


def _column(item: Item, array: Any) -> NDArray[Any]:
    if item.kind.is_number:
        numbers: NDArray[np.float64] = pc.fill_null(array, np.nan).to_numpy()
        return numbers
    if item.kind.several:
        array = array.combine_chunks()
        chosen = np.zeros((len(array), len(item.choices)), bool)
        place = np.zeros(max(item.choices) + 1, np.int64)
        place[list(item.choices)] = np.arange(len(item.choices))
        at = place[pc.list_flatten(array).to_numpy()]
        chosen[pc.list_parent_indices(array).to_numpy(), at] = True
        return chosen
    codes: NDArray[Any] = pc.fill_null(array, -1).to_numpy().astype(_empty(item).dtype)
    return codes

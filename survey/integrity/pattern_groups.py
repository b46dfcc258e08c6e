"""By what the responses of a wave are grouped: who asked, who keyed, which device sent, in which pile they lay.

A response knows no more than its lot, and a lot its sender; a paper form knows its batch, and who keyed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from analysis.design import Floats, Ints, Labels
from forms import Questionnaire
from survey.fieldwork.sheet_locks import FIRST, SECOND
from survey.responses.columns import places, read_ids
from survey.responses.respondents import Respondents
from survey.storage.models import Batch, Keying, Lot, LotKind, Response, Sheet, Wave
from translations.formats import order

AT_ONCE = 10_000
SENT_BY = {
    LotKind.KEYER: "keyer",
    LotKind.INTERVIEWER: "interviewer",
    LotKind.TABLET: "device",
    LotKind.KIOSK: "device",
}


@dataclass(frozen=True)
class Turned:
    """Of the forms keyed twice, by who keyed first: answers that became "not satisfied", and how many of these the
    keyer had typed as satisfied."""

    keyers: list[str]
    chances: Ints
    events: Ints


@dataclass(frozen=True)
class Groups:
    """by: kind -> (N,) labels; pile, place: (N,) of paper, NaN where there is none; lot: (N,) its number, −1."""

    by: Mapping[str, Labels]
    pile: Labels
    place: Floats
    lot: Ints


def of(session: Session, wave: Wave, people: Respondents) -> Groups:
    """All that is known of the N people besides their answers."""
    lot, kind, sender = _lots(session, wave, people)
    names: dict[str, dict[int, str]] = {"interviewer": {}, "keyer": {}, "device": {}}
    for number in np.unique(lot[lot >= 0]).tolist():
        group = SENT_BY.get(kind[number])
        if group and sender[number]:
            names[group][number] = sender[number]
    by_lot = {group: _labels(lot, known) for group, known in names.items()}
    sheets = session.execute(
        select(Sheet.response, Sheet.batch, Sheet.place, Batch.interviewer)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.wave == wave.code, Sheet.response.is_not(None))
    ).all()
    at = people.place_of([row.response for row in sheets]) if sheets else np.zeros(0, np.int64)
    keyed = session.execute(
        select(Sheet.response, Keying.keyer)
        .join(Keying, Keying.sheet == Sheet.serial)
        .join(Batch, Batch.code == Sheet.batch)
        .where(
            Batch.wave == wave.code,
            Sheet.response.is_not(None),
            Keying.turn == FIRST,
            Keying.source == "person",
        )
    ).all()
    place = np.full(len(people) + 1, np.nan)
    place[at] = [row.place for row in sheets]
    return Groups(
        {
            "interviewer": _over(
                by_lot["interviewer"], people, ((row.response, row.interviewer) for row in sheets)
            ),
            "keyer": _over(by_lot["keyer"], people, ((row.response, row.keyer) for row in keyed)),
            "device": by_lot["device"],
        },
        _over(_labels(np.full(len(people), -1), {}), people, ((row.response, row.batch) for row in sheets)),
        place[:-1],
        lot,
    )


def _lots(session: Session, wave: Wave, people: Respondents) -> tuple[Ints, dict[int, LotKind], dict[int, str]]:
    """(N,) the lot of each, −1 without one; of each lot its kind and sender."""
    kinds, senders = {}, {}
    for row in session.execute(select(Lot.number, Lot.kind, Lot.sender).where(Lot.wave == wave.code)):
        kinds[row.number], senders[row.number] = row.kind, row.sender or ""
    lot = np.full(len(people), -1, np.int64)
    own = people.responses.ids[people.rows]
    chosen = select(cast(Response.id, String), Response.lot).where(
        Response.wave == wave.code, Response.lot.is_not(None)
    )
    for some in session.execute(chosen, execution_options={"yield_per": AT_ONCE}).partitions():
        at = places(read_ids([row[0] for row in some]), own)
        lot[at[at >= 0]] = np.array([row[1] for row in some], np.int64)[at >= 0]
    return lot, kinds, senders


def _labels(lot: Ints, names: Mapping[int, str]) -> Labels:
    """(N,) the name of each one's lot, blank where it has none."""
    levels = sorted(set(names.values()), key=order)
    place = {name: at for at, name in enumerate(levels)}
    numbers = np.array(sorted(names), np.int64)
    if not len(numbers):
        return Labels([], np.full(len(lot), -1, np.int64))
    codes = np.array([place[names[number]] for number in numbers.tolist()])
    at = np.minimum(np.searchsorted(numbers, lot), len(numbers) - 1)
    return Labels(list(levels), np.where(numbers[at] == lot, codes[at], -1))


def _over(under: Labels, people: Respondents, named: Iterable[tuple[UUID | None, str | None]]) -> Labels:
    """The labels that these responses have by themselves, over those of their lots."""
    known = {response: name for response, name in named if response is not None and name}
    levels = sorted({*known.values(), *map(str, under.levels)}, key=order)
    place = {name: at for at, name in enumerate(levels)}
    codes = np.array([place[str(name)] for name in under.levels] + [-1], np.int64)[under.codes]
    codes = np.append(codes, -1)  # the last one is for those who are not in the sample
    codes[people.place_of(known)] = [place[name] for name in known.values()]
    return Labels(list(levels), codes[:-1])


def turned(session: Session, wave: Wave, questionnaire: Questionnaire) -> Turned:
    """What the keyer of a form's first turn made of answers that became "not satisfied", from double keying."""
    index = questionnaire.index
    rule = index.rules[index.rule] if index else None
    items = [questionnaire.items[code] for code in rule.scores] if rule else []
    pleased = {item.code: {str(level) for level in rule.satisfied(item.code)} for item in items} if rule else {}
    levels = {item.code: {str(level) for level in item.valid} for item in items}
    turns: dict[str, dict[int, Keying]] = {}
    rows = select(Keying).join(Sheet, Sheet.serial == Keying.sheet).join(Batch, Batch.code == Sheet.batch)
    for row in session.scalars(rows.where(Batch.wave == wave.code, Sheet.double, Keying.source == "person")):
        turns.setdefault(row.sheet, {})[row.turn] = row
    chances: dict[str, int] = {}
    events: dict[str, int] = {}
    for keyed in turns.values():
        if FIRST in keyed and SECOND in keyed:
            first, final = keyed[FIRST], keyed[max(keyed)].typed
            bad = [code for code in pleased if final.get(code) in levels[code] - pleased[code]]
            chances[first.keyer] = chances.get(first.keyer, 0) + len(bad)
            made = sum(first.typed.get(code) in pleased[code] for code in bad)
            events[first.keyer] = events.get(first.keyer, 0) + made
    keyers = sorted(chances, key=order)
    return Turned(
        keyers, np.array([chances[name] for name in keyers]), np.array([events[name] for name in keyers])
    )

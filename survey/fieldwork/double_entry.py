"""What becomes of a form that was keyed: stored, kept for a second and blind keying, or put before a third person.

Each turn ends in a row of `keying` that nothing changes any more. Where a form is keyed once, its response is
stored then; where it is keyed twice, when both are the same. What differs a third person settles from the paper,
and the outcome is a row of its own. Texts that people wrote are no part of the comparison: hardly two people write
one alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from forms import Questionnaire
from survey.fieldwork import keying, sheet_locks
from survey.fieldwork.sheet_locks import AGAIN, FIRST, SECOND, SETTLED, Printed
from survey.responses import lots, submission
from survey.sampling.outcome_words import ADULTS, ON_THE_SHEET, REPLACED
from survey.storage.models import Batch, Keying, LotKind, Mode, OpenKeying, Scan, Sheet, SheetState
from survey.system.dates import today
from translations import Conflict, Refusal

PERSON, SCAN = "person", "scan"


@dataclass(frozen=True)
class Finished:
    """What became of a form: its response is stored, or the codes in which two keyings differ, or neither yet."""

    stored: bool
    differing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two keyings of one form, and the codes in which they differ, in the order of the paper."""

    first: Keying
    second: Keying
    differing: tuple[str, ...]


def finish(
    session: Session, sheet: str, turn: int, keyer: str, typed: Mapping[str, str], source: str = PERSON
) -> Finished:
    """Ends a turn with what was typed or read, by item code; the same again is fine. Call inside `writing()`.

    turn    `sheet_locks.FIRST`, SECOND or SETTLED; from AGAIN on one that a supervisor decided
    keyer   who typed it, or who settled the doubtful marks of a scan: a person has one turn of a form alone
    source  PERSON or SCAN. A scan stands in for one of the two keyings, never for both, and settles nothing

    Refused where the form is void, stored already, or open before somebody else; and where an answer can't be.
    """
    if source not in (PERSON, SCAN):
        raise ValueError(source)
    row = sheet_locks.locked(session, sheet)
    form = sheet_locks.printed(session, sheet)
    fields = keying.fields(form.place.questionnaire, typed)
    keyings = _done(session, sheet)
    before = keyings.get(turn)
    if before is not None and (before.keyer, before.source, before.typed) == (keyer, source, fields):
        return _so_far(form.place.questionnaire, row, keyings)
    if before is not None or row.state is SheetState.ENTERED:
        raise _keyed_already(sheet)
    sheet_locks.refuse_void(row)
    again = sheet_locks.asked_again(session, sheet)
    if again is None and turn < AGAIN:
        _in_its_turn(row, turn, keyer, source, keyings)
    elif again != turn or source == SCAN:
        raise _keyed_already(sheet)
    _holds(form.place.questionnaire, typed)
    opened = session.get(OpenKeying, (sheet, turn))
    if opened is not None and opened.keyer != keyer:
        raise sheet_locks.SheetLocked(
            "%(keyer)s has form %(serial)s open. Take another one, or ask your supervisor to release it.",
            keyer=opened.keyer,
            serial=sheet,
        )
    keyings[turn] = Keying(sheet=sheet, turn=turn, keyer=keyer, source=source, typed=fields, day=today())
    session.add(keyings[turn])
    if opened is None:
        opened = OpenKeying(sheet=sheet, turn=turn, keyer=keyer, typed={}, at=None, finished=True)
        session.add(opened)
    # The codes stand in the row that nothing changes; the texts wait here for the response.
    opened.typed, opened.at, opened.finished = keying.texts(form.place.questionnaire, typed), None, True
    row.state, row.reason = SheetState.WAITING, None
    session.flush()
    progress = _so_far(form.place.questionnaire, row, keyings)
    if turn >= SETTLED or not row.double or (SECOND in keyings and not progress.differing):
        _store(session, form, row, keyings)
        return Finished(stored=True)
    return progress


def accept(session: Session, sheet: str) -> None:
    """Stores the response of a form that waits for its second keying from the first one alone."""
    row = sheet_locks.locked(session, sheet)
    _store(session, sheet_locks.printed(session, sheet), row, _done(session, sheet))


def to_settle(session: Session, waves: Collection[str] | None = None) -> list[tuple[Sheet, Batch]]:
    """The forms whose two keyings differ, in the order of their batches; of these waves, or of all."""
    first, second, third = aliased(Keying), aliased(Keying), aliased(Keying)
    rows = (
        select(Sheet, Batch)
        .join(Batch, Batch.code == Sheet.batch)
        .join(first, (first.sheet == Sheet.serial) & (first.turn == FIRST))
        .join(second, (second.sheet == Sheet.serial) & (second.turn == SECOND))
        .outerjoin(third, (third.sheet == Sheet.serial) & (third.turn == SETTLED))
        .where(Sheet.state == SheetState.WAITING, third.id.is_(None), ~sheet_locks.is_asked_again())
        .order_by(Batch.wave, Batch.code, Sheet.place)
    )
    if waves is not None:
        rows = rows.where(Batch.wave.in_(waves))
    return [(sheet, batch) for sheet, batch in session.execute(rows)]


def keyers(session: Session, serials: Collection[str]) -> dict[str, set[str]]:
    """Who keyed each of these forms."""
    names: dict[str, set[str]] = {}
    for sheet, keyer in session.execute(
        select(Keying.sheet, Keying.keyer).where(Keying.sheet.in_(serials), Keying.turn != SETTLED)
    ):
        names.setdefault(sheet, set()).add(keyer)
    return names


def pair(session: Session, questionnaire: Questionnaire, sheet: str) -> Pair:
    """The two keyings of a form that waits for somebody to settle them; refused where nothing is to be settled."""
    keyings = _done(session, sheet)
    row = session.get(Sheet, sheet)
    waits = row is not None and row.state is SheetState.WAITING and SECOND in keyings and max(keyings) < SETTLED
    if not waits or sheet_locks.asked_again(session, sheet) is not None:
        raise Conflict("There is nothing to settle for form %(serial)s any more.", serial=sheet)
    first, second = keyings[FIRST], keyings[SECOND]
    return Pair(first, second, differing(questionnaire, first.typed, second.typed))


def texts(session: Session, sheet: str) -> dict[str, list[str]]:
    """What was typed of a form in words and is not stored yet, by item code, each text once."""
    values: dict[str, list[str]] = {}
    for opened in _finished(session, sheet):
        for code, text in opened.typed.items():
            if text not in values.setdefault(code, []):
                values[code].append(text)
    return values


def differing(questionnaire: Questionnaire, one: Mapping[str, str], two: Mapping[str, str]) -> tuple[str, ...]:
    """The codes of two keyings that differ, in the order of the paper. What was not asked is as blank."""
    order = [item.code for item in (*keying.head(), *questionnaire.keyed)]
    return tuple(code for code in order if one.get(code, keying.NOTHING) != two.get(code, keying.NOTHING))


def _done(session: Session, sheet: str) -> dict[int, Keying]:
    return {row.turn: row for row in session.scalars(select(Keying).where(Keying.sheet == sheet))}


def _finished(session: Session, sheet: str) -> list[OpenKeying]:
    """The finished turns of a form, of which the texts wait."""
    rows = select(OpenKeying).where(OpenKeying.sheet == sheet, OpenKeying.finished).order_by(OpenKeying.turn)
    return list(session.scalars(rows))


def _so_far(questionnaire: Questionnaire, row: Sheet, keyings: Mapping[int, Keying]) -> Finished:
    if row.state is SheetState.ENTERED or SECOND not in keyings or SETTLED in keyings:
        return Finished(stored=row.state is SheetState.ENTERED)
    return Finished(stored=False, differing=differing(questionnaire, keyings[FIRST].typed, keyings[SECOND].typed))


def _in_its_turn(row: Sheet, turn: int, keyer: str, source: str, keyings: Mapping[int, Keying]) -> None:
    """Refuses a turn that is not next, a second one of the same person, and a second scan."""
    if turn not in (FIRST, SECOND, SETTLED) or turn != len(keyings) + 1 or (turn != FIRST and not row.double):
        raise _keyed_already(row.serial)
    if keyer in {other.keyer for other in keyings.values()}:
        raise Conflict(
            "You have keyed form %(serial)s yourself: another person takes this turn.", serial=row.serial
        )
    if source == SCAN and (turn == SETTLED or SCAN in {other.source for other in keyings.values()}):
        raise Conflict(
            "Form %(serial)s was scanned once: its second keying is done by a person, from the paper.",
            serial=row.serial,
        )


def _keyed_already(serial: str) -> Conflict:
    return Conflict("Form %(serial)s is keyed already. Take the next one of the batch.", serial=serial)


def _holds(questionnaire: Questionnaire, typed: Mapping[str, str]) -> None:
    keyed = keying.keyed(questionnaire, typed, keying.head())
    if keyed.problems:
        codes = ", ".join(problem.code or "–" for problem in keyed.problems)
        raise Refusal("Correct what can't be an answer first: %(codes)s.", codes=codes)


def _store(session: Session, form: Printed, row: Sheet, keyings: Mapping[int, Keying]) -> None:
    """Stores the response of a form, with what stands at its head; once, for the sheet is locked."""
    words = {opened.turn: opened.typed for opened in _finished(session, row.serial)}
    last = max(keyings)
    texts = words.get(last, {}) if last >= SETTLED else {**words.get(SECOND, {}), **words.get(FIRST, {})}
    final = keyings[last] if last >= SETTLED else keyings[FIRST]
    sender = keyings[last if last >= AGAIN else FIRST].keyer
    keyed = keying.keyed(form.place.questionnaire, {**final.typed, **texts}, keying.head())
    wave = form.place.wave
    day = min(max(form.batch.returned or today(), wave.opens), wave.closes)
    id, adults = uuid4(), keyed.head.get(ADULTS)
    lot = lots.number(session, wave.code, LotKind.KEYER, today(), mode=Mode.PAPER, sender=sender)
    about: dict[str, Any] = {"psu": form.batch.psu, "day": day, "adults": adults, "lot": lot}
    submission.submit(session.connection(), form.place, id, Mode.PAPER, keyed.answers, **about)
    row.response, row.state, row.reason, row.adults = id, SheetState.ENTERED, None, adults
    replaced = keyed.head.get(REPLACED)
    row.replaced = None if replaced is None else ON_THE_SHEET[replaced - 1].value
    session.execute(delete(OpenKeying).where(OpenKeying.sheet == row.serial))
    session.execute(delete(Scan).where(Scan.sheet == row.serial))  # of pages that nobody settled
    session.flush()

"""What a supervisor decides of a keyed form, with a reason: keyed once more, void, or one keying is enough.

Nothing that was keyed goes: the former keyings stay as rows, and the former response stays, rejected.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.fieldwork import accounting, double_entry, reviews, sheet_locks
from survey.fieldwork.sheet_locks import AGAIN, FIRST, SECOND
from survey.storage.models import Batch, Keying, KeyingDecision, OpenKeying, ReviewState, Sheet, SheetState
from survey.system.dates import today
from survey.waves import waves
from translations import Conflict, Refusal, formats
from translations import gettext as _

LONGEST = 400


def key_again(session: Session, wave: str, serial: str, reason: str, person: str) -> None:
    """Has a stored form keyed once more; until then it waits, and counts nowhere. Call inside `writing()`."""
    sheet = _of(session, wave, serial)
    if (earlier := asked(session, sheet.batch).get(serial)) is not None:
        raise Conflict(
            "Form %(serial)s waits to be keyed again already, since %(day)s: %(reason)s.",
            serial=serial,
            day=formats.day(earlier.day),
            reason=earlier.reason,
        )
    if sheet.state is not SheetState.ENTERED or sheet.response is None:
        raise Conflict(
            "Form %(serial)s is not stored yet. One that waits for its second keying is settled from the paper; "
            "one that somebody has open can be taken back.",
            serial=serial,
        )
    _reject(session, wave, sheet, sheet.response, _given(reason), person)


def reject_stored(
    session: Session, wave: str, code: str, serials: Collection[str], reason: str, person: str
) -> None:
    """Rejects the stored answers of forms that are to be void. Call inside `writing()`, before `accounting.mark`.

    reason  one of `accounting.REASONS`; forms that aren't stored are left alone
    """
    words = _(accounting.REASONS[reason])
    accounting.lock_batch(session, wave, code)  # the batch is locked before its sheets
    for serial in sorted(set(serials)):
        sheet = _of(session, wave, serial)
        if sheet.state is SheetState.ENTERED and sheet.response is not None:
            _reject(session, wave, sheet, sheet.response, words, person)


def void(
    session: Session, wave: str, serials: Collection[str], reason: str, person: str, sure: bool = False
) -> int:
    """Voids forms of whatever batches, all or none; how many. Call inside `writing()`.

    sure  without it, forms that are stored, keyed or open are asked for: `accounting.Keyed`
    """
    by_batch: dict[str, list[str]] = {}
    for serial in dict.fromkeys(serials):
        found = sheet_locks.printed(session, serial)
        if found.batch.wave != wave:
            raise sheet_locks.unknown(serial)
        by_batch.setdefault(found.batch.code, []).append(serial)
    for code, own in sorted(by_batch.items()):
        if sure:
            reject_stored(session, wave, code, own, reason, person)
        accounting.mark(session, wave, code, own, SheetState.VOID, reason, sure)
    return sum(map(len, by_batch.values()))


def _reject(session: Session, wave: str, sheet: Sheet, response: UUID, reason: str, person: str) -> None:
    """The response stays as a row, rejected; the sheet waits, to be keyed once more if it isn't void."""
    turns = [AGAIN - 1, *session.scalars(select(Keying.turn).where(Keying.sheet == sheet.serial))]
    reviews.decide(session, wave, [response], ReviewState.REJECTED, reason, person)
    _note(session, sheet, max(turns) + 1, reason, person)
    # What stood at its head is rejected with it: it says nothing of another household any more.
    sheet.state, sheet.response, sheet.adults, sheet.replaced = SheetState.WAITING, None, None, None
    session.flush()


def accept_single(session: Session, wave: str, serial: str, reason: str, person: str) -> None:
    """Stores a form that waits for its second keying by what was keyed once. Call inside `writing()`."""
    sheet = _of(session, wave, serial)
    keyers = {row.turn: row.keyer for row in session.scalars(select(Keying).where(Keying.sheet == serial))}
    if sheet.state is not SheetState.WAITING or not sheet.double or keyers.keys() != {FIRST}:
        raise Conflict("Form %(serial)s does not wait for a second keying.", serial=serial)
    if keyers[FIRST] == person:
        raise Conflict("You have keyed form %(serial)s yourself: another person accepts it.", serial=serial)
    holder = session.get(OpenKeying, (serial, SECOND))
    if holder is not None:
        raise Conflict("%(keyer)s is keying form %(serial)s just now.", keyer=holder.keyer, serial=serial)
    _note(session, sheet, SECOND, _given(reason), person)
    double_entry.accept(session, serial)


def listed(session: Session, wave: str) -> list[tuple[KeyingDecision, Sheet]]:
    """The decisions of a wave with their forms, the newest first."""
    rows = (
        select(KeyingDecision, Sheet)
        .join(Sheet, Sheet.serial == KeyingDecision.sheet)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.wave == wave)
        .order_by(KeyingDecision.id.desc())
    )
    return [(decision, sheet) for decision, sheet in session.execute(rows)]


def asked(session: Session, batch: str) -> dict[str, KeyingDecision]:
    """The forms of a batch that are still to be keyed once more, with who decided that, when and why."""
    rows = (
        select(KeyingDecision)
        .join(Sheet, Sheet.serial == KeyingDecision.sheet)
        .where(Sheet.batch == batch, Sheet.state == SheetState.WAITING, sheet_locks.is_decision_to_come())
    )
    return {decision.sheet: decision for decision in session.scalars(rows)}


def to_come(session: Session, wave: str) -> int:
    """How many forms are still to be keyed once more."""
    rows = select(func.count()).select_from(Sheet).join(Batch, Batch.code == Sheet.batch)
    waits = Sheet.state == SheetState.WAITING, sheet_locks.is_asked_again()
    return session.scalar(rows.where(Batch.wave == wave, *waits)) or 0


def _of(session: Session, wave: str, serial: str) -> Sheet:
    """The sheet, locked; refused where it is none of this wave, and once the fieldwork is closed: a form that is
    taken back then could not be keyed any more, and its answers would be lost."""
    accounting.open_for_paper(waves.find(session, wave, lock={"key_share": True}))
    sheet = sheet_locks.locked(session, serial)
    if session.get_one(Batch, sheet.batch).wave != wave:
        raise sheet_locks.unknown(serial)
    return sheet


def _given(reason: str) -> str:
    reason = " ".join(reason.split())[:LONGEST]
    if not reason:
        raise Refusal("Say why, for whoever reads this next year.")
    return reason


def _note(session: Session, sheet: Sheet, turn: int, reason: str, person: str) -> None:
    session.add(
        KeyingDecision(
            sheet=sheet.serial, turn=turn, response=sheet.response, reason=reason, person=person, day=today()
        )
    )

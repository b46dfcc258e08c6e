"""Whose turn it is with a printed sheet: who has it on the screen, and that no two people ever have one.

A turn is a row of `open_keying`, whose key is sheet and turn: who inserts it has the form. First one person keys
it; a sheet that was chosen for blind double entry waits for a second one, and nothing that the first is told shows
it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from survey.fieldwork import reinterviews, serial_numbers
from survey.fieldwork.accounting import REASONS
from survey.storage.models import (
    Assignment,
    Batch,
    Keying,
    KeyingDecision,
    Mode,
    OpenKeying,
    Scan,
    Sheet,
    SheetState,
    Unit,
    Village,
    Wave,
)
from survey.system.dates import today
from survey.waves import questionnaires, units
from survey.waves.waves import Place
from translations import Conflict, Denied, Gone, NotFound, Refusal, formats
from translations import gettext as _

FIRST, SECOND, SETTLED = 1, 2, 3
AGAIN = 4  # this turn and those after it: keyed once more from the paper, as a supervisor decided


class SheetLocked(Conflict):
    """Somebody else has the form open."""


@dataclass(frozen=True)
class Printed:
    """A printed sheet with its batch and the place where the person answered."""

    sheet: Sheet
    batch: Batch
    village: Village
    place: Place


@dataclass(frozen=True)
class Waiting:
    """A batch that has forms for a keyer, and how many."""

    batch: Batch
    village: Village
    unit: Unit
    forms: int


def serial(text: str) -> str:
    """The number in what was typed or scanned: `HL1:<number>:<page>` of the code, or the number itself."""
    return serial_numbers.serial(text)


def printed(session: Session, number: str) -> Printed:
    """The sheet of this number; refused where there is none."""
    sheet = session.get(Sheet, number) if number.isprintable() else None
    if sheet is None:
        raise unknown(number)
    batch = session.get_one(Batch, sheet.batch)
    wave = session.get_one(Wave, batch.wave)
    village = session.get_one(Village, (batch.wave, batch.psu))
    unit, asked = session.get_one(Unit, village.unit), questionnaires.by_digest(session, wave.questionnaire)
    return Printed(sheet, batch, village, Place(wave, unit, asked, units.province(session)))


def unknown(number: str) -> NotFound:
    """What is said where no form has this number."""
    if number.isdecimal() and len(number) == serial_numbers.LENGTH and serial_numbers.misread(number):
        return NotFound(
            "Form %(serial)s does not exist: a digit is misread or two have changed places. Read the number once "
            "more.",
            serial=number,
        )
    return NotFound(
        "There is no form with the number %(serial)s. Read the number at its top once more.",
        serial=number or "–",
    )


def takes_paper(wave: Wave) -> None:
    """Refuses where no printed form may be keyed: before the wave begins, and once its fieldwork is closed. Forms
    are keyed long after the last interview: the end of the wave bounds the day of an answer alone."""
    if today() < wave.opens:
        raise NotFound(
            "The wave %(code)s opens on %(day)s. Forms can be keyed from then on.",
            code=wave.title,
            day=formats.day(wave.opens),
        )
    if wave.closed is not None:
        raise Gone(
            "The fieldwork of wave %(code)s was closed on %(day)s, all its forms accounted for. Give those left "
            "over to Home Affairs.",
            code=wave.title,
            day=formats.day(wave.closed),
        )


def waiting(session: Session, wave: str, keyer: str) -> list[Waiting]:
    """The batches of a wave that have forms for this keyer. The counts of two keyers may differ."""
    query = _for(keyer).where(Batch.wave == wave).subquery()
    grouped = session.execute(select(query.c.batch, func.count()).group_by(query.c.batch))
    counts = {str(batch): int(count) for batch, count in grouped}
    rows = session.execute(
        select(Batch, Village, Unit)
        .join(Village, and_(Village.wave == Batch.wave, Village.psu == Batch.psu))
        .join(Unit, Unit.code == Village.unit)
        .where(Batch.code.in_(counts))
    )
    batches = [Waiting(batch, village, unit, counts[batch.code]) for batch, village, unit in rows]
    return sorted(batches, key=lambda one: (formats.order(one.unit.name), one.batch.code))


def keyed_by(session: Session, keyer: str, waves: Collection[str]) -> dict[str, int]:
    """How many forms of each of these waves this keyer has keyed, in a first turn or a second: it grows alike."""
    grouped = session.execute(
        select(Batch.wave, func.count())
        .join(Sheet, Sheet.batch == Batch.code)
        .join(Keying, Keying.sheet == Sheet.serial)
        .where(Batch.wave.in_(waves), Keying.keyer == keyer, Keying.turn != SETTLED)
        .group_by(Batch.wave)
    )
    return dict.fromkeys(waves, 0) | {str(wave): int(count) for wave, count in grouped}


def acquire(session: Session, number: str, keyer: str) -> OpenKeying:
    """Opens a form for a keyer, in the turn that it waits for; the same again is fine.

    Refused where its batch is not assigned to the keyer; where somebody else has it, and where there is nothing
    left for this keyer: by the same words, whether the form is stored or waits for another's turn. Where the form
    lies is not changed by looking at it: a number mistyped must not make another form one that came back.
    """
    sheet = locked(session, number)
    _refuse_unassigned(session, sheet, keyer)
    reinterviews.refuse_to_key(session, number, keyer)
    refuse_void(sheet)
    opened = session.scalars(select(OpenKeying).where(OpenKeying.sheet == number, is_open())).first()
    if opened is not None:
        if opened.keyer == keyer:
            return opened
        raise SheetLocked(
            "%(keyer)s has form %(serial)s open. Take another one, or ask your supervisor to release it.",
            keyer=opened.keyer,
            serial=number,
        )
    turn = due(session, sheet, keyer)
    if turn is None:
        raise Conflict("Form %(serial)s is keyed already. Take the next one of the batch.", serial=number)
    row = OpenKeying(sheet=number, turn=turn, keyer=keyer, typed={}, at=None, finished=False)
    session.add(row)
    session.flush()
    return row


def _refuse_unassigned(session: Session, sheet: Sheet, keyer: str) -> None:
    """The paper stays on the desk: nothing is lost where it waits for an assignment."""
    if session.scalar(select(Batch.code).where(Batch.code == sheet.batch, _is_assigned(keyer))) is None:
        raise Denied(
            "Form %(serial)s belongs to batch %(batch)s, which is not assigned to you. Leave it in its batch and "
            "ask your supervisor for the batch.",
            serial=sheet.serial,
            batch=sheet.batch,
        )


def _is_assigned(keyer: str) -> ColumnElement[bool]:
    """Whether the keyer may key the sheets of a batch."""
    return exists().where(
        Assignment.wave == Batch.wave,
        Assignment.account == keyer,
        Assignment.mode == Mode.PAPER,
        or_(Assignment.batch.is_(None), Assignment.batch == Batch.code),
        or_(Assignment.ended.is_(None), Assignment.ended >= today()),
    )


def take_next(session: Session, batch: str, keyer: str) -> OpenKeying | None:
    """Opens the next form of a batch: one that this keyer has begun, else the first that nobody has."""
    rows = session.scalars(
        _for(keyer).where(Sheet.batch == batch).order_by(OpenKeying.keyer.is_(None), Sheet.place)
    )
    for number in [sheet.serial for sheet in rows]:
        try:
            return acquire(session, number, keyer)
        except Conflict:  # another was quicker
            continue
    return None


def due(session: Session, sheet: Sheet, keyer: str) -> int | None:
    """The turn that a form waits for, if this keyer may have it; None if there is none."""
    keyers = {row.turn: row.keyer for row in session.scalars(select(Keying).where(Keying.sheet == sheet.serial))}
    if sheet.state is SheetState.ENTERED:
        return None
    if (turn := asked_again(session, sheet.serial)) is not None:
        return turn
    if FIRST not in keyers:
        return FIRST
    return SECOND if sheet.double and SECOND not in keyers and keyers[FIRST] != keyer else None


def asked_again(session: Session, number: str) -> int | None:
    """The turn in which a form is still to be keyed once more, None where nobody decided that."""
    turn = KeyingDecision.turn
    return session.scalar(select(turn).where(KeyingDecision.sheet == number, is_decision_to_come()))


def is_asked_again() -> ColumnElement[bool]:
    """Whether a sheet is still to be keyed once more."""
    return exists().where(KeyingDecision.sheet == Sheet.serial, is_decision_to_come())


def is_decision_to_come() -> ColumnElement[bool]:
    """Whether a decision asks for a keying that nobody has done yet."""
    done = exists().where(Keying.sheet == KeyingDecision.sheet, Keying.turn == KeyingDecision.turn)
    return and_(KeyingDecision.turn >= AGAIN, ~done)


def lock_of(session: Session, number: str, keyer: str) -> OpenKeying | None:
    """The open turn of a form, if this keyer has it."""
    return session.scalars(
        select(OpenKeying).where(OpenKeying.sheet == number, OpenKeying.keyer == keyer, is_open())
    ).first()


def is_open() -> ColumnElement[bool]:
    """Whether somebody has a form on the screen. The voiding of a form ends that, and its row with what was typed
    stays: where the form is to be entered after all, its keyer goes on from there."""
    sheet = aliased(Sheet)
    void = exists().where(sheet.serial == OpenKeying.sheet, sheet.state == SheetState.VOID)
    return and_(OpenKeying.finished.is_(False), ~void)


def refuse_void(sheet: Sheet) -> None:
    """Refuses a form that is void, with its reason."""
    if sheet.state is SheetState.VOID:
        raise Conflict(
            "Form %(serial)s was set aside: %(reason)s. If that is wrong, tell your supervisor.",
            serial=sheet.serial,
            reason=reason_of(sheet),
        )


def open_locks(session: Session, wave: str, keyer: str) -> list[tuple[OpenKeying, Sheet]]:
    """The forms of a wave that this keyer has open."""
    return [(opened, sheet) for opened, sheet in open_now(session, wave) if opened.keyer == keyer]


def save(
    session: Session, number: str, turn: int, keyer: str, typed: Mapping[str, str], at: str | None = None
) -> None:
    """Keeps what was typed so far, field by field; refused where the form is no longer this keyer's."""
    row = mine(session, number, turn, keyer)
    row.typed = {**row.typed, **typed}
    row.at = at


def mine(session: Session, number: str, turn: int, keyer: str) -> OpenKeying:
    """The open turn, locked; refused where it is no longer this keyer's, and where the form is void."""
    refuse_void(session.get_one(Sheet, number))
    row = session.get(OpenKeying, (number, turn), with_for_update=True)
    if row is None or row.keyer != keyer or row.finished:
        raise not_open(session, number)
    return row


def not_open(session: Session, number: str) -> Conflict:
    """What a keyer is told whose form is no longer open; refused by its reason where it is void."""
    refuse_void(session.get_one(Sheet, number))
    return Conflict(
        "Form %(serial)s is not open for you any more: it was saved, or your supervisor took it back. Begin again "
        "with its number.",
        serial=number,
    )


def release(session: Session, number: str, keyer: str | None = None) -> None:
    """Ends an open turn and forgets what was typed in it; `keyer`: only where it is this person's."""
    sheet = locked(session, number)
    row = session.scalars(select(OpenKeying).where(OpenKeying.sheet == sheet.serial, is_open())).first()
    if row is not None and keyer in (None, row.keyer):
        session.delete(row)


def set_aside(session: Session, number: str, turn: int, keyer: str, reason: str) -> None:
    """Marks a form that came back as void. Not in a second turn: there the first one found answers."""
    if reason not in REASONS:
        raise Refusal("Choose why the form has no answers.")
    sheet = locked(session, number)
    row = mine(session, number, turn, keyer)
    if turn != FIRST:
        raise Refusal(
            "Key form %(serial)s as far as it can be read. If it is entirely empty, give it to your supervisor.",
            serial=number,
        )
    session.delete(row)
    sheet.state, sheet.reason = SheetState.VOID, reason


def reason_of(sheet: Sheet) -> str:
    """Why a sheet is void, in words."""
    return _(REASONS[sheet.reason]) if sheet.reason in REASONS else sheet.reason or "–"


def open_now(session: Session, wave: str) -> list[tuple[OpenKeying, Sheet]]:
    """The forms that somebody has open, for those who may take them back."""
    rows = session.execute(
        select(OpenKeying, Sheet)
        .join(Sheet, Sheet.serial == OpenKeying.sheet)
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.wave == wave, is_open())
        .order_by(OpenKeying.keyer, Sheet.batch, Sheet.place)
    )
    return [(opened, sheet) for opened, sheet in rows]


def has_batches(session: Session, waves: Collection[str]) -> set[str]:
    """Which of these waves have printed sheets."""
    return set(session.scalars(select(Batch.wave).where(Batch.wave.in_(waves)).distinct()))


def villages_with_batches(session: Session, wave: str) -> set[str]:
    """The villages of a wave whose forms have numbers."""
    return set(session.scalars(select(Batch.psu).where(Batch.wave == wave).distinct()))


def locked(session: Session, number: str) -> Sheet:
    """The sheet, which nobody else changes or takes until this transaction ends, in a wave that takes paper."""
    batch = session.scalar(select(Sheet.batch).where(Sheet.serial == number))
    if batch is None:
        raise unknown(number)
    # Nobody closes the fieldwork meanwhile. The wave before its sheets, in the order of `accounting`.
    wave = session.get_one(Batch, batch).wave
    takes_paper(session.get_one(Wave, wave, with_for_update={"read": True}, populate_existing=True))
    return session.get_one(Sheet, number, with_for_update=True, populate_existing=True)


def _for(keyer: str) -> Select[Sheet]:
    """The sheets of a keyer's batches that wait for a turn which this keyer may have and nobody else has. A sheet
    that was scanned waits for its doubtful marks, not for a first keying; who keyed one may key it once more."""
    first, second = aliased(Keying), aliased(Keying)
    return (
        select(Sheet)
        .join(Batch, Batch.code == Sheet.batch)
        .outerjoin(first, and_(first.sheet == Sheet.serial, first.turn == FIRST))
        .outerjoin(second, and_(second.sheet == Sheet.serial, second.turn == SECOND))
        .outerjoin(OpenKeying, and_(OpenKeying.sheet == Sheet.serial, OpenKeying.finished.is_(False)))
        .where(
            Sheet.state == SheetState.WAITING,
            _is_assigned(keyer),
            or_(
                is_asked_again(),
                and_(first.id.is_(None), ~exists().where(Scan.sheet == Sheet.serial)),
                and_(Sheet.double, first.keyer != keyer, second.id.is_(None)),
            ),
            or_(OpenKeying.keyer.is_(None), OpenKeying.keyer == keyer),
        )
    )

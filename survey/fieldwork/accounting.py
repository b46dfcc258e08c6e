"""Where each paper form is: issued = entered + waiting + void + missing, in a batch, a commune, a wave.

Printed is issued. A form that nobody has counted back is missing, whatever the reason. Each change asks for the
state that it starts from, within the transaction, so that a form entered meanwhile stays entered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from survey.fieldwork.serial_numbers import serial as of_form
from survey.sampling.outcome_words import ON_THE_SHEET, OUTCOMES, VOID
from survey.storage.models import Batch, DrawnVillage, Keying, OpenKeying, Sheet, SheetState, Village, Wave
from survey.system import dates
from survey.waves import waves
from translations import Conflict, NotFound, Refusal
from translations.formats import day as shown
from translations.formats import first_few, nfc

# Why a form is void: what became of its household, or what became of the paper.
REASONS: dict[str, str] = {outcome.value: OUTCOMES[outcome] for outcome in ON_THE_SHEET} | VOID
GROUPED = re.compile(r"(?<![^\s,;])([0-9]{4}) ([0-9]{4})(?![^\s,;])")  # a serial as the paper shows it
BETWEEN = re.compile(r"[\s,;]+")
LONGEST_REASON = 200
NAMED = 10  # so many forms are named in a question, the others counted


@dataclass(frozen=True)
class Line:
    """The forms of a batch, or of several. `missing`: all that is not back, of which `explained` have a reason."""

    batch: str | None
    unit: str | None
    issued: int
    entered: int
    waiting: int
    void: int
    missing: int
    explained: int

    @property
    def back(self) -> int:
        """Forms that were counted back, whatever became of them."""
        return self.issued - self.missing

    def record(self) -> dict[str, str | int | None]:
        """The line as `hailong accounting` prints it."""
        return {name: value for name, value in asdict(self).items() if name != "explained"}


def unprinted(session: Session, wave: Wave) -> int:
    """How many villages of the wave's sample have no form; 0 without a draw."""
    printed = select(Batch.psu).where(Batch.wave == wave.code)
    query = select(func.count()).where(DrawnVillage.draw == wave.draw, DrawnVillage.psu.not_in(printed))
    return session.scalar(query) or 0


def lines(session: Session, wave: str) -> list[Line]:
    """The accounts of a wave, a line for each batch, by its code."""

    def count(name: str, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(Sheet.serial).filter(*conditions).label(name)

    out = Sheet.state == SheetState.OUT
    rows = session.execute(
        select(
            Batch.code.label("batch"),
            Village.unit,
            count("issued"),
            count("entered", Sheet.state == SheetState.ENTERED),
            count("waiting", Sheet.state == SheetState.WAITING),
            count("void", Sheet.state == SheetState.VOID),
            count("missing", out),
            count("explained", out, Sheet.reason.is_not(None)),
        )
        .join(Village, (Village.wave == Batch.wave) & (Village.psu == Batch.psu))
        .outerjoin(Sheet, Sheet.batch == Batch.code)
        .where(Batch.wave == wave)
        .group_by(Batch.code, Village.unit)
        .order_by(Batch.code)
    )
    return [Line(**row) for row in rows.mappings()]


def total(lines: Iterable[Line], unit: str | None = None) -> Line:
    """The sum of several lines; `unit` names the commune where all of them lie in one."""
    counts = [(line.issued, line.entered, line.waiting, line.void, line.missing, line.explained) for line in lines]
    issued, entered, waiting, void, missing, explained = map(sum, zip((0,) * 6, *counts, strict=True))
    return Line(None, unit, issued, entered, waiting, void, missing, explained)


def by_unit(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines of each commune."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(str(line.unit), []).append(line)
    return groups


def reasons(session: Session, wave: str) -> dict[str, int]:
    """How many forms of a wave are void for which reason, in the order of `REASONS`."""
    rows = session.execute(
        select(Sheet.reason, func.count())
        .join(Batch, Batch.code == Sheet.batch)
        .where(Batch.wave == wave, Sheet.state == SheetState.VOID)
        .group_by(Sheet.reason)
    )
    counts = {reason or "": count for reason, count in rows}
    return {code: counts[code] for code in (*REASONS, *sorted(counts.keys() - REASONS)) if code in counts}


def batch(session: Session, wave: str, code: str) -> Batch:
    """The batch of this code; refused where the wave has none such."""
    row = session.get(Batch, code)
    if row is None or row.wave != wave:
        raise NotFound("This wave has no batch %(code)s. Look at its cover sheet again.", code=code)
    return row


def sheets(session: Session, batch: str) -> list[Sheet]:
    """The forms of a batch, in the order of their batch."""
    return list(session.scalars(select(Sheet).where(Sheet.batch == batch).order_by(Sheet.place, Sheet.serial)))


def batch_of(session: Session, wave: str, text: str) -> str | None:
    """The code of the batch that a code or a serial, typed or scanned, belongs to; None if there is none."""
    words = serials(text)
    small = [word.lower() for word in words]  # a scanner types capitals where the lock is on
    return session.scalar(
        select(Batch.code)
        .outerjoin(Sheet, Sheet.batch == Batch.code)
        .where(Batch.wave == wave, or_(func.lower(Batch.code).in_(small), Sheet.serial.in_(words)))
        .order_by(Batch.code)
        .limit(1)
    )


def serials(text: str) -> list[str]:
    """The serials in what was typed or scanned, one after another, each once."""
    words = (of_form(word) for word in BETWEEN.split(GROUPED.sub(r"\1\2", nfc(text))))
    return list(dict.fromkeys(word for word in words if word.isprintable() and word))


def open_for_paper(wave: Wave) -> None:
    """Refuses a wave whose fieldwork is closed: no paper is printed, counted or keyed there any more."""
    if wave.closed is not None:
        raise Conflict(
            "The fieldwork of wave %(wave)s was closed on %(day)s: no paper form is taken any more. An "
            "administrator can open it again.",
            wave=wave.title,
            day=shown(wave.closed),
        )


def hand_over(
    session: Session, wave: str, code: str, interviewer: str, day: date, due: date | None = None
) -> None:
    """Notes who took a batch to its village, when, and until when it is to be back. Call inside `writing()`. It
    may be noted again, with another name too, until the batch is back."""
    row = lock_batch(session, wave, code)
    interviewer = nfc(interviewer).strip()
    if not interviewer or len(interviewer) > 80:
        raise Refusal("Say in 1 to 80 characters who takes the batch.")
    if (row.interviewer, row.handed_over, row.due) == (interviewer, day, due):
        return
    if row.returned is not None:
        raise Conflict("Batch %(code)s is back already: who took it stays as it is.", code=code)
    if not row.printed <= day <= dates.today():
        raise Refusal("Give a day from the printing of the batch (%(day)s) to today.", day=shown(row.printed))
    if due is not None and due < day:
        raise Refusal("The batch can't be due before it goes out. Give a later day.")
    row.interviewer, row.handed_over, row.due = interviewer, day, due
    session.flush()


def take_back(
    session: Session, wave: str, code: str, day: date, counted: int, serials: Collection[str] | None = None
) -> int:
    """Counts a batch back: forms that were out wait to be entered now; how many. Call inside `writing()`.

    counted  forms in the batch, filled in or not
    serials  those that are there; None for all of the batch, which must then be as many as were counted

    The others stay out. Forms that come later are taken back in the same way.
    """
    row = lock_batch(session, wave, code)
    states = _states(session, code)
    _known(states, serials or ())
    if counted < 0 or counted > len(states):
        raise Refusal(
            "The forms of batch %(code)s are %(all)d in number. Count again.", code=code, all=len(states)
        )
    if serials is None and counted != len(states):
        raise Refusal(
            "You counted %(counted)d of %(all)d forms. Tick or scan those that are there; the others stay out.",
            counted=counted,
            all=len(states),
        )
    if not (row.handed_over or row.printed) <= day <= dates.today():
        if row.handed_over is None:
            raise Refusal("Give a day from the printing of the batch (%(day)s) to today.", day=shown(row.printed))
        raise Refusal("Give a day from %(day)s, when the batch went out, to today.", day=shown(row.handed_over))
    wanted = states.keys() if serials is None else set(serials)
    changed = [serial for serial in wanted if states[serial] is SheetState.OUT]
    _change(session, code, changed, SheetState.WAITING, None)
    row.returned, row.counted = day, counted
    session.flush()
    return len(changed)


class Keyed(Conflict):
    """Some of the forms are stored, keyed or open at a desk: it is asked whether they are meant."""


def mark(
    session: Session,
    wave: str,
    code: str,
    serials: Collection[str],
    state: SheetState,
    reason: str | None = None,
    sure: bool = False,
) -> int:
    """Says where forms of a batch are, until they are entered; how many changed. Call inside `writing()`.

    state   WAITING: back, to be entered; VOID: for one of `REASONS`; OUT: not back, `reason` in words if known
    sure    without it, forms that are keyed or open are neither void nor out, and stored ones not void: `Keyed`

    Stored answers are rejected first (`keying_decisions.reject_stored`); else a stored form is refused.
    """
    lock_batch(session, wave, code)
    states = _states(session, code)
    _known(states, serials)
    entered = sorted(serial for serial in serials if states[serial] is SheetState.ENTERED)
    if entered and (sure or state is not SheetState.VOID):
        raise Conflict(
            "Entered already, and left as they are: %(serials)s. A form whose paper says something else is "
            "keyed again: “Keying”, “Decide on one form”.",
            serials=", ".join(entered),
        )
    why = _reason(state, reason)
    if state is not SheetState.WAITING and not sure:
        void = {serial for serial, was in states.items() if was is SheetState.VOID}
        _ask(session, serials, set(entered), void)
    _change(session, code, sorted(set(serials)), state, why)
    return len(set(serials))


def _ask(session: Session, serials: Collection[str], entered: set[str], void: set[str]) -> None:
    keyed = set(session.scalars(select(Keying.sheet).where(Keying.sheet.in_(serials)))) - entered
    begun = select(OpenKeying.sheet).where(OpenKeying.sheet.in_(serials), OpenKeying.finished.is_(False))
    opened = set(session.scalars(begun)) - void
    if meant := sorted(entered | keyed | opened):
        raise Keyed(
            "Of the %(all)d forms, entered: %(entered)d; waiting, but keyed by somebody: %(keyed)d; open at a "
            "desk: %(open)d (%(serials)s). Their answers would not count. If you mean them all the same, tick "
            "“Yes, these forms too” (in the command: --sure) and record it again.",
            all=len(set(serials)),
            entered=len(entered),
            keyed=len(keyed),
            open=len(opened),
            serials=first_few(meant, NAMED),
        )


def _reason(state: SheetState, reason: str | None) -> str | None:
    if state is SheetState.VOID:
        if reason not in REASONS:
            raise Refusal("Choose why the forms are void.")
        return reason
    if state is SheetState.WAITING:
        return None
    if state is not SheetState.OUT:
        raise ValueError(state)
    words = " ".join(nfc(reason or "").split())
    if len(words) > LONGEST_REASON:
        raise Refusal("Give the reason in at most %(longest)d characters.", longest=LONGEST_REASON)
    return words or None


def lock_batch(session: Session, wave: str, code: str) -> Batch:
    """The batch, locked until the transaction ends, in a wave that nobody closes meanwhile."""
    open_for_paper(waves.find(session, wave, lock={"read": True}))
    batch(session, wave, code)
    return session.get_one(Batch, code, with_for_update=True)


def _states(session: Session, code: str) -> dict[str, SheetState]:
    """Where each form of a batch is, locked until the transaction ends."""
    rows = select(Sheet.serial, Sheet.state).where(Sheet.batch == code).order_by(Sheet.serial).with_for_update()
    return dict(session.execute(rows).all())


def _known(states: dict[str, SheetState], serials: Collection[str]) -> None:
    strange = sorted(set(serials) - states.keys())
    if strange:
        raise Refusal("Not of this batch, and nothing was changed: %(serials)s.", serials=", ".join(strange))


def _change(session: Session, code: str, serials: Collection[str], state: SheetState, reason: str | None) -> None:
    session.execute(
        update(Sheet)
        .where(Sheet.batch == code, Sheet.serial.in_(serials), Sheet.state != SheetState.ENTERED)
        .values(state=state, reason=reason)
    )

"""Lots that are set aside, and taken back: by two people, as a whole, with a reason. A file that was imported is
recalled by one (`survey/data_files/import_lots.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.responses.lots import MOST
from survey.storage import audit
from survey.storage.models import Lot, LotStep, LotStepKind, Response
from survey.system import dates
from survey.waves import waves
from translations import Conflict, NotFound, Refusal
from translations.formats import day as written_day
from translations.formats import nfc
from translations.unicode import spelling

LEAST = 5  # responses of a lot: of fewer nothing is said alone
LONGEST_REASON = 400


class Standing(StrEnum):
    """Whether the responses of a lot count, and what was proposed."""

    COUNTED = "counted"
    PROPOSED_ASIDE = "proposed_aside"  # it counts until somebody else confirms
    ASIDE = "aside"
    PROPOSED_BACK = "proposed_back"  # it stays aside until somebody else confirms
    RECALLED = "recalled"  # a file that was imported and taken back, for good


PROPOSALS = {Standing.PROPOSED_ASIDE: LotStepKind.ASIDE, Standing.PROPOSED_BACK: LotStepKind.BACK}


@dataclass(frozen=True)
class LotState:
    """Where a lot stands, and the steps that led there, the oldest first; none of one that nobody touched."""

    standing: Standing = Standing.COUNTED
    steps: tuple[LotStep, ...] = ()

    @property
    def is_aside(self) -> bool:
        """Whether its responses are in no figure now."""
        return self.standing in (Standing.ASIDE, Standing.PROPOSED_BACK, Standing.RECALLED)

    @property
    def is_recalled(self) -> bool:
        """Whether it was an import that was taken back."""
        return self.standing is Standing.RECALLED

    @property
    def is_proposed(self) -> bool:
        """Whether it waits for another person."""
        return self.standing in PROPOSALS

    @property
    def is_decided(self) -> bool:
        """Whether it is aside, or may soon be: then nothing of it goes to another lot."""
        return self.standing is not Standing.COUNTED

    def after(self, step: LotStep) -> LotState:
        """Where it stands after one more step."""
        standing = {
            LotStepKind.PROPOSE_ASIDE: Standing.PROPOSED_ASIDE,
            LotStepKind.ASIDE: Standing.ASIDE,
            LotStepKind.PROPOSE_BACK: Standing.PROPOSED_BACK,
            LotStepKind.BACK: Standing.COUNTED,
            LotStepKind.RECALL: Standing.RECALLED,
            LotStepKind.WITHDRAW: Standing.ASIDE if self.is_aside else Standing.COUNTED,
        }[step.step]
        return LotState(standing, (*self.steps, step))


def state(session: Session, wave: str) -> dict[int, LotState]:
    """By number, where each lot of a wave stands with which somebody did anything; all others count."""
    states: dict[int, LotState] = {}
    for step in session.scalars(select(LotStep).where(LotStep.wave == wave).order_by(LotStep.id)):
        states[step.lot] = states.get(step.lot, LotState()).after(step)
    return states


def aside(session: Session, wave: str) -> set[int]:
    """The numbers of the lots that are set aside now."""
    return {lot for lot, one in state(session, wave).items() if one.is_aside}


def recalled(session: Session, wave: str) -> set[int]:
    """The numbers of the imports that were taken back."""
    return {lot for lot, one in state(session, wave).items() if one.is_recalled}


def find(session: Session, wave: str, number: int) -> Lot:
    """A lot of a wave by its number."""
    lot = session.get(Lot, number) if 0 < number <= MOST else None
    if lot is None:
        title = waves.find(session, wave).title
        raise NotFound("Wave %(wave)s has no lot %(number)s. Look at its list.", wave=title, number=number)
    if lot.wave != wave:
        raise NotFound(
            "Lot %(number)s belongs to wave %(other)s, not to %(wave)s.",
            number=number,
            other=waves.find(session, lot.wave).title,
            wave=waves.find(session, wave).title,
        )
    return lot


def propose(session: Session, wave: str, lot: int, aside: bool, reason: str, person: str) -> None:
    """Proposes to set a lot aside, or to take it back. Nothing changes until somebody else confirms.
    Call inside `writing()`, as the other steps."""
    one, now = _locked(session, wave, lot)
    reason = _reason(reason)
    if now.is_recalled:
        raise Conflict("Lot %(number)s was an import that was taken back on %(day)s, for good.", **_of(now))
    if now.is_proposed:
        raise Conflict(
            "%(person)s proposed something for lot %(number)s already, on %(day)s. Somebody else confirms or"
            " refuses that first.",
            **_of(now),
        )
    if aside and now.is_aside:
        raise Conflict("Lot %(number)s is set aside already, since %(day)s. Nothing was changed.", **_of(now))
    if not aside and not now.is_aside:
        raise Conflict("Lot %(number)s is not set aside: there is nothing to take back.", number=lot)
    if one.closed is None:
        raise Conflict(
            "Lot %(number)s of %(day)s may still grow. It can be set aside once its day is over, tomorrow.",
            number=lot,
            day=written_day(one.day),
        )
    if aside and size(session, lot) < LEAST:
        raise Conflict(
            "Lot %(number)s holds fewer than %(least)s forms: alone it is not set aside.", number=lot, least=LEAST
        )
    _add(session, wave, lot, LotStepKind.PROPOSE_ASIDE if aside else LotStepKind.PROPOSE_BACK, reason, person)


def confirm(session: Session, wave: str, lot: int, person: str) -> None:
    """Confirms what another person proposed: from now on every figure leaves the lot out, or counts it again."""
    _one, now = _locked(session, wave, lot)
    if not now.is_proposed:
        raise Conflict("Nothing is proposed for lot %(number)s. Propose it first, with a reason.", number=lot)
    proposal = now.steps[-1]
    if spelling(proposal.person) == spelling(person):
        if now.standing is Standing.PROPOSED_BACK:
            raise Conflict(
                "%(person)s proposed to take lot %(number)s back: somebody else confirms it.", **_of(now)
            )
        raise Conflict("%(person)s proposed to set lot %(number)s aside: somebody else confirms it.", **_of(now))
    _add(session, wave, lot, PROPOSALS[now.standing], proposal.reason, person)


def withdraw(session: Session, wave: str, lot: int, reason: str, person: str) -> None:
    """Gives up a proposal, or refuses that of another person, who is told why; the lot stands as before."""
    _one, now = _locked(session, wave, lot)
    if not now.is_proposed:
        raise Conflict("Nothing is proposed for lot %(number)s.", number=lot)
    own = spelling(now.steps[-1].person) == spelling(person)
    _add(session, wave, lot, LotStepKind.WITHDRAW, _reason(reason, may_lack=own), person)


def recall(session: Session, wave: str, lot: int, reason: str, person: str) -> None:
    """Takes an import back, for good; whether it may be is asked by `import_lots`, which sees to all that rests on
    it. A proposal that waits for it is past with that."""
    _one, now = _locked(session, wave, lot)
    if now.is_aside:
        raise Conflict("Lot %(number)s is in no figure already, since %(day)s. Nothing was changed.", **_of(now))
    _add(session, wave, lot, LotStepKind.RECALL, _reason(reason), person)


def _reason(written: str, may_lack: bool = False) -> str:
    reason = nfc(written).strip()
    if not (reason or may_lack) or len(reason) > LONGEST_REASON:
        raise Refusal("Give the reason in 1 to %(most)s characters: reports show it.", most=LONGEST_REASON)
    return reason


def size(session: Session, lot: int) -> int:
    """How many responses it holds."""
    return session.scalar(select(func.count()).where(Response.lot == lot)) or 0


def _locked(session: Session, wave: str, number: int) -> tuple[Lot, LotState]:
    """A lot, which no other transaction may decide meanwhile, and where it stands."""
    find(session, wave, number)
    lot = session.scalars(select(Lot).where(Lot.number == number).with_for_update(key_share=True)).one()
    return lot, state(session, wave).get(number, LotState())


def _add(session: Session, wave: str, lot: int, step: LotStepKind, reason: str, person: str) -> None:
    row = LotStep(
        wave=wave,
        lot=lot,
        step=step,
        reason=reason,
        person=nfc(person).strip(),
        day=dates.today(),
        by_operator=audit.by_operator(),
    )
    session.add(row)
    session.flush()
    audit.annotate(lot=lot, step=step.value)


def _of(now: LotState) -> dict[str, object]:
    """The newest step, as a sentence tells it."""
    last = now.steps[-1]
    return {"number": last.lot, "person": last.person, "day": written_day(last.day)}

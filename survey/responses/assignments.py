"""Who may send for others: interviewers in villages, keyers with a batch or a whole wave."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from survey.responses.lots import OF_TOKENS
from survey.storage import audit
from survey.storage.models import (
    Account,
    Assignment,
    Batch,
    DrawnHousehold,
    DrawnVillage,
    Mode,
    Role,
    Token,
    Village,
    Wave,
    WaveKind,
)
from survey.system import dates
from survey.waves import waves
from translations import Conflict, NotFound, Refusal
from translations.formats import nfc
from translations.unicode import spelling

# Whose accounts interview or key; the same as those whose role has the right to.
ROLES: dict[Mode, tuple[Role, ...]] = {
    Mode.INTERVIEWER: (Role.INTERVIEWER, Role.SUPERVISOR, Role.ADMIN),
    Mode.PAPER: (Role.KEYER, Role.SUPERVISOR, Role.ADMIN),
}


@dataclass(frozen=True)
class Sender:
    """Who may be assigned: an account, or a program by its token, `token:NAME`, for which its owner answers."""

    name: str
    role: Role
    unit: str | None
    owner: str


def give(
    session: Session,
    wave: str,
    account: str,
    mode: Mode,
    by: str,
    *,
    psu: str | None = None,
    batch: str | None = None,
    households: Collection[int] | None = None,
) -> Assignment:
    """Assigns an account; it counts at once, for forms of earlier days too. Call inside `writing()`.

    psu, batch  of an interviewer a village, in an open wave none; of a keyer a batch, or none: the whole wave
    households  of the village's draw, by number; None: the village as a whole

    Refused: oneself; an account that is not there, off, of another role or commune; a village, batch or household
    that is not of the wave's sample; what is assigned already.
    """
    row = waves.find(session, wave, lock={"key_share": True})
    person = _person(session, account, mode)
    if spelling(person.owner) == spelling(by):
        raise Refusal("Nobody assigns their own account or program. Ask another supervisor to do it.")
    if mode is Mode.INTERVIEWER and person.name.startswith(OF_TOKENS) and row.kind is WaveKind.SAMPLE:
        raise Refusal("A program names no village: what it sends to a sample is held. Assign an account.")
    if mode is Mode.INTERVIEWER:
        _refuse_village(session, row, person, psu, batch)
    else:
        _refuse_batch(session, row, psu, batch)
    numbers = sorted(set(households)) if households else None
    if numbers:
        _refuse_households(session, row, psu, numbers)
    if any((one.psu, one.batch) == (psu, batch) for one in of_account(session, wave, person.name, mode)):
        raise Conflict(
            "%(account)s is assigned that already. End the assignment first if it is to change.",
            account=person.name,
        )
    about = {"psu": psu, "batch": batch, "households": numbers}
    given = Assignment(wave=wave, account=person.name, mode=mode, made=dates.today(), by=nfc(by).strip(), **about)
    session.add(given)
    session.flush()
    audit.annotate(assignment=given.id, account=person.name, psu=psu, batch=batch)
    return given


def usual(session: Session, account: str, psu: str | None, batch: str | None) -> Mode:
    """How whoever is assigned this sends: a village by interviews, a batch by keying, else what the role alone
    can."""
    if psu is not None or batch is not None:
        return Mode.INTERVIEWER if batch is None else Mode.PAPER
    person = _found(session, nfc(account).strip())
    modes = [mode for mode, roles in ROLES.items() if person.role in roles]
    if len(modes) > 1:
        raise Refusal("Say whether %(name)s interviews or keys paper: interviewer or paper.", name=person.name)
    return modes[0] if modes else Mode.INTERVIEWER


def _person(session: Session, name: str, mode: Mode) -> Sender:
    person = _found(session, nfc(name).strip())
    if person.role not in ROLES[mode]:
        if mode is Mode.INTERVIEWER:
            raise Refusal("%(name)s has no role that interviews. Choose an interviewer.", name=person.name)
        raise Refusal("%(name)s has no role that keys paper. Choose a keyer.", name=person.name)
    return person


def _found(session: Session, name: str) -> Sender:
    if name.startswith(OF_TOKENS):
        chosen = select(Token).where(Token.name == name.removeprefix(OF_TOKENS))
        if (token := session.scalars(chosen).first()) is None:
            raise NotFound("There is no token %(name)s. See all: hailong token list", name=name)
        return Sender(name, token.role, None, token.owner or "")
    account = session.get(Account, name)
    if account is None:
        raise NotFound("There is no account %(name)s. Choose one from the list.", name=name)
    if account.off:
        raise Conflict("The account %(name)s is switched off. Choose another one.", name=account.name)
    return Sender(account.name, account.role, account.unit, account.name)


def _refuse_village(session: Session, wave: Wave, person: Sender, psu: str | None, batch: str | None) -> None:
    if batch is not None:
        raise Refusal("A batch is keyed, not interviewed: assign it to a keyer.")
    if wave.kind is WaveKind.OPEN:
        if psu is not None:
            raise Refusal("The wave %(code)s has no villages: assign the whole wave.", code=wave.title)
        return
    village = session.get(Village, (wave.code, psu)) if psu else None
    if psu is None:
        raise Refusal("Name the village: in a sample wave interviewers are assigned village by village.")
    drawn = wave.draw is None or session.get(DrawnVillage, (wave.draw, psu)) is not None
    if village is None or not drawn:
        raise NotFound("The sample of wave %(wave)s has no village %(psu)s.", wave=wave.title, psu=psu)
    if person.role is Role.INTERVIEWER and person.unit not in (None, village.unit):
        raise Refusal(
            "%(name)s interviews in another commune than that of village %(psu)s.", name=person.name, psu=psu
        )


def _refuse_batch(session: Session, wave: Wave, psu: str | None, batch: str | None) -> None:
    if psu is not None:
        raise Refusal("Keyers are assigned a batch or the whole wave, not a village.")
    found = session.get(Batch, batch) if batch else None
    if batch and (found is None or found.wave != wave.code):
        raise NotFound("Wave %(wave)s has no batch %(batch)s.", wave=wave.title, batch=batch)


def _refuse_households(session: Session, wave: Wave, psu: str | None, numbers: list[int]) -> None:
    """Refuses households that were not drawn; those in reserve go with the one that they stand in for."""
    drawn = set(
        session.scalars(
            select(DrawnHousehold.household).where(
                DrawnHousehold.draw == wave.draw,
                DrawnHousehold.psu == psu,
                DrawnHousehold.replacement.is_(False),
            )
        )
    )
    if strange := [number for number in numbers if number not in drawn]:
        raise Refusal(
            "Household %(number)s was not drawn in village %(psu)s. Name drawn ones, without those in reserve.",
            number=strange[0],
            psu=psu or "–",
        )


def end(session: Session, wave: str, id: int, by: str) -> Assignment:
    """Ends an assignment with this day. Forms answered by today still count under it, however late they come."""
    row = waves.find(session, wave, lock={"key_share": True})
    one = session.get(Assignment, id) if 0 < id < 2**31 else None
    if one is None or one.wave != wave:
        raise NotFound("Wave %(wave)s has no assignment %(id)s. Look at its list.", wave=row.title, id=id)
    if one.ended is not None:
        raise Conflict("Assignment %(id)s has ended already. Nothing was changed.", id=id)
    one.ended, one.ended_by = dates.today(), nfc(by).strip()
    session.flush()
    audit.annotate(assignment=one.id, account=one.account)
    return one


def list_all(session: Session, wave: str) -> list[Assignment]:
    """All assignments of a wave, those that ended too, in the order in which they were made."""
    return list(session.scalars(select(Assignment).where(Assignment.wave == wave).order_by(Assignment.id)))


def of_account(session: Session, wave: str, account: str, mode: Mode, day: date | None = None) -> list[Assignment]:
    """What an account is assigned in a wave now; with `day` what counts for a form of that day: what had not ended
    before it."""
    holds: ColumnElement[bool] = Assignment.ended.is_(None)
    if day is not None:
        holds = or_(holds, Assignment.ended >= day)
    chosen = select(Assignment).where(
        Assignment.wave == wave, Assignment.account == account, Assignment.mode == mode, holds
    )
    return list(session.scalars(chosen.order_by(Assignment.id)))

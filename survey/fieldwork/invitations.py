"""Invitations: single-use codes with which people of the sample answer by telephone, for their village or their
group."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.orm import Session

from survey.responses import lots, submission
from survey.responses.receipts import ALPHABET
from survey.sampling import draws, leader_groups
from survey.storage.models import Invitation, LeaderGroup, LotKind, Mode, Response, Village, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves
from survey.waves.waves import Opened, Place
from translations import N_, Conflict, Gone, NotFound, Refusal, speaking
from translations.formats import day

SIGNS = 10  # 50 bits of chance: a thousand addresses that try one a second need centuries for one of 6,000 codes
MOST = 1_000  # codes of a village or group at once


class Used(Gone):
    """The code opened a form that was sent."""


@dataclass(frozen=True)
class Letter:
    """What a letter needs: the code, and to whom it goes: the village and its commune, or the group of leaders, by
    code and name."""

    place: str
    name: str
    code: str
    unit: str = ""
    commune: str = ""


def make(session: Session, key: str, wave: str, places: Collection[str], count: int | None) -> list[Letter]:
    """New codes for villages or groups of a sample wave; they are kept nowhere, only their digests.

    places  the villages or groups; where none is named all that were drawn, or all of the wave where none was
    key     the secret under which their digests are kept
    count   codes for each; of groups, None: as many as each has persons
    """
    row = _running(session, wave)
    to = _to_groups if questionnaires.by_digest(session, row.questionnaire).population.in_groups else _to_villages
    letters = to(session, row, places, count)
    place = "psu" if letters[0].unit else "stratum"
    session.execute(
        insert(Invitation),
        [
            {"digest": digest(key, letter.code), "wave": row.code, place: letter.place, "used": False}
            for letter in letters
        ],
    )
    return letters


def _running(session: Session, wave: str) -> Wave:
    """The wave, if it takes invitations."""
    row = waves.find(session, wave)
    if row.kind is WaveKind.OPEN:
        raise Conflict(
            "The wave %(code)s is open to all: nobody needs an invitation. Name a sample wave.", code=row.title
        )
    if waves.asks_until(row) < dates.today():
        raise Gone("The survey closed on %(day)s: an invitation would come too late.", day=day(row.closes))
    return row


def _to_groups(session: Session, wave: Wave, names: Collection[str], count: int | None) -> list[Letter]:
    groups = leader_groups.groups(session, wave.code)
    unknown = next((name for name in names if name not in groups), None)
    if unknown is not None:
        raise NotFound("There is no group %(group)s in the wave %(wave)s.", group=unknown, wave=wave.title)
    if not groups:
        raise Refusal("The wave %(wave)s has no groups yet. Load them: hailong frame import", wave=wave.title)
    chosen = [groups[name] for name in dict.fromkeys(names or groups)]
    if not all(1 <= (count or group.people) <= MOST for group in chosen):
        raise Refusal("Make 1 to %(most)s codes for a group at once.", most=MOST)
    return [
        Letter(group.stratum, group.name or group.stratum, _code())
        for group in chosen
        for _number in range(count or group.people)
    ]


def _to_villages(session: Session, wave: Wave, psus: Collection[str], count: int | None) -> list[Letter]:
    if count is None or not 1 <= count <= MOST:
        raise Refusal("Make 1 to %(most)s codes for a village at once.", most=MOST)
    villages = {village.psu: village for village in draws.villages(session, wave)}
    unknown = next((psu for psu in psus if psu not in villages), None)
    if unknown is not None:
        raise NotFound("There is no village %(psu)s in the wave %(wave)s.", psu=unknown, wave=wave.title)
    if not villages:
        raise Refusal("The wave %(wave)s has no villages yet. Load them: hailong frame import", wave=wave.title)
    with speaking("vi"):  # whatever language is spoken by whoever sends them
        codes = {village.unit for village in villages.values()}
        communes = {code: units.named(units.find(session, code)) for code in codes}
    return [
        Letter(psu, villages[psu].name or psu, _code(), villages[psu].unit, communes[villages[psu].unit])
        for psu in dict.fromkeys(psus or villages)
        for _number in range(count)
    ]


class Count(NamedTuple):
    """The codes of a village or group: how many were made, and how many of them opened a form that was sent."""

    made: int
    used: int


def counts(session: Session, wave: str) -> dict[str, Count]:
    """The codes of a wave by village or group, those alone that have some."""
    place = func.coalesce(Invitation.psu, Invitation.stratum)
    rows = session.execute(
        select(place, func.count(), func.sum(case((Invitation.used, 1), else_=0)))
        .where(Invitation.wave == wave)
        .group_by(place)
    )
    return {str(place): Count(made, int(used)) for place, made, used in rows}


def digest(key: str, typed: str) -> str:
    """By what a code is known here; groups, spaces and small letters don't matter."""
    signs = "".join(sign for sign in typed.upper() if sign in ALPHABET)
    return hmac.digest(key.encode(), f"invitation:{signs}".encode(), hashlib.sha256)[:16].hex()


def place(session: Session, digest: str, opened: Opened | None = None) -> tuple[Place, bool]:
    """Where a code lets its holder answer, and whether it is used; refused where there is no such code.

    opened  gives the day on which the code opened the form that is looked at now
    """
    invitation = session.get(Invitation, digest)
    if invitation is None:
        raise NotFound("There is no such code. Codes never contain the digits 0 and 1 or the letters O and I.")
    if invitation.stratum is not None:
        return waves.place_of_groups(session, invitation.wave, opened), invitation.used
    village = session.get_one(Village, (invitation.wave, invitation.psu))
    return waves.place(session, invitation.wave, village.unit, opened=opened), invitation.used


def submit(
    session: Session, place: Place, digest: str, id: UUID, answers: Mapping[str, Any], marks: tuple[str, ...] = ()
) -> bool:
    """Keeps a response with the village or group of a code, and burns the code; False where the same one is there
    already.

    Call inside `writing()`. A response that is sent again is known by its id, before the code is looked at. Of two
    that come at once with one code, the second waits for the village or group and finds the code used.
    """
    for home, label in ((Village, "psu"), (LeaderGroup, "stratum")):
        same = (Invitation.wave == home.wave) & (getattr(Invitation, label) == getattr(home, label))
        chosen = select(home).join(Invitation, same).where(Invitation.digest == digest)
        session.execute(chosen.with_for_update(key_share=True, of=home))
    invitation = session.get_one(Invitation, digest)
    if session.get(Response, id) is None:
        if invitation.used:
            raise Used(N_("This code has been used"))
        _check_room(session, invitation)
    psu, stratum = invitation.psu, invitation.stratum
    about: dict[str, Any] = {"marks": marks, "psu": psu, "stratum": stratum}
    about["lot"] = lots.number(
        session,
        place.wave.code,
        LotKind.LETTER,
        waves.counting_day(place.wave),
        unit=place.unit.code,
        psu=psu,
        mode=Mode.PHONE,
    )
    new = submission.submit(session.connection(), place, id, Mode.PHONE, answers, **about)
    if new:
        # All codes of the village or group are written anew: PostgreSQL keeps with each row the number of the
        # transaction that wrote it, and a code that alone shared this number with a response would name it.
        alike = (Invitation.psu == psu) & (Invitation.stratum == stratum)
        session.execute(
            update(Invitation)
            .where(Invitation.wave == invitation.wave, alike)
            .values(used=case((Invitation.digest == digest, True), else_=Invitation.used))
        )
    return new


def _check_room(session: Session, invitation: Invitation) -> None:
    """Refuses another person of a group of whom all have answered: more codes than persons were used."""
    if invitation.stratum is not None:
        group = session.get_one(LeaderGroup, (invitation.wave, invitation.stratum))
        answered = leader_groups.persons(session, invitation.wave).get(invitation.stratum, ())
        if len(answered) >= group.people:
            raise Conflict(
                "As many have answered as this group has persons: %(people)s. Nothing is kept of this form. Call "
                "the number in your letter.",
                people=group.people,
            )


def _code() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _sign in range(SIGNS))
    return f"{signs[: SIGNS // 2]}-{signs[SIGNS // 2 :]}"

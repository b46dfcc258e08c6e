"""Invitations: single-use codes with which people of the sample answer by telephone, for their village."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.orm import Session

from survey.responses import submission
from survey.responses.receipts import ALPHABET
from survey.sampling import draws
from survey.storage.models import Invitation, Mode, Response, Village, WaveKind
from survey.system import dates
from survey.waves import units, waves
from survey.waves.waves import Place
from translations import N_, Conflict, Gone, NotFound, Refusal, speaking
from translations.formats import day

SIGNS = 10  # 50 bits of chance: a thousand addresses that try one a second need centuries for one of 6,000 codes
MOST = 1_000  # codes of a village at once


class Used(Gone):
    """The code opened a form that was sent."""


@dataclass(frozen=True)
class Letter:
    """What a letter needs: the code, and the village and commune to which it goes."""

    psu: str
    village: str
    unit: str
    commune: str
    code: str


def make(session: Session, key: str, wave: str, psus: Collection[str], count: int) -> list[Letter]:
    """New codes for villages of a sample wave; they are kept nowhere, only their digests.

    psus   the villages; where none is named all that were drawn, or all of the wave where none was
    key    the secret under which their digests are kept
    count  codes for each village
    """
    row = waves.find(session, wave)
    if row.kind is WaveKind.OPEN:
        raise Conflict(
            "The wave %(code)s is open to all: nobody needs an invitation. Name a sample wave.", code=wave
        )
    if row.closes < dates.today():
        raise Gone("The survey closed on %(day)s: an invitation would come too late.", day=day(row.closes))
    if not 1 <= count <= MOST:
        raise Refusal("Make 1 to %(most)s codes for a village at once.", most=MOST)
    villages = {village.psu: village for village in draws.villages(session, row)}
    unknown = next((psu for psu in psus if psu not in villages), None)
    if unknown is not None:
        raise NotFound("There is no village %(psu)s in the wave %(wave)s.", psu=unknown, wave=wave)
    if not villages:
        raise Refusal("The wave %(wave)s has no villages yet. Load them: hailong frame import", wave=wave)
    with speaking("vi"):  # whatever language is spoken by whoever sends them
        codes = {village.unit for village in villages.values()}
        communes = {code: units.named(units.find(session, code)) for code in codes}
    letters = [
        Letter(
            psu=psu,
            village=villages[psu].name or psu,
            unit=villages[psu].unit,
            commune=communes[villages[psu].unit],
            code=_code(),
        )
        for psu in dict.fromkeys(psus or villages)
        for _number in range(count)
    ]
    session.execute(
        insert(Invitation),
        [
            {"digest": digest(key, letter.code), "wave": row.code, "psu": letter.psu, "used": False}
            for letter in letters
        ],
    )
    return letters


class Count(NamedTuple):
    """The codes of a village: how many were made, and how many of them opened a form that was sent."""

    made: int
    used: int


def counts(session: Session, wave: str) -> dict[str, Count]:
    """The codes of a wave by village, those alone that have some."""
    rows = session.execute(
        select(Invitation.psu, func.count(), func.sum(case((Invitation.used, 1), else_=0)))
        .where(Invitation.wave == wave)
        .group_by(Invitation.psu)
    )
    return {psu: Count(made, int(used)) for psu, made, used in rows}


def digest(key: str, typed: str) -> str:
    """By what a code is known here; groups, spaces and small letters don't matter."""
    signs = "".join(sign for sign in typed.upper() if sign in ALPHABET)
    return hmac.digest(key.encode(), f"invitation:{signs}".encode(), hashlib.sha256)[:16].hex()


def place(session: Session, digest: str, opened: date | None = None) -> tuple[Place, bool]:
    """Where a code lets its holder answer, and whether it is used; refused where there is no such code.

    opened  the day on which the code opened the form that is looked at now
    """
    invitation = session.get(Invitation, digest)
    if invitation is None:
        raise NotFound("There is no such code. Codes never contain the digits 0 and 1 or the letters O and I.")
    village = session.get_one(Village, (invitation.wave, invitation.psu))
    return waves.place(session, invitation.wave, village.unit, opened=opened), invitation.used


def submit(
    session: Session, place: Place, digest: str, id: UUID, answers: Mapping[str, Any], marks: tuple[str, ...] = ()
) -> bool:
    """Keeps a response with the village of a code, and burns the code; False where the same one is there already.

    Call inside `writing()`. A response that is sent again is known by its id, before the code is looked at. Of two
    that come at once with one code, the second waits for the village and finds the code used.
    """
    village = session.scalars(
        select(Village)
        .join(Invitation, (Invitation.wave == Village.wave) & (Invitation.psu == Village.psu))
        .where(Invitation.digest == digest)
        .with_for_update(key_share=True, of=Village)
    ).one()
    invitation = session.get_one(Invitation, digest)
    if invitation.used and session.get(Response, id) is None:
        raise Used(N_("This code has been used"))
    new = submission.submit(session.connection(), place, id, Mode.PHONE, answers, marks=marks, psu=village.psu)
    if new:
        # All codes of the village are written anew: PostgreSQL keeps with each row the number of the transaction
        # that wrote it, and a code that alone shared this number with a response would name it.
        session.execute(
            update(Invitation)
            .where(Invitation.wave == village.wave, Invitation.psu == village.psu)
            .values(used=case((Invitation.digest == digest, True), else_=Invitation.used))
        )
    return new


def _code() -> str:
    signs = "".join(secrets.choice(ALPHABET) for _sign in range(SIGNS))
    return f"{signs[: SIGNS // 2]}-{signs[SIGNS // 2 :]}"

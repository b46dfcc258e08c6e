"""What a file brought in is a lot with a name, to be taken back whole until figures with it are approved."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from survey.responses import lot_steps
from survey.responses.columns import packed, places
from survey.responses.lot_steps import LotState
from survey.sampling import weight_versions
from survey.storage.models import Batch, Lot, LotKind, Release, Response, Sheet, SheetState, Wave
from survey.waves import waves
from translations import Conflict, NotFound, Refusal
from translations.formats import day as written_day
from translations.formats import nfc

LONGEST_NAME = 60
AGAIN = re.compile(r" \([0-9]+\)$")  # behind a name that was taken


@dataclass(frozen=True)
class ImportLot:
    """An import: its lot, how many forms, where it stands, and the approved release that holds it, if one does."""

    lot: Lot
    forms: int
    state: LotState
    release: int | None

    @property
    def name(self) -> str:
        """What it was called when it came in."""
        return self.lot.sender or ""

    @property
    def may_go(self) -> bool:
        """Whether it can be taken back."""
        return not self.state.is_aside and self.release is None and not self.lot.joined


def listed(session: Session, wave: str) -> list[ImportLot]:
    """The imports of a wave, the newest first; one of fewer than five forms only until it was joined to others."""
    imports = select(Lot).where(Lot.wave == wave, Lot.kind == LotKind.IMPORT)
    found = session.scalars(imports.order_by(Lot.day.desc(), Lot.sender)).all()
    counts = select(Response.lot, func.count()).where(Response.lot.in_([one.number for one in found]))
    held: dict[int | None, int] = dict(session.execute(counts.group_by(Response.lot)).all())
    states, shown = lot_steps.state(session, wave), _shown(session, wave)
    return [
        ImportLot(one, held.get(one.number, 0), states.get(one.number, LotState()), shown.get(one.number))
        for one in found
        if one.number in held
    ]


def find(session: Session, wave: str, text: str) -> ImportLot:
    """The import of this number or name; refused where the wave has none, and where several that count came by
    this name: all but the first have a number behind it."""
    imports = listed(session, wave)
    found = [one for one in imports if text in (str(one.lot.number), one.name)]
    alike = [one for one in imports if not one.state.is_aside and AGAIN.sub("", one.name) == text]
    if len(alike) > 1 and text != str(found[0].lot.number if found else ""):
        raise Refusal(
            "Several imports came by the name %(name)s. Say which by its number: %(numbers)s",
            name=text[:LONGEST_NAME],
            numbers=", ".join(f"{one.lot.number} ({one.name}, n = {one.forms})" for one in alike),
        )
    if not found:
        raise NotFound(
            "The wave %(wave)s has no import called %(name)s. Look at the list: hailong lot list --wave %(code)s",
            wave=waves.find(session, wave).title,
            name=text[:LONGEST_NAME],
            code=wave,
        )
    return found[0]


def named(session: Session, wave: str, wanted: str, file: str) -> str:
    """The name of a new import: as wanted, else that of the file, with a number behind it where it is taken."""
    name = " ".join(nfc(wanted).split()) or " ".join(nfc(file).split())[-LONGEST_NAME:]
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Refusal("Give the import a name of 1 to %(most)s characters.", most=LONGEST_NAME)
    taken = set(session.scalars(select(Lot.sender).where(Lot.wave == wave, Lot.kind == LotKind.IMPORT)))
    return next(one for one in (name, *(f"{name} ({at})" for at in range(2, len(taken) + 3))) if one not in taken)


def refuse_closed(wave: Wave) -> None:
    """Refuses a wave whose fieldwork is closed."""
    if wave.closed is not None:
        raise Conflict(
            "The fieldwork of wave %(wave)s was closed on %(day)s: nothing comes in any more. An administrator "
            "can open it again, on the page Paper forms.",
            wave=wave.title,
            day=written_day(wave.closed),
        )


def recall(session: Session, wave: Wave, number: int, reason: str, person: str) -> int:
    """Takes an import back, for good: none of its forms counts any more, its sheets of paper wait to be entered
    again (in a batch that nobody counted back they are out), and weights that came with it give way to the newest
    ones of before that came with no such import. How many forms; call inside `writing()`."""
    lot = find(session, wave.code, str(number))
    if lot.release is not None:
        raise Conflict(
            "Release %(release)s, which is approved, holds forms of %(name)s: it stays. Two people can set the "
            "lot aside, on the page Lots.",
            release=lot.release,
            name=lot.name,
        )
    if lot.lot.joined:
        raise Conflict("%(name)s was joined with forms of others, being too few: it stays.", name=lot.name)
    lot_steps.recall(session, wave.code, number, reason, person)
    own = select(Response.id).where(Response.lot == number)
    out = select(Batch.code).where(Batch.wave == wave.code, Batch.returned.is_(None))
    state = case((Sheet.batch.in_(out), SheetState.OUT.value), else_=SheetState.WAITING.value)
    session.execute(update(Sheet).where(Sheet.response.in_(own)).values(state=state, response=None, adults=None))
    version = weight_versions.current(session, wave)
    if version is not None and version.report is None and version.source == source(lot.name):
        gone = {source(one.name) for one in listed(session, wave.code) if one.state.is_recalled}
        older = (one for one in weight_versions.versions(session, wave.code) if one.version < version.version)
        wave.weights = next((one.id for one in older if one.report or one.source not in gone), None)
    session.flush()
    return lot.forms


def source(name: str) -> str:
    """How the weights are called that came with an import."""
    return f"import {name}"[:200]


def _shown(session: Session, wave: str) -> dict[int, int]:
    """By lot, the number of an approved release that holds any of its forms, withdrawn ones among them."""
    approved = select(Release).where(Release.wave == wave, Release.approved.is_not(None)).order_by(Release.number)
    releases = session.scalars(approved).all()
    if not releases:
        return {}
    imports = select(Lot.number).where(Lot.wave == wave, Lot.kind == LotKind.IMPORT)
    rows = session.execute(select(Response.id, Response.lot).where(Response.lot.in_(imports))).all()
    ids, lots = packed([id for id, _lot in rows]), np.array([lot for _id, lot in rows], np.int64)
    shown: dict[int, int] = {}
    for release in releases:
        inside = places(ids, np.frombuffer(release.responses, "S16")) >= 0
        shown |= dict.fromkeys(np.unique(lots[inside]).tolist(), release.number)
    return shown

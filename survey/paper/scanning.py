"""Scanned forms: pictures of their pages become one of the two keyings; what isn't clear a person settles first.

A page is read outside any transaction and stored by itself: what was read, and a picture of the questions that a
person must look at. Once all pages of a form are in and nothing is doubtful any more, the form is keyed, and what
was stored of its pages is deleted: the codes stand in the keying then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forms import Item, Questionnaire
from survey.fieldwork import double_entry, keying, reinterviews, sheet_locks
from survey.fieldwork.double_entry import SCAN, Finished
from survey.paper import opencv
from survey.paper.layout import layout
from survey.paper.marks import Reading, read
from survey.paper.opencv import cv2
from survey.paper.pages import HEIGHT, SCALE, find, straight
from survey.paper.scan_images import Grey, pictures
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Batch, Keying, OpenKeying, Scan, Sheet, SheetState
from survey.waves import questionnaires, waves
from translations import Conflict, Refusal
from translations import gettext as _

SCANNER = "scan"  # who keyed a form of which nothing had to be settled
ABOVE, BELOW = 3.5, 2.5  # mm around a question on the picture that a person sees
QUALITY = 75


@dataclass(frozen=True)
class Page:
    """What became of a picture.

    file, place  where it came from; pages of a file are counted from 1
    serial, page what its code says; None if none was found
    doubtful     questions that wait for a person
    stored       whether the form is keyed by it
    fault        why the page isn't stored
    """

    file: str
    place: int
    serial: str | None = None
    page: int | None = None
    doubtful: int = 0
    stored: bool = False
    fault: str = ""


@dataclass(frozen=True)
class StoredPage:
    """What a page brought: questions that wait for a person; whether the form is keyed now, or wholly blank."""

    doubtful: int = 0
    stored: bool = False
    blank: bool = False


@dataclass(frozen=True)
class Waiting:
    """A form of which pages are in: how many questions wait for a person, and which pages are not in yet."""

    sheet: Sheet
    batch: Batch
    doubtful: int
    missing: tuple[int, ...]


@dataclass(frozen=True)
class Doubt:
    """A question that a person settles: on which page its picture is, what was likeliest, what can be typed."""

    item: Item
    page: int
    likeliest: str
    pictured: bool


def take_in(database: Database, wave: str, files: Iterable[tuple[str, bytes]]) -> Iterator[Page]:
    """Reads the pages of files, one after another, and keeps each as soon as it is read. A fault of one page is
    reported and the others go on; so is a file that can't be read at all."""
    opencv.require()
    with database.reading() as session:
        sheet_locks.takes_paper(waves.find(session, wave))
    for name, data in files:
        place = 0
        try:
            for place, picture in enumerate(pictures(data), start=1):
                yield _taken(database, wave, name, place, picture)
        except Refusal as refusal:
            yield Page(name, place + 1, fault=str(refusal))


def _taken(database: Database, wave: str, name: str, place: int, picture: Grey | Refusal) -> Page:
    serial: str | None = None
    page: int | None = None
    try:
        if isinstance(picture, Refusal):
            raise picture
        code = find(picture)
        if code is None:
            raise Refusal(
                "No code of a form was found. Scan the whole page, with the square at its top and the four black "
                "corners."
            )
        serial, page = code.serial, code.page
        with database.reading() as session:
            questionnaire = _wanted(session, wave, serial)
        if page == 0:
            raise Refusal("Form %(serial)s is in large print: key it by hand.", serial=serial)
        if not 1 <= page <= layout(questionnaire).pages:
            raise Refusal("This form has no page %(page)d.", page=page)
        flat = straight(picture, code, layout(questionnaire))
        readings = None if flat is None else read(flat, questionnaire, page)
        if flat is None or readings is None:
            raise Refusal("The page is bent, or a corner is missing. Lay it flat and scan all of it once more.")
        with audit.single_response(), database.writing() as session:
            stored = keep(session, wave, serial, page, readings, flat)
    except Refusal as refusal:
        return Page(name, place, serial, page, fault=str(refusal))
    fault = ""
    if stored.blank:
        fault = _(
            "Nothing is marked on form %(serial)s: set it aside as blank, or key it by hand. Its scan was let go.",
            serial=serial,
        )
    return Page(name, place, serial, page, stored.doubtful, stored.stored, fault)


def _wanted(session: Session, wave: str, serial: str) -> Questionnaire:
    """The questionnaire of a form that may be scanned into this wave; refused where it may not."""
    form = sheet_locks.printed(session, serial)
    if form.batch.wave != wave:
        of = form.place.wave.title
        raise Conflict("Form %(serial)s is of the wave %(wave)s. Scan it there.", serial=serial, wave=of)
    if form.sheet.state is SheetState.VOID:
        raise Conflict(
            "Form %(serial)s was set aside: %(reason)s. If that is wrong, tell your supervisor.",
            serial=serial,
            reason=sheet_locks.reason_of(form.sheet),
        )
    done = _keyings(session, serial)
    if form.sheet.state is SheetState.ENTERED or SCAN in {row.source for row in done}:
        raise Conflict("Form %(serial)s is keyed already: nothing was changed.", serial=serial)
    if done and (len(done) > 1 or not form.sheet.double):
        raise Conflict("Form %(serial)s is keyed already: nothing was changed.", serial=serial)
    return form.place.questionnaire


def keep(session: Session, wave: str, serial: str, page: int, readings: list[Reading], flat: Grey) -> StoredPage:
    """Keeps a page that was read. Call inside `writing()`. A page that is stored already is replaced only if less
    of the new one is doubtful."""
    sheet = sheet_locks.locked(session, serial)
    questionnaire = _wanted(session, wave, serial)
    holder = session.scalars(
        select(OpenKeying.keyer).where(OpenKeying.sheet == serial, sheet_locks.is_open())
    ).first()
    if holder is not None:
        raise sheet_locks.SheetLocked(
            "%(keyer)s has form %(serial)s open. Take another one, or ask your supervisor to release it.",
            keyer=holder,
            serial=serial,
        )
    doubtful = [reading for reading in readings if not reading.sure]
    before = session.get(Scan, (serial, page))
    if before is not None and len(before.marks["doubtful"]) <= len(doubtful):
        raise Conflict(
            "Page %(page)d of form %(serial)s was scanned before; the first scan stays.", page=page, serial=serial
        )
    if before is not None:
        session.delete(before)
        session.flush()
    picture, places = _pictured(flat, doubtful)
    marks = {
        "typed": {reading.item: reading.typed for reading in readings},
        "confidence": {reading.item: reading.confidence for reading in readings},
        "doubtful": places,
    }
    session.add(Scan(sheet=serial, page=page, marks=marks, picture=picture))
    sheet.state, sheet.reason = SheetState.WAITING, None  # what was scanned is back
    session.flush()
    scans = _scans(session, serial)
    if _missing(questionnaire, scans) or _doubts(questionnaire, scans):
        return StoredPage(len(doubtful))
    typed = _typed(scans)
    if not keying.keyed(questionnaire, typed).answers:  # a person says whether it came back blank
        session.execute(delete(Scan).where(Scan.sheet == serial))
        return StoredPage(blank=True)
    _keyed(session, serial, SCANNER, typed, scans)
    return StoredPage(stored=True)


def waiting(session: Session, wave: str) -> list[Waiting]:
    """The forms of a wave that were scanned and are not keyed by it yet, in the order of their batches."""
    rows = session.execute(
        select(Sheet, Batch, Scan)
        .join(Batch, Batch.code == Sheet.batch)
        .join(Scan, Scan.sheet == Sheet.serial)
        .where(Batch.wave == wave, Sheet.state == SheetState.WAITING)
        .order_by(Batch.code, Sheet.place, Scan.page)
    )
    grouped: dict[str, tuple[Sheet, Batch, list[Scan]]] = {}
    for sheet, batch, scan in rows:
        grouped.setdefault(sheet.serial, (sheet, batch, []))[2].append(scan)
    questionnaire = questionnaires.by_digest(session, waves.find(session, wave).questionnaire)
    forms = []
    for sheet, batch, scans in grouped.values():
        doubtful, missing = len(_doubts(questionnaire, scans)), _missing(questionnaire, scans)
        forms.append(Waiting(sheet, batch, doubtful, missing))
    return forms


def doubts(session: Session, wave: str, serial: str) -> list[Doubt]:
    """What a person settles of a form, in the order of the paper; refused where nothing of it waits."""
    return _doubts(*_waits(session, wave, serial))


def for_another(session: Session, serial: str, keyer: str) -> None:
    """Refuses a form that this person keyed or asked again: who looks at its pictures knows no other answers."""
    reinterviews.refuse_to_key(session, serial, keyer)
    if keyer in {row.keyer for row in _keyings(session, serial)}:
        raise Conflict("You have keyed form %(serial)s yourself: another person takes this turn.", serial=serial)


def missing(session: Session, wave: str, serial: str) -> tuple[int, ...]:
    """The pages of a form that are not in yet."""
    return _missing(*_waits(session, wave, serial))


def clip(session: Session, wave: str, serial: str, item: str) -> bytes:
    """The picture of one doubtful question, as JPEG; refused where there is none."""
    opencv.require()
    _questionnaire, scans = _waits(session, wave, serial)
    for scan in scans:
        if item in scan.marks.get("doubtful", ()) and scan.picture is not None:
            top, bottom = scan.marks["doubtful"][item]
            whole = cv2.imdecode(np.frombuffer(scan.picture, np.uint8), cv2.IMREAD_GRAYSCALE)
            return _encoded(np.asarray(whole, np.uint8)[top:bottom])
    raise Conflict("There is nothing to settle for form %(serial)s any more.", serial=serial)


def settle(session: Session, wave: str, serial: str, keyer: str, settled: Mapping[str, str]) -> Finished:
    """Keys a form with what was read for sure and what a person settled. Call inside `writing()`.

    settled  what is typed for each doubtful question, by code; a line without words is empty

    Refused while pages are missing, where something is not settled, and where an answer can't be.
    """
    sheet_locks.locked(session, serial)
    questionnaire, scans = _waits(session, wave, serial)
    if missing(session, wave, serial):
        raise Conflict("Not all pages of form %(serial)s are scanned yet.", serial=serial)
    typed = _typed(scans)
    for doubt in _doubts(questionnaire, scans):
        text = settled.get(doubt.item.code, "").strip()
        if not text and not doubt.item.kind.is_text:
            raise Refusal("Settle question %(number)s too.", number=keying.number(doubt.item))
        typed[doubt.item.code] = text
    return _keyed(session, serial, keyer, typed, scans)


def forget(session: Session, wave: str, serial: str) -> None:
    """Lets go of what was scanned of a form, which then waits to be keyed by hand. Call inside `writing()`."""
    sheet_locks.locked(session, serial)
    _waits(session, wave, serial)
    session.execute(delete(Scan).where(Scan.sheet == serial))
    session.flush()


def _keyed(session: Session, serial: str, keyer: str, typed: Mapping[str, str], scans: list[Scan]) -> Finished:
    """Ends the turn; the codes stand in the keying then, and nothing is left of the scans."""
    for scan in scans:
        session.delete(scan)
    turn = len(_keyings(session, serial)) + 1
    return double_entry.finish(session, serial, turn, keyer, typed, source=SCAN)


def _keyings(session: Session, serial: str) -> list[Keying]:
    return list(session.scalars(select(Keying).where(Keying.sheet == serial)))


def _scans(session: Session, serial: str) -> list[Scan]:
    return list(session.scalars(select(Scan).where(Scan.sheet == serial).order_by(Scan.page)))


def _waits(session: Session, wave: str, serial: str) -> tuple[Questionnaire, list[Scan]]:
    """The scans of a form that wait for a person."""
    scans = _scans(session, serial) if serial.isprintable() else []
    if not scans:
        raise Conflict("There is nothing to settle for form %(serial)s any more.", serial=serial)
    return _wanted(session, wave, serial), scans


def _missing(questionnaire: Questionnaire, scans: list[Scan]) -> tuple[int, ...]:
    scanned = {scan.page for scan in scans}
    return tuple(page for page in range(1, layout(questionnaire).pages + 1) if page not in scanned)


def _typed(scans: list[Scan]) -> dict[str, str]:
    return {code: text for scan in scans for code, text in scan.marks.get("typed", {}).items()}


def _doubts(questionnaire: Questionnaire, scans: list[Scan]) -> list[Doubt]:
    """What was not clear, and what can't be an answer together with the rest."""
    typed = _typed(scans)
    places = {code: scan for scan in scans for code in scan.marks.get("typed", ())}
    wrong = {problem.code for problem in keying.keyed(questionnaire, typed, keying.head()).problems}
    doubts = []
    for item in (*keying.head(), *questionnaire.keyed):
        scan = places.get(item.code)
        if scan is not None and (item.code in scan.marks["doubtful"] or item.code in wrong):
            doubts.append(Doubt(item, scan.page, typed[item.code], item.code in scan.marks["doubtful"]))
    return doubts


def _pictured(flat: Grey, doubtful: list[Reading]) -> tuple[bytes | None, dict[str, list[int]]]:
    """One picture of all doubtful questions of a page, below each other, and the rows of each on it."""
    strips: list[Grey] = []
    places: dict[str, list[int]] = {}
    row = 0
    for reading in doubtful:
        top, bottom = max(0.0, reading.top - ABOVE), min(float(HEIGHT), reading.bottom + BELOW)
        strips.append(flat[round(top * SCALE) : round(bottom * SCALE)])
        places[reading.item] = [row, row + len(strips[-1])]
        row += len(strips[-1])
    return (_encoded(np.concatenate(strips)) if strips else None), places


def _encoded(picture: Grey) -> bytes:
    options: Any = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    _done, data = cv2.imencode(".jpg", picture, options)
    return data.tobytes()

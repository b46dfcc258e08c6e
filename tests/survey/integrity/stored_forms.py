"""A wave of made-up forms in the database, with all that is known there of who brought each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from _forms import DAYS, OPENS, Forms
from sqlalchemy.orm import Session

from survey.storage.models import (
    Batch,
    Keying,
    Lot,
    LotKind,
    Mode,
    Response,
    Sheet,
    SheetState,
    Village,
)
from survey.waves import questionnaires, waves

KINDS = {Mode.PAPER: LotKind.KEYER, Mode.INTERVIEWER: LotKind.INTERVIEWER}


def store(session: Session, code: str, forms: Forms, opens: date) -> None:
    """Villages, lots, responses, batches, sheets and keyings; a lot has one sender, so no device may be known.

    opens  the days are moved by as many as this is from the day on which the forms were made to begin
    """
    asked = questionnaires.find(session, forms.questionnaire.name)
    waves.create(session, code, asked, forms.kind, opens, opens + timedelta(DAYS))
    places = dict(zip(forms.about["psu"], forms.about["unit"], strict=True))
    session.add_all(Village(wave=code, psu=str(p), unit=str(u), stratum=str(u)) for p, u in places.items())
    session.flush()
    batches = {
        (str(psu), str(who)): Batch(
            code=f"{code}-{psu}", wave=code, psu=str(psu), printed=opens, interviewer=str(who), handed_over=opens
        )
        for psu, who, at in zip(forms.about["psu"], forms.groups["interviewer"], forms.place, strict=True)
        if at >= 0
    }
    session.add_all(batches.values())
    lots: dict[tuple[str, ...], Lot] = {}
    ids = [UUID(int=id.int ^ opens.year) for id in forms.ids()]
    for row, id in enumerate(ids):
        known = {name: str(column[row]) for name, column in {**forms.about, **forms.groups}.items()}
        unit, psu, mode = known["unit"], known["psu"], Mode(known["mode"])
        sender = known["keyer"] if mode is Mode.PAPER else known["interviewer"]
        kind, number = KINDS.get(mode, LotKind.LINK), opens.year * 10_000 + len(lots)
        lot = Lot(number=number, wave=code, kind=kind, sender=sender or None, unit=unit, day=opens)
        lot = lots.setdefault((psu, mode, sender), lot)
        day = date.fromisoformat(known["day"]) + (opens - OPENS)
        about = {"id": id, "wave": code, "unit": unit, "psu": psu, "mode": mode, "day": day, "lot": lot.number}
        answers = _answers(forms, row)
        session.add(Response(**about, questionnaire=asked.digest, answers=answers, marks=[]))
    session.add_all(lots.values())
    session.flush()
    paper = [(row, f"{opens.year % 100}-{row:06d}") for row in np.flatnonzero(forms.place >= 0).tolist()]
    for row, serial in paper:
        batch, place = f"{code}-{forms.about['psu'][row]}", int(forms.place[row]) + 1
        sheet = Sheet(serial=serial, batch=batch, place=place, state=SheetState.ENTERED, response=ids[row])
        sheet.double = bool(forms.twice[row])
        session.add(sheet)
    session.flush()
    for row, serial in paper:
        session.add_all(_keyings(forms, row, serial, opens))


def _answers(forms: Forms, row: int) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for code, column in forms.items.items():
        item = forms.questionnaire.items[code]
        given = column[row].tolist()
        if item.kind.several:
            given = [choice for choice, ticked in zip(item.choices, given, strict=True) if ticked] or -1
        if given != -1:
            answers[code] = given
    return answers


def _keyings(forms: Forms, row: int, serial: str, day: date) -> list[Keying]:
    """The first, and the second where there is one."""
    typed = [(str(forms.groups["keyer"][row]), (forms.levels + forms.slips)[row]), ("ai-do", forms.levels[row])]
    return [
        Keying(sheet=serial, turn=turn, keyer=keyer, source="person", typed=_typed(forms, levels), day=day)
        for turn, (keyer, levels) in enumerate(typed[: 1 + bool(forms.twice[row])], 1)
    ]


def _typed(forms: Forms, levels: Any) -> dict[str, str]:
    return {item: str(level) for item, level in zip(forms.scored, levels.tolist(), strict=True) if level > 0}

"""An open wave to which forms came as they do, and one hand in a commune."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from survey.responses.lots import MOST
from survey.storage.database import Database
from survey.storage.models import Lot, LotKind, Mode, Response
from survey.system import dates
from survey.waves import units, waves

WAVE, UNIT = "gop-y", "06673"
FLOODED = dates.today() - timedelta(9)
Flooded = Callable[..., Database]


@pytest.fixture
def flooded(province: Database) -> Flooded:
    """flooded(flood=140) fills the open wave honestly, with so many forms of one hand in Bãi Cháy on one day."""

    def fill(flood: int = 140) -> Database:
        with province.writing() as session:
            if (flood, FLOODED) not in MADE:
                MADE[flood, FLOODED] = _made(session, flood, FLOODED)
            lots, forms = MADE[flood, FLOODED]
            session.execute(insert(Lot.__table__), lots)  # type: ignore[arg-type]
            session.execute(insert(Response.__table__), forms)  # type: ignore[arg-type]
        return province

    return fill


Rows = list[dict[str, Any]]
MADE: dict[tuple[int, date], tuple[Rows, Rows]] = {}  # lots and forms, for all tests of a process


def _made(session: Session, flood: int, flooded_on: date) -> tuple[Rows, Rows]:
    lots: Rows = []
    forms: Rows = []
    chance = np.random.default_rng(11)
    questionnaire = waves.find(session, WAVE).questionnaire

    def add(unit: str, day: date, kind: LotKind, answers: list[dict[str, int]]) -> None:
        if not answers:
            return
        about = {"wave": WAVE, "unit": unit, "mode": Mode.PHONE, "day": day}
        number = secrets.randbelow(MOST)
        lots.append({"number": number, "kind": kind, "closed": dates.today(), **about})
        row = {"lot": number, "questionnaire": questionnaire, "marks": [], **about}
        forms.extend({"id": uuid.uuid4(), "answers": one, **row} for one in answers)

    communes = [unit.code for unit in units.communes(session)]
    level = np.exp(chance.normal(1.0, 0.5, len(communes)))
    level[communes.index(UNIT)] = 6
    for back in range(28, 0, -1):
        counts = chance.poisson(level * chance.gamma(8, 1 / 8, len(communes)))
        for unit, count in zip(communes, counts.tolist(), strict=True):
            day = dates.today() - timedelta(back)
            add(unit, day, LotKind.LINK, [_honest(chance) for _form in range(count)])
    worst = [{"hl_chung": 1, "hl_ket_qua": 1, "tiep_xuc": 1, "bi_doi_tien": 1}] * flood
    add(UNIT, flooded_on, LotKind.PROGRAM, worst)
    return lots, forms


def _honest(chance: np.random.Generator) -> dict[str, int]:
    content = chance.normal()
    levels = np.clip(np.round(3.9 + 0.9 * content + 0.6 * chance.normal(size=2)), 1, 5).astype(int).tolist()
    paid = 1 if chance.random() < 0.03 else 2
    about = {"dich_vu": int(chance.integers(1, 9)), "tiep_xuc": int(chance.integers(1, 3)), "bi_doi_tien": paid}
    return {"hl_chung": levels[0], "hl_ket_qua": levels[1], **about}

"""An open wave to which forms came as they do, and one hand in a commune."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from survey.responses import lots
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
        chance = np.random.default_rng(11)
        with province.writing() as session:
            wave = waves.find(session, WAVE)
            communes = [unit.code for unit in units.communes(session)]
            level = np.exp(chance.normal(1.0, 0.5, len(communes)))
            level[communes.index(UNIT)] = 6
            for back in range(28, 0, -1):
                day = dates.today() - timedelta(back)
                counts = chance.poisson(level * chance.gamma(8, 1 / 8, len(communes)))
                for unit, count in zip(communes, counts.tolist(), strict=True):
                    answers = [_honest(chance) for _form in range(count)]
                    _add(session, wave.questionnaire, unit, day, LotKind.LINK, answers)
            worst = [{"hl_chung": 1, "hl_ket_qua": 1, "tiep_xuc": 1, "bi_doi_tien": 1}] * flood
            _add(session, wave.questionnaire, UNIT, FLOODED, LotKind.PROGRAM, worst)
        return province

    return fill


def _honest(chance: np.random.Generator) -> dict[str, int]:
    content = chance.normal()
    levels = np.clip(np.round(3.9 + 0.9 * content + 0.6 * chance.normal(size=2)), 1, 5).astype(int).tolist()
    paid = 1 if chance.random() < 0.03 else 2
    about = {"dich_vu": int(chance.integers(1, 9)), "tiep_xuc": int(chance.integers(1, 3)), "bi_doi_tien": paid}
    return {"hl_chung": levels[0], "hl_ket_qua": levels[1], **about}


def _add(session, questionnaire: str, unit: str, day: date, kind: LotKind, answers: list[dict[str, int]]) -> None:  # type: ignore[no-untyped-def]
    if not answers:
        return
    about = {"unit": unit, "mode": Mode.PHONE}
    number = lots.begin(session, WAVE, kind, day, **about)
    session.get_one(Lot, number).closed = dates.today()
    row = {"wave": WAVE, "day": day, "lot": number, "questionnaire": questionnaire, "marks": [], **about}
    session.add_all(Response(id=uuid.uuid4(), answers=one, **row) for one in answers)

"""Whether the minutes that a form tells at its start can be true, as far as phones, kiosks and tablets tell: each
marks a form that took under five seconds, and sends no time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from analysis.interval import clopper_pearson
from survey.storage.models import Mode, Response

FEWEST = 30  # forms, before anything is said
FEW = 0.05  # of the forms: so many may be tried out, or pressed through, whatever a form takes
CONFIDENCE = 0.95


@dataclass(frozen=True)
class QuickForms:
    """How many of `count` forms of a wave were filled in under five seconds."""

    count: int
    quick: int

    @property
    def is_told(self) -> bool:
        """Whether there are enough of them to say anything."""
        return self.count >= FEWEST

    @property
    def are_many(self) -> bool:
        """Whether more than a few are quick, for certain: then the minutes told are not what people take."""
        count = np.array([max(1.0, self.count)])
        low, _high = clopper_pearson(self.quick / count, count, CONFIDENCE)
        return self.is_told and bool(low[0] > FEW)


def of_wave(session: Session, wave: str) -> QuickForms:
    """The forms of a wave that a device sent."""
    quick = cast(Response.marks, String).like('%"quick"%')
    chosen = select(func.count(), func.count().filter(quick)).where(
        Response.wave == wave, Response.mode.in_([Mode.PHONE, Mode.KIOSK, Mode.INTERVIEWER])
    )
    count, number = session.execute(chosen).one()
    return QuickForms(count, number)

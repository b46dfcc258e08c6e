"""Who is assigned in a made-up wave, a village that is closed, and a form that waits for a decision."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from survey.responses import sealed_responses
from survey.storage.models import Assignment, Mode, Village, VillageStep, VillageStepKind, Wave
from survey.system import dates

UNASSIGNED = 2  # communes, the last ones, to which nobody is assigned in a wave that still runs
SUPERVISOR = "giam-sat-1"


def add(
    session: Session, wave: Wave, villages: Sequence[Village], sender: Callable[[Mode, str], str | None]
) -> None:
    """Assigns whoever sends in a wave that was made up; `sender` names them by mode and commune."""
    communes = list(dict.fromkeys(village.unit for village in villages))
    runs = wave.closes >= dates.today()
    covered = set(communes[:-UNASSIGNED] if runs and len(communes) > UNASSIGNED else communes)
    given: set[tuple[str | None, Mode, str | None]] = {
        (sender(Mode.PAPER, unit), Mode.PAPER, None) for unit in communes
    }
    given |= {
        (sender(Mode.INTERVIEWER, one.unit), Mode.INTERVIEWER, one.psu) for one in villages if one.unit in covered
    }
    session.add_all(
        Assignment(wave=wave.code, account=name, mode=mode, psu=psu, made=wave.opens, by=SUPERVISOR)
        for name, mode, psu in sorted(given, key=str)
    )
    if runs:
        _close(session, wave, villages[0])
        _hold(session, wave, villages[-1], sender(Mode.INTERVIEWER, villages[0].unit) or SUPERVISOR)
    session.flush()


def _close(session: Session, wave: Wave, village: Village) -> None:
    about = {"reason": "Đã đủ phiếu của thôn", "person": SUPERVISOR, "day": dates.today() - timedelta(days=1)}
    session.add(VillageStep(wave=wave.code, psu=village.psu, step=VillageStepKind.CLOSE, **about))


def _hold(session: Session, wave: Wave, village: Village, account: str) -> None:
    """A form from a village to which its sender is not assigned."""
    id = UUID(bytes=hashlib.sha256(wave.code.encode()).digest()[:16], version=4)
    about = {"id": str(id), "wave": wave.code, "unit": village.unit, "psu": village.psu}
    about |= {"mode": Mode.INTERVIEWER.value, "day": dates.today().isoformat()}
    key, content = sealed_responses.current(), {"answers": {"C5": 1, "C6": 1}, "marks": ["helped-interviewer"]}
    sealed = sealed_responses.seal(key.public, about, content)
    sent = about | {"key": key.id, "sealed": sealed}
    sealed_responses.hold(session, sent, "assignment", account=account)

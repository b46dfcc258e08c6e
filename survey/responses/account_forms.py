"""Forms that an account sends for other people: kept as responses, or held for a supervisor's decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.responses import holding, sealed_responses, submission
from survey.storage.models import Mode, QuarantinedResponse
from survey.waves.waves import Place, counting_day
from translations import Conflict


def store(
    session: Session,
    place: Place,
    account: str,
    id: UUID,
    mode: Mode,
    answers: Mapping[str, Any],
    lot: Callable[[], int],
    *,
    marks: Iterable[str] = (),
    psu: str | None = None,
    day: date | None = None,
    adults: int | None = None,
) -> tuple[str, str]:
    """Keeps a form that an account sends; what came of it (`stored`, `known` or `held`), and why it is held. Call
    inside `writing()`.

    lot  gives the lot that it goes to, and is asked only where it counts; the rest as in `submission.submit`

    The same again is fine: it is kept once, and answered as before.
    """
    on = day or counting_day(place.wave)
    reason = holding.reason(session, place.wave, account, mode, psu, on)
    if reason and not holding.is_stored(session, id):
        content: dict[str, Any] = {"answers": dict(answers), "marks": submission.normalised_marks(marks)}
        if adults is not None:
            content["adults"] = adults
        about = {"id": str(id), "wave": place.wave.code, "unit": place.unit.code, "mode": mode.value}
        about |= {"day": on.isoformat()} | ({} if psu is None else {"psu": psu})
        return "held", _held(session, account, about, content, reason)
    about_place: dict[str, Any] = {"marks": marks, "psu": psu, "day": on, "adults": adults, "lot": lot()}
    new = submission.submit(session.connection(), place, id, mode, answers, **about_place)
    return ("stored" if new else "known"), ""


def _held(session: Session, account: str, about: dict[str, str], content: dict[str, Any], reason: str) -> str:
    """Seals a form as a tablet would, and keeps it; why it is held, of one that is there already why it was."""
    before = session.scalars(
        select(QuarantinedResponse).where(
            QuarantinedResponse.id == UUID(about["id"]), QuarantinedResponse.account == account
        )
    ).first()
    if before is None:
        key = sealed_responses.current()
        sealed = {"key": key.id, "sealed": sealed_responses.seal(key.public, about, content)}
        sealed_responses.hold(session, about | sealed, reason, account=account)
        return reason
    if not _is_same(before, about, content):
        raise Conflict("This form was already sent with other answers. Open a new form to answer again.")
    return before.reason


def _is_same(before: QuarantinedResponse, about: dict[str, str], content: dict[str, Any]) -> bool:
    """Whether what is held is of the same place and says the same; where its key is gone, nobody can tell what it
    says, and it is taken as the same."""
    kept = {"wave": before.wave, "unit": before.unit, "mode": before.mode.value}
    kept |= {} if before.psu is None else {"psu": before.psu}
    if kept != {name: text for name, text in about.items() if name not in ("id", "day")}:
        return False
    kept |= {"id": str(before.id), "day": before.day, "key": before.key, "sealed": before.sealed}
    answers, _marks, _adults, fault = sealed_responses.decrypted(kept)
    return bool(fault) or answers == content["answers"]

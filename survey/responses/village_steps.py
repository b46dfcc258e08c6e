"""Villages that are closed, because all their forms are in, and opened again: each step with a reason."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.storage import audit
from survey.storage.models import Village, VillageStep, VillageStepKind
from survey.system import dates
from survey.waves import waves
from translations import Conflict, NotFound, Refusal
from translations.formats import nfc

LONGEST_REASON = 400


def newest(session: Session, wave: str) -> dict[str, VillageStep]:
    """The step that holds, by village; none of a village that nobody has closed yet."""
    steps = select(VillageStep).where(VillageStep.wave == wave).order_by(VillageStep.id)
    return {step.psu: step for step in session.scalars(steps)}


def is_closed(session: Session, wave: str, psu: str) -> bool:
    """Whether a village takes no more forms."""
    steps = select(VillageStep.step).where(VillageStep.wave == wave, VillageStep.psu == psu)
    return session.scalars(steps.order_by(VillageStep.id.desc()).limit(1)).first() is VillageStepKind.CLOSE


def take(session: Session, wave: str, psu: str, step: VillageStepKind, reason: str, person: str) -> None:
    """Closes a village, or opens it again. What comes for a closed one is held. Call inside `writing()`."""
    title = waves.find(session, wave).title
    here = select(Village).where(Village.wave == wave, Village.psu == psu)
    village = session.scalars(here.with_for_update(key_share=True)).first()
    if village is None:
        raise NotFound("The wave %(wave)s has no village %(psu)s.", wave=title, psu=psu)
    reason = nfc(reason).strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Refusal("Say why, in 1 to %(most)s characters.", most=LONGEST_REASON)
    name, closed = village.name or psu, is_closed(session, wave, psu)
    if step is VillageStepKind.CLOSE and closed:
        raise Conflict("Village %(village)s is closed already. Nothing was changed.", village=name)
    if step is VillageStepKind.REOPEN and not closed:
        raise Conflict("Village %(village)s is not closed. Nothing was changed.", village=name)
    row = VillageStep(wave=wave, psu=psu, step=step, reason=reason, person=nfc(person).strip(), day=dates.today())
    session.add(row)
    session.flush()
    audit.annotate(psu=psu, step=step.value)

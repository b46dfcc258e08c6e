"""Closing the fieldwork of a wave: only when every paper form is accounted for."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.fieldwork import accounting, reinterviews
from survey.fieldwork.accounting import Line
from survey.storage import audit
from survey.storage.models import Batch, OpenKeying, Scan, Sheet
from survey.system import dates
from survey.waves import waves
from translations import Conflict
from translations.formats import first_few


def gaps(lines: list[Line]) -> list[Line]:
    """The batches that keep a wave open: forms wait to be entered, or are missing without a reason."""
    return [line for line in lines if line.waiting or line.missing > line.explained]


def _not_yet(left: list[Line]) -> Conflict:
    return Conflict(
        "The fieldwork can't be closed yet: %(waiting)d forms wait to be entered, and %(missing)d are missing "
        "without a reason, in the batches %(batches)s.",
        waiting=sum(line.waiting for line in left),
        missing=sum(line.missing - line.explained for line in left),
        batches=first_few([str(line.batch) for line in left]),
    )


def close(session: Session, wave: str) -> None:
    """Closes the fieldwork; refused while there are `gaps`. Call inside `writing()`.

    What joins a form to a household or to a person in words goes now at the latest: the links and answers of
    phúc tra, half-keyed forms, pictures of scanned pages.
    """
    row = waves.find(session, wave, lock=True)
    if row.closed is not None:
        audit.discard()
        return
    if left := gaps(accounting.lines(session, wave)):
        raise _not_yet(left)
    own = select(Sheet.serial).join(Batch, Batch.code == Sheet.batch).where(Batch.wave == wave)
    reinterviews.destroy(session, wave)
    session.execute(delete(OpenKeying).where(OpenKeying.sheet.in_(own)))
    session.execute(delete(Scan).where(Scan.sheet.in_(own)))
    row.closed = dates.today()
    session.flush()


def reopen(session: Session, wave: str) -> None:
    """Opens the fieldwork again; what the closing destroyed stays destroyed. Call inside `writing()`."""
    row = waves.find(session, wave, lock=True)
    if row.closed is None:
        audit.discard()
        return
    row.closed = None
    session.flush()

"""Drafts of questionnaires: begun, written by one person at a time, taken back step by step, sent, given back."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from forms import Questionnaire, document, faults, hints
from forms.faults import Fault
from forms.hints import Hint
from survey.storage import audit
from survey.storage.models import Draft, DraftNote, DraftState, DraftStep, DraftWriter
from survey.system.dates import today
from survey.waves import questionnaires
from survey.workshop import edits, recordings
from translations import Conflict, NotFound, Refusal

HELD = 600  # seconds after the last change for which nobody else may write
BURST = 120  # seconds within which changes of one person at one place are one step
MOST_STEPS = 100  # that can be taken back
OPEN = (DraftState.WRITING, DraftState.SENT)
FROM_FILE = "from_file"  # the rule of a note that says what was not taken over
LONGEST = 1000  # characters of a note, or of a reply


@dataclass(frozen=True)
class Looked:
    """What is to be said of a document: its faults, its hints, and what can be drawn of it."""

    faults: tuple[Fault, ...]
    hints: tuple[Hint, ...]
    questionnaire: Questionnaire | None


def begin(
    session: Session,
    account: str,
    written: dict[str, Any],
    base: Questionnaire | None = None,
    remarks: Sequence[str] = (),
) -> Draft:
    """A new draft of a document.

    remarks  what was not taken over of the file that it comes from; kept as long as the draft is open
    """
    draft = Draft(
        base=base.digest if base else None,
        state=DraftState.WRITING,
        step=0,
        editor=account,
        edited_at=now(),
        begun=today(),
    )
    session.add(draft)
    session.flush()
    audit.annotate(draft=draft.id, code=str(written.get("code", "")))
    save(session, draft, account, "", written)
    for remark in remarks:
        note(session, draft, "", FROM_FILE, remark, account)
    return draft


def now() -> int:
    """The time, in seconds since 1970."""
    return int(time.time())


def find(session: Session, id: int) -> Draft:
    """The draft of a number, whether or not it came to an end."""
    draft = session.get(Draft, id)
    if draft is None:
        raise NotFound("There is no such draft. Choose one in the list of questionnaires.")
    return draft


def list_all(session: Session) -> Sequence[Draft]:
    """The drafts that are open, the one changed last first."""
    return session.scalars(select(Draft).where(Draft.state.in_(OPEN)).order_by(Draft.edited_at.desc())).all()


def present(session: Session, draft: Draft) -> dict[str, Any]:
    """The document of a draft as it stands, which the caller may change."""
    written = session.scalars(
        select(DraftStep.document).where(DraftStep.draft == draft.id, DraftStep.number == draft.step)
    ).first()
    if written is None:
        raise Conflict("This draft came to an end: it was published or dropped.")
    return copy.deepcopy(written)


def holder(draft: Draft, account: str) -> str | None:
    """Who else writes at it at present; None if the account may."""
    is_held = draft.editor not in (None, account) and now() - draft.edited_at < HELD
    return draft.editor if is_held and draft.state is DraftState.WRITING else None


def may_write(draft: Draft, account: str) -> None:
    """Refuses who may not change the draft now."""
    if draft.state is DraftState.SENT:
        raise Conflict("This draft waits for a second person. Take it back before you change it.")
    if draft.state is not DraftState.WRITING:
        raise Conflict("This draft came to an end: it was published or dropped.")
    if (other := holder(draft, account)) is not None:
        raise Conflict(
            "%(account)s is writing at this draft. What you typed is still on the page: save it again later.",
            account=other,
        )


def save(session: Session, draft: Draft, account: str, place: str, written: dict[str, Any]) -> None:
    """Makes the document the present one, in a step of its own unless the same person goes on at the same place.

    place  what was changed: the code of an item, or a word
    """
    may_write(draft, account)
    written = document.plain(document.Part(written))
    last = session.scalars(
        select(DraftStep).where(DraftStep.draft == draft.id, DraftStep.number == draft.step)
    ).first()
    if last is not None and last.document == written:
        return
    session.execute(delete(DraftStep).where(DraftStep.draft == draft.id, DraftStep.number > draft.step))
    goes_on = last is not None and place and (last.place, last.account) == (place, account)
    if last is not None and goes_on and now() - last.at < BURST:
        last.document = written
    else:
        draft.step += 1
        step = {"number": draft.step, "place": place, "document": written, "account": account, "at": now()}
        session.add(DraftStep(draft=draft.id, **step))
        session.execute(
            delete(DraftStep).where(DraftStep.draft == draft.id, DraftStep.number <= draft.step - MOST_STEPS)
        )
    if session.get(DraftWriter, (draft.id, account)) is None:
        session.add(DraftWriter(draft=draft.id, account=account))
    draft.editor, draft.edited_at = account, now()
    session.flush()


def step_back(session: Session, draft: Draft, account: str, by: int = -1) -> bool:
    """Takes the last change back, or brings it again with `by=1`; False where there is none."""
    may_write(draft, account)
    there = session.scalars(
        select(DraftStep.number).where(DraftStep.draft == draft.id, DraftStep.number == draft.step + by)
    ).first()
    if there is None:
        return False
    draft.step, draft.editor, draft.edited_at = there, account, now()
    session.flush()
    return True


def steps(session: Session, draft: Draft) -> tuple[bool, bool]:
    """Whether there is a change to take back, and one to bring again."""
    least, most = session.execute(
        select(func.min(DraftStep.number), func.max(DraftStep.number)).where(DraftStep.draft == draft.id)
    ).one()
    return (least or 0) < draft.step, (most or 0) > draft.step


def open_hints(found: Looked, notes: Sequence[DraftNote]) -> list[Hint]:
    """The hints that nobody answered with a reason."""
    kept = {(one.item, one.rule) for one in notes if one.rule}
    return [one for one in found.hints if (one.code, one.rule) not in kept]


def keeps_its_promise(session: Session, draft: Draft, written: dict[str, Any]) -> None:
    """Refuses a draft that asks who the person is, unless somebody said why."""
    if asking := [one.code for one in open_hints(looked(written), notes(session, draft)) if one.is_binding]:
        raise Refusal(
            "Every form begins with the promise to ask no name and no number, and %(codes)s asks for one. "
            "Take it out, or say beside the question why it stays.",
            codes=", ".join(asking),
        )


def send(session: Session, draft: Draft, account: str) -> None:
    """Hands the draft to a second person; refused as long as something must be corrected."""
    may_write(draft, account)
    written = present(session, draft)
    if looked(written).faults:
        raise Refusal("Correct what is marked first: a second person can publish only what is whole.")
    keeps_its_promise(session, draft, written)
    if gone := recordings.missing(draft, written):
        raise recordings.silent(gone)
    draft.state, draft.editor, draft.edited_at, draft.reply = DraftState.SENT, account, now(), None


def give_back(session: Session, draft: Draft, account: str, words: str) -> None:
    """Opens a sent draft again: whoever sent it takes it back, anybody else says why."""
    if draft.state is not DraftState.SENT:
        raise Conflict("This draft is not waiting for anybody.")
    words = " ".join(words.split())[:LONGEST]
    if account != draft.editor and not words:
        raise Refusal("Say what should be changed, so that the writer knows.")
    draft.state, draft.edited_at = DraftState.WRITING, 0
    draft.reply = f"{account}: {words}" if words else None


def drop(session: Session, draft: Draft, account: str) -> None:
    """Throws the draft away; that there was one stays."""
    may_write(draft, account)
    end(session, draft, DraftState.DROPPED)


def end(session: Session, draft: Draft, state: DraftState) -> None:
    """Closes a draft and forgets its steps and what was said beside it."""
    draft.state, draft.editor = state, None
    session.execute(delete(DraftStep).where(DraftStep.draft == draft.id))
    session.execute(delete(DraftNote).where(DraftNote.draft == draft.id))


def note(session: Session, draft: Draft, item: str, rule: str, words: str, account: str | None) -> None:
    """Keeps what is said beside a question."""
    words = " ".join(document.UNWRITABLE.sub(" ", words).split())[:LONGEST]
    if not words:
        raise Refusal("Write a few words first.")
    session.add(
        DraftNote(draft=draft.id, item=item[:40], rule=rule[:40], words=words, account=account, day=today())
    )
    session.flush()


def notes(session: Session, draft: Draft) -> Sequence[DraftNote]:
    """What was said beside its questions, in order."""
    return session.scalars(select(DraftNote).where(DraftNote.draft == draft.id).order_by(DraftNote.id)).all()


def writers(session: Session, draft: Draft) -> list[str]:
    """Who changed anything of it."""
    return sorted(session.scalars(select(DraftWriter.account).where(DraftWriter.draft == draft.id)))


def before(session: Session, written: dict[str, Any]) -> Questionnaire | None:
    """The newest published version of the code that a document has."""
    same = [one for one in questionnaires.published(session) if one.code == written.get("code")]
    return same[-1] if same else None


def looked(written: dict[str, Any]) -> Looked:
    """What is to be said of a document; a document that was looked at just now is not read again."""
    return _looked(document.canonical(written))


@lru_cache(maxsize=32)
def _looked(written: str) -> Looked:
    found, drawn = faults.of(json.loads(written))
    return Looked(found, hints.of(drawn) if drawn and not found else (), drawn)


def renewed(session: Session, questionnaire: Questionnaire) -> dict[str, Any]:
    """The document of a version as the beginning of the next one."""
    versions = [one.version for one in questionnaires.published(session) if one.code == questionnaire.code]
    return edits.next_version(questionnaire, max(versions, default=0))

"""Publishing a draft: by a second person, who says of each changed question whether figures can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from forms import Questionnaire, crosswalk, differences, parse
from forms.differences import Difference
from forms.document import DocumentError
from survey.responses import crosswalks
from survey.storage import audit
from survey.storage.models import Draft, DraftState, Publication
from survey.system.dates import today
from survey.waves import questionnaires
from survey.workshop import drafts, recordings
from translations import N_, Conflict, Denied, Refusal


class Unanswered(Refusal):
    """Of some changed questions nobody said whether they can be compared; `codes` names them."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(
            N_("Say of each changed question whether its figures can be compared with those of before.")
        )
        self.codes = codes


@dataclass(frozen=True)
class Change:
    """A difference, and what stands in the way of comparing its question with the one before, if anything."""

    difference: Difference
    obstacle: str

    @property
    def asks(self) -> bool:
        return self.difference.asks


def changes(before: Questionnaire, now: Questionnaire) -> list[Change]:
    """What differs between two versions, each with whether it can be compared at all."""
    return [
        Change(one, obstacle(before, now, one) if one.asks else "") for one in differences.between(before, now)
    ]


def obstacle(before: Questionnaire, now: Questionnaire, difference: Difference) -> str:
    """Why a question can't be compared with what it was; "" if it can."""
    try:
        _crosswalk(before, now, [_match(before, now, difference)], [])
    except DocumentError as error:
        return error.reason
    return ""


def _match(before: Questionnaire, now: Questionnaire, difference: Difference) -> dict[str, Any]:
    """A row of a crosswalk: choices stay under their codes, as far as they are still there."""
    was, item = before.items[difference.was], now.items[difference.code]
    row: dict[str, Any] = {"item": item.code, "was": was.code}
    if item.choices and (tuple(item.choices) != tuple(was.choices) or item.missing != was.missing):
        row["choices"] = {str(code): code for code in was.choices if code in item.choices}
    return row


def _crosswalk(
    before: Questionnaire, now: Questionnaire, rows: list[dict[str, Any]], apart: list[str]
) -> crosswalk.Crosswalk:
    versions = {one.name: one for one in (before, now)}
    document: dict[str, Any] = {"from": before.name, "to": now.name}
    document |= {"items": rows} if rows else {}
    document |= {"apart": apart} if apart else {}
    return crosswalk.parse(document, versions.__getitem__)


def publish(session: Session, draft: Draft, account: str, answers: Mapping[str, bool]) -> Questionnaire:
    """Makes a sent draft a version, for good; with a crosswalk where the one before is to be told from it.

    answers  item code -> whether its figures can be compared with those of the version before
    """
    if draft.state is not DraftState.SENT:
        raise Conflict("This draft is not waiting for anybody.")
    if account in drafts.writers(session, draft):
        raise Denied("You wrote at this questionnaire: somebody else publishes it.")
    written = drafts.present(session, draft)
    drafts.keeps_its_promise(session, draft, written)
    now = parse(written)
    before = drafts.before(session, now.document)
    if before is not None and before.version >= now.version:
        raise Conflict(
            "%(name)s is published already with other content. Give the new text the next version number.",
            name=now.name,
        )
    rows, apart = _answered(before, now, answers)
    recordings.publish(draft, now)
    questionnaires.publish(session, now, today())
    if before is not None and (rows or apart):
        crosswalks.publish(session, _crosswalk(before, now, rows, apart), today())
    try:
        session.add(Publication(questionnaire=now.digest, draft=draft.id, account=account, day=today()))
        session.flush()
    except DBAPIError:  # whoever wrote at it meanwhile
        raise Denied("You wrote at this questionnaire: somebody else publishes it.") from None
    audit.annotate(version=now.name)
    drafts.end(session, draft, DraftState.PUBLISHED)
    return now


def _answered(
    before: Questionnaire | None, now: Questionnaire, answers: Mapping[str, bool]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The rows of the crosswalk, and the codes that are not compared."""
    asked = [one for one in changes(before, now) if one.asks] if before is not None else []
    if left := [one.difference.code for one in asked if one.difference.code not in answers]:
        raise Unanswered(left)
    if barred := [one for one in asked if one.obstacle and answers[one.difference.code]]:
        raise Refusal(
            "%(code)s can't be compared: %(reason)s", code=barred[0].difference.code, reason=barred[0].obstacle
        )
    rows, apart = [], []
    for one in asked:
        if before is not None and answers[one.difference.code]:
            rows.append(_match(before, now, one.difference))
        else:
            apart.append(one.difference.code)
    return rows, apart

"""What was open when a release was frozen, checked and approved: each matter that somebody went past, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.storage import audit
from survey.storage.models import Release, ReleaseMatter
from survey.system import dates
from translations import LANGUAGES, N_, Conflict, language
from translations import gettext as _
from translations.formats import nfc

LONGEST_REASON = 400


@dataclass(frozen=True)
class Open:
    """A matter that is open, whoever found it.

    subject  the same for as long as it is open
    told     what it is, a sentence in each language
    """

    subject: str
    told: dict[str, str]

    @property
    def words(self) -> str:
        """What it is, in the language of the moment."""
        return words(self.told)


class Unsettled(Conflict):
    """A step past open matters of which not each has its tick and reason; `lacking` says what each still needs."""

    def __init__(self, open_: Iterable[Open], lacking: Mapping[str, str]) -> None:
        super().__init__(
            N_("Open matters have to be gone past one by one, each with a reason: %(matters)s"),
            matters="; ".join(f"{one.subject}: {one.words}" for one in open_ if one.subject in lacking),
        )
        self.lacking = lacking


def words(told: Mapping[str, str]) -> str:
    """A sentence in the language of the moment; in Vietnamese where it has none in that."""
    return told.get(language(), told["vi"])


def passed(session: Session, release: Release) -> list[ReleaseMatter]:
    """What was gone past with a release, in the order of its steps."""
    return list(
        session.scalars(
            select(ReleaseMatter).where(ReleaseMatter.release == release.id).order_by(ReleaseMatter.id)
        )
    )


def standing(rows: Iterable[ReleaseMatter], open_: Iterable[Open]) -> dict[str, ReleaseMatter]:
    """The newest reason for each matter: of one release it is about the same forms at each step."""
    subjects = {one.subject for one in open_}
    return {row.subject: row for row in rows if row.subject in subjects}


def refuse_unsettled(
    open_: Iterable[Open], ticked: Mapping[str, str], before: Mapping[str, ReleaseMatter] | None = None
) -> None:
    """Refuses a step until each open matter is ticked with a reason.

    ticked  the reason by the subject of each that was ticked; an empty one agrees with that of a step `before`
    """
    lacking = {}
    for one in open_:
        reason = nfc(ticked.get(one.subject, "")).strip()
        if one.subject not in ticked:
            lacking[one.subject] = _("Tick it once you have looked at it: %(matter)s", matter=one.words)
        elif not reason and one.subject not in (before or {}):
            lacking[one.subject] = _("Say why you go on all the same: %(matter)s", matter=one.words)
        elif len(reason) > LONGEST_REASON:
            lacking[one.subject] = _("Give the reason in at most %(most)s characters.", most=LONGEST_REASON)
    if lacking:
        raise Unsettled(open_, lacking)


def note(
    session: Session, release: Release, step: str, open_: Iterable[Open], ticked: Mapping[str, str], person: str
) -> None:
    """Keeps with a release what somebody went past in a step (`frozen`, `checked`, `approved`), and why; refused
    as `refuse_unsettled` does."""
    open_ = list(open_)
    before = standing(passed(session, release), open_)
    refuse_unsettled(open_, ticked, before)
    for one in open_:
        reason = nfc(ticked[one.subject]).strip() or before[one.subject].reason
        session.add(
            ReleaseMatter(
                release=release.id,
                step=step,
                subject=one.subject,
                told={code: one.told[code] for code in LANGUAGES if code in one.told},
                reason=reason,
                person=person,
                day=dates.today(),
            )
        )
    session.flush()
    if open_:
        audit.annotate(passed=[one.subject for one in open_])

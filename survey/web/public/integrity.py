"""Page: whether anybody could steer a wave's result, what was done against it, and how outsiders check it. For
everybody; it shows what was made beforehand (`survey/integrity/kept_account.py`) and computes nothing."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from survey.integrity import (
    account_check_words,
    account_limits,
    account_way_words,
    account_words,
    digest_file,
    kept_account,
    public_digests,
)
from survey.integrity.account_words import Stage
from survey.integrity.public_digests import Answer
from survey.results import releases
from survey.storage.models import Release, Wave
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web.current import database
from survey.web.server import rate_limit
from translations import N_, NotFound, Refusal
from translations import gettext as _
from translations.formats import day as written_day

FOLDED = 7  # days before the link that shows all


def integrity(wave: str) -> ResponseReturnValue:
    """The page of a wave.

    ma  a digest with its day, to be compared
    """
    pasted, trouble, status = request.args.get("ma", "")[: public_digests.LONGEST], "", 200
    if pasted and (wait := rate_limit.seconds_before_a_code()):
        trouble = _("Too much has been compared. Wait %(seconds)s seconds, then try again.", seconds=wait)
        status = 429
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        if pasted and not trouble:
            trouble = _compared(public_digests.compare(session, wave, pasted))
        told = _told(session, wave_row) | {"withdrawn": _withdrawn(session, wave_row)}
    return render_template("public/integrity.html", wave=wave_row, pasted=pasted, answer=trouble, **told), status


def _withdrawn(session: Session, wave: Wave) -> Release | None:
    """The release of which everybody is told that it was taken back, and why."""
    return releases.newest_public(session, wave.code).withdrawn if wave.public else None


def _told(session: Session, wave: Wave) -> dict[str, Any]:
    """All that stands on the page, in the language of the moment."""
    account = kept_account.read(session, wave.code)
    outdated = account is None
    account = account or kept_account.former(session, wave.code)
    asked = questionnaires.by_digest(session, wave.questionnaire)
    at = account_words.stage(wave, account, dates.today())
    whole = account if at in (Stage.OVER, Stage.RELEASED) else None
    days = public_digests.lines(session, wave.code)
    return {
        "title": str(asked.title),
        "account": whole,
        "stage": at,
        "outdated": outdated,
        "first": account_words.answer(account, at, wave, outdated),
        "three": account_words.three(whole, wave, asked) if whole else [],
        "remark": account_words.remark(account) if account else "",
        "way": account_way_words.way(account, at, wave, asked) if account else [],
        "drawn": account_way_words.draw(account, at, wave) if account else [],
        "hard": account_words.hard(account, wave) if account else [],
        "limits": account_limits.sentences(wave),
        "words": account_check_words,
        "few": account_words.few,
        "days": days[:FOLDED],
        "more": days[FOLDED:],
        "grouped": _grouped,
    }


COMPARED = {
    "agrees": N_("It agrees: this is the digest of %(day)s."),
    "differs": N_(
        "It differs: the digest of %(day)s begins with %(ours)s here. Look for a slip in what was pasted; if "
        "there is none, tell whoever gave it to you, and have it checked on the server."
    ),
    "no day": N_("There is no digest of %(day)s yet, or not of this wave."),
    "unknown": N_("No digest of this wave begins like that. Paste its day, too: 28/05/2026 7f3a 91c0 5be2 44d8"),
    "unread": N_("Nothing could be read. Paste at least 16 digits, and the day: 28/05/2026 7f3a 91c0 5be2 44d8"),
}


def _compared(answer: Answer) -> str:
    """The answer in a sentence."""
    told = "" if answer.day is None else written_day(answer.day)
    return _(COMPARED[answer.found], day=told, ours=_grouped(answer.ours))


def _grouped(digest: str) -> str:
    return " ".join(re.findall("....", digest[:16]))


def digests_file(wave: str) -> ResponseReturnValue:
    """The digests as a text file, as it is given to outsiders."""
    with database().reading() as session:
        waves.find(session, wave)
        try:
            text = digest_file.text(session, wave)
        except Refusal as none_yet:
            raise NotFound(str(none_yet)) from none_yet
    return Response(text, content_type="text/plain; charset=utf-8")

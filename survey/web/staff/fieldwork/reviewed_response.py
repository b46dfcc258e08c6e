"""Page: one form as whoever reviews it may see it, with every decision on it."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.fieldwork import reviews
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.fieldwork.review import read
from translations import NotFound
from translations import gettext as _


@pages.page("/<wave>/ra-soat/<uuid:id>", Right.REVIEW, tab="staff.review")
def reviewed(wave: str, id: UUID) -> ResponseReturnValue:
    """What was found in a form, what was decided, the newest first, and its answers where they may be read."""
    with database().reading() as session:
        listed = read(session, wave)
        forms = listed.looked.of([id])
        if not forms:
            raise NotFound("One of these forms does not belong to this wave. Open the list again.")
        decisions = reviews.history(session, wave, id)
        answers = reviews.readable(session, listed.wave, id)
    return render_template(
        "staff/reviewed.html",
        wave=listed.wave,
        row=listed.row(forms[0]),
        decisions=[(_(reviews.STATES[decision.state]), decision) for decision in decisions],
        state=_(reviews.STATES[listed.decision(forms[0]).state]),
        answers=answers,
        withheld=_(reviews.WITHHELD[answers.withheld]) if answers.withheld else "",
    )

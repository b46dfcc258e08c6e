"""Page: whether answers differ by who asked or who keyed, with intervals, and what that may come from."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import interviewer_effects
from survey.waves import waves
from survey.web.current import database
from survey.web.staff.blueprint import pages


@pages.page("/<wave>/ra-soat/nguoi-hoi-nguoi-nhap", Right.REVIEW, tab="staff.review", endpoint="effects")
def effects_of(wave: str) -> ResponseReturnValue:
    """Interviewers and keyers: the share of the differences that goes with them, and each beside the rest."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        asked, keyed = (
            interviewer_effects.interviewers(session, wave_row),
            interviewer_effects.keyers(session, wave_row),
        )
    return render_template(
        "staff/review_effects.html", wave=wave_row, asked=asked, keyed=keyed, fewest=interviewer_effects.FEWEST
    )

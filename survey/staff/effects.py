"""Page: whether answers differ by who asked or who keyed, with intervals, and what that may come from."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from survey import waves
from survey.database import database
from survey.fieldwork import effects
from survey.people.accounts import Right, requires
from survey.staff.blueprint import pages


@pages.get("/<wave>/ra-soat/nguoi-hoi-nguoi-nhap", endpoint="effects")
@requires(Right.REVIEW)
def effects_of(wave: str) -> ResponseReturnValue:
    """Interviewers and keyers: the share of the differences that goes with them, and each beside the rest."""
    with database().reading() as session:
        found = waves.find(session, wave)
        asked, keyed = effects.interviewers(session, found), effects.keyers(session, found)
    return render_template(
        "staff/review_effects.html", wave=found, asked=asked, keyed=keyed, fewest=effects.FEWEST
    )

"""Page: what people wrote in their own words: how far it is read, and what it is about."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from survey.accounts.accounts import Right
from survey.remarks import codings, themes
from survey.results import remarks as results
from survey.results.remarks import ThemeCounts, ThemeLine
from survey.storage.models import Unit
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from translations import N_
from translations.formats import order

MOST = 2  # themes of a commune that the list names


@pages.page("/<wave>/loi-gop-y", Right.RESULTS, tab=Tab(1, N_("Remarks"), "staff.items"))
def remarks(wave: str) -> ResponseReturnValue:
    """How many remarks are coded, what they are about, and how far two coders agree."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        first, second = codings.queues(session, wave_row, current_user.name)
        coded = codings.coded(session, wave)
        agreed = codings.agreed(session, wave)
        gathered = results.gather(session, wave_row)
        places = {unit.code: unit for unit in session.scalars(select(Unit))}
    own = gathered.units if gathered else {}
    rows = [(places[code], one, _most(one)) for code, one in own.items() if one.mark != "hidden"]
    return render_template(
        "staff/remarks.html",
        wave=wave_row,
        first=first,
        second=second,
        coded=coded,
        agreed=agreed,
        counts=gathered,
        units=sorted(rows, key=lambda row: order(row[0].name)),
        silent=len(own) - len(rows),
        name=themes.name,
    )


def _most(own: ThemeCounts) -> list[ThemeLine]:
    """What was written about most, as far as it is shown."""
    shown = [line for line in own.lines if line.count]
    return sorted(shown, key=lambda line: -(line.count or 0))[:MOST]

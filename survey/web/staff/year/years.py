"""Page: the years of the province."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.system import dates
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.year import years as known
from translations import N_


@pages.page("/nam/", Right.YEAR, tab=Tab(2, N_("Year"), "main"))
def years() -> ResponseReturnValue:
    """Each year of which there is something, and the present one."""
    with database().reading() as session:
        lines = known.lines(session)
    return render_template("staff/year_list.html", lines=lines, present=dates.today().year)

"""Page: where the province stands in a year, and what to do next."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.year import years
from survey.year.rows import YEARS
from translations import N_, NotFound


@pages.page("/nam/<int:year>", Right.YEAR, tab=Tab(1, N_("Overview"), "year"))
def year(year: int) -> ResponseReturnValue:
    """The home of a year."""
    if year not in YEARS:
        raise NotFound("There is no such year here. Choose one from the list.")
    with database().reading() as session:
        lines = years.lines(session)
    return render_template("staff/year_home.html", year=year, years=sorted({year, *(line.year for line in lines)}))

"""Page: where the province stands in a year, who answers for what, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.storage.models import Unit, WaveKind, YearRole
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.results.overview import Task
from survey.web.staff.year import index_plot, plan
from survey.year import document_figures, overview, year_releases, year_waves, years
from survey.year.document_lines import Line
from survey.year.duties import DutyLine
from survey.year.overview import CardView
from survey.year.rows import YEARS
from translations import N_, NotFound, Refusal
from translations import gettext as _

FIRST = 6  # duties on the page; the plan has all
SCORED = ("official", "assessed", "self")
BACK = 2  # years before, whose points are shown while a year has none


@pages.page("/nam/<int:year>", Right.YEAR, endpoint="year", tab=Tab(1, N_("Overview"), "year"))
def home(year: int) -> ResponseReturnValue:
    """The home of a year."""
    return _page(checked(year))


def _page(year: int, fault: Refusal | None = None) -> ResponseReturnValue:
    with database().reading() as session:
        lines = plan.lines_of(session, year)
        known = {unit.code: unit for unit in session.scalars(select(Unit))}
        indices = overview.indices(session, year, lines)
        estimate, wave = overview.survey_index(session, year)
        cards = overview.cards(session, year)
        scored_year, lost = _lost(session, year)
        page = render_template(
            "staff/year_home.html",
            year=year,
            years=sorted({year, *(one.year for one in years.lines(session))}),
            indices=[(view, index_plot.plot(view)) for view in indices],
            estimate=estimate,
            surveyed=wave,
            cards=cards,
            lines=lines,
            rows=plan.rows_of(session, year, lines[:FIRST]),
            known=known,
            offices=plan.offices_of(lines, known),
            lost=lost,
            scored_year=scored_year,
            tasks=_tasks(session, year, lines, cards),
            offered=_offered(session),
            named=overview.waves_named(session, year),
            fault=fault,
        )
    return page, fault.status if fault else 200


def checked(year: int) -> int:
    """A year that something may be of; any other number is no page."""
    if year not in YEARS:
        raise NotFound("There is no such year here. Choose one from the list.")
    return year


@pages.page(
    "/nam/<int:year>/dot", Right.YEAR, methods=["POST"], endpoint="year_waves", act=N_("Named a year's waves")
)
def name_waves(year: int) -> ResponseReturnValue:
    """Says which waves the measures of the year mean."""
    try:
        with database().writing() as session:
            for role in YearRole:
                if code := request.form.get(role.value):
                    year_waves.name(session, checked(year), role, code)
    except Refusal as refusal:
        return _page(checked(year), refusal)
    flash(_("The waves of the year are named."))
    return redirect(url_for(".year", year=year), 303)


def _offered(session: Session) -> dict[str, list[str]]:
    """The sample waves that may have each role, the newest first."""
    offered: dict[str, list[str]] = {role.value: [] for role in YearRole}
    for wave in waves.list_all(session):
        if wave.kind is WaveKind.SAMPLE:
            role = questionnaires.by_digest(session, wave.questionnaire).population.survey
            if role in offered:
                offered[role].append(wave.code)
    return offered


def _lost(session: Session, year: int) -> tuple[int, list[Line]]:
    """The parts that lost points, the most first: of the year, or of the newest one before that has any."""
    for one in range(year, year - 1 - BACK, -1):
        scored = [line for line in document_figures.lost(session, one) if line.state in SCORED and line.lost]
        if scored:
            return one, scored
    return year, []


def _tasks(session: Session, year: int, lines: Sequence[DutyLine], cards: Sequence[CardView]) -> list[Task]:
    """What Home Affairs does next, each where it is done.

    An index is published in the year after its own; a year that is over gets no plan any more.
    """
    due = min(year, dates.today().year - 1)
    missing = document_figures.missing(session, due)
    waiting = sum(card.waiting for card in cards)
    answered = sum(line.state == "answered" for line in lines)
    release = next(iter(year_releases.list_all(session, year)), None)
    found = [
        (len(missing), _("indices of %(year)s are not entered", year=due), url_for(".published")),
        (waiting, _("self-scores wait to be appraised"), url_for(".scorecards", year=year)),
        (answered, _("answers wait to be published"), url_for(".feedback", year=year)),
        (int(not lines and year >= dates.today().year), _("plan to be imported"), url_for(".plan", year=year)),
        (
            int(release is not None and release.approved is None),
            _("release of the document waits"),
            url_for(".year_document", year=year),
        ),
    ]
    return [Task(count, text, address) for count, text, address in found if count]

"""Page: the year's document, from the draft to the files that went out."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.reports import year_files
from survey.results import release_steps
from survey.storage.models import YearRelease
from survey.web import integers
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.results.releases import STATES
from survey.web.staff.results.reports import KINDS
from survey.web.staff.year.home import checked
from survey.year import document_figures, year_releases
from translations import LANGUAGES, N_, NotFound, Refusal
from translations import gettext as _
from translations import language as spoken

FORMATS = {"docx": "Word", "pdf": "PDF", "xlsx": "Excel", "json": "JSON"}


@pages.page(
    "/nam/<int:year>/tai-lieu", Right.YEAR, endpoint="year_document", tab=Tab(6, N_("The yearly document"), "year")
)
def document(year: int) -> ResponseReturnValue:
    """How far the document is, what stops it, and the files of each release."""
    return _page(checked(year))


def _page(year: int, fault: Refusal | None = None) -> ResponseReturnValue:
    with database().reading() as session:
        every = year_releases.list_all(session, year)
        shown = year_releases.newest(session, year)
        obstacles = year_releases.obstacles(session, year)
        missing = document_figures.missing(session, year)
    page = render_template(
        "staff/year_document.html",
        year=year,
        rows=[(one, release_steps.state(one, shown, every[0])) for one in every],
        last=every[0] if every else None,
        shown=shown,
        obstacles=obstacles,
        missing=missing,
        states=STATES,
        hands=release_steps.hands,
        named=release_steps.named,
        formats=FORMATS,
        fault=fault,
    )
    return page, fault.status if fault else 200


@pages.page(
    "/nam/<int:year>/tai-lieu",
    Right.RELEASE,
    methods=["POST"],
    endpoint="year_release_step",
    act=N_("Took a step towards a year's document"),
    reauthenticate=True,
)
def step(year: int) -> ResponseReturnValue:
    """Freezes the present document, or takes a release one step on; a refusal stands on the page."""
    taken = STEPS.get(request.form.get("buoc", ""))
    if taken is None:
        raise NotFound("There is no such step. Choose one on the page of the releases.")
    return _taken(year, taken)


def _taken(year: int, step: Callable[[Session, int], str]) -> ResponseReturnValue:
    try:
        with database().writing() as session:
            message = step(session, checked(year))
    except Refusal as refusal:
        return _page(year, refusal)
    flash(message)
    return redirect(url_for(".year_document", year=year), 303)


@pages.act(
    "/nam/<int:year>/tai-lieu/duyet",
    Right.APPROVE,
    N_("Took a step towards a year's document"),
    endpoint="approve_year",
    reauthenticate=True,
)
def approve(year: int) -> ResponseReturnValue:
    """Lets the document of a release be given out."""
    return _taken(year, _approve)


def _freeze(session: Session, year: int) -> str:
    release = year_releases.freeze(session, year, current_user.name)
    return _("Release %(number)s is frozen. Its figures are checked next.", number=release.number)


def _check(session: Session, year: int) -> str:
    release = _named(session, year)
    release_steps.check(release, current_user.name)
    return _("Release %(number)s is checked. Somebody else approves it next.", number=release.number)


def _approve(session: Session, year: int) -> str:
    release = _named(session, year)
    year_files.approve(session, release, current_user.name)
    return _("Release %(number)s is approved: its files stay as they are.", number=release.number)


STEPS: dict[str, Callable[[Session, int], str]] = {"dong-bang": _freeze, "kiem-tra": _check}


def _named(session: Session, year: int) -> YearRelease:
    return year_releases.find(session, year, request.form.get("ban", 0, integers.bounded_int))


@pages.page(
    "/nam/<int:year>/tai-lieu/<format>",
    Right.YEAR,
    endpoint="year_file",
    act=N_("Downloaded a year's document"),
    export=True,
)
def file(year: int, format: str) -> ResponseReturnValue:
    """The present draft, or the release `?ban=`; in the language of the page, or `?ngon-ngu=`."""
    language = request.args.get("ngon-ngu", spoken())
    if format not in FORMATS or language not in LANGUAGES:
        raise NotFound("There is no report in the format %(format)s. Choose one on the page.", format=format)
    number = request.args.get("ban", None, integers.bounded_int)
    with database().reading() as session:
        if number is None:
            made, name = year_files.draft(session, checked(year), format, language), "du-thao"
        else:
            release = year_releases.find(session, year, number)
            made, name = year_files.of_release(session, release, format, language), f"ban-{number}"
    answer = Response(made, content_type=KINDS[format].content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="nam-{year}-{name}-{language}.{format}"'
    return answer

"""Page: the scorecard documents of a year, and the form that takes a further one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from sqlalchemy.orm import Session

from forms import scorecard as documents
from forms.scorecard import Scorecard
from survey.accounts.accounts import Right
from survey.storage.models import Unit
from survey.system import dates
from survey.waves import units
from survey.web.current import database
from survey.web.pages import MB, Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm
from survey.web.staff.uploads import load_upload
from survey.year import score_rows, scorecard_table, scorecards, scores, years
from survey.year.rows import YEARS
from survey.year.scorecard_table import ScorecardTable
from translations import N_, Lazy, NotFound
from translations import gettext as _
from translations.formats import order


class DocumentForm(StaffForm):
    """A scorecard document."""

    file = FileField(
        Lazy("Scorecard (YAML)"),
        description=Lazy(
            "A file as par_tinh.yaml: areas, criteria, components, each with its maximum. What is not known is "
            "written max: null, and a later version has it."
        ),
    )


@dataclass(frozen=True)
class DocumentLine:
    """A document in a year: its table where it rates the province, else the units that it rates."""

    card: Scorecard
    table: ScorecardTable | None
    units: Sequence[Unit] = ()
    scored: frozenset[str] = frozenset()


@pages.page("/nam/<int:year>/bang-diem/", Right.YEAR, endpoint="scorecards", tab=Tab(2, N_("Scorecards"), "year"))
def list_scorecards(year: int) -> ResponseReturnValue:
    """The documents, each with what is known to be lost."""
    return _page(year, DocumentForm(formdata=None), 200)


@pages.page(
    "/nam/<int:year>/bang-diem/bo-tieu-chi",
    Right.YEAR,
    methods=["POST"],
    endpoint="publish_scorecard",
    act=N_("Published a scorecard"),
    tab="staff.scorecards",
    max_upload=MB,
)
def publish_scorecard(year: int) -> ResponseReturnValue:
    """Takes a document as a version, for good."""
    checked(year)
    form = DocumentForm()
    card = load_upload(form, _publish)
    if card is None:
        return _page(year, form, 422)
    flash(_("%(name)s is published. It doesn't change any more; a new text is a new version.", name=card.name))
    return redirect(url_for(".scorecards", year=year), 303)


def _publish(session: Session, path: Path) -> Scorecard:
    card = documents.load(path)
    scorecards.publish(session, card, dates.today())
    return card


def checked(year: int) -> None:
    """Refuses what is no year."""
    if year not in YEARS:
        raise NotFound("There is no such year here. Choose one from the list.")


def listed(session: Session, year: int) -> list[int]:
    """The years of the bar."""
    return sorted({year, *(line.year for line in years.lines(session))})


def _page(year: int, form: DocumentForm, status: int) -> ResponseReturnValue:
    checked(year)
    with database().reading() as session:
        codes = dict.fromkeys(card.code for card in scorecards.published(session))
        lines = [_line(session, year, code) for code in codes]
        shown = listed(session, year)
    page = render_template("staff/year_scorecards.html", year=year, years=shown, lines=lines, form=form)
    return page, status


def _line(session: Session, year: int, code: str) -> DocumentLine:
    card = scores.version_of(session, year, code)
    if card.rates == "province":
        return DocumentLine(card, scorecard_table.table(session, year, code))
    scored = frozenset(scores.rated_units(session, year, code))
    here = [unit for unit in units.answering(session, dates.today()) if score_rows.is_of_kind(card, unit)]
    return DocumentLine(card, None, sorted(here, key=lambda unit: order(unit.name)), scored)

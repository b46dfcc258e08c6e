"""Page: a scorecard in a year: where points were lost, how each criterion was scored, and who answers for it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.file import FileField
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import RadioField
from wtforms.fields import SelectChoice

from forms.scorecard import Scorecard
from survey.accounts.accounts import Right
from survey.storage.models import PublishedFigure, ScoreKind, Unit
from survey.system.csv_table import Writer
from survey.web.current import database
from survey.web.pages import MB
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm
from survey.web.staff.uploads import load_upload
from survey.web.staff.year import points_drawing
from survey.web.staff.year.scorecards import checked, listed
from survey.year import published, scorecard_table, scores
from survey.year.scorecard_table import ScorecardLine, ScorecardTable
from translations import N_, Lazy
from translations import gettext as _
from translations.formats import number, order

KINDS = {
    ScoreKind.SELF: N_("Self score"),
    ScoreKind.ASSESSED: N_("Appraised score"),
    ScoreKind.OFFICIAL: N_("Official score"),
}
LAST = date.max
# How rows are sorted: the word in the address, and its name.
SORTS: dict[str, str] = {
    "mat": N_("Points lost"),
    "muc": N_("Area"),
    "co-quan": N_("Office"),
    "han": N_("Deadline"),
}


class ScoresForm(StaffForm):
    """A file of scores of one kind."""

    kind = RadioField(
        Lazy("What points are these?"),
        choices=[SelectChoice(kind.value, Lazy(name)) for kind, name in KINDS.items()],
        default=ScoreKind.SELF.value,
    )
    file = FileField(
        Lazy("List of scores (CSV or Excel)"),
        description=Lazy(
            "Columns part, value, evidence (1/BC-SNV 2025-01-12 Report; several separated by ;) or explanation, "
            "and unit where units are rated. All rows or none are imported."
        ),
    )


@pages.page("/nam/<int:year>/bang-diem/<document>", Right.YEAR, tab="staff.scorecards")
def scorecard(year: int, document: str) -> ResponseReturnValue:
    """The scorecard. `don-vi`: of a unit; `xep`: sorted by points lost, area, office or deadline."""
    return _page(year, document, ScoresForm(formdata=None), 200)


@pages.page(
    "/nam/<int:year>/bang-diem/<document>/tep",
    Right.YEAR,
    methods=["POST"],
    act=N_("Imported scores of a scorecard"),
    tab="staff.scorecards",
    max_upload=20 * MB,
)
def import_scores(year: int, document: str) -> ResponseReturnValue:
    """Takes a file of scores, all of it or nothing."""
    form = ScoresForm()
    unit = request.args.get("don-vi") or None
    with database().reading() as session:
        card = scores.version_of(session, year, document, unit)
    stored = load_upload(
        form,
        lambda session, path: scores.load(session, path, year, card.name, form.kind.data, current_user.name),
    )
    if stored is None:
        return _page(year, document, form, 422)
    flash(
        _(
            "Scores added: %(stored)s; unchanged: %(there)s.",
            stored=number(sum(stored)),
            there=number(len(stored) - sum(stored)),
        )
    )
    return redirect(url_for(".scorecard", year=year, document=document, **of_unit(unit)), 303)


@pages.page("/nam/<int:year>/bang-diem/<document>/bang.csv", Right.YEAR, export=True, tab="staff.scorecards")
def scorecard_file(year: int, document: str) -> ResponseReturnValue:
    """The table as the command line gives it."""
    with database().reading() as session:
        found = scorecard_table.table(session, year, document, request.args.get("don-vi") or None)
    records = [one | {"flags": ";".join(one["flags"])} for one in scorecard_table.records(found)]
    text = io.StringIO()
    Writer(text).records(scorecard_table.FIELDS, records)
    name = f"{found.card.code}-{year}-{found.unit.code}.csv"
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _page(year: int, document: str, form: ScoresForm, status: int) -> ResponseReturnValue:
    checked(year)
    sort, unit = request.args.get("xep", "mat"), request.args.get("don-vi") or None
    with database().reading() as session:
        if unit is None and scores.version_of(session, year, document).rates != "province":
            return redirect(url_for(".scorecards", year=year, _anchor=document), 303)
        found = scorecard_table.table(session, year, document, unit)
        names = {unit.code: unit.name for unit in session.scalars(select(Unit))}
        whole = published_whole(session, found.card, year)
        shown = listed(session, year)
    rows = [line for line in found.leaves if line.part.max is not None and is_typed(line)]
    page = render_template(
        "staff/year_scorecard.html",
        year=year,
        years=shown,
        found=found,
        names=names,
        whole=whole,
        rows=sorted(rows, key=_sorting(found, names).get(sort, _by_lost)),
        measured=[line for line in found.lines if line.value.measured is not None],
        unknown=unknown_maxima(found),
        segments=_segments(found, whole),
        pixels=points_drawing.pixels([line.value for line in rows]),
        whisker=points_drawing.whisker,
        sort=sort if sort in SORTS else "mat",
        sorts=SORTS,
        form=form,
    )
    return page, status


def of_unit(unit: str | None) -> dict[str, Any]:
    """The unit as a part of an address."""
    return {"don-vi": unit} if unit else {}


def is_typed(line: ScorecardLine) -> bool:
    """Whether somebody scores it, or did: it stands in the table; what surveys give alone stands below."""
    return not line.part.measures or any(line.value.of(kind.value) for kind in ScoreKind)


def unknown_maxima(found: ScorecardTable) -> tuple[list[str], list[str]]:
    """The leaves whose maximum isn't known, and the parts of which the rest isn't."""
    unknown = [line.part for line in found.lines[1:] if line.part.max is None]
    return [part.code for part in unknown if not part.parts], [part.code for part in unknown if part.parts]


def published_whole(session: Session, card: Scorecard, year: int) -> PublishedFigure | None:
    """What others published as the whole of the index that a document scores, told by its name in the title.

    Never of a document with measured parts: own figures stand on no line with published ones.
    """
    if card.rates != "province" or card.caution is not None or card.whole.max is None:
        return None
    for one in published.current(session, year, place=published.own_place(session)):
        named = f"({one.index.replace('_', ' ')})" in card.title.vi
        if not one.part and one.value is not None and one.max == card.whole.max and named:
            return one
    return None


def _segments(found: ScorecardTable, whole: PublishedFigure | None) -> list[points_drawing.Segment]:
    lost = [(line.part.code, line.value.lost or 0.0) for line in found.lost]
    if not lost:
        return []
    rest = 0.0 if whole is None or whole.value is None else (whole.max or 0.0) - whole.value - found.known_lost
    return points_drawing.segments(lost, round(rest, 6))


def _by_lost(line: ScorecardLine) -> Any:
    return line.by_most_lost


def _sorting(found: ScorecardTable, names: dict[str, str]) -> dict[str, Callable[[ScorecardLine], Any]]:
    place: Sequence[str] = list(found.card.parts)

    def office(line: ScorecardLine) -> Any:
        return line.duty is None, order(names.get(line.duty.office, "")) if line.duty else "", line.by_most_lost

    def deadline(line: ScorecardLine) -> Any:
        return (line.duty.deadline if line.duty else LAST), line.by_most_lost

    return {"muc": lambda line: place.index(line.part.code), "co-quan": office, "han": deadline}

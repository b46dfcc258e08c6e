"""Page: what others published of the province, by index and year; entered one by one or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice

from survey.accounts.accounts import Right
from survey.storage import audit
from survey.storage.models import PublishedFigure
from survey.system import dates
from survey.web import integers
from survey.web.current import database
from survey.web.pages import MB, Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.form import NEEDED, StaffForm, decimal_point
from survey.web.staff.uploads import load_upload
from survey.web.staff.year.row_form import RowForm
from survey.year import overview, published
from survey.year.rows import Cells
from translations import N_, Lazy
from translations import gettext as _
from translations.formats import number

DECIMAL = {"inputmode": "decimal", "size": 8}


class FigureForm(RowForm):
    """One published figure."""

    year = StringField(Lazy("Year"), NEEDED, render_kw={"inputmode": "numeric", "size": 6})
    place = StringField(
        Lazy("Whose figure"), NEEDED, description=Lazy("The province's name, or Việt Nam for the mean.")
    )
    index = StringField(Lazy("Index"), NEEDED, description="PAR_INDEX, SIPAS, PAPI …")
    part = StringField(
        Lazy("Part"), description=Lazy("Blank for the whole; else its number or item: 8, 8.3, C5=3")
    )
    unit = SelectField(
        Lazy("Unit"), choices=[SelectChoice("points", Lazy("points")), SelectChoice("percent", Lazy("percent"))]
    )
    value = StringField(
        Lazy("Value"),
        description=Lazy("Blank if nothing was published."),
        filters=[decimal_point],
        render_kw=DECIMAL,
    )
    max = StringField(
        Lazy("Maximum"),
        description=Lazy("Of points: 100, 80, 10 …"),
        filters=[decimal_point],
        render_kw=DECIMAL,
    )
    rank = StringField(Lazy("Rank"), render_kw={"inputmode": "numeric", "size": 6})
    of = StringField(Lazy("Among how many"), render_kw={"inputmode": "numeric", "size": 6})
    group = StringField(Lazy("Group (1 is the top one)"), render_kw={"inputmode": "numeric", "size": 6})
    source = StringField(Lazy("Source"), NEEDED, description=Lazy("Document or address where it stands."))
    note = StringField(Lazy("Note"), description=Lazy("Without a value: why nothing was published."))


class FileForm(StaffForm):
    """A file of published figures."""

    file = FileField(
        Lazy("List of published figures (CSV or Excel)"),
        description=Lazy(
            "Columns year, place, index, part, value, unit, source, and if wanted max, rank, of, group, note. All "
            "rows or none are imported."
        ),
    )


@dataclass(frozen=True)
class IndexYear:
    """A year of an index: its figure (None: nobody entered it), the change on the year before, others' figures."""

    year: int
    figure: PublishedFigure | None
    change: float | None
    others: Sequence[PublishedFigure]


@dataclass(frozen=True)
class IndexTable:
    """An index of the own province: its years, the newest first, and the parts of the newest that has any."""

    index: str
    years: Sequence[IndexYear]
    parts: Sequence[PublishedFigure]
    marks: dict[int, tuple[str, ...]]

    @property
    def newest(self) -> IndexYear | None:
        """The last year with a whole; None where parts alone were entered."""
        return next((line for line in self.years if line.figure is not None), None)

    @property
    def missing(self) -> list[int]:
        """Years in which nothing was published."""
        return [line.year for line in self.years if line.figure and not published.is_published(line.figure)]


@pages.form(
    "/da-cong-bo",
    Right.YEAR,
    N_("Entered a published figure"),
    endpoint="published",
    tab=Tab(3, N_("Published"), "year"),
)
def published_figures() -> ResponseReturnValue:
    """The figures, and the form that enters one: a figure of the same key takes the former's place.

    `year`: under whose bar the page stands.
    """
    form = FigureForm()
    if form.validate_on_submit() and form.store(_enter):
        flash(_("The figure is stored."))
        return redirect(url_for(".published"), 303)
    return _page(form, FileForm(formdata=None), 422 if form.errors else 200)


def _enter(session: Session, cells: Cells) -> None:
    published.put(session, published.read(cells))
    audit.annotate(**{name: cells[name] for name in published.KEY})


@pages.act("/da-cong-bo/tep", Right.YEAR, N_("Imported published figures"), max_upload=20 * MB)
def import_published() -> ResponseReturnValue:
    """Takes a file of figures, all of it or nothing."""
    form = FileForm()
    done = load_upload(form, published.load)
    if done is None:
        return _page(FigureForm(formdata=None), form, 422)
    flash(
        _(
            "Published figures added: %(stored)s; corrected: %(changed)s; unchanged: %(unchanged)s.",
            stored=number(done.stored),
            changed=number(done.changed),
            unchanged=number(done.unchanged),
        )
    )
    return redirect(url_for(".published"), 303)


def _page(form: FigureForm, file: FileForm, status: int) -> ResponseReturnValue:
    with database().reading() as session:
        tables, others = gather(session)
        holding = {one.id for one in published.current(session)}
        former = [one for one in published.list_all(session) if one.id not in holding]
        place = published.own_place(session)
        year = request.args.get("year", dates.today().year, integers.bounded_int)
        measured = [view for view in overview.cards(session, year) if view.measured]
    page = render_template(
        "staff/year_published.html",
        tables=tables,
        others=others,
        former=former,
        place_name=place,
        year=year,
        measured=measured,
        form=form,
        file=file,
        indices=published.MAIN,
    )
    return page, status


def gather(session: Session) -> tuple[list[IndexTable], list[PublishedFigure]]:
    """The indices of the own province, PAR INDEX, SIPAS and PAPI first; and the figures of none of them."""
    place = published.own_place(session)
    figures = published.current(session)
    marks = published.flags(figures)
    own = [one for one in figures if one.place == place]
    indices = sorted({one.index for one in own}, key=published.index_order)
    tables = [_table(session, index, own, figures, marks) for index in indices]
    return tables, [one for one in figures if one.index not in indices]


def _table(
    session: Session,
    index: str,
    own: Sequence[PublishedFigure],
    figures: Sequence[PublishedFigure],
    marks: dict[int, tuple[str, ...]],
) -> IndexTable:
    whole = {one.year: one for one in own if one.index == index and not one.part}
    partial = [one for one in own if one.index == index and one.part]
    last = max((one.year for one in partial), default=0)
    years = {*whole, *(one.year for one in partial)}
    lines = [
        IndexYear(
            year,
            whole.get(year),
            published.change(session, whole[year]) if year in whole else None,
            [one for one in figures if (one.index, one.year, one.part) == (index, year, "") and one not in own],
        )
        for year in range(max(years), min(years) - 1, -1)
    ]
    parts = [one for one in partial if one.year == last]
    return IndexTable(index, lines, sorted(parts, key=_share), marks)


def _share(one: PublishedFigure) -> tuple[bool, float]:
    """By the share of the ceiling, the lowest first; what was not published last."""
    return one.value is None, (one.value or 0) / (one.max or 1)

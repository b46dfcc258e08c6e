"""Pages: cases of a year: made of what five people or more said, given to an office, published by the quarter."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.file import FileField
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired

from survey.accounts.accounts import Right
from survey.storage.models import Coding, Unit, Wave
from survey.system import dates
from survey.waves import units, waves
from survey.web.current import database
from survey.web.pages import MB, Tab
from survey.web.public.feedback import OUTCOMES
from survey.web.staff.blueprint import pages
from survey.web.staff.form import NEEDED, StaffForm, options
from survey.web.staff.uploads import load_upload
from survey.web.staff.year.row_form import RowForm, offices
from survey.year import case_steps, cases, years
from survey.year.case_steps import Offer
from survey.year.cases import CaseLine
from survey.year.rows import YEARS, Cells
from translations import N_, Lazy, NotFound, Refusal
from translations import gettext as _
from translations.formats import number, order


class CaseForm(RowForm):
    """One case."""

    theme = SelectField(
        Lazy("Theme and place"),
        [InputRequired(Lazy("Choose the theme."))],
        description=Lazy("Only what at least five people are shown to have written about stands here."),
    )
    words = StringField(
        Lazy("What they said, in one sentence"),
        NEEDED,
        description=Lazy(
            "In your own words, as several would say it. No name, no number, nobody's story; of the whole "
            "province no name of a commune."
        ),
        render_kw={"maxlength": case_steps.LONGEST_WORDS},
    )
    office = SelectField(Lazy("Office that answers"), NEEDED, validate_choice=False)
    head = StringField(Lazy("Its head"), NEEDED, description=Lazy("The position, not a name: Giám đốc Sở Nội vụ"))
    deadline = StringField(Lazy("Deadline"), NEEDED, render_kw={"type": "date"})


class CaseFileForm(StaffForm):
    """A file of cases, or of replies."""

    file = FileField(
        Lazy("Cases (CSV or Excel)"),
        description=Lazy(
            "Columns wave, unit (blank: the province), theme, words, office, head, deadline. All rows or none are "
            "imported."
        ),
    )


class ReplyFileForm(StaffForm):
    """A file of replies."""

    file = FileField(
        Lazy("Replies (CSV or Excel)"),
        description=Lazy(
            "Columns case, outcome (done, doing, cannot, passed), words; for passed also office and head. All "
            "rows or none are imported."
        ),
    )


class PublishForm(StaffForm):
    """The publication of what was read."""

    seen = HiddenField()


@pages.page("/nam/<int:year>/phan-hoi", Right.YEAR, tab=Tab(5, N_("Feedback"), "year"))
def feedback(year: int) -> ResponseReturnValue:
    """The cases of a year by quarter: what is late first, what is answered, what everybody sees."""
    if year not in YEARS:
        raise NotFound("There is no such year here. Choose one from the list.")
    with database().reading() as session:
        lines = [line for line in cases.lines(session) if line.quarter[:4] == str(year)]
        known = {unit.code: unit for unit in session.scalars(select(Unit))}
        made_up = _is_made_up(session, lines)
        called = waves.titles(session)
        every_year = sorted({year, *(one.year for one in years.lines(session))})
    newest = sorted(lines, key=lambda line: line.quarter, reverse=True)
    return render_template(
        "staff/year_feedback.html",
        year=year,
        years=every_year,
        lines=lines,
        quarters=[(quarter, [*own]) for quarter, own in groupby(newest, lambda line: line.quarter)],
        quarter_name=cases.quarter_name,
        rates=sorted(cases.answering(lines), key=lambda one: order(known[one.office].name)),
        known=known,
        called=called,
        outcomes={outcome: _(name) for outcome, name in OUTCOMES.items()},
        present=dates.today().year,
        made_up=made_up,
    )


@pages.page(
    "/nam/<int:year>/phan-hoi/giao",
    Right.YEAR,
    methods=["GET", "POST"],
    act=N_("Opened a case"),
    tab="staff.feedback",
    changes_figures=False,
)
def open_case(year: int) -> ResponseReturnValue:
    """The form of a case, by what may become one; it is of the present quarter, whatever year was looked at."""
    form, offers = _form()
    if form.validate_on_submit() and form.store(_open):
        flash(_("The case is with its office."))
        return redirect(url_for(".feedback", year=dates.today().year), 303)
    return _open_page(year, form, offers)


def _open(session: Session, cells: Cells) -> None:
    chosen = dict(zip(("wave", "unit", "theme"), cells["theme"].split("|"), strict=True))
    case_steps.open_case(session, {**cells, **chosen}, current_user.name)


@pages.page(
    "/nam/<int:year>/phan-hoi/tep",
    Right.YEAR,
    methods=["POST"],
    act=N_("Opened cases from a file"),
    max_upload=20 * MB,
    changes_figures=False,
)
def import_cases(year: int) -> ResponseReturnValue:
    """Takes a file of cases, all of it or nothing."""
    form = CaseFileForm()
    opened = load_upload(form, lambda session, path: case_steps.load_opened(session, path, current_user.name))
    if opened is None:
        return _open_page(year, *_form(formdata=None), file=form)
    flash(_("Cases: %(count)s", count=number(len(opened))))
    return redirect(url_for(".feedback", year=year), 303)


@pages.page(
    "/nam/<int:year>/phan-hoi/tra-loi",
    Right.YEAR,
    methods=["POST"],
    act=N_("Imported replies to cases"),
    max_upload=20 * MB,
    changes_figures=False,
)
def import_replies(year: int) -> ResponseReturnValue:
    """Takes a file of replies, all of it or nothing."""
    form = ReplyFileForm()
    stored = load_upload(form, lambda session, path: case_steps.load_answered(session, path, current_user.name))
    if stored is None:
        return _open_page(year, *_form(formdata=None), replies=form)
    flash(_("Replies stored: %(stored)s.", stored=stored))
    return redirect(url_for(".feedback", year=year), 303)


@pages.page(
    "/nam/<int:year>/phan-hoi/dang/<quarter>",
    Right.YEAR,
    methods=["GET", "POST"],
    act=N_("Published the cases of a quarter"),
    tab="staff.feedback",
    reauthenticate=True,
    changes_figures=False,
)
def publish_cases(year: int, quarter: str) -> ResponseReturnValue:
    """All cases of a quarter with their replies, to be read by somebody who wrote none, and put onto the public
    page."""
    fault: Refusal | None = None
    form = PublishForm()
    if form.validate_on_submit():
        try:
            with database().writing() as session:
                count = case_steps.publish(session, quarter, current_user.name, form.seen.data or "")
        except Refusal as refusal:
            fault = refusal
        else:
            flash(_("Cases of %(quarter)s published: %(count)s.", quarter=quarter, count=number(count)))
            return redirect(url_for(".feedback", year=year), 303)
    with database().reading() as session:
        lines = cases.lines(session, cases.checked_quarter(quarter))
        known = {unit.code: unit for unit in session.scalars(select(Unit))}
        made_up = _is_made_up(session, lines)
    if not lines or quarter[:4] != str(year):
        raise NotFound("Quarter %(quarter)s has no case.", quarter=quarter)
    page = render_template(
        "staff/year_feedback_publish.html",
        year=year,
        quarter=quarter,
        name=cases.quarter_name(quarter),
        lines=lines,
        seen=case_steps.mark(lines),
        known=known,
        outcomes={outcome: _(words) for outcome, words in OUTCOMES.items()},
        fault=fault,
        made_up=made_up,
    )
    return page, fault.status if fault else 200


@pages.page(
    "/nam/<int:year>/phan-hoi/rut",
    Right.YEAR,
    methods=["POST"],
    act=N_("Withdrew the words of a case"),
    changes_figures=False,
)
def withdraw_case(year: int) -> ResponseReturnValue:
    """Empties the words of a case, at once and wherever they are shown."""
    with database().writing() as session:
        case_steps.withdraw(session, request.form.get("dieu", ""))
    flash(_("The sentence is withdrawn and destroyed."))
    return redirect(url_for(".feedback", year=year), 303)


def _is_made_up(session: Session, lines: Iterable[CaseLine]) -> bool:
    """Whether any of the cases is of a made-up wave."""
    return any(session.get_one(Wave, wave).simulated for wave in {line.wave for line in lines})


def _form(**fields: None) -> tuple[CaseForm, list[tuple[Wave, Unit, Offer]]]:
    """The form of a case with what may become one: the choices are places and themes, never a remark."""
    with database().reading() as session:
        coded = session.scalars(select(Coding.wave).distinct()).all()
        found = [
            (wave, units.find(session, offer.unit), offer)
            for wave in (waves.find(session, code) for code in coded)
            for offer in case_steps.offers(session, wave)
        ]
        choosable = offices(session)
    found.sort(key=lambda one: (one[0].opens, one[1].parent is not None, order(one[1].name)))
    form = CaseForm(**fields, theme=request.args.get("tu", ""))
    form.theme.choices = options(
        *(
            (
                f"{wave.code}|{unit.code}|{offer.line.code}",
                f"{units.named(unit)}: {offer.line.name} ({number(offer.line.count)}; {wave.code})",
            )
            for wave, unit, offer in found
        ),
        blank=_("Choose the theme."),
    )
    form.office.choices = options(*choosable, blank=_("Choose an office"))
    return form, found


def _open_page(
    year: int,
    form: CaseForm,
    offers: list[tuple[Wave, Unit, Offer]],
    file: CaseFileForm | None = None,
    replies: ReplyFileForm | None = None,
) -> ResponseReturnValue:
    file, replies = file or CaseFileForm(formdata=None), replies or ReplyFileForm(formdata=None)
    page = render_template(
        "staff/year_feedback_open.html",
        year=year,
        form=form,
        offers=offers,
        file=file,
        replies=replies,
        quarter=cases.quarter_name(cases.quarter_of(dates.today())),
        made_up=any(wave.simulated for wave, _unit, _offer in offers),
    )
    return page, 422 if form.errors or file.errors or replies.errors else 200

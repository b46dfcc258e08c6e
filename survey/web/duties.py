"""Pages: "My work" of an office's account: its duties by day, what it does with each, and nothing of others."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField, TextAreaField

from survey.accounts.accounts import Right
from survey.storage.models import Outcome, ScoreKind, Wave
from survey.system import dates
from survey.waves import units
from survey.web.current import database
from survey.web.pages import Pages, Tab
from survey.web.public.feedback import OUTCOMES
from survey.web.staff.form import NEEDED, decimal_point, iso_days, options
from survey.web.staff.year.duty import REFERENCE, ProgressForm
from survey.web.staff.year.row_form import RowForm, offices
from survey.year import case_steps, duties, measures, own_work, scores
from survey.year.own_work import OwnScore, Verb
from survey.year.rows import Cells
from translations import N_, Lazy
from translations import gettext as _

pages = Pages("duties", __name__)
VERBS = {Verb.REPORT: N_("Report"), Verb.REPLY: N_("Reply"), Verb.SCORE: N_("Score")}


class ScoreForm(RowForm):
    """The points that an office gives itself."""

    value = StringField(
        Lazy("Points"), NEEDED, filters=[decimal_point], render_kw={"inputmode": "decimal", "size": 8}
    )
    evidence = StringField(Lazy("Proof"), description=REFERENCE, filters=[iso_days])
    explanation = TextAreaField(
        Lazy("Explanation"), description=Lazy("Needed where there is no proof."), render_kw={"rows": 3}
    )


class ReplyForm(RowForm):
    """What became of a case."""

    outcome = SelectField(Lazy("What became of it"), NEEDED)
    words = TextAreaField(
        Lazy("Reply"),
        NEEDED,
        description=Lazy("Everybody will read it: what was done or why not. No name, no long number."),
        render_kw={"rows": 5, "maxlength": case_steps.LONGEST_REPLY},
    )
    office = SelectField(
        Lazy("Next office"),
        validate_choice=False,
        description=Lazy("Only where it is passed on; the deadline stays the same."),
    )
    head = StringField(Lazy("Its head"), description=Lazy("The position, not a name: Giám đốc Sở Nội vụ"))


@pages.page("/viec", Right.OWN_DUTIES, tab=Tab(1, N_("My work"), "main"))
def my_work() -> ResponseReturnValue:
    """The own work by day, what the office answers for, and how it answers what people said."""
    with database().reading() as session:
        work = own_work.gather(session, current_user.unit)
        office = units.find(session, current_user.unit)
        places = {line.unit: units.find(session, line.unit) for line in work.cases}
        said = {line.wave for line in work.cases}
        made_up = any(session.get_one(Wave, wave).simulated for wave in said)
        names = {
            line.measure: measures.name(session, year, measures.parsed(line.measure))
            for year, line in [*work.targets, *((job.year or 0, job.duty) for job in work.jobs if job.duty)]
            if line.measure
        }
    return render_template(
        "staff/my_work.html",
        work=work,
        late=[job for job in work.jobs if job.late and not job.done],
        soon=[job for job in work.jobs if job.soon],
        later=[job for job in work.jobs if not (job.done or job.late or job.soon)],
        done=[job for job in work.jobs if job.done],
        office=office,
        places=places,
        names=names,
        made_up=made_up,
        verbs={verb: _(name) for verb, name in VERBS.items()},
        outcome=_outcome,
    )


@pages.page(
    "/viec/<int:year>/<code>",
    Right.OWN_DUTIES,
    methods=["GET", "POST"],
    act=N_("Reported on an own duty"),
    tab="duties.my_work",
    changes_figures=False,
)
def my_duty(year: int, code: str) -> ResponseReturnValue:
    """A task of one's own and the report on it, or a target and the own score of the part that it names."""
    with database().reading() as session:
        line, own, name, history = _duty(session, year, code)
    form: RowForm | None = ScoreForm() if own else None
    if line.kind == "task":
        form = ProgressForm(day=dates.today().isoformat())
    if form is not None and form.validate_on_submit():

        def keep(session: Session, cells: Cells) -> None:
            held, part, _name, _history = _duty(session, year, code)
            if held.kind == "task":
                duties.report(session, year, {**cells, "code": code}, current_user.name)
            elif part is not None:
                given = {"part": part.part.code, "unit": held.unit or "", **cells}
                scores.put(session, year, part.card, ScoreKind.SELF, given, current_user.name)

        if form.store(keep):
            flash(_("It is stored."))
            return redirect(url_for(".my_work"), 303)
    page = render_template(
        "staff/my_duty.html", year=year, line=line, own=own, name=name, history=history, form=form
    )
    return page, 422 if form and form.errors else 200


@pages.page(
    "/viec/dieu/<uuid:id>",
    Right.OWN_DUTIES,
    methods=["GET", "POST"],
    act=N_("Answered what people said"),
    tab="duties.my_work",
    changes_figures=False,
)
def my_case(id: object) -> ResponseReturnValue:
    """What people said, and the reply to it; whoever passes it on has it no more."""
    with database().reading() as session:
        line = own_work.case(session, str(id), current_user.unit)
        choosable = offices(session)
        place = units.find(session, line.unit)
        simulated = session.get_one(Wave, line.wave).simulated
    form = ReplyForm()
    choices = [one for one in Outcome if line.is_open or one is not Outcome.PASSED]
    form.outcome.choices = options(
        *((one.value, _outcome(one)) for one in choices), blank=_("Choose what became of it.")
    )
    form.office.choices = options(*choosable, blank="–")
    if form.validate_on_submit():

        def keep(session: Session, cells: Cells) -> None:
            held = own_work.case(session, str(id), current_user.unit)
            case_steps.answer(session, {**cells, "case": held.case}, current_user.name)

        if form.store(keep):
            flash(_("The reply is stored. Everybody sees it once the quarter is published."))
            return redirect(url_for(".my_work"), 303)
    page = render_template(
        "staff/my_case.html", line=line, place_of=place, form=form, made_up=simulated, outcome=_outcome
    )
    return page, 422 if form.errors else 200


def _duty(session: Session, year: int, code: str) -> tuple[duties.DutyLine, OwnScore | None, str, list[object]]:
    """A duty of one's own, the part that is scored by it, its figure's name, and the reports, newest first."""
    line = own_work.duty(session, year, code, current_user.unit)
    name = measures.name(session, year, measures.parsed(line.measure)) if line.measure else ""
    history: list[object] = [*reversed(duties.reports(session, year).get(code, []))]
    return line, own_work.own_score(session, year, line), name, history


def _outcome(outcome: Outcome) -> str:
    return _(OUTCOMES[outcome])

"""Pages: a duty of a year's plan: set, changed by a new decision, reported on; one of them or a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.file import FileField
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields import SelectChoice

from survey.accounts.accounts import Right
from survey.storage.models import Duty, Progress, Unit
from survey.web.current import database
from survey.web.pages import MB
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, NEEDED, StaffForm, decimal_point, iso_days
from survey.web.staff.uploads import load_upload
from survey.web.staff.year.plan import rows_of
from survey.web.staff.year.row_form import RowForm, offices
from survey.year import duties, measures
from translations import N_, Lazy, NotFound
from translations import gettext as _
from translations.formats import number

DAY = {"type": "date"}
# What stands in trails of before targets were in the plan.
FORMER_ACTS = (N_("Set targets"), N_("Imported targets from a file"), N_("Withdrew a target"))
REFERENCE = Lazy("Sign, day, name: 215/BC-SNV 12/01/2025 Báo cáo tự chấm")


class DutyForm(RowForm):
    """One target or task."""

    code = StringField(Lazy("Code"), NEEDED, description="MT-7.2, NV-01", render_kw={**AS_TYPED, "size": 12})
    what = StringField(Lazy("What is to be done"), NEEDED)
    measure = SelectField(
        Lazy("Figure that it serves"), validate_choice=False, description=Lazy("A task may do without one.")
    )
    value = StringField(
        Lazy("Value to reach"),
        description=Lazy("With it, it is a target; blank: a task."),
        filters=[decimal_point],
        render_kw={"inputmode": "decimal", "size": 8},
    )
    at_most = BooleanField(Lazy("Not to be exceeded (a place, a group, what should be rare)"))
    unit = SelectField(Lazy("Of whom the figure is"), validate_choice=False)
    office = SelectField(Lazy("Office responsible"), NEEDED, validate_choice=False)
    head = StringField(Lazy("Its head"), NEEDED, description=Lazy("The position, not a name: Giám đốc Sở Nội vụ"))
    deadline = StringField(Lazy("Deadline"), NEEDED, render_kw=DAY)
    decision = StringField(Lazy("Document that decided it"), NEEDED, description=REFERENCE, filters=[iso_days])
    source = StringField(Lazy("Instruction that it comes from"))


class ProgressForm(RowForm):
    """What was done of a task."""

    state = SelectField(
        Lazy("State"),
        choices=[
            SelectChoice("doing", Lazy("under way")),
            SelectChoice("done", Lazy("done")),
            SelectChoice("stopped", Lazy("stopped")),
        ],
    )
    day = StringField(Lazy("Day"), NEEDED, render_kw=DAY)
    note = StringField(Lazy("Note"), description=Lazy("Why, if it is stopped."))
    evidence = StringField(Lazy("Proof"), description=REFERENCE, filters=[iso_days])


class FileForm(StaffForm):
    """A file of targets and tasks."""

    file = FileField(
        Lazy("Plan (CSV or Excel)"),
        description=Lazy(
            "Columns code, what, office, head, deadline, decision, and if wanted measure, value, at_most, unit, "
            "source. All rows or none are imported."
        ),
    )


class ProgressFileForm(StaffForm):
    """A file of what was done."""

    file = FileField(
        Lazy("Reports on tasks (CSV or Excel)"),
        description=Lazy("Columns code, state (doing, done, stopped), day, and if wanted note, evidence."),
    )


@pages.page(
    "/nam/<int:year>/ke-hoach/them", Right.YEAR, methods=["GET", "POST"], act=N_("Set a duty"), tab="staff.plan"
)
def add_duty(year: int) -> ResponseReturnValue:
    """The form of a new target or task, and the files."""
    with database().reading() as session:
        form = _form(session, year)
    if form.validate_on_submit() and form.store(
        lambda session, cells: duties.put(session, year, cells, current_user.name)
    ):
        flash(_("The duty is in the plan."))
        return redirect(url_for(".plan", year=year), 303)
    return _add_page(year, form)


def _add_page(
    year: int, form: DutyForm, file: FileForm | None = None, progress: ProgressFileForm | None = None
) -> ResponseReturnValue:
    file, progress = file or FileForm(formdata=None), progress or ProgressFileForm(formdata=None)
    status = 422 if form.errors or file.errors or progress.errors else 200
    page = render_template("staff/year_plan_add.html", year=year, form=form, file=file, progress=progress)
    return page, status


@pages.page(
    "/nam/<int:year>/ke-hoach/tep", Right.YEAR, methods=["POST"], act=N_("Imported a plan"), max_upload=20 * MB
)
def import_plan(year: int) -> ResponseReturnValue:
    """Takes a file of targets and tasks, all of it or nothing."""
    form = FileForm()
    done = load_upload(form, lambda session, path: duties.load(session, year, path, current_user.name))
    if done is None:
        with database().reading() as session:
            return _add_page(year, _form(session, year, formdata=None), file=form)
    flash(
        _(
            "Duties added: %(stored)s; changed: %(changed)s; unchanged: %(there)s.",
            stored=number(done.stored),
            changed=number(done.changed),
            there=number(done.there),
        )
    )
    return redirect(url_for(".plan", year=year), 303)


@pages.page(
    "/nam/<int:year>/ke-hoach/tien-do",
    Right.YEAR,
    methods=["POST"],
    act=N_("Imported reports on tasks"),
    max_upload=20 * MB,
)
def import_progress(year: int) -> ResponseReturnValue:
    """Takes a file of what was done, all of it or nothing."""
    form = ProgressFileForm()
    done = load_upload(form, lambda session, path: duties.load_progress(session, year, path, current_user.name))
    if done is None:
        with database().reading() as session:
            return _add_page(year, _form(session, year, formdata=None), progress=form)
    flash(
        _(
            "Reports added: %(stored)s; unchanged: %(there)s.",
            stored=number(done.stored),
            there=number(done.there),
        )
    )
    return redirect(url_for(".plan", year=year), 303)


@pages.page(
    "/nam/<int:year>/ke-hoach/viec/<code>",
    Right.YEAR,
    methods=["GET", "POST"],
    act=N_("Changed a duty"),
    tab="staff.plan",
)
def duty(year: int, code: str) -> ResponseReturnValue:
    """A duty with all its versions and reports, and the form that changes it by a new decision."""
    with database().reading() as session:
        form = _form(session, year, _last(session, year, code))
    del form.code  # it stays
    if form.validate_on_submit() and form.store(
        lambda session, cells: duties.put(session, year, {**cells, "code": code}, current_user.name)
    ):
        flash(_("The new version holds; the former one stays below."))
        return redirect(url_for(".duty", year=year, code=code), 303)
    return _duty_page(year, code, form, ProgressForm(formdata=None))


@pages.page(
    "/nam/<int:year>/ke-hoach/viec/<code>/tien-do", Right.YEAR, methods=["POST"], act=N_("Reported on a task")
)
def report_task(year: int, code: str) -> ResponseReturnValue:
    """Takes what was done of a task."""
    with database().reading() as session:
        if _last(session, year, code).value is not None:
            raise NotFound("The plan of this year has no such task. Look at the list.")
    form = ProgressForm()
    if form.validate_on_submit() and form.store(
        lambda session, cells: duties.report(session, year, {**cells, "code": code}, current_user.name)
    ):
        flash(_("The report is stored."))
        return redirect(url_for(".duty", year=year, code=code), 303)
    with database().reading() as session:
        change = _form(session, year, _last(session, year, code), formdata=None)
    return _duty_page(year, code, change, form)


def _last(session: Session, year: int, code: str) -> Duty:
    found = next((row for row in duties.current(session, year) if row.code == code), None)
    if found is None:
        raise NotFound("The plan of this year has no such duty. Look at the list.")
    return found


def _duty_page(year: int, code: str, form: DutyForm, progress: ProgressForm) -> ResponseReturnValue:
    with database().reading() as session:
        last = _last(session, year, code)
        lines = [line for line in duties.lines(session, year, history=True) if line.code == code]
        page = render_template(
            "staff/year_duty.html",
            year=year,
            rows=rows_of(session, year, lines),
            set_by={row.version: row.set_by for row in _versions(session, year, code)},
            reports=_reports(session, year, code),
            known={unit.code: unit for unit in session.scalars(select(Unit))},
            is_task=last.value is None,
            form=form,
            progress=progress,
        )
    return page, 422 if form.errors or progress.errors else 200


def _versions(session: Session, year: int, code: str) -> Sequence[Duty]:
    return session.scalars(select(Duty).where(Duty.year == year, Duty.code == code)).all()


def _reports(session: Session, year: int, code: str) -> list[Progress]:
    """What was reported of a task, the newest first."""
    return duties.reports(session, year).get(code, [])[::-1]


def _form(session: Session, year: int, last: Duty | None = None, **fields: None) -> DutyForm:
    """The form of a duty, filled in with the version that holds, but for the decision, which must be another."""
    given = {name: getattr(last, name) for name in duties.COLUMNS if name != "decision"} if last else {}
    if last is not None:
        given["value"] = "" if last.value is None else f"{last.value:.6f}".rstrip("0").rstrip(".")
        given["unit"] = last.unit or ""
    form = DutyForm(data={name: str(v) if isinstance(v, date) else v for name, v in given.items()}, **fields)
    groups = measures.offered(session, year)
    choices: dict[str, list[tuple[str, str]]] = {_("None"): [("", _("No figure"))]}
    if (
        last is not None
        and last.measure
        and last.measure not in {code for one in groups.values() for code, _n in one}
    ):
        words = measures.name(session, year, measures.parsed(last.measure))
        choices[_("As it is")] = [(last.measure, words)]
    form.measure.choices = choices | groups
    named = offices(session)
    form.office.choices = [("", _("Choose an office")), *named]
    form.unit.choices = [("", _("The whole province")), *named]
    return form

"""Page: the targets of a wave, whether they are reached, and who answers for each."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from survey.accounts.accounts import Right
from survey.results import targets
from survey.results.summary import Summary
from survey.results.targets import Unfit, Verdict
from survey.waves import units, waves
from survey.web import integers
from survey.web.current import database
from survey.web.pages import MB
from survey.web.staff.blueprint import pages
from survey.web.staff.figures import summary_of
from survey.web.staff.form import StaffForm, options
from survey.web.staff.uploads import load_upload
from translations import N_, Lazy
from translations import gettext as _
from translations.formats import number


class TargetForm(StaffForm):
    """One target."""

    measure = SelectField(Lazy("Figure"), [InputRequired(Lazy("Choose a figure."))])
    unit = SelectField(Lazy("Commune or ward"), default="")
    percent = StringField(
        Lazy("Target (percent)"),
        [InputRequired(Lazy("Give a percentage from 0 to 100."))],
        render_kw={"inputmode": "decimal", "size": 8},
    )
    at_most = BooleanField(Lazy("Not to be exceeded (for what should be rare)"))
    office = StringField(
        Lazy("Office responsible"),
        [InputRequired(Lazy("Name the office.")), Length(max=200, message=Lazy("Use at most 200 characters."))],
    )
    head = StringField(
        Lazy("Its head"),
        [InputRequired(Lazy("Name the head.")), Length(max=120, message=Lazy("Use at most 120 characters."))],
    )
    decision = StringField(
        Lazy("Document that decided it"), [Length(max=200, message=Lazy("Use at most 200 characters."))]
    )


class FileForm(StaffForm):
    """A file of targets."""

    file = FileField(
        Lazy("List of targets (CSV or Excel)"),
        description=Lazy(
            "Columns measure (index, index:CS, C5=1 …), percent, office, head, and if wanted unit, "
            "at_most and decision. All rows or none are imported."
        ),
    )


@pages.form("/<wave>/muc-tieu", Right.RELEASE, N_("Set targets"), endpoint="targets", figures=True)
def all_targets(wave: str) -> ResponseReturnValue:
    """The targets, and the form that sets one; a target of the same figure and place takes the other's place."""
    summary = summary_of(wave)
    form = _form(summary)
    if form.validate_on_submit():
        fields = {name: form[name].data.strip() for name in ("measure", "unit", "percent", "office", "head")}
        fields |= {"at_most": "1" if form.at_most.data else "0", "decision": (form.decision.data or "").strip()}
        try:
            with database().writing() as session:
                targets.put(session, waves.find(session, wave), **fields)
        except Unfit as unfit:
            form[unfit.column].errors = [str(unfit.message)]
        else:
            flash(_("The target is set."))
            return redirect(url_for(".targets", wave=wave), 303)
    return _page(summary, form, FileForm(formdata=None), 422 if form.errors else 200)


@pages.act("/<wave>/muc-tieu/tep", Right.RELEASE, N_("Imported targets from a file"), max_upload=20 * MB)
def import_targets(wave: str) -> ResponseReturnValue:
    """Takes a file of targets, all of it or nothing."""
    form = FileForm()
    done = load_upload(form, lambda session, path: targets.load(session, wave, path))
    if done is None:
        summary = summary_of(wave)
        return _page(summary, _form(summary, formdata=None), form, 422)
    flash(
        _(
            "Targets added: %(stored)s; changed: %(changed)s; unchanged: %(there)s.",
            stored=number(done.stored),
            changed=number(done.changed),
            there=number(done.there),
        )
    )
    return redirect(url_for(".targets", wave=wave), 303)


@pages.act("/<wave>/muc-tieu/bo", Right.RELEASE, N_("Withdrew a target"))
def remove_target(wave: str) -> ResponseReturnValue:
    """Takes a target back."""
    with database().writing() as session:
        targets.remove(session, wave, request.form.get("muc-tieu", 0, integers.bounded_int))
    flash(_("The target is withdrawn."))
    return redirect(url_for(".targets", wave=wave), 303)


def _form(summary: Summary, **fields: None) -> TargetForm:
    form = TargetForm(**fields)
    form.measure.choices = options(*targets.offered(summary.questionnaire))
    form.unit.choices = options(
        *((line.unit.code, units.named(line.unit)) for line in summary.units), blank=_("The whole province")
    )
    return form


def _page(summary: Summary, form: TargetForm, file: FileForm, status: int) -> ResponseReturnValue:
    page = render_template("staff/targets.html", summary=summary, wave=summary.wave, form=form, file=file)
    return page, status


@pages.app_template_filter("verdict")
def verdict_name(verdict: Verdict) -> str:
    """A verdict in the language of the moment."""
    return _(targets.VERDICTS[verdict])

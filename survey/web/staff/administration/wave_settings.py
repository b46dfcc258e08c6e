"""Pages: what a wave is, and changing what may still change; closing it early, removing an empty one."""

from __future__ import annotations

from dataclasses import fields

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, DateField, HiddenField, StringField
from wtforms.validators import InputRequired

from forms import effort
from survey.accounts.accounts import Right
from survey.responses import quick_forms
from survey.storage.models import Wave
from survey.waves import changing, questionnaires, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.administration.waves import DAYS, contact_field
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm
from translations import N_, Lazy, Refusal
from translations import gettext as _

CHANGE = [field.name for field in fields(changing.Change)]


class SettingsForm(StaffForm):
    """What may change of a wave; a field that may not is not there."""

    title = StringField(
        Lazy("Name of the wave"),
        [InputRequired(Lazy("Give the wave a name."))],
        render_kw={"maxlength": waves.TITLE_LENGTH},
    )
    opens = DateField(Lazy("First day"), [InputRequired(Lazy("Give the first day."))], format=DAYS)
    closes = DateField(Lazy("Last day"), [InputRequired(Lazy("Give the last day."))], format=DAYS)
    contact = contact_field()
    public = BooleanField(Lazy("Show on the first page"))
    seen = HiddenField()
    sure = BooleanField(Lazy("It may be asked for more than a year"))


@pages.form(
    "/<wave>/dot",
    Right.WAVES,
    N_("Changed a wave"),
    of_groups=True,
    tab=Tab(20, N_("Settings")),
)
def wave_settings(wave: str) -> ResponseReturnValue:
    """What the wave is, and the form of what may still change."""
    with database().reading() as session:
        row = waves.find(session, wave)
        fixed = changing.fixed(session, row)
    form = SettingsForm(obj=row)
    for name in fixed:
        delattr(form, name)
    if request.method == "GET":
        form.seen.data = changing.state(row)
    if not form.validate_on_submit():
        return _page(wave, form, 422 if form.errors else 200)
    wanted = changing.Change(**{field.name: field.data for field in form if field.name in CHANGE})
    try:
        with database().writing() as session:
            now = changing.change(session, wave, wanted, form.seen.data, form.sure.data)
            told = changing.consequences(row.closes, now)
    except Refusal as refusal:
        return _page(wave, form, refusal.status, str(refusal), isinstance(refusal, changing.TooLong))
    flash(" ".join((_("The wave is changed."), told)).strip())
    return redirect(url_for(".wave_settings", wave=wave), 303)


@pages.act(
    "/<wave>/dot/ket-thuc", Right.WAVES, N_("Closed a wave early"), of_groups=True, tab="staff.wave_settings"
)
def close_wave(wave: str) -> ResponseReturnValue:
    """Closes the wave early."""
    with database().writing() as session:
        changing.close(session, wave)
    flash(_("The wave is closed: nobody is asked any more."))
    return redirect(url_for(".wave_settings", wave=wave), 303)


@pages.act("/<wave>/dot/xoa", Right.WAVES, N_("Removed an empty wave"), of_groups=True, tab="staff.wave_settings")
def remove_wave(wave: str) -> ResponseReturnValue:
    """Removes the wave."""
    with database().writing() as session:
        title = waves.find(session, wave).title
        changing.remove(session, wave)
    flash(_("The wave %(code)s is removed.", code=title))
    return redirect(url_for(".index"), 303)


def _page(wave: str, form: SettingsForm, status: int, fault: str = "", asks: bool = False) -> ResponseReturnValue:
    with database().reading() as session:
        row: Wave = waves.find(session, wave)
        asked = questionnaires.by_digest(session, row.questionnaire)
        page = render_template(
            "staff/wave_settings.html",
            wave=row,
            form=form,
            fault=fault,
            asks=asks,
            fixed=changing.fixed(session, row),
            told=changing.to_check_again(waits) if (waits := changing.frozen(session, row)) else "",
            asked=asked,
            questions=effort.questions(asked),
            minutes=effort.minutes(asked),
            quick=quick_forms.of_wave(session, wave),
            to_close=waves.is_asking(row),
            has=changing.has(session, row),
        )
    return page, status

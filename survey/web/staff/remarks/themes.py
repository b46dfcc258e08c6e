"""Page: the themes of a wave's remarks."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from survey.accounts.accounts import Right
from survey.remarks import themes as lists
from survey.waves import waves
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm
from translations import N_, Lazy, NotFound, Refusal
from translations import gettext as _

SHORT = Length(max=lists.LONGEST, message=Lazy("Use at most 80 characters."))


class ThemeForm(StaffForm):
    """One theme, in both languages."""

    vi = StringField(Lazy("Name in Vietnamese"), [InputRequired(Lazy("Name the theme.")), SHORT])
    en = StringField(Lazy("Name in English"), [InputRequired(Lazy("Name the theme.")), SHORT])


STEPS: dict[str, Callable[[Session, str, str], object]] = {
    "dong": lists.close,
    "mo": lambda session, wave, code: lists.close(session, wave, code, closed=False),
    "bo": lists.remove,
}


@pages.form("/<wave>/loi-gop-y/chu-de", Right.REMARKS, N_("Added a theme"), tab="staff.remarks")
def themes(wave: str) -> ResponseReturnValue:
    """The list, and the form that adds a theme to it."""
    form = ThemeForm()
    if form.validate_on_submit():
        try:
            with database().writing() as session:
                lists.add(session, waves.find(session, wave).code, form.vi.data, form.en.data)
        except Refusal as refusal:
            form.vi.errors = [str(refusal)]
        else:
            flash(_("The theme is added."))
            return redirect(url_for(".themes", wave=wave), 303)
    return _page(wave, form)


@pages.act("/<wave>/loi-gop-y/chu-de/buoc", Right.REMARKS, N_("Closed, opened or removed a theme"))
def theme_step(wave: str) -> ResponseReturnValue:
    """Closes, opens or removes a theme; a refusal stands on the page."""
    step = STEPS.get(request.form.get("buoc", ""))
    if step is None:
        raise NotFound("There is no such step. Choose one on the page of the themes.")
    try:
        with database().writing() as session:
            step(session, waves.find(session, wave).code, request.form.get("chu-de", ""))
    except Refusal as refusal:
        return _page(wave, ThemeForm(formdata=None), refusal)
    flash(_("The list of themes is changed."))
    return redirect(url_for(".themes", wave=wave), 303)


def _page(wave: str, form: ThemeForm, fault: Refusal | None = None) -> ResponseReturnValue:
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        every_theme, used = lists.list_all(session, wave), lists.used(session, wave)
    page = render_template(
        "staff/themes.html", wave=wave_row, themes=every_theme, used=used, form=form, fault=fault, name=lists.name
    )
    return page, fault.status if fault else 422 if form.errors else 200

"""Page: the paraphrases of a wave, by commune and theme."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired

from survey.accounts.accounts import Right
from survey.remarks import paraphrases as sentences
from survey.remarks import themes
from survey.reports import commune_bundle
from survey.storage.models import Paraphrase
from survey.waves import units, waves
from survey.web import integers
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm, options
from translations import N_, Lazy, Refusal
from translations import gettext as _
from translations.formats import order


class ParaphraseForm(StaffForm):
    """A sentence under a theme in a commune."""

    unit = SelectField(Lazy("Commune or ward"), [InputRequired(Lazy("Choose the commune."))])
    theme = SelectField(Lazy("Theme"), [InputRequired(Lazy("Choose the theme."))])
    words = TextAreaField(
        Lazy("Sentence"),
        [InputRequired(Lazy("Write the sentence."))],
        description=Lazy("What several people said, in your own words. No name, no number, nobody's story."),
        render_kw={"rows": 3, "maxlength": sentences.LONGEST},
    )


@pages.form("/<wave>/loi-gop-y/tom-tat", Right.REMARKS, N_("Wrote a paraphrase"), tab="staff.remarks")
def paraphrases(wave: str) -> ResponseReturnValue:
    """All paraphrases of a wave, and the form that adds one. `xa`: those of one commune."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        every_theme, communes = themes.list_all(session, wave), units.communes(session, wave_row.opens)
    wanted = request.args.get("xa", "")
    form = ParaphraseForm(unit=wanted)
    form.unit.choices = options(
        *((unit.code, units.named(unit)) for unit in communes), blank=_("Choose the commune.")
    )
    form.theme.choices = options(
        *((theme.code, str(themes.name(theme))) for theme in every_theme if not theme.closed),
        blank=_("Choose the theme."),
    )
    if form.validate_on_submit():
        try:
            with database().writing() as session:
                sentences.add(session, wave, form.unit.data, form.theme.data, form.words.data, current_user.name)
        except Refusal as refusal:
            form.words.errors = [str(refusal)]
        else:
            flash(_("The sentence is saved. A commune sees it with the next release, if enough people said so."))
            return redirect(url_for(".paraphrases", wave=wave, xa=wanted or None), 303)
    named = {unit.code: units.named(unit) for unit in communes}
    titles = {theme.code: (theme.place, str(themes.name(theme))) for theme in every_theme}

    def place(one: Paraphrase) -> tuple[Any, ...]:
        return order(named.get(one.unit, one.unit)), titles[one.theme][0], order(one.words)

    with database().reading() as session:
        every = [one for one in sentences.list_all(session, wave) if wanted in ("", one.unit)]
    rows = [(one, named.get(one.unit, one.unit), titles[one.theme][1]) for one in sorted(every, key=place)]
    page = render_template(
        "staff/paraphrases.html", wave=wave_row, rows=rows, form=form, wanted=named.get(wanted, "")
    )
    return page, 422 if form.errors else 200


@pages.act("/<wave>/loi-gop-y/tom-tat/rut", Right.REMARKS, N_("Withdrew a paraphrase"))
def withdraw_paraphrase(wave: str) -> ResponseReturnValue:
    """Withdraws a paraphrase, at once and wherever it is shown."""
    with database().writing() as session:
        sentences.withdraw(
            session, waves.find(session, wave).code, request.form.get("cau", 0, integers.bounded_int)
        )
    commune_bundle.forget(wave)
    flash(_("The sentence is withdrawn and destroyed."))
    return redirect(url_for(".paraphrases", wave=wave, xa=request.args.get("xa")), 303)

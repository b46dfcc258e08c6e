"""Pages: the tokens of programs."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput

from survey.accounts import tokens
from survey.accounts.accounts import Right
from survey.accounts.tokens import SCOPES, Scope
from survey.storage.models import Role
from survey.waves import units
from survey.web.current import database
from survey.web.staff.blueprint import pages, role_name
from survey.web.staff.form import AS_TYPED, StaffForm, options
from translations import N_, Lazy, Refusal, formats
from translations import gettext as _


class TokenForm(StaffForm):
    """What a program gets a token for."""

    name = StringField(
        Lazy("What the program is called"),
        [
            InputRequired(Lazy("Say what the program is called.")),
            Length(max=tokens.LONGEST_NAME, message=Lazy("Use at most %(max)d characters.")),
        ],
        filters=[lambda text: formats.nfc(text).strip() if text else text],
        render_kw=AS_TYPED,
    )
    role = SelectField(Lazy("Role"), [InputRequired(Lazy("Choose a role."))])
    unit = SelectField(
        Lazy("Commune or ward"),
        default="",
        description=Lazy("For the role “Commune”: the one whose released results it may read."),
    )
    scope = SelectMultipleField(
        Lazy("What it opens"),
        description=Lazy("None ticked: everything that the role may read."),
        option_widget=CheckboxInput(),
    )
    days = IntegerField(
        Lazy("For how many days"),
        [
            InputRequired(Lazy("Say for how many days it is valid.")),
            NumberRange(1, tokens.MOST_DAYS, Lazy("Write a number from %(min)s to %(max)s.")),
        ],
        default=tokens.DAYS,
    )


@pages.form(
    "/ma-truy-cap",
    Right.PEOPLE,
    N_("Made an API token"),
    changes_figures=False,
    reauthenticate=True,
    tab="staff.people",
)
def token_list() -> ResponseReturnValue:
    """The tokens, and the form that makes one: its answer shows the text, this once."""
    with database().reading() as session:
        places = {unit.code: unit for unit in units.communes(session)}
        every_token = tokens.list_all(session)
    form = TokenForm()
    form.role.choices = options(*((role.value, role_name(role)) for role in Role))
    form.scope.choices = options(*((scope.value, _(name)) for scope, name in SCOPES.items()))
    form.unit.choices = options(
        *((code, f"{unit.name} ({units.kind(unit)})") for code, unit in places.items()), blank="–"
    )
    page = {"form": form, "tokens": every_token, "places": places, "scopes": SCOPES}
    if not form.validate_on_submit():
        return render_template("staff/tokens.html", **page), 422 if form.errors else 200
    try:
        with database().writing() as session:
            text = tokens.add(
                session,
                form.name.data,
                Role(form.role.data),
                form.unit.data or None,
                days=form.days.data,
                scope=[Scope(one) for one in form.scope.data],
                owner=current_user.name,
            )
    except Refusal as refusal:
        form.name.errors = [str(refusal)]
        return render_template("staff/tokens.html", **page), refusal.status
    return render_template("staff/token.html", name=form.name.data, text=text), 201


@pages.act("/ma-truy-cap/<name>/thu-hoi", Right.PEOPLE, N_("Revoked an API token"), changes_figures=False)
def remove_token(name: str) -> ResponseReturnValue:
    """Takes a token back."""
    with database().writing() as session:
        tokens.remove(session, name)
    flash(_("The token %(name)s no longer works.", name=name))
    return redirect(url_for(".token_list"), 303)

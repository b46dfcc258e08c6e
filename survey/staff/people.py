"""Pages: the accounts of those who work with the platform."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from survey import accounts, units
from survey.accounts import Right, requires
from survey.database import database
from survey.models import Account, Role, Unit
from survey.staff.blueprint import pages, role_name
from survey.staff.form import AS_TYPED, StaffForm
from translations import Conflict, Lazy, formats


class PersonForm(StaffForm):
    """Who gets an account, and what for."""

    name = StringField(
        Lazy("Name to sign in with"),
        [
            InputRequired(Lazy("Give a name to sign in with.")),
            Length(max=80, message=Lazy("Use at most 80 letters.")),
        ],
        filters=[lambda text: formats.nfc(text).strip() if text else text],
        render_kw=AS_TYPED,
    )
    role = SelectField(Lazy("Role"), [InputRequired(Lazy("Choose a role."))])
    unit = SelectField(
        Lazy("Commune or ward"),
        default="",
        description=Lazy("For the role “Commune”: the one whose forms this account counts."),
    )

    def validate_unit(self, field: SelectField) -> None:
        """A commune's account reads one commune; others read all."""
        if self.role.data == Role.COMMUNE and not field.data:
            raise ValidationError(Lazy("Choose the commune that this account reads."))


@pages.route("/nguoi-dung", methods=["GET", "POST"])
@requires(Right.PEOPLE)
def people() -> ResponseReturnValue:
    """The accounts, and the form that adds one: its answer shows the new password, and nothing does later."""
    with database().reading() as session:
        places = {unit.code: unit for unit in units.communes(session)}
        before = _accounts(session)
    form = _form(places)
    if not form.validate_on_submit():
        status = 422 if form.errors else 200
        return render_template("staff/people.html", form=form, accounts=before, places=places), status
    password = accounts.easy_password()
    role = Role(form.role.data)
    try:
        with database().writing() as session:
            unit = form.unit.data if role is Role.COMMUNE else None
            accounts.add(session, form.name.data, role, password, unit)
            after = _accounts(session)
    except Conflict as taken:
        form.name.errors = [str(taken)]
        return render_template("staff/people.html", form=form, accounts=before, places=places), 409
    added, form = form.name.data, _form(places, formdata=None)
    return render_template(
        "staff/people.html", form=form, accounts=after, places=places, added=added, password=password
    ), 201


def _form(places: Mapping[str, Unit], **fields: None) -> PersonForm:
    form = PersonForm(**fields)
    form.role.choices = [SelectChoice(role.value, role_name(role)) for role in Role]
    form.unit.choices = [
        SelectChoice("", "–"),
        *(SelectChoice(code, f"{unit.name} ({units.kind(unit)})") for code, unit in places.items()),
    ]
    return form


def _accounts(session: Session) -> list[Account]:
    return sorted(session.scalars(select(Account)), key=lambda account: formats.order(account.name))

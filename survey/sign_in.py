"""Pages: signing in and out, and changing one's own password."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user, logout_user
from wtforms import Form, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from survey import accounts, audit, lockout
from survey.accounts import LEAST_PASSWORD, Person
from survey.database import database
from survey.models import Role
from translations import Lazy, Refusal, ngettext
from translations import gettext as _

pages = Blueprint("sign_in", __name__)


class SignIn(Form):  # type: ignore[misc]
    """Name and password."""

    name = StringField(validators=[InputRequired(Lazy("Write the name of your account."))])
    password = PasswordField(validators=[InputRequired(Lazy("Write your password."))])


class ChangePassword(Form):  # type: ignore[misc]
    """The old password, and the new one twice."""

    old = PasswordField(validators=[InputRequired(Lazy("Write the password that you have now."))])
    new = PasswordField(
        validators=[
            InputRequired(Lazy("Write a new password.")),
            Length(
                min=LEAST_PASSWORD,
                message=Lazy("Choose a password of at least %(least)d characters.", least=LEAST_PASSWORD),
            ),
        ]
    )
    again = PasswordField(validators=[EqualTo("new", Lazy("Write the new password the same way in both boxes."))])


@pages.route("/dang-nhap", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    wanted = local(request.values.get("next"))
    form = SignIn(request.form)
    if request.method == "GET":
        if current_user.is_authenticated:
            return redirect(wanted or home(current_user))
        return render_template("sign_in/sign_in.html", form=form, next=wanted, wrong=False)
    person = None
    if form.validate():
        if wait := lockout.seconds_to_wait(form.name.data):
            page = render_template("sign_in/sign_in.html", form=form, next=wanted, wrong=False, wait=_span(wait))
            return page, 429, {"Retry-After": str(wait)}
        with database().reading() as session:
            person = accounts.sign_in(session, form.name.data, form.password.data)
    if person is None:
        # One answer for both, so that nobody learns which names exist.
        return render_template("sign_in/sign_in.html", form=form, next=wanted, wrong=not form.errors), 422
    lockout.was_right(person.name)
    with audit.acting(person.name, "sign_in.sign_in"), database().writing():
        login_user(person)
    answer = make_response(redirect(wanted or home(person), 303))
    lockout.know_browser(answer, person.name)
    return answer


@pages.post("/dang-xuat")
def sign_out() -> ResponseReturnValue:
    logout_user()
    flash(_("You are signed out."))
    return redirect(url_for(".sign_in"), 303)


@pages.route("/doi-mat-khau", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
def change_password() -> ResponseReturnValue:
    form = ChangePassword(request.form)
    if request.method == "POST" and form.validate():
        if wait := lockout.seconds_to_wait(current_user.name):
            form.old.errors = [
                _("The password was wrong too many times. Wait %(span)s, then try again.", span=_span(wait))
            ]
            page = render_template("sign_in/change_password.html", form=form, least=LEAST_PASSWORD)
            return page, 429, {"Retry-After": str(wait)}
        acting = audit.acting(current_user.name, "sign_in.change_password")
        try:
            with acting, database().writing() as session:
                person = accounts.change_password(session, current_user.name, form.old.data, form.new.data)
        except Refusal as easy:
            lockout.was_right(current_user.name)
            form.new.errors = [str(easy)]
            return render_template("sign_in/change_password.html", form=form, least=LEAST_PASSWORD), 422
        if person is not None:
            lockout.was_right(person.name)
            login_user(person)  # every other sign-in of this account has just ended
            flash(_("The password is changed. Wherever else you were signed in, you are signed out now."))
            return redirect(home(person), 303)
        form.old.errors = [_("This is not your password. Write the one that you signed in with.")]
    return render_template("sign_in/change_password.html", form=form, least=LEAST_PASSWORD), (
        422 if form.errors else 200
    )


def _span(seconds: int) -> str:
    """How long to wait, in whole seconds up to a minute and a half, else in minutes."""
    if seconds <= 90:
        return ngettext("%(num)d second", "%(num)d seconds", seconds)
    minutes = -(-seconds // 60)
    return ngettext("%(num)d minute", "%(num)d minutes", minutes)


def home(person: Person) -> str:
    """Where somebody begins: keyers at the paper, interviewers with an interview, auditors at the audit trail, all
    others at the waves."""
    own = {
        Role.KEYER: "entry.choose_wave",
        Role.INTERVIEWER: "interviewer.choose_wave",
        Role.AUDITOR: "staff.audit_trail",
    }
    return url_for(own[person.role]) if person.role in own else "/quan-tri/"


def local(address: str | None) -> str | None:
    """The address as a browser reads it, if it is a path of this server: signing in leads to no other site."""
    # Browsers drop tabs and line breaks out of an address, and take \ for /.
    plain = "".join(character for character in address or "" if character not in "\t\r\n").replace("\\", "/")
    return plain if plain.startswith("/") and not plain.startswith("//") else None

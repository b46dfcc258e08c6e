"""Pages: passkeys of the own account, and signing in with one."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from survey.accounts import accounts, sign_ins
from survey.storage import audit
from survey.web import login
from survey.web.current import database
from survey.web.login import reauthenticated
from survey.web.sign_in import failed_attempts, passkeys, password
from translations import N_, Lazy, NotFound, Refusal
from translations import gettext as _

pages = Blueprint("passkeys", __name__)


class NewPasskey(Form):  # type: ignore[misc]
    """What its owner calls a passkey."""

    name = StringField(
        validators=[
            DataRequired(Lazy("Give the passkey a name by which you will recognise the device.")),
            Length(max=80, message=Lazy("Use at most 80 characters.")),
        ],
        filters=[lambda text: " ".join(text.split()) if text else text],
    )

    def validate_name(self, field: StringField) -> None:
        """No database keeps every control character."""
        if not field.data.isprintable():
            raise ValidationError(Lazy("Remove the characters that can't be printed."))


@pages.get("/dang-nhap/khoa-truy-cap")
def to_sign() -> ResponseReturnValue:
    """What a browser asks the device to sign: to sign in, or to open what is guarded twice."""
    return current_app.response_class(passkeys.to_sign(), mimetype="application/json")


@pages.post("/dang-nhap/khoa-truy-cap")
def enter() -> ResponseReturnValue:
    """Signs the owner of a passkey in, with or without the password before."""
    answer = request.form.get("answer", "")
    with database().reading() as session:
        name = passkeys.owner(session, answer)
    if name is None:
        failed_attempts.count_only("passkey")
        raise _unknown()
    with audit.acting(name, N_("Signed in"), "by=passkey"), database().writing() as session:
        account = accounts.find(session, name)
        right = passkeys.check(session, name, answer) and not account.off
        if right:
            login.enter(session, accounts.person_of(account))
        else:
            audit.discard()
    if not right:
        failed_attempts.note(name, "passkey")
        raise _unknown()
    return password.led_on(name, password.local(request.form.get("next")))


@pages.post("/xac-nhan/khoa-truy-cap")
@login_required  # type: ignore[untyped-decorator]
def prove() -> ResponseReturnValue:
    """Opens what is guarded twice, in place of the password."""
    with database().writing() as session:
        right = passkeys.check(session, current_user.name, request.form.get("answer", ""))
        if right:
            sign_ins.prove(session, current_user.session)
    if not right:
        failed_attempts.note(current_user.name, "again")
        raise _unknown()
    wanted = password.local(request.form.get("next")) or password.home(current_user)
    return redirect(wanted, 307 if password.carried() else 303)


@pages.get("/tai-khoan/khoa-truy-cap/moi")
@login_required  # type: ignore[untyped-decorator]
def to_add() -> ResponseReturnValue:
    """What a browser asks the device to make."""
    with database().reading() as session:
        options = passkeys.to_add(session, current_user.name)
    return current_app.response_class(options, mimetype="application/json")


@pages.route("/tai-khoan/khoa-truy-cap", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
@reauthenticated("passkeys.add")
def add() -> ResponseReturnValue:
    """Adds a passkey; with the first second factor of an account come the recovery codes, this once."""
    form = NewPasskey(request.form)
    if request.method != "POST" or not form.validate():
        must = current_user.first is not None
        return render_template("sign_in/passkey.html", form=form, must=must), 422 if form.errors else 200
    with audit.acting(current_user.name, N_("Added a passkey of their own")), database().writing() as session:
        codes = passkeys.add(session, current_user.name, form.name.data, request.form.get("answer", ""))
    if codes:
        return password.recovery(codes, _("The second factor is added. From now on signing in asks for it."))
    flash(_("The passkey is added."))
    return redirect(url_for("sign_in.account"), 303)


@pages.post("/tai-khoan/khoa-truy-cap/bo")
@login_required  # type: ignore[untyped-decorator]
@reauthenticated("sign_in.account")
def remove() -> ResponseReturnValue:
    """Takes a passkey of the own account away."""
    with audit.acting(current_user.name, N_("Removed a passkey of their own")), database().writing() as session:
        if not passkeys.remove(session, current_user.name, request.form.get("id", "")):
            raise NotFound("This passkey has already been removed.")
    flash(_("The passkey is removed. Delete it on the device too: it opens nothing here any more."))
    return redirect(url_for("sign_in.account"), 303)


def _unknown() -> Refusal:
    return Refusal(
        "No account here accepts this passkey, or the page was open for too long. Go back and try once "
        "more, or use the password and a code."
    )

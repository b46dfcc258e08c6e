"""Pages: choosing the password of an account by the code that an administrator handed over."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey.accounts import password_links
from survey.accounts.accounts import LEAST_PASSWORD
from survey.storage import audit
from survey.web.current import database
from survey.web.sign_in import lockout
from survey.web.sign_in.password import Code, NewPassword
from translations import N_, NotFound, Refusal
from translations import gettext as _

pages = Blueprint("choose_password", __name__, url_prefix="/mat-khau")


@pages.route("", methods=["GET", "POST"])
def enter() -> ResponseReturnValue:
    """Where a code that was read out is typed."""
    form = Code(request.form)
    if request.method == "POST" and form.validate():
        code = "-".join(form.code.data.split())
        try:
            with database().reading() as session:
                password_links.account_of(session, code)
        except NotFound as unknown:
            form.code.errors = [str(unknown)]
        else:
            return redirect(url_for(".choose", code=code), 303)
    return render_template("sign_in/password_code.html", form=form), 422 if form.errors else 200


@pages.route("/<code>", methods=["GET", "POST"])
def choose(code: str) -> ResponseReturnValue:
    """The link itself. Only what is sent uses it: programs that look at a link in passing do no harm."""
    with database().reading() as session:
        name = password_links.account_of(session, code).name
    form = NewPassword(request.form)
    if request.method == "POST" and form.validate():
        try:
            with audit.acting(name, N_("Chose their own password by a link")), database().writing() as session:
                password_links.use(session, code, form.new.data)
        except NotFound:
            raise
        except Refusal as easy:
            form.new.errors = [str(easy)]
        else:
            lockout.was_right(name)  # who forgot it has tried many
            flash(_("Your password is set. Sign in with it now."))
            return redirect(url_for("sign_in.sign_in"), 303)
    page = render_template("sign_in/choose_password.html", form=form, name=name, least=LEAST_PASSWORD)
    return page, 422 if form.errors else 200

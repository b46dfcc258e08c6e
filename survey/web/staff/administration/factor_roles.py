"""Page: which roles need a second factor."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey.accounts import second_factors
from survey.accounts.accounts import Right
from survey.storage.models import Role
from survey.system import settings
from survey.web.current import database
from survey.web.staff.blueprint import pages
from translations import N_
from translations import gettext as _


@pages.form(
    "/lop-thu-hai",
    Right.PEOPLE,
    N_("Chose which roles need a second factor"),
    changes_figures=False,
    reauthenticate=True,
    tab="staff.people",
)
def factor_roles() -> ResponseReturnValue:
    """The roles, how many of their accounts have a second factor, and which must have one; what the server's
    settings ask for can't be taken back here."""
    if request.method == "POST":
        chosen = {role for role in Role if role in request.form.getlist("role")}
        with database().writing() as session:
            second_factors.require(session, chosen)
        flash(_("The choice applies from now on."))
        return redirect(url_for(".factor_roles"), 303)
    with database().reading() as session:
        needing, counts = second_factors.needing(session), second_factors.counts(session)
    return render_template(
        "staff/factor_roles.html", roles=list(Role), needing=needing, fixed=settings.second_factor(), counts=counts
    )

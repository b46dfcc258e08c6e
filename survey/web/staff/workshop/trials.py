"""Page: the link by which a draft is tried, and its code for a phone."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.system import addresses
from survey.web import trial
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.workshop import drafts as draft_pages


@pages.page("/bo-phieu/nhap/<int:id>/thu", Right.PUBLISH, tab="staff.workshop")
def try_draft(id: int) -> ResponseReturnValue:
    """A link that holds for a day from now, as an address and as a code."""
    with database().reading() as session:
        one = draft_pages.opened(session, id)
    address = url_for("trial.trial", mark=trial.mark(id), _external=True)
    return render_template("staff/workshop_try.html", draft=one, address=address, code=addresses.image(address))

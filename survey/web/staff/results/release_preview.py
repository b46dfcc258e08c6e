"""Page: what everybody would read of a release that is not approved yet, for those who may approve it."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.results import releases
from survey.waves import waves
from survey.web.current import database
from survey.web.public import results
from survey.web.staff.blueprint import pages


@pages.page("/<wave>/cong-bo/<int:number>/xem-truoc", Right.APPROVE, of_groups=True, tab="staff.release_list")
def preview_release(wave: str, number: int) -> ResponseReturnValue:
    """The public page of a release as it would be, marked as such; of an approved one, the page itself."""
    with database().reading() as session:
        wave_row, release = waves.find(session, wave), releases.find(session, wave, number)
        if release.approved is not None:
            return redirect(url_for("public.results", wave=wave), 303)
        return results.preview(session, wave_row, release)

"""Pages: the open data of a wave: what they hold, what was changed for it, and the file."""

from __future__ import annotations

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from survey.accounts.accounts import Right
from survey.data_files import open_data_bundle
from survey.results import releases
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from translations import N_


@pages.page(
    "/<wave>/du-lieu-mo",
    Right.RESULTS,
    endpoint="open_data",
    tab=Tab(2, N_("Open data"), "staff.reports"),
)
def shown(wave: str) -> ResponseReturnValue:
    """What the open data of the newest approved release hold; without one, what to do first."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        withdrawal = releases.withdrawal(session, wave_row.code)
        bundle = (
            None if releases.newest(session, wave_row.code) is None else open_data_bundle.Bundle.of(session, wave)
        )
    about = open_data_bundle.about(bundle) if bundle else []
    return render_template(
        "staff/open_data.html", wave=wave_row, bundle=bundle, about=about, withdrawal=withdrawal
    )


@pages.page(
    "/<wave>/du-lieu-mo.zip", Right.RESULTS, act=N_("Downloaded open data"), export=True, reauthenticate=True
)
def open_file(wave: str) -> ResponseReturnValue:
    """All of it in one file."""
    with database().reading() as session:
        name, content = open_data_bundle.write(session, wave)
    answer = Response(content, content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer

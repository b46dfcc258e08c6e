"""Page: the releases of a wave, and its issued reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.reports import issuing
from survey.results import release_steps, releases
from survey.results.releases import Changed
from survey.storage.models import Release
from survey.waves import units, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from translations import N_

STATES = {
    "frozen": N_("Frozen, to be checked"),
    "checked": N_("Checked, to be approved"),
    "approved": N_("Approved"),
    "shown": N_("Approved and shown"),
    "withdrawn": N_("Withdrawn"),
    "passed": N_("Superseded by a newer one"),
}


@dataclass(frozen=True)
class ReleaseRow:
    """A release in the list, and what comes next for it.

    forms        how many responses it holds
    changed      what it holds otherwise than the release that was shown before it; and, of the newest one,
    waiting      what the present data hold otherwise than it: told until it is approved
    aside_since  of the one that is shown, how many forms were set aside after it was frozen
    """

    release: Release
    forms: int
    state: str
    changed: Sequence[Changed] = ()
    waiting: Sequence[Changed] = ()
    aside_since: int = 0


@pages.page("/<wave>/cong-bo", Right.RESULTS, of_groups=True, tab=Tab(1, N_("Releases"), "staff.reports"))
def release_list(wave: str) -> ResponseReturnValue:
    """The releases and issued reports of a wave, the newest first."""
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        every = releases.list_all(session, wave)
        told = releases.newest_public(session, wave)
        issued = issuing.list_all(session, wave)
        return render_template(
            "staff/releases.html",
            wave=wave_row,
            rows=[_row(session, one, told.release, every[0]) for one in every],
            names={unit.code: unit.name for unit in units.answering(session)},
            new_answers=releases.NEW_ANSWERS,
            states=STATES,
            hands=release_steps.hands,
            named=release_steps.named,
            shown=told.release,
            withdrawn=told.withdrawn,
            issued=issued,
            by_id={report.id: report for report in issued},
            of={one.id: one for one in every},
        )


def _row(session: Session, release: Release, shown: Release | None, last: Release) -> ReleaseRow:
    forms, state = releases.size(release), release_steps.state(release, shown, last)
    if state not in ("frozen", "checked"):
        aside_since = releases.aside_since(session, release) if state == "shown" else 0
        return ReleaseRow(release, forms, state, aside_since=aside_since)
    differences = releases.differences(session, release), releases.waiting(session, release)
    return ReleaseRow(release, forms, state, *differences)

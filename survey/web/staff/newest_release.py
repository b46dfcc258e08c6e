"""How far the newest release of a wave is, as the list of waves and the wave's own pages tell it."""

from __future__ import annotations

from typing import NamedTuple

from flask_login import current_user
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.results import release_steps, releases
from survey.storage.models import Release, Wave
from survey.web.current import database
from survey.web.pages import open_tabs
from survey.web.staff.blueprint import pages
from translations import N_
from translations import gettext as _

WORDS = {
    "frozen": N_("Release %(number)s waits to be checked"),
    "checked": N_("Release %(number)s waits to be approved"),
    "approved": N_("Release %(number)s was approved"),
    "shown": N_("Release %(number)s is public"),
    "withdrawn": N_("Release %(number)s was withdrawn"),
}


class NewestRelease(NamedTuple):
    """The newest release of a wave, and its state as `release_steps.state` calls it."""

    release: Release
    state: str

    @property
    def words(self) -> str:
        """How far it is, with its number."""
        return _(WORDS[self.state], number=self.release.number)


def newest_release(session: Session, wave: Wave) -> NewestRelease | None:
    """That of a wave; for whoever reads what is released of one commune, the newest of those that were approved.
    None where there is none, and for whoever reads no results."""
    last = None
    if current_user.may(Right.RESULTS):
        last = next(iter(releases.list_all(session, wave.code)), None)
    elif current_user.may(Right.OWN_RESULTS):
        last = releases.newest_approved(session, wave.code)
    if last is None:
        return None
    return NewestRelease(last, release_steps.state(last, releases.newest(session, wave.code), last))


@pages.app_template_global()
def waiting_release(wave: Wave) -> NewestRelease | None:
    """The newest release where somebody has to check or approve it; None on the pages of the releases, which say
    so themselves."""
    if "staff.release_list" in open_tabs():
        return None
    with database().reading() as session:
        newest = newest_release(session, wave)
    return newest if newest and newest.state in ("frozen", "checked") else None

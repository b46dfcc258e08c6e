"""Pages: the releases of a wave, from the freezing to the approval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.integrity import digests, matter_words, matters, pattern_list, pattern_words, releasing
from survey.integrity.matters import MatterKind
from survey.integrity.patterns import Pattern
from survey.reports import issuing
from survey.results import release_steps, releases
from survey.results.releases import Changed
from survey.storage.models import Release, Wave
from survey.waves import units, waves
from survey.web import integers
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from translations import N_, NotFound, Refusal, ngettext
from translations import gettext as _

STATES = {
    "frozen": N_("Frozen, to be checked"),
    "checked": N_("Checked, to be approved"),
    "approved": N_("Approved"),
    "shown": N_("Approved and shown"),
    "passed": N_("Superseded by a newer one"),
}


@dataclass(frozen=True)
class ReleaseRow:
    """A release in the list, and what comes next for it.

    forms    how many responses it holds
    changed  what it holds otherwise than the release that was shown before it; and, of the newest one,
    waiting  what the present data hold otherwise than it: told until it is approved
    """

    release: Release
    forms: int
    state: str
    changed: Sequence[Changed] = ()
    waiting: Sequence[Changed] = ()


@pages.page("/<wave>/cong-bo", Right.RESULTS, of_leaders=True, tab=Tab(1, N_("Releases"), "staff.reports"))
def release_list(wave: str) -> ResponseReturnValue:
    """The releases and issued reports of a wave, the newest first."""
    return _page(wave)


def _page(wave: str, fault: Refusal | None = None) -> ResponseReturnValue:
    looked = pattern_list.ready(database(), wave)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        every = releases.list_all(session, wave)
        shown = releases.newest(session, wave)
        issued = issuing.list_all(session, wave)
        rows = [_row(session, one, shown, every[0]) for one in every]
        names = {unit.code: unit.name for unit in units.communes(session)}
        waiting = _waiting(session, wave_row, looked.value.patterns if looked else ())
    page = render_template(
        "staff/releases.html",
        wave=wave_row,
        rows=rows,
        names=names,
        most=releases.LONGEST_REASON,
        new_answers=releases.NEW_ANSWERS,
        states=STATES,
        hands=release_steps.hands,
        shown=shown,
        issued=issued,
        by_id={report.id: report for report in issued},
        number_of={one.id: one.number for one in every},
        fault=fault,
        matters=waiting,
    )
    return page, fault.status if fault else 200


def _waiting(session: Session, wave: Wave, patterns: Iterable[Pattern]) -> list[tuple[str, bool]]:
    """What waits, and whether it blocks. Patterns name people who asked or keyed: only who reviews reads these,
    others how many there are."""
    names = pattern_words.names(session, wave)
    every = matters.open_matters(session, wave, patterns)
    told = [one for one in every if one.kind is not MatterKind.PATTERN or current_user.may(Right.REVIEW)]
    words = [(matter_words.title(one, names), one.blocks_release) for one in told]
    untold = len(every) - len(told)
    if untold:
        words.append(
            (ngettext("%(num)s pattern is not decided", "%(num)s patterns are not decided", untold), False)
        )
    return words


def _row(session: Session, release: Release, shown: Release | None, last: Release) -> ReleaseRow:
    forms, state = releases.size(release), release_steps.state(release, shown, last)
    if state not in ("frozen", "checked"):
        return ReleaseRow(release, forms, state)
    differences = releases.differences(session, release), releases.waiting(session, release)
    return ReleaseRow(release, forms, state, *differences)


@pages.act("/<wave>/cong-bo", Right.RELEASE, N_("Took a step towards a release"), of_leaders=True)
def release_step(wave: str) -> ResponseReturnValue:
    """Freezes the present data, or takes a release one step on; a refusal stands on the page. What is
    frozen stands in the chain of digests first, as far as its days are over."""
    step = STEPS.get(request.form.get("buoc", ""))
    if step is None:
        raise NotFound("There is no such step. Choose one on the page of the releases.")
    try:
        if step is _freeze:
            digests.close_days(database(), datetime.now(UTC), wave)
        with database().writing() as session:
            message = step(session, waves.find(session, wave).code)
    except Refusal as refusal:
        return _page(wave, refusal)
    flash(message)
    return redirect(url_for(".release_list", wave=wave), 303)


def _freeze(session: Session, wave: str) -> str:
    reason = request.form.get("dinh-chinh", "")
    release = releases.freeze(session, waves.find(session, wave), current_user.name, reason)
    return _("Release %(number)s is frozen. Its figures are checked next.", number=release.number)


def _check(session: Session, wave: str) -> str:
    release = _named(session, wave)
    release_steps.check(release, current_user.name)
    return _("Release %(number)s is checked. Somebody else approves it next.", number=release.number)


def _approve(session: Session, wave: str) -> str:
    release = _named(session, wave)
    releasing.approve(session, release, current_user.name)
    return _("Release %(number)s is approved: communes and programs see it now.", number=release.number)


STEPS: dict[str, Callable[[Session, str], str]] = {
    "dong-bang": _freeze,
    "kiem-tra": _check,
    "duyet": _approve,
}


def _named(session: Session, wave: str) -> Release:
    return releases.find(session, wave, request.form.get("ban", 0, integers.bounded_int))

"""Pages: one release with its figures, its record, and each step that somebody takes with it past what is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from survey.accounts.accounts import Right
from survey.integrity import digests, open_matters, pattern_list, releasing
from survey.integrity.open_matters import OpenMatter, Where
from survey.integrity.patterns import Pattern
from survey.responses.respondents import sample
from survey.results import release_changes, release_matters, release_steps, release_words, releases
from survey.results.public_reasons import NamesSomebody
from survey.results.release_changes import Changes
from survey.results.release_matters import Unsettled
from survey.storage.models import Release, Wave
from survey.waves import changing, waves
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.integrity.matters import matter_key
from translations import N_, Conflict, Refusal, ngettext
from translations import gettext as _

# Where a matter is seen to: the page and the right that it asks for.
WHERE = {
    Where.MATTERS: (".open_matters", Right.REVIEW),
    Where.HELD: (".quarantine", Right.FIELDWORK),
    Where.LOTS: (".lots", Right.REVIEW),
    Where.PAPER: (".accounting", Right.FIELDWORK),
    Where.PROGRESS: (".progress", Right.PROGRESS),
    Where.WAVE: (".wave_settings", Right.WAVES),
    Where.SETTLE: ("keying.to_settle", Right.REVIEW),
}
OUT_OF_SIGHT = ("withdrawn", "approved", "passed")  # states in which outsiders read something else
Step = Callable[[Session, Wave, int, "Sent"], Release]


class Sent:
    """What somebody ticked and wrote at open matters, and typed besides; empty where nothing was sent.

    ticked  the reason of each matter that was ticked, by its subject
    typed   every reason as it was typed, ticked or not
    """

    def __init__(self, found: list[OpenMatter]) -> None:
        self.open = found
        keys = {one.subject: matter_key(one.subject) for one in found}
        self.typed = {subject: request.form.get(f"{key}-vi-sao", "") for subject, key in keys.items()}
        self.ticked = {
            subject: self.typed[subject] for subject, key in keys.items() if request.form.get(f"{key}-da-xem")
        }
        self.reason = request.form.get("ly-do", "")
        self.sure = bool(request.form.get("duoc-doc"))


@pages.page("/<wave>/cong-bo/<int:number>", Right.RESULTS, of_groups=True, tab="staff.release_list")
def release(wave: str, number: int) -> ResponseReturnValue:
    """A release: its figures beside those before it, through whose hands it went and past what."""
    with database().reading() as session:
        wave_row, one = waves.find(session, wave), releases.find(session, wave, number)
        return render_template(
            "staff/release.html", step="", **_figures(session, wave_row, one), **_record(session, one)
        )


@pages.form(
    "/<wave>/cong-bo/chot",
    Right.RELEASE,
    N_("Took a step towards a release"),
    endpoint="freeze_release",
    of_groups=True,
    tab="staff.release_list",
)
def freeze(wave: str) -> ResponseReturnValue:
    """What would be frozen, and the freezing. What is frozen stands in the chain of digests first, as far as its
    days are over."""
    return _step(wave, None, "freeze", _freeze, _("Release %(number)s is frozen. Its figures are checked next."))


@pages.form(
    "/<wave>/cong-bo/<int:number>/kiem-tra",
    Right.RELEASE,
    N_("Took a step towards a release"),
    endpoint="check_release",
    of_groups=True,
    tab="staff.release_list",
)
def check(wave: str, number: int) -> ResponseReturnValue:
    """What is to be checked, and that it was."""
    done = _("Release %(number)s is checked. Somebody else approves it next.")
    return _step(wave, number, "check", _check, done)


@pages.form(
    "/<wave>/cong-bo/<int:number>/duyet",
    Right.APPROVE,
    N_("Took a step towards a release"),
    endpoint="approve_release",
    reauthenticate=True,
    of_groups=True,
    tab="staff.release_list",
)
def approve(wave: str, number: int) -> ResponseReturnValue:
    """What is to be approved, and that it was: others see it from now on."""
    done = _("Release %(number)s is approved: communes and programs see it now.")
    return _step(wave, number, "approve", _approve, done)


@pages.form(
    "/<wave>/cong-bo/<int:number>/thu-hoi",
    Right.APPROVE,
    N_("Withdrew a release"),
    endpoint="withdraw_release",
    reauthenticate=True,
    of_groups=True,
    tab="staff.release_list",
)
def withdraw(wave: str, number: int) -> ResponseReturnValue:
    """Takes back the release that is shown, with the reason that everybody reads."""
    done = _("Release %(number)s is withdrawn. Nothing is shown until a newer one is approved.")
    return _step(wave, number, "withdraw", _withdraw, done)


@pages.form(
    "/<wave>/cong-bo/<int:number>/sua-ly-do",
    Right.APPROVE,
    N_("Corrected the reason of a withdrawal"),
    endpoint="reword_withdrawal",
    reauthenticate=True,
    of_groups=True,
    tab="staff.release_list",
)
def reword(wave: str, number: int) -> ResponseReturnValue:
    """Puts another reason in the place of that for which a release was withdrawn."""
    done = _(
        "Everybody reads the new reason of release %(number)s from now on; the former one stays here, for staff."
    )
    return _step(wave, number, "reword", _reword, done)


def _step(wave: str, number: int | None, step: str, take: Step, done: str) -> ResponseReturnValue:
    """Takes a step that was sent; else, or where it was refused, its page with all that was typed."""
    if request.method == "GET":
        return _step_page(wave, number, step)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        sent = Sent(_open(session, wave_row, number, step))
    try:
        if step == "freeze":
            digests.close_days(database(), datetime.now(UTC), wave)
        with database().writing() as session:
            row = waves.find(session, wave, lock={"key_share": True})
            changing.refuse_other(row, request.form.get("dot"))
            taken = take(session, row, number or 0, sent).number
    except Refusal as refusal:
        return _step_page(wave, number, step, sent, refusal)
    flash(done % {"number": taken})
    return redirect(url_for(".release", wave=wave, number=taken), 303)


def _freeze(session: Session, wave: Wave, _number: int, sent: Sent) -> Release:
    return releasing.freeze(session, wave, current_user.name, sent.open, sent.ticked, sent.reason, sent.sure)


def _check(session: Session, wave: Wave, number: int, sent: Sent) -> Release:
    one = releases.find(session, wave.code, number)
    releasing.check(session, one, current_user.name, sent.open, sent.ticked)
    return one


def _approve(session: Session, wave: Wave, number: int, sent: Sent) -> Release:
    one = releases.find(session, wave.code, number)
    releasing.approve(session, one, current_user.name, sent.open, sent.ticked)
    return one


def _withdraw(session: Session, wave: Wave, number: int, sent: Sent) -> Release:
    one = releases.find(session, wave.code, number)
    releases.withdraw(session, one, sent.reason, current_user.name, sent.sure)
    return one


def _reword(session: Session, wave: Wave, number: int, sent: Sent) -> Release:
    one = releases.find(session, wave.code, number)
    release_steps.reword(one, sent.reason, current_user.name, sent.sure)
    return one


def _step_page(
    wave: str, number: int | None, step: str, sent: Sent | None = None, fault: Refusal | None = None
) -> ResponseReturnValue:
    looked = pattern_list.ready(database(), wave)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        one = None if number is None else releases.find(session, wave, number)
        patterns = looked.value.patterns if looked else ()
        sent = sent or Sent(_open(session, wave_row, number, step, patterns))
        try:
            if one is not None:
                releases.refuse_step(session, one, step, current_user.name)
        except Conflict as refusal:  # what comes next stands in the place of the form
            step, fault = "", fault or refusal
        try:
            told = _figures(session, wave_row, one)
        except Conflict as refusal:  # there is nothing to freeze: who only looks is told why
            told = {"wave": wave_row, "release": one, "changes": None, "why": "" if fault else refusal}
        page = render_template(
            "staff/release.html",
            step=step,
            fault=fault,
            asked=isinstance(fault, NamesSomebody),
            lacking=fault.lacking if isinstance(fault, Unsettled) else {},
            sent=sent,
            newer=_newer(session, wave_row, step, patterns, sent.open),
            key=matter_key,
            told=_told,
            where=_where,
            counting=looked is None,
            wave_state=changing.state(wave_row),
            **told,
            **_record(session, one, sent.open),
        )
    return page, fault.status if fault else 200


def _open(
    session: Session, wave: Wave, number: int | None, step: str, patterns: Iterable[Pattern] | None = None
) -> list[OpenMatter]:
    """What is open; of a release, what stood open when it was frozen. A withdrawal goes past nothing,
    nor does its correction."""
    if step in ("withdraw", "reword"):
        return []
    if number is not None:
        return open_matters.at_freeze(session, wave, releases.find(session, wave.code, number))
    return open_matters.listed(session, wave, patterns)


def _newer(
    session: Session, wave: Wave, step: str, patterns: Iterable[Pattern], asked: Iterable[OpenMatter]
) -> list[OpenMatter]:
    """What came up after a release was frozen: told to whoever checks or approves it, and not asked."""
    if step not in ("check", "approve"):
        return []
    known = {one.subject for one in asked}
    return [
        one
        for one in open_matters.listed(session, wave, patterns)
        if one.subject not in known and not one.is_plain
    ]


def _figures(session: Session, wave: Wave, one: Release | None) -> dict[str, Any]:
    """The release, or what would be frozen, beside what others know."""
    people = releases.candidate(session, wave) if one is None else sample(session, wave, one)
    changes = release_changes.gather(session, people, one.number if one else None)
    last = releases.list_all(session, wave.code)[:1]
    state = one and release_steps.state(one, releases.newest(session, wave.code), last[0])
    return {
        "wave": wave,
        "release": one,
        "forms": len(people.rows),
        "changes": changes,
        "read": _read(session, one) if one and state in OUT_OF_SIGHT else _readable(changes, one),
        "state": state,
        "aside_since": releases.aside_since(session, one) if one and state not in ("withdrawn", "passed") else 0,
        "goes_out": release_words.goes_out(people, [one.name for one in changes.headlines]),
        "correction": release_words.correction(one) if one and one.withdrawn is None else "",
        "named": release_steps.named,
        "former_reasons": release_steps.former_reasons(one) if one else [],
        "reworded": release_steps.reworded(one) if one else None,
        "most": release_steps.LONGEST_REASON,
        "new_answers": releases.NEW_ANSWERS,
    }


def _readable(changes: Changes, one: Release | None) -> str:
    """What outsiders read once it is approved."""
    told = release_changes.sentence(changes), release_changes.came_in(changes)
    return " ".join(filter(None, (*told, release_words.correction(one) if one else "")))


def _read(session: Session, one: Release) -> str:
    """What outsiders read in the place of a release that isn't shown, or not any more."""
    told = releases.newest_public(session, one.wave)
    if told.release is None:
        return release_words.correction(told.withdrawn) if told.withdrawn else ""
    words = _("The figures of release %(number)s.", number=told.release.number)
    taken_back = told.former is not None and told.former.withdrawn is not None
    return f"{words} {release_words.correction(told.former)}" if told.former and taken_back else words


def _record(session: Session, one: Release | None, open_: list[OpenMatter] | None = None) -> dict[str, Any]:
    """What it went past, and which of these reasons still stand."""
    passed = release_matters.passed(session, one) if one else []
    operated = (one and one.by_operator) or ()
    rows = [
        (
            release_matters.words(row.told),
            row,
            release_steps.written(row.person, row.step in operated),
        )
        for row in passed
        if not row.subject.startswith("pattern:") or _reads_names()
    ]
    return {"record": rows, "standing": release_matters.standing(passed, open_ or ())}


def _told(matter: OpenMatter) -> str:
    """What a matter is; who neither reviews nor approves reads nobody's name."""
    if matter.names and not _reads_names():
        return ngettext("%(num)s pattern is not decided", "%(num)s patterns are not decided", 1)
    return matter.words


def _reads_names() -> bool:
    return bool(current_user.may(Right.REVIEW) or current_user.may(Right.APPROVE))


def _where(wave: Wave, matter: OpenMatter) -> str:
    """The address of the page where it is seen to; empty for who may not open that."""
    endpoint, right = WHERE[matter.where]
    if not current_user.may(right):
        return ""
    return url_for(endpoint) if endpoint == "keying.to_settle" else url_for(endpoint, wave=wave.code)

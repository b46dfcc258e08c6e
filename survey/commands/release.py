"""`hailong release`: freezing a wave's results or a year's document, checking them, letting them be seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import click

from survey.accounts import accounts
from survey.commands import Commands, say
from survey.commands.options import option
from survey.integrity import digests, open_matters, releasing
from survey.operations import installation
from survey.reports import year_files
from survey.results import release_matters, release_steps, releases
from survey.storage import models
from survey.waves import waves
from survey.year import year_releases
from translations import Conflict, formats, phrases
from translations import gettext as _

WAVE = click.option("--wave", "code", metavar="CODE", help=_("The wave whose results are released."))
YEAR = option("--year", type=int, help=_("Or the year whose document is released."))
BY = click.option("--by", "person", metavar="NAME", required=True, help=_("Who does this; kept with the release."))
DESPITE = click.option(
    "--despite",
    metavar="MATTER=REASON",
    multiple=True,
    help=_("Go past an open matter, and why; repeat it for each. Without it the command lists what is open."),
)
NUMBER = option("--number", type=int, required=True, help=_("The number of the release: hailong release list"))

SURE = click.option(
    "--sure", is_flag=True, help=_("The reason may stand though it seems to hold somebody's name or number.")
)


release = Commands(
    "release",
    help=_(
        "The results of a wave (--wave), or the document of a year (--year), are released: frozen, checked by one "
        "person, approved by another, and only then seen by others and given out."
    ),
)


def _of_wave_or_year(step: Callable[..., None]) -> Callable[..., None]:
    """The options --wave and --year, of which one is needed."""

    @WAVE
    @YEAR
    @wraps(step)
    def chosen(code: str | None, year: int | None, **given: Any) -> None:
        if (code is None) is (year is None):
            raise click.UsageError(_("Give either --wave or --year."))
        if year is not None and (given.get("despite") or given.get("correction")):
            raise click.UsageError(_("--correction and --despite are for a wave."))
        step(code, year, **given)

    return chosen


def _reasons(despite: tuple[str, ...]) -> dict[str, str]:
    """The reason given for each matter."""
    reasons = {}
    for one in despite:
        subject, equals, reason = one.partition("=")
        if not equals:
            raise click.UsageError(_("--despite takes the matter, = and the reason: %(what)s", what=one))
        reasons[subject.strip()] = reason
    return reasons


def _open(
    database: Any, code: str, despite: tuple[str, ...], number: int | None = None
) -> tuple[list[open_matters.OpenMatter], dict[str, str]]:
    """What is open in a wave, or stood open when a release was frozen, and the reasons given to go past it."""
    ticked = _reasons(despite)
    with database.reading() as session:
        wave = waves.find(session, code)
        if number is None:
            found = open_matters.listed(session, wave)
        else:
            found = open_matters.at_freeze(session, wave, releases.find(session, code, number))
    known = {one.subject for one in found}
    if strange := [subject for subject in ticked if subject not in known]:
        raise Conflict(
            "No matter %(subject)s is open. What is: %(open)s", subject=strange[0], open=", ".join(known)
        )
    told = [matter for matter in found if matter.is_plain and matter.subject not in ticked]
    for matter in told:
        click.echo(f"{matter.words}.", err=True)
    return [matter for matter in found if matter not in told], ticked


@release.command(help=_("Freeze the present data of a wave, or the present document of a year, as a release."))
@_of_wave_or_year
@BY
@DESPITE
@click.option(
    "--correction",
    metavar="REASON",
    default="",
    help=_("Let fewer than 30 changed forms of a commune of a sample wave come in; the report says why."),
)
@SURE
def freeze(
    code: str | None, year: int | None, person: str, despite: tuple[str, ...], correction: str, sure: bool
) -> None:
    database = installation.opened()
    if code is not None:
        open_, ticked = _open(database, code, despite)
        digests.close_days(database, datetime.now(UTC), code)
        with database.writing() as session:
            accounts.refuse_without(session, person, accounts.Right.RELEASE)
            wave = waves.find(session, code)
            made = releasing.freeze(session, wave, person, open_, ticked, correction, sure)
            say(
                "Release %(number)s of %(wave)s contains %(forms)s. Check its figures next.",
                number=made.number,
                wave=code,
                forms=phrases.forms(releases.size(made)),
            )
            _tell(releases.differences(session, made), releases.waiting(session, made))
    elif year is not None:
        with database.writing() as session:
            accounts.refuse_without(session, person, accounts.Right.RELEASE)
            frozen = year_releases.freeze(session, year, person)
            say(
                "Release %(number)s of the document of %(year)s is frozen. Check it next.",
                number=frozen.number,
                year=year,
            )


@release.command(help=_("Note that the figures of a release were checked."))
@_of_wave_or_year
@NUMBER
@BY
@DESPITE
def check(code: str | None, year: int | None, number: int, person: str, despite: tuple[str, ...]) -> None:
    database = installation.opened()
    if code is not None:
        open_, ticked = _open(database, code, despite, number)
        with database.writing() as session:
            accounts.refuse_without(session, person, accounts.Right.RELEASE)
            chosen = releases.claim(session, code, number)
            releasing.check(session, chosen, person, open_, ticked)
            _tell(releases.differences(session, chosen), releases.waiting(session, chosen))
    elif year is not None:
        with database.writing() as session:
            accounts.refuse_without(session, person, accounts.Right.RELEASE)
            document = year_releases.find(session, year, number)
            release_steps.check(document, person)
    say("Release %(number)s is checked. Somebody else approves it next.", number=number)


@release.command(help=_("Let a checked release be seen."))
@_of_wave_or_year
@NUMBER
@BY
@DESPITE
def approve(code: str | None, year: int | None, number: int, person: str, despite: tuple[str, ...]) -> None:
    database = installation.opened()
    if code is not None:
        open_, ticked = _open(database, code, despite, number)
        with database.writing() as session:
            accounts.refuse_without(session, person, accounts.Right.APPROVE)
            chosen = releases.claim(session, code, number)
            releasing.approve(session, chosen, person, open_, ticked)
        say("Release %(number)s is approved: communes and programs see it now.", number=number)
    elif year is not None:
        with database.writing() as session:
            accounts.refuse_without(session, person, accounts.Right.APPROVE)
            document = year_releases.find(session, year, number)
            year_files.approve(session, document, person)
        say("Release %(number)s is approved: its files stay as they are.", number=number)


@release.command(
    help=_("Take back the release of a wave that is shown: everybody reads why instead of its figures.")
)
@click.option("--wave", "code", metavar="CODE", required=True, help=_("The wave whose release is withdrawn."))
@NUMBER
@BY
@click.option(
    "--reason", metavar="TEXT", required=True, help=_("Why it is withdrawn; everybody reads it, so name nobody.")
)
@SURE
def withdraw(code: str, number: int, person: str, reason: str, sure: bool) -> None:
    with installation.opened().writing() as session:
        accounts.refuse_without(session, person, accounts.Right.APPROVE)
        chosen = releases.claim(session, code, number)
        releases.withdraw(session, chosen, reason, person, sure)
    say("Release %(number)s is withdrawn. Nothing is shown until a newer one is approved.", number=number)


@release.command(help=_("Correct the reason of a withdrawal: everybody reads the new one, staff both."))
@click.option("--wave", "code", metavar="CODE", required=True, help=_("The wave whose release was withdrawn."))
@NUMBER
@BY
@click.option("--reason", metavar="TEXT", required=True, help=_("Why it was withdrawn; everybody reads it."))
@SURE
def reword(code: str, number: int, person: str, reason: str, sure: bool) -> None:
    with installation.opened().writing() as session:
        accounts.refuse_without(session, person, accounts.Right.APPROVE)
        release_steps.reword(releases.claim(session, code, number), reason, person, sure)
    say(
        "Everybody reads the new reason of release %(number)s from now on; the former one stays here, for staff.",
        number=number,
    )


@release.command("list", help=_("The releases of a wave or a year, the newest first."))
@_of_wave_or_year
def list_(code: str | None, year: int | None) -> None:
    with installation.opened().reading() as session:
        if code is not None:
            _list_wave(session, code)
        elif year is not None:
            for one in year_releases.list_all(session, year):
                click.echo("\t".join([str(one.number), *_hands(one)]))


def _list_wave(session: Any, code: str) -> None:
    waves.find(session, code)
    for one in releases.list_all(session, code):
        click.echo("\t".join([str(one.number), str(releases.size(one)), one.data[:12], *_hands(one)]))
        if one.correction:
            say(
                "A correction, declared by %(person)s: %(reason)s",
                person=release_steps.named(one, "frozen"),
                reason=formats.ended(one.correction),
            )
        if one.withdrawn is not None:
            say(
                "Withdrawn by %(person)s: %(reason)s",
                person=release_steps.named(one, "withdrawn"),
                reason=formats.ended(one.withdrawal),
            )
        if (last := release_steps.reworded(one)) is not None:
            say("The reason was corrected by %(person)s on %(day)s.", person=last[0], day=formats.day(last[1]))
        for reason, person, day in release_steps.former_reasons(one):
            say(
                "Before, and for staff alone: “%(reason)s” (%(person)s, %(day)s)",
                reason=reason,
                person=person,
                day=formats.day(day),
            )
        for passed in release_matters.passed(session, one):
            _say_passed(one, passed)
        if one.approved is None:
            _tell(releases.differences(session, one), releases.waiting(session, one))


def _say_passed(one: models.Release, passed: models.ReleaseMatter) -> None:
    """A matter that somebody went past with a release."""
    say(
        "Open then: %(matter)s. %(person)s went on: %(reason)s",
        matter=release_matters.words(passed.told),
        person=release_steps.written(passed.person, passed.step in (one.by_operator or ())),
        reason=formats.ended(passed.reason),
    )


def _hands(one: release_steps.Frozen) -> list[str]:
    """When it was frozen, checked and approved, and by whom."""
    return [f"{day}\t{person}" for day, person in release_steps.hands(one)]


def _tell(differences: list[releases.Changed], waiting: list[releases.Changed]) -> None:
    """By how many forms a release differs from the one before it, and what waits, to those who decide on it."""
    for changed in differences:
        came = phrases.forms(changed.came)
        say("Since the release before, %(unit)s: %(came)s more, %(went)s fewer.", **vars(changed) | {"came": came})
    for changed in waiting:
        came = phrases.forms(changed.came)
        say(
            "Not in it, %(unit)s: %(came)s there now; and %(went)s that were taken out.",
            **vars(changed) | {"came": came},
        )

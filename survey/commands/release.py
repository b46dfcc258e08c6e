"""`hailong release`: freezing a wave's results or a year's document, checking them, letting them be seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import click

from survey.commands import Commands, say
from survey.commands.options import option
from survey.integrity import digests, matter_words, matters, pattern_words, releasing
from survey.operations import installation
from survey.reports import year_files
from survey.results import release_steps, releases
from survey.waves import waves
from survey.year import year_releases
from translations import gettext as _

WAVE = click.option("--wave", "code", metavar="CODE", help=_("The wave whose results are released."))
YEAR = option("--year", type=int, help=_("Or the year whose document is released."))
BY = click.option("--by", "person", metavar="NAME", required=True, help=_("Who does this; kept with the release."))
NUMBER = option("--number", type=int, required=True, help=_("The number of the release: hailong release list"))


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
        step(code, year, **given)

    return chosen


@release.command(help=_("Freeze the present data of a wave, or the present document of a year, as a release."))
@_of_wave_or_year
@BY
@click.option(
    "--correction",
    metavar="REASON",
    default="",
    help=_("Let fewer than 30 changed forms of a commune of a sample wave come in; the report says why."),
)
def freeze(code: str | None, year: int | None, person: str, correction: str) -> None:
    if correction and code is None:
        raise click.UsageError(_("--correction is for a wave."))
    database = installation.opened()
    if code is not None:
        digests.close_days(database, datetime.now(UTC), code)
    with database.writing() as session:
        if code is not None:
            _freeze_wave(session, code, person, correction)
        elif year is not None:
            frozen = year_releases.freeze(session, year, person)
            say(
                "Release %(number)s of the document of %(year)s is frozen. Check it next.",
                number=frozen.number,
                year=year,
            )


def _freeze_wave(session: Any, code: str, person: str, correction: str) -> None:
    frozen = releases.freeze(session, waves.find(session, code), person, correction)
    say(
        "Release %(number)s of %(wave)s contains %(forms)s forms. Check its figures next.",
        number=frozen.number,
        wave=code,
        forms=releases.size(frozen),
    )
    _tell(releases.differences(session, frozen), releases.waiting(session, frozen))


@release.command(help=_("Note that the figures of a release were checked."))
@_of_wave_or_year
@NUMBER
@BY
def check(code: str | None, year: int | None, number: int, person: str) -> None:
    with installation.opened().writing() as session:
        if code is not None:
            chosen = releases.find(session, code, number)
            release_steps.check(chosen, person)
            _tell(releases.differences(session, chosen), releases.waiting(session, chosen))
        elif year is not None:
            release_steps.check(year_releases.find(session, year, number), person)
    say("Release %(number)s is checked. Somebody else approves it next.", number=number)


@release.command(help=_("Let a checked release be seen."))
@_of_wave_or_year
@NUMBER
@BY
def approve(code: str | None, year: int | None, number: int, person: str) -> None:
    database = installation.opened()
    with database.writing() as session:
        if code is not None:
            releasing.approve(session, releases.find(session, code, number), person)
            say("Release %(number)s is approved: communes and programs see it now.", number=number)
        elif year is not None:
            year_files.approve(session, year_releases.find(session, year, number), person)
            say("Release %(number)s is approved: its files stay as they are.", number=number)
    if code is not None:
        with database.reading() as session:
            wave = waves.find(session, code)
            names = pattern_words.names(session, wave)
            for one in matters.open_matters(session, wave):
                if not one.blocks_release:
                    say("Still open: %(what)s", what=matter_words.title(one, names))


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
            say("A correction, declared by %(person)s: %(reason)s", person=one.frozen_by, reason=one.correction)
        if one.approved is None:
            _tell(releases.differences(session, one), releases.waiting(session, one))


def _hands(one: release_steps.Frozen) -> list[str]:
    """When it was frozen, checked and approved, and by whom."""
    return [f"{day}\t{person}" for day, person in release_steps.hands(one)]


def _tell(differences: list[releases.Changed], waiting: list[releases.Changed]) -> None:
    """By how many forms a release differs from the one before it, and what waits, to those who decide on it."""
    for changed in differences:
        say("Since the release before, %(unit)s: %(came)s forms more, %(went)s fewer.", **vars(changed))
    for changed in waiting:
        say(
            "Not in it, %(unit)s: %(came)s forms that are there now; and %(went)s that were taken out.",
            **vars(changed),
        )

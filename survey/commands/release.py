"""`hailong release`: freezing a wave's results, checking them, letting them be seen."""

from __future__ import annotations

import click

from survey.commands import Commands, say
from survey.commands.options import option
from survey.operations import installation
from survey.results import release_steps, releases
from survey.waves import waves
from translations import gettext as _

WAVE = click.option("--wave", "code", metavar="CODE", required=True, help=_("The code of the wave."))
BY = click.option("--by", "person", metavar="NAME", required=True, help=_("Who does this; kept with the release."))
NUMBER = option("--number", type=int, required=True, help=_("The number of the release: hailong release list"))


release = Commands(
    "release",
    help=_(
        "Results are released: frozen, checked by one person, approved by another, and only then seen by communes "
        "and programs."
    ),
)


@release.command(help=_("Freeze the present data of a wave as its next release."))
@WAVE
@BY
@click.option(
    "--correction",
    metavar="REASON",
    default="",
    help=_("Let fewer than 30 changed forms of a commune of a sample wave come in; the report says why."),
)
def freeze(code: str, person: str, correction: str) -> None:
    with installation.opened().writing() as session:
        frozen = releases.freeze(session, waves.find(session, code), person, correction)
        say(
            "Release %(number)s of %(wave)s contains %(forms)s forms. Check its figures next.",
            number=frozen.number,
            wave=code,
            forms=releases.size(frozen),
        )
        _tell(releases.differences(session, frozen), releases.waiting(session, frozen))


@release.command(help=_("Note that the figures of a release were checked."))
@WAVE
@NUMBER
@BY
def check(code: str, number: int, person: str) -> None:
    with installation.opened().writing() as session:
        chosen = releases.find(session, code, number)
        release_steps.check(chosen, person)
        _tell(releases.differences(session, chosen), releases.waiting(session, chosen))
    say("Release %(number)s is checked. Somebody else approves it next.", number=number)


@release.command(help=_("Let a checked release be seen."))
@WAVE
@NUMBER
@BY
def approve(code: str, number: int, person: str) -> None:
    with installation.opened().writing() as session:
        releases.approve(session, releases.find(session, code, number), person)
    say("Release %(number)s is approved: communes and programs see it now.", number=number)


@release.command("list", help=_("The releases of a wave, the newest first."))
@WAVE
def list_(code: str) -> None:
    with installation.opened().reading() as session:
        waves.find(session, code)
        for one in releases.list_all(session, code):
            hands = [f"{day}\t{person}" for day, person in release_steps.hands(one)]
            click.echo("\t".join([str(one.number), str(releases.size(one)), one.data[:12], *hands]))
            if one.correction:
                say(
                    "A correction, declared by %(person)s: %(reason)s", person=one.frozen_by, reason=one.correction
                )
            if one.approved is None:
                _tell(releases.differences(session, one), releases.waiting(session, one))


def _tell(differences: list[releases.Changed], waiting: list[releases.Changed]) -> None:
    """By how many forms a release differs from the one before it, and what waits, to those who decide on it."""
    for changed in differences:
        say("Since the release before, %(unit)s: %(came)s forms more, %(went)s fewer.", **vars(changed))
    for changed in waiting:
        say(
            "Not in it, %(unit)s: %(came)s forms that are there now; and %(went)s that were taken out.",
            **vars(changed),
        )

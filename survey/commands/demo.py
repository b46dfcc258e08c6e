"""`hailong demo`."""

from __future__ import annotations

import click

from survey.commands import command, say
from survey.operations import demo as made_up
from survey.operations import installation
from translations import gettext as _


@command(
    help=_(
        "Make the demonstration waves thu-nghiem (household sample), nam-truoc (the same villages a year "
        "before, released) and gop-y (open to all). Everything is marked as demonstration data; its true "
        "values are the same for each seed."
    )
)
@click.option("--wave", default="thu-nghiem", show_default=True, help=_("The code of the sample wave."))
@click.option(
    "--responses", type=click.IntRange(1), metavar="N", help=_("How many; 27 in each village unless given.")
)
@click.option(
    "--seed",
    type=int,
    metavar="N",
    default=2026,
    show_default=True,
    help=_("The same seed makes the same answers."),
)
def demo(wave: str, responses: int | None, seed: int) -> None:
    database = installation.opened()
    with database.writing() as session:
        made = made_up.make(session, wave, responses, seed)
    say(
        "Demonstration waves, marked as such on every page: %(waves)s.",
        waves=", ".join(one.code for one in made),
    )

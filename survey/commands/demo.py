"""`hailong demo`."""

from __future__ import annotations

import click

from survey.commands import command, say
from survey.commands.options import option
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
@option("--wave", default="thu-nghiem", help=_("The code of the sample wave."))
@option("--responses", type=click.IntRange(1), help=_("How many; 27 in each village unless given."))
@option("--seed", type=int, default=2026, help=_("The same seed makes the same answers."))
def demo(wave: str, responses: int | None, seed: int) -> None:
    database = installation.opened()
    with database.writing() as session:
        waves = made_up.make(session, wave, responses, seed)
    say(
        "Demonstration waves, marked as such on every page: %(waves)s.",
        waves=", ".join(one.code for one in waves),
    )

"""`hailong year`: what belongs to a year of the province."""

from __future__ import annotations

import click

from survey.commands import Commands, say
from survey.operations import installation
from survey.year import year_waves
from translations import gettext as _

year = Commands("year", help=_("The province's year: which waves its measures mean."))


@year.command(
    "set",
    help=_(
        "Name the waves that the measures survey:… and leaders:… of a year mean. Repeatable until the year's "
        "document is approved."
    ),
)
@click.argument("number", metavar="YEAR", type=int)
@click.option("--survey", metavar="WAVE", help=_("The sample wave of citizens."))
@click.option("--leaders", metavar="WAVE", help=_("The sample wave of leaders."))
def set_waves(number: int, survey: str | None, leaders: str | None) -> None:
    with installation.opened().writing() as session:
        for role, wave in (("survey", survey), ("leaders", leaders)):
            if wave is not None:
                year_waves.name(session, number, role, wave)
        named = {role: year_waves.find(session, number, role) for role in ("survey", "leaders")}
    say(
        "Year %(year)s: survey of citizens %(survey)s, survey of leaders %(leaders)s.",
        year=number,
        survey=named["survey"].code if named["survey"] else "–",
        leaders=named["leaders"].code if named["leaders"] else "–",
    )

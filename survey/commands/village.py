"""`hailong village`: villages whose forms are in are closed, and opened again."""

from __future__ import annotations

import click

from survey.commands import Commands, say
from survey.commands.records import OUTPUT, write
from survey.fieldwork import village_list
from survey.operations import installation
from survey.responses import village_steps
from survey.storage import models
from survey.waves import waves
from translations import gettext as _

FIELDS = ("psu", "name", "unit", "accounts", "forms", "households", "held", "closed", "person", "reason")
WAVE = click.option("--wave", metavar="CODE", required=True, help=_("The wave: hailong wave list"))
BY = click.option("--by", "person", metavar="NAME", required=True, help=_("Who does this; kept with the step."))
REASON = click.option("--reason", metavar="TEXT", required=True, help=_("Why, in at most 400 characters."))

village = Commands("village", help=_("The villages of a wave's sample: who is assigned there, and closing them."))


@village.command("list", help=_("The villages of a wave's sample; those that nobody is assigned to first."))
@WAVE
@OUTPUT
def list_(wave: str, output: str) -> None:
    with installation.opened().reading() as session:
        found = village_list.lines(session, waves.find(session, wave))
    write(
        [
            {
                **{"psu": one.village.psu, "name": one.village.name, "unit": one.unit.code},
                **{"accounts": "; ".join(one.people) or None, "forms": one.forms, "households": one.households},
                **{"held": one.held, "closed": one.step.day.isoformat() if one.step and one.is_closed else None},
                **{"person": one.step.person if one.step else None},
                **{"reason": one.step.reason if one.step else None},
            }
            for one in found
        ],
        FIELDS,
        output,
    )


@village.command(help=_("Close a village whose forms are in: what still comes is held until somebody decides."))
@click.argument("psu", metavar="VILLAGE")
@WAVE
@REASON
@BY
def close(psu: str, wave: str, reason: str, person: str) -> None:
    with installation.opened().writing() as session:
        village_steps.take(session, wave, psu, models.VillageStepKind.CLOSE, reason, person)
    say("Village %(psu)s is closed.", psu=psu)


@village.command(help=_("Open a closed village again."))
@click.argument("psu", metavar="VILLAGE")
@WAVE
@REASON
@BY
def reopen(psu: str, wave: str, reason: str, person: str) -> None:
    with installation.opened().writing() as session:
        village_steps.take(session, wave, psu, models.VillageStepKind.REOPEN, reason, person)
    say("Village %(psu)s is open again.", psu=psu)

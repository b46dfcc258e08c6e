"""`hailong accounting`."""

from __future__ import annotations

import click

from survey.commands import command, say
from survey.commands.records import OUTPUT, write
from survey.fieldwork import accounting as forms
from survey.operations import installation
from survey.waves import waves
from translations import gettext as _

FIELDS = ("batch", "unit", "issued", "entered", "waiting", "void", "missing")


@command(
    help=_(
        "Where the paper forms of a wave are, a record for each batch: issued = entered + waiting + void + "
        "missing. Missing is all that was not counted back."
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@OUTPUT
def accounting(wave: str, output: str) -> None:
    with installation.opened().reading() as session:
        records = [line.record() for line in forms.lines(session, waves.find(session, wave).code)]
    if not records:
        say("No forms were printed for this wave yet: hailong forms print")
    write(records, FIELDS, output)

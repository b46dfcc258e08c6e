"""`hailong accounting`."""

from __future__ import annotations

import json
import sys

import click

from survey.commands import say
from survey.fieldwork import accounting as forms
from survey.operations.installation import opened
from survey.system.csv_table import Writer
from survey.waves import waves
from translations import gettext as _

FIELDS = ("batch", "unit", "issued", "entered", "waiting", "void", "missing")


@click.command(
    help=_(
        "Where the paper forms of a wave are, a record for each batch: issued = entered + waiting + void + "
        "missing. Missing is all that was not counted back."
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option(
    "--output",
    type=click.Choice(["json", "csv"]),
    default="json",
    show_default=True,
    help=_("The form of the records."),
)
def accounting(wave: str, output: str) -> None:
    with opened().reading() as session:
        records = [line.record() for line in forms.lines(session, waves.find(session, wave).code)]
    if not records:
        say("No forms were printed for this wave yet: hailong forms print")
    if output == "json":
        json.dump(records, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    Writer(sys.stdout).records(FIELDS, records)

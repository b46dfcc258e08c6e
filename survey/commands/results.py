"""`hailong results`."""

from __future__ import annotations

from typing import Any

import click

from survey.commands import command
from survey.commands.estimate import INTERVAL, LEVEL, SINGLE_PSU, VARIANCES, numpys_rest_left
from survey.commands.options import option
from survey.commands.records import OUTPUT, write
from survey.integrity import unusual
from survey.operations import installation
from survey.results import release_words, releases, result_table
from survey.waves import waves
from translations import gettext as _

MARKS = (
    "quick",
    "same",
    "helped-none",
    "helped-family",
    "helped-interviewer",
    "helped-official",
    "lang-vi",
    "lang-en",
)


@command(help=_("Estimates of a wave: weighted, with intervals."))
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option("--by", metavar="WHAT", multiple=True, help=_("unit, stratum, mode or an item; several cross."))
@click.option(
    "--item",
    metavar="WHAT",
    multiple=True,
    help=_("CODE, CODE=VALUE,… or index, index:CS, …; all items without it."),
)
@click.option("--rule", metavar="RULE", help=_("The rule of the index: share or mean."))
@option(
    "--without",
    multiple=True,
    type=MARKS,
    help=_("Leave the answers of such forms out: --without helped-official"),
)
@click.option("--released", is_flag=True, help=_("Only what everybody may see: hidden figures are left out."))
@option(
    "--release",
    type=int,
    help=_(
        "The figures of this release, as they were released: hailong release list; the present data without it."
    ),
)
@INTERVAL
@LEVEL
@option(
    "--variance",
    type=VARIANCES,
    default="auto",
    help=_("Each domain's own, pooled, or pooled where the own one is too thin."),
)
@option(
    "--single-psu",
    type=SINGLE_PSU,
    help=_("What a stratum with one village means; the wave's own rule unless given."),
)
@OUTPUT
def results(wave: str, by: tuple[str, ...], item: tuple[str, ...], output: str, **options: Any) -> None:
    with numpys_rest_left():
        estimates = result_table.estimates
    with installation.opened().reading() as session:
        found = estimates(session, wave, items=item, by=by, **options)
        number = options["release"]
        release = None if number is None else releases.find(session, wave, number)
        if release is not None and release.withdrawn is not None:
            click.echo(release_words.correction(release), err=True)
        marked = unusual.flagged(session, waves.find(session, wave), release, found)
        records = result_table.as_records(marked)
    write(records if output == "json" else list(map(result_table.as_row, records)), result_table.FIELDS, output)

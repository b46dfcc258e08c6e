"""`hailong results`."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from analysis.design import SINGLE_PSU
from analysis.estimate import VARIANCES
from analysis.interval import INTERVALS
from survey.operations.installation import opened
from survey.responses.submission import MARKS
from survey.results import result_table as wave_results
from survey.system.csv_table import Writer
from translations import gettext as _


@click.command(help=_("Estimates of a wave: weighted, with intervals."))
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option("--by", metavar="WHAT", multiple=True, help=_("unit, stratum, mode or an item; several cross."))
@click.option(
    "--item",
    metavar="WHAT",
    multiple=True,
    help=_("CODE, CODE=VALUE,… or index, index:CS, …; all items without it."),
)
@click.option("--rule", metavar="RULE", help=_("The rule of the index: share or mean."))
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(MARKS),
    help=_("Leave the answers of such forms out: --without helped-official"),
)
@click.option("--released", is_flag=True, help=_("Only what everybody may see: hidden figures are left out."))
@click.option(
    "--release",
    type=int,
    metavar="N",
    help=_(
        "The figures of this release, as they were released: hailong release list; the present data without it."
    ),
)
@click.option(
    "--interval",
    type=click.Choice(INTERVALS),
    default="korn-graubard",
    show_default=True,
    help=_("The interval of shares."),
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="N",
    default=0.95,
    show_default=True,
    help=_("The level of the interval."),
)
@click.option(
    "--variance",
    type=click.Choice(VARIANCES),
    default="auto",
    show_default=True,
    help=_("Each domain's own, pooled, or pooled where the own one is too thin."),
)
@click.option(
    "--single-psu",
    type=click.Choice(SINGLE_PSU),
    help=_("What a stratum with one village means; the wave's own rule unless given."),
)
@click.option(
    "--output",
    type=click.Choice(["json", "csv"]),
    default="json",
    show_default=True,
    help=_("The form of the records."),
)
def results(wave: str, by: tuple[str, ...], item: tuple[str, ...], output: str, **options: Any) -> None:
    with opened().reading() as session:
        records = wave_results.as_records(wave_results.estimates(session, wave, items=item, by=by, **options))
    write(records, output)


def write(records: list[dict[str, Any]], output: str) -> None:
    """The records on standard output: one JSON array, or CSV with a header."""
    if output == "json":
        json.dump(records, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    Writer(sys.stdout).records(wave_results.FIELDS, map(wave_results.as_row, records))

"""`hailong transactions`: counts of the one-stop system, to which an open wave is weighted."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.operations import installation
from survey.sampling import transactions as counts
from translations import gettext as _
from translations.formats import number

transactions = Commands(
    "transactions", help=_("Transactions of the one-stop system: the population of an open wave.")
)


@transactions.command(
    "import",
    help=_(
        "Store counts of transactions from a CSV or Excel file: all of them, or none where a row is wrong. "
        "Columns: unit, service (a code of dich_vu or its words), week (any day of it, or 2026-W48), count. "
        "A later count takes the place of a former one."
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--wave", metavar="CODE", required=True, help=_("The open wave that the counts belong to."))
def import_counts(file: Path, wave: str) -> None:
    with installation.opened().writing() as session:
        done = counts.load(session, wave, file)
    say(
        "Counts stored: %(stored)s; corrected: %(changed)s; there already: %(there)s.",
        stored=number(done.stored),
        changed=number(done.changed),
        there=number(done.there),
    )
    if done.stored or done.changed:
        say("Weigh the wave by them: hailong weights compute --wave %(wave)s", wave=wave)

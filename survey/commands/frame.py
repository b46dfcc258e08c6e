"""`hailong frame`: the villages of a wave, or its groups of leaders."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.operations import installation
from survey.sampling import frame as frames
from translations import gettext as _
from translations.formats import number

frame = Commands("frame", help=_("The villages of a wave, or its groups of leaders."))


@frame.command(
    "import",
    help=_(
        "Add the villages of a CSV or Excel file to a sample wave: all of them, or none where a row is wrong. "
        "Columns: psu, unit, stratum, households, and where known adults and name. Where leaders are asked, their "
        "groups: stratum, people (how many persons the group has) and, if wanted, name. Safe to repeat."
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--wave", metavar="CODE", required=True, help=_("The wave that they belong to."))
def import_frame(file: Path, wave: str) -> None:
    with installation.opened().writing() as session:
        done = frames.load(session, wave, file)
    for remark in done.remarks:
        click.echo(str(remark), err=True)
    say(
        "Rows of the frame stored: %(stored)s; there already: %(there)s.",
        stored=number(done.stored),
        there=number(done.there),
    )

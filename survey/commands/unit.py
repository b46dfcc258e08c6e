"""`hailong unit`: units beyond the 54 communes."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.operations import installation
from survey.waves import units
from translations import gettext as _
from translations.formats import number

unit = Commands("unit", help=_("Communes, departments, service centres."))


@unit.command(
    "import",
    help=_(
        "Add or renew units from a CSV file: all of them, or none where a row is wrong. Columns: code, name, "
        "kind, and where known parent, valid_from, valid_to, replaces. Safe to repeat."
    ),
)
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
def import_units(file: Path) -> None:
    text = units.read(file)
    with installation.opened().writing() as session:
        changed = units.load(session, text)
    say("Units new or changed: %(changed)s.", changed=number(changed))

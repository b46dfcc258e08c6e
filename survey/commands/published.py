"""`hailong published`: figures that others published."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.commands.records import OUTPUT, write
from survey.operations import installation
from survey.year import published as figures
from translations import gettext as _
from translations.formats import number

published = Commands(
    "published", help=_("Figures that others published of the province: PAR INDEX, SIPAS, PAPI and others.")
)


@published.command(
    "import",
    help=_(
        "Store published figures from a CSV or Excel file: all of them, or none where a row is wrong. Columns: "
        "year, place, index, part (blank: the whole; 8, 8.3, C5=3), value, unit (percent or points), source; and "
        "max (needed for points), rank, of, group, note. Without value, rank and group the note says why nothing "
        "was published. A corrected figure is imported again; the former is kept."
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
def import_figures(file: Path) -> None:
    with installation.opened().writing() as session:
        done = figures.load(session, file)
    say(
        "Published figures added: %(stored)s; corrected: %(changed)s; unchanged: %(unchanged)s.",
        stored=number(done.stored),
        changed=number(done.changed),
        unchanged=number(done.unchanged),
    )


@published.command("list", help=_("The published figures that hold; with --all the former ones too."))
@click.option("--year", type=int, metavar="YEAR", help=_("Of this year only."))
@click.option("--index", metavar="INDEX", help=_("Of this index only: PAR_INDEX, SIPAS, PAPI …"))
@click.option("--place", metavar="NAME", help=_("Of this place only."))
@click.option("--all", "former", is_flag=True, help=_("Former versions too."))
@OUTPUT
def list_figures(year: int | None, index: str | None, place: str | None, former: bool, output: str) -> None:
    with installation.opened().reading() as session:
        found = (figures.list_all if former else figures.current)(session, year, index, place)
        records = figures.records(found)
    if output == "csv":
        records = [record | {"flags": ";".join(record["flags"])} for record in records]
    write(records, figures.FIELDS, output)

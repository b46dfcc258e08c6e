"""`hailong map`: the boundaries of the communes, or their tiles."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.operations import installation
from survey.results import commune_boundaries, commune_tiles
from survey.system import dates
from survey.waves import units
from translations import gettext as _
from translations import phrases

map = Commands("map", help=_("Boundaries of the communes, or their tiles, for the map of results."))


@map.command(
    "import",
    help=_(
        "Load the boundaries from a GeoJSON file in longitude and latitude: a Polygon or MultiPolygon for each "
        "commune, with its code in the property code. All communes, or none are taken."
    ),
)
@click.argument("file", metavar="FILE.geojson", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_map(file: Path) -> None:
    with installation.opened().reading() as session:
        communes = units.communes(session, dates.today())
    count = commune_boundaries.load(file, communes)
    say("The boundaries of %(units)s are loaded.", units=phrases.communes(count))


@map.command(
    "tiles",
    help=_(
        "Load a tile grid from a CSV file, for a map without boundaries: code, name, column, row, both counted "
        "from 1 in the north-west. Each commune once; a line without a code names water."
    ),
)
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def load_tiles(file: Path) -> None:
    with installation.opened().reading() as session:
        communes = units.communes(session, dates.today())
    count = commune_tiles.load(file, communes)
    say("The tiles of %(units)s are loaded.", units=phrases.communes(count))

"""`hailong poster`: posters with a QR code that leads to the form."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import command, say
from survey.commands.options import option, out
from survey.operations import installation
from survey.paper import posters
from survey.storage import models
from survey.system import addresses
from survey.system.atomic_file import atomic_write
from survey.waves import waves
from translations import gettext as _


@command(
    help=_(
        "Posters with a QR code that leads to the form of a wave: one for each commune in one PDF, or that of one "
        "commune."
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option("--unit", metavar="CODE", help=_("One commune alone; all of them unless given."))
@option(
    "--size", type=click.Choice(["A4", "A5"], case_sensitive=False), default="A4", help=_("The size of the paper.")
)
@click.option(
    "--base-url", metavar="URL", help=_("The address that people outside see; HAILONG_BASE_URL unless given.")
)
@out("FILE.pdf")
def poster(wave: str, unit: str | None, size: str, base_url: str | None, out: Path) -> None:
    base = addresses.outside(base_url)
    with installation.opened().reading() as session:
        drawn = posters.draw(session, wave, base, size.upper(), unit)
        drawn_people = waves.find(session, wave).kind is models.WaveKind.SAMPLE
    with atomic_write(out) as file:
        file.write(drawn)
    if drawn_people:
        say("The wave is a sample: who comes by a poster counts apart. Sampled people need an invitation.")
    say("The posters are in %(file)s.", file=out)

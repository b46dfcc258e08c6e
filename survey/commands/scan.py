"""`hailong scan`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from survey.commands import command, say
from survey.operations import installation
from survey.paper import scanning
from translations import gettext as _
from translations.formats import number

STEP = 100  # pages between two lines of progress, where they can't be written over


@command(
    help=_(
        "Read scans or photographs of printed forms (PDF, JPEG, PNG, TIFF; any order of pages). A form is keyed "
        "once all its pages are in and nothing on them is doubtful; what is doubtful a person settles on the page "
        "“Scans” of the wave. Nothing of the files is kept but pictures of the doubtful questions."
    )
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--wave", metavar="CODE", required=True, help=_("The wave that was answered."))
def scan(files: tuple[Path, ...], wave: str) -> None:
    database = installation.opened()
    with database.writing():
        pass  # the audit trail has the command, and not when each form came
    pages = faults = stored = 0
    for pages, page in enumerate(scanning.take_in(database, wave, _each(files)), start=1):
        stored += page.stored
        faults += bool(page.fault)
        if page.fault:
            _begin_a_line()
            say("%(file)s, page %(place)s: %(fault)s", file=page.file, place=page.place, fault=page.fault)
        _progress(pages)
    _begin_a_line()
    with database.reading() as session:
        waiting = len(scanning.waiting(session, wave))
    say(
        "Pages read: %(pages)s; not kept: %(faults)s. Forms keyed: %(stored)s; waiting for a person or for pages: "
        "%(waiting)s.",
        pages=number(pages),
        faults=number(faults),
        stored=number(stored),
        waiting=number(waiting),
    )
    if faults:
        sys.exit(1)


def _each(files: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    """One file in memory at a time."""
    for path in files:
        yield path.name, path.read_bytes()


def _progress(pages: int) -> None:
    if sys.stderr.isatty():
        click.echo("\r" + _("%(pages)s pages read", pages=number(pages)), err=True, nl=False)
    elif pages % STEP == 0:
        say("%(pages)s pages read", pages=number(pages))


def _begin_a_line() -> None:
    if sys.stderr.isatty():
        click.echo("\r", err=True, nl=False)

"""`hailong template`: the look of the Word reports."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.operations import installation
from survey.reports import docx
from survey.reports import word_template as templates
from survey.system.atomic_file import atomic_write
from translations import gettext as _

template = Commands(
    "template",
    help=_(
        "The look of the Word reports: styles, margins, the head and foot of pages. Save the template in use, "
        "change it in Word, and let it be used."
    ),
)


@template.command(help=_("Write the template in use into a file, to be changed in Word."))
@click.argument("file", metavar="FILE.docx", type=click.Path(path_type=Path))
def save(file: Path) -> None:
    installation.opened()  # refused if the folder is mistyped: its template would seem to be the shipped one
    document = templates.own() or docx.shipped()
    with atomic_write(file) as stream:
        document.save(stream)
    say("The template is in %(file)s. Change its styles, margins, head and foot, not their names.", file=file)


@template.command(help=_("Check a template and use it for all Word reports from now on."))
@click.argument("file", metavar="FILE.docx", type=click.Path(path_type=Path))
def use(file: Path) -> None:
    with installation.opened().writing():  # who changed it stands in the audit trail
        templates.use(file)
    say("Word reports are written into this template from now on. Issued reports stay as they are.")


@template.command(help=_("Go back to the shipped look."))
def drop() -> None:
    with installation.opened().writing():
        dropped = templates.drop()
    if dropped:
        say("The shipped look is in use again.")
    else:
        say("The shipped look is in use already.")

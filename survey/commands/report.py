"""`hailong report`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from survey.commands import command, say
from survey.commands.options import option, out
from survey.operations import installation
from survey.reports import report as reports
from survey.results import releases, summary
from survey.system.atomic_file import atomic_write
from survey.waves import units, waves
from translations import LANGUAGES, NotFound
from translations import gettext as _


@command(help=_("The report of a wave, of what is released, or of the present data as a draft."))
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@option(
    "--format",
    "form",
    type=["docx", "pdf", "xlsx", "csv", "json", "zip"],
    required=True,
    help=_("Word, PDF, Excel; csv and json hold the records of results; zip the reports of all communes."),
)
@click.option("--unit", metavar="CODE", help=_("The report of this commune alone: docx or pdf."))
@out()
@option("--lang", type=list(LANGUAGES), help=_("The language of the report; Vietnamese unless given."))
def report(wave: str, form: str, out: Path, unit: str | None, lang: str | None) -> None:
    with installation.opened().reading() as session:
        release = releases.newest(session, waves.find(session, wave).code)
        content = summary.gather(session, wave, release=release)
    say("Wave %(wave)s: %(count)s records. Writing the report …", wave=wave, count=len(content.records))
    with atomic_write(out) as file:
        if form == "zip":
            reports.write_units(content, file, lang or "vi", lambda done: _tell(done, len(content.units)))
        elif unit is not None:
            file.write(reports.write_unit(content, _line(content, unit), form, lang or "vi"))
        else:
            file.write(reports.write(content, form, lang or "vi"))
    if content.draft:
        say("Nothing is released in this wave: the report is a draft and says so.")
    say("The report is in %(file)s.", file=out)


def _line(content: summary.Summary, unit: str) -> summary.UnitLine:
    unit_line = next((line for line in content.units if line.unit.code == units.settled(unit)), None)
    if unit_line is None:
        raise NotFound("There is no unit with the code %(code)s. Choose the commune from the list.", code=unit)
    return unit_line


def _tell(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo("\r" + _("%(done)s of %(all)s communes", done=done, all=of), err=True, nl=done == of)

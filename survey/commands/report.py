"""`hailong report`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from survey.commands import command, say
from survey.commands.options import option, out
from survey.integrity import kept_account, unusual
from survey.operations import installation
from survey.reports import report as reports
from survey.reports import year_files
from survey.responses import respondents
from survey.results import releases, since, summary
from survey.system.atomic_file import atomic_write
from survey.waves import units, waves
from survey.year import year_releases
from translations import LANGUAGES, NotFound
from translations import gettext as _


@command(
    help=_(
        "The report of a wave, or of a year: of what is released, or of the present data as a draft. That of a "
        "year that is approved comes as it went out."
    )
)
@click.option("--wave", metavar="CODE", help=_("The wave that it is about."))
@option("--year", type=int, help=_("Or the year that it is about."))
@option(
    "--format",
    "form",
    type=["docx", "pdf", "xlsx", "csv", "json", "zip"],
    required=True,
    help=_(
        "Word, PDF, Excel; csv and json hold the records of results, json of a year its lines; zip the reports of "
        "all communes."
    ),
)
@click.option("--unit", metavar="CODE", help=_("The report of this commune alone: docx or pdf."))
@click.option("--draft", is_flag=True, help=_("Of a year: the present state, though a release is approved."))
@out()
@option("--lang", type=list(LANGUAGES), help=_("The language of the report; Vietnamese unless given."))
def report(
    wave: str | None, year: int | None, form: str, out: Path, unit: str | None, draft: bool, lang: str | None
) -> None:
    if (wave is None) is (year is None):
        raise click.UsageError(_("Give either --wave or --year."))
    if wave is None and (unit is not None or form in ("csv", "zip")):
        raise click.UsageError(_("The report of a year is docx, pdf, xlsx or json, and of no single commune."))
    if wave is not None and draft:
        raise click.UsageError(_("--draft is for a year."))
    if wave is not None:
        _of_wave(wave, form, out, unit, lang or "vi")
    elif year is not None:
        _of_year(year, form, out, draft, lang or "vi")
    say("The report is in %(file)s.", file=out)


def _of_wave(wave: str, form: str, out: Path, unit: str | None, lang: str) -> None:
    with installation.opened().reading() as session:
        release = releases.newest(session, waves.find(session, wave).code)
        content = unusual.gather(session, wave, release=release)
        people = respondents.sample(session, waves.find(session, wave), release)
        content = replace(content, since=since.of_report(session, people))
        whole = form in reports.LETTERS and unit is None
        told = kept_account.of(session, waves.find(session, wave), release) if whole else None
    say("Wave %(wave)s, records: %(count)s. Writing the report …", wave=wave, count=len(content.records))
    with atomic_write(out) as file:
        if form == "zip":
            reports.write_units(content, file, lang, lambda done: _tell(done, len(content.units)))
        elif unit is not None:
            file.write(reports.write_unit(content, _line(content, unit), form, lang))
        else:
            file.write(reports.write(content, form, lang, told))
    if content.is_empty:
        say("No form is counted yet, so there are no figures.")
    elif content.withdrawn is not None:
        number = content.withdrawn.number
        say(
            "Release %(number)s of this wave is withdrawn: the report is a draft of the present data.",
            number=number,
        )
    elif content.draft:
        say("Nothing is released in this wave: the report is a draft and says so.")


def _of_year(year: int, form: str, out: Path, draft: bool, lang: str) -> None:
    with installation.opened().reading() as session:
        release = None if draft else year_releases.newest(session, year)
        made = (
            year_files.draft(session, year, form, lang)
            if release is None
            else year_files.issued(session, release, form, lang)
        )
    with atomic_write(out) as file:
        file.write(made)
    if release is None:
        say("This is the present state of %(year)s: a draft, and it says so.", year=year)


def _line(content: summary.Summary, unit: str) -> summary.UnitLine:
    unit_line = next((line for line in content.units if line.unit.code == units.settled(unit)), None)
    if unit_line is None:
        raise NotFound("There is no unit with the code %(code)s. Choose the commune from the list.", code=unit)
    return unit_line


def _tell(done: int, of: int) -> None:
    if sys.stderr.isatty():
        click.echo("\r" + _("%(done)s of %(all)s communes", done=done, all=of), err=True, nl=done == of)

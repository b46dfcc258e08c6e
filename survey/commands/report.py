"""`hailong report`."""

from __future__ import annotations

from pathlib import Path

import click

from survey import report as reports
from survey import releases, summary, waves
from survey.commands import say
from survey.exporting import replacing
from survey.installation import opened
from translations import LANGUAGES
from translations import gettext as _


@click.command(
    help=_(
        "The report of a wave, of what is released, or of the present data as a draft.\n\n"
        "Example: hailong report --wave thu-nghiem --format docx --out bao-cao.docx"
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(reports.FORMATS)),
    required=True,
    help=_("Word, PDF, Excel; csv and json hold the records of results."),
)
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path), required=True, help=_("The file to write.")
)
@click.option(
    "--lang", type=click.Choice(list(LANGUAGES)), help=_("The language of the report; Vietnamese unless given.")
)
def report(wave: str, form: str, out: Path, lang: str | None) -> None:
    with opened().reading() as session:
        release = releases.newest(session, waves.find(session, wave).code)
        gathered = summary.gather(session, wave, release=release)
    say("Wave %(wave)s: %(count)s records. Writing the report …", wave=wave, count=len(gathered.records))
    content = reports.write(gathered, form, lang or "vi")
    with replacing(out) as file:
        file.write(content)
    if gathered.draft:
        say("Nothing is released in this wave: the report is a draft and says so.")
    say("The report is in %(file)s.", file=out)

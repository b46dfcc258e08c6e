"""`hailong import` and `hailong data`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from survey.commands import command, say
from survey.commands.options import option, out
from survey.data_files import exporting, import_lots, importing, open_data
from survey.operations import installation
from translations import gettext as _
from translations import phrases
from translations.formats import number

STEP = 20_000  # rows between two lines of progress, where they can't be written over


def _progress(rows: int) -> None:
    if sys.stderr.isatty():
        click.echo("\r" + _("%(rows)s read", rows=phrases.rows(rows)), err=True, nl=False)
    elif rows % STEP == 0:
        say("%(rows)s read", rows=phrases.rows(rows))


@command(
    name="import",
    help=_(
        "Store the responses of a CSV (UTF-8) or Excel file in a wave, as a lot with a name: all of them, or none "
        "where a row is wrong. Columns: unit, then as known response_id, stratum, psu, weight, mode, day, sheet "
        "(number of the printed form), adults (of the household), and the codes, numbers or words of items."
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--wave", metavar="CODE", required=True, help=_("The wave that was answered."))
@click.option("--name", metavar="NAME", default="", help=_("What the lot is called; else like the file."))
@click.option(
    "--replaces",
    metavar="LOT",
    help=_("Number or name of an import that this one replaces: it is taken back in the same step."),
)
@click.option("--reason", metavar="TEXT", default="", help=_("Why it is replaced, in at most 400 characters."))
@click.option("--by", "person", metavar="NAME", default="", help=_("Who replaces it; kept with the step."))
def import_(file: Path, wave: str, name: str, replaces: str | None, reason: str, person: str) -> None:
    database = installation.opened()
    replaced = None
    if replaces is not None:
        if not (reason.strip() and person.strip()):
            raise click.UsageError(_("With --replaces say why and who: --reason, --by."))
        with database.reading() as session:
            replaced = import_lots.find(session, wave, replaces).lot.number
    wanted = importing.Wanted(file, person, name=name, replaces=replaced, reason=reason)
    done = importing.responses(database, wave, wanted, _progress)
    if sys.stderr.isatty():
        click.echo("\r", err=True, nl=False)
    for remark in done.remarks:
        click.echo(str(remark), err=True)
    say(
        "Responses stored: %(stored)s; there already: %(there)s.",
        stored=number(done.stored),
        there=number(done.there),
    )
    if done.stored:
        say("The lot is called “%(name)s”.", name=done.name)
    if replaced is not None:
        say("Taken back: %(forms)s responses of %(name)s.", forms=number(done.replaced), name=replaces)
    if done.weights is not None:
        say("The weights of the wave are now version %(version)s.", version=done.weights)


@command(
    help=_(
        "Write the responses that the estimates of a wave rest on into a file, in the columns that import takes, "
        "with the current weights."
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The wave."))
@option("--format", "kind", type=["csv", "parquet", "sav"], default="csv", help=_("The kind of file."))
@out()
@click.option("--outside", is_flag=True, help=_("The responses outside the sample instead."))
@option(
    "--release",
    type=int,
    help=_("The responses of this release, with its weights: hailong release list; those of today without it."),
)
@click.option("--open", "is_open", is_flag=True, help=_("The anonymised file, of the newest approved release."))
def data(wave: str, kind: str, out: Path, outside: bool, is_open: bool, release: int | None) -> None:
    if (is_open, outside, release is not None).count(True) > 1:
        raise click.UsageError(_("Give one of --open, --outside and --release."))
    if is_open:
        _write_open(wave, kind, out)
        return
    database = installation.opened()
    with database.writing():
        pass  # that rows were taken out stands in the audit trail, with the command
    written = exporting.responses(database, wave, out, kind, outside=outside, release=release)
    say("Responses written: %(rows)s, to %(file)s.", rows=number(written.rows), file=out)
    if written.left_out and not outside:
        say("Outside the sample and not in the file: %(rows)s (--outside).", rows=number(written.left_out))
    if written.aside:
        rows = number(written.aside)
        say("In lots set aside by two people, in no file: %(rows)s.", rows=rows)


def _write_open(wave: str, kind: str, out: Path) -> None:
    """Writes the open file, and says what was changed and what people agreed to."""
    with installation.opened().reading() as session:
        open_file = open_data.microdata(session, wave)
    open_file.save(out, kind)
    say("Responses written: %(rows)s, to %(file)s.", rows=number(len(open_file)), file=out)
    say(
        "Everybody is like %(others)s others at least, by area and what is declared.",
        others=number(open_file.smallest - 1),
    )
    for change in open_file.changes:
        click.echo(f"{change.column or '*'}: {change.what} ({number(change.values)})", err=True)
    click.echo(open_data.promise(open_file), err=True)

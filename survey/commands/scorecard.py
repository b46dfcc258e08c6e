"""`hailong scorecard`: documents of criteria, their scores, and what they come to."""

from __future__ import annotations

from pathlib import Path

import click

from forms import scorecard as documents
from survey.commands import Commands, say
from survey.commands.records import OUTPUT, write
from survey.operations import installation
from survey.system import dates
from survey.year import scorecard_table, scorecards, scores
from translations import gettext as _
from translations.formats import number

FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
YEAR = click.option("--year", type=int, metavar="YEAR", required=True, help=_("The year that is scored."))

scorecard = Commands(
    "scorecard",
    help=_("Scorecards: documents of criteria with their maxima, their scores of a year, and the points lost."),
)


@scorecard.command(help=_("Say what is wrong with a document, and where. Nothing is stored."))
@FILE
def check(file: Path) -> None:
    card = documents.load(file)
    say(
        "%(name)s is in order: %(parts)d parts, of which %(unknown)d have a maximum that is not known.",
        name=card.name,
        parts=len(card.parts) - 1,
        unknown=sum(part.max is None for part in card.whole.walk() if part.code),
    )


@scorecard.command(help=_("Store a version, for good. Safe to repeat; other content needs a new version."))
@FILE
def publish(file: Path) -> None:
    card = documents.load(file)
    with installation.opened().writing() as session:
        is_new = scorecards.publish(session, card, dates.today())
    if is_new:
        say("%(name)s is published: %(digest)s", name=card.name, digest=card.digest)
    else:
        say("%(name)s was published before, with this content.", name=card.name)


@scorecard.command("list", help=_("All versions, as tab-separated lines: code@version, title, digest."))
def list_versions() -> None:
    with installation.opened().reading() as session:
        for card in scorecards.published(session):
            click.echo("\t".join((card.name, str(card.title), card.digest)))


@scorecard.command(
    "import",
    help=_(
        "Store scores of a year from a CSV or Excel file: all of them, or none where a row is wrong. Columns: "
        "part, value; evidence (SIGN YYYY-MM-DD name, several separated by ;) or explanation; and unit, unless "
        "the document rates the province. A new score of a part stands beside the former one and holds from "
        "then on. Whoever gave the self score of a part doesn't appraise it."
    ),
)
@FILE
@YEAR
@click.option("--document", metavar="CODE@VERSION", required=True, help=_("The document: hailong scorecard list"))
@click.option(
    "--kind",
    type=click.Choice(["self", "assessed", "official"]),
    required=True,
    help=_("The office's own score, that of who appraised it, or the official one."),
)
@click.option("--by", "person", metavar="NAME", required=True, help=_("Who gives these scores; kept with them."))
def import_scores(file: Path, year: int, document: str, kind: str, person: str) -> None:
    with installation.opened().writing() as session:
        stored = scores.load(session, file, year, document, kind, person)
    say(
        "Scores added: %(stored)s; unchanged: %(there)s.",
        stored=number(sum(stored)),
        there=number(len(stored) - sum(stored)),
    )


@scorecard.command(help=_("A record for the total and each part: scores, points lost, proof, who answers."))
@YEAR
@click.option("--document", metavar="CODE", required=True, help=_("The document's code, without a version."))
@click.option("--unit", metavar="CODE", help=_("The unit that is rated, where the document rates units."))
@click.option(
    "--sort",
    type=click.Choice(["code", "lost"]),
    default="code",
    show_default=True,
    help=_("In the order of the document, or the criteria alone with the most points lost first."),
)
@OUTPUT
def show(year: int, document: str, unit: str | None, sort: str, output: str) -> None:
    with installation.opened().reading() as session:
        found = scorecard_table.table(session, year, document, unit)
        records = scorecard_table.records(found, by_lost=sort == "lost")
    if any(record["measured"] is not None for record in records):
        say("Measured points: %(caution)s.", caution=found.card.caution)
    if output == "csv":
        records = [record | {"flags": ";".join(record["flags"])} for record in records]
    write(records, scorecard_table.FIELDS, output)

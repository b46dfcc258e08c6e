"""`hailong target`: what figures are to reach by a decision."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.operations import installation
from survey.responses import respondents
from survey.results import targets
from survey.waves import waves
from translations import gettext as _
from translations.formats import number

target = Commands("target", help=_("Targets: what figures are to reach by a decision, and who answers for it."))


@target.command(
    "import",
    help=_(
        "Store targets from a CSV or Excel file: all of them, or none where a row is wrong. Columns: measure "
        "(index, index:CS, or an item with its answer: C5=1), percent, office, head; and where wanted unit "
        "(blank: the province), at_most (1: not to be exceeded), decision."
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--wave", metavar="CODE", required=True, help=_("The wave by which the targets are measured."))
def import_targets(file: Path, wave: str) -> None:
    with installation.opened().writing() as session:
        done = targets.load(session, wave, file)
    say(
        "Targets added: %(stored)s; changed: %(changed)s; unchanged: %(there)s.",
        stored=number(done.stored),
        changed=number(done.changed),
        there=number(done.there),
    )


@target.command(
    "list",
    help=_("Each target with its figure, as tab-separated lines: unit, measure, percent, verdict, office, head."),
)
@click.option("--wave", metavar="CODE", required=True, help=_("The wave."))
def list_targets(wave: str) -> None:
    with installation.opened().reading() as session:
        measured = targets.lines(session, respondents.sample(session, waves.find(session, wave)), ())
    for line in measured:
        one = line.target
        cells = (one.unit, one.measure, f"{one.value:.4%}", line.verdict.value, one.office, one.head)
        click.echo("\t".join(cells))

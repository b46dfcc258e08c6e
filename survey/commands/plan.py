"""`hailong plan`: targets and tasks of a year, and what became of them."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.commands.records import OUTPUT, write
from survey.operations import installation
from survey.storage import models
from survey.waves import units
from survey.year import cases, duties
from translations import NotFound
from translations import gettext as _
from translations.formats import number

plan = Commands("plan", help=_("What offices answer for in a year: targets, tasks, and what was done."))
FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
YEAR = click.option("--year", metavar="YEAR", type=int, required=True, help=_("The year of the plan."))
BY = click.option("--by", "person", metavar="NAME", required=True, help=_("Who does this; kept with each row."))


@plan.command(
    "import",
    help=_(
        "Store targets and tasks from a CSV or Excel file: all of them, or none where a row is wrong. Columns: "
        "code, what, office (a unit's code), head (a position), deadline, decision (215/BC-SNV 2025-01-12); with "
        "a value and its measure it is a target, else a task; at_most (1: not to be exceeded), unit (blank: the "
        "province), source. A measure is survey:ITEM, leaders:ITEM, score:DOCUMENT:PART, published:INDEX:PART, "
        "rank:INDEX or group:INDEX. What is there under a code changes by another decision only; the former "
        "version stays in the list."
    ),
)
@FILE
@YEAR
@BY
def import_plan(file: Path, year: int, person: str) -> None:
    with installation.opened().writing() as session:
        done = duties.load(session, year, file, person)
    say(
        "Duties added: %(stored)s; changed: %(changed)s; unchanged: %(there)s.",
        stored=number(done.stored),
        changed=number(done.changed),
        there=number(done.there),
    )


@plan.command(
    help=_(
        "Store what was done: columns code, state (doing, done, stopped), day, note, evidence. Done needs "
        "evidence, stopped a note. A target is judged by its figure and takes no report."
    ),
)
@FILE
@YEAR
@BY
def progress(file: Path, year: int, person: str) -> None:
    with installation.opened().writing() as session:
        done = duties.load_progress(session, year, file, person)
    say("Reports added: %(stored)s; unchanged: %(there)s.", stored=number(done.stored), there=number(done.there))


@plan.command(
    "list",
    help=_(
        "The duties of a year with figure, verdict, state and lateness: late ones first, then by points at stake."
    ),
)
@YEAR
@click.option("--office", metavar="UNIT", help=_("Only those of this office."))
@click.option("--late", is_flag=True, help=_("Only those that are late."))
@click.option("--history", is_flag=True, help=_("Former versions, too."))
@OUTPUT
def list_duties(year: int, office: str | None, late: bool, history: bool, output: str) -> None:
    with installation.opened().reading() as session:
        if office is not None and session.get(models.Unit, units.settled(office)) is None:
            raise NotFound(
                "There is no unit with the code %(code)s. See the codes of the plan's offices: "
                "hailong plan list --year %(year)s",
                code=office,
                year=year,
            )
        found = [
            *duties.lines(session, year, office, late, history),
            *cases.duty_lines(session, year, office, late, history),
        ]
    write([duties.record(line) for line in duties.ordered(found)], duties.FIELDS, output)

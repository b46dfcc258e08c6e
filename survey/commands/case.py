"""`hailong case`: what people said, who answers it, and what everybody sees of it."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, records, say
from survey.operations import installation
from survey.waves import units
from survey.year import case_steps, cases
from translations import gettext as _
from translations.formats import number

case = Commands(
    "case", help=_("What five people or more said about a theme: handed to an office, answered, published.")
)
FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
BY = click.option("--by", metavar="NAME", required=True, help=_("Who does this; kept with each row."))


@case.command(
    "open",
    help=_(
        "Open cases from a CSV or Excel file: all of them, or none where a row is wrong. Columns: wave, unit "
        "(blank: the province), theme, words, office, head, deadline. Only where five people or more are shown "
        "to have written about the theme. Prints case, unit and theme as CSV. Safe to repeat."
    ),
)
@FILE
@BY
def open_cases(file: Path, by: str) -> None:
    with installation.opened().writing() as session:
        opened = case_steps.load_opened(session, file, by)
        rows = [{"case": str(one.id), "unit": one.unit, "theme": one.theme} for one in opened]
    records.write(rows, ("case", "unit", "theme"), "csv")


@case.command(
    "answer",
    help=_(
        "Store replies from a CSV or Excel file: all of them, or none where a row is wrong. Columns: case, "
        "outcome (done, doing, cannot, passed), words; for passed also office and head of who has it next. Safe "
        "to repeat."
    ),
)
@FILE
@BY
def answer_cases(file: Path, by: str) -> None:
    with installation.opened().writing() as session:
        stored = case_steps.load_answered(session, file, by)
    say("Replies stored: %(stored)s.", stored=number(stored))


@case.command("list", help=_("The cases with who answers for each, and its newest reply; what is late first."))
@click.option("--quarter", metavar="2026Q3", help=_("Only those of a quarter."))
@click.option("--office", metavar="UNIT", help=_("Only those that this office answers for."))
@records.OUTPUT
def list_cases(quarter: str | None, office: str | None, output: str) -> None:
    quarter = cases.checked_quarter(quarter) if quarter else None
    with installation.opened().reading() as session:
        office = units.find(session, office).code if office else None
        rows = [
            {name: getattr(line, name) for name in cases.FIELDS} | {"deadline": line.deadline.isoformat()}
            for line in cases.lines(session, quarter, office)
        ]
    records.write(rows, cases.FIELDS, output)


@case.command(
    "publish",
    help=_(
        "Put a quarter's cases onto the page for everybody: all of them, overdue ones too. Refused while one is "
        "open before its deadline, and to whoever answered one."
    ),
)
@click.argument("quarter", metavar="QUARTER")
@BY
def publish_quarter(quarter: str, by: str) -> None:
    with installation.opened().writing() as session:
        count = case_steps.publish(session, quarter, by)
    say("Cases of %(quarter)s published: %(count)s.", quarter=quarter, count=number(count))

"""`hailong assignment`: who may send for others."""

from __future__ import annotations

from pathlib import Path

import click

from survey.commands import Commands, say
from survey.commands.options import option
from survey.commands.records import OUTPUT, write
from survey.data_files import assignment_file
from survey.operations import installation
from survey.responses import assignments
from survey.storage import models
from survey.waves import waves
from translations import gettext as _

FIELDS = ("number", "account", "mode", "psu", "batch", "households", "made", "by", "ended", "ended_by")
WAVE = click.option("--wave", metavar="CODE", required=True, help=_("The wave: hailong wave list"))
BY = click.option("--by", "person", metavar="NAME", required=True, help=_("Who does this; kept with the step."))

assignment = Commands(
    "assignment",
    help=_(
        "Whoever sends for others is assigned: an interviewer to villages of a sample wave or to the whole of an "
        "open one, a keyer to batches or to the whole wave. What comes from elsewhere is held until somebody else "
        "decides."
    ),
)


@assignment.command("list", help=_("The assignments of a wave, in the order in which they were made."))
@WAVE
@click.option("--account", metavar="NAME", help=_("Only those of this account."))
@click.option("--ended", is_flag=True, help=_("Those that have ended, too."))
@OUTPUT
def list_(wave: str, account: str | None, ended: bool, output: str) -> None:
    with installation.opened().reading() as session:
        waves.find(session, wave)
        found = assignments.list_all(session, wave)
    write(
        [
            {
                **{"number": one.id, "account": one.account, "mode": one.mode.value, "psu": one.psu},
                **{"batch": one.batch, "households": " ".join(map(str, one.households or ())) or None},
                **{"made": one.made.isoformat(), "by": one.by},
                **{"ended": one.ended.isoformat() if one.ended else None, "ended_by": one.ended_by},
            }
            for one in found
            if account in (None, one.account) and (ended or one.ended is None)
        ],
        FIELDS,
        output,
    )


@assignment.command(help=_("Assign an account to villages, to batches, or to the whole wave where none is named."))
@click.argument("account", metavar="ACCOUNT")
@WAVE
@click.option("--psu", "psus", metavar="CODE", multiple=True, help=_("A village to interview in; repeatable."))
@click.option("--batch", "batches", metavar="CODE", multiple=True, help=_("A batch to key; repeatable."))
@click.option(
    "--household", "households", type=int, metavar="N", multiple=True, help=_("Only this drawn household of it.")
)
@option("--mode", type=["interviewer", "paper"], help=_("For whoever may do both."))
@BY
def give(
    account: str,
    wave: str,
    psus: tuple[str, ...],
    batches: tuple[str, ...],
    households: tuple[int, ...],
    mode: str | None,
    person: str,
) -> None:
    places: list[tuple[str | None, str | None]] = [
        *((psu, None) for psu in psus),
        *((None, one) for one in batches),
    ]
    with installation.opened().writing() as session:
        for psu, batch in places or [(None, None)]:
            way = models.Mode(mode) if mode else assignments.usual(session, account, psu, batch)
            about = {"psu": psu, "batch": batch}
            assignments.give(session, wave, account, way, person, **about, households=households)
    say("%(account)s is assigned. See all: hailong assignment list", account=account)


@assignment.command(help=_("End an assignment. Forms answered by today still count under it."))
@click.argument("number", type=int, metavar="NUMBER")
@WAVE
@BY
def end(number: int, wave: str, person: str) -> None:
    with installation.opened().writing() as session:
        ended = assignments.end(session, wave, number, person)
    say("The assignment %(number)s of %(account)s has ended.", number=number, account=ended.account)


@assignment.command(
    "import",
    help=_(
        "Give the assignments of a CSV file with the columns account, psu, batch, households, mode: all, or none "
        "where anything is wrong."
    ),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@WAVE
@BY
def import_(file: Path, wave: str, person: str) -> None:
    with installation.opened().writing() as session:
        waves.find(session, wave)
        given = assignment_file.give(session, wave, file, person)
    say("Assignments given: %(count)s.", count=given)

"""`hailong lot`: what was brought together, and what two people set aside of it."""

from __future__ import annotations

from datetime import date

import click

from survey.accounts import accounts
from survey.commands import Commands, say
from survey.commands.options import option
from survey.commands.records import OUTPUT, write
from survey.data_files import import_lots
from survey.operations import installation
from survey.responses import lot_list, lot_steps
from survey.results import release_steps
from survey.waves import waves
from translations import gettext as _
from translations import phrases

FIELDS = (
    "lot",
    "kind",
    "sender",
    "unit",
    "psu",
    "mode",
    "day",
    "forms",
    "joined",
    "state",
    "person",
    "decided",
    "reason",
)
WAVE = click.option("--wave", metavar="CODE", required=True, help=_("The wave: hailong wave list"))
NUMBER = click.argument("number", metavar="LOT", type=int)
BY = click.option("--by", "person", metavar="NAME", required=True, help=_("Who does this; kept with the step."))
REASON = click.option(
    "--reason", metavar="TEXT", required=True, help=_("Why, in at most 400 characters; reports show it.")
)

lot = Commands(
    "lot",
    help=_(
        "A lot is what was brought together: a file, what an account keyed on a day, a tablet's day in a village, "
        "a commune's open forms of a day. One person proposes to set it aside, or to take it back; another one "
        "confirms. From then on every figure and report leaves it out, or counts it again."
    ),
)


@lot.command(
    "list", help=_("The lots of a wave whose day is over: what needs a decision first, then the newest day.")
)
@WAVE
@click.option("--unit", metavar="CODE", help=_("Only lots with forms of this commune."))
@click.option("--sender", metavar="NAME", help=_("Only those of this account, file, or device:NUMBER."))
@option("--day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help=_("Only those of this day: 2026-05-27"))
@click.option("--aside", is_flag=True, help=_("Only those that are set aside."))
@OUTPUT
def list_(wave: str, unit: str | None, sender: str | None, day: date | None, aside: bool, output: str) -> None:
    with installation.opened().reading() as session:
        waves.find(session, wave)
        found = lot_list.lines(session, wave)
    write(
        [
            _record(one)
            for one in found
            if (unit is None or unit in one.units)
            and sender in (None, one.lot.sender)
            and (day is None or one.lot.day.isoformat() == day.isoformat()[:10])
            and (not aside or one.state.is_aside)
        ],
        FIELDS,
        output,
    )


def _record(one: lot_list.LotLine) -> dict[str, object]:
    found, last = one.lot, one.state.steps[-1] if one.state.steps else None
    return {
        "lot": found.number,
        "kind": found.kind.value,
        "sender": found.sender,
        "unit": found.unit,
        "psu": found.psu,
        "mode": found.mode.value if found.mode else None,
        "day": found.day.isoformat(),
        "forms": one.count,
        "joined": found.joined,
        "state": one.state.standing.value,
        "person": release_steps.written(last.person, bool(last.by_operator)) if last else None,
        "decided": last.day.isoformat() if last else None,
        "reason": last.reason if last else None,
    }


@lot.command(help=_("Propose to set a lot aside. It counts until another person confirms."))
@NUMBER
@WAVE
@REASON
@BY
def aside(number: int, wave: str, reason: str, person: str) -> None:
    _propose(wave, number, True, reason, person)


@lot.command(
    help=_(
        "Take an import back, for good, until figures with it are approved: none of its forms counts any more. "
        "What is right comes in by a corrected file: hailong import --replaces does both at once."
    )
)
@click.argument("lot_", metavar="LOT")
@WAVE
@REASON
@BY
def recall(lot_: str, wave: str, reason: str, person: str) -> None:
    with installation.opened().writing() as session:
        accounts.refuse_without(session, person, accounts.Right.WAVES)
        row = waves.find(session, wave, lock=True)
        found = import_lots.find(session, wave, lot_)
        forms = import_lots.recall(session, row, found.lot.number, reason, person)
    say("%(name)s is taken back; out of every figure: %(forms)s.", name=found.name, forms=phrases.forms(forms))


@lot.command(help=_("Propose to take a lot back. It stays aside until another person confirms."))
@NUMBER
@WAVE
@REASON
@BY
def back(number: int, wave: str, reason: str, person: str) -> None:
    _propose(wave, number, False, reason, person)


def _propose(wave: str, number: int, is_aside: bool, reason: str, person: str) -> None:
    with installation.opened().writing() as session:
        accounts.refuse_without(session, person, accounts.Right.REVIEW)
        waves.find(session, wave)
        lot_steps.propose(session, wave, number, is_aside, reason, person)
    say("Proposed for lot %(number)s. Now another person confirms it: hailong lot confirm", number=number)


@lot.command(help=_("Confirm what another person proposed for a lot; --refuse gives the proposal up instead."))
@NUMBER
@WAVE
@BY
@click.option("--refuse", metavar="REASON", help=_("Refuse the proposal, and say why: the lot stands as before."))
def confirm(number: int, wave: str, person: str, refuse: str | None) -> None:
    with installation.opened().writing() as session:
        accounts.refuse_without(session, person, accounts.Right.REVIEW)
        waves.find(session, wave)
        if refuse is not None:
            lot_steps.withdraw(session, wave, number, refuse, person)
            say("The proposal for lot %(number)s is given up.", number=number)
            return
        lot_steps.confirm(session, wave, number, person)
        is_aside = lot_steps.state(session, wave)[number].is_aside
        forms = phrases.forms(lot_steps.size(session, number))
    if is_aside:
        say("Lot %(number)s is set aside; out of every figure: %(forms)s.", number=number, forms=forms)
    else:
        say("Lot %(number)s counts again: %(forms)s.", number=number, forms=forms)

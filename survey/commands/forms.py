"""`hailong forms`: numbering and printing the paper forms of a wave, and voiding some."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from survey.commands import Commands, say
from survey.commands.options import option, out
from survey.fieldwork import keying_decisions, sheet_locks
from survey.operations import installation
from survey.paper import batches, printing
from survey.sampling import draws, outcome_words
from survey.system.atomic_file import atomic_write
from survey.waves import units, waves
from translations import gettext as _
from translations import phrases

SHARE, COUNT = click.FloatRange(0, 100), click.IntRange(1, 500)
REASONS = [*(outcome.value for outcome in outcome_words.ON_THE_SHEET), *outcome_words.VOID]


forms = Commands("forms", help=_("Number and print the paper forms of a wave; void some."))


@forms.command(
    name="print",
    help=_(
        "Print the paper forms of a wave as one PDF, A4 for both sides: a batch for each village of the "
        "sample, with a cover sheet and the slip of its hand-over, and a form for each household drawn. "
        "What is printed counts as issued. A second time the same forms are printed again, with the same "
        "numbers."
    ),
)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option("--unit", metavar="CODE", help=_("One commune alone; all of them unless given."))
@click.option("--village", metavar="CODE", help=_("One village alone."))
@click.option("--batch", metavar="CODE", help=_("One batch that was printed before, again."))
@click.option("--serial", metavar="NUMBER", help=_("One form that was printed before, alone, without a cover."))
@click.option("--large", is_flag=True, help=_("In large print: such forms are keyed by hand, not scanned."))
@click.option(
    "--language",
    metavar="CODE",
    default="vi",
    help=_("The language of the forms; others than Vietnamese are keyed by hand."),
)
@option("--per-village", type=COUNT, help=_("How many forms a village gets where no sample was drawn."))
@option("--more", type=COUNT, help=_("So many further forms for the village, in a batch of their own."))
@option(
    "--double",
    type=SHARE,
    default=10.0,
    help=_("How many of 100 new forms are keyed twice; they are chosen at random."),
)
@option(
    "--reinterview",
    type=SHARE,
    default=5.0,
    help=_("How many of 100 new forms are followed by a re-interview of the household."),
)
@out("FILE.pdf")
def print_forms(
    wave: str,
    unit: str | None,
    village: str | None,
    batch: str | None,
    serial: str | None,
    large: bool,
    language: str,
    per_village: int | None,
    more: int | None,
    double: float,
    reinterview: float,
    out: Path,
) -> None:
    if [unit, village, batch, serial].count(None) < 3:
        raise click.UsageError(_("Give one of --unit, --village, --batch and --serial."))
    if more is not None and village is None:
        raise click.UsageError(_("Say for which village: --village CODE"))
    database = installation.opened()
    if batch is None and serial is None:
        with database.writing() as session:
            if more is not None and village is not None:
                issued = [batches.issue_more(session, wave, village, more, double / 100)]
                batch = issued[0].code
            else:
                villages = None if village is None else [village]
                if unit is not None:
                    code = units.find(session, unit).code
                    drawn = draws.villages(session, waves.find(session, wave))
                    villages = [one.psu for one in drawn if one.unit == code]
                shares = {"double": double / 100, "again": reinterview / 100}
                issued = batches.issue(session, wave, forms=per_village, villages=villages, **shares)
            _tell(len(issued), *batches.counted(session, issued))
    with database.reading() as session:
        order = printing.prepared(
            session, wave, unit=unit, village=village, batch=batch, serial=serial, large=large, spoken=language
        )
    with (
        atomic_write(out) as file,
        click.progressbar(
            length=len(order.batches), label=_("Batches"), file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar,
    ):
        printing.write(order, file, lambda done: bar.update(1))
    with database.writing() as session:
        printing.noted(session, order)
    say(
        "The forms are in %(file)s, batches: %(batches)d. Print on both sides, A4, at 100 %%.",
        batches=len(order.batches),
        file=out,
    )


def _tell(batches: int, forms: int, double: int, again: int) -> None:
    if not batches:
        say("All of them are numbered already; they are printed again.")
        return
    say(
        "Numbered: batches %(batches)d, forms %(forms)d; of these to be keyed twice %(double)d, asked "
        "again %(again)d.",
        batches=batches,
        forms=forms,
        double=double,
        again=again,
    )


@forms.command(
    help=_(
        "Void paper forms that hold no answers, or none that count: all of those named, or none. Answers that are "
        "stored stay, rejected, and enter no figure; forms that somebody keys are open no more."
    )
)
@click.argument("serials", metavar="NUMBER…", nargs=-1, required=True)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@option("--reason", type=REASONS, required=True, help=_("Why they are void."))
@click.option("--by", "person", metavar="NAME", required=True, help=_("Who decides; kept with it."))
@click.option("--sure", is_flag=True, help=_("Also forms that are stored, keyed or open at a desk."))
def void(serials: tuple[str, ...], wave: str, reason: str, person: str, sure: bool) -> None:
    numbers = [sheet_locks.serial(serial) for serial in serials]
    with installation.opened().writing() as session:
        code = waves.find(session, wave).code
        count = keying_decisions.void(session, code, numbers, reason, person, sure)
    say("Void: %(forms)s.", forms=phrases.forms(count))

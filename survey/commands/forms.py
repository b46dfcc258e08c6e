"""`hailong forms`: numbering and printing the paper forms of a wave."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.commands import Commands, say
from survey.operations.installation import opened
from survey.paper import batches, printing
from survey.paper.batches import AGAIN, DOUBLE, MOST_FORMS
from survey.sampling.draws import villages
from survey.storage.models import Batch, Sheet
from survey.system.atomic_file import atomic_write
from survey.waves import units, waves
from translations import gettext as _

share = click.FloatRange(0, 100)


@click.group(cls=Commands, help=_("Number and print the paper forms of a wave."))
def forms() -> None:
    pass


@forms.command(
    name="print",
    help=_(
        "Print the paper forms of a wave as one PDF, A4 for both sides: a packet for each village of the sample, "
        "with a cover sheet and the slip of its hand-over, and a form for each household drawn. What is printed "
        "counts as issued. A second time the same forms are printed again, with the same numbers."
    ),
)
@click.option("--wave", metavar="CODE", required=True, help=_("The code of the wave."))
@click.option("--unit", metavar="CODE", help=_("One commune alone; all of them unless given."))
@click.option("--village", metavar="CODE", help=_("One village alone."))
@click.option("--batch", metavar="CODE", help=_("One packet that was printed before, again."))
@click.option(
    "--per-village",
    type=click.IntRange(1, MOST_FORMS),
    metavar="N",
    help=_("How many forms a village gets where no sample was drawn."),
)
@click.option(
    "--more",
    type=click.IntRange(1, MOST_FORMS),
    metavar="N",
    help=_("So many further forms for the village, in a packet of their own."),
)
@click.option(
    "--double",
    type=share,
    metavar="N",
    default=100 * DOUBLE,
    show_default=True,
    help=_("Of 100 new forms, so many are keyed twice; chance chooses them."),
)
@click.option(
    "--reinterview",
    type=share,
    metavar="N",
    default=100 * AGAIN,
    show_default=True,
    help=_("Of 100 new forms, so many have their household asked again (phúc tra)."),
)
@click.option(
    "--out", metavar="FILE.pdf", type=click.Path(path_type=Path), required=True, help=_("The file to write.")
)
def print_forms(
    wave: str,
    unit: str | None,
    village: str | None,
    batch: str | None,
    per_village: int | None,
    more: int | None,
    double: float,
    reinterview: float,
    out: Path,
) -> None:
    if [unit, village, batch].count(None) < 2:
        raise click.UsageError(_("Give one of --unit, --village and --batch."))
    if more is not None and village is None:
        raise click.UsageError(_("Say for which village: --village CODE"))
    database = opened()
    if batch is None:
        with database.writing() as session:
            if more is not None and village is not None:
                made = [batches.issue_more(session, wave, village, more, double / 100)]
                batch = made[0].code
            else:
                made = batches.issue(
                    session,
                    wave,
                    forms=per_village,
                    villages=_chosen(session, wave, unit, village),
                    double=double / 100,
                    again=reinterview / 100,
                )
            _tell(session, made)
    with database.reading() as session:
        given = printing.prepared(session, wave, unit=unit, village=village, batch=batch)
    with (
        atomic_write(out) as file,
        click.progressbar(
            length=len(given.packets), label=_("Packets"), file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar,
    ):
        printing.write(given, file, lambda done: bar.update(1))
    say(
        "The forms are in %(file)s, packets: %(packets)d. Print on both sides, A4, at 100 %%.",
        packets=len(given.packets),
        file=out,
    )


def _chosen(session: Session, wave: str, unit: str | None, village: str | None) -> list[str] | None:
    """The villages that are meant; None for all."""
    if unit is None:
        return None if village is None else [village]
    code = units.find(session, unit).code
    return [one.psu for one in villages(session, waves.find(session, wave)) if one.unit == code]


def _tell(session: Session, made: list[Batch]) -> None:
    if not made:
        say("All of them are numbered already; they are printed again.")
        return
    own = Sheet.batch.in_([batch.code for batch in made])
    counted = session.execute(
        select(
            func.count(),
            func.count().filter(Sheet.double),
            func.count().filter(Sheet.reinterview),
        ).where(own)
    ).one()
    say(
        "Numbered: packets %(packets)d, forms %(forms)d; of these to be keyed twice %(double)d, asked again "
        "%(again)d.",
        packets=len(made),
        forms=counted[0],
        double=counted[1],
        again=counted[2],
    )

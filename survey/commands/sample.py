"""`hailong sample`: planning, drawing and showing the sample of a wave."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import click

from survey.commands import Commands, say
from survey.commands.options import option
from survey.operations import installation
from survey.results import previous_wave
from survey.sampling import draws, expected_precision, plans, sizing
from survey.storage import models
from survey.system.csv_table import Writer
from survey.waves import waves
from translations import gettext as _
from translations.formats import day as written_day

PLANNED = ("stratum", "frame_villages", "households", "villages", "forms", "standard_error", "half_width")
MOST = 1_000_000


sample = Commands("sample", help=_("The sample of a wave: planned, drawn from its villages, and kept."))


# What a plan consists of, and what is assumed of the field.
COUNT = click.IntRange(1, MOST)
OPTIONS = (
    click.option("--wave", metavar="CODE", required=True, help=_("The wave whose villages are drawn.")),
    option("--villages", type=COUNT, help=_("Villages in all, or in each commune or stratum.")),
    option(
        "--per",
        type=["unit", "stratum"],
        help=_("Draw --villages in each commune, which then is the stratum, or in each stratum."),
    ),
    option("--per-village", type=COUNT, required=True, help=_("Households asked in each village.")),
    option(
        "--allocation",
        type=["equal", "proportional", "sqrt", "neyman"],
        help=_(
            "How a number in all is shared out over the strata: proportional unless given; neyman learns "
            "from the wave before."
        ),
    ),
    option(
        "--method",
        type=["pps", "srs"],
        default="pps",
        help=_("pps: large villages more likely, every household alike; srs: every village alike."),
    ),
    option(
        "--households",
        type=["systematic", "srs"],
        default="systematic",
        help=_("How households are drawn from the list of a village."),
    ),
    click.option("--collapse", is_flag=True, help=_("Join a stratum of one village with its neighbour.")),
    option("--share", type=click.FloatRange(0.001, 0.999), help=_("The share expected, as 0.9 (default).")),
    option(
        "--deff",
        type=click.FloatRange(1, 100),
        help=_("The design effect expected; without it, people of a village are alike by 0.05."),
    ),
    option(
        "--response",
        type=click.FloatRange(0.01, 1),
        help=_("The part of the forms expected back answered, as 0.95; 1 without it."),
    ),
    option("--cost", type=click.FloatRange(0), help=_("What a form costs.")),
)


def options(command: Callable[..., None]) -> Callable[..., None]:
    """A command with all of `OPTIONS`."""
    for add in reversed(OPTIONS):
        command = add(command)
    return command


@sample.command(
    help=_(
        "Draw the sample of a wave from its villages and store it: villages, then households by their "
        "number in the village's list, and households to replace them. Says on standard error what the "
        "sample will be able to show, and prints it as CSV, a row per household. The same villages and "
        "seed give the same rows. A further draw is stored beside the earlier ones and is used from then "
        "on; once forms are printed none can be drawn."
    )
)
@options
@click.option(
    "--seed", metavar="TEXT", help=_("The seed of the random numbers; without it one is made up and printed.")
)
def draw(wave: str, seed: str | None, **given: Any) -> None:
    if given["villages"] is None:
        raise click.UsageError(_("Say how many villages: --villages N"))
    with installation.opened().writing() as session:
        subject = draws.locked(session, wave)
        plan = previous_wave.planned(session, subject, _plan(given))
        drawn = draws.drawn(plans.frame(session, subject), plan, seed or draws.new_seed())
        _tell(drawn.remarks())
        expected = _expected(given)
        _tell(expected_precision.sentences(expected_precision.of_drawn(session, subject, drawn, expected)))
        stored = draws.keep(session, subject, drawn, assumed=asdict(expected))
    _print(draws.COLUMNS, draws.table(drawn))
    say(
        "Kept as draw number %(number)s of the wave %(wave)s, seed %(seed)s.",
        number=stored.number,
        wave=wave,
        seed=drawn.seed,
    )


@sample.command(
    name="plan",
    help=_(
        "Say what a plan may be expected to tell, and keep nothing: as CSV a row per stratum, in words on "
        "standard error. --margin computes the number of villages for it, with Slovin's formula beside."
    ),
)
@options
@option("--margin", type=click.FloatRange(0.001, 0.5), help=_("Half the width wanted for the whole, as 0.03."))
def plan_sample(wave: str, margin: float | None, **given: Any) -> None:
    with installation.opened().reading() as session:
        subject = waves.find(session, wave)
        frame = plans.frame(session, subject)
        expected = _expected(given)
        if margin is not None:
            given = _sized(waves.villages(session, subject.code), frame, margin, expected, given)
        if given["villages"] is None:
            raise click.UsageError(_("Say how many villages, --villages N, or how exact: --margin 0.03"))
        plan = previous_wave.planned(session, subject, _plan(given))
        outlook = expected_precision.of_plan(session, subject, frame, plan, expected)
        parts = plans.parts(frame, plan)
        offers = expected_precision.bought(session, subject, frame, plan, expected) if plan.per == "unit" else []
    _tell(expected_precision.sentences(outlook))
    _tell(expected_precision.bought_sentences(offers))
    rows = []
    for line in outlook.strata:
        own = [part for part in parts if part.stratum == line.label]
        rows.append(
            (
                line.label,
                sum(len(part.villages) for part in own),
                sum(part.households for part in own),
                sum(part.take for part in own),
                round(line.forms),
                line.error,
                line.half_width,
            )
        )
    _print(PLANNED, rows)


@sample.command(
    help=_(
        "Print a stored draw (without --draw the one in use), and say whether villages, plan and seed "
        "reproduce it."
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The wave."))
@option("--draw", "number_wanted", type=int, help=_("The number of an earlier draw."))
def show(wave: str, number_wanted: int | None) -> None:
    with installation.opened().reading() as session:
        subject = waves.find(session, wave)
        stored = draws.find(session, subject, number_wanted)
        drawn = draws.read(session, stored)
        again = draws.repeats(drawn, stored)
    _print(draws.COLUMNS, draws.table(drawn))
    say(
        "Draw number %(number)s of %(day)s, seed %(seed)s.",
        number=stored.number,
        day=written_day(stored.made),
        seed=stored.seed,
    )
    _tell(plans.words(drawn.plan))
    if stored.id != subject.draw:
        say("It doesn't hold any more: a later one does.")
    _tell_repeats(again)


def _tell_repeats(again: bool | None) -> None:
    if again is None:
        say("The villages of the wave have changed since: it can't be reproduced from them.")
    elif again:
        say("Drawn again from villages, plan and seed, it is exactly the same.")
    else:
        say("Drawn again from villages, plan and seed, it is a different one: ask the administrator why.")


@sample.command(
    help=_(
        "Use an earlier draw again. Once forms are printed or answers have come in, the draw can no "
        "longer be changed."
    )
)
@click.option("--wave", metavar="CODE", required=True, help=_("The wave."))
@option("--draw", "wanted", type=int, required=True, help=_("The number of an earlier draw."))
def use(wave: str, wanted: int) -> None:
    with installation.opened().writing() as session:
        draws.use(session, draws.locked(session, wave), wanted)
    say("Draw number %(number)s of the wave %(wave)s is in use now.", number=wanted, wave=wave)


def _plan(given: dict[str, Any]) -> plans.Plan:
    return plans.Plan(
        villages=given["villages"],
        per_village=given["per_village"],
        per=given["per"],
        allocation=given["allocation"] or ("equal" if given["per"] else "proportional"),
        method=given["method"],
        households=given["households"],
        collapse=given["collapse"],
    )


def _expected(given: dict[str, Any]) -> expected_precision.Expected:
    names = ("share", "response", "cost")
    return expected_precision.Expected.of(
        given["deff"], given["per_village"], **{name: given[name] for name in names}
    )


def _sized(
    villages: list[models.Village],
    frame: plans.Frame,
    margin: float,
    expected: expected_precision.Expected,
    given: dict[str, Any],
) -> dict[str, Any]:
    """The plan's options with the number of villages that the margin needs."""
    size = sizing.sized(villages, margin, given["per_village"], expected)
    _tell(sizing.size_sentences(size))
    return {**given, "villages": sizing.villages_of(size, frame, given["per"])}


def _tell(sentences: Iterable[Any]) -> None:
    for sentence in sentences:
        click.echo(str(sentence), err=True)


def _print(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    writer = Writer(sys.stdout, "\n")
    writer.writerow(columns)
    writer.writerows(rows)

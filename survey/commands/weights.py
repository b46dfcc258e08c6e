"""`hailong weights`: the weights of a wave computed, listed, chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from survey.commands import Commands, say
from survey.commands.estimate import CALIBRATIONS
from survey.commands.options import option
from survey.operations import installation
from survey.sampling import joint_classes, margins, weighting
from survey.sampling import weight_versions as kept
from survey.storage import models
from survey.waves import questionnaires, waves
from translations import Refusal
from translations import gettext as _
from translations.formats import first_few, number

BY = ("stratum", "unit", "psu", "none")
WAVE = click.option("--wave", "code", metavar="CODE", required=True, help=_("The wave."))


weights = Commands(
    "weights",
    help=_(
        "Weights of a wave, in versions: a version never changes, and one of them is in use. Computed ones "
        "begin with the draw (or with the weights that were imported), stand in for those who did not "
        "answer, and are fitted to population totals."
    ),
)


@weights.command(
    help=_(
        "Compute a new version of the weights; it becomes the current one. In an open wave the totals are the "
        "counts of transactions (hailong transactions import) unless margins are given."
    )
)
@WAVE
@click.option(
    "--margins",
    "file",
    metavar="FILE.csv",
    type=click.Path(path_type=Path),
    help=_(
        "Population totals: variable,value,total. Variables: items, unit, stratum, kind, mode; crossed with *, as "
        "gioi_tinh*do_tuoi. Values of a number are classes: 18-29, 60+."
    ),
)
@option(
    "--classes",
    "by",
    type=BY,
    help=_("Groups within which those who answered stand for the others; the strata if a draw is in use."),
)
@option("--calibration", type=CALIBRATIONS, default="raking", help=_("How weights are fitted to the margins."))
@click.option("--bounds", metavar="LOW,HIGH", help=_("Limits of the product of all factors: 0.3,3"))
@click.option(
    "--together",
    metavar="CLASS,CLASS[:NAME]",
    multiple=True,
    help=_("Classes that are counted as one, under a name: a neighbour stands for one where nobody answered."),
)
@click.option("--reason", metavar="TEXT", default="", help=_("Why classes are counted together."))
@option(
    "--cap-adults",
    type=click.IntRange(1, 20),
    default=4,
    help=_("Households with more adults count as having this many."),
)
def compute(
    code: str,
    file: Path | None,
    by: str | None,
    calibration: str,
    bounds: str | None,
    together: tuple[str, ...],
    reason: str,
    cap_adults: int,
) -> None:
    limits = within(bounds)
    with installation.opened().writing() as session:
        wave = waves.find(session, code)
        names = weighting.class_names(session, code) if together else {}
        joints = tuple(_joint(one, reason, names) for one in together)
        totals = (
            None if file is None else margins.read(file, questionnaires.by_digest(session, wave.questionnaire))
        )
        plan = weighting.Plan(totals, by, calibration, limits, cap_adults, joints)  # type: ignore[arg-type]
        new = weighting.compute(session, code, plan)
        say(
            "The weights of %(wave)s are now version %(version)s: %(source)s.",
            wave=code,
            version=new.version,
            source=kept.source(new),
        )
        report = new.report or {}
        say(
            "People: %(people)s; sum of the weights: %(sum)s; design effect of unequal weights (Kish): %(kish)s.",
            people=number(report["people"]),
            sum=number(report["sum"]["final"]),
            kish=number(report["kish"]["final"], 2),
        )
        least, most = (one["factor"] for one in report["factors"])
        say("Factors from %(least)s to %(most)s.", least=number(least, 3), most=number(most, 3))
        _tell_gaps(report.get("calibration") or {})
        say("The whole report: hailong weights show --wave %(wave)s", wave=code)


def _tell_gaps(calibration: dict[str, Any]) -> None:
    """Where transactions and answers don't meet; the report counts them."""
    gaps = {
        "without_answers": _("Transactions without a single response; nothing is said about them:"),
        "without_counts": _("Responses without counts of transactions; each has the mean weight of the others:"),
    }
    for name, words in gaps.items():
        if calibration.get(name):
            click.echo(f"{words} {first_few(list(calibration[name]))}", err=True)


def _joint(text: str, reason: str, names: Mapping[str, str]) -> joint_classes.Joint:
    classes, _colon, name = text.partition(":")
    return joint_classes.joint(name, [label.strip() for label in classes.split(",")], reason, names)


def within(text: str | None) -> tuple[float, float] | None:
    """The bounds as they are written: 0.3,3."""
    if not text:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = 0.0
    if not 0 < low < 1 < high:
        raise Refusal("Write the bounds as two numbers with 1 between them, the lower one above 0: 0.3,3")
    return low, high


@weights.command("list", help=_("The versions of a wave, the newest first; the current one is marked *."))
@WAVE
def list_(code: str) -> None:
    with installation.opened().reading() as session:
        wave = waves.find(session, code)
        for one in kept.versions(session, wave.code):
            mark = "*" if one.id == wave.weights else ""
            click.echo("\t".join((str(one.version), mark, str(one.made), kept.source(one))))


@weights.command(help=_("The report of a version, as JSON: what it was computed from, and what came of it."))
@WAVE
@option("--version", type=int, help=_("Its number; the current one unless given."))
def show(code: str, version: int | None) -> None:
    with installation.opened().reading() as session:
        wave = waves.find(session, code)
        chosen = next(
            (
                one
                for one in kept.versions(session, wave.code)
                if (one.id == wave.weights if version is None else one.version == version)
            ),
            None,
        )
        if chosen is None:
            raise _nothing(wave)
        report = {key: part for key, part in (chosen.report or {}).items() if key != "fit"}
        content = {"version": chosen.version, "made": str(chosen.made), "source": kept.source(chosen), **report}
        click.echo(json.dumps(content, ensure_ascii=False, indent=1))


def _nothing(wave: models.Wave) -> Refusal:
    return Refusal("The wave %(code)s has no such weights. See: hailong weights list", code=wave.code)


@weights.command(help=_("Choose the version to use."))
@WAVE
@option("--version", type=int, required=True, help=_("Its number: hailong weights list"))
def use(code: str, version: int) -> None:
    with installation.opened().writing() as session:
        chosen = kept.use(session, waves.find(session, code), version)
        say(
            "The weights of %(wave)s are now version %(version)s: %(source)s.",
            wave=code,
            version=chosen.version,
            source=kept.source(chosen),
        )

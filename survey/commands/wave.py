"""`hailong wave`: opening waves, changing what may still change of them, closing, removing and listing them."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from survey.commands import Commands, say
from survey.commands.estimate import SINGLE_PSU
from survey.commands.options import option
from survey.operations import installation
from survey.storage import models
from survey.system import dates
from survey.waves import changing, questionnaires, waves
from translations import formats
from translations import gettext as _


class Day(click.ParamType[date]):
    """A day as it stands in files and addresses: 2027-03-01."""

    name = "date"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(_("Write the day as YYYY-MM-DD, for example 2027-03-01."), parameter, context)


wave = Commands("wave", help=_("Rounds of a survey, each on one version of a questionnaire."))


@wave.command(help=_("Open a wave. CODE: lower-case letters, digits and hyphens, for example dot-1-2026."))
@click.argument("code", metavar="CODE")
@click.option("--questionnaire", metavar="CODE@VERSION", required=True, help=_("See: hailong questionnaire list"))
@click.option("--from", "opens", type=Day(), metavar="DATE", required=True, help=_("The first day, YYYY-MM-DD."))
@click.option("--to", "closes", type=Day(), metavar="DATE", required=True, help=_("The last day, YYYY-MM-DD."))
@option(
    "--kind",
    type=["sample", "open"],
    required=True,
    help=_("sample: people drawn by a design; open: whoever comes."),
)
@click.option("--title", metavar="TEXT", default="", help=_("What people read: “Khảo sát hài lòng năm 2027”."))
@click.option("--contact", metavar="TEXT", default="", help=_("Whom people can call: an office and its number."))
@click.option("--public", is_flag=True, help=_("Lead from the first page to this wave; for open waves."))
@option(
    "--single-psu",
    type=SINGLE_PSU,
    default="centered",
    help=_("What the variance does with a stratum of one village."),
)
@option(
    "--villages",
    type=["kept", "new"],
    default="new",
    help=_("Whether the villages are those of the wave before: comparisons use this."),
)
def create(
    code: str,
    questionnaire: str,
    opens: date,
    closes: date,
    kind: str,
    title: str,
    contact: str,
    public: bool,
    single_psu: str,
    villages: str,
) -> None:
    with installation.opened().writing() as session:
        new = waves.create(
            session,
            code,
            questionnaires.find(session, questionnaire),
            models.WaveKind(kind),
            opens,
            closes,
            title=title,
            contact=contact,
            public=public,
            single_psu=single_psu,
            villages=villages,
        )
        beside_made_up = waves.any_made_up(session)
    if beside_made_up:
        say(
            "There are demonstration waves in this data folder. Give a real wave a folder of its own: "
            "HAILONG_DATA=FOLDER hailong init"
        )
    if new.closes < dates.today():
        say(
            "The wave %(code)s is made; its last day was %(day)s, so nobody can answer it now. Forms of those days"
            " can still come in: hailong import.",
            code=code,
            day=formats.day(new.closes),
        )
    elif new.kind is models.WaveKind.OPEN:
        say(
            "The wave %(code)s is made. People answer at /s/%(code)s/UNIT, with the code of a commune.",
            code=code,
        )
    else:
        say("The wave %(code)s is made. Next: hailong frame import, or hailong import.", code=code)


@wave.command(help=_("Change what may still change of a wave; a later last day opens it again."))
@click.argument("code", metavar="CODE")
@click.option("--title", metavar="TEXT", help=_("Its name from now on."))
@click.option("--from", "opens", type=Day(), metavar="DATE", help=_("The first day, while nobody has answered."))
@click.option("--to", "closes", type=Day(), metavar="DATE", help=_("The last day, not before a response."))
@click.option("--public/--private", default=None, help=_("Whether the first page leads to it; for open waves."))
@click.option("--contact", metavar="TEXT", help=_("Whom people can call: an office and its number."))
@click.option("--sure", is_flag=True, help=_("People may be asked for more than a year."))
def change(
    code: str,
    title: str | None,
    opens: date | None,
    closes: date | None,
    public: bool | None,
    contact: str | None,
    sure: bool,
) -> None:
    wanted = changing.Change(title, opens, closes, public, contact)
    if wanted == changing.Change():
        raise click.UsageError(_("Say what to change: --title, --from, --to, --contact, --public or --private."))
    with installation.opened().writing() as session:
        before = waves.find(session, code).closes
        now = changing.change(session, code, wanted, sure=sure)
        waits = changing.frozen(session, now)
    days = {"opens": formats.day(now.opens), "closes": formats.day(now.closes)}
    say("Wave %(code)s: “%(title)s”, from %(opens)s to %(closes)s.", code=code, title=now.title, **days)
    if told := changing.consequences(before, now):
        say(told)
    if waits is not None:
        say(changing.to_check_again(waits))


@wave.command(help=_("Close a wave early: today is its last day, and nobody is asked any more."))
@click.argument("code", metavar="CODE")
def close(code: str) -> None:
    with installation.opened().writing() as session:
        changing.close(session, code)
        stays = changing.fixed(session, waves.find(session, code)).get("closes")
    say("The wave %(code)s is closed.", code=code)
    if stays:
        say("It can't be opened again: %(why)s", why=stays)
    else:
        say("Open it again: hailong wave change %(code)s --to DATE", code=code)


@wave.command(help=_("Remove a wave that is empty."))
@click.argument("code", metavar="CODE")
def remove(code: str) -> None:
    with installation.opened().writing() as session:
        changing.remove(session, code)
    say("The wave %(code)s is removed.", code=code)


@wave.command(
    "list",
    help=_("All waves, as tab-separated lines: code, questionnaire, kind, first and last day, public, name."),
)
def list_waves() -> None:
    with installation.opened().reading() as session:
        for one in waves.list_all(session):
            asked = questionnaires.by_digest(session, one.questionnaire)
            public = "public" if one.public else ""
            click.echo(
                "\t".join(
                    (one.code, asked.name, one.kind.value, str(one.opens), str(one.closes), public, one.title)
                )
            )

"""`hailong purge`: destroying what was promised to be destroyed."""

from __future__ import annotations

import click

from survey.commands import command, say
from survey.operations import installation
from survey.operations import purge as destroying
from survey.system import dates
from translations import Refusal
from translations import gettext as _
from translations.formats import day, number


@command(
    help=_(
        "Destroy what citizens wrote in words, the invitation codes and the re-interview links of every "
        "wave that ended more than 12 months ago, as the consent promises; the other answers stay. Then "
        "prove that the keys are gone from the database. Keys in older FILE.keys of backups must be "
        "destroyed by hand."
    )
)
@click.option("--wave", metavar="CODE", help=_("Only this wave; it must have ended."))
@click.option("--early", is_flag=True, help=_("With --wave: before the 12 months are over."))
@click.option(
    "--list",
    "only_list",
    is_flag=True,
    help=_(
        "Only list the waves that are still due, as tab-separated lines: code, last day, and “-” where no key of "
        "what people wrote is left to destroy."
    ),
)
def purge(wave: str | None, early: bool, only_list: bool) -> None:
    if early and wave is None:
        raise click.UsageError(_("--early needs --wave: name the wave whose texts may go."))
    database = installation.opened()
    with database.reading() as session:
        before = destroying.wrapped_keys(session)
        undone = destroying.undone(session, dates.today())
    if only_list:
        for one in undone:
            click.echo("\t".join((one.code, one.closes.isoformat(), "" if one.code in before else "-")))
        return
    done = destroying.purge(database, wave, early=early)
    if not done:
        say(
            "No wave ended more than 12 months before %(day)s. There is nothing to destroy.",
            day=day(dates.today()),
        )
        return
    for gone in done:
        say(
            "%(wave)s: %(texts)s; invitation codes destroyed: %(codes)s; re-interview links: %(links)s; "
            "forms that were still being keyed: %(drafts)s; scanned pages: %(scans)s; paraphrases that no "
            "release shows: %(paraphrases)s.",
            wave=gone.wave,
            texts=_("texts destroyed") if gone.texts else _("no texts were left"),
            codes=number(gone.invitations),
            links=number(gone.links),
            drafts=number(gone.drafts),
            scans=number(gone.scans),
            paraphrases=number(gone.paraphrases),
        )
        if gone.texts and database.is_sqlite:
            if destroying.traces(database, before[gone.wave]):
                raise Refusal(
                    "The key of %(wave)s is still in the database's files. Run it again.", wave=gone.wave
                )
            say("Proved: the key of %(wave)s is in no file of the database any more.", wave=gone.wave)
        if gone.sealed:
            say(
                "%(wave)s: %(count)s held forms can still be opened, because a bound device of another wave needs "
                "their key. Revoke or bind the old devices anew (hailong kiosk list) and run it again.",
                wave=gone.wave,
                count=number(gone.sealed),
            )
    say("Destroy the FILE.keys of every earlier backup by hand: with them the old texts could be read.")

"""`hailong audit`: reading the audit trail, and finding whether it was tampered with."""

from __future__ import annotations

import re
import sys

import click

from survey.commands import Commands, say
from survey.commands.options import option
from survey.integrity import digests
from survey.operations import installation
from survey.storage import audit as trail
from translations import gettext as _
from translations.formats import number


def _digest(_context: click.Context, _option: click.Parameter, given: str | None) -> str | None:
    if given is not None and not re.fullmatch(r"[0-9a-f]{12,64}", given):
        raise click.BadParameter(_("Give the digest as printed: 12 to 64 of the characters 0–9 and a–f."))
    return given


audit = Commands("audit", help=_("The audit trail: who did what to what, each entry chained to the one before."))


@audit.command(
    "verify",
    help=_(
        "Count the chain again from its beginning. A changed or missing entry is found by itself, and an end that "
        "was cut off before the newest daily digest. What was cut off after it is found only with a digest that "
        "was kept outside: give the one that a report prints."
    ),
)
@click.option(
    "--kept",
    "given",
    metavar="DIGEST",
    callback=_digest,
    help=_("An earlier digest, or at least its first 12 characters."),
)
def verify(given: str | None) -> None:
    with installation.opened().reading() as session:
        chain = trail.verify(session, given)
        kept = digests.are_anchored(session)
    if chain.broken is not None:
        say("The trail is broken at entry %(number)s: it was changed or taken out.", number=number(chain.broken))
        sys.exit(1)
    if chain.kept is False:
        say(
            "No entry has the digest %(digest)s: the end of the trail was cut off, or it is another one.",
            digest=given,
        )
        sys.exit(1)
    if not kept:
        say("The trail is not the one in which a daily digest was anchored: hailong integrity verify")
        sys.exit(1)
    say("The trail is whole. Entries: %(entries)s.", entries=number(chain.entries))
    click.echo(chain.digest)


@audit.command("list", help=_("The newest entries, as tab-separated lines: number, when, who, what, on what."))
@option("--last", type=click.IntRange(1), default=50, help=_("How many."))
def list_entries(last: int) -> None:
    with installation.opened().reading() as session:
        entries = trail.last_entries(session, last)
    for entry in reversed(entries):
        click.echo("\t".join((str(entry.number), entry.at, entry.who, _(entry.what), entry.subject)))

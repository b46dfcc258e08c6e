"""`hailong key`: a new master key, and one that is lost for good."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import click

from survey.commands import Commands, say
from survey.operations import installation, lost_key
from survey.storage import key_rotation, master_key
from survey.system import settings
from translations import Refusal
from translations import gettext as _
from translations.formats import number

key = Commands("key", help=_("The master key, by which what people wrote in words is encrypted."))


@key.command(
    help=_(
        "Make a new master key and seal by it all that the old one sealed: when somebody may have seen the old "
        "one. The platform may serve meanwhile; the old key is written over. Purging does the same by itself."
    )
)
def renew() -> None:
    database = installation.opened()
    master_key.read()
    with database.writing() as session:
        renewal = key_rotation.MasterKeyRotation(session.connection())
    renewal.settle(database)
    say(
        "Renewed. The key at %(file)s opens all that the old one did: back it up today. With the old one "
        "earlier backups can still be read: destroy those that somebody may have seen, and the FILE.keys of all.",
        file=settings.text_key_file(),
    )


@key.command(
    help=_(
        "Go on without a master key of which no copy is left anywhere. It says what nobody can read any more, "
        "asks, and discards it for good; then a new key is made, and hailong serve starts again. First look for "
        "the key in every FILE.keys of the backups."
    )
)
@click.option("--yes", is_flag=True, help=_("Do not ask; needed where there is no terminal."))
def lost(yes: bool) -> None:
    database = installation.opened()
    place = settings.text_key_file()
    with database.reading() as session:
        closed = lost_key.unreadable(session.connection())
    if closed:
        say("The key file %(file)s does not open: %(things)s.", file=place, things="; ".join(_things(closed)))
        if not yes:
            _confirm(place)
    lost_key.discard(database)
    say(
        "Discarded. The key in use from now on is %(file)s: back it up today. hailong serve starts again.",
        file=place,
    )


def _things(closed: Mapping[str, Collection[str]]) -> Iterator[str]:
    """What can't be read any more, by kind."""
    if waves := closed.get("text_key"):
        yield _("what people wrote in the waves %(waves)s", waves=", ".join(sorted(waves)))
    if sheets := closed.get("open_keying"):
        yield _("forms being keyed: %(count)s", count=number(len(sheets)))
    if sheets := closed.get("scan"):
        yield _("forms with scanned pages: %(count)s", count=number(len(sheets)))
    if households := closed.get("reinterview"):
        yield _("re-interviews: %(count)s", count=number(len(households)))
    if accounts := closed.get("second_factor"):
        yield _("codes from the phones of %(accounts)s", accounts=", ".join(sorted(accounts)))


def _confirm(place: Path) -> None:
    """Refused where nobody is there to ask; stopped where something else is typed."""
    if not sys.stdin.isatty():
        raise Refusal("Nothing was changed. To discard it, add --yes.")
    question = _("If no copy of the key is left anywhere, type the name of its file, %(name)s", name=place.name)
    if click.prompt(question, err=True).strip() != place.name:
        raise click.Abort

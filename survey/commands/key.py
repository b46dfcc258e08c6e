"""`hailong key`: a new master key, one that is lost for good, and one that turns up again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from survey.commands import Commands, say
from survey.commands.backup import passphrase
from survey.operations import lost_key
from survey.operations.backups import age, keys
from survey.operations.installation import opened
from survey.operations.lost_key import Hold
from survey.storage import encrypted_texts, master_key
from survey.system import settings
from survey.system.dates import today
from translations import Refusal
from translations import gettext as _
from translations.formats import number


@click.group(cls=Commands, help=_("The master key, under which lies sealed what people wrote in words."))
def key() -> None:
    pass


@key.command(
    help=_(
        "Make a new master key and seal by it all that the old one sealed: when somebody may have seen the old "
        "one. The platform may serve meanwhile; the old key is written over. Purging does the same by itself."
    )
)
def renew() -> None:
    database = opened()
    master_key.present()
    with database.writing() as session:
        renewal = encrypted_texts.Renewal(session.connection())
    renewal.settle(database)
    say(
        "Renewed. The key at %(file)s opens all that the old one did: back it up today. With the old one the "
        "backups of before can still be read: destroy those that somebody may have seen, and the FILE.keys of "
        "all.",
        file=settings.text_key_file(),
    )


@key.command(
    help=_(
        "Go on without a master key of which no copy is left anywhere. It says what nobody can read any more, and "
        "asks; then a new key is made, and hailong serve starts again. Nothing is deleted: where the key turns up "
        "later, hailong key found opens it all. First look for the key in every FILE.keys of the backups."
    )
)
@click.option("--yes", is_flag=True, help=_("Do not ask; needed where there is no terminal."))
def lost(yes: bool) -> None:
    database = opened()
    place = settings.text_key_file()
    with database.reading() as session:
        found = lost_key.closed(session.connection())
    if found:
        say("What the key file %(file)s does not open:", file=place)
        _tell(found)
        if not yes:
            _sure(place)
    lost_key.declare(database, today())
    say(
        "Called lost. The key that holds from now on lies at %(file)s: back it up today. hailong serve starts "
        "again. Should the lost key turn up: hailong key found FILE",
        file=place,
    )


@key.command(
    help=_(
        "Open again what was called lost, by a key that turned up: its file, or the FILE.keys of a backup. It is "
        "sealed by the present key, which stays where it is."
    )
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def found(file: Path) -> None:
    database = opened()
    with file.open("rb") as given:
        of_a_backup = age.begins(given)
        content = given.read()
    if of_a_backup:
        content = keys.opened(file, passphrase(file)).get(keys.TEXTS, "").encode()
    old = master_key.held(content)
    if old is None:
        raise Refusal("There is no master key in %(file)s.", file=file)
    back = lost_key.put_back(database, old)
    say("This can be read again:")
    _tell(back)
    if not of_a_backup:  # whose other keys may be needed
        say("Destroy %(file)s and its copies: the present key opens all of it.", file=file)


def _tell(found: Hold) -> None:
    for wave, counts in sorted(found.waves.items()):
        say(
            "%(wave)s: people who wrote in words: %(texts)s; forms being keyed, or keyed once of two times: "
            "%(drafts)s; scanned pages: %(scans)s; links of phúc tra: %(links)s; second answers: %(answers)s.",
            wave=wave,
            **{what: number(counts[what]) for what in ("texts", "drafts", "scans", "links", "answers")},
        )
    if found.accounts:
        say("Codes from the phones of: %(names)s.", names=", ".join(sorted(found.accounts)))


def _sure(place: Path) -> None:
    """Refused where nobody is there to ask; stopped where something else is typed."""
    if not sys.stdin.isatty():
        raise Refusal("Nothing was changed. To call it lost, add --yes.")
    question = _("If no copy of the key is left anywhere, type the name of its file, %(name)s", name=place.name)
    if click.prompt(question, err=True).strip() != place.name:
        raise click.Abort

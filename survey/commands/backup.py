"""`hailong backup` and `hailong restore`."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

import click

from survey import settings, texts
from survey.backups import archive, keys, latest
from survey.commands import say
from survey.database import Database
from survey.installation import opened
from survey.waves import today
from translations import Refusal
from translations import gettext as _
from translations.formats import day, number

LARGE = 20_000  # rows of a table, from which on word of it is said


def _progress(table: str, done: int, count: int) -> None:
    if count >= LARGE and (done % LARGE == 0 or done == count):
        say("%(table)s: %(done)s of %(count)s rows", table=table, done=number(done), count=number(count))


@click.command(
    help=_(
        "Write everything into FILE while the platform goes on serving: every row as of one moment, and the "
        "recordings. The keys go to FILE.keys, encrypted with a passphrase (HAILONG_BACKUP_PASSPHRASE, or asked "
        "for at a terminal). FILE itself is not encrypted: it holds what citizens answered. Keep the two apart."
    )
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    beside = keys.beside(file)
    if beside.exists():
        raise Refusal("There is a file %(file)s already. Give the backup another name.", file=beside)
    passphrase = _new_passphrase()
    sealed = keys.sealed(passphrase) if passphrase else None  # before the long work: it may be too short
    contents = archive.write(
        opened(),
        file,
        _progress,
    )
    latest.note(settings.data_folder(), today())
    rows = sum(count for count, _digest in contents.tables.values())
    say(
        "Backed up: %(rows)s rows of %(tables)d tables, to %(file)s.",
        rows=number(rows),
        tables=len(contents.tables),
        file=file,
    )
    if sealed is None:
        say(
            "The keys are not in it. Without them what waits on kiosks can't be read after a loss. Set %(name)s "
            "and back up again, or keep the key files of the data folder elsewhere.",
            name=keys.FROM_ENVIRONMENT,
        )
    else:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(sealed)
        say("The keys are in %(file)s. Keep it apart, and the passphrase apart from both.", file=beside)


@click.command(
    help=_(
        "Put everything of a backup into an empty or new data folder (HAILONG_DATA) and an empty database. FILE "
        "is read through first, and the rows are read back and compared before they are kept. With FILE.keys "
        "beside it and the passphrase, the keys come back too."
    )
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--without-keys", is_flag=True, help=_("Leave FILE.keys alone, where the passphrase is lost."))
def restore(file: Path, without_keys: bool) -> None:
    say("Reading %(file)s through …", file=file)
    contents = archive.check(file)
    beside = keys.beside(file)
    found = {} if without_keys or not beside.exists() else keys.opened(beside.read_bytes(), passphrase(beside))
    database = Database(settings.database_url())
    archive.must_be_empty(database, settings.data_folder())
    keys.must_not_be_there(found)
    archive.restore(
        database,
        file,
        contents,
        _progress,
    )
    keys.put_back(settings.data_folder(), found)
    database.migrate()
    rows = sum(count for count, _digest in contents.tables.values())
    say(
        "Restored: %(rows)s rows of the backup of %(day)s.",
        rows=number(rows),
        day=day(date.fromisoformat(contents.day)),
    )
    if not found:
        say(
            "No keys came back: bind the kiosks and tablets anew. What waits on them, sealed, can't be read "
            "any more."
        )
        with database.reading() as session:
            there = texts.anything_sealed(session.connection())
        if there:
            say(
                "What people wrote in words is sealed. Put its key at %(file)s before serving; if no copy is left "
                "anywhere: hailong key lost",
                file=settings.text_key_file(),
            )


def _new_passphrase() -> str | None:
    given = settings.given_secret(keys.FROM_ENVIRONMENT)
    if given or not sys.stdin.isatty():
        return given or None
    return str(click.prompt(_("Passphrase for the keys"), hide_input=True, confirmation_prompt=True, err=True))


def passphrase(path: Path) -> str:
    """The passphrase of a file of keys: given, or asked for at a terminal."""
    given = settings.given_secret(keys.FROM_ENVIRONMENT)
    if given:
        return given
    if sys.stdin.isatty():
        return str(click.prompt(_("Passphrase of %(file)s", file=path), hide_input=True, err=True))
    raise Refusal(
        "Set %(name)s to the passphrase of %(file)s. A backup can be restored without: --without-keys.",
        name=keys.FROM_ENVIRONMENT,
        file=path,
    )

"""`hailong backup` and `hailong restore`."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from survey.commands import command, say
from survey.operations import installation
from survey.operations.backups import archive, keys, latest
from survey.storage import database as storage
from survey.storage import key_rotation, schema
from survey.system import settings
from survey.system.dates import today
from translations import Refusal, phrases
from translations import gettext as _
from translations.formats import day, number

LARGE = 20_000  # rows of a table, from which on word of it is said


def _progress(table: str, done: int, count: int) -> None:
    if count >= LARGE and (done % LARGE == 0 or done == count):
        say("%(table)s: %(done)s of %(count)s rows", table=table, done=number(done), count=number(count))


@command(
    help=_(
        "Write everything into FILE while the platform goes on serving: every row as of one moment, and the "
        "recordings; the keys go to FILE.keys. Both are encrypted with a passphrase of at least 12 characters "
        "(HAILONG_BACKUP_PASSPHRASE, or asked for at a terminal). Keep the two and the passphrase apart."
    )
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--plain",
    is_flag=True,
    help=_("FILE is not encrypted: whoever finds it reads what citizens answered. The keys are left out."),
)
def backup(file: Path, plain: bool) -> None:
    database = installation.opened()
    contents = archive.write(database, file, _progress, None if plain else _new_passphrase())
    latest.note(settings.data_folder(), today())
    installation.forget_copies(database)
    rows = sum(count for count, _digest in contents.tables.values())
    say(
        "Backed up: %(rows)s of %(tables)d tables, to %(file)s.",
        rows=phrases.rows(rows),
        tables=len(contents.tables),
        file=file,
    )
    if plain:
        say(
            "Whoever finds %(file)s can read it. The keys are not in it: without them what is encrypted "
            "can't be read after a loss. Keep the key files of the data folder elsewhere, too.",
            file=file,
        )
    else:
        say("The keys are in %(file)s. Keep it apart, and the passphrase apart from both.", file=keys.beside(file))


@command(
    help=_(
        "Put everything of a backup into an empty or new data folder (HAILONG_DATA) and an empty database. FILE "
        "is read through first, and the rows are read back and compared before they are kept. With FILE.keys "
        "beside it the keys come back too. One that was cut off is run again."
    )
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--without-keys", is_flag=True, help=_("Leave FILE.keys alone, where it is lost or damaged."))
def restore(file: Path, without_keys: bool) -> None:
    say("Reading %(file)s through …", file=file)
    folder, beside = settings.data_folder(), keys.beside(file)
    with archive.opened(file, lambda: passphrase(file)) as content:
        contents = archive.check(file, content)
        with_keys = not without_keys and beside.exists()
        if archive.is_encrypted(file) and not (with_keys or without_keys):
            raise Refusal(
                "The keys of this backup are not there. Put them at %(file)s; if they are lost: --without-keys",
                file=beside,
            )
        secrets = keys.opened(beside, passphrase(beside)) if with_keys else {}
        database = storage.Database(settings.database_url())
        if not archive.make_room(database, folder):
            say("It was put back whole before: everything is there.")
            return
        keys.must_not_be_there(secrets)
        archive.restore(database, file, contents, _progress, content, secrets)
    rows = sum(count for count, _digest in contents.tables.values())
    say(
        "Restored: %(rows)s of the backup of %(day)s, made by Hài Lòng %(version)s.",
        rows=phrases.rows(rows),
        day=day(date.fromisoformat(contents.day)),
        version=contents.version,
    )
    if contents.revision != schema.newest():
        say("Migrated: %(before)s → %(after)s.", before=contents.revision, after=schema.newest())
    if not secrets:
        say(
            "No keys were restored: bind the kiosks and tablets again. What is waiting on them, sealed, "
            "can no longer be read."
        )
        with database.reading() as session:
            sealed = key_rotation.anything_encrypted(session.connection())
        if sealed:
            say(
                "What people wrote in words is sealed. Put its key at %(file)s before serving; if no copy is left "
                "anywhere: hailong key lost",
                file=settings.text_key_file(),
            )


def _new_passphrase() -> str:
    if given := settings.given_secret(keys.FROM_ENVIRONMENT):
        return given
    if sys.stdin.isatty():
        question = _("Passphrase, at least %(least)d characters", least=archive.LEAST)
        return str(click.prompt(question, hide_input=True, confirmation_prompt=_("The same again"), err=True))
    raise Refusal(
        "Set %(name)s to a passphrase of at least %(least)d characters: a backup is encrypted. --plain writes one "
        "that anybody can read, without the keys.",
        name=keys.FROM_ENVIRONMENT,
        least=archive.LEAST,
    )


def passphrase(path: Path) -> str:
    """The passphrase of a backup or its keys: given, or asked for at a terminal."""
    given = settings.given_secret(keys.FROM_ENVIRONMENT)
    if given:
        return given
    if sys.stdin.isatty():
        return str(click.prompt(_("Passphrase of %(file)s", file=path), hide_input=True, err=True))
    raise Refusal("Set %(name)s to the passphrase of %(file)s.", name=keys.FROM_ENVIRONMENT, file=path)

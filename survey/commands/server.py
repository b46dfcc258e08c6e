"""`hailong init`, `serve`, `first-run`."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from pathlib import Path

import click

from survey.accounts import accounts
from survey.commands import command, say
from survey.commands.options import option
from survey.operations import demo, installation
from survey.storage import key_rotation, models
from survey.system import settings
from survey.waves import questionnaires, units, waves
from translations import Refusal, reason
from translations import gettext as _

# What was given back goes to the next thread, or to the machine: the C library would keep some for each of eight.
ALLOCATOR = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
TRIES = 5  # seconds for which a server of before may hold the port while it ends


@command(help=_("Create or migrate the database, load the communes and the questionnaires. Safe to repeat."))
@click.option(
    "--units",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help=_("The units of another province: code, name, kind."),
)
@click.option("--province", metavar="NAME", help=_("What that province is called."))
def init(file: Path | None, province: str | None) -> None:
    if (file is None) is not (province is None):
        raise click.UsageError(_("Give --units and --province together."))
    own = None if file is None else units.read(file)
    database = installation.made()
    done = installation.prepare(database, own, province or "")
    _tell(done)
    with database.reading() as session:
        count = len(units.communes(session))
        names = ", ".join(questionnaire.name for questionnaire in questionnaires.published(session))
    say("The database is ready: %(units)d communes, questionnaires %(names)s.", units=count, names=names)


def _tell(done: installation.Migration) -> None:
    """From which form to which, and where the copy of before is."""
    if done.before is None:
        say("A new platform is made in %(folder)s.", folder=settings.data_folder())
    elif done.copy is not None:
        say("Migrated: %(before)s → %(after)s.", before=done.before, after=done.after)
        say("A copy of the database as it was before is at %(file)s until the next backup.", file=done.copy)
    elif done.before != done.after:
        say("Migrated: %(before)s → %(after)s.", before=done.before, after=done.after)
        say("PostgreSQL did it in one transaction; the only copies of the earlier state are your backups.")


@command(help=_("Serve the platform at http://HOST:PORT. Stop it with Ctrl+C."))
@option("--host", default="127.0.0.1", help=_("The address to listen at."))
@option("--port", type=click.IntRange(0, 65535), default=8000, help=_("The port to listen at."))
@option(
    "--workers",
    type=click.IntRange(1, 64),
    help=_("Processes; 2 unless given. With SQLite there is always one, which is faster."),
)
def serve(host: str, port: int, workers: int | None) -> None:
    settings.refuse_wrong_numbers()
    database = installation.opened()
    settings.secret_key()
    if database.is_sqlite:
        workers = 1
    with database.reading() as session:
        key_rotation.check(session.connection())
    database.engine.dispose()
    _await(host, port)
    say("Hài Lòng is at http://%(host)s:%(port)d", host=host, port=port)
    sys.stderr.flush()
    server = [sys.executable, "-P", "-m", "survey.web.server.gunicorn", f"{host}:{port}", str(workers or 2)]
    os.execve(sys.executable, server, os.environ | ALLOCATOR)  # noqa: S606 (the same process, without what it read)


def _await(host: str, port: int) -> None:
    """Returns when somebody can listen there; refused where another program goes on to."""
    name = host.strip("[]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    for left in reversed(range(TRIES)):
        try:
            with socket.socket(family) as place:
                place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
                place.bind((name, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Refusal(
                    "Nothing can listen at %(host)s, port %(port)d: %(reason)s. "
                    "Choose another with --host or --port.",
                    host=host,
                    port=port,
                    reason=reason(error),
                ) from error
            if not left:
                raise Refusal(
                    "Another program listens at port %(port)d already. Stop it, or choose another port: "
                    "hailong serve --port %(other)d (make run PORT=%(other)d).",
                    port=port,
                    other=port + 1,
                ) from error
            time.sleep(1)
        else:
            return


@command(name="first-run", hidden=True)
def first_run() -> None:
    """What `make run` does with an empty database: something to look at, and somebody who may look."""
    database = installation.opened()
    with database.reading() as session:
        empty, nobody = not waves.list_all(session), not accounts.list_all(session)
    if empty and nobody:
        say("Making up a province to look around in …")
        with database.writing() as session:
            demo.make(session)
    if nobody:
        password = accounts.easy_password()
        with database.writing() as session:
            accounts.add(session, "admin", models.Role.ADMIN, password)
        say("An administrator was made. Sign in at /dang-nhap; the password is shown this once.")
        say("    %(name)s: admin    %(word)s: %(password)s", name=_("name"), word=_("password"), password=password)

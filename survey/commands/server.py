"""`hailong init`, `serve`, `first-run`."""

from __future__ import annotations

import errno
import socket
import threading
import time
from contextlib import closing
from functools import partial

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker
from sqlalchemy import select

from survey import demo, metrics, questionnaires, rate, settings, texts, units
from survey.app import create_app
from survey.arrival import Arrival, by_the_clock
from survey.commands import say
from survey.database import Database
from survey.files import pending
from survey.installation import Migration, made, opened, prepare
from survey.logs import Logs
from survey.models import Account, Role, Wave
from survey.people import accounts
from survey.people.lockout import Lockout
from survey.queue import Worker as Threads
from survey.staff.blueprint import warm
from translations import Refusal, reason
from translations import gettext as _

THREADS = 8  # of one process
CONNECTIONS = 3_000  # open in one process: those on their way, waiting, or kept for a next request
TRIES = 5  # seconds for which a server of before may hold the port while it ends


@click.command(help=_("Create or migrate the database, load the communes and the questionnaires. Safe to repeat."))
def init() -> None:
    database = made()
    done = prepare(database)
    _tell(done)
    with database.reading() as session:
        count = len(units.communes(session))
        names = ", ".join(questionnaire.name for questionnaire in questionnaires.published(session))
    say("The database is ready: %(units)d communes, questionnaires %(names)s.", units=count, names=names)


def _tell(done: Migration) -> None:
    """From which form to which, and where the copy of before is."""
    if done.before is None:
        say("A new platform is made in %(folder)s.", folder=settings.data_folder())
    elif done.copy is not None:
        say("Migrated: %(before)s → %(after)s.", before=done.before, after=done.after)
        say("The database as it was before lies at %(file)s until the next backup.", file=done.copy)
    elif done.before != done.after:
        say("Migrated: %(before)s → %(after)s.", before=done.before, after=done.after)
        say("PostgreSQL did it in one transaction; there is no copy of before but your backups.")


@click.command(help=_("Serve the platform at http://HOST:PORT. Stop it with Ctrl+C."))
@click.option("--host", default="127.0.0.1", show_default=True, help=_("The address to listen at."))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=8000,
    show_default=True,
    help=_("The port to listen at."),
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="N",
    help=_("Processes; 2 unless given. With SQLite there is always one, which is faster."),
)
def serve(host: str, port: int, workers: int | None) -> None:
    settings.refuse_wrong_numbers()
    database = opened()
    if database.is_sqlite:
        workers = 1
    with database.reading() as session:
        texts.check(session.connection())
    database.engine.dispose()
    _await(host, port)
    say("Hài Lòng is at http://%(host)s:%(port)d", host=host, port=port)
    Server({"bind": f"{host}:{port}", "workers": workers or 2}).run()


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


def _give_slot(arbiter: Arbiter, worker: Worker) -> None:
    """A new worker counts where no other does."""
    taken = {getattr(one, "slot", None) for one in arbiter.WORKERS.values()}
    worker.slot = next((slot for slot in range(1, metrics.SLOTS) if slot not in taken), 0)


def _take_slot(_arbiter: Arbiter, worker: Worker) -> None:
    metrics.SHARED.take(worker.slot)


def _stopped(_arbiter: Arbiter) -> None:
    """The last process has ended: nobody reads any more."""
    with closing(Arrival(Database(settings.database_url()))) as arrival:
        arrival.take_away()


class Server(BaseApplication):
    """gunicorn with threads, set up from here instead of a file of its own."""

    def __init__(self, options: dict[str, object]) -> None:
        # Made before the first process starts, so that all of them count together.
        self.counts: dict[str, rate.Rate | Lockout] = {
            "rate": rate.Rate(settings.rate()),
            "rate_of_codes": rate.of_codes(),
            "lockout": Lockout(),
        }
        self.options = {
            "worker_class": Threads,
            "threads": THREADS,
            "worker_connections": CONNECTIONS,
            "timeout": 120,  # a report of all communes takes a while
            "graceful_timeout": 10,
            "keepalive": 5,
            "accesslog": None,  # it would hold addresses
            "errorlog": "-",
            "loglevel": "warning",
            "logger_class": Logs,
            "control_socket_disable": True,  # a further door that nobody needs
            "pre_fork": _give_slot,
            "post_fork": _take_slot,
            "on_exit": _stopped,
            **options,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def forget(self) -> None:
        """Drops what is counted of those who have been quiet."""
        for counted in self.counts.values():
            counted.forget()

    def load(self) -> Flask:
        pending.resume()
        app = create_app()
        app.extensions.update(self.counts)
        found = app.extensions["database"]
        for work in (partial(warm, found), partial(by_the_clock, found, threading.Event().wait)):
            threading.Thread(target=work, daemon=True).start()
        return app


@click.command(name="first-run", hidden=True)
def first_run() -> None:
    """What `make run` does with an empty database: something to look at, and somebody who may look."""
    database = opened()
    with database.reading() as session:
        empty = session.scalars(select(Wave)).first() is None
        nobody = session.scalars(select(Account)).first() is None
    if empty and nobody:
        say("Making up a province to look around in …")
        with database.writing() as session:
            demo.make(session)
    if nobody:
        password = accounts.easy_password()
        with database.writing() as session:
            accounts.add(session, "admin", Role.ADMIN, password)
        say("An administrator was made. Sign in at /dang-nhap; the password is shown this once.")
        say("    %(name)s: admin    %(word)s: %(password)s", name=_("name"), word=_("password"), password=password)

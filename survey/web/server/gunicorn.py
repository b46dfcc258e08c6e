"""The gunicorn server, set up from here instead of a file of its own."""

from __future__ import annotations

import threading
from contextlib import closing
from functools import partial

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from survey.data_files import pending_imports
from survey.responses.arrival import Arrival, by_the_clock
from survey.storage.database import Database
from survey.system import settings
from survey.system.logs import Logs
from survey.web.app import create_app
from survey.web.server import metrics, rate_limit
from survey.web.server.request_queue import Worker as Threads
from survey.web.sign_in.lockout import Lockout
from survey.web.staff.figures import precompute

THREADS = 8  # of one process
CONNECTIONS = 3_000  # open in one process: those on their way, waiting, or kept for a next request


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
        self.counts: dict[str, rate_limit.Rate | Lockout] = {
            "rate": rate_limit.Rate(settings.rate()),
            "rate_of_codes": rate_limit.of_codes(),
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
        pending_imports.resume()
        app = create_app()
        app.extensions.update(self.counts)
        found = app.extensions["database"]
        for work in (partial(precompute, found), partial(by_the_clock, found, threading.Event().wait)):
            threading.Thread(target=work, daemon=True).start()
        return app

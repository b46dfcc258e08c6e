"""The gunicorn server, set up from here instead of a file of its own."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from survey.data_files import pending_imports
from survey.responses.arrival import Arrival, by_the_clock
from survey.storage.database import Database
from survey.system import settings
from survey.system.logs import Logs
from survey.web.app import create_app
from survey.web.server import metrics, rate_limit, rejections
from survey.web.server.admission import THREADS, Admission
from survey.web.sign_in.lockout import Lockout
from survey.web.staff.figures import precompute

CONNECTIONS = 3_000  # open in one process: those on their way, waiting, or kept for a next request
# Seconds after which a thread that computes lets another one go on: one who sends a form waits for such a turn
# several times. Python's own 5 ms would add up.
TURN = 0.001


def _one_stopped(_arbiter: Arbiter, _worker: Worker) -> None:
    rejections.HERE.tell(at_once=True)


def _stopped(_arbiter: Arbiter) -> None:
    """The last process has ended: nobody reads any more."""
    with closing(Arrival(Database(settings.database_url()))) as arrival:
        arrival.take_away()
    metrics.forget()


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
            "worker_class": "gthread",
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
            "worker_exit": _one_stopped,
            "on_exit": _stopped,
            **options,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serves until it is told to end."""
        metrics.share()
        super().run()

    def load(self) -> Admission:
        sys.setswitchinterval(TURN)
        pending_imports.resume()
        app = create_app()
        app.extensions.update(self.counts)
        found, wait = app.extensions["database"], threading.Event().wait
        for work in (partial(precompute, found), partial(by_the_clock, found, wait), partial(self._tidy, wait)):
            threading.Thread(target=work, daemon=True).start()
        return Admission(app, app.extensions["metrics"])

    def _tidy(self, wait: Callable[[float], object]) -> None:
        """Writes what was refused into the log, and drops what is counted of those who have been quiet."""
        began = time.monotonic()
        while True:
            wait(1)
            rejections.HERE.tell()
            if time.monotonic() - began >= rate_limit.KEPT:
                began = time.monotonic()
                self.forget()

    def forget(self) -> None:
        """Drops what is counted of those who have been quiet."""
        for counted in self.counts.values():
            counted.forget()

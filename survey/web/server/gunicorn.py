"""The gunicorn server, set up from here instead of a file of its own."""

from __future__ import annotations

import pkgutil
import threading
import time
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from survey.system import settings
from survey.system.logs import Logs
from survey.web.server import metrics, rate_limit, rejections
from survey.web.server.admission import THREADS
from survey.web.sign_in.lockout import Lockout

CONNECTIONS = 3_000  # open in one process: those on their way, waiting, or kept for a next request
WORKER = "survey.web.server.worker"  # by name, as gunicorn takes applications: the first process never reads it


def _one_stopped(_arbiter: Arbiter, _worker: Worker) -> None:
    rejections.HERE.tell(at_once=True)


def _stopped(_arbiter: Arbiter) -> None:
    """The last process has ended: nobody reads any more."""
    pkgutil.resolve_name(f"{WORKER}:take_order_away")()
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

    def load(self) -> Any:
        application = pkgutil.resolve_name(f"{WORKER}:application")(self.counts)
        threading.Thread(target=self._tidy, daemon=True).start()
        return application

    def _tidy(self) -> None:
        """Writes what was refused into the log, and drops what is counted of those who have been quiet."""
        began, pause = time.monotonic(), threading.Event()
        while not pause.wait(1):
            rejections.HERE.tell()
            if time.monotonic() - began >= rate_limit.KEPT:
                began = time.monotonic()
                self.forget()

    def forget(self) -> None:
        """Drops what is counted of those who have been quiet."""
        for counted in self.counts.values():
            counted.forget()

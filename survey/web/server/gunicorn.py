"""The gunicorn server, set up from here instead of a file of its own, and the program of its first process.

    python -m survey.web.server.gunicorn HOST:PORT PROCESSES

The first process only watches the others: it reads no more than this module imports, and theirs (`worker.py`) by
name, or it would keep 100 MB for nothing. So `hailong serve`, which has looked at the database, gives way to it.
"""

from __future__ import annotations

import os
import pkgutil
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from survey.system.logs import Logs
from survey.web.server.admission import THREADS
from survey.web.server.shared_counters import SharedCounters

CONNECTIONS = 3_000  # open in one process: those on their way, waiting, or kept for a next request
WORKER = "survey.web.server.worker"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the folder of the counters that processes share; the client's own variable


def share_metrics() -> None:
    """Processes that are forked from now on count together, in a folder in memory, which goes by `forget_metrics`.

    Call it before `prometheus_client` is imported.
    """
    memory = Path("/dev/shm")  # noqa: S108 (a private folder is made in it)
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="hailong-", dir=memory if memory.is_dir() else None)


def forget_metrics() -> None:
    """Removes what `share_metrics` made."""
    shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


def _one_stopped(_arbiter: Arbiter, _worker: Worker) -> None:
    pkgutil.resolve_name(f"{WORKER}:tell_rest")()


def _stopped(_arbiter: Arbiter) -> None:
    """The last process has ended: nobody reads any more."""
    pkgutil.resolve_name(f"{WORKER}:take_order_away")()
    forget_metrics()


class Server(BaseApplication):
    """gunicorn with threads."""

    def __init__(self, options: dict[str, object]) -> None:
        # Made before the first process starts, so that all of them count together.
        self.shared = {
            "rate": SharedCounters(exact=False),
            "rate_of_codes": SharedCounters(exact=False),
            "networks": SharedCounters(exact=False),
            "wrong_passwords": SharedCounters(),
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
        share_metrics()
        super().run()

    def load(self) -> Any:
        return pkgutil.resolve_name(f"{WORKER}:application")(self.shared)


if __name__ == "__main__":
    address, processes = sys.argv[1:]
    Server({"bind": address, "workers": int(processes)}).run()

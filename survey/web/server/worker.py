"""What a process that answers runs. The first process, which only watches, never reads this module: it would keep
150 MB for it."""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from functools import partial

from survey.data_files import pending_imports
from survey.responses.arrival_order import Arrival, by_the_clock
from survey.storage.database import Database
from survey.system import settings
from survey.web.app import create_app
from survey.web.server.admission import Admission
from survey.web.server.rate_limit import Rate
from survey.web.sign_in.lockout import Lockout
from survey.web.staff.figures import precompute

# Seconds after which a thread that computes lets another one go on: one who sends a form waits for such a turn
# several times. Python's own 5 ms would add up.
TURN = 0.001


def application(counts: dict[str, Rate | Lockout]) -> Admission:
    """The application, with what runs beside it in threads of its own; `counts` are shared by all processes."""
    sys.setswitchinterval(TURN)
    pending_imports.resume()
    app = create_app()
    app.extensions.update(counts)
    database: Database = app.extensions["database"]
    for work in (partial(precompute, database), partial(by_the_clock, database, threading.Event().wait)):
        threading.Thread(target=work, daemon=True).start()
    return Admission(app, app.extensions["metrics"])


def take_order_away() -> None:
    """When the last process has ended and nobody reads any more."""
    with closing(Arrival(Database(settings.database_url()))) as arrival:
        arrival.take_away()

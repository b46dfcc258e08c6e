"""What a process that answers runs."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial

from survey.system.lazy_modules import lazy_modules

with lazy_modules():  # what only one page needs is read when somebody opens it
    from survey.data_files import pending_imports
    from survey.integrity import digests, kept_account
    from survey.responses.arrival_order import Arrival, by_the_clock
    from survey.storage.database import Database
    from survey.system import settings
    from survey.web.app import create_app
    from survey.web.public import result_figures
    from survey.web.server import rejections
    from survey.web.server.admission import Admission
    from survey.web.server.rate_limit import KEPT, Rate, of_codes, of_forms
    from survey.web.server.shared_counters import SharedCounters
    from survey.web.sign_in.lockout import Lockout
    from survey.web.staff.figures import precompute

# Seconds after which a thread that computes lets another one go on: one who sends a form waits for such a turn
# several times. Python's own 5 ms would add up.
TURN = 0.001


def application(shared: Mapping[str, SharedCounters]) -> Admission:
    """The application, with what runs beside it in threads of its own."""
    sys.setswitchinterval(TURN)
    pending_imports.resume()
    app = create_app()
    counted = limits(shared)
    app.extensions.update(counted)
    database: Database = app.extensions["database"]
    pause = threading.Event().wait
    for work in (
        partial(precompute, database),
        partial(by_the_clock, database, pause),
        partial(digests.by_the_clock, database, pause),
        partial(kept_account.by_the_clock, database, pause),
        partial(result_figures.by_the_clock, database, pause),
        partial(_tidy, counted),
    ):
        threading.Thread(target=work, daemon=True).start()
    return Admission(app, app.extensions["metrics"].count)


def limits(shared: Mapping[str, SharedCounters]) -> dict[str, Rate | Lockout]:
    """What may be sent and tried, counted by all processes together."""
    return {
        "rate": of_forms(settings.rate(), shared["rate"]),
        "rate_of_codes": of_codes(shared["rate_of_codes"]),
        "lockout": Lockout(wrong=shared["wrong_passwords"], networks=shared["networks"]),
    }


def forget_quiet(counted: Mapping[str, Rate | Lockout]) -> None:
    """Drops what is counted of those who have been quiet."""
    for one in counted.values():
        one.forget()


def _tidy(counted: Mapping[str, Rate | Lockout]) -> None:
    """Writes what was refused into the log, and drops what is counted of those who have been quiet."""
    began, pause = time.monotonic(), threading.Event()
    while not pause.wait(1):
        rejections.HERE.tell()
        if time.monotonic() - began >= KEPT:
            began = time.monotonic()
            forget_quiet(counted)


def tell_rest() -> None:
    """Writes what was refused last into the log, when this process ends."""
    rejections.HERE.tell(at_once=True)


def take_order_away() -> None:
    """When the last process has ended and nobody reads any more."""
    with closing(Arrival(Database(settings.database_url()))) as arrival:
        arrival.take_away()

"""What taking the order of arrival off the disk costs (`responses/arrival_order.py`): seconds, on both databases.

    python benchmarks/arrival.py [FORMS]

FORMS in each of two made-up sample waves, 36,525 unless given, beside the 1,200 of an open one; in a new SQLite
file that goes afterwards, or in the empty database that HAILONG_DATABASE_URL names. Three times, with one new form
before each.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import uuid
from contextlib import closing
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from survey.operations import demo
from survey.operations.installation import prepare
from survey.responses import submission
from survey.responses.arrival_order import Arrival
from survey.storage.database import Database
from survey.storage.models import Mode, Response
from survey.waves import waves


def main(forms: int, folder: Path) -> None:
    os.environ.setdefault("HAILONG_TEXT_KEY", str(folder / "texts.key"))
    database = Database(os.environ.get("HAILONG_DATABASE_URL") or f"sqlite:///{folder / 'hailong.db'}")
    prepare(database)
    with database.writing() as session:
        demo.make(session, responses=forms)
    with database.reading() as session:
        stored = session.scalar(select(func.count()).select_from(Response))
    place = waves.current_place(database, demo.OPEN, "06652")
    with closing(Arrival(database)) as arrival:
        for _time in range(3):
            began = time.perf_counter()
            id = uuid.uuid4()
            database.group(
                partial(submission.submit, place=place, id=id, mode=Mode.PHONE, answers={"hl_chung": 4})
            )
            sent = time.perf_counter()
            assert arrival.take_away()
            took, one = time.perf_counter() - sent, sent - began
            print(f"{stored:,} forms: {took:.2f} s; one form sent {1000 * one:.1f} ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 36_525, Path(made))

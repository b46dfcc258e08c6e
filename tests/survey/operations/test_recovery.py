"""Point-in-time recovery, as docs/deployment-options.md has it: back to a moment between two responses."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from survey.operations import database_findings
from survey.operations.installation import prepare
from survey.responses import submission
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Mode, Response, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

PATIENCE = 300  # seconds: only what never comes is waited for


@pytest.fixture
def server(postgresql: Any) -> Iterator[Any]:
    """A server that archives its log, with an open wave in it."""
    made = type(postgresql)()
    made.run("initdb", "-N", "--locale=C.UTF-8", "-U", "postgres", "-A", "trust", "-D", f"{made.folder}/data")
    (made.folder / "archive").mkdir()
    owner = made.folder.stat()
    os.chown(made.folder / "archive", owner.st_uid, owner.st_gid)
    with (made.folder / "data" / "postgresql.conf").open("a") as file:
        file.write("archive_mode = on\n")
        file.write(f"archive_command = 'test ! -f {made.folder}/archive/%f && cp %p {made.folder}/archive/%f'\n")
    start(made, "data")
    made.order("CREATE DATABASE hailong")
    database = Database(made.url("hailong"))
    prepare(database)
    with database.writing() as session:
        household = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, "ho-mo", household, WaveKind.OPEN, dates.today(), dates.today())
    database.engine.dispose()
    yield made
    made.stop()


def start(server: Any, folder: str) -> None:
    settings = f"-c listen_addresses='' -k {server.folder}"
    data = server.folder / folder
    server.run("pg_ctl", "-w", "-D", str(data), "-o", settings, "-l", f"{server.folder}/log", "start")


def send(database: Database) -> UUID:
    id = uuid4()
    place = waves.current_place(database, "ho-mo", "06652")
    with audit.acting("lan", "Ran a command on the server", "between"), database.writing() as session:
        assert submission.submit(session.connection(), place, id, Mode.PAPER, {"C5": 1})
    return id


def until(database: Database, question: str) -> None:
    pause = threading.Event()
    for _ in range(PATIENCE * 10):
        with database.engine.connect() as connection:
            if connection.scalar(text(question)):
                return
        pause.wait(0.1)
    raise AssertionError(question)


@pytest.mark.soak
def test_a_lost_server_comes_back_as_it_was_at_a_moment(server: Any) -> None:
    database = Database(server.url("hailong"))
    before = send(database)
    server.run(
        "pg_basebackup", "-h", str(server.folder), "-U", "postgres", "-c", "fast", "-D", f"{server.folder}/base"
    )
    after_the_copy = send(database)
    with database.engine.connect() as connection:
        moment = str(connection.scalar(text("SELECT clock_timestamp()")))
    too_late = send(database)
    with database.engine.connect() as connection:
        last = connection.scalar(text("SELECT pg_walfile_name(pg_switch_wal())"))
    until(database, f"SELECT last_archived_wal >= '{last}' FROM pg_stat_archiver")
    database.engine.dispose()
    server.run("pg_ctl", "-w", "-m", "immediate", "-D", f"{server.folder}/data", "stop")

    (server.folder / "data").rename(server.folder / "lost")
    (server.folder / "base").rename(server.folder / "data")
    with (server.folder / "data" / "postgresql.auto.conf").open("a") as file:
        file.write(f"restore_command = 'cp {server.folder}/archive/%f %p'\n")
        file.write(f"recovery_target_time = '{moment}'\nrecovery_target_action = 'promote'\n")
    Path(server.folder / "data" / "recovery.signal").touch()
    start(server, "data")
    until(database, "SELECT NOT pg_is_in_recovery()")

    with database.reading() as session:
        kept = set(session.scalars(select(Response.id)))
        assert {before, after_the_copy} <= kept
        assert too_late not in kept
        assert audit.verify(session).broken is None
        assert audit.verify(session).entries == 2
    assert send(database)  # it takes forms again
    assert not [one for one in database_findings.postgresql(database) if "archives no log" in one.what]
    database.engine.dispose()

"""What was acknowledged outlives whatever happens: kills, a full disk, a database away, a clock that jumps.

`commands/test_serve.py` and `test_load.py` kill `hailong serve` itself; processes here are cheap and rounds many.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from survey.storage.database import Database
from survey.storage.models import Response, ResponseText
from survey.system import dates
from survey.web.app import create_app
from tests.slowness import slowness

SENDERS = 4  # threads of a process that sends
PATIENCE = 120.0  # seconds in which something must have been acknowledged
ANSWERS: dict[str, Any] = {"C5": 1, "C2": [1, 6], "C10_khac": "một ý kiến"}


def form(id: str) -> dict[str, Any]:
    return {"id": id, "wave": "ho-mo", "unit": "06652", "mode": "phone", "answers": ANSWERS}


def stored(database: Database) -> set[str]:
    """The ids that are kept; each once, each with its text, and no text alone."""
    with database.reading() as session:
        ids = list(session.scalars(select(Response.id)))
        texts = list(session.scalars(select(ResponseText.response)))
    assert len(ids) == len(set(ids))
    assert sorted(ids) == sorted(texts)
    return {str(id) for id in ids}


def whole(database: Database) -> bool:
    if not database.is_sqlite:
        return True
    with database.reading() as session:
        return bool(session.scalar(text("PRAGMA integrity_check")) == "ok")


def send_for_ever(url: str, out: int) -> None:
    """What a server does in a process of its own until it is killed; tells each form before and after."""
    app = create_app(DATABASE_URL=url, SECRET_KEY="tests", RATE=1e9)

    def send() -> None:
        client = app.test_client()
        while True:
            id = str(uuid4())
            os.write(out, f"S{id}\n".encode())
            status = client.post("/api/v1/responses", json=form(id)).status_code
            os.write(out, f"{'A' if status == 201 else f'X{status}'}{id}\n".encode())

    for _ in range(SENDERS):
        threading.Thread(target=send, daemon=True).start()
    threading.Event().wait()


class Process:
    """A forked process that sends; `told` is what it said so far."""

    def __init__(self, url: str) -> None:
        self.end, out = os.pipe()
        self.told = b""
        self.pid = os.fork()
        if self.pid == 0:  # pragma: no cover
            with contextlib.suppress(BaseException):
                os.close(self.end)
                send_for_ever(url, out)
            os._exit(1)
        os.close(out)

    def hear(self) -> bool:
        piece = os.read(self.end, 65_536)
        self.told += piece
        return bool(piece)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        while self.hear():
            pass
        os.close(self.end)

    def ids(self, kind: str) -> set[str]:
        return set(re.findall(rf"^{kind}(\S{{36}})$", self.told.decode(), re.MULTILINE))


@pytest.mark.variants(1)
@pytest.mark.both_databases
@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.soak)])
def test_two_servers_on_one_database_that_are_killed_again_and_again_lose_nothing(
    province: Database, rounds: int
) -> None:
    chance = random.Random(2026)
    sent: set[str] = set()
    acknowledged: set[str] = set()
    began = time.monotonic()
    province.engine.dispose()  # no connection is shared with a process that is killed
    for _ in range(rounds):
        two = [Process(province.url), Process(province.url)]
        wanted = chance.randrange(1, 40)
        with selectors.DefaultSelector() as ready:
            for one in two:
                ready.register(one.end, selectors.EVENT_READ, one)
            while sum(one.told.count(b"\nA") for one in two) < wanted:
                heard = ready.select(PATIENCE)
                assert heard, "nothing was acknowledged"
                assert all(key.data.hear() for key, _events in heard), "a server ended by itself"
        for one in two:
            one.kill()
            assert b"X" not in one.told, one.told[-500:]
            sent |= one.ids("S")
            acknowledged |= one.ids("A")
        there = stored(province)
        assert acknowledged <= there <= sent
        province.engine.dispose()
    assert whole(province)
    sys.stdout.write(
        f"{rounds} rounds, {2 * rounds} kills in {time.monotonic() - began:.0f} s: {len(sent)} sent, "
        f"{len(acknowledged)} acknowledged, {len(there)} stored, lost {len(acknowledged - there)}\n"
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("only root may mount a small disk, and not in every container")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("rounds", [1, pytest.param(30, marks=pytest.mark.soak)])
def test_on_a_full_disk_people_are_told_and_what_was_acknowledged_stays(
    province: Database, small_disk: Path, rounds: int
) -> None:
    path = shutil.copy(str(province.engine.url.database), small_disk / "hailong.db")
    app = create_app(DATABASE_URL=f"sqlite:///{path}", SECRET_KEY="tests", RATE=1e9)
    database: Database = app.extensions["database"]
    client = app.test_client()
    acknowledged: set[str] = set()
    refused: set[str] = set()
    for _ in range(rounds):
        filler = small_disk / "filler"
        filler.write_bytes(b"\0" * (shutil.disk_usage(small_disk).free - 400_000))  # room for a few more
        for _form in range(5_000):
            id = str(uuid4())
            reply = client.post("/api/v1/responses", json=form(id))
            if reply.status_code == 503:
                break
            assert reply.status_code == 201
            acknowledged.add(id)
        assert reply.status_code == 503, "the disk did not get full"
        assert reply.headers["Retry-After"]
        assert "application/problem+json" in reply.content_type
        refused.add(id)
        # The form itself says it on a page; what the refused one left may be room for one more.
        for _form in range(5_000):
            opened = client.get("/s/ho-mo/06652").text
            page = posted(client, opened)
            if page.status_code == 503:
                break
            assert page.status_code == 303
            acknowledged.add(hidden("id", opened))
        assert page.status_code == 503
        assert page.headers["Retry-After"]
        assert "lang=" in page.text
        filler.unlink()
        assert acknowledged <= stored(database) <= acknowledged | refused
        for id in refused:
            assert client.post("/api/v1/responses", json=form(id)).status_code in (200, 201)
        acknowledged |= refused
        assert stored(database) == acknowledged
    assert whole(database)
    database.engine.dispose()


def posted(client: FlaskClient, page: str) -> Any:
    """The answer to a form that a citizen sends from a page."""
    sent = {"token": hidden("token", page), "id": hidden("id", page), "C5": "1", "C10_khac": "một ý kiến"}
    return client.post("/s/ho-mo/06652", data=sent, headers={"Origin": "http://localhost"})


def hidden(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    return found[1] if found else "none"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seconds", [0, pytest.param(60, marks=pytest.mark.soak)])
def test_while_the_database_is_away_people_are_told_and_afterwards_all_goes_on(
    province: Database, postgresql: Any, seconds: int
) -> None:
    app = create_app(DATABASE_URL=province.url, SECRET_KEY="tests", RATE=1e9)
    client = app.test_client()
    ids = [str(uuid4()) for _ in range(40)]
    before, during, after = ids[:10], ids[10:20], ids[20:]
    data = postgresql.folder / "data"
    assert {client.post("/api/v1/responses", json=form(id)).status_code for id in before} == {201}
    page = client.get("/s/ho-mo/06652").text
    own = shlex.split((data / "postmaster.opts").read_text())[1:]
    postgresql.run("pg_ctl", "-w", "-m", "immediate", "-D", str(data), "stop")
    try:
        longest, asked, end = 0.0, 0, time.monotonic() + seconds
        while asked < len(during) or time.monotonic() < end:
            began = time.process_time()
            for reply in (
                client.post("/api/v1/responses", json=form(during[asked % len(during)])),
                posted(client, page),
                client.get("/healthz"),
            ):
                assert reply.status_code == 503
                assert reply.headers["Retry-After"]
            longest, asked = max(longest, time.process_time() - began), asked + 1
            threading.Event().wait(0.05 if seconds else 0)
    finally:
        options = shlex.join(part for part in own if part not in ("-D", str(data)))
        postgresql.run("pg_ctl", "-w", "-D", str(data), "-o", options, "-l", f"{postgresql.folder}/log", "start")
    assert longest < 2 * slowness()
    assert {client.post("/api/v1/responses", json=form(id)).status_code for id in during + after} == {201}
    assert stored(province) == set(ids)
    assert {client.post("/api/v1/responses", json=form(id)).status_code for id in ids} == {200}
    assert stored(province) == set(ids)
    sys.stdout.write(f"{3 * asked} requests while the database was away, longest three {longest:.2f} s\n")
    app.extensions["database"].engine.dispose()


@pytest.mark.parametrize("jumps", [20, pytest.param(400, marks=pytest.mark.soak)])
def test_a_clock_that_jumps_loses_nothing_and_doubles_nothing(
    province: Database, monkeypatch: pytest.MonkeyPatch, jumps: int
) -> None:
    shift = 0.0
    real = time.time

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Jumping:
            return cls.fromtimestamp(real() + shift, tz)

    monkeypatch.setattr(dates, "datetime", Jumping)
    monkeypatch.setattr(time, "time", lambda: real() + shift)
    app = create_app(DATABASE_URL=province.url, SECRET_KEY="tests", RATE=1e9)
    client = app.test_client()
    chance = random.Random(2026)
    kept = 0
    for _ in range(jumps):
        opened = client.get("/s/ho-mo/06652")
        hours = chance.choice([-24 * 400, -24, -2, -0.01, 0, 0.01, 3, 24, 24 * 20, 24 * 400])
        shift = timedelta(hours=hours).total_seconds()
        reply = posted(client, opened.text)
        if reply.status_code == 422:  # opened too long ago, or later than now: once more, from the page that came
            reply = posted(client, reply.text)
        assert reply.status_code in (303, 404, 410)
        # The periods of a wave alone decide; whoever comes outside them reads which day it opens or closed.
        assert (reply.status_code == 303) == (abs(hours) < 24 * 30)
        assert reply.status_code == 303 or re.search(r"\d+/\d+/\d{4}", reply.text)
        kept += reply.status_code == 303
        assert len(stored(province)) == kept
    with province.reading() as session:
        days = set(session.scalars(select(Response.day)))
    shift = 0.0
    assert max(days) <= dates.today() + timedelta(30)
    assert min(days) >= dates.today() - timedelta(30)
    app.extensions["database"].engine.dispose()

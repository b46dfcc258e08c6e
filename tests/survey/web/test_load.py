"""20,000 forms by 64 clients, the server killed in between: each that was acknowledged is there, none is twice.

`commands/test_serve.py` has the short proof that runs every time.
"""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from sqlalchemy import select

from survey.storage.database import Database
from survey.storage.models import Response

FORMS, CLIENTS, KILLS = 20_000, 64, 5
PATIENCE = 120.0  # seconds until a server must have started, or a client must have got on


@dataclass
class Server:
    """`hailong serve` in a process group of its own, always at the same port."""

    port: int
    environment: dict[str, str]
    up: threading.Event = field(default_factory=threading.Event)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = [str(Path(sys.executable).with_name("hailong")), "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            program, env=self.environment, stderr=subprocess.DEVNULL, start_new_session=True
        )
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    self.up.set()
                    return
            except OSError:
                threading.Event().wait(0.05)
            finally:
                connection.close()
        pytest.fail("the server did not start")

    def kill(self) -> None:
        self.up.clear()
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(province: Database, tmp_path: Path) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"HAILONG_DATABASE_URL": province.url, "HAILONG_DATA": str(tmp_path), "HAILONG_RATE": "1000000"}
    made = Server(port, os.environ | own)
    made.start()
    yield made
    if made.up.is_set():
        made.kill()


class Crowd:
    """Clients that take forms from a pile and send each until it is acknowledged."""

    def __init__(self, server: Server, forms: dict[str, dict[str, int]], clients: int) -> None:
        self.server = server
        self.forms = forms
        self.pile: queue.SimpleQueue[str] = queue.SimpleQueue()
        for id in forms:
            self.pile.put(id)
        self.acknowledged: set[str] = set()
        self.cut_off = 0
        self.refused: list[str] = []
        self.progress = threading.Condition()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _number in range(clients)]
        for thread in self.threads:
            thread.start()

    def work(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        while True:
            try:
                id = self.pile.get_nowait()
            except queue.Empty:
                break
            while not self.sent(connection, id):
                if not self.server.up.wait(PATIENCE):
                    self.refused.append("the server did not come back")
                    return
        connection.close()

    def sent(self, connection: HTTPConnection, id: str) -> bool:
        """Whether the form was acknowledged, or refused for good."""
        form = {"id": id, "wave": "ho-mo", "unit": "06652", "mode": "phone", "answers": self.forms[id]}
        try:
            connection.request("POST", "/api/v1/responses", json.dumps(form), {"Content-Type": "application/json"})
            reply = connection.getresponse()
            body = reply.read()
        except (OSError, HTTPException):
            connection.close()
            with self.progress:
                self.cut_off += 1
            return False
        with self.progress:
            if reply.status in (200, 201):
                self.acknowledged.add(id)
            else:
                self.refused.append(f"{reply.status} {body!r}")
            self.progress.notify_all()
        return True

    def wait(self, count: int) -> None:
        """Until so many forms are acknowledged."""
        with self.progress:
            while len(self.acknowledged) < count and not self.refused:
                before = len(self.acknowledged)
                moved = self.progress.wait_for(
                    lambda before=before: len(self.acknowledged) > before or self.refused, PATIENCE
                )
                assert moved, f"nothing was acknowledged for {PATIENCE} s"


def stored(database: Database) -> dict[str, dict[str, int]]:
    with database.reading() as session:
        rows = session.execute(select(Response.id, Response.answers)).all()
    found = {str(id): answers for id, answers in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.soak
@pytest.mark.both_databases
def test_what_was_acknowledged_is_there_and_nothing_is_there_twice(province: Database, server: Server) -> None:
    chance = random.Random(2026)
    forms = {
        str(uuid.UUID(int=chance.getrandbits(128), version=4)): {
            code: chance.randint(1, 3) for code in ("C5", "C6")
        }
        for _number in range(FORMS)
    }
    began = time.monotonic()
    crowd = Crowd(server, forms, CLIENTS)
    lost = 0
    for number in range(1, KILLS + 1):
        crowd.wait(FORMS * number // (KILLS + 1))
        with crowd.progress:
            acknowledged = set(crowd.acknowledged)
        server.kill()
        lost += len(acknowledged - set(stored(province)))
        server.start()
    for thread in crowd.threads:
        thread.join()
    took = time.monotonic() - began
    kept = stored(province)
    sys.stdout.write(
        f"{FORMS} forms, {CLIENTS} clients, {KILLS} kills: {took:.0f} s; cut off {crowd.cut_off}, lost {lost}, "
        f"refused {len(crowd.refused)}, stored {len(kept)}\n"
    )
    assert crowd.refused == []
    assert lost == 0
    assert crowd.cut_off >= KILLS  # else no kill came while somebody was sending
    assert crowd.acknowledged == set(forms)
    assert kept == forms

"""What a submission costs beside a bare Flask view that inserts the same row, in one run on one machine.

    python benchmarks/submission.py [SECONDS] [DATABASE…]

Both are served alike (gunicorn, gthread, 8 threads; one process with SQLite, two with PostgreSQL) and every answer
means that the row is on disk (synchronous=FULL, fsync on). Ours reads the form or JSON, checks it against the
questionnaire and the rate, knows what was sent before, and seals what was written in words; the bare view takes
what comes and inserts the same rows by the driver. The form has all 84 items of the household questionnaire, 2 KB,
and is sent to all 54 communes.

Rounds of SECONDS (1 unless given) alternate between the two, so that what else runs on the machine weighs on both;
a ratio is the median over the rounds of bare throughput by ours. `cpu ms` is the processor time (user and system)
for one answer, of the server and of PostgreSQL's processes (SQLite works in the server's), and `cpu` the ratio of
the two, median over the rounds: it says about the same on a busy machine, where the other ratio says more of the
machine.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import json
import os
import random
import selectors
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from flask import Flask, redirect, request
from itsdangerous import TimestampSigner

from forms import Questionnaire
from survey.operations.installation import prepare
from survey.storage.database import Database
from survey.storage.models import WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves
from survey.web.server.admission import WORKING
from survey.web.server.gunicorn import Server

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = (1, 8, 64)
ROUNDS = 7
WAVE = "do"
KEY = "benchmark"
ROW = (
    "INSERT INTO response (id, wave, unit, mode, day, questionnaire, answers, marks)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
WORDS = "INSERT INTO response_text VALUES (?, ?)"


# The two servers


def bare(url: str) -> Flask:
    """A view that inserts what it was sent by the driver, the words into a table of their own: nothing is checked.

    It keeps its connections, commits each form by itself, and takes both rows in one statement where the database
    can, as ours does.
    """
    app = Flask("bare")
    own = threading.local()
    lock = threading.Lock()
    sqlite = url.startswith("sqlite")
    row, words = (order if sqlite else order.replace("?", "%s") for order in (ROW, WORDS))
    both = f"WITH kept AS ({row} RETURNING id) INSERT INTO response_text SELECT id, %s::jsonb FROM kept"
    database = Database(url)
    with database.reading() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
    database.engine.dispose()
    digest = questionnaire.digest
    in_words = {item.code for item in questionnaire.items.values() if item.kind.is_text}

    def connection() -> Any:
        if not hasattr(own, "connection"):
            if sqlite:
                own.connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
                for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                    own.connection.execute(f"PRAGMA {pragma}")
            else:
                own.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        return own.connection

    def keep(id: str, unit: str, answers: dict[str, Any]) -> None:
        said = json.dumps({code: answers.pop(code) for code in in_words if code in answers})
        key, day = id.replace("-", ""), date.today().isoformat()
        values = (key, WAVE, unit, "phone", day, digest, json.dumps(answers), "[]")
        if not sqlite:
            connection().execute(*((row, values) if said == "{}" else (both, (*values, said))))
            return
        with lock:
            if said == "{}":
                connection().execute(row, values)
                return
            connection().execute("BEGIN IMMEDIATE")
            connection().execute(row, values)
            connection().execute(words, (key, said))
            connection().execute("COMMIT")

    @app.post("/api/v1/responses")
    def take_json() -> Any:
        sent = request.get_json()
        keep(sent["id"], sent["unit"], sent["answers"])
        return {"id": sent["id"]}, 201

    @app.post(f"/s/{WAVE}/<unit>")
    def take_form(unit: str) -> Any:
        answers = request.form.to_dict(flat=False)
        id, _token = answers.pop("id"), answers.pop("token")
        keep(id[0], unit, answers)
        return redirect("/", 303)

    @app.get("/healthz")
    def health() -> Any:
        return {}

    return app


class Bare(Server):
    """The bare view behind the same gunicorn."""

    def __init__(self, url: str, options: dict[str, object]) -> None:
        self.url = url
        super().__init__(options)

    def load(self) -> Flask:
        return bare(self.url)


class Served:
    """A server in a process of its own, at a free port; `beside` is PostgreSQL's first process."""

    def __init__(self, kind: str, url: str, folder: Path, beside: int | None) -> None:
        self.beside = beside
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environment = os.environ | {
            "HAILONG_DATABASE_URL": url,
            "HAILONG_DATA": str(folder),
            "HAILONG_RATE": "1000000",
            "HAILONG_SECRET_KEY": KEY,
        }
        program = (
            [Path(sys.executable).with_name("hailong"), "serve", "--port", str(self.port)]
            if kind == "ours"
            else [sys.executable, __file__, "--bare", url, str(self.port)]
        )
        self.process = subprocess.Popen(program, env=environment, stderr=subprocess.DEVNULL)
        for _time in range(1200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"the server ({kind}) did not start")

    def worked(self) -> float:
        """Seconds of processor time that the server, its workers and the database have used so far."""
        family = {self.process.pid, self.beside}
        ticks = 0
        for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:  # ended meanwhile
                continue
            if int(stat.parent.name) in family or int(fields[1]) in family:
                family.add(int(stat.parent.name))
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


# What is sent


def answered(questionnaire: Questionnaire, chance: random.Random) -> dict[str, Any]:
    """An answer to every item; words of one's own in one form of four, which is many."""
    answers: dict[str, Any] = {}
    talks = chance.random() < 0.25
    for item in questionnaire.items.values():
        choices = [value for value in item.choices if value not in item.missing]
        if item.kind.is_text and not talks:
            continue
        if item.kind.is_text:
            answers[item.code] = "Cán bộ hướng dẫn rõ, nhưng phải chờ."[: item.max_length or 100]
        elif item.kind.is_number:
            answers[item.code] = int(item.minimum or 1)
        elif item.kind.several:
            answers[item.code] = chance.choices(choices)
        else:
            answers[item.code] = chance.choice(choices)
    return answers


def posts(door: str, questionnaire: Questionnaire, communes: Sequence[str]) -> Iterator[bytes]:
    """Requests without end, each with an id of its own, to any commune."""
    chance = random.Random(2026)
    some = [answered(questionnaire, chance) for _number in range(50)]
    for answers in itertools.cycle(some):
        id, unit = str(uuid.uuid4()), chance.choice(communes)
        if door == "JSON":
            path, kind = "/api/v1/responses", "application/json"
            body = json.dumps({"id": id, "wave": WAVE, "unit": unit, "mode": "phone", "answers": answers})
        else:
            path, kind = f"/s/{WAVE}/{unit}", "application/x-www-form-urlencoded"
            body = urlencode({"id": id, "token": token(unit, id), **answers}, doseq=True)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body.encode())}\r\n\r\n"
        )
        yield (head + body).encode()


class Client:
    """A connection that sends one request after another. Reading is as little work as it can be."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connect()
        self.sent = 0.0
        self.got = b""

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message: bytes) -> None:
        self.sent, self.got = time.perf_counter(), b""
        self.socket.sendall(message)

    def done(self) -> bool:
        """Whether the whole answer is there; an answer that is no receipt ends the benchmark."""
        self.got += self.socket.recv(65536)
        head, end, body = self.got.partition(b"\r\n\r\n")
        if not end:
            return False
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return False
        if head[9:12] not in (b"201", b"303"):
            raise SystemExit(self.got.decode())
        return True


def load(port: int, messages: Iterator[bytes], clients: int, seconds: float) -> tuple[float, list[float]]:
    """Answers a second, and how long each took, with so many clients that each wait for their answer."""
    took: list[float] = []
    with selectors.DefaultSelector() as waiting:
        crowd = [Client(port) for _number in range(clients)]
        began = time.perf_counter()
        for client in crowd:
            waiting.register(client.socket, selectors.EVENT_READ, client)
            client.send(next(messages))
        while crowd:
            for key, _event in waiting.select(60):
                client = key.data
                if not client.done():
                    continue
                now = time.perf_counter()
                took.append(now - client.sent)
                if now - began < seconds:
                    client.send(next(messages))
                else:
                    waiting.unregister(client.socket)
                    client.socket.close()
                    crowd.remove(client)
    return len(took) / (time.perf_counter() - began), took


# The run


def token(unit: str, id: str) -> str:
    """The token of a form, as its page would have it: a page fetched for each would be measured with it."""
    signer = TimestampSigner(KEY, salt="form", digest_method=hashlib.sha256)
    return signer.sign(f"{WAVE}/{unit}/phone/{id}").decode()


def ready(url: str) -> tuple[Questionnaire, list[str]]:
    """The tables, the units, the questionnaires and an open wave; gives what is asked and the communes."""
    database = Database(url)
    prepare(database)
    with database.writing() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
        waves.create(session, WAVE, questionnaire, WaveKind.OPEN, dates.today(), dates.today())
        communes = [unit.code for unit in units.communes(session)]
    database.engine.dispose()
    return questionnaire, communes


def compare(name: str, url: Callable[[str], str], folder: Path, seconds: float, beside: int | None = None) -> None:
    questionnaire, communes = ready(url("ours"))
    ready(url("bare"))
    servers = {kind: Served(kind, url(kind), folder, beside) for kind in ("bare", "ours")}
    try:
        for door in ("form", "JSON"):
            for clients in CLIENTS:
                speeds: dict[str, list[float]] = {"bare": [], "ours": []}
                took: dict[str, list[float]] = {"bare": [], "ours": []}
                worked: dict[str, list[float]] = {"bare": [], "ours": []}
                for server in servers.values():  # warm up
                    load(server.port, posts(door, questionnaire, communes), clients, 0.5)
                for _round in range(ROUNDS):
                    for kind, server in servers.items():
                        before = server.worked()
                        speed, times = load(server.port, posts(door, questionnaire, communes), clients, seconds)
                        worked[kind].append((server.worked() - before) / len(times))
                        speeds[kind].append(speed)
                        took[kind] += times
                ratio = statistics.median(b / o for b, o in zip(speeds["bare"], speeds["ours"], strict=True))
                cells = []
                for kind in ("bare", "ours"):
                    cuts = statistics.quantiles(took[kind], n=100)
                    cells.append(
                        f"{statistics.median(speeds[kind]):6.0f} {cuts[49] * 1e3:7.1f} {cuts[98] * 1e3:7.1f} "
                        f"{statistics.median(worked[kind]) * 1e3:7.2f}"
                    )
                cpu = statistics.median(o / b for b, o in zip(worked["bare"], worked["ours"], strict=True))
                print(
                    f"{name:<11}{door:<5}{clients:>8} | {cells[0]} | {cells[1]} | {ratio:5.2f} {cpu:5.2f}",
                    flush=True,
                )
    finally:
        for server in servers.values():
            server.stop()


def main(seconds: float, names: list[str]) -> None:
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {ROUNDS} rounds of {seconds:g} s")
    print(
        "database   door  clients | bare/s  p50 ms  p99 ms  cpu ms | ours/s  p50 ms  p99 ms  cpu ms | ratio   cpu"
    )
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        if "sqlite" in names:
            compare("SQLite", lambda kind: f"sqlite:///{folder}/{kind}.db", folder, seconds)
        if "postgresql" in names:
            found = importlib.util.spec_from_file_location("conftest", ROOT / "tests" / "conftest.py")
            assert found is not None
            assert found.loader is not None
            tests = importlib.util.module_from_spec(found)
            found.loader.exec_module(tests)
            server = tests.PostgreSQL()
            server.start(fsync="on")
            try:
                for kind in ("bare", "ours"):
                    server.order(f"CREATE DATABASE {kind}")
                first = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
                compare("PostgreSQL", server.url, folder, seconds, first)
            finally:
                server.stop()
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bare"]:
        address, port = sys.argv[2:]
        workers = 1 if address.startswith("sqlite") else 2
        # As many work at a time as in ours; each thread keeps a connection.
        Bare(address, {"bind": f"127.0.0.1:{port}", "workers": workers, "threads": WORKING}).run()
    main(float(sys.argv[1]) if sys.argv[1:] else 1, sys.argv[2:] or ["sqlite", "postgresql"])
